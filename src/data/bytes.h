/* The bytes of a file, a pipe or standard input, as they come. Interrupted and short reads go on. */
#ifndef GM_DATA_BYTES_H
#define GM_DATA_BYTES_H

#include <gradmill/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gm_bytes {
    int fd;                      /* -1: closed */
    uint8_t *buffer, *at, *stop; /* at .. stop has been read and not yet taken */
    bool ended;                  /* nothing comes after that */
} gm_bytes;

/* Opens for reading; "-" is standard input, which stays open. *size is that of a regular file, SIZE_MAX of
 * anything else. GM_IO, GM_LIMIT. To be closed even after a failure. */
gm_status gm_bytes_open(gm_bytes *bytes, const char *path, size_t *size, gm_error *error);
void gm_bytes_close(gm_bytes *bytes);

/* How messages call it. */
const char *gm_bytes_name(const char *path);

/* Makes sure that there are `least` bytes between `at` and `stop`, or all that are left in the file. False:
 * errno tells what failed. */
bool gm_bytes_fill(gm_bytes *bytes, size_t least);

/* Reads up to `size` bytes, fewer only at the end. False: errno tells what failed. */
bool gm_bytes_read(gm_bytes *bytes, void *to, size_t size, size_t *got);

#endif

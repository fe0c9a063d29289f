/* Reads a file, a pipe or standard input through a buffer. The system may deliver fewer bytes than were
 * requested, or be interrupted; the functions here then read on. */
#ifndef GM_DATA_BYTES_H
#define GM_DATA_BYTES_H

#include <gradmill/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gm_bytes {
    int fd;                      /* -1: closed */
    uint8_t *buffer, *at, *stop; /* [at, stop) holds bytes that were read but not yet used */
    bool ended;                  /* the file has no bytes after `stop` */
} gm_bytes;

/* Opens a file for reading; the path "-" means standard input, which stays open. *size is the size of a
 * regular file, and SIZE_MAX for anything else. GM_IO, GM_LIMIT. Close it even after a failure. */
gm_status gm_bytes_open(gm_bytes *bytes, const char *path, size_t *size, gm_error *error);
void gm_bytes_close(gm_bytes *bytes);

/* The name of the file in messages: the path, or "standard input" for "-". */
const char *gm_bytes_name(const char *path);

/* Makes sure that there are `least` bytes between `at` and `stop`, or all that are left in the file. False:
 * errno tells what failed. */
bool gm_bytes_fill(gm_bytes *bytes, size_t least);

/* Reads `size` bytes into `to`; *got is smaller only at the end of the file. False: errno tells what failed.
 */
bool gm_bytes_read(gm_bytes *bytes, void *to, size_t size, size_t *got);

#endif

/* The bytes of a data file, plain or gzip. */
#ifndef GM_DATA_SOURCE_H
#define GM_DATA_SOURCE_H

#include "base/foreign.h"
#include "data/gunzip.h"

#define GM_SOURCE_HEAD GM_FOREIGN_HEAD

/* A file that is being read. */
typedef struct gm_source {
    const char *path; /* as messages call it; borrowed */
    gm_bytes bytes;
    gm_gunzip *gunzip; /* NULL: they are plain */
    size_t most;       /* no more bytes than this can come; SIZE_MAX if that is not known */
    uint8_t head[GM_SOURCE_HEAD];
    size_t head_size;  /* bytes of head; fewer than GM_SOURCE_HEAD: that is the whole file */
    size_t head_taken; /* of which gm_source_read has handed out so many */
} gm_source;

/* Opens a file, or standard input if path is "-", decompresses it if it begins as gzip does, and looks at its
 * head. Close it even after a failure. */
gm_status gm_source_open(gm_source *source, const char *path, gm_error *error);
void gm_source_close(gm_source *source);

/* Refuses a file that is known not to be a data set (NPY, zip, a model, a web page, ...) by saying what it is
 * and what can be done about it: GM_BAD_DATA. */
gm_status gm_source_refuse_foreign(const gm_source *source, gm_error *error);

/* Reads up to `size` bytes; fewer only at the end of the file. A gzip file that is cut short or damaged, or
 * that something else follows, is GM_BAD_DATA. */
gm_status gm_source_read(gm_source *source, void *to, size_t size, size_t *got, gm_error *error);

/* Reads all the rest: *size bytes and a '\0' behind them, to be freed with gm_free. */
gm_status gm_source_read_all(gm_source *source, char **text, size_t *size, gm_error *error);

#endif

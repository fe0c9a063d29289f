/* Reads a data file, plain or compressed with gzip, or a member of a zip archive. The first bytes, its head,
 * can be looked at before anything is read. */
#ifndef GM_DATA_SOURCE_H
#define GM_DATA_SOURCE_H

#include "base/foreign.h"
#include "data/gunzip.h"
#include "data/zip.h"

#define GM_SOURCE_HEAD GM_FOREIGN_HEAD

/* A file that is being read. */
typedef struct gm_source {
    const char *path; /* its name in messages; owned by the caller */
    gm_bytes bytes;
    gm_gunzip *gunzip;     /* NULL: the file is not compressed */
    gm_zip_member *member; /* NULL: it is a file of its own */
    size_t most;           /* an upper bound of the bytes that can be read; SIZE_MAX: not known */
    uint8_t head[GM_SOURCE_HEAD];
    size_t head_size;        /* bytes in head; if fewer than GM_SOURCE_HEAD, this is the whole file */
    size_t head_taken;       /* bytes of head that gm_source_read has returned */
    const char *const *more; /* paths of the files whose rows follow those of this one; owned by the caller */
    size_t more_count;
} gm_source;

/* Opens a file, or standard input if path is "-", and reads its head. If it begins as gzip does, it will be
 * decompressed. Close it even after a failure. */
gm_status gm_source_open(gm_source *source, const char *path, gm_error *error);
/* Opens a member of a zip archive, which must live longer. Its size is known: it is source->most. Close it
 * even after a failure. */
gm_status gm_source_open_member(gm_source *source, const gm_zip *zip, const gm_zip_entry *entry,
                                gm_error *error);
void gm_source_close(gm_source *source);

/* Refuses a file that is known not to be a data set (NPY, zip, a model, a web page, ...) by saying what it is
 * and what can be done about it: GM_BAD_DATA. */
gm_status gm_source_refuse_foreign(const gm_source *source, gm_error *error);

/* The whole file as bytes that can be read at any place: those of a regular file on the disk, all others in
 * memory. *text is that memory, or NULL; free it with gm_free when the bytes are no longer needed. Call it
 * before anything else is read, and read nothing else afterwards. */
gm_status gm_source_as_bytes(gm_source *source, gm_zip_bytes *bytes, char **text, gm_error *error);

/* Reads up to `size` bytes; fewer only at the end of the file. GM_BAD_DATA: a gzip file is cut short,
 * damaged, or followed by other data. */
gm_status gm_source_read(gm_source *source, void *to, size_t size, size_t *got, gm_error *error);

/* Reads the rest of the file: *size bytes, with a '\0' behind them. Free the text with gm_free. */
gm_status gm_source_read_all(gm_source *source, char **text, size_t *size, gm_error *error);

/* Texts of files whose rows follow each other. */
typedef struct gm_source_text {
    const char *path; /* its name in messages */
    char *text;       /* size bytes, with a '\0' behind them */
    size_t size;
} gm_source_text;

typedef struct gm_source_texts {
    gm_source_text *items;
    size_t count;
    char name[200]; /* of all of them in messages: "a.csv", "a.csv and 2 more files" */
} gm_source_texts;

/* Reads the rest of a file, and all of those that follow it. Clear the texts even after a failure. */
gm_status gm_source_read_texts(gm_source *source, gm_source_texts *texts, gm_error *error);
void gm_source_texts_clear(gm_source_texts *texts);

#endif

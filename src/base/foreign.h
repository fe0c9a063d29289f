/* Recognises a kind of file by its first bytes. Where a data set or a model is expected, people often give
 * another file: the HTML page of a failed download, an archive, a file of another program. The error message
 * then says what the file is and what can be done about it. */
#ifndef GM_BASE_FOREIGN_H
#define GM_BASE_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>

#define GM_FOREIGN_HEAD 512 /* no more first bytes than this are looked at; fewer will do for most kinds */

/* A kind of file. The two advices go behind "KIND; expected ...; "; "" if nothing helps. */
typedef struct gm_foreign {
    const char *magic;
    size_t size, at;      /* length of the magic bytes, and where they stand in the file */
    const char *kind;     /* with its article: "a gzip file" */
    const char *as_data;  /* what to do with it in place of a data set; NULL: it is read as one */
    const char *as_model; /* what to do with it in place of a model; NULL: it is read as one */
} gm_foreign;

/* The kind of a file that begins with these bytes; NULL: unknown, as CSV is. */
const gm_foreign *gm_foreign_find(const void *head, size_t size);

/* Whether the bytes may be text: no control characters but those between lines and words. */
bool gm_is_text(const void *head, size_t size);

/* The safetensors format limits its header to this many bytes. */
#define GM_SAFETENSORS_LIMIT 100000000

bool gm_is_safetensors(const char *head, size_t size);

#endif

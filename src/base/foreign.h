/* Recognises a kind of file by its first bytes. Where a data set or a model is expected, people often give
 * another file: the HTML page of a failed download, an archive, a file of another program. The error message
 * then says what the file is and what can be done about it. */
#ifndef GM_BASE_FOREIGN_H
#define GM_BASE_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>

#define GM_FOREIGN_HEAD 512 /* bytes that are enough to recognise any kind */

/* A kind of file, and the advice that ends the error message: "KIND; expected ...; ADVICE". The advice is ""
 * if there is none to give. */
typedef struct gm_foreign {
    const char *magic;
    size_t size, at;      /* number of magic bytes, and their offset in the file */
    const char *kind;     /* with its article: "a gzip file" */
    const char *as_data;  /* advice where a data set was expected; NULL: this kind is read as a data set */
    const char *as_model; /* advice where a model was expected; NULL: this kind is read as a model */
} gm_foreign;

/* The kind of a file that begins with these bytes. NULL if they are unknown, as those of CSV are. */
const gm_foreign *gm_foreign_find(const void *head, size_t size);

/* Whether the bytes may be text: they have no control characters except white space (tabs, line ends and form
 * feeds). */
bool gm_is_text(const void *head, size_t size);

/* The safetensors format limits its header to this many bytes. */
#define GM_SAFETENSORS_LIMIT 100000000

bool gm_is_safetensors(const char *head, size_t size);

#endif

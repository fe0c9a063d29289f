/* The kinds of files that gradmill writes, recognised by their first bytes. A file is only replaced by one of
 * the same kind, so that a wrong name does not destroy a file of another kind. */
#ifndef GM_MODEL_FILE_KIND_H
#define GM_MODEL_FILE_KIND_H

#include <gradmill/status.h>
#include <stdbool.h>
#include <stddef.h>

#define GM_KIND_HEAD 4096 /* number of first bytes that are examined */

/* A kind of file that is written here. */
typedef struct gm_file_kind {
    const char *name; /* with its article, for messages: "a model" */
    bool (*recognise)(const char *head, size_t size);
} gm_file_kind;

extern const gm_file_kind gm_kind_model;      /* safetensors */
extern const gm_file_kind gm_kind_checkpoint; /* safetensors, too; see gradmill/checkpoint.h */

/* GM_OK if the regular file `name` in the open folder is empty or of that kind. GM_USAGE: it is of another
 * kind, and the message says which. GM_IO: it cannot be read. `path` is its name in messages. */
gm_status gm_kind_check(const gm_file_kind *kind, int folder, const char *name, const char *path,
                        gm_error *error);

#endif

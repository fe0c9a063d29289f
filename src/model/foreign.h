/* Files of another kind that come in place of a model. */
#ifndef GM_MODEL_FOREIGN_H
#define GM_MODEL_FOREIGN_H

#include <stddef.h>

/* What a file that is no model seems to be, by its first bytes: "a gzip file; unpack it first". NULL:
 * unknown. */
const char *gm_foreign_kind(const void *head, size_t size);

#endif

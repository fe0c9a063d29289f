/* Files of another kind that come in place of a data set: a download page, an archive, a pointer. */
#ifndef GM_DATA_FOREIGN_H
#define GM_DATA_FOREIGN_H

#include "data/source.h"

/* Refuses files that are known not to be data sets (NPY, zip, UTF-16 text, a web page, ...) by saying what
 * they are: GM_BAD_DATA. */
gm_status gm_source_refuse_foreign(const gm_source *source, gm_error *error);

/* Whether a text begins as HTML or XML does, in upper or lower case, behind blanks or a byte order mark. */
bool gm_is_web_page(const void *head, size_t size);

#endif

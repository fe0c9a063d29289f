/* Columns of a file that are kept as they are, as texts, beside the numbers of a table. */
#ifndef GM_DATA_KEPT_H
#define GM_DATA_KEPT_H

#include <gradmill/status.h>
#include <stddef.h>

typedef struct gm_kept gm_kept;

/* Room for so many columns, each with a name that is copied. NULL: GM_LIMIT. */
gm_kept *gm_kept_create(size_t columns, gm_error *error);
void gm_kept_destroy(gm_kept *kept); /* NULL is fine */

/* Adds the name of the next column; then, row by row, the cells. GM_LIMIT. */
gm_status gm_kept_add(gm_kept *kept, const char *text, size_t length, gm_error *error);

size_t gm_kept_columns(const gm_kept *kept);
/* The name of a column, which is < gm_kept_columns; a cell of a row that was added. */
const char *gm_kept_name(const gm_kept *kept, size_t column);
const char *gm_kept_cell(const gm_kept *kept, size_t row, size_t column);

#endif

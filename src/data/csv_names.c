/* Stores the names of the columns of training data. A model looks for these names in the files that it is
 * used on. */
#include "data/classes.h"
#include "data/csv.h"

#include "base/error.h"
#include "base/memory.h"

#include <string.h>

/* The model stores names as JSON, which is UTF-8. Another encoding is refused here, before training, and not
 * when the model is saved. */
static gm_status check_name(const char *path, const gm_csv_cell *cell, size_t column, gm_error *error)
{
    char shown[GM_CSV_SHOWN];
    if (gm_csv_is_utf8(cell))
        return GM_OK;
    return gm_fail(error, GM_BAD_DATA, "%s:%zu:%zu: the name of column %zu; expected UTF-8, got '%s'; %s",
                   path, cell->line, cell->column, column + 1, gm_csv_show(cell, shown), gm_csv_utf8_hint);
}

static gm_status keep_name(gm_strings *names, const gm_csv_cell *cell, gm_error *error)
{
    return gm_strings_add(names, cell->text, cell->length)
               ? GM_OK
               : gm_fail_memory(error, "the names of the columns", cell->length);
}

/* Adds a remark if a name looks like a mistake. `seen` has the names of the columns before it. */
static gm_status judge_name(gm_table *table, gm_classes *seen, const gm_csv_cell *cell, size_t column,
                            gm_error *error)
{
    char shown[GM_CSV_SHOWN];
    if (cell->length == 0)
        return gm_table_remark(table, error, "column %zu has no name; if it is an index, leave it out",
                               column + 1);
    if (gm_classes_find(seen, cell->text, cell->length) != GM_NO_CLASS)
        return gm_table_remark(
            table, error,
            "column %zu has the name of another column, '%s'; a model of this file will match "
            "columns by position",
            column + 1, gm_csv_show(cell, shown));
    return seen->names.count < GM_CLASS_LIMIT ? gm_classes_add(seen, cell->text, cell->length, error) : GM_OK;
}

gm_status gm_csv_name_columns(gm_table *table, const gm_csv_layout *layout, const char *path,
                              const gm_csv_row *header, gm_error *error)
{
    gm_classes seen; /* gm_classes is used as a list of names that can be searched */
    gm_status status = gm_classes_init_exact(&seen, error);
    for (size_t c = 0; !status && c < layout->columns; c++) {
        const gm_csv_cell *cell = &header->cells[c];
        status = check_name(path, cell, c, error);
        if (!status && layout->role[c] != GM_CSV_UNUSED)
            status = keep_name(&table->feature_names, cell, error);
        if (!status)
            status = judge_name(table, &seen, cell, c, error);
    }
    for (size_t t = 0; !status && t < layout->target_count; t++)
        status = keep_name(&table->target_names, &header->cells[layout->targets[t]], error);
    gm_classes_clear(&seen);
    return status;
}

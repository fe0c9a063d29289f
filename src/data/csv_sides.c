/* The columns of a CSV file that are neither features nor the target: those of groups and weights, and those
 * that the user leaves out. */
#include "data/csv_diagnosis.h"
#include "data/dataset.h"

#include "base/error.h"

#include <stdio.h>

gm_status gm_csv_mark_columns(const gm_csv_layout *layout, const gm_csv_head *head, gm_csv_wanted w,
                              bool *marks, gm_error *error)
{
    gm_strings items = {0};
    gm_status status = gm_strings_split(&items, w.text, ',') ? GM_OK : gm_fail_memory(error, "a list", 1);
    for (size_t i = 0; i < items.count && !status; i++) {
        size_t column = 0;
        status = gm_csv_column_find(layout, head->lexer->path, head->first,
                                    (gm_csv_wanted){items.items[i], w.what}, &column, error);
        if (!status && column < layout->columns) /* "none" is no column */
            marks[column] = true;
    }
    gm_strings_clear(&items);
    return status;
}

gm_status gm_csv_sides_find(gm_csv_layout *layout, const gm_csv_head *head, gm_error *error)
{
    const gm_dataset_options *o = head->options;
    const char *path = head->lexer->path;
    gm_status status = GM_OK;
    if (o->group)
        status = gm_csv_column_find(layout, path, head->first, (gm_csv_wanted){o->group, "group"},
                                    &layout->group, error);
    if (!status && o->weight)
        status = gm_csv_column_find(layout, path, head->first, (gm_csv_wanted){o->weight, "weight"},
                                    &layout->weight, error);
    if (status || !o->ignore)
        return status;
    layout->ignored = gm_table_array(layout->columns, 1, sizeof *layout->ignored, "the columns", error);
    if (!layout->ignored)
        return GM_LIMIT;
    return gm_csv_mark_columns(layout, head, (gm_csv_wanted){o->ignore, "ignored"}, layout->ignored, error);
}

/* GM_BAD_DATA: a column has a role, and is left out, too. */
static gm_status check_ignored(const gm_csv_layout *layout, const gm_csv_head *head, size_t column,
                               const char *role, gm_error *error)
{
    char shown[GM_CSV_SHOWN];
    if (!layout->ignored || column == layout->columns || !layout->ignored[column])
        return GM_OK;
    return gm_fail(error, GM_BAD_DATA, "%s:%zu: column %zu, '%s', %s; it cannot be ignored, too",
                   head->lexer->path, head->first->cells[0].line, column + 1,
                   gm_csv_show(&head->first->cells[column], shown), role);
}

gm_status gm_csv_sides_check(const gm_csv_layout *layout, const gm_csv_head *head, gm_error *error)
{
    const size_t line = head->first->cells[0].line, none = layout->columns;
    const char *path = head->lexer->path;
    const bool groups = gm_csv_is_target(layout, layout->group);
    const bool weighs = gm_csv_is_target(layout, layout->weight);
    gm_status status = GM_OK;
    for (size_t t = 0; t < layout->target_count && !status; t++)
        status = check_ignored(layout, head, layout->targets[t], "is the target", error);
    if (!status)
        status = check_ignored(layout, head, layout->group, "names groups", error);
    if (!status)
        status = check_ignored(layout, head, layout->weight, "holds weights", error);
    if (status)
        return status;
    if (groups)
        return gm_fail(error, GM_BAD_DATA, "%s:%zu: column '%s' is the target; it cannot name groups, too",
                       path, line, head->options->group);
    if (weighs)
        return gm_fail(error, GM_BAD_DATA, "%s:%zu: column '%s' is the target; it cannot hold weights, too",
                       path, line, head->options->weight);
    if (layout->group < none && layout->group == layout->weight)
        return gm_fail(error, GM_BAD_DATA, "%s:%zu: column '%s' names groups; it cannot hold weights, too",
                       path, line, head->options->weight);
    const size_t sides = gm_csv_sides_before(layout, none);
    if (sides == 0 || none - layout->target_count > sides)
        return GM_OK;
    if (layout->group == none && layout->weight == none)
        return gm_fail(error, GM_BAD_DATA, "%s:%zu: all columns that could be features are ignored", path,
                       line);
    return gm_fail(error, GM_BAD_DATA, "%s:%zu: the %s are in the only column that could be a feature", path,
                   line, layout->group < none ? "groups" : "weights");
}

/* Adds the names of the kept columns to their table: those of the header, or "column 3". */
static gm_status name_kept(const gm_csv_layout *layout, const gm_csv_row *first, gm_kept *kept,
                           gm_error *error)
{
    gm_status status = GM_OK;
    for (size_t c = 0; c < layout->columns && !status; c++) {
        char number[40];
        const int length = snprintf(number, sizeof number, "column %zu", c + 1);
        if (layout->kept[c])
            status = layout->header ? gm_kept_add(kept, first->cells[c].text, first->cells[c].length, error)
                                    : gm_kept_add(kept, number, (size_t)length, error);
    }
    return status;
}

gm_status gm_csv_kept_find(gm_csv_layout *layout, const gm_csv_head *head, gm_table *table, gm_error *error)
{
    size_t count = 0;
    if (!head->options->keep)
        return GM_OK;
    layout->kept = gm_table_array(layout->columns, 1, sizeof *layout->kept, "the columns", error);
    if (!layout->kept)
        return GM_LIMIT;
    const gm_status status =
        gm_csv_mark_columns(layout, head, (gm_csv_wanted){head->options->keep, "kept"}, layout->kept, error);
    if (status)
        return status;
    for (size_t c = 0; c < layout->columns; c++)
        count += layout->kept[c];
    table->kept = gm_kept_create(count, error);
    return table->kept ? name_kept(layout, head->first, table->kept, error) : GM_LIMIT;
}

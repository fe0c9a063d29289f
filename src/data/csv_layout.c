/* What the columns of a CSV file are: whether the first row is a header, and which column is the target. */
#include "data/csv_diagnosis.h"
#include "data/dataset.h"

#include "base/error.h"
#include "base/suggest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The option's value that means "no target", unless a column has this name. */
static const char no_column[] = "none";

/* Whether the text is a whole number. The number need not be that of a column. */
static bool whole_number(const char *text, long *number)
{
    char *end;
    *number = strtol(text, &end, 10);
    return end != text && *end == '\0';
}

/* Finds a column by its number: "1" is the first, "-1" the last; "none" gives `columns`. False: the text is
 * not a number, or there is no such column. */
static bool column_by_number(const char *text, size_t columns, size_t *column)
{
    if (strcmp(text, no_column) == 0) {
        *column = columns;
        return true;
    }
    long number;
    if (!whole_number(text, &number))
        return false;
    const size_t distance = number < 0 ? 0 - (size_t)number : (size_t)number;
    if (distance == 0 || distance > columns)
        return false;
    *column = number > 0 ? distance - 1 : columns - distance;
    return true;
}

/* The number of columns with this name, among the first `columns` ones. *column is the last of them. */
static size_t columns_by_name(const gm_csv_row *header, size_t columns, const char *name, size_t *column)
{
    size_t found = 0;
    for (size_t c = 0; c < columns; c++) {
        if (gm_csv_equals(&header->cells[c], name)) {
            *column = c;
            found++;
        }
    }
    return found;
}

/* Whether the text occurs in the first row as the name of a column. A number is not counted, because it may
 * be data. A text that the second row has in the same column is not counted either, because it is the name of
 * a class. */
static bool names_column(const gm_csv_head *head, size_t columns, const char *text)
{
    long number;
    size_t column;
    if (whole_number(text, &number) || strcmp(text, no_column) == 0 ||
        columns_by_name(head->first, columns, text, &column) == 0)
        return false;
    return column >= head->second->count || !gm_csv_equals(&head->second->cells[column], text);
}

static bool names_column_of(const gm_csv_head *head, size_t columns, const char *list)
{
    gm_strings items = {0};
    bool found = list && names_column(head, columns, list); /* a name may have a comma in it */
    if (list && !found && gm_strings_split(&items, list, ','))
        for (size_t i = 0; i < items.count && !found; i++)
            found = names_column(head, columns, items.items[i]);
    gm_strings_clear(&items);
    return found;
}

/* Whether the options call a column by a name that stands in the first row. */
static bool names_columns(const gm_csv_head *head, size_t columns)
{
    const gm_dataset_options *o = head->options;
    const char *const lists[] = {o->target, o->ignore, o->categorical, o->numeric};
    bool found = false;
    for (size_t i = 0; i < sizeof lists / sizeof *lists && !found; i++)
        found = names_column_of(head, columns, lists[i]);
    return found;
}

/* Number of empty cells at the end of each row, as in files in which every row ends with a delimiter. At
 * least one row below the first must have them too, because a single row may just lack its last value. */
static size_t count_trailing(const gm_csv_diagnosis *diagnosis)
{
    size_t count = 0;
    while (diagnosis->rows > 0 && count + 1 < diagnosis->columns) {
        const gm_csv_column *column = &diagnosis->column[diagnosis->columns - 1 - count];
        if (column->first != GM_CSV_EMPTY || column->below[GM_CSV_EMPTY] < diagnosis->rows)
            break;
        count++;
    }
    return count;
}

size_t gm_csv_count_columns(const gm_csv_diagnosis *diagnosis, const gm_csv_row *first)
{
    return first->count - count_trailing(diagnosis);
}

gm_status gm_csv_layout_measure(gm_csv_layout *layout, const gm_csv_diagnosis *diagnosis,
                                const gm_csv_row *first, gm_error *error)
{
    const size_t columns = gm_csv_count_columns(diagnosis, first);
    *layout = (gm_csv_layout){.trailing = first->count - columns, .why = ""};
    layout->columns = layout->group = layout->weight = columns;
    layout->targets = gm_table_array(columns, 1, sizeof *layout->targets, "the targets", error);
    return layout->targets ? GM_OK : GM_LIMIT;
}

static gm_status fail_no_such_name(const gm_csv_layout *layout, const char *path, const gm_csv_row *first,
                                   gm_csv_wanted w, gm_error *error)
{
    gm_strings names = {0};
    for (size_t c = 0; c < layout->columns; c++) {
        if (!gm_strings_add(&names, first->cells[c].text, first->cells[c].length))
            break; /* without memory there is one suggestion fewer */
    }
    const char *nearest = gm_suggest(w.text, (const char *const *)names.items, names.count);
    char shown[GM_CSV_SHOWN], last[GM_CSV_SHOWN];
    const gm_status status = gm_fail(
        error, GM_BAD_DATA,
        "%s:%zu: no %s column '%s'; expected a name of the header ('%s' to '%s') or a number from 1 to %zu or "
        "-%zu to -1%s%s%s",
        path, first->cells[0].line, w.what, w.text, gm_csv_show(&first->cells[0], shown),
        gm_csv_show(&first->cells[layout->columns - 1], last), layout->columns, layout->columns,
        nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    gm_strings_clear(&names);
    return status;
}

gm_status gm_csv_column_find(const gm_csv_layout *layout, const char *path, const gm_csv_row *first,
                             gm_csv_wanted w, size_t *column, gm_error *error)
{
    const size_t line = first->cells[0].line;
    const size_t named = layout->header ? columns_by_name(first, layout->columns, w.text, column) : 0;
    if (named == 1 || (named == 0 && column_by_number(w.text, layout->columns, column)))
        return GM_OK;
    if (named > 1)
        return gm_fail(error, GM_BAD_DATA,
                       "%s:%zu: %zu columns are named '%s'; expected one; give its number", path, line, named,
                       w.text);
    if (strchr(w.text, ','))
        return gm_fail(
            error, GM_BAD_DATA,
            "%s:%zu: no %s column '%s'; one %s only: expected the name or the number of one column%s", path,
            line, w.what, w.text, w.what,
            strcmp(w.what, "target") == 0 ? "; several are for --regression" : "");
    if (layout->header)
        return fail_no_such_name(layout, path, first, w, error);
    return gm_fail(
        error, GM_BAD_DATA,
        "%s:%zu: no %s column '%s'; the file has no header%s%s; expected a number from 1 to %zu or "
        "-%zu to -1%s",
        path, line, w.what, w.text, *layout->why ? ": " : "", layout->why, layout->columns, layout->columns,
        *layout->why ? "; if the first row is a header, say --header yes" : "");
}

/* Adds a column that the user names as a target; "none" adds none. */
static gm_status add_target(gm_csv_layout *layout, const gm_csv_head *head, const char *text, gm_error *error)
{
    size_t column = layout->columns;
    const gm_status status = gm_csv_column_find(layout, head->lexer->path, head->first,
                                                (gm_csv_wanted){text, "target"}, &column, error);
    if (!status && column < layout->columns)
        layout->targets[layout->target_count++] = column;
    return status;
}

/* Adds the columns of a list, in its order. GM_BAD_DATA: one is not there, or is named twice. */
static gm_status add_targets(gm_csv_layout *layout, const gm_csv_head *head, const gm_strings *list,
                             gm_error *error)
{
    const char *path = head->lexer->path;
    const size_t line = head->first->cells[0].line;
    gm_status status = GM_OK;
    for (size_t t = 0; t < list->count && !status; t++) {
        size_t column = layout->columns;
        status = gm_csv_column_find(layout, path, head->first, (gm_csv_wanted){list->items[t], "target"},
                                    &column, error);
        if (status)
            return status;
        if (column == layout->columns || gm_csv_is_target(layout, column))
            return gm_fail(error, GM_BAD_DATA, "%s:%zu: target '%s' is %s", path, line, list->items[t],
                           column == layout->columns ? "no column" : "named twice");
        layout->targets[layout->target_count++] = column;
    }
    return status;
}

gm_status gm_csv_target_find(gm_csv_layout *layout, const gm_csv_head *head, gm_error *error)
{
    const char *target = head->options->target;
    gm_strings list = {0};
    size_t column;
    layout->target_count = 0;
    const bool is_name = layout->header && columns_by_name(head->first, layout->columns, target, &column) > 0;
    if (is_name || !head->options->regression || !strchr(target, ',')) /* a name may have a comma in it */
        return add_target(layout, head, target, error);
    const gm_status status = gm_strings_split(&list, target, ',')
                                 ? add_targets(layout, head, &list, error)
                                 : gm_fail_memory(error, "the targets", strlen(target));
    gm_strings_clear(&list);
    return status;
}

/* Whether a column with this name is usually the target. */
static bool is_target_name(const gm_csv_cell *cell)
{
    static const char *const names[] = {"label", "Label", "LABEL",  "labels", "class",
                                        "Class", "CLASS", "target", "Target", "TARGET"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (gm_csv_equals(cell, names[i]))
            return true;
    }
    return false;
}

/* Whether the first column alone has a name like "label", as in the MNIST files of Kaggle. */
static bool first_is_target(const gm_csv_layout *layout, const gm_csv_row *first)
{
    if (!layout->header || !is_target_name(&first->cells[0]) || gm_csv_is_side(layout, 0))
        return false;
    for (size_t c = 1; c < layout->columns; c++) {
        if (is_target_name(&first->cells[c]))
            return false;
    }
    return true;
}

/* The target is the first column if its name says so, else the last column that has no other role. */
static void choose_target(gm_csv_layout *layout, const gm_csv_row *first)
{
    size_t column = layout->columns - 1;
    while (column > 0 && gm_csv_is_side(layout, column))
        column--;
    layout->by_name = first_is_target(layout, first);
    layout->targets[0] = layout->by_name ? 0 : column;
    layout->target_count = 1;
}

gm_status gm_csv_layout_find(gm_csv_layout *layout, const gm_csv_head *head, gm_error *error)
{
    const gm_csv_diagnosis *diagnosis = head->diagnosis;
    const gm_csv_row *first = head->first;
    const gm_dataset_options *options = head->options;
    const char *path = head->lexer->path, *target = options->target;
    const bool no_target = target && strcmp(target, no_column) == 0;
    gm_status status = gm_csv_layout_measure(layout, diagnosis, first, error); /* without trailing columns */
    if (status)
        return status;
    if (layout->columns == 1 && !no_target)
        return gm_fail(error, GM_BAD_DATA,
                       "%s:%zu: only one column; expected at least one feature and the target%s%s", path,
                       first->cells[0].line, *diagnosis->hint ? "; " : "", diagnosis->hint);
    size_t label = layout->columns - 1;
    if (target)
        (void)column_by_number(target, layout->columns, &label);
    layout->header = options->header > 0;
    if (options->header < 0)
        layout->header =
            gm_csv_detect_header(diagnosis, first, label, names_columns(head, layout->columns), &layout->why);
    status = gm_csv_sides_find(layout, head, error);
    if (!status && target)
        status = gm_csv_target_find(layout, head, error);
    else if (!status)
        choose_target(layout, first);
    if (!status)
        status = gm_csv_sides_check(layout, head, error);
    if (!status)
        status = gm_csv_roles_all(layout, error);
    return status ? status : gm_csv_kinds_find(layout, head, error);
}

/* A hint why a row has not as many cells as the first row. */
static const char *length_hint(const gm_csv_layout *layout, const gm_csv_lexer *lexer, const gm_csv_row *row)
{
    if (gm_csv_comment(&row->cells[0]))
        return gm_csv_comment_hint;
    if (row->count <= layout->columns)
        return lexer->hint;
    if (row->count == layout->columns + 1 && row->cells[layout->columns].length == 0)
        return "the row ends with a delimiter, which makes an empty cell";
    for (size_t c = 0; c < row->count; c++) {
        if (row->cells[c].length == 0)
            return lexer->delimiter == '\t'
                       ? "two tabs in a row make an empty cell: if blanks of any number separate the cells, say "
                         "--delim blanks"
                       : "two delimiters in a row make an empty cell";
    }
    return lexer->hint;
}

gm_status gm_csv_layout_fit(const gm_csv_layout *layout, const gm_csv_lexer *lexer, gm_csv_row *row,
                            gm_error *error)
{
    if (row->count == layout->columns)
        return GM_OK;
    if (row->count == layout->columns + layout->trailing) {
        for (size_t c = layout->columns; c < row->count; c++) {
            const gm_csv_cell *cell = &row->cells[c];
            char shown[GM_CSV_SHOWN];
            if (cell->length > 0)
                return gm_fail(
                    error, GM_BAD_DATA,
                    "%s:%zu:%zu: column %zu has no name and was empty in the first rows; expected it to "
                    "stay empty, got '%s'; name the column to have it read",
                    lexer->path, cell->line, cell->column, c + 1, gm_csv_show(cell, shown));
        }
        row->count = layout->columns;
        return GM_OK;
    }
    const char *hint = length_hint(layout, lexer, row);
    return gm_fail(error, GM_BAD_DATA, "%s:%zu: a row of another length; expected %zu cells, got %zu%s%s",
                   lexer->path, row->cells[0].line, layout->columns, row->count, *hint ? "; " : "", hint);
}

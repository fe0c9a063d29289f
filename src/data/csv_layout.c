/* What the columns of a CSV file are: whether the first row is a header, and which column is the target. */
#include "data/csv.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

/* The target of a file that has none. */
static const char no_column[] = "none";

/* A column by number: "1" is the first, "-1" the last; "none" is == columns. False: no such number or column.
 */
static bool column_by_number(const char *text, size_t columns, size_t *column)
{
    if (strcmp(text, no_column) == 0) {
        *column = columns;
        return true;
    }
    char *end;
    const long number = strtol(text, &end, 10);
    if (end == text || *end != '\0')
        return false;
    const size_t distance = number < 0 ? 0 - (size_t)number : (size_t)number;
    if (distance == 0 || distance > columns)
        return false;
    *column = number > 0 ? distance - 1 : columns - distance;
    return true;
}

/* How many columns have this name; *column is the last of them. */
static size_t columns_by_name(const gm_csv_row *header, const char *name, size_t *column)
{
    size_t found = 0;
    for (size_t c = 0; c < header->count; c++) {
        if (gm_csv_equals(&header->cells[c], name)) {
            *column = c;
            found++;
        }
    }
    return found;
}

/* Text that names a column, not a number that went wrong: 0x10, 1_0, -inf or ? in a first row of data must be
 * found by the reader instead of vanishing with a supposed header. */
static bool is_name(const gm_csv_cell *cell)
{
    return !gm_csv_missing(cell) && !gm_csv_not_a_number(cell) && !strchr("0123456789+-.", cell->text[0]);
}

static bool is_number(const gm_csv_row *row, size_t column)
{
    double value;
    return column < row->count && gm_csv_number(&row->cells[column], &value);
}

/* The first row is a header if a cell of it is a name. A name in the label column alone ("5.1,3.5,setosa")
 * may be the first label; it is a column's name if the label below is a number. */
static bool detect_header(const gm_csv_row *first, const gm_csv_row *second, const char *target)
{
    size_t label = first->count - 1;
    if (target && !column_by_number(target, first->count, &label) &&
        columns_by_name(first, target, &label) > 0)
        return true;
    for (size_t c = 0; c < first->count; c++) {
        if (is_name(&first->cells[c]) && (c != label || is_number(second, c)))
            return true;
    }
    return false;
}

static gm_status find_target(gm_csv_layout *layout, const char *path, const gm_csv_row *first,
                             const char *target, gm_error *error)
{
    layout->target = layout->columns - 1;
    if (!target)
        return GM_OK;
    const size_t named = layout->header ? columns_by_name(first, target, &layout->target) : 0;
    if (named == 1 || (named == 0 && column_by_number(target, layout->columns, &layout->target)))
        return GM_OK;
    const size_t line = first->cells[0].line;
    if (named > 1)
        return gm_fail(error, GM_BAD_DATA,
                       "%s:%zu: %zu columns are named '%s'; expected one; give its number", path, line, named,
                       target);
    if (!layout->header)
        return gm_fail(
            error, GM_BAD_DATA,
            "%s:%zu: no target column '%s'; the file has no header; expected a number from 1 to %zu", path,
            line, target, layout->columns);
    char shown[GM_CSV_SHOWN], last[GM_CSV_SHOWN];
    return gm_fail(
        error, GM_BAD_DATA,
        "%s:%zu: no target column '%s'; expected a name of the header ('%s' to '%s') or a number from 1 "
        "to %zu",
        path, line, target, gm_csv_show(&first->cells[0], shown),
        gm_csv_show(&first->cells[first->count - 1], last), layout->columns);
}

/* A file with another delimiter looks like one column. */
static const char *delimiter_hint(const gm_csv_cell *cell)
{
    if (memchr(cell->text, ';', cell->length))
        return "; if the cells are separated by ';', say --delim ';'";
    if (memchr(cell->text, '\t', cell->length))
        return "; if the cells are separated by tabs, say so with --delim";
    return "";
}

gm_status gm_csv_layout_find(gm_csv_layout *layout, const gm_csv_lexer *lexer, const gm_csv_row *first,
                             const gm_csv_row *second, const gm_dataset_options *options, gm_error *error)
{
    const char *target = options->target;
    const bool no_target = target && strcmp(target, no_column) == 0;
    if (first->count == 1 && !no_target)
        return gm_fail(error, GM_BAD_DATA,
                       "%s:%zu: only one column; expected at least one feature and the target%s", lexer->path,
                       first->cells[0].line, delimiter_hint(&first->cells[0]));
    layout->columns = first->count;
    layout->header = options->header < 0 ? detect_header(first, second, target) : options->header != 0;
    return find_target(layout, lexer->path, first, target, error);
}

/* Takes a row of a CSV file into the table, cell by cell: numbers, categories, the label or the target, the
 * group and the weight. */
#include "data/columns.h"
#include "data/csv_reader.h"

#include "base/error.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <zlib.h>

/* The error line for a cell that does not contain what was expected. */
static gm_status fail_cell(const gm_csv_reader *reader, const gm_csv_cell *cell, size_t column,
                           const char *expected, const char *hint, gm_error *error)
{
    char shown[GM_CSV_SHOWN], name[GM_CSV_SHOWN] = "";
    if (reader->layout.header && column < reader->first.count)
        gm_csv_show(&reader->first.cells[column], name);
    const char *quote = cell->length > 0 ? "'" : "", *got = gm_csv_show(cell, shown);
    return gm_fail(error, GM_BAD_DATA, "%s:%zu:%zu: column %zu%s%s%s; expected %s, got %s%s%s%s%s",
                   reader->lexer.path, cell->line, cell->column, column + 1, *name ? " ('" : "", name,
                   *name ? "')" : "", expected, quote, *quote ? got : "an empty cell", quote,
                   *hint ? "; " : "", hint);
}

/* A hint why a cell in a column of numbers is not a number. */
static const char *number_hint(const gm_csv_reader *reader, const gm_csv_cell *cell, size_t column,
                               char hint[GM_CSV_HINT])
{
    const size_t text_column =
        reader->options->regression ? reader->layout.columns : gm_csv_first_target(&reader->layout);
    if (gm_csv_comment(&reader->row.cells[0]))
        return gm_csv_comment_hint;
    const bool first_row = !reader->layout.header && cell->line == reader->first.cells[0].line;
    return gm_csv_cell_hint(&reader->diagnosis, cell, column, text_column, first_row, hint);
}

/* A hint what the user can do about a missing cell. */
static const char *missing_hint(const gm_csv_reader *reader, const gm_csv_cell *cell, size_t column,
                                char hint[GM_CSV_HINT])
{
    const gm_columns *columns = reader->options->columns;
    if (gm_csv_is_target(&reader->layout, column)) {
        if (reader->missing == GM_MISSING_REFUSE)
            return "say --missing drop";
        return reader->table->labels ? "classes have no mean; say --missing drop"
                                     : "targets are never made up; say --missing drop";
    }
    if (column == reader->layout.weight)
        return "say --missing drop";
    if (!columns && gm_csv_category_is(&reader->categories, reader->layout.role[column]))
        return "say --missing most-frequent or --missing drop";
    if (gm_csv_column_of_text(&reader->diagnosis, column))
        return number_hint(reader, cell, column, hint);
    return columns ? "the model has learned nothing that replaces it; say --missing drop"
                   : "say --missing mean or --missing drop";
}

/* Treats a missing cell as the option --missing says: the row is left out, the cell is replaced, or it is an
 * error. */
static gm_status take_missing(gm_csv_reader *reader, const gm_csv_cell *cell, size_t column, bool *keep,
                              double *value, gm_error *error)
{
    const gm_columns *columns = reader->options->columns;
    char hint[GM_CSV_HINT];
    if (reader->missing == GM_MISSING_DROP) {
        *keep = false;
        return GM_OK;
    }
    if (reader->missing == GM_MISSING_REFUSE || gm_csv_is_target(&reader->layout, column) ||
        column == reader->layout.weight ||
        (columns && isnan(columns->items[reader->layout.role[column]].replacement)))
        return fail_cell(reader, cell, column, "a value", missing_hint(reader, cell, column, hint), error);
    *value = NAN;
    if (columns)
        reader->replaced_cells++; /* by gm_encode_cell */
    else
        reader->table->missing++; /* by gm_dataset_encode, when the training part is known */
    return GM_OK;
}

/* Reads the number in one column of the present row. *keep becomes false if the row is to be left out. */
static gm_status take_number(gm_csv_reader *reader, size_t column, double *value, bool *keep, gm_error *error)
{
    const gm_csv_cell *cell = &reader->row.cells[column];
    if (gm_csv_number(cell, value) && fabs(*value) <= reader->largest)
        return GM_OK;
    *value = NAN;
    if (gm_csv_missing(cell))
        return take_missing(reader, cell, column, keep, value, error);
    char hint[GM_CSV_HINT];
    return fail_cell(reader, cell, column,
                     reader->largest < DBL_MAX ? "a decimal number of at most 3.4e38" : "a decimal number",
                     number_hint(reader, cell, column, hint), error);
}

/* Reads the text in one column of categories: *value becomes its place among the texts of this file, or among
 * the categories of the model. */
static gm_status take_category(gm_csv_reader *reader, size_t column, double *value, bool *keep,
                               gm_error *error)
{
    const gm_csv_cell *cell = &reader->row.cells[column];
    const size_t feature = reader->layout.role[column];
    char hint[GM_CSV_HINT];
    if (gm_csv_missing(cell))
        return take_missing(reader, cell, column, keep, value, error);
    if (gm_csv_category_find(&reader->categories, feature, cell, value) || reader->options->columns)
        return GM_OK;
    if (!gm_csv_is_utf8(cell))
        return fail_cell(reader, cell, column, "a category in UTF-8", gm_csv_utf8_hint, error);
    if (gm_csv_category_full(&reader->categories, feature)) {
        snprintf(hint, sizeof hint, "if they only identify the rows, say --ignore %zu", column + 1);
        return fail_cell(reader, cell, column, "at most 65536 different texts", hint, error);
    }
    return gm_csv_category_add(&reader->categories, feature, cell, value, error);
}

/* Reads the cell of a feature. Its inputs, or its number as long as they are not known, begin at x[base]. */
static gm_status take_feature(gm_csv_reader *reader, size_t column, size_t base, bool *keep, gm_error *error)
{
    const gm_columns *columns = reader->options->columns;
    const size_t feature = reader->layout.role[column];
    gm_table *table = reader->table;
    double value = NAN;
    const gm_status status = gm_csv_category_is(&reader->categories, feature)
                                 ? take_category(reader, column, &value, keep, error)
                                 : take_number(reader, column, &value, keep, error);
    if (columns) {
        const gm_data_column *item = &columns->items[feature];
        gm_encode_cell(item, value, table->x, table->type, base + item->first);
    } else {
        gm_put_number(table->x, table->type, base + feature, value);
    }
    return status;
}

/* Squares of targets up to this size can be summed over a batch in single precision without overflow. */
#define LARGEST_F32_TARGET 1e18

static gm_status take_target(gm_csv_reader *reader, size_t column, double *value, bool *keep, gm_error *error)
{
    const gm_status status = take_number(reader, column, value, keep, error);
    if (!status && reader->options->precision == GM_F32 && fabs(*value) > LARGEST_F32_TARGET)
        return fail_cell(reader, &reader->row.cells[column], column, "a target of at most 1e18",
                         "its square overflows single precision: divide the targets, or say --precision f64",
                         error);
    return status;
}

/* Adds a class that appears for the first time, or fails if it cannot be one. */
static gm_status take_new_class(gm_csv_reader *reader, const gm_csv_cell *cell, gm_error *error)
{
    const size_t column = gm_csv_first_target(&reader->layout);
    double value;
    char hint[GM_CLASS_HINT];
    if (reader->options->classes)
        return fail_cell(reader, cell, column, "one of the model's classes",
                         gm_classes_hint(reader->options, cell->text, cell->length, hint), error);
    if (!gm_csv_is_utf8(cell))
        return fail_cell(reader, cell, column, "the name of a class in UTF-8", gm_csv_utf8_hint, error);
    if (gm_csv_number(cell, &value) && value != floor(value))
        return fail_cell(reader, cell, column, "a class",
                         "if these are numbers to be fitted, say --regression", error);
    if (reader->classes.names.count == GM_CLASS_LIMIT)
        return fail_cell(reader, cell, column, "at most 65536 classes",
                         "if these are numbers to be fitted, say --regression", error);
    return gm_classes_add(&reader->classes, cell->text, cell->length, error);
}

static gm_status take_label(gm_csv_reader *reader, bool *keep, gm_error *error)
{
    const size_t column = gm_csv_first_target(&reader->layout);
    const gm_csv_cell *cell = &reader->row.cells[column];
    double none;
    if (cell->length == 0) /* only an empty cell is missing here: "NA" or "none" can be the name of a class */
        return take_missing(reader, cell, column, keep, &none, error);
    if (!*keep)
        return GM_OK; /* the label of a row that is left out is not counted as a class */
    uint32_t class = gm_classes_find(&reader->classes, cell->text, cell->length);
    if (class == GM_NO_CLASS) {
        const gm_status status = take_new_class(reader, cell, error);
        if (status)
            return status;
        class = (uint32_t)reader->classes.names.count - 1;
    }
    reader->table->labels[reader->table->rows] = class;
    return GM_OK;
}

/* The group of a row is known by a checksum of its name: if two of them were equal, the groups would stay on
 * one side of a split together, which does no harm. */
static gm_status take_group(gm_csv_reader *reader, bool *keep, gm_error *error)
{
    const size_t column = reader->layout.group;
    const gm_csv_cell *cell = &reader->row.cells[column];
    if (cell->length == 0 && reader->missing != GM_MISSING_DROP)
        return fail_cell(reader, cell, column, "the name of a group", "say --missing drop", error);
    *keep &= cell->length > 0;
    reader->table->groups[reader->table->rows] =
        (uint32_t)crc32_z(crc32_z(0, NULL, 0), (const Bytef *)cell->text, cell->length);
    return GM_OK;
}

static gm_status take_weight(gm_csv_reader *reader, bool *keep, gm_error *error)
{
    const size_t column = reader->layout.weight;
    double value;
    const gm_status status = take_number(reader, column, &value, keep, error);
    if (!status && value < 0)
        return fail_cell(reader, &reader->row.cells[column], column, "a weight of at least 0", "", error);
    reader->table->weights[reader->table->rows] = value;
    return status;
}

static gm_status keep_cells(const gm_csv_reader *reader, gm_error *error)
{
    const gm_csv_row *row = &reader->row;
    gm_status status = GM_OK;
    for (size_t c = 0; c < row->count && !status; c++)
        if (reader->layout.kept[c])
            status = gm_kept_add(reader->table->kept, row->cells[c].text, row->cells[c].length, error);
    return status;
}

gm_status gm_csv_take_row(gm_csv_reader *reader, gm_error *error)
{
    gm_table *table = reader->table;
    gm_csv_row *row = &reader->row;
    gm_status status = gm_csv_layout_fit(&reader->layout, &reader->lexer, row, error);
    if (status)
        return status;
    const size_t base = table->rows * table->features;
    bool keep = true;
    double value;
    for (size_t c = 0; !status && c < row->count; c++) {
        if (reader->layout.role[c] != GM_CSV_UNUSED)
            status = take_feature(reader, c, base, &keep, error);
    }
    if (!status && table->labels) {
        status = take_label(reader, &keep, error);
    } else if (table->values) {
        for (size_t t = 0; !status && t < table->targets; t++) {
            status = take_target(reader, reader->layout.targets[t], &value, &keep, error);
            gm_put_number(table->values, table->value_type, table->rows * table->targets + t, value);
        }
    }
    if (!status && table->groups)
        status = take_group(reader, &keep, error);
    if (!status && table->weights)
        status = take_weight(reader, &keep, error);
    if (!status && keep && table->kept)
        status = keep_cells(reader, error);
    if (keep)
        table->rows++;
    else
        reader->dropped_rows++;
    return status;
}

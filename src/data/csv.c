/* Reads a CSV file: rows of features, with one column of labels or, for regression, of target values. csv.h
 * lists the parts of the reader; this file puts them together and fills the table. */
#include "data/classes.h"
#include "data/csv_diagnosis.h"
#include "data/format.h"
#include "data/missing.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"

#include <float.h>
#include <math.h>
#include <string.h>
#include <zlib.h>

/* If there are more classes than this, the column may be a regression target that was taken for labels. */
#define MANY_CLASSES 20

typedef struct csv_reader {
    const gm_dataset_options *options;
    gm_csv_lexer lexer;
    gm_csv_diagnosis diagnosis;
    gm_csv_layout layout;
    gm_csv_row first, row;
    gm_classes classes;
    gm_table *table;    /* table->rows grows */
    gm_missing missing; /* what is done with a missing cell; not GM_MISSING_AUTO */
    double largest;     /* largest number that the table can hold */
    size_t replaced_cells, dropped_rows;
} csv_reader;

/* The error line for a cell that does not contain what was expected. */
static gm_status fail_cell(const csv_reader *reader, const gm_csv_cell *cell, size_t column,
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
static const char *number_hint(const csv_reader *reader, const gm_csv_cell *cell, size_t column,
                               char hint[GM_CSV_HINT])
{
    const size_t text_column = reader->options->regression ? reader->layout.columns : reader->layout.target;
    if (gm_csv_comment(&reader->row.cells[0]))
        return gm_csv_comment_hint;
    const bool first_row = !reader->layout.header && cell->line == reader->first.cells[0].line;
    return gm_csv_cell_hint(&reader->diagnosis, cell, column, text_column, first_row, hint);
}

/* A hint what the user can do about a missing cell. */
static const char *missing_hint(const csv_reader *reader, const gm_csv_cell *cell, size_t column,
                                char hint[GM_CSV_HINT])
{
    const gm_columns *columns = reader->options->columns;
    if (column == reader->layout.target) {
        if (reader->missing == GM_MISSING_REFUSE)
            return "say --missing drop";
        return reader->table->labels ? "classes have no mean; say --missing drop"
                                     : "targets are never made up; say --missing drop";
    }
    if (column == reader->layout.weight)
        return "say --missing drop";
    if (gm_csv_column_of_text(&reader->diagnosis, column))
        return number_hint(reader, cell, column, hint);
    return columns && !columns->means ? "the model has learned no mean for it; say --missing drop"
                                      : "say --missing mean or --missing drop";
}

/* Treats a missing cell as the option --missing says: the row is left out, the cell is replaced, or it is an
 * error. */
static gm_status take_missing(csv_reader *reader, const gm_csv_cell *cell, size_t column, bool *keep,
                              double *value, gm_error *error)
{
    const gm_columns *columns = reader->options->columns;
    char hint[GM_CSV_HINT];
    if (reader->missing == GM_MISSING_DROP) {
        *keep = false;
        return GM_OK;
    }
    if (reader->missing == GM_MISSING_REFUSE || column == reader->layout.target ||
        column == reader->layout.weight || (columns && !columns->means))
        return fail_cell(reader, cell, column, "a value", missing_hint(reader, cell, column, hint), error);
    if (columns) {
        *value = columns->means[reader->layout.role[column]];
        reader->replaced_cells++;
    } else {
        reader->table->missing++; /* it stays NaN until the means of the training part are known */
    }
    return GM_OK;
}

/* Reads the number in one column of the present row. *keep becomes false if the row is to be left out. */
static gm_status take_number(csv_reader *reader, size_t column, double *value, bool *keep, gm_error *error)
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

/* Squares of targets up to this size can be summed over a batch in single precision without overflow. */
#define LARGEST_F32_TARGET 1e18

static gm_status take_target(csv_reader *reader, double *value, bool *keep, gm_error *error)
{
    const size_t column = reader->layout.target;
    const gm_status status = take_number(reader, column, value, keep, error);
    if (!status && reader->options->precision == GM_F32 && fabs(*value) > LARGEST_F32_TARGET)
        return fail_cell(reader, &reader->row.cells[column], column, "a target of at most 1e18",
                         "its square overflows single precision: divide the targets, or say --precision f64",
                         error);
    return status;
}

/* Adds a class that appears for the first time, or fails if it cannot be one. */
static gm_status take_new_class(csv_reader *reader, const gm_csv_cell *cell, gm_error *error)
{
    const size_t column = reader->layout.target;
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

static gm_status take_label(csv_reader *reader, bool *keep, gm_error *error)
{
    const gm_csv_cell *cell = &reader->row.cells[reader->layout.target];
    double none;
    if (cell->length == 0) /* only an empty cell is missing here: "NA" or "none" can be the name of a class */
        return take_missing(reader, cell, reader->layout.target, keep, &none, error);
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
static gm_status take_group(csv_reader *reader, bool *keep, gm_error *error)
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

static gm_status take_weight(csv_reader *reader, bool *keep, gm_error *error)
{
    const size_t column = reader->layout.weight;
    double value;
    const gm_status status = take_number(reader, column, &value, keep, error);
    if (!status && value < 0)
        return fail_cell(reader, &reader->row.cells[column], column, "a weight of at least 0", "", error);
    reader->table->weights[reader->table->rows] = value;
    return status;
}

static gm_status take_row(csv_reader *reader, gm_error *error)
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
        if (reader->layout.role[c] == GM_CSV_UNUSED)
            continue;
        status = take_number(reader, c, &value, &keep, error);
        gm_put_number(table->x, table->type, base + reader->layout.role[c], value);
    }
    if (!status && table->labels) {
        status = take_label(reader, &keep, error);
    } else if (!status && table->values) {
        status = take_target(reader, &value, &keep, error);
        gm_put_number(table->values, table->value_type, table->rows, value);
    }
    if (!status && table->groups)
        status = take_group(reader, &keep, error);
    if (!status && table->weights)
        status = take_weight(reader, &keep, error);
    if (keep)
        table->rows++;
    else
        reader->dropped_rows++;
    return status;
}

/* An upper bound for the number of rows: each row ends a line, and each cell takes at least one byte, its
 * delimiter. */
static size_t most_rows(const csv_reader *reader)
{
    const gm_csv_lexer *lexer = &reader->lexer;
    size_t lines = 1;
    const char *at = lexer->at;
    while ((at = memchr(at, '\n', (size_t)(lexer->end - at)))) {
        lines++;
        at++;
    }
    const size_t rest = (size_t)(lexer->end - lexer->at);
    return gm_min(lines, rest / reader->layout.columns + 1) + 2; /* 2: the rows that have already been read */
}

static bool make_room_for_sides(csv_reader *reader, size_t rows, gm_error *error)
{
    const gm_csv_layout *layout = &reader->layout;
    gm_table *table = reader->table;
    if (layout->group < layout->columns)
        table->groups = gm_table_array(rows, 1, sizeof *table->groups, "the groups", error);
    if (layout->weight < layout->columns)
        table->weights = gm_table_array(rows, 1, sizeof *table->weights, "the weights of the rows", error);
    return (layout->group == layout->columns || table->groups) &&
           (layout->weight == layout->columns || table->weights);
}

static gm_status make_room(csv_reader *reader, gm_error *error)
{
    gm_table *table = reader->table;
    const size_t rows = most_rows(reader);
    const bool targeted = reader->layout.target < reader->layout.columns;
    if (rows > UINT32_MAX)
        return gm_fail(error, GM_LIMIT, "%s: too many rows; expected at most 4294967295", reader->lexer.path);
    const size_t size = gm_precision_size(reader->options->precision);
    table->type = gm_type_of(reader->options->precision);
    table->value_type = GM_TYPE_F64; /* with all of its digits, for targets that are standardised */
    table->features = reader->layout.features;
    table->x = gm_table_array(rows, table->features, size, "the features", error);
    if (!table->x || !make_room_for_sides(reader, rows, error))
        return GM_LIMIT;
    if (!targeted)
        return GM_OK;
    /* The number that the target's column would have in a file without the columns of groups and weights: a
     * model is used on such files. */
    table->target_column =
        reader->layout.target + 1 - gm_csv_sides_before(&reader->layout, reader->layout.target);
    if (reader->options->regression) {
        table->targets = 1;
        table->values = gm_table_array(rows, 1, sizeof(double), "the targets", error);
        return table->values ? GM_OK : GM_LIMIT;
    }
    table->labels = gm_table_array(rows, 1, sizeof *table->labels, "the labels", error);
    if (!table->labels)
        return GM_LIMIT;
    return gm_classes_init(&reader->classes, reader->options->classes, reader->options->class_count, error);
}

static gm_csv_head head_of(const csv_reader *reader)
{
    return (gm_csv_head){&reader->lexer, &reader->diagnosis, &reader->first, &reader->row, reader->options};
}

/* The layout of training data: every column except the target is a feature. */
static gm_status find_layout(csv_reader *reader, gm_error *error)
{
    gm_csv_layout *layout = &reader->layout;
    const gm_csv_head head = head_of(reader);
    gm_status status = gm_csv_layout_find(layout, &head, error);
    if (!status && reader->options->ignore_target)
        layout->target = layout->columns;
    if (!status)
        status = make_room(reader, error);
    if (!status)
        status = gm_csv_remark_layout(reader->table, layout, &reader->first, reader->options, error);
    if (!status && layout->header)
        status = gm_csv_name_columns(reader->table, layout, reader->lexer.path, &reader->first, error);
    return status;
}

/* The layout of data for an existing model: the columns are matched with those of the model. */
static gm_status match_layout(csv_reader *reader, gm_error *error)
{
    const gm_csv_head head = head_of(reader);
    const gm_status status = gm_csv_layout_match(&reader->layout, &head, reader->table, error);
    return status ? status : make_room(reader, error);
}

/* Finds the layout. Some programs write '#' before the first name of a header. It is removed before the
 * layout is found, and put back if the first row turns out not to be a header. */
static gm_status take_layout(csv_reader *reader, gm_error *error)
{
    gm_csv_cell *cell = &reader->first.cells[0];
    const gm_csv_cell whole = *cell;
    const bool hash = reader->options->header != 0 && gm_csv_take_hash(&reader->first);
    const gm_status status =
        reader->options->columns ? match_layout(reader, error) : find_layout(reader, error);
    if (status || !hash)
        return status;
    if (!reader->layout.header) {
        *cell = whole;
        return GM_OK;
    }
    char shown[GM_CSV_SHOWN];
    return gm_table_remark(reader->table, error,
                           "the header begins with '#', which is left out of the name of column 1, '%s'",
                           gm_csv_show(cell, shown));
}

static gm_status read_layout(csv_reader *reader, gm_error *error)
{
    gm_status status = gm_csv_next(&reader->lexer, &reader->first, error);
    if (status)
        return status;
    if (reader->first.count == 0)
        return gm_fail(error, GM_BAD_DATA, "%s: no rows; the file is empty or blank", reader->lexer.path);
    status = gm_csv_next(&reader->lexer, &reader->row, error);
    if (status)
        return status;
    return take_layout(reader, error);
}

/* Reads all rows. The first two were read already, to find the layout; the first is skipped if it is the
 * header. */
static gm_status read_rows(csv_reader *reader, gm_error *error)
{
    gm_status status = GM_OK;
    if (!reader->layout.header) {
        const gm_csv_row second = reader->row;
        reader->row = reader->first;
        status = take_row(reader, error);
        reader->row = second;
    }
    while (!status && reader->row.count > 0) {
        status = take_row(reader, error);
        if (!status)
            status = gm_csv_next(&reader->lexer, &reader->row, error);
    }
    if (status || reader->table->rows > 0)
        return status;
    return gm_fail(error, GM_BAD_DATA, "%s: no rows; %s", reader->lexer.path,
                   reader->dropped_rows > 0 ? "a value is missing in each of them"
                                            : "there is a header only");
}

static gm_status finish_classes(csv_reader *reader, gm_error *error)
{
    gm_table *table = reader->table;
    gm_strings *names = &reader->classes.names;
    gm_status status = GM_OK;
    if (!reader->options->classes) {
        if (names->count < 2)
            return gm_fail(error, GM_BAD_DATA,
                           "%s: only one class; expected at least 2 in column %zu, got '%s' in every row",
                           reader->lexer.path, reader->layout.target + 1, names->items[0]);
        status = gm_classes_sort(&reader->classes, table->labels, table->rows, error);
        if (!status && names->count > MANY_CLASSES && names->count > table->rows / 2)
            status = gm_table_remark(
                table, error, "%zu classes in %zu rows: if they are numbers to be fitted, say --regression",
                names->count, table->rows);
    }
    table->targets = names->count;
    table->classes = *names;
    *names = (gm_strings){0};
    return status;
}

static gm_status check_weights(const csv_reader *reader, gm_error *error)
{
    gm_error reason = {0};
    const gm_table *table = reader->table;
    const gm_status status = table->weights ? gm_weights_check(table->weights, table->rows, &reason) : GM_OK;
    return status == GM_OK ? GM_OK : gm_fail(error, status, "%s: %s", reader->lexer.path, reason.message);
}

static gm_status finish(csv_reader *reader, gm_error *error)
{
    gm_status status = check_weights(reader, error);
    if (!status && reader->table->labels)
        status = finish_classes(reader, error);
    if (!status)
        status =
            gm_csv_remark_rows(reader->table, &reader->layout, &reader->diagnosis, reader->options, error);
    return status ? status
                  : gm_missing_remark(reader->table, reader->replaced_cells, reader->dropped_rows, error);
}

gm_status gm_csv_read(gm_table *table, gm_source *source, const gm_dataset_options *options, gm_error *error)
{
    csv_reader reader = {.options = options,
                         .table = table,
                         .missing = gm_missing_choose(options),
                         .largest = options->precision == GM_F64 ? DBL_MAX : (double)FLT_MAX};
    char *text;
    size_t size;
    gm_status status = gm_source_read_all(source, &text, &size, error);
    if (!status)
        status = gm_csv_lexer_init(&reader.lexer, source->path, text, size, options->delimiter, error);
    if (!status)
        status = gm_csv_diagnose(&reader.diagnosis, &reader.lexer, error);
    reader.lexer.hint = reader.diagnosis.hint;
    if (!status)
        status = read_layout(&reader, error);
    if (!status)
        status = read_rows(&reader, error);
    if (!status)
        status = finish(&reader, error);
    gm_csv_row_clear(&reader.first);
    gm_csv_row_clear(&reader.row);
    gm_csv_layout_clear(&reader.layout);
    gm_classes_clear(&reader.classes);
    gm_csv_diagnosis_clear(&reader.diagnosis);
    gm_free(text);
    return status;
}

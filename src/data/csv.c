/* CSV: rows of numbers with a column of labels, or of numbers to be fitted. */
#include "data/classes.h"
#include "data/csv_diagnosis.h"
#include "data/format.h"

#include "base/error.h"
#include "base/memory.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* From so many classes on, a column of numbers may have been taken for labels. */
#define MANY_CLASSES 20

typedef struct csv_reader {
    const gm_dataset_options *options;
    gm_csv_lexer lexer;
    gm_csv_diagnosis diagnosis;
    gm_csv_layout layout;
    gm_csv_row first, row;
    gm_classes classes;
    gm_table *table; /* table->rows grows */
    size_t missing_cells, dropped_rows;
} csv_reader;

/* A cell that is not what it should be: the line that says so. */
static gm_status fail_cell(const csv_reader *reader, const gm_csv_cell *cell, size_t column,
                           const char *expected, const char *hint, gm_error *error)
{
    char shown[GM_CSV_SHOWN], name[GM_CSV_SHOWN] = "";
    if (reader->layout.header && column < reader->first.count)
        gm_csv_show(&reader->first.cells[column], name);
    return gm_fail(error, GM_BAD_DATA, "%s:%zu:%zu: column %zu%s%s%s; expected %s, got '%s'%s%s",
                   reader->lexer.path, cell->line, cell->column, column + 1, *name ? " ('" : "", name,
                   *name ? "')" : "", expected, gm_csv_show(cell, shown), *hint ? "; " : "", hint);
}

/* Why the cell of a column of numbers may hold none. */
static const char *number_hint(const csv_reader *reader, const gm_csv_cell *cell, size_t column,
                               char hint[GM_CSV_HINT])
{
    const size_t text_column = reader->options->regression ? reader->layout.columns : reader->layout.target;
    const bool first_row = !reader->layout.header && cell->line == reader->first.cells[0].line;
    return gm_csv_cell_hint(&reader->diagnosis, cell, column, text_column, first_row, hint);
}

/* A cell without a value, after the option that tells what becomes of it. */
static gm_status take_missing(csv_reader *reader, const gm_csv_cell *cell, size_t column, bool *keep,
                              gm_error *error)
{
    switch (reader->options->missing) {
    case GM_MISSING_MEAN:
        reader->missing_cells++;
        return GM_OK;
    case GM_MISSING_DROP:
        *keep = false;
        return GM_OK;
    case GM_MISSING_REFUSE:
        break;
    }
    const bool text = column != reader->layout.target && gm_csv_column_of_text(&reader->diagnosis, column);
    char hint[GM_CSV_HINT];
    return fail_cell(reader, cell, column, "a value",
                     text ? number_hint(reader, cell, column, hint) : "say --missing mean or --missing drop",
                     error);
}

/* A missing number stays NaN until the mean of its column is known. */
static gm_status take_number(csv_reader *reader, size_t column, float *to, bool *keep, gm_error *error)
{
    const gm_csv_cell *cell = &reader->row.cells[column];
    double value;
    if (gm_csv_number(cell, &value) && fabs(value) <= (double)FLT_MAX) {
        *to = (float)value;
        return GM_OK;
    }
    *to = NAN;
    if (gm_csv_missing(cell))
        return take_missing(reader, cell, column, keep, error);
    char hint[GM_CSV_HINT];
    return fail_cell(reader, cell, column, "a decimal number of at most 3.4e38",
                     number_hint(reader, cell, column, hint), error);
}

/* A class that was not met before. */
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
    if (cell->length == 0) { /* any text is a name: NA and none, too */
        if (reader->options->missing == GM_MISSING_MEAN)
            return fail_cell(reader, cell, reader->layout.target, "a class",
                             "classes have no mean; say --missing drop", error);
        return take_missing(reader, cell, reader->layout.target, keep, error);
    }
    if (!*keep)
        return GM_OK; /* a row that is left out makes no class */
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

static gm_status take_row(csv_reader *reader, gm_error *error)
{
    gm_table *table = reader->table;
    gm_csv_row *row = &reader->row;
    gm_status status = gm_csv_layout_fit(&reader->layout, &reader->lexer, row, error);
    if (status)
        return status;
    float *x = (float *)table->x + table->rows * table->features;
    bool keep = true;
    for (size_t c = 0; !status && c < row->count; c++) {
        if (c != reader->layout.target)
            status = take_number(reader, c, x++, &keep, error);
    }
    if (!status && table->labels)
        status = take_label(reader, &keep, error);
    else if (!status && table->values)
        status = take_number(reader, reader->layout.target, &table->values[table->rows], &keep, error);
    if (keep)
        table->rows++;
    else
        reader->dropped_rows++;
    return status;
}

/* No more rows than this can come: each ends a line, and each cell takes a byte with its delimiter. */
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
    return gm_min(lines, rest / reader->layout.columns + 1) + 2; /* and the two that were read already */
}

static gm_status make_room(csv_reader *reader, gm_error *error)
{
    gm_table *table = reader->table;
    const size_t rows = most_rows(reader);
    const bool targeted = reader->layout.target < reader->layout.columns;
    if (rows > UINT32_MAX)
        return gm_fail(error, GM_LIMIT, "%s: too many rows; expected at most 4294967295", reader->lexer.path);
    table->type = GM_TYPE_F32;
    table->features = reader->layout.columns - targeted;
    table->x = gm_table_array(rows, table->features, sizeof(float), "the features", error);
    if (!table->x)
        return GM_LIMIT;
    if (!targeted)
        return GM_OK;
    if (reader->options->regression) {
        table->targets = 1;
        table->values = gm_table_array(rows, 1, sizeof *table->values, "the targets", error);
        return table->values ? GM_OK : GM_LIMIT;
    }
    table->labels = gm_table_array(rows, 1, sizeof *table->labels, "the labels", error);
    if (!table->labels)
        return GM_LIMIT;
    return gm_classes_init(&reader->classes, reader->options->classes, reader->options->class_count, error);
}

/* Names of the features, and remarks on names that look like a mistake. */
static gm_status name_features(csv_reader *reader, gm_error *error)
{
    gm_table *table = reader->table;
    gm_classes seen; /* names with an index: what a list of features needs, too */
    gm_status status = gm_classes_init_exact(&seen, error);
    for (size_t c = 0; !status && c < reader->layout.columns; c++) {
        const gm_csv_cell *cell = &reader->first.cells[c];
        char shown[GM_CSV_SHOWN];
        if (!gm_csv_is_utf8(cell))
            status = gm_fail(error, GM_BAD_DATA,
                             "%s:%zu:%zu: the name of column %zu; expected UTF-8, got '%s'; %s",
                             reader->lexer.path, cell->line, cell->column, c + 1, gm_csv_show(cell, shown),
                             gm_csv_utf8_hint);
        else if (c != reader->layout.target &&
                 !gm_strings_add(&table->feature_names, cell->text, cell->length))
            status = gm_fail_memory(error, "the names of the features", cell->length);
        else if (cell->length == 0)
            status = gm_table_remark(table, error, "column %zu has no name; if it is an index, leave it out",
                                     c + 1);
        else if (gm_classes_find(&seen, cell->text, cell->length) != GM_NO_CLASS)
            status = gm_table_remark(table, error, "column %zu has the name of another, '%s'", c + 1,
                                     gm_csv_show(cell, shown));
        else if (seen.names.count < GM_CLASS_LIMIT)
            status = gm_classes_add(&seen, cell->text, cell->length, error);
    }
    gm_classes_clear(&seen);
    return status;
}

static gm_status read_layout(csv_reader *reader, gm_error *error)
{
    gm_status status = gm_csv_next(&reader->lexer, &reader->first, error);
    if (status)
        return status;
    if (reader->first.count == 0)
        return gm_fail(error, GM_BAD_DATA, "%s: no rows; the file is empty or blank", reader->lexer.path);
    status = gm_csv_next(&reader->lexer, &reader->row, error);
    if (!status)
        status = gm_csv_layout_find(&reader->layout, &reader->lexer, &reader->diagnosis, &reader->first,
                                    &reader->row, reader->options, error);
    if (!status)
        status = make_room(reader, error);
    if (!status)
        status = gm_csv_remark_layout(reader->table, &reader->layout, &reader->first, reader->options, error);
    if (!status && reader->layout.header)
        status = name_features(reader, error);
    return status;
}

/* The first two rows were read before it was known what they are. */
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

/* NaN in a column of `stride` apart numbers becomes the mean of the others; false if there are no others. */
static bool fill_column(float *column, size_t rows, size_t stride)
{
    double sum = 0;
    size_t count = 0;
    for (size_t r = 0; r < rows; r++) {
        if (!isnan(column[r * stride])) {
            sum += (double)column[r * stride];
            count++;
        }
    }
    for (size_t r = 0; count > 0 && r < rows; r++) {
        if (isnan(column[r * stride]))
            column[r * stride] = (float)(sum / (double)count);
    }
    return count > 0;
}

static gm_status fill_missing(csv_reader *reader, gm_error *error)
{
    gm_table *table = reader->table;
    size_t feature = 0;
    for (size_t c = 0; c < reader->layout.columns; c++) {
        bool filled = true;
        if (c != reader->layout.target)
            filled = fill_column((float *)table->x + feature++, table->rows, table->features);
        else if (table->values)
            filled = fill_column(table->values, table->rows, 1);
        if (!filled)
            return gm_fail(error, GM_BAD_DATA, "%s: column %zu has no value in any row; leave it out",
                           reader->lexer.path, c + 1);
    }
    return gm_table_remark(table, error, "%zu missing values became the mean of their column",
                           reader->missing_cells);
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

static gm_status finish(csv_reader *reader, gm_error *error)
{
    gm_status status = GM_OK;
    if (reader->table->labels)
        status = finish_classes(reader, error);
    if (!status)
        status =
            gm_csv_remark_rows(reader->table, &reader->layout, &reader->diagnosis, reader->options, error);
    if (!status && reader->missing_cells > 0)
        status = fill_missing(reader, error);
    if (!status && reader->dropped_rows > 0)
        status = gm_table_remark(reader->table, error, "%zu rows with missing values were left out",
                                 reader->dropped_rows);
    return status;
}

gm_status gm_csv_read(gm_table *table, gm_source *source, const gm_dataset_options *options, gm_error *error)
{
    csv_reader reader = {.options = options, .table = table};
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
    gm_classes_clear(&reader.classes);
    gm_csv_diagnosis_clear(&reader.diagnosis);
    gm_free(text);
    return status;
}

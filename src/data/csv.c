/* Reads a CSV file: rows of features, with one column of labels or, for regression, of target values. csv.h
 * lists the parts of the reader; this file puts them together. */
#include "data/csv_reader.h"
#include "data/format.h"
#include "data/missing.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* If there are more classes than this, the column may be a regression target that was taken for labels. */
#define MANY_CLASSES 20

/* An upper bound for the number of rows: each row ends a line, and each cell takes at least one byte, its
 * delimiter. */
static size_t most_rows_in(const gm_csv_reader *reader, const char *text, const char *end)
{
    size_t lines = 1;
    for (const char *at = text; (at = memchr(at, '\n', (size_t)(end - at))); at++)
        lines++;
    return gm_min(lines, (size_t)(end - text) / reader->layout.columns + 1);
}

static size_t most_rows(const gm_csv_reader *reader)
{
    const gm_csv_lexer *lexer = &reader->lexer;
    size_t most = most_rows_in(reader, lexer->at, lexer->end) + 2; /* 2: those that have already been read */
    for (size_t i = 0; i < lexer->next_count; i++)
        most += most_rows_in(reader, lexer->next[i].text, lexer->next[i].text + lexer->next[i].size);
    return most;
}

static bool make_room_for_sides(gm_csv_reader *reader, size_t rows, gm_error *error)
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

/* Stores the number that each target's column would have in a file without the columns of groups and weights:
 * a model is used on such files. */
static gm_status place_targets(gm_csv_reader *reader, gm_error *error)
{
    const gm_csv_layout *layout = &reader->layout;
    gm_table *table = reader->table;
    const size_t count = layout->target_count;
    table->target_columns = gm_table_array(count, 1, sizeof *table->target_columns, "the targets", error);
    if (!table->target_columns)
        return GM_LIMIT;
    table->target_places = count;
    for (size_t t = 0; t < count; t++) {
        const size_t column = layout->targets[t];
        table->target_columns[t] = column + 1 - gm_csv_sides_before(layout, column);
    }
    return GM_OK;
}

static gm_status make_room(gm_csv_reader *reader, gm_error *error)
{
    gm_table *table = reader->table;
    const size_t rows = most_rows(reader);
    if (rows > UINT32_MAX)
        return gm_fail(error, GM_LIMIT, "%s: too many rows; expected at most 4294967295", reader->lexer.path);
    const size_t size = gm_precision_size(reader->options->precision);
    table->type = gm_type_of(reader->options->precision);
    table->value_type = GM_TYPE_F64; /* with all of its digits, for targets that are standardised */
    const gm_columns *columns = reader->options->columns;
    table->features = columns ? columns->inputs : reader->layout.features;
    table->x = gm_table_array(rows, table->features, size, "the features", error);
    if (!table->x || !make_room_for_sides(reader, rows, error) ||
        gm_csv_categories_init(&reader->categories, &reader->layout, columns, error) != GM_OK)
        return GM_LIMIT;
    if (reader->layout.target_count == 0)
        return GM_OK;
    if (place_targets(reader, error) != GM_OK)
        return GM_LIMIT;
    if (reader->options->regression) {
        table->targets = table->target_places;
        table->values = gm_table_array(rows, table->targets, sizeof(double), "the targets", error);
        return table->values ? GM_OK : GM_LIMIT;
    }
    table->labels = gm_table_array(rows, 1, sizeof *table->labels, "the labels", error);
    if (!table->labels)
        return GM_LIMIT;
    return gm_classes_init(&reader->classes, reader->options->classes, reader->options->class_count, error);
}

static gm_csv_head head_of(const gm_csv_reader *reader)
{
    return (gm_csv_head){&reader->lexer, &reader->diagnosis, &reader->first, &reader->row, reader->options};
}

/* The layout of training data: every column except the target is a feature. */
static gm_status find_layout(gm_csv_reader *reader, gm_error *error)
{
    gm_csv_layout *layout = &reader->layout;
    const gm_csv_head head = head_of(reader);
    gm_status status = gm_csv_layout_find(layout, &head, error);
    if (!status && reader->options->ignore_target)
        layout->target_count = 0;
    if (!status)
        status = make_room(reader, error);
    if (!status)
        status = gm_csv_remark_layout(reader->table, layout, &reader->first, reader->options, error);
    if (!status && layout->header)
        status = gm_csv_name_columns(reader->table, layout, reader->lexer.path, &reader->first, error);
    return status;
}

/* The layout of data for an existing model: the columns are matched with those of the model. */
static gm_status match_layout(gm_csv_reader *reader, gm_error *error)
{
    const gm_csv_head head = head_of(reader);
    const gm_status status = gm_csv_layout_match(&reader->layout, &head, reader->table, error);
    return status ? status : make_room(reader, error);
}

static gm_status keep_columns(gm_csv_reader *reader, gm_error *error)
{
    const gm_csv_head head = head_of(reader);
    return gm_csv_kept_find(&reader->layout, &head, reader->table, error);
}

/* Finds the layout. Some programs write '#' before the first name of a header. It is removed before the
 * layout is found, and put back if the first row turns out not to be a header. */
static gm_status take_layout(gm_csv_reader *reader, gm_error *error)
{
    gm_csv_cell *cell = &reader->first.cells[0];
    const gm_csv_cell whole = *cell;
    const bool hash = reader->options->header != 0 && gm_csv_take_hash(&reader->first);
    gm_status status = reader->options->columns ? match_layout(reader, error) : find_layout(reader, error);
    char shown[GM_CSV_SHOWN];
    if (!status && hash && reader->layout.header)
        status =
            gm_table_remark(reader->table, error,
                            "the header begins with '#', which is left out of the name of column 1, '%s'",
                            gm_csv_show(cell, shown));
    else if (hash)
        *cell = whole;
    return status ? status : keep_columns(reader, error);
}

static gm_status read_layout(gm_csv_reader *reader, gm_error *error)
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
static gm_status read_rows(gm_csv_reader *reader, gm_error *error)
{
    gm_status status = GM_OK;
    if (!reader->layout.header) {
        const gm_csv_row second = reader->row;
        reader->row = reader->first;
        status = gm_csv_take_row(reader, error);
        reader->row = second;
    }
    while (!status && reader->row.count > 0) {
        bool header = false;
        if (reader->lexer.begins_file && reader->layout.header)
            status = gm_csv_match_header(&reader->lexer, &reader->first, &reader->row, &header, error);
        if (!status && !header)
            status = gm_csv_take_row(reader, error);
        if (!status)
            status = gm_csv_next(&reader->lexer, &reader->row, error);
    }
    reader->lexer.path = reader->texts->name;
    if (status || reader->table->rows > 0)
        return status;
    return gm_fail(error, GM_BAD_DATA, "%s: no rows; %s", reader->lexer.path,
                   reader->dropped_rows > 0 ? "a value is missing in each of them"
                                            : "there is a header only");
}

static gm_status finish_classes(gm_csv_reader *reader, gm_error *error)
{
    gm_table *table = reader->table;
    gm_strings *names = &reader->classes.names;
    gm_status status = GM_OK;
    if (!reader->options->classes) {
        if (names->count < 2)
            return gm_fail(error, GM_BAD_DATA,
                           "%s: only one class; expected at least 2 in column %zu, got '%s' in every row",
                           reader->lexer.path, gm_csv_first_target(&reader->layout) + 1, names->items[0]);
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

static gm_status check_weights(const gm_csv_reader *reader, gm_error *error)
{
    gm_error reason = {0};
    const gm_table *table = reader->table;
    const gm_status status = table->weights ? gm_weights_check(table->weights, table->rows, &reason) : GM_OK;
    return status == GM_OK ? GM_OK : gm_fail(error, status, "%s: %s", reader->lexer.path, reason.message);
}

static gm_status finish(gm_csv_reader *reader, gm_error *error)
{
    gm_status status = check_weights(reader, error);
    if (!status && reader->table->labels)
        status = finish_classes(reader, error);
    if (!status)
        status =
            gm_csv_categories_finish(&reader->categories, reader->table, reader->options->columns, error);
    if (!status)
        status = gm_csv_remark_categories(reader->table, &reader->layout, &reader->categories, error);
    if (!status)
        status =
            gm_csv_remark_rows(reader->table, &reader->layout, &reader->diagnosis, reader->options, error);
    return status ? status
                  : gm_missing_remark(reader->table, reader->missing, reader->replaced_cells,
                                      reader->dropped_rows, error);
}

gm_status gm_csv_read_texts(gm_table *table, const gm_source_texts *texts, const gm_dataset_options *options,
                            gm_error *error)
{
    gm_csv_reader reader = {.options = options,
                            .texts = texts,
                            .table = table,
                            .missing = gm_missing_choose(options),
                            .largest = options->precision == GM_F64 ? DBL_MAX : (double)FLT_MAX};
    gm_status status = gm_csv_lexer_init(&reader.lexer, texts, options, error);
    if (!status)
        status = gm_csv_diagnose(&reader.diagnosis, &reader.lexer, error);
    reader.lexer.hint = reader.diagnosis.hint;
    reader.diagnosis.for_model = options->columns != NULL;
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
    gm_csv_categories_clear(&reader.categories);
    gm_csv_diagnosis_clear(&reader.diagnosis);
    return status;
}

gm_status gm_csv_read(gm_table *table, gm_source *source, const gm_dataset_options *options, gm_error *error)
{
    gm_source_texts texts;
    gm_status status = gm_source_read_texts(source, &texts, error);
    if (!status)
        status = gm_csv_read_texts(table, &texts, options, error);
    gm_source_texts_clear(&texts);
    return status;
}

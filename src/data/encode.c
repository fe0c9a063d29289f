/* Makes the inputs of a network of the cells of a row: fills missing values, and turns categories into inputs
 * of 0 and 1. A file that is read for a model is encoded row by row while it is read; training data is
 * encoded as a whole, when the training part has been chosen and its columns are known. */
#include "data/columns.h"
#include "data/dataset.h"

#include "base/error.h"
#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void gm_encode_cell(const gm_data_column *column, double value, void *x, gm_type type, size_t at)
{
    const bool missing = isnan(value);
    if (missing)
        value = column->replacement;
    if (!column->categories) {
        gm_put_number(x, type, at++, value);
    } else {
        const size_t inputs = column->category_count + column->rest;
        /* The rest has the last of these inputs; without a rest, its place is behind them. */
        const size_t own = value >= 0 ? (size_t)value : column->category_count;
        for (size_t i = 0; i < inputs; i++)
            gm_put_number(x, type, at++, i == own);
    }
    if (column->indicator)
        gm_put_number(x, type, at, missing);
}

size_t gm_dataset_categorical(const gm_dataset *dataset)
{
    const gm_table *table = dataset->table;
    size_t count = 0;
    for (size_t f = 0; table->texts && f < table->features; f++)
        count += table->texts[f].count > 0;
    return count;
}

gm_status gm_dataset_check_encoded(const gm_dataset *dataset, gm_error *error)
{
    const size_t texts = gm_dataset_categorical(dataset), missing = gm_dataset_missing(dataset);
    if (texts > 0)
        return gm_fail(error, GM_USAGE, "the data has columns of texts, %zu of them; encode it first", texts);
    if (missing > 0)
        return gm_fail(error, GM_USAGE, "%zu cells of the data have no value; encode it first", missing);
    return GM_OK;
}

static void fill_in_place(gm_table *table, const gm_columns *columns)
{
    const size_t features = table->features;
    for (size_t at = 0; table->missing > 0 && at < table->rows * features; at++)
        if (isnan(gm_get_number(table->x, table->type, at)))
            gm_put_number(table->x, table->type, at, columns->items[at % features].replacement);
}

/* For each text of a raw column, the place of its category, or GM_NO_CATEGORY. NULL: no memory. Both lists
 * are sorted in the same way, but only the categories are without gaps. */
static double *places_of(const gm_strings *texts, const gm_data_column *column, gm_error *error)
{
    double *places = gm_table_array(texts->count, 1, sizeof *places, "the categories", error);
    for (size_t t = 0, next = 0; places && t < texts->count; t++) {
        const bool known =
            next < column->category_count && strcmp(texts->items[t], column->categories[next]) == 0;
        places[t] = known ? (double)next++ : GM_NO_CATEGORY;
    }
    return places;
}

/* Encodes one column of all rows from the table's numbers into x. */
static gm_status encode_column(const gm_table *table, const gm_columns *columns, size_t c, void *x,
                               gm_error *error)
{
    const gm_data_column *column = &columns->items[c];
    double *places = NULL;
    if (column->categories && !(places = places_of(&table->texts[c], column, error)))
        return GM_LIMIT;
    for (size_t r = 0; r < table->rows; r++) {
        double value = gm_get_number(table->x, table->type, r * table->features + c);
        if (places && !isnan(value))
            value = places[(size_t)value];
        gm_encode_cell(column, value, x, table->type, r * columns->inputs + column->first);
    }
    gm_free(places);
    return GM_OK;
}

/* Adds the names of a column's inputs: "age", "sex=female", "sex=(other)", "age is missing". */
static bool add_names(gm_strings *names, const char *name, const gm_data_column *column)
{
    char text[300];
    bool added = true;
    const size_t own = gm_data_column_inputs(column) - column->indicator;
    for (size_t i = 0; added && i < own; i++) {
        const char *category = !column->categories          ? ""
                               : i < column->category_count ? column->categories[i]
                                                            : "(other)";
        snprintf(text, sizeof text, "%.140s%s%.140s", name, column->categories ? "=" : "", category);
        added = gm_strings_add(names, text, strlen(text));
    }
    if (!added || !column->indicator)
        return added;
    snprintf(text, sizeof text, "%.250s is missing", name);
    return gm_strings_add(names, text, strlen(text));
}

gm_status gm_table_mark_binary(gm_table *table, const gm_columns *columns, gm_error *error)
{
    for (size_t c = 0; c < columns->count; c++) {
        const gm_data_column *column = &columns->items[c];
        for (size_t i = column->categories ? 0 : 1; i < gm_data_column_inputs(column); i++) {
            if (!table->binary)
                table->binary =
                    gm_table_array(columns->inputs, 1, sizeof *table->binary, "the inputs", error);
            if (!table->binary)
                return GM_LIMIT;
            table->binary[column->first + i] = true;
        }
    }
    return GM_OK;
}

/* The parts of a table that encoding replaces. */
typedef struct encoded {
    void *x;
    gm_strings names;
} encoded;

static gm_status encode_columns(encoded *to, const gm_table *table, const gm_columns *columns,
                                gm_error *error)
{
    to->x = gm_table_array(table->rows, columns->inputs, gm_type_size(table->type), "the inputs", error);
    gm_status status = to->x ? GM_OK : GM_LIMIT;
    for (size_t c = 0; c < columns->count && !status; c++) {
        const gm_data_column *column = &columns->items[c];
        const char *name = gm_strings_get(&table->feature_names, c);
        if (name && !add_names(&to->names, name, column))
            status = gm_fail_memory(error, "the names of the inputs", columns->inputs);
        if (!status)
            status = encode_column(table, columns, c, to->x, error);
    }
    return status;
}

static gm_status encode_anew(gm_table *table, const gm_columns *columns, gm_error *error)
{
    encoded to = {0};
    gm_status status = encode_columns(&to, table, columns, error);
    if (!status)
        status = gm_table_mark_binary(table, columns, error);
    if (status) {
        gm_free(to.x);
        gm_strings_clear(&to.names);
        return status;
    }
    gm_free(table->x);
    gm_strings_clear(&table->feature_names);
    gm_table_clear_texts(table);
    table->x = to.x;
    table->feature_names = to.names;
    table->features = columns->inputs;
    return GM_OK;
}

/* Whether the columns are those of this table, and know what replaces its missing values. */
static gm_status check_columns(const gm_table *table, const gm_columns *columns, gm_error *error)
{
    if (table->type == GM_TYPE_U8 && !gm_columns_are_numbers(columns))
        return gm_fail(error, GM_USAGE, "bytes have no categories and no missing values, but the columns do");
    if (columns->count != table->features)
        return gm_fail(error, GM_USAGE, "there are %zu columns; expected %zu, the features of the data",
                       columns->count, table->features);
    for (size_t c = 0; c < columns->count; c++) {
        const bool categories = columns->items[c].categories != NULL;
        if (categories != (table->texts && table->texts[c].count > 0))
            return gm_fail(error, GM_USAGE, "column %zu holds %s; the data has %s", c + 1,
                           categories ? "categories" : "numbers", categories ? "numbers" : "texts");
        if (table->missing > 0 && isnan(columns->items[c].replacement))
            return gm_fail(error, GM_USAGE, "the columns have no replacements of missing values");
    }
    return GM_OK;
}

gm_status gm_dataset_encode(gm_dataset *dataset, const gm_columns *columns, gm_error *error)
{
    return dataset->table == &dataset->own
               ? gm_table_encode(&dataset->own, columns, error)
               : gm_fail(error, GM_USAGE, "a data set is encoded as a whole, not in parts");
}

gm_status gm_table_encode(gm_table *table, const gm_columns *columns, gm_error *error)
{
    if (table->encoded)
        return columns->inputs == table->features
                   ? GM_OK
                   : gm_fail(error, GM_USAGE, "the columns make %zu inputs; the data is encoded with %zu",
                             columns->inputs, table->features);
    gm_status status = check_columns(table, columns, error);
    if (!status && gm_columns_are_numbers(columns))
        fill_in_place(table, columns);
    else if (!status)
        status = encode_anew(table, columns, error);
    if (status)
        return status;
    table->missing = 0;
    table->encoded = true;
    return GM_OK;
}

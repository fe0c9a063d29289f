/* What a model remembers of the columns of its training data: their names, the categories of texts, and what
 * replaces missing values (column_values.c).
 *
 * All of it is learned from the training part alone, and stored in the model. When the model is used later,
 * nothing is learned from the new data. So the prediction for a row does not depend on the other rows of its
 * file. */
#include "data/columns.h"
#include "data/csv.h"
#include "data/dataset.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void gm_columns_options_fill(gm_columns_options *options, size_t size)
{
    const gm_columns_options defaults = {.categories = 64, .missing = GM_MISSING_MEAN};
    gm_options_fill(options, size, &defaults, sizeof defaults);
}

static gm_status read_options(gm_columns_options *o, const gm_columns_options *options, gm_error *error)
{
    *o = gm_columns_options_default();
    const gm_status status = gm_options_read(o, sizeof *o, options, "gm_columns_options", error);
    if (status != GM_OK)
        return status;
    if (o->categories == 0)
        return gm_fail(error, GM_USAGE, "columns: 0 categories; expected at least 1");
    if (o->missing != GM_MISSING_MEAN && o->missing != GM_MISSING_MEDIAN &&
        o->missing != GM_MISSING_MOST_FREQUENT)
        return gm_fail(error, GM_USAGE, "columns: %d is no replacement of missing values", (int)o->missing);
    return GM_OK;
}

static void clear_column(gm_data_column *column)
{
    gm_free(column->name);
    for (size_t i = 0; column->categories && i < column->category_count; i++)
        gm_free(column->categories[i]);
    gm_free(column->categories);
}

void gm_columns_destroy(gm_columns *columns)
{
    if (!columns)
        return;
    for (size_t c = 0; columns->items && c < columns->count; c++)
        clear_column(&columns->items[c]);
    gm_free(columns->items);
    for (size_t t = 0; t < columns->target_count; t++)
        gm_free(columns->targets[t].name);
    gm_free(columns->targets);
    gm_free(columns);
}

bool gm_columns_are_numbers(const gm_columns *columns)
{
    for (size_t c = 0; c < columns->count; c++)
        if (columns->items[c].categories || columns->items[c].indicator)
            return false;
    return true;
}

gm_status gm_columns_create(gm_columns **columns, size_t count, gm_error *error)
{
    *columns = NULL;
    gm_columns *made = gm_table_array(1, 1, sizeof *made, "the columns", error);
    gm_data_column *items = gm_table_array(count, 1, sizeof *items, "the columns", error);
    if (!made || !items) {
        gm_free(made);
        gm_free(items);
        return GM_LIMIT;
    }
    for (size_t c = 0; c < count; c++)
        items[c].replacement = NAN;
    *made = (gm_columns){.count = count, .items = items};
    *columns = made;
    return GM_OK;
}

gm_status gm_columns_make_targets(gm_columns *columns, size_t count, gm_error *error)
{
    if (count == 0)
        return GM_OK;
    columns->targets = gm_table_array(count, 1, sizeof *columns->targets, "the targets", error);
    columns->target_count = columns->targets ? count : 0;
    return columns->targets ? GM_OK : GM_LIMIT;
}

gm_status gm_columns_place(gm_columns *columns, gm_error *error)
{
    columns->inputs = 0;
    for (size_t c = 0; c < columns->count; c++) {
        gm_data_column *column = &columns->items[c];
        column->first = columns->inputs;
        if (column->category_count > SIZE_MAX / 2 ||
            !gm_add(columns->inputs, gm_data_column_inputs(column), &columns->inputs))
            return gm_fail(error, GM_LIMIT, "the columns make more inputs than any memory holds");
    }
    return GM_OK;
}

gm_status gm_columns_check_numbers(const gm_columns *columns, const char *path, gm_error *error)
{
    char shown[GM_CSV_SHOWN];
    for (size_t c = 0; c < columns->count; c++) {
        const char *name = columns->items[c].name;
        if (columns->items[c].categories)
            return gm_fail(
                error, GM_BAD_DATA,
                "%s: the model needs texts in column %zu%s%s%s; expected a CSV file, which has them", path,
                c + 1, name ? " ('" : "", name ? gm_csv_show_text(name, shown) : "", name ? "')" : "");
    }
    return GM_OK;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

gm_status gm_names_distinct(const char *const *names, size_t count, const char **twice, gm_error *error)
{
    const char **sorted = gm_table_array(count, 1, sizeof *sorted, "the names of the columns", error);
    *twice = NULL;
    if (!sorted)
        return GM_LIMIT;
    memcpy(sorted, names, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_text);
    for (size_t i = 1; i < count && !*twice; i++)
        if (strcmp(sorted[i - 1], sorted[i]) == 0)
            *twice = sorted[i];
    gm_free(sorted);
    return GM_OK;
}

/* Whether the columns of the file, features and target, can be told apart by their names. */
static gm_status are_named(const gm_table *table, bool *named, gm_error *error)
{
    const gm_strings *list = &table->feature_names;
    *named = false;
    if (list->count == 0 || list->count != table->features)
        return GM_OK;
    const gm_strings *targets = &table->target_names;
    const char **all =
        gm_table_array(list->count + targets->count, 1, sizeof *all, "the names of the columns", error);
    const char *twice = NULL;
    if (!all)
        return GM_LIMIT;
    memcpy(all, list->items, list->count * sizeof *all);
    if (targets->count > 0)
        memcpy(all + list->count, targets->items, targets->count * sizeof *all);
    const gm_status status = gm_names_distinct(all, list->count + targets->count, &twice, error);
    *named = !status && !twice;
    gm_free(all);
    return status;
}

static gm_status copy_names(gm_columns *columns, const gm_table *table, gm_error *error)
{
    bool named;
    const gm_status status = are_named(table, &named, error);
    if (status || !named)
        return status;
    bool copied = true;
    for (size_t c = 0; copied && c < columns->count; c++) {
        columns->items[c].name = gm_strdup(table->feature_names.items[c]);
        copied = columns->items[c].name != NULL;
    }
    for (size_t t = 0; copied && t < columns->target_count && t < table->target_names.count; t++) {
        columns->targets[t].name = gm_strdup(table->target_names.items[t]);
        copied = columns->targets[t].name != NULL;
    }
    return copied ? GM_OK : gm_fail_memory(error, "the names of the columns", columns->count);
}

static gm_status place_targets(gm_columns *columns, const gm_table *table, gm_error *error)
{
    const gm_status status = gm_columns_make_targets(columns, table->target_places, error);
    for (size_t t = 0; !status && t < table->target_places; t++)
        columns->targets[t].column = table->target_columns[t];
    return status;
}

gm_status gm_columns_fit(gm_columns **columns, const gm_dataset *train, const gm_columns_options *options,
                         gm_error *error)
{
    *columns = NULL;
    gm_columns_options chosen;
    gm_status status = read_options(&chosen, options, error);
    if (status)
        return status;
    if (train->rows == 0)
        return gm_fail(error, GM_USAGE, "columns: a data set without rows");
    if (train->table->encoded)
        return gm_fail(error, GM_USAGE, "columns: the data set is encoded already");
    gm_columns *made;
    status = gm_columns_create(&made, gm_dataset_features(train), error);
    if (status)
        return status;
    status = place_targets(made, train->table, error);
    if (!status)
        status = copy_names(made, train->table, error);
    if (!status && gm_dataset_type(train) != GM_TYPE_U8) /* bytes are never missing */
        status = gm_columns_learn(made, train, &chosen, error);
    if (!status)
        status = gm_columns_place(made, error);
    if (status) {
        gm_columns_destroy(made);
        return status;
    }
    *columns = made;
    return GM_OK;
}

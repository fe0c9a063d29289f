/* What a model remembers of the columns of its training data: their names and their means. Missing values are
 * replaced by the means.
 *
 * The means are computed from the training part alone, and stored in the model. When the model is used later,
 * nothing is computed from the new data. So the prediction for a row does not depend on the other rows of its
 * file. */
#include "data/csv.h"
#include "data/dataset.h"

#include "base/error.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void gm_columns_destroy(gm_columns *columns)
{
    if (!columns)
        return;
    for (size_t f = 0; columns->names && f < columns->features; f++)
        gm_free(columns->names[f]);
    gm_free(columns->names);
    gm_free(columns->target);
    gm_free(columns->means);
    gm_free(columns);
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
    const char **all = gm_table_array(list->count + 1, 1, sizeof *all, "the names of the columns", error);
    const char *twice = NULL;
    if (!all)
        return GM_LIMIT;
    memcpy(all, list->items, list->count * sizeof *all);
    all[list->count] = table->target_name;
    const gm_status status =
        gm_names_distinct(all, list->count + (table->target_name != NULL), &twice, error);
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
    columns->names =
        gm_table_array(columns->features, 1, sizeof *columns->names, "the names of the columns", error);
    bool copied = columns->names != NULL;
    for (size_t f = 0; copied && f < columns->features; f++) {
        columns->names[f] = gm_strdup(table->feature_names.items[f]);
        copied = columns->names[f] != NULL;
    }
    if (copied && table->target_name) {
        columns->target = gm_strdup(table->target_name);
        copied = columns->target != NULL;
    }
    return copied ? GM_OK : gm_fail_memory(error, "the names of the columns", columns->features);
}

/* Adds to means[f] the sum of the values of feature f, and to counts[f] their number. Missing values are
 * skipped. */
static void add_rows(const gm_dataset *dataset, double *row, double *means, size_t *counts)
{
    const size_t features = gm_dataset_features(dataset);
    for (size_t r = 0; r < dataset->rows; r++) {
        const uint32_t number = (uint32_t)r;
        gm_gather(dataset, NULL, &number, 1, &(gm_batch_buffer){.x = gm_mutable_f64(row, 1, features)});
        for (size_t f = 0; f < features; f++) {
            if (!isnan(row[f])) {
                means[f] += row[f];
                counts[f]++;
            }
        }
    }
}

static gm_status fail_column(const gm_table *table, size_t f, const char *what, gm_error *error)
{
    const char *name = gm_strings_get(&table->feature_names, f);
    char shown[GM_CSV_SHOWN];
    return gm_fail(error, GM_BAD_DATA, "feature %zu%s%s%s %s", f + 1, name ? " ('" : "",
                   name ? gm_csv_show_text(name, shown) : "", name ? "')" : "", what);
}

static gm_status divide(gm_columns *columns, const gm_table *table, const size_t *counts, gm_error *error)
{
    for (size_t f = 0; f < columns->features; f++) {
        if (counts[f] == 0)
            return fail_column(table, f, "has no value in any row of the training part; leave it out", error);
        columns->means[f] /= (double)counts[f];
        if (!isfinite(columns->means[f]))
            return fail_column(table, f, "holds numbers whose sum overflows; divide them", error);
    }
    return GM_OK;
}

static gm_status fit_means(gm_columns *columns, const gm_dataset *train, gm_error *error)
{
    const size_t features = columns->features;
    double *row = gm_table_array(features, 1, sizeof *row, "the means of the columns", error);
    size_t *counts = gm_table_array(features, 1, sizeof *counts, "the means of the columns", error);
    columns->means = gm_table_array(features, 1, sizeof *columns->means, "the means of the columns", error);
    gm_status status = row && counts && columns->means ? GM_OK : GM_LIMIT;
    if (!status) {
        add_rows(train, row, columns->means, counts);
        status = divide(columns, train->table, counts, error);
    }
    gm_free(row);
    gm_free(counts);
    return status;
}

gm_status gm_columns_fit(gm_columns **columns, const gm_dataset *train, gm_error *error)
{
    *columns = NULL;
    if (train->rows == 0)
        return gm_fail(error, GM_USAGE, "columns: a data set without rows");
    gm_columns *made = gm_table_array(1, 1, sizeof *made, "the columns", error);
    if (!made)
        return GM_LIMIT;
    made->features = gm_dataset_features(train);
    made->target_column = train->table->target_column;
    gm_status status = copy_names(made, train->table, error);
    if (!status && gm_dataset_type(train) != GM_TYPE_U8) /* bytes are never missing */
        status = fit_means(made, train, error);
    if (status) {
        gm_columns_destroy(made);
        return status;
    }
    *columns = made;
    return GM_OK;
}

gm_status gm_dataset_replace_missing(gm_dataset *dataset, const gm_columns *columns, gm_error *error)
{
    gm_table *table = &dataset->own;
    if (gm_dataset_missing(dataset) == 0)
        return GM_OK;
    if (dataset->table != table)
        return gm_fail(error, GM_USAGE,
                       "missing cells are replaced in the data set that owns them, not in a part");
    if (columns->features != table->features || !columns->means)
        return gm_fail(error, GM_USAGE, "the columns have %s%zu features; expected %zu",
                       columns->means ? "" : "no means for ", columns->features, table->features);
    for (size_t at = 0; at < table->rows * table->features; at++)
        if (isnan(gm_get_number(table->x, table->type, at)))
            gm_put_number(table->x, table->type, at, columns->means[at % table->features]);
    table->missing = 0;
    return GM_OK;
}

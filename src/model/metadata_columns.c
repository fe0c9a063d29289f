/* Writes and reads what a model knows of its columns. */
#include "base/error.h"
#include "base/memory.h"
#include "data/columns.h"
#include "model/metadata.h"

#include <math.h>
#include <string.h>

uint64_t gm_metadata_format(const gm_columns *columns)
{
    return columns && !gm_columns_are_numbers(columns) ? 3 : 2;
}

/* ---- writing ---- */

static gm_status check_columns(const gm_model *model, bool *replaces, gm_error *error)
{
    const gm_columns *columns = model->columns;
    const size_t inputs = gm_network_inputs(model->network);
    size_t known = 0;
    if (columns->inputs != inputs)
        return gm_fail(error, GM_USAGE,
                       "the columns make %zu inputs; expected %zu, the inputs of the network",
                       columns->inputs, inputs);
    for (size_t c = 0; c < columns->count; c++) {
        if (isinf(columns->items[c].replacement))
            return gm_fail(error, GM_USAGE, "the replacement of column %zu is not finite", c);
        known += isnan(columns->items[c].replacement) ? 0 : 1;
    }
    if (known > 0 && known < columns->count)
        return gm_fail(error, GM_USAGE, "the replacement of a column is not a number");
    *replaces = known > 0;
    return GM_OK;
}

static gm_status fail_memory(gm_error *error)
{
    return gm_fail_memory(error, "the metadata of a model", sizeof(json_t));
}

/* What is stored of one column in an array of numbers. */
typedef double column_number(const gm_data_column *column);

static double replacement_of(const gm_data_column *column)
{
    return column->replacement;
}

static double rest_of(const gm_data_column *column)
{
    return column->rest;
}

static double indicator_of(const gm_data_column *column)
{
    return column->indicator;
}

static gm_status set_column_numbers(json_t *metadata, const char *key, const gm_model *model,
                                    column_number *number, gm_error *error)
{
    const gm_columns *columns = model->columns;
    double *values = gm_table_array(columns->count, 1, sizeof *values, "the metadata of a model", error);
    if (!values)
        return GM_LIMIT;
    for (size_t c = 0; c < columns->count; c++)
        values[c] = number(&columns->items[c]);
    const gm_status status = gm_metadata_set_numbers(metadata, key, values, columns->count,
                                                     gm_network_precision(model->network), error);
    gm_free(values);
    return status;
}

static gm_status set_column_names(json_t *metadata, const gm_columns *columns, gm_error *error)
{
    char **names = gm_table_array(columns->count, 1, sizeof *names, "the metadata of a model", error);
    if (!names)
        return GM_LIMIT;
    for (size_t c = 0; c < columns->count; c++)
        names[c] = columns->items[c].name;
    const gm_status status =
        gm_metadata_set_names(metadata, GM_KEY_COLUMNS, names, columns->count, "column", error);
    gm_free(names);
    return status;
}

static gm_status set_targets(json_t *metadata, const gm_columns *columns, gm_error *error)
{
    const size_t count = columns->target_count;
    char **names = gm_table_array(count, 1, sizeof *names, "the metadata of a model", error);
    double *places = gm_table_array(count, 1, sizeof *places, "the metadata of a model", error);
    gm_status status = names && places ? GM_OK : GM_LIMIT;
    for (size_t t = 0; status == GM_OK && t < count; t++) {
        names[t] = columns->targets[t].name;
        places[t] = (double)columns->targets[t].column;
    }
    if (status == GM_OK && names[0])
        status = gm_metadata_set_names(metadata, GM_KEY_TARGETS, names, count, "target", error);
    if (status == GM_OK && places[0] > 0)
        status = gm_metadata_set_numbers(metadata, GM_KEY_TARGET_PLACES, places, count, GM_F64, error);
    gm_free(names);
    gm_free(places);
    return status;
}

/* Appends an array of the categories of a column; an empty one if it holds numbers. */
static gm_status append_categories(json_t *all, const gm_data_column *column, gm_error *error)
{
    json_t *item = json_array();
    gm_status status = item ? GM_OK : fail_memory(error);
    if (status == GM_OK && column->categories)
        status = gm_metadata_append(item, (const char *const *)column->categories, column->category_count,
                                    "category", error);
    if (status == GM_OK && json_array_append(all, item) != 0)
        status = fail_memory(error);
    json_decref(item);
    return status;
}

static gm_status set_categories(json_t *metadata, const gm_model *model, gm_error *error)
{
    const gm_columns *columns = model->columns;
    json_t *all = json_array();
    gm_status status = all ? GM_OK : fail_memory(error);
    for (size_t c = 0; c < columns->count && status == GM_OK; c++)
        status = append_categories(all, &columns->items[c], error);
    if (status == GM_OK)
        status = gm_metadata_set_json(metadata, GM_KEY_CATEGORIES, all, error);
    json_decref(all);
    if (status == GM_OK)
        status = set_column_numbers(metadata, GM_KEY_REST, model, rest_of, error);
    if (status == GM_OK)
        status = set_column_numbers(metadata, GM_KEY_INDICATORS, model, indicator_of, error);
    return status;
}

gm_status gm_metadata_set_columns(json_t *metadata, const gm_model *model, gm_error *error)
{
    const gm_columns *columns = model->columns;
    bool replaces = false;
    if (!columns)
        return GM_OK;
    gm_status status = check_columns(model, &replaces, error);
    if (status == GM_OK && gm_columns_named(columns))
        status = set_column_names(metadata, columns, error);
    if (status == GM_OK && columns->target_count > 0)
        status = set_targets(metadata, columns, error);
    if (status == GM_OK && replaces)
        status = set_column_numbers(metadata, GM_KEY_MEANS, model, replacement_of, error);
    if (status == GM_OK && !gm_columns_are_numbers(columns))
        status = set_categories(metadata, model, error);
    return status;
}

/* ---- reading ---- */

/* Reads names and places of the targets: one of labels, or of numbers as many as the network has outputs. */
static gm_status read_targets(gm_columns *columns, const gm_safetensors *file, size_t count, gm_error *error)
{
    char **names = NULL;
    const bool placed = gm_metadata_value(file, GM_KEY_TARGET_PLACES);
    if (!placed && !gm_metadata_value(file, GM_KEY_TARGETS))
        return GM_OK;
    double *places = gm_table_array(count, 1, sizeof *places, "the targets", error);
    gm_status status = places ? gm_columns_make_targets(columns, count, error) : GM_LIMIT;
    if (status == GM_OK)
        status = gm_metadata_names(file, GM_KEY_TARGETS, count == 1 ? "one target" : "the targets", count,
                                   &names, error);
    for (size_t t = 0; names && t < count; t++)
        columns->targets[t].name = names[t];
    gm_free(names);
    if (status == GM_OK && placed)
        status = gm_metadata_numbers(file, GM_KEY_TARGET_PLACES, places, count, GM_F64, error);
    for (size_t t = 0; status == GM_OK && placed && t < count; t++) {
        if (!(places[t] >= 1 && places[t] <= (double)(columns->count + count) &&
              places[t] == floor(places[t])))
            status =
                gm_metadata_fail_key(file, GM_KEY_TARGET_PLACES, "expected the number of a column", error);
        else
            columns->targets[t].column = (size_t)places[t];
    }
    gm_free(places);
    return status;
}

/* A target must not have the name of a feature, because a file cannot have two columns of that name. */
static gm_status check_target(const gm_columns *columns, const gm_safetensors *file, const char *target,
                              gm_error *error)
{
    for (size_t c = 0; target && gm_columns_named(columns) && c < columns->count; c++)
        if (strcmp(columns->items[c].name, target) == 0)
            return gm_metadata_fail_key(file, GM_KEY_TARGETS, "the target is one of the columns, too", error);
    return GM_OK;
}

static gm_status read_names(gm_columns *columns, const gm_safetensors *file, gm_error *error)
{
    char **names;
    const gm_status status =
        gm_metadata_names(file, GM_KEY_COLUMNS, "the columns that make the inputs of the network",
                          columns->count, &names, error);
    for (size_t c = 0; names && c < columns->count; c++)
        columns->items[c].name = names[c];
    gm_free(names);
    return status;
}

/* Reads an array with one number for each column, to be freed with gm_free. *values is NULL if the key is
 * missing, and after a failure: GM_BAD_MODEL, GM_LIMIT. */
static gm_status read_numbers(const gm_columns *columns, const gm_safetensors *file, const char *key,
                              gm_precision precision, double **values, gm_error *error)
{
    *values = NULL;
    if (!gm_metadata_value(file, key))
        return GM_OK;
    *values = gm_table_array(columns->count, 1, sizeof **values, "the columns", error);
    if (!*values)
        return GM_LIMIT;
    const gm_status status = gm_metadata_numbers(file, key, *values, columns->count, precision, error);
    if (status != GM_OK) {
        gm_free(*values);
        *values = NULL;
    }
    return status;
}

static gm_status read_replacements(gm_columns *columns, const gm_safetensors *file, gm_precision precision,
                                   gm_error *error)
{
    double *values;
    gm_status status = read_numbers(columns, file, GM_KEY_MEANS, precision, &values, error);
    for (size_t c = 0; values && c < columns->count && status == GM_OK; c++) {
        gm_data_column *column = &columns->items[c];
        column->replacement = values[c];
        const bool is_place =
            values[c] >= 0 && values[c] < (double)column->category_count && values[c] == floor(values[c]);
        if (column->categories && !is_place)
            status = gm_metadata_fail_key(file, GM_KEY_MEANS, "expected the place of a category", error);
    }
    gm_free(values);
    return status;
}

/* Reads whether each column has one more input, 1 or 0: for the other categories (is_rest), or the indicator.
 */
static gm_status read_flags(gm_columns *columns, const gm_safetensors *file, const char *key, bool is_rest,
                            gm_error *error)
{
    double *values;
    gm_status status = read_numbers(columns, file, key, GM_F64, &values, error);
    if (status == GM_OK && !values)
        return gm_fail(error, GM_BAD_MODEL, "%s: %s is missing; expected it beside %s", file->path, key,
                       GM_KEY_CATEGORIES);
    for (size_t c = 0; values && c < columns->count && status == GM_OK; c++) {
        gm_data_column *column = &columns->items[c];
        *(is_rest ? &column->rest : &column->indicator) = values[c] != 0;
        if ((values[c] != 0 && values[c] != 1) || (is_rest && column->rest && !column->categories))
            status = gm_metadata_fail_key(file, key, "expected 1 or 0 for each column", error);
    }
    gm_free(values);
    return status;
}

static gm_status read_categories(gm_columns *columns, const gm_safetensors *file, const json_t *all,
                                 gm_error *error)
{
    gm_status status = GM_OK;
    for (size_t c = 0; c < columns->count && status == GM_OK; c++) {
        const json_t *item = json_array_get(all, c);
        gm_data_column *column = &columns->items[c];
        const size_t count = json_array_size(item);
        if (!json_is_array(item))
            return gm_fail(error, GM_BAD_MODEL, "%s: %s: item %zu is not an array", file->path,
                           GM_KEY_CATEGORIES, c);
        if (count == 0)
            continue;
        status = gm_metadata_copy_names(file, GM_KEY_CATEGORIES, "the categories", count, item,
                                        &column->categories, error);
        column->category_count = column->categories ? count : 0;
    }
    if (status == GM_OK)
        status = read_flags(columns, file, GM_KEY_REST, true, error);
    return status == GM_OK ? read_flags(columns, file, GM_KEY_INDICATORS, false, error) : status;
}

/* Makes columns as many as the categories say, or else as the network has inputs. */
static gm_status make_columns(gm_model *model, const gm_safetensors *file, gm_error *error)
{
    json_t *all;
    const size_t inputs = gm_network_inputs(model->network);
    gm_status status = gm_metadata_json(file, GM_KEY_CATEGORIES, 2, &all, error);
    if (status != GM_OK)
        return status;
    const size_t count = all ? json_array_size(all) : inputs;
    if (count == 0 || count > inputs)
        status =
            gm_fail(error, GM_BAD_MODEL, "%s: %s: %zu columns; expected 1 to %zu, the inputs of the network",
                    file->path, GM_KEY_CATEGORIES, count, inputs);
    if (status == GM_OK)
        status = gm_columns_create(&model->columns, count, error);
    if (status == GM_OK && all)
        status = read_categories(model->columns, file, all, error);
    if (status == GM_OK)
        status = gm_columns_place(model->columns, error);
    if (status == GM_OK && model->columns->inputs != inputs)
        status = gm_fail(error, GM_BAD_MODEL,
                         "%s: %s: the columns make %zu inputs; expected %zu, those of the network",
                         file->path, GM_KEY_CATEGORIES, model->columns->inputs, inputs);
    json_decref(all);
    return status;
}

gm_status gm_metadata_read_columns(gm_model *model, const gm_safetensors *file, gm_error *error)
{
    gm_status status = make_columns(model, file, error);
    if (status == GM_OK)
        status = read_names(model->columns, file, error);
    if (status == GM_OK)
        status = read_targets(model->columns, file, model->classes ? 1 : gm_network_outputs(model->network),
                              error);
    for (size_t t = 0; status == GM_OK && t < model->columns->target_count; t++)
        status = check_target(model->columns, file, model->columns->targets[t].name, error);
    if (status == GM_OK)
        status = read_replacements(model->columns, file, gm_network_precision(model->network), error);
    return status;
}

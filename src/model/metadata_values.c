/* Reads values of the metadata that are arrays: of names, or of numbers. */
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "data/dataset.h"
#include "model/metadata.h"
#include "model/printable.h"
#include "model/strict_json.h"

#include <math.h>
#include <string.h>

const char *gm_metadata_value(const gm_safetensors *file, const char *key)
{
    return json_string_value(json_object_get(file->metadata, key));
}

static void free_names(char **names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        gm_free(names[i]);
    gm_free(names);
}

static gm_status copy_names(const gm_safetensors *file, const char *key, const json_t *array, char **names,
                            gm_error *error)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        const char *name = json_string_value(json_array_get(array, i));
        if (!name)
            return gm_fail(error, GM_BAD_MODEL, "%s: %s: name %zu is not a string", file->path, key, i);
        names[i] = gm_strdup(name);
        if (!names[i])
            return gm_fail_memory(error, "names of a model", strlen(name) + 1);
    }
    return GM_OK;
}

/* Checks that no name occurs twice. Otherwise a search by name would be ambiguous. */
static gm_status check_distinct(const gm_safetensors *file, const char *key, char **names, size_t count,
                                gm_error *error)
{
    const char *twice;
    const gm_status status = gm_names_distinct((const char *const *)names, count, &twice, error);
    if (status != GM_OK || !twice)
        return status;
    return gm_fail(error, GM_BAD_MODEL, "%s: %s: the name \"%s\" occurs twice", file->path, key,
                   gm_printable(twice).text);
}

gm_status gm_metadata_copy_names(const gm_safetensors *file, const char *key, const char *expected,
                                 size_t count, const json_t *array, char ***names, gm_error *error)
{
    if (!json_is_array(array) || json_array_size(array) != count)
        return gm_fail(error, GM_BAD_MODEL, "%s: %s: %zu names; expected %zu, %s", file->path, key,
                       json_array_size(array), count, expected);
    char **copy = gm_alloc(count, sizeof *copy);
    if (!copy)
        return gm_fail_memory(error, "names of a model", count * sizeof *copy);
    gm_status status = copy_names(file, key, array, copy, error);
    if (status == GM_OK)
        status = check_distinct(file, key, copy, count, error);
    if (status != GM_OK) {
        free_names(copy, count);
        return status;
    }
    *names = copy;
    return GM_OK;
}

gm_status gm_metadata_json(const gm_safetensors *file, const char *key, size_t depth, json_t **value,
                           gm_error *error)
{
    gm_json_reason reason = {""};
    const char *text = gm_metadata_value(file, key);
    *value = NULL;
    if (!text)
        return GM_OK;
    const gm_status status = gm_strict_json(value, text, strlen(text), depth, &reason);
    return status == GM_OK ? GM_OK : gm_fail(error, status, "%s: %s, %s", file->path, key, reason.text);
}

gm_status gm_metadata_names(const gm_safetensors *file, const char *key, const char *expected, size_t count,
                            char ***names, gm_error *error)
{
    json_t *array;
    *names = NULL;
    gm_status status = gm_metadata_json(file, key, 1, &array, error);
    if (status == GM_OK && array)
        status = gm_metadata_copy_names(file, key, expected, count, array, names, error);
    json_decref(array);
    return status;
}

/* Reads `count` numbers, "[1,2.5,-3e-05]", and rounds them to the precision. A JSON parser is not used,
 * because it depends on the locale. */
static bool parse_numbers(const char *text, double *values, size_t count, gm_precision precision)
{
    char separator = '[';
    for (size_t i = 0; i < count; i++) {
        if (*text++ != separator)
            return false;
        const size_t length = strcspn(text, ",]");
        if (!gm_parse_double(text, length, &values[i]))
            return false;
        if (precision == GM_F32)
            values[i] = (double)(float)values[i];
        if (!isfinite(values[i]))
            return false;
        text += length;
        separator = ',';
    }
    return strcmp(text, "]") == 0;
}

gm_status gm_metadata_numbers(const gm_safetensors *file, const char *key, double *values, size_t count,
                              gm_precision precision, gm_error *error)
{
    if (parse_numbers(gm_metadata_value(file, key), values, count, precision))
        return GM_OK;
    return gm_fail(error, GM_BAD_MODEL, "%s: %s: expected an array of %zu numbers", file->path, key, count);
}

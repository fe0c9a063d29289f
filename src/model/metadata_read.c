/* From the metadata of a file to a model, strictly. */
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "model/checksum.h"
#include "model/file.h"
#include "model/metadata.h"
#include "model/printable.h"
#include "model/strict_json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    bool required;
} keys[] = {
    {GM_KEY_FORMAT, true}, {GM_KEY_VERSION, true}, {GM_KEY_ACTIVATIONS, true}, {GM_KEY_LOSS, true},
    {GM_KEY_SEED, true},   {GM_KEY_SCALING, true}, {GM_CHECKSUM_KEY, true},    {GM_KEY_CLASSES, false},
    {GM_KEY_SHIFT, false}, {GM_KEY_FACTOR, false},
};
enum { KEY_COUNT = sizeof keys / sizeof *keys };

const char *gm_metadata_value(const gm_safetensors *file, const char *key)
{
    return json_string_value(json_object_get(file->metadata, key));
}

static gm_status fail_key(const gm_safetensors *file, const char *key, const char *what, gm_error *error)
{
    return gm_fail(error, GM_BAD_MODEL, "%s: %s: %s, got \"%s\"", file->path, key, what,
                   gm_printable(gm_metadata_value(file, key)).text);
}

/* A file that some other program wrote lacks most of them: all are named at once. */
static gm_status check_required(const gm_safetensors *file, gm_error *error)
{
    char missing[400] = "";
    size_t length = 0;
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (keys[i].required && !gm_metadata_value(file, keys[i].name))
            length += (size_t)snprintf(missing + length, sizeof missing - length, "%s%s",
                                       length > 0 ? ", " : "", keys[i].name);
    if (length == 0)
        return GM_OK;
    return gm_fail(error, GM_BAD_MODEL,
                   "%s: not a model of gradmill; its metadata lacks %s; weights alone do not say how "
                   "to use them",
                   file->path, missing);
}

/* Within our own name space an unknown key means something that we would miss. */
static gm_status check_unknown(const gm_safetensors *file, gm_error *error)
{
    static const char prefix[] = "gradmill.";
    const char *key;
    json_t *value;
    json_object_foreach(file->metadata, key, value)
    {
        size_t i = 0;
        while (i < KEY_COUNT && strcmp(key, keys[i].name) != 0)
            i++;
        if (i == KEY_COUNT && strncmp(key, prefix, sizeof prefix - 1) == 0)
            return gm_fail(error, GM_BAD_MODEL, "%s: unknown metadata key \"%s\"", file->path,
                           gm_printable(key).text);
    }
    return GM_OK;
}

static gm_status check_format(const gm_safetensors *file, gm_error *error)
{
    uint64_t format;
    if (!gm_parse_u64(gm_metadata_value(file, GM_KEY_FORMAT), &format) || format == 0)
        return fail_key(file, GM_KEY_FORMAT, "expected a number from 1", error);
    if (format > GM_MODEL_FORMAT)
        return gm_fail(error, GM_BAD_MODEL,
                       "%s: written by gradmill %s in format %s; expected at most format %d; use a "
                       "newer gradmill",
                       file->path, gm_printable(gm_metadata_value(file, GM_KEY_VERSION)).text,
                       gm_printable(gm_metadata_value(file, GM_KEY_FORMAT)).text, GM_MODEL_FORMAT);
    return GM_OK;
}

gm_status gm_metadata_check(const gm_safetensors *file, gm_error *error)
{
    gm_status status = check_required(file, error);
    if (status == GM_OK)
        status = check_format(file, error);
    if (status == GM_OK)
        status = check_unknown(file, error);
    return status;
}

static gm_status read_origin(gm_model *model, const gm_safetensors *file, gm_error *error)
{
    const char *version = gm_metadata_value(file, GM_KEY_VERSION);
    if (strlen(version) >= sizeof model->version)
        return fail_key(file, GM_KEY_VERSION, "too long", error);
    strcpy(model->version, version);
    if (!gm_parse_u64(gm_metadata_value(file, GM_KEY_SEED), &model->seed))
        return fail_key(file, GM_KEY_SEED, "expected a whole number below 2^64", error);
    return GM_OK;
}

static gm_status copy_classes(gm_model *model, const gm_safetensors *file, const json_t *names,
                              gm_error *error)
{
    const size_t count = json_array_size(names), outputs = gm_network_outputs(model->network);
    if (!json_is_array(names) || count != outputs)
        return gm_fail(error, GM_BAD_MODEL,
                       "%s: " GM_KEY_CLASSES ": %zu names; expected %zu, the outputs of the network",
                       file->path, count, outputs);
    model->classes = gm_alloc(count, sizeof *model->classes);
    if (!model->classes)
        return gm_fail_memory(error, "class names", count * sizeof *model->classes);
    for (size_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_array_get(names, i));
        if (!name)
            return gm_fail(error, GM_BAD_MODEL, "%s: " GM_KEY_CLASSES ": name %zu is not a string",
                           file->path, i);
        model->classes[i] = gm_strdup(name);
        if (!model->classes[i])
            return gm_fail_memory(error, "class names", strlen(name) + 1);
        model->class_count++;
    }
    return GM_OK;
}

static gm_status read_classes(gm_model *model, const gm_safetensors *file, gm_error *error)
{
    gm_json_reason reason = {""};
    const char *text = gm_metadata_value(file, GM_KEY_CLASSES);
    if (!text)
        return GM_OK;
    json_t *names;
    gm_status status = gm_strict_json(&names, text, strlen(text), 1, &reason);
    if (status != GM_OK)
        return gm_fail(error, status, "%s: " GM_KEY_CLASSES ", %s", file->path, reason.text);
    status = copy_classes(model, file, names, error);
    json_decref(names);
    return status;
}

/* Reads "[1,2.5,-3e-05]", all of `count` numbers. Not by a JSON parser, as that would depend on the locale.
 */
static bool parse_floats(const char *text, float *values, size_t count)
{
    char separator = '[';
    for (size_t i = 0; i < count; i++) {
        double value;
        if (*text++ != separator)
            return false;
        const size_t length = strcspn(text, ",]");
        if (!gm_parse_double(text, length, &value))
            return false;
        values[i] = (float)value;
        if (!isfinite(values[i]))
            return false;
        text += length;
        separator = ',';
    }
    return strcmp(text, "]") == 0;
}

static gm_status read_floats(const gm_safetensors *file, const char *key, float *values, size_t count,
                             gm_error *error)
{
    const char *text = gm_metadata_value(file, key);
    if (!text)
        return gm_fail(error, GM_BAD_MODEL, "%s: %s is missing; expected it with scaling \"standard\"",
                       file->path, key);
    if (!parse_floats(text, values, count))
        return gm_fail(error, GM_BAD_MODEL, "%s: %s: expected an array of %zu numbers", file->path, key,
                       count);
    return GM_OK;
}

static gm_status read_factors(const gm_safetensors *file, gm_scaling_kind kind, float *shift, float *factor,
                              size_t count, gm_error *error)
{
    if (kind == GM_SCALING_STANDARD) {
        const gm_status status = read_floats(file, GM_KEY_SHIFT, shift, count, error);
        return status == GM_OK ? read_floats(file, GM_KEY_FACTOR, factor, count, error) : status;
    }
    for (size_t i = 0; i < count; i++) {
        shift[i] = 0;
        factor[i] = 1.0F / 255;
    }
    return GM_OK;
}

static gm_status read_scaling(gm_model *model, const gm_safetensors *file, gm_error *error)
{
    gm_scaling_kind kind;
    const size_t count = gm_network_inputs(model->network);
    if (!gm_scaling_from_name(gm_metadata_value(file, GM_KEY_SCALING), &kind) || kind == GM_SCALING_AUTO)
        return fail_key(file, GM_KEY_SCALING, "unknown scaling", error);
    if (kind != GM_SCALING_STANDARD &&
        (gm_metadata_value(file, GM_KEY_SHIFT) || gm_metadata_value(file, GM_KEY_FACTOR)))
        return fail_key(file, GM_KEY_SCALING, "does not go with a shift or a factor", error);
    if (kind == GM_SCALING_NONE)
        return GM_OK;
    float *shift = gm_alloc(count, sizeof *shift), *factor = gm_alloc(count, sizeof *factor);
    gm_status status = shift && factor ? read_factors(file, kind, shift, factor, count, error)
                                       : gm_fail_memory(error, "scaling", count * sizeof *shift);
    if (status == GM_OK) {
        gm_error reason = {0};
        status = gm_scaling_create(&model->scaling, kind, count, shift, factor, &reason);
        status = gm_file_blame(file->path, status, GM_BAD_MODEL, &reason, error);
    }
    gm_free(shift);
    gm_free(factor);
    return status;
}

gm_status gm_metadata_read(gm_model *model, const gm_safetensors *file, gm_error *error)
{
    gm_status status = read_origin(model, file, error);
    if (status == GM_OK)
        status = read_classes(model, file, error);
    if (status == GM_OK)
        status = read_scaling(model, file, error);
    return status;
}

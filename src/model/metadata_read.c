/* Reads the metadata of a model file, strictly. */
#include "base/append.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "model/checksum.h"
#include "model/file.h"
#include "model/metadata.h"
#include "model/printable.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    bool required;
} keys[] = {
    {GM_KEY_FORMAT, true},         {GM_KEY_VERSION, true},        {GM_KEY_ACTIVATIONS, true},
    {GM_KEY_LOSS, true},           {GM_KEY_SEED, true},           {GM_KEY_SCALING, true},
    {GM_CHECKSUM_KEY, true},       {GM_KEY_CLASSES, false},       {GM_KEY_SHIFT, false},
    {GM_KEY_FACTOR, false},        {GM_KEY_COLUMNS, false},       {GM_KEY_MEANS, false},
    {GM_KEY_TARGETS, false},       {GM_KEY_TARGET_PLACES, false}, {GM_KEY_TARGET_SHIFT, false},
    {GM_KEY_TARGET_FACTOR, false}, {GM_KEY_CATEGORIES, false},    {GM_KEY_REST, false},
    {GM_KEY_INDICATORS, false},
};
enum { KEY_COUNT = sizeof keys / sizeof *keys };

gm_status gm_metadata_fail_key(const gm_safetensors *file, const char *key, const char *what, gm_error *error)
{
    return gm_fail(error, GM_BAD_MODEL, "%s: %s: %s, got \"%s\"", file->path, key, what,
                   gm_printable(gm_metadata_value(file, key)).text);
}

/* Checks that the required keys are there. One message names all missing keys, because a file of another
 * program lacks most of them. */
static gm_status check_required(const gm_safetensors *file, gm_error *error)
{
    char missing[400] = "";
    if (gm_metadata_value(file, GM_KEY_CHECKPOINT))
        return gm_fail(
            error, GM_BAD_MODEL,
            "%s: a checkpoint of a training run, not a model; go on with gradmill train --resume, and "
            "use the model that it saves",
            file->path);
    size_t length = 0;
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (keys[i].required && !gm_metadata_value(file, keys[i].name))
            length = gm_append(missing, sizeof missing, length, "%s%s", length > 0 ? ", " : "", keys[i].name);
    if (length == 0)
        return GM_OK;
    return gm_fail(error, GM_BAD_MODEL,
                   "%s: not a model of gradmill; its metadata lacks %s; gradmill train writes it, because "
                   "weights alone do not say how to use them",
                   file->path, missing);
}

/* Refuses unknown keys that begin with "gradmill.". They belong to a newer format, and ignoring them could
 * give wrong results. */
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
        return gm_metadata_fail_key(file, GM_KEY_FORMAT, "expected a number from 1", error);
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
        return gm_metadata_fail_key(file, GM_KEY_VERSION, "too long", error);
    strcpy(model->version, version);
    if (!gm_parse_u64(gm_metadata_value(file, GM_KEY_SEED), &model->seed))
        return gm_metadata_fail_key(file, GM_KEY_SEED, "expected a whole number below 2^64", error);
    return GM_OK;
}

static gm_status read_classes(gm_model *model, const gm_safetensors *file, gm_error *error)
{
    const size_t outputs = gm_network_outputs(model->network);
    const gm_status status = gm_metadata_names(file, GM_KEY_CLASSES, "the outputs of the network", outputs,
                                               &model->classes, error);
    model->class_count = model->classes ? outputs : 0;
    return status;
}

static gm_status require_numbers(const gm_safetensors *file, const char *key, double *values, size_t count,
                                 gm_precision precision, gm_error *error)
{
    if (!gm_metadata_value(file, key))
        return gm_fail(error, GM_BAD_MODEL, "%s: %s is missing; expected it with scaling \"standard\"",
                       file->path, key);
    return gm_metadata_numbers(file, key, values, count, precision, error);
}

static gm_status read_factors(const gm_safetensors *file, gm_scaling_kind kind, double *shift, double *factor,
                              size_t count, gm_precision precision, gm_error *error)
{
    if (kind == GM_SCALING_STANDARD) {
        const gm_status status = require_numbers(file, GM_KEY_SHIFT, shift, count, precision, error);
        return status == GM_OK ? require_numbers(file, GM_KEY_FACTOR, factor, count, precision, error)
                               : status;
    }
    for (size_t i = 0; i < count; i++) {
        shift[i] = 0;
        factor[i] = 1.0 / 255;
    }
    return GM_OK;
}

static gm_status read_scaling(gm_model *model, const gm_safetensors *file, gm_error *error)
{
    gm_scaling_kind kind;
    const size_t count = gm_network_inputs(model->network);
    if (!gm_scaling_from_name(gm_metadata_value(file, GM_KEY_SCALING), &kind) || kind == GM_SCALING_AUTO)
        return gm_metadata_fail_key(file, GM_KEY_SCALING, "unknown scaling", error);
    if (kind != GM_SCALING_STANDARD &&
        (gm_metadata_value(file, GM_KEY_SHIFT) || gm_metadata_value(file, GM_KEY_FACTOR)))
        return gm_metadata_fail_key(file, GM_KEY_SCALING, "does not go with a shift or a factor", error);
    if (kind == GM_SCALING_NONE)
        return GM_OK;
    const gm_precision precision = gm_network_precision(model->network);
    double *shift = gm_alloc(count, sizeof *shift), *factor = gm_alloc(count, sizeof *factor);
    gm_status status = shift && factor ? read_factors(file, kind, shift, factor, count, precision, error)
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

/* A scaling that leaves features as they are, for targets that were scaled. */
static gm_status make_neutral(gm_model *model, gm_error *error)
{
    const size_t count = gm_network_inputs(model->network);
    double *shift = gm_alloc(count, sizeof *shift), *factor = gm_alloc(count, sizeof *factor);
    for (size_t i = 0; shift && factor && i < count; i++)
        factor[i] = 1;
    const gm_status status =
        shift && factor ? gm_scaling_create(&model->scaling, GM_SCALING_NONE, count, shift, factor, error)
                        : gm_fail_memory(error, "scaling", count * sizeof *shift);
    gm_free(shift);
    gm_free(factor);
    return status;
}

static gm_status set_target_scaling(gm_model *model, const gm_safetensors *file, double *shift,
                                    double *factor, gm_error *error)
{
    const size_t count = gm_network_outputs(model->network);
    gm_error reason = {0};
    gm_status status = gm_metadata_numbers(file, GM_KEY_TARGET_SHIFT, shift, count, GM_F64, error);
    if (status == GM_OK)
        status = gm_metadata_numbers(file, GM_KEY_TARGET_FACTOR, factor, count, GM_F64, error);
    if (status == GM_OK && !model->scaling)
        status = make_neutral(model, error);
    if (status != GM_OK)
        return status;
    status = gm_scaling_set_targets(model->scaling, count, shift, factor, &reason);
    return gm_file_blame(file->path, status, GM_BAD_MODEL, &reason, error);
}

static gm_status read_target_scaling(gm_model *model, const gm_safetensors *file, gm_error *error)
{
    const size_t count = gm_network_outputs(model->network);
    const bool shifts = gm_metadata_value(file, GM_KEY_TARGET_SHIFT) != NULL;
    const bool factors = gm_metadata_value(file, GM_KEY_TARGET_FACTOR) != NULL;
    if (shifts != factors)
        return gm_fail(error, GM_BAD_MODEL, "%s: %s is missing; expected it beside %s", file->path,
                       shifts ? GM_KEY_TARGET_FACTOR : GM_KEY_TARGET_SHIFT,
                       shifts ? GM_KEY_TARGET_SHIFT : GM_KEY_TARGET_FACTOR);
    if (!shifts)
        return GM_OK;
    if (model->classes)
        return gm_fail(error, GM_BAD_MODEL, "%s: %s does not go with classes", file->path,
                       GM_KEY_TARGET_SHIFT);
    double *shift = gm_alloc(count, sizeof *shift), *factor = gm_alloc(count, sizeof *factor);
    const gm_status status = shift && factor ? set_target_scaling(model, file, shift, factor, error)
                                             : gm_fail_memory(error, "scaling", count * sizeof *shift);
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
        status = gm_metadata_read_columns(model, file, error);
    if (status == GM_OK)
        status = read_scaling(model, file, error);
    if (status == GM_OK)
        status = read_target_scaling(model, file, error);
    return status;
}

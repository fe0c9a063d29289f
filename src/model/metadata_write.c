/* Writes the metadata of a model file. */
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "data/dataset.h"
#include "model/checksum.h"
#include "model/json_write.h"
#include "model/metadata.h"

#include <errno.h>
#include <gradmill/version.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Significant digits that are enough to read the same number back, and the room that a number takes with
 * sign, point, exponent and comma. */
#define F32_DIGITS  9
#define F64_DIGITS  17
#define NUMBER_ROOM 28

static gm_status fail_memory(gm_error *error)
{
    return gm_fail_memory(error, "the metadata of a model", sizeof(json_t));
}

static gm_status set(json_t *metadata, const char *key, const char *text, gm_error *error)
{
    return json_object_set_new(metadata, key, json_string(text)) == 0 ? GM_OK : fail_memory(error);
}

static gm_status set_u64(json_t *metadata, const char *key, uint64_t value, gm_error *error)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, value);
    return set(metadata, key, text, error);
}

static gm_status set_activations(json_t *metadata, const gm_network *network, gm_error *error)
{
    const size_t count = gm_network_layer_count(network);
    size_t size = 1;
    for (size_t l = 0; l < count; l++)
        size += strlen(gm_activation_name(gm_network_layer(network, l).activation)) + 1;
    char *text = gm_alloc(size, 1);
    if (!text)
        return fail_memory(error);
    char *end = text;
    for (size_t l = 0; l < count; l++) {
        if (l > 0)
            *end++ = ',';
        end = stpcpy(end, gm_activation_name(gm_network_layer(network, l).activation));
    }
    const gm_status status = set(metadata, GM_KEY_ACTIVATIONS, text, error);
    gm_free(text);
    return status;
}

gm_status gm_metadata_append(json_t *array, const char *const *names, size_t count, const char *what,
                             gm_error *error)
{
    for (size_t i = 0; i < count; i++) {
        errno = 0; /* it stays 0 if jansson returns NULL for bytes that are not UTF-8 */
        if (json_array_append_new(array, json_string(names[i])) == 0)
            continue;
        if (errno == ENOMEM)
            return fail_memory(error);
        return gm_fail(error, GM_USAGE, "the name of %s %zu cannot be stored; expected UTF-8 text", what, i);
    }
    return GM_OK;
}

gm_status gm_metadata_set_json(json_t *metadata, const char *key, const json_t *value, gm_error *error)
{
    char *text = gm_json_write(value, JSON_COMPACT);
    const gm_status status = text ? set(metadata, key, text, error) : fail_memory(error);
    gm_free(text);
    return status;
}

gm_status gm_metadata_set_names(json_t *metadata, const char *key, char *const *names, size_t count,
                                const char *what, gm_error *error)
{
    json_t *array = json_array();
    gm_status status = array ? gm_metadata_append(array, (const char *const *)names, count, what, error)
                             : fail_memory(error);
    if (status == GM_OK)
        status = gm_metadata_set_json(metadata, key, array, error);
    json_decref(array);
    return status;
}

static gm_status set_classes(json_t *metadata, const gm_model *model, gm_error *error)
{
    if (!model->classes)
        return GM_OK;
    if (model->class_count != gm_network_outputs(model->network))
        return gm_fail(error, GM_USAGE,
                       "the model has %zu class names; expected %zu, the outputs of the network",
                       model->class_count, gm_network_outputs(model->network));
    return gm_metadata_set_names(metadata, GM_KEY_CLASSES, model->classes, model->class_count, "class",
                                 error);
}

gm_status gm_metadata_set_numbers(json_t *metadata, const char *key, const double *values, size_t count,
                                  gm_precision precision, gm_error *error)
{
    const int digits = precision == GM_F64 ? F64_DIGITS : F32_DIGITS;
    size_t room;
    char *text = gm_mul(count, NUMBER_ROOM, &room) && gm_add(room, 4, &room) ? gm_alloc(room, 1) : NULL;
    if (!text)
        return fail_memory(error);
    char *end = text;
    *end++ = '[';
    for (size_t i = 0; i < count; i++) {
        const double value = precision == GM_F64 ? values[i] : (double)(float)values[i];
        if (i > 0)
            *end++ = ',';
        end += strlen(gm_format_double(end, NUMBER_ROOM, value, digits));
    }
    *end = ']';
    const gm_status status = set(metadata, key, text, error);
    gm_free(text);
    return status;
}

static gm_status check_scaling(const gm_model *model, gm_error *error)
{
    const gm_scaling *scaling = model->scaling;
    const size_t inputs = gm_network_inputs(model->network);
    if (scaling->features != inputs)
        return gm_fail(error, GM_USAGE, "scaling has %zu features; expected %zu, the inputs of the network",
                       scaling->features, inputs);
    const bool wide = gm_network_precision(model->network) == GM_F64;
    for (size_t i = 0; i < inputs; i++) {
        const double shift = wide ? scaling->shift[i] : (double)scaling->shift_f32[i];
        const double factor = wide ? scaling->factor[i] : (double)scaling->factor_f32[i];
        if (!isfinite(shift) || !isfinite(factor) || factor == 0)
            return gm_fail(error, GM_USAGE, "scaling of feature %zu is 0 or not finite", i);
    }
    return GM_OK;
}

/* All digits are stored, whatever the precision: the answers of the network are turned back in double. */
static gm_status set_target_scaling(json_t *metadata, const gm_model *model, gm_error *error)
{
    const gm_scaling *scaling = model->scaling;
    const size_t outputs = gm_network_outputs(model->network);
    if (!scaling || scaling->targets == 0)
        return GM_OK;
    if (scaling->targets != outputs)
        return gm_fail(error, GM_USAGE, "scaling has %zu targets; expected %zu, the outputs of the network",
                       scaling->targets, outputs);
    gm_status status =
        gm_scaling_check_values("target", outputs, scaling->target_shift, scaling->target_factor, error);
    if (status == GM_OK)
        status = gm_metadata_set_numbers(metadata, GM_KEY_TARGET_SHIFT, scaling->target_shift, outputs,
                                         GM_F64, error);
    if (status == GM_OK)
        status = gm_metadata_set_numbers(metadata, GM_KEY_TARGET_FACTOR, scaling->target_factor, outputs,
                                         GM_F64, error);
    return status;
}

static gm_status set_scaling(json_t *metadata, const gm_model *model, gm_error *error)
{
    const gm_scaling *scaling = model->scaling;
    if (!scaling)
        return set(metadata, GM_KEY_SCALING, gm_scaling_name(GM_SCALING_NONE), error);
    gm_status status = check_scaling(model, error);
    if (status == GM_OK)
        status = set(metadata, GM_KEY_SCALING, gm_scaling_name(scaling->kind), error);
    if (status == GM_OK && scaling->kind == GM_SCALING_STANDARD) {
        const gm_precision precision = gm_network_precision(model->network);
        status = gm_metadata_set_numbers(metadata, GM_KEY_SHIFT, scaling->shift, scaling->features, precision,
                                         error);
        if (status == GM_OK)
            status = gm_metadata_set_numbers(metadata, GM_KEY_FACTOR, scaling->factor, scaling->features,
                                             precision, error);
    }
    return status;
}

static gm_status fill(json_t *metadata, const gm_model *model, gm_error *error)
{
    /* The checksum is first, so that its digits are at a fixed place of the file. */
    gm_status status = set(metadata, GM_CHECKSUM_KEY, GM_CHECKSUM_NONE, error);
    if (status == GM_OK)
        status = set(metadata, "format", "pt", error); /* as PyTorch's own tools mark their files */
    if (status == GM_OK)
        status = set_u64(metadata, GM_KEY_FORMAT, gm_metadata_format(model->columns), error);
    if (status == GM_OK)
        status = set(metadata, GM_KEY_VERSION, gm_version(), error);
    if (status == GM_OK)
        status = set_activations(metadata, model->network, error);
    if (status == GM_OK)
        status = set(metadata, GM_KEY_LOSS, gm_loss_name(gm_network_loss(model->network)), error);
    if (status == GM_OK)
        status = set_u64(metadata, GM_KEY_SEED, model->seed, error);
    if (status == GM_OK)
        status = set_classes(metadata, model, error);
    if (status == GM_OK)
        status = gm_metadata_set_columns(metadata, model, error);
    if (status == GM_OK)
        status = set_scaling(metadata, model, error);
    if (status == GM_OK)
        status = set_target_scaling(metadata, model, error);
    return status;
}

gm_status gm_metadata_write(json_t **metadata, const gm_model *model, gm_error *error)
{
    *metadata = json_object();
    const gm_status status = *metadata ? fill(*metadata, model, error) : fail_memory(error);
    if (status != GM_OK) {
        json_decref(*metadata);
        *metadata = NULL;
    }
    return status;
}

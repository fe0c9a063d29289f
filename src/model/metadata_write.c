/* From a model to the metadata of its file. */
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "model/checksum.h"
#include "model/json_write.h"
#include "model/metadata.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* 9 significant digits give a float back exactly; sign, point, exponent and comma come on top. */
#define FLOAT_DIGITS 9
#define FLOAT_ROOM   20

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

static gm_status collect_classes(json_t *names, const gm_model *model, gm_error *error)
{
    for (size_t i = 0; i < model->class_count; i++) {
        errno = 0; /* jansson refuses bytes that are not UTF-8 without a word; malloc leaves one */
        if (json_array_append_new(names, json_string(model->classes[i])) == 0)
            continue;
        if (errno == ENOMEM)
            return fail_memory(error);
        return gm_fail(error, GM_USAGE, "the name of class %zu cannot be stored; expected UTF-8 text", i);
    }
    return GM_OK;
}

static gm_status set_classes(json_t *metadata, const gm_model *model, gm_error *error)
{
    if (!model->classes)
        return GM_OK;
    if (model->class_count != gm_network_outputs(model->network))
        return gm_fail(error, GM_USAGE,
                       "the model has %zu class names; expected %zu, the outputs of the network",
                       model->class_count, gm_network_outputs(model->network));
    json_t *names = json_array();
    gm_status status = names ? collect_classes(names, model, error) : fail_memory(error);
    if (status == GM_OK) {
        char *text = gm_json_write(names, JSON_COMPACT);
        status = text ? set(metadata, GM_KEY_CLASSES, text, error) : fail_memory(error);
        gm_free(text);
    }
    json_decref(names);
    return status;
}

static gm_status set_floats(json_t *metadata, const char *key, const float *values, size_t count,
                            gm_error *error)
{
    size_t room;
    char *text = gm_mul(count, FLOAT_ROOM, &room) && gm_add(room, 4, &room) ? gm_alloc(room, 1) : NULL;
    if (!text)
        return fail_memory(error);
    char *end = text;
    *end++ = '[';
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            *end++ = ',';
        end += strlen(gm_format_double(end, FLOAT_ROOM, (double)values[i], FLOAT_DIGITS));
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
    for (size_t i = 0; i < scaling->features; i++)
        if (!isfinite(scaling->shift[i]) || !isfinite(scaling->factor[i]))
            return gm_fail(error, GM_USAGE, "scaling of feature %zu is not finite", i);
    return GM_OK;
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
        status = set_floats(metadata, GM_KEY_SHIFT, scaling->shift, scaling->features, error);
        if (status == GM_OK)
            status = set_floats(metadata, GM_KEY_FACTOR, scaling->factor, scaling->features, error);
    }
    return status;
}

static gm_status fill(json_t *metadata, const gm_model *model, gm_error *error)
{
    /* First, so that its digits stand at a fixed place of the file. */
    gm_status status = set(metadata, GM_CHECKSUM_KEY, GM_CHECKSUM_NONE, error);
    if (status == GM_OK)
        status = set(metadata, "format", "pt", error); /* as PyTorch's own tools mark their files */
    if (status == GM_OK)
        status = set_u64(metadata, GM_KEY_FORMAT, GM_MODEL_FORMAT, error);
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
        status = set_scaling(metadata, model, error);
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

/* Loads a model from a file. Names, shapes and types of all tensors are checked before a network is created,
 * and the checksum of the whole file before the model is returned. */
#include <gradmill/model.h>

#include "base/error.h"
#include "base/memory.h"
#include "model/checksum.h"
#include "model/file.h"
#include "model/metadata.h"
#include "model/printable.h"
#include "model/safetensors.h"
#include "model/tensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct shape_text {
    char text[200];
} shape_text;

static shape_text describe_shape(const gm_tensor *tensor)
{
    shape_text shape = {"["};
    size_t length = 1;
    for (size_t i = 0; i < tensor->rank; i++)
        length += (size_t)snprintf(shape.text + length, sizeof shape.text - length, i > 0 ? ", %zu" : "%zu",
                                   tensor->shape[i]);
    strcpy(shape.text + length, "]");
    return shape;
}

/* The number of the tensor with this name (gm_name_tensor). `count` if none of the first `count` tensors has
 * it. */
static size_t tensor_number(const char *name, size_t count)
{
    char *end;
    const unsigned long layer = strtoul(name, &end, 10);
    const size_t number = (size_t)layer + (strcmp(end, ".bias") == 0);
    return layer % 2 == 0 && number < count && strcmp(gm_name_tensor(number).text, name) == 0 ? number
                                                                                              : count;
}

/* Checks that the tensors are those of `count` layers, and sorts them into the order of the parameter block.
 * In the file they may have any order; *moved tells whether it was another one. */
static gm_status sort_tensors(gm_safetensors *file, size_t count, bool *moved, gm_error *error)
{
    const size_t expected = 2 * count, given = file->tensor_count;
    gm_tensor *sorted = gm_alloc(expected, sizeof *sorted);
    const gm_tensor *foreign = NULL;
    gm_status status = GM_OK;
    *moved = false;
    if (!sorted)
        return gm_fail_memory(error, "the table of tensors", expected * sizeof *sorted);
    for (size_t i = 0; i < given; i++) {
        const size_t number = tensor_number(file->tensors[i].name, expected);
        if (number < expected)
            sorted[number] = file->tensors[i];
        else if (!foreign)
            foreign = &file->tensors[i];
        *moved |= number != i;
    }
    for (size_t i = 0; i < expected && status == GM_OK; i++)
        if (!sorted[i].name)
            status =
                gm_fail(error, GM_BAD_MODEL,
                        "%s: tensor \"%s\" is missing; expected %zu tensors for %zu activations, got %zu",
                        file->path, gm_name_tensor(i).text, expected, count, given);
    if (status == GM_OK && foreign)
        status =
            gm_fail(error, GM_BAD_MODEL, "%s: tensor \"%s\" is not expected; the file names %zu activations",
                    file->path, gm_printable(foreign->name).text, count);
    if (status != GM_OK) {
        gm_free(sorted);
        return status;
    }
    gm_free(file->tensors);
    file->tensors = sorted;
    return GM_OK;
}

static gm_status read_precision(const gm_safetensors *file, gm_precision *precision, gm_error *error)
{
    const char *first = file->tensors[0].dtype->name;
    *precision = strcmp(first, gm_dtype_name(GM_F64)) == 0 ? GM_F64 : GM_F32;
    const char *expected = gm_dtype_name(*precision);
    for (size_t i = 0; i < file->tensor_count; i++) {
        const gm_tensor *tensor = &file->tensors[i];
        if (strcmp(tensor->dtype->name, expected) != 0)
            return gm_fail(error, GM_BAD_MODEL,
                           "%s: tensor \"%s\": dtype %s is known, but not supported here; expected %s",
                           file->path, tensor->name, tensor->dtype->name, i == 0 ? "F32 or F64" : expected);
    }
    return GM_OK;
}

static gm_status fail_shape(const gm_safetensors *file, const gm_tensor *tensor, const char *expected,
                            gm_error *error)
{
    return gm_fail(error, GM_BAD_MODEL, "%s: tensor \"%s\": expected shape %s, got %s", file->path,
                   tensor->name, expected, describe_shape(tensor).text);
}

/* Reads the sizes of layer l from its two tensors. *inputs is the number of inputs that the layer must have,
 * or 0 for the first layer; afterwards it is that of the next layer. */
static gm_status read_layer(const gm_safetensors *file, size_t l, size_t *inputs, size_t *outputs,
                            gm_error *error)
{
    const gm_tensor *weight = &file->tensors[2 * l], *bias = &file->tensors[2 * l + 1];
    char expected[64] = "[outputs, inputs]";
    if (l > 0)
        snprintf(expected, sizeof expected, "[outputs, %zu]", *inputs);
    if (weight->rank != 2 || (l > 0 && weight->shape[1] != *inputs))
        return fail_shape(file, weight, expected, error);
    *outputs = weight->shape[0];
    snprintf(expected, sizeof expected, "[%zu]", *outputs);
    if (bias->rank != 1 || bias->shape[0] != *outputs)
        return fail_shape(file, bias, expected, error);
    if (l == 0)
        *inputs = weight->shape[1];
    return GM_OK;
}

static gm_status read_activations(const gm_safetensors *file, gm_layer_options *layers, size_t count,
                                  gm_error *error)
{
    const char *text = gm_metadata_value(file, GM_KEY_ACTIVATIONS);
    for (size_t l = 0; l < count; l++) {
        char name[32] = "";
        const size_t length = strcspn(text, ",");
        if (length < sizeof name)
            memcpy(name, text, length);
        if (!gm_activation_from_name(name, &layers[l].activation))
            return gm_fail(error, GM_BAD_MODEL,
                           "%s: " GM_KEY_ACTIVATIONS ": number %zu is unknown, in \"%s\"", file->path, l + 1,
                           gm_printable(gm_metadata_value(file, GM_KEY_ACTIVATIONS)).text);
        text += length + 1;
    }
    return GM_OK;
}

static gm_status read_layers(const gm_safetensors *file, gm_network_options *options,
                             gm_layer_options *layers, gm_error *error)
{
    size_t inputs = 0;
    gm_status status = read_activations(file, layers, options->layer_count, error);
    for (size_t l = 0; l < options->layer_count && status == GM_OK; l++) {
        status = read_layer(file, l, &inputs, &layers[l].outputs, error);
        if (l == 0)
            options->inputs = inputs;
        inputs = layers[l].outputs;
    }
    return status;
}

static size_t count_names(const char *list)
{
    size_t count = 1;
    for (; *list; list++)
        count += *list == ',';
    return count;
}

static gm_status make_network(const gm_safetensors *file, gm_network **network, gm_layer_options *layers,
                              gm_network_options *options, gm_error *error)
{
    gm_error reason = {0};
    const char *loss = gm_metadata_value(file, GM_KEY_LOSS);
    if (!gm_loss_from_name(loss, &options->loss))
        return gm_fail(error, GM_BAD_MODEL, "%s: " GM_KEY_LOSS ": unknown loss \"%s\"", file->path,
                       gm_printable(loss).text);
    gm_status status = read_precision(file, &options->precision, error);
    if (status == GM_OK)
        status = read_layers(file, options, layers, error);
    if (status != GM_OK)
        return status;
    options->layers = layers;
    options->init = GM_INIT_CONSTANT; /* they are overwritten by those of the file */
    status = gm_network_create(network, options, &reason);
    return gm_file_blame(file->path, status, GM_BAD_MODEL, &reason, error);
}

static gm_status read_network(gm_safetensors *file, gm_network **network, bool *moved, gm_error *error)
{
    gm_network_options options = gm_network_options_default();
    options.layer_count = count_names(gm_metadata_value(file, GM_KEY_ACTIVATIONS));
    gm_status status = sort_tensors(file, options.layer_count, moved, error);
    if (status != GM_OK)
        return status;
    gm_layer_options *layers = gm_alloc(options.layer_count, sizeof *layers);
    if (!layers)
        return gm_fail_memory(error, "a list of layers", options.layer_count * sizeof *layers);
    status = make_network(file, network, layers, &options, error);
    gm_free(layers);
    return status;
}

/* Moves the parameters from the order of the file to the order of the block. */
static gm_status move_tensors(const gm_safetensors *file, char *parameters, gm_error *error)
{
    char *copy = gm_alloc(file->data_size, 1), *to = parameters;
    if (!copy)
        return gm_fail_memory(error, "the parameters in another order", file->data_size);
    memcpy(copy, parameters, file->data_size);
    for (size_t i = 0; i < file->tensor_count; i++) {
        const gm_tensor *tensor = &file->tensors[i];
        memcpy(to, copy + tensor->begin, tensor->end - tensor->begin);
        to += tensor->end - tensor->begin;
    }
    gm_free(copy);
    return GM_OK;
}

/* Whether the file has a checksum. If the place of its digits was left empty, another program wrote the file.
 */
static bool is_sealed(const gm_safetensors *file)
{
    return strcmp(gm_metadata_value(file, GM_CHECKSUM_KEY), GM_CHECKSUM_NONE) != 0;
}

static gm_status read_parameters(const gm_safetensors *file, gm_model *model, bool moved, gm_error *error)
{
    void *parameters = gm_network_parameters(model->network).data;
    gm_status status = gm_safetensors_read_data(file, parameters, error);
    if (status != GM_OK)
        return status;
    model->sealed = is_sealed(file);
    if (model->sealed && !gm_checksum_holds(file->head, file->head_size, parameters, file->data_size))
        return gm_fail(
            error, GM_BAD_MODEL,
            "%s: " GM_CHECKSUM_KEY
            ": checksum does not fit the contents; the file is damaged: take a copy of it, or train again",
            file->path);
    if (moved)
        status = move_tensors(file, parameters, error);
    return status == GM_OK ? gm_check_finite(model->network, file->path, GM_BAD_MODEL, error) : status;
}

static gm_status load(gm_model *model, gm_safetensors *file, gm_error *error)
{
    bool moved = false;
    if (file->tensor_count == 0)
        return gm_fail(error, GM_BAD_MODEL, "%s: holds no tensors", file->path);
    gm_status status = gm_metadata_check(file, error);
    if (status == GM_OK)
        status = read_network(file, &model->network, &moved, error);
    if (status == GM_OK)
        status = gm_metadata_read(model, file, error);
    if (status == GM_OK)
        status = read_parameters(file, model, moved, error);
    return status;
}

gm_status gm_model_load(gm_model *model, const char *path, gm_error *error)
{
    gm_safetensors file;
    *model = (gm_model){0};
    gm_status status = gm_safetensors_open(&file, path, "a model", error);
    if (status == GM_OK)
        status = load(model, &file, error);
    gm_safetensors_close(&file);
    if (status != GM_OK)
        gm_model_clear(model);
    return status;
}

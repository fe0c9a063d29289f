/* Makes a model, and saves it to a file. load.c loads it. */
#include <gradmill/model.h>

#include "base/error.h"
#include "base/memory.h"
#include "model/checksum.h"
#include "model/durable.h"
#include "model/metadata.h"
#include "model/safetensors.h"
#include "model/tensors.h"
#include "nn/network.h"

void gm_model_clear(gm_model *model)
{
    gm_network_destroy(model->network);
    gm_columns_destroy(model->columns);
    gm_scaling_destroy(model->scaling);
    for (size_t i = 0; i < model->class_count; i++)
        gm_free(model->classes[i]);
    gm_free(model->classes);
    *model = (gm_model){0};
}

gm_status gm_model_name_classes(gm_model *model, const gm_dataset *dataset, gm_error *error)
{
    const size_t count = gm_dataset_has_labels(dataset) ? gm_dataset_targets(dataset) : 0;
    if (count == 0)
        return GM_OK;
    model->classes = gm_alloc(count, sizeof *model->classes);
    if (!model->classes)
        return gm_fail_memory(error, "the class names", count * sizeof *model->classes);
    for (; model->class_count < count; model->class_count++) {
        char *name = gm_strdup(gm_dataset_class_name(dataset, model->class_count));
        if (!name)
            return gm_fail_memory(error, "the class names", count * sizeof *model->classes);
        model->classes[model->class_count] = name;
    }
    return GM_OK;
}

gm_status gm_model_can_save(const char *path, gm_error *error)
{
    return gm_durable_probe(path, &gm_kind_model, error);
}

/* Adds the tensors to the header. The parameter block is written to the file unchanged, so each tensor begins
 * at the offset of its parameters in the block. */
static gm_status add_tensors(json_t *json, const gm_network *network, gm_error *error)
{
    const gm_precision precision = gm_network_precision(network);
    const char *dtype = gm_dtype_name(precision);
    const size_t size = gm_precision_size(precision);
    for (size_t l = 0; l < gm_network_layer_count(network); l++) {
        const gm_layer layer = gm_network_layer(network, l);
        const size_t weight_shape[] = {layer.outputs, layer.inputs};
        const size_t end = (layer.biases + layer.outputs) * size;
        if (!gm_safetensors_add(json, gm_name_tensor(2 * l).text, dtype, weight_shape, 2,
                                layer.weights * size, layer.biases * size) ||
            !gm_safetensors_add(json, gm_name_tensor(2 * l + 1).text, dtype, &layer.outputs, 1,
                                layer.biases * size, end))
            return gm_fail_memory(error, "the header of a model file", sizeof(json_t));
    }
    return GM_OK;
}

static gm_status make_head(const gm_model *model, char **head, size_t *head_size, gm_error *error)
{
    json_t *metadata, *json = json_object();
    gm_status status = gm_metadata_write(&metadata, model, error);
    if (status == GM_OK && json_object_set_new(json, "__metadata__", metadata) != 0)
        status = gm_fail_memory(error, "the header of a model file", sizeof(json_t));
    if (status == GM_OK)
        status = add_tensors(json, model->network, error);
    if (status == GM_OK)
        status = gm_safetensors_head(json, head, head_size, error);
    json_decref(json);
    return status;
}

gm_status gm_model_save(const char *path, const gm_model *model, gm_error *error)
{
    if (!model->network)
        return gm_fail(error, GM_USAGE, "%s: the model has no network to save", path);
    gm_status status = gm_check_finite(model->network, path, GM_DIVERGED, error);
    if (status != GM_OK)
        return status;
    char *head = NULL;
    size_t head_size;
    status = make_head(model, &head, &head_size, error);
    if (status != GM_OK)
        return status;
    const void *data = gm_network_parameters_const(model->network).data;
    const size_t data_size = gm_network_bytes(model->network);
    gm_checksum_seal(head, head_size, data, data_size);
    const gm_buffer parts[] = {{head, head_size}, {data, data_size}};
    status = gm_durable_write(&gm_durable_system, path, &gm_kind_model, parts, 2, error);
    gm_free(head);
    return status;
}

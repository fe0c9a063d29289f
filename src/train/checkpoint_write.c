/* Writes checkpoints. */
#include "base/append.h"
#include "base/error.h"
#include "base/memory.h"
#include "model/checksum.h"
#include "model/metadata.h"
#include "model/safetensors.h"
#include "model/tensors.h"
#include "nn/network.h"
#include "train/checkpoint.h"
#include "train/checkpoint_keys.h"

#include <errno.h>
#include <gradmill/version.h>
#include <stdio.h>
#include <string.h>

gm_block_name gm_name_state_block(const gm_engine *engine, size_t copy)
{
    gm_block_name name = {GM_BLOCK_AVERAGE};
    if (!gm_engine_averages(engine) || copy + 1 < gm_engine_state_count(engine))
        snprintf(name.text, sizeof name.text, "optimizer.%zu", copy);
    return name;
}

char *gm_describe_network(const gm_network *network)
{
    const size_t layers = gm_network_layer_count(network), room = 64 + 64 * layers;
    char *text = gm_alloc(room, 1);
    if (!text)
        return NULL;
    size_t used = gm_append(text, room, 0, "%zu", gm_network_inputs(network));
    for (size_t l = 0; l < layers; l++)
        used = gm_append(text, room, used, ",%zu", gm_network_layer(network, l).outputs);
    for (size_t l = 0; l < layers; l++)
        used = gm_append(text, room, used, "%c%s", l == 0 ? ' ' : ',',
                         gm_activation_name(gm_network_layer(network, l).activation));
    gm_append(text, room, used, " %s %s", gm_loss_name(gm_network_loss(network)),
              gm_precision_name(gm_network_precision(network)));
    return text;
}

static gm_status fail_memory(gm_error *error)
{
    return gm_fail_memory(error, "the header of a checkpoint", sizeof(json_t));
}

static gm_status set(json_t *metadata, const char *key, const char *text, gm_error *error)
{
    errno = 0; /* it stays 0 if jansson returns NULL for bytes that are not UTF-8 */
    if (json_object_set_new(metadata, key, json_string(text)) == 0)
        return GM_OK;
    if (errno == ENOMEM || !text)
        return fail_memory(error);
    return gm_fail(error, GM_USAGE, "the text for a checkpoint is not UTF-8");
}

static gm_status fill_metadata(json_t *metadata, const gm_checkpoint_content *content, gm_error *error)
{
    char format[24];
    const gm_engine *engine = content->engine;
    const char *kernels = gm_engine_kernels(engine);
    char *network = gm_describe_network(content->network);
    snprintf(format, sizeof format, "%d", GM_CHECKPOINT_FORMAT);
    const char *const texts[][2] = {
        {GM_CHECKSUM_KEY, GM_CHECKSUM_NONE}, /* first, so that its digits are at a fixed place of the file */
        {GM_KEY_CHECKPOINT, format},         /* then this, by which gm_kind_checkpoint knows the file */
        {GM_KEY_VERSION, gm_version()},
        {KEY_NETWORK, network},
        {KEY_OPTIMIZER, gm_optimizer_name(gm_engine_optimizer(engine).kind)},
        {KEY_BACKEND, gm_engine_backend(engine)},
        {KEY_KERNELS, kernels ? kernels : ""},
        {KEY_TEXT, content->text ? content->text : ""},
    };
    gm_status status = GM_OK;
    for (size_t i = 0; i < sizeof texts / sizeof *texts && status == GM_OK; i++)
        status = set(metadata, texts[i][0], texts[i][1], error);
    gm_free(network);
    if (status == GM_OK && !gm_run_state_write(metadata, content->state))
        status = fail_memory(error);
    return status;
}

static gm_status fill_header(json_t *json, const gm_checkpoint_content *content, size_t bytes,
                             gm_error *error)
{
    const char *dtype = gm_dtype_name(gm_network_precision(content->network));
    const size_t count = gm_network_parameter_count(content->network);
    json_t *metadata = json_object();
    if (json_object_set_new(json, "__metadata__", metadata) != 0) /* which owns it, and fails for NULL */
        return fail_memory(error);
    const gm_status status = fill_metadata(metadata, content, error);
    for (size_t i = 0; i < content->block_count && status == GM_OK; i++) {
        if (!gm_safetensors_add(json, content->blocks[i].name, dtype, &count, 1, i * bytes, (i + 1) * bytes))
            return fail_memory(error);
    }
    return status;
}

gm_status gm_checkpoint_save(const char *path, const gm_checkpoint_content *content, gm_error *error)
{
    const gm_network *network = content->network;
    const size_t bytes = gm_network_bytes(network);
    gm_buffer parts[1 + GM_BLOCKS];
    char *head = NULL;
    size_t head_size = 0;
    json_t *json = json_object();
    gm_status status = json ? fill_header(json, content, bytes, error) : fail_memory(error);
    if (status == GM_OK)
        status = gm_safetensors_head(json, &head, &head_size, error);
    json_decref(json);
    if (status != GM_OK)
        return status;
    for (size_t i = 0; i < content->block_count; i++)
        parts[1 + i] = (gm_buffer){content->blocks[i].data, bytes};
    gm_checksum_seal_parts(head, head_size, parts + 1, content->block_count);
    parts[0] = (gm_buffer){head, head_size};
    status = gm_durable_write(&gm_durable_system, path, &gm_kind_checkpoint, parts, 1 + content->block_count,
                              error);
    gm_free(head);
    return status;
}

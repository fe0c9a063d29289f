/* Reads checkpoints, and compares them with what is to go on. */
#include "train/checkpoint.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/options.h"
#include "model/checksum.h"
#include "model/metadata.h"
#include "model/printable.h"
#include "model/safetensors.h"
#include "model/tensors.h"
#include "train/checkpoint_keys.h"

#include <gradmill/version.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct gm_checkpoint {
    char *path;
    gm_safetensors file; /* closed, but the texts and the tensors of its header are kept */
    char *data;
    gm_run_state state;
};

static const char *const texts[] = {KEY_NETWORK, KEY_OPTIMIZER, KEY_BACKEND,
                                    KEY_KERNELS, KEY_TEXT,      GM_KEY_VERSION};

gm_status gm_checkpoint_fail(const gm_checkpoint *checkpoint, gm_error *error, const char *format, ...)
{
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return gm_fail(error, GM_BAD_MODEL, "checkpoint %s: %s", checkpoint->path, text);
}

static const char *text_of(const gm_checkpoint *c, const char *key)
{
    return gm_metadata_value(&c->file, key);
}

/* It is a checkpoint, and of a format that is known here. */
static gm_status check_format(const gm_checkpoint *c, gm_error *error)
{
    const char *format = text_of(c, GM_KEY_CHECKPOINT), *version = text_of(c, GM_KEY_VERSION);
    uint64_t number;
    if (!format)
        return gm_checkpoint_fail(c, error,
                                  "not a checkpoint of gradmill; expected a file of train --checkpoint");
    if (!gm_parse_u64(format, &number) || number == 0)
        return gm_checkpoint_fail(c, error, GM_KEY_CHECKPOINT ": \"%s\"; expected the number of a format",
                                  gm_printable(format).text);
    if (number > GM_CHECKPOINT_FORMAT)
        return gm_checkpoint_fail(
            c, error, "format %s, of gradmill %s; this is gradmill %s, which knows format %d", format,
            version ? gm_printable(version).text : "?", gm_version(), GM_CHECKPOINT_FORMAT);
    return GM_OK;
}

static gm_status read_state(gm_checkpoint *c, gm_error *error)
{
    const char *wrong = gm_run_state_read(&c->state, c->file.metadata);
    for (size_t i = 0; i < sizeof texts / sizeof *texts && !wrong; i++)
        wrong = text_of(c, texts[i]) ? NULL : texts[i];
    return wrong ? gm_checkpoint_fail(c, error, "%s is missing or wrong", wrong) : GM_OK;
}

static gm_status read_data(gm_checkpoint *c, gm_error *error)
{
    gm_status status = GM_OK;
    c->data = gm_alloc(gm_max(1, c->file.data_size), 1);
    if (!c->data)
        return gm_fail_memory(error, "a checkpoint", c->file.data_size);
    status = gm_safetensors_read_data(&c->file, c->data, error);
    if (status == GM_OK && !gm_checksum_holds(c->file.head, c->file.head_size, c->data, c->file.data_size))
        return gm_checkpoint_fail(
            c, error,
            "its checksum does not fit the contents; the file is damaged: take a copy of it, or begin again");
    return status;
}

static gm_status load(gm_checkpoint *c, gm_error *error)
{
    gm_status status = gm_safetensors_open(&c->file, c->path, "a checkpoint", error);
    if (status == GM_OK)
        status = check_format(c, error);
    if (status == GM_OK)
        status = read_data(c, error);
    return status == GM_OK ? read_state(c, error) : status;
}

gm_status gm_checkpoint_load(gm_checkpoint **checkpoint, const char *path, gm_error *error)
{
    *checkpoint = NULL;
    gm_checkpoint *c = gm_alloc(1, sizeof *c);
    char *copy = gm_strdup(path);
    if (!c || !copy) {
        gm_free(c);
        gm_free(copy);
        return gm_fail_memory(error, "a checkpoint", sizeof *c);
    }
    c->path = copy;
    c->file.fd = -1;
    const gm_status status = load(c, error);
    if (status == GM_OK)
        *checkpoint = c;
    else
        gm_checkpoint_destroy(c);
    return status;
}

void gm_checkpoint_destroy(gm_checkpoint *c)
{
    if (!c)
        return;
    gm_safetensors_close(&c->file);
    gm_free(c->data);
    gm_free(c->path);
    gm_free(c);
}

void gm_checkpoint_info_fill(gm_checkpoint_info *info, size_t size)
{
    const gm_checkpoint_info nothing = {.backend = "", .kernels = "", .version = "", .text = ""};
    gm_options_fill(info, size, &nothing, sizeof nothing);
}

gm_status gm_checkpoint_get_info(const gm_checkpoint *c, gm_checkpoint_info *info, gm_error *error)
{
    gm_checkpoint_info own = gm_checkpoint_info_init();
    const gm_status status = gm_options_read(&own, sizeof own, info, "gm_checkpoint_info", error);
    if (status != GM_OK)
        return status;
    const gm_checkpoint_info told = {
        .epoch = c->state.epoch,
        .epochs = c->state.epochs,
        .step = c->state.step,
        .threads = c->state.threads,
        .batch = c->state.batch,
        .backend = text_of(c, KEY_BACKEND),
        .kernels = text_of(c, KEY_KERNELS),
        .version = text_of(c, GM_KEY_VERSION),
        .text = text_of(c, KEY_TEXT),
    };
    gm_options_fill(info, info->size, &told, sizeof told);
    return GM_OK;
}

const gm_run_state *gm_checkpoint_state(const gm_checkpoint *c)
{
    return &c->state;
}

static const gm_tensor *find(const gm_checkpoint *c, const char *name)
{
    for (size_t i = 0; i < c->file.tensor_count; i++) {
        if (strcmp(c->file.tensors[i].name, name) == 0)
            return &c->file.tensors[i];
    }
    return NULL;
}

const void *gm_checkpoint_block(const gm_checkpoint *c, const char *name)
{
    const gm_tensor *tensor = find(c, name);
    return tensor ? c->data + tensor->begin : NULL;
}

/* All blocks have as many numbers as the network has parameters, in its precision. */
static gm_status check_blocks(const gm_checkpoint *c, const gm_network *network, gm_error *error)
{
    const char *dtype = gm_dtype_name(gm_network_precision(network));
    for (size_t i = 0; i < c->file.tensor_count; i++) {
        const gm_tensor *t = &c->file.tensors[i];
        if (t->rank != 1 || t->shape[0] != gm_network_parameter_count(network) ||
            strcmp(t->dtype->name, dtype) != 0)
            return gm_checkpoint_fail(c, error,
                                      "tensor \"%s\" does not fit the network; expected %zu numbers %s",
                                      gm_printable(t->name).text, gm_network_parameter_count(network), dtype);
    }
    return find(c, GM_BLOCK_WEIGHTS)
               ? GM_OK
               : gm_checkpoint_fail(c, error, "tensor \"" GM_BLOCK_WEIGHTS "\" is missing");
}

/* Every copy of the parameters that the engine keeps between steps is in the file. */
static gm_status check_state_blocks(const gm_checkpoint *c, const gm_engine *engine, gm_error *error)
{
    const bool averages = gm_engine_averages(engine), averaged = find(c, GM_BLOCK_AVERAGE) != NULL;
    if (averages != averaged)
        return gm_checkpoint_fail(c, error, "of a run %s averaged weights; this one is %s",
                                  averaged ? "with" : "without", averages ? "with" : "without");
    for (size_t i = 0; i < gm_engine_state_count(engine); i++) {
        const gm_block_name name = gm_name_state_block(engine, i);
        if (!find(c, name.text))
            return gm_checkpoint_fail(c, error, "tensor \"%s\" is missing", name.text);
    }
    return GM_OK;
}

gm_status gm_checkpoint_fits(const gm_checkpoint *c, const gm_engine *engine, const gm_network *network,
                             gm_error *error)
{
    char *described = gm_describe_network(network);
    if (!described)
        return gm_fail_memory(error, "the description of a network", 64);
    const char *optimizer = gm_optimizer_name(gm_engine_optimizer(engine).kind);
    gm_status status = GM_OK;
    if (strcmp(described, text_of(c, KEY_NETWORK)) != 0)
        status = gm_checkpoint_fail(c, error, "of another network: %s; this one is %s",
                                    gm_printable(text_of(c, KEY_NETWORK)).text, described);
    else if (strcmp(optimizer, text_of(c, KEY_OPTIMIZER)) != 0)
        status = gm_checkpoint_fail(c, error, "of optimizer %s; this one is %s",
                                    gm_printable(text_of(c, KEY_OPTIMIZER)).text, optimizer);
    gm_free(described);
    if (status == GM_OK)
        status = check_blocks(c, network, error);
    return status == GM_OK ? check_state_blocks(c, engine, error) : status;
}

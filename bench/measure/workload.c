/* What is benchmarked: a network with random weights, a batch of random data, an engine. */
#include "bench/measure/workload.h"
#include "base/element.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/suggest.h"
#include "bench/measure/sizes.h"

#include <stdio.h>
#include <string.h>

/* Named networks, for comparisons with the literature and with peers. */
static const gm_net presets[] = {
    {"wide", {1024, 4096, 4096, 1024}, 4, 256},
    {"mid", {784, 1024, 1024, 10}, 4, 128},
    {"online", {784, 1024, 1024, 10}, 4, 1}, /* mid, row by row: each product is a gemv or a ger */
    {"deep", {512, 512, 512, 512, 512, 512, 512, 512, 512, 10}, 10, 64},
    {"mnist", {784, 128, 10}, 3, 64},
    {"nielsen", {784, 30, 10}, 3, 10},
    {"xor", {2, 3, 1}, 3, 1},
};

const gm_net *gm_net_preset(size_t index)
{
    return index < sizeof presets / sizeof *presets ? &presets[index] : NULL;
}

const char *gm_net_preset_names(char buffer[GM_PRESET_NAMES])
{
    size_t used = 0;
    for (size_t i = 0; gm_net_preset(i) && used < GM_PRESET_NAMES; i++)
        used +=
            (size_t)snprintf(buffer + used, GM_PRESET_NAMES - used, "%s%s", i ? ", " : "", presets[i].name);
    return buffer;
}

static gm_status fail_widths(const char *text, gm_error *error)
{
    char names[GM_PRESET_NAMES];
    const char *list[sizeof presets / sizeof *presets];
    for (size_t i = 0; gm_net_preset(i); i++)
        list[i] = presets[i].name;
    const char *meant = gm_suggest(text, list, sizeof list / sizeof *list);
    return gm_fail(error, GM_USAGE, "--net %s: expected widths such as 784-128-10, or %s%s", text,
                   gm_net_preset_names(names), gm_did_you_mean(meant).text);
}

static gm_status parse_widths(gm_net *net, const char *text, gm_error *error)
{
    char item[24];
    const char *separator = gm_widths_separator(text);
    for (const char *at = text;; at++) {
        const size_t length = strcspn(at, separator);
        gm_sizes one;
        if (net->width_count == GM_MOST_WIDTHS)
            return gm_fail(error, GM_USAGE, "--net %s: expected at most %d widths", text, GM_MOST_WIDTHS);
        snprintf(item, sizeof item, "%.*s", (int)(length < sizeof item ? length : 0), at);
        if (gm_sizes_parse(&one, "net", item, NULL) != GM_OK || one.count != 1)
            return fail_widths(text, error);
        net->widths[net->width_count++] = one.sizes[0];
        at += length;
        if (*at == '\0')
            break;
    }
    if (net->width_count < 2)
        return gm_fail(error, GM_USAGE, "--net %s: expected at least inputs and outputs", text);
    return GM_OK;
}

gm_status gm_net_parse(gm_net *net, const char *text, gm_error *error)
{
    for (size_t i = 0; gm_net_preset(i); i++) {
        if (strcmp(presets[i].name, text) == 0) {
            *net = presets[i];
            return GM_OK;
        }
    }
    *net = (gm_net){0};
    const gm_status status = parse_widths(net, text, error);
    if (status == GM_OK)
        gm_net_name(net);
    return status;
}

void gm_net_name(gm_net *net)
{
    size_t used = 0;
    for (size_t i = 0; i < net->width_count && used < sizeof net->name; i++)
        used +=
            (size_t)snprintf(net->name + used, sizeof net->name - used, i ? "-%zu" : "%zu", net->widths[i]);
}

gm_loss gm_net_loss(const gm_net *net)
{
    return net->widths[net->width_count - 1] == 1 ? GM_LOGISTIC : GM_CROSS_ENTROPY;
}

gm_network_options gm_net_options(const gm_net_layers *n, gm_layer_options *layers)
{
    gm_network_options options = gm_network_options_default();
    options.inputs = n->widths[0];
    options.layer_count = n->width_count - 1;
    for (size_t i = 0; i < options.layer_count; i++)
        layers[i] = (gm_layer_options){n->widths[i + 1], n->hidden};
    layers[options.layer_count - 1].activation = n->output;
    options.layers = layers;
    options.loss = n->loss;
    options.precision = n->precision;
    return options;
}

static gm_network_options network_options(const gm_workload_options *o, gm_layer_options *layers)
{
    const gm_loss loss = gm_net_loss(&o->net);
    const gm_net_layers net = {.widths = o->net.widths,
                               .width_count = o->net.width_count,
                               .hidden = o->activation,
                               .output = gm_loss_output_activation(loss),
                               .loss = loss,
                               .precision = o->precision};
    return gm_net_options(&net, layers);
}

/* They refer to *o. */
static gm_engine_options engine_options(const gm_workload_options *o)
{
    gm_engine_options options = gm_engine_options_default();
    options.backend = o->backend;
    options.batch = o->batch;
    options.threads = o->threads;
    options.optimizer = o->optimizer;
    options.profile = o->profile;
    options.dropout = &o->dropout;
    options.dropout_count = o->dropout > 0 ? 1 : 0;
    options.clip_norm = o->clip_norm;
    options.average_decay = o->average_decay;
    return options;
}

gm_status gm_workload_plan(const gm_workload_options *o, size_t *bytes, gm_error *error)
{
    gm_layer_options layers[GM_MOST_WIDTHS];
    const gm_network_options network = network_options(o, layers);
    const gm_engine_options engine = engine_options(o);
    gm_memory memory;
    const gm_status status = gm_memory_plan(&network, &engine, &memory, error);
    if (status != GM_OK)
        return status;
    /* gm_workload_plan has checked the widths, so this product does not overflow. */
    const size_t row =
        (network.inputs + o->net.widths[network.layer_count]) * gm_precision_size(o->precision);
    if (!gm_mul(o->batch, row, bytes) || !gm_add(*bytes, memory.total, bytes))
        return gm_fail(error, GM_LIMIT, "a batch of %zu rows needs more memory than any machine has",
                       o->batch);
    return GM_OK;
}

/* Weights 1 to 4. */
static gm_status make_weights(gm_workload *w, gm_precision precision, gm_error *error)
{
    w->weights = gm_alloc(w->batch, gm_precision_size(precision));
    for (size_t r = 0; w->weights && r < w->batch; r++)
        gm_put_number(w->weights, gm_type_of(precision), r, (double)(1 + r % 4));
    return w->weights ? GM_OK : gm_fail_memory(error, "the weights of the rows", w->batch * sizeof(double));
}

gm_status gm_workload_create(gm_workload *w, const gm_workload_options *o, gm_error *error)
{
    *w = (gm_workload){.batch = o->batch};
    gm_layer_options layers[GM_MOST_WIDTHS];
    const gm_network_options network = network_options(o, layers);
    const gm_engine_options engine = engine_options(o);
    gm_status status = gm_network_create(&w->network, &network, error);
    if (status == GM_OK)
        status = gm_engine_create(&w->engine, w->network, &engine, error);
    if (status == GM_OK) {
        const gm_random_rows rows = gm_random_rows_for(w->network, o->batch, GM_RANDOM_PIXELS);
        status = gm_random_batch_draw(&w->rows, &rows, gm_random_seed(1, GM_STREAM_BENCH), error);
    }
    if (status == GM_OK && o->weighted)
        status = make_weights(w, o->precision, error);
    if (status != GM_OK)
        gm_workload_clear(w);
    return status;
}

void gm_workload_clear(gm_workload *w)
{
    gm_engine_destroy(w->engine);
    gm_network_destroy(w->network);
    gm_random_batch_clear(&w->rows);
    gm_free(w->weights);
    *w = (gm_workload){0};
}

static gm_status weighted_steps(const gm_workload *w, size_t iterations, gm_error *error)
{
    gm_step_options options = gm_step_options_default();
    gm_status status = GM_OK;
    options.weights = gm_array_real(w->weights, gm_network_precision(w->network), w->batch, 1);
    for (size_t i = 0; i < iterations && status == GM_OK; i++)
        status = gm_engine_step_with(w->engine, w->rows.x, w->rows.y, &options, NULL, error);
    return status;
}

gm_status gm_workload_steps(void *workload, size_t iterations, gm_error *error)
{
    const gm_workload *w = workload;
    gm_status status = GM_OK;
    if (w->weights)
        return weighted_steps(w, iterations, error);
    for (size_t i = 0; i < iterations && status == GM_OK; i++)
        status = gm_engine_step(w->engine, w->rows.x, w->rows.y, NULL, error);
    return status;
}

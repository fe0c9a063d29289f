/* What is benchmarked: a network with random weights, a batch of random data, an engine. */
#include "bench/measure/workload.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/random.h"
#include "base/suggest.h"
#include "bench/measure/range.h"

#include <stdio.h>
#include <string.h>

/* The networks that the literature and the peers are compared on. */
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
        gm_range one;
        if (net->width_count == GM_MOST_WIDTHS)
            return gm_fail(error, GM_USAGE, "--net %s: expected at most %d widths", text, GM_MOST_WIDTHS);
        snprintf(item, sizeof item, "%.*s", (int)(length < sizeof item ? length : 0), at);
        if (gm_range_parse(&one, "net", item, NULL) != GM_OK || one.count != 1)
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

/* `layers` has room for GM_MOST_WIDTHS; the options refer to it. */
static gm_network_options network_options(const gm_workload_options *o, gm_layer_options *layers)
{
    const size_t count = o->net.width_count - 1;
    const gm_loss loss = gm_net_loss(&o->net);
    for (size_t i = 0; i < count; i++)
        layers[i] = (gm_layer_options){o->net.widths[i + 1], o->activation};
    layers[count - 1].activation = gm_loss_output_activation(loss);
    gm_network_options options = gm_network_options_default();
    options.inputs = o->net.widths[0];
    options.layer_count = count;
    options.layers = layers;
    options.loss = loss;
    options.precision = o->precision;
    return options;
}

static gm_engine_options engine_options(const gm_workload_options *o)
{
    gm_engine_options options = gm_engine_options_default();
    options.backend = o->backend;
    options.batch = o->batch;
    options.threads = o->threads;
    options.optimizer = o->optimizer;
    options.profile = o->profile;
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
    /* The plan has looked at the widths: a row of x and y is far from an overflow. */
    const size_t row =
        (network.inputs + o->net.widths[network.layer_count]) * gm_precision_size(o->precision);
    if (!gm_mul(o->batch, row, bytes) || !gm_add(*bytes, memory.total, bytes))
        return gm_fail(error, GM_LIMIT, "a batch of %zu rows needs more memory than any machine has",
                       o->batch);
    return GM_OK;
}

static void put(void *values, gm_precision precision, size_t index, double value)
{
    if (precision == GM_F64)
        ((double *)values)[index] = value;
    else
        ((float *)values)[index] = (float)value;
}

/* Inputs uniform in [0, 1) as pixels are; one class for each row, or 0 and 1 for one output. */
static void draw_batch(gm_workload *w, gm_precision precision, size_t in, size_t out)
{
    gm_random random = gm_random_seed(1, GM_STREAM_BENCH);
    for (size_t i = 0; i < w->batch * in; i++)
        put(w->x, precision, i, gm_random_uniform(&random));
    for (size_t r = 0; r < w->batch; r++) {
        const size_t label = (size_t)gm_random_below(&random, out == 1 ? 2 : out);
        for (size_t c = 0; c < out; c++)
            put(w->y, precision, r * out + c, out == 1 ? (double)label : c == label);
    }
}

gm_status gm_workload_create(gm_workload *w, const gm_workload_options *o, gm_error *error)
{
    *w = (gm_workload){.batch = o->batch};
    const size_t in = o->net.widths[0], out = o->net.widths[o->net.width_count - 1];
    const size_t size = gm_precision_size(o->precision);
    gm_layer_options layers[GM_MOST_WIDTHS];
    const gm_network_options network = network_options(o, layers);
    const gm_engine_options engine = engine_options(o);
    gm_status status = gm_network_create(&w->network, &network, error);
    if (status == GM_OK)
        status = gm_engine_create(&w->engine, w->network, &engine, error);
    if (status == GM_OK) {
        w->x = gm_alloc(o->batch, in * size);
        w->y = gm_alloc(o->batch, out * size);
        if (!w->x || !w->y)
            status = gm_fail_memory(error, "a batch", o->batch * (in + out) * size);
    }
    if (status != GM_OK) {
        gm_workload_clear(w);
        return status;
    }
    draw_batch(w, o->precision, in, out);
    w->xs = gm_array_real(w->x, o->precision, o->batch, in);
    w->ys = gm_array_real(w->y, o->precision, o->batch, out);
    return GM_OK;
}

void gm_workload_clear(gm_workload *w)
{
    gm_engine_destroy(w->engine);
    gm_network_destroy(w->network);
    gm_free(w->x);
    gm_free(w->y);
    *w = (gm_workload){0};
}

gm_status gm_workload_steps(void *workload, size_t iterations, gm_error *error)
{
    const gm_workload *w = workload;
    gm_status status = GM_OK;
    for (size_t i = 0; i < iterations && status == GM_OK; i++)
        status = gm_engine_step(w->engine, w->xs, w->ys, NULL, error);
    return status;
}

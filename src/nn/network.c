/* A network: makes it, after every size and every choice has been checked, and gives access to its shape and
 * to its block of parameters. */
#include "nn/network.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/options.h"
#include "function/facts.h"

#include <gradmill/system.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

void gm_network_options_fill(gm_network_options *options, size_t size)
{
    const gm_network_options defaults = {.precision = GM_F32, .init = GM_INIT_AUTO, .seed = 1};
    gm_options_fill(options, size, &defaults, sizeof defaults);
}

gm_status gm_network_options_read(gm_network_options *own, const gm_network_options *options, gm_error *error)
{
    *own = gm_network_options_default();
    return gm_options_read(own, sizeof *own, options, "gm_network_options", error);
}

gm_activation gm_loss_output_activation(gm_loss loss)
{
    return (unsigned)loss < GM_LOSS_COUNT ? gm_facts_of_losses[loss].output : GM_IDENTITY;
}

gm_status gm_check_memory(const char *what, size_t bytes, gm_error *error)
{
    const size_t available = gm_system_memory();
    if (bytes <= available)
        return GM_OK;
    char needed[32], free_bytes[32];
    return gm_fail(error, GM_LIMIT, "%s needs %zu bytes (%s); %s are free; use fewer or narrower layers",
                   what, bytes, gm_format_bytes(needed, sizeof needed, bytes),
                   gm_format_bytes(free_bytes, sizeof free_bytes, available));
}

/* Writes how much memory all parameters would need, which may be more than a size_t can hold. Returns text.
 */
static const char *estimate(const gm_network_options *o, char *text, size_t size)
{
    double numbers = 0, inputs = (double)o->inputs;
    char gib[32];
    for (size_t i = 0; i < o->layer_count; i++) {
        const double outputs = (double)o->layers[i].outputs;
        numbers += (inputs + 1) * outputs;
        inputs = outputs;
    }
    gm_format_double(gib, sizeof gib, numbers * (double)gm_precision_size(o->precision) / 0x1p30, 3);
    snprintf(text, size, "the network would need %s GiB", gib);
    return text;
}

/* Checks a width. A BLAS takes sizes as int. */
static gm_status check_width(const gm_network_options *o, const char *what, size_t layer, size_t width,
                             gm_error *error)
{
    char needed[64];
    if (width == 0)
        return gm_fail(error, GM_USAGE, "layer %zu: no %s; expected at least 1", layer + 1, what);
    if (width > INT_MAX)
        return gm_fail(error, GM_LIMIT, "layer %zu: %zu %s; expected at most %d; %s", layer + 1, width, what,
                       INT_MAX, estimate(o, needed, sizeof needed));
    return GM_OK;
}

static gm_status check_output(const gm_network_options *o, gm_error *error)
{
    const gm_activation output = o->layers[o->layer_count - 1].activation;
    const gm_activation needed = gm_loss_output_activation(o->loss);
    if ((unsigned)o->loss >= GM_LOSS_COUNT)
        return gm_fail(error, GM_USAGE, "unknown loss %d", (int)o->loss);
    if (needed != GM_IDENTITY && output != needed)
        return gm_fail(error, GM_USAGE, "loss %s needs the output activation %s, got %s",
                       gm_loss_name(o->loss), gm_activation_name(needed), gm_activation_name(output));
    return GM_OK;
}

static gm_status check_activation(const gm_network_options *o, size_t index, gm_error *error)
{
    const gm_activation activation = o->layers[index].activation;
    if ((unsigned)activation >= GM_ACTIVATION_COUNT)
        return gm_fail(error, GM_USAGE, "layer %zu: unknown activation %d", index + 1, (int)activation);
    if (gm_facts_of_activations[activation].output_only && index + 1 < o->layer_count)
        return gm_fail(error, GM_USAGE, "layer %zu: %s is for the output layer only", index + 1,
                       gm_activation_name(activation));
    return GM_OK;
}

gm_status gm_network_shape(const gm_network_options *o, gm_layer *layers, size_t *parameter_count,
                           gm_error *error)
{
    if (o->layer_count == 0 || !o->layers)
        return gm_fail(error, GM_USAGE, "no layers; expected an input width and at least one layer");
    if ((unsigned)o->precision > GM_F64)
        return gm_fail(error, GM_USAGE, "unknown precision %d", (int)o->precision);
    if ((unsigned)o->init >= GM_INIT_COUNT)
        return gm_fail(error, GM_USAGE, "unknown way to initialise %d", (int)o->init);
    size_t total = 0, inputs = o->inputs;
    char needed[64];
    gm_status status = check_width(o, "inputs", 0, inputs, error);
    for (size_t i = 0; i < o->layer_count && status == GM_OK; i++) {
        const size_t outputs = o->layers[i].outputs;
        size_t weights = 0, bytes = 0;
        status = check_width(o, "outputs", i, outputs, error);
        if (status == GM_OK)
            status = check_activation(o, i, error);
        if (status != GM_OK)
            return status;
        layers[i] = (gm_layer){inputs, outputs, o->layers[i].activation, total, 0};
        if (!gm_mul(inputs, outputs, &weights) || !gm_add(total, weights, &layers[i].biases) ||
            !gm_add(layers[i].biases, outputs, &total) || !gm_mul(total, sizeof(double) * 8, &bytes))
            return gm_fail(error, GM_LIMIT,
                           "layer %zu: %zu x %zu weights are more than any machine can hold; %s", i + 1,
                           outputs, inputs, estimate(o, needed, sizeof needed));
        inputs = outputs;
    }
    *parameter_count = total;
    return status == GM_OK ? check_output(o, error) : status;
}

static gm_status create(gm_network **result, const gm_network_options *options, gm_error *error)
{
    gm_network *network = gm_alloc(1, sizeof *network);
    if (!network)
        return gm_fail_memory(error, "a network", sizeof *network);
    gm_status status = GM_OK;
    network->layers = gm_alloc(options->layer_count, sizeof *network->layers);
    if (!network->layers)
        status = gm_fail_memory(error, "the layers", options->layer_count * sizeof *network->layers);
    if (status == GM_OK)
        status = gm_network_shape(options, network->layers, &network->parameter_count, error);
    const size_t bytes = network->parameter_count * gm_precision_size(options->precision);
    if (status == GM_OK)
        status = gm_check_memory("the network", bytes, error);
    if (status == GM_OK && !(network->parameters = gm_alloc(bytes, 1)))
        status = gm_fail_memory(error, "the parameters", bytes);
    if (status != GM_OK) {
        gm_network_destroy(network);
        return status;
    }
    network->layer_count = options->layer_count;
    network->loss = options->loss;
    network->precision = options->precision;
    gm_network_initialise(network, options);
    *result = network;
    return GM_OK;
}

gm_status gm_network_create(gm_network **result, const gm_network_options *options, gm_error *error)
{
    *result = NULL;
    gm_network_options own;
    const gm_status status = gm_network_options_read(&own, options, error);
    return status == GM_OK ? create(result, &own, error) : status;
}

/* A layer list and a block of the same sizes. */
static gm_status copy(gm_network *to, const gm_network *from, gm_error *error)
{
    const size_t layers = from->layer_count * sizeof *from->layers;
    const size_t bytes = gm_network_bytes(from);
    to->layers = gm_alloc(from->layer_count, sizeof *from->layers);
    if (!to->layers)
        return gm_fail_memory(error, "the layers", layers);
    const gm_status status = gm_check_memory("the network", bytes, error);
    if (status != GM_OK)
        return status;
    to->parameters = gm_alloc(bytes, 1);
    if (!to->parameters)
        return gm_fail_memory(error, "the parameters", bytes);
    memcpy(to->layers, from->layers, layers);
    memcpy(to->parameters, from->parameters, bytes);
    to->layer_count = from->layer_count;
    to->loss = from->loss;
    to->precision = from->precision;
    to->parameter_count = from->parameter_count;
    return GM_OK;
}

gm_status gm_network_copy(gm_network **result, const gm_network *network, gm_error *error)
{
    *result = NULL;
    gm_network *made = gm_alloc(1, sizeof *made);
    if (!made)
        return gm_fail_memory(error, "a network", sizeof *made);
    gm_network_settle(network);
    const gm_status status = copy(made, network, error);
    if (status == GM_OK)
        *result = made;
    else
        gm_network_destroy(made);
    return status;
}

void gm_network_destroy(gm_network *network)
{
    if (!network)
        return;
    gm_free(network->layers);
    gm_free(network->parameters);
    gm_free(network);
}

size_t gm_network_inputs(const gm_network *network)
{
    return network->layers[0].inputs;
}

size_t gm_network_outputs(const gm_network *network)
{
    return network->layers[network->layer_count - 1].outputs;
}

size_t gm_network_layer_count(const gm_network *network)
{
    return network->layer_count;
}

gm_layer gm_network_layer(const gm_network *network, size_t index)
{
    return network->layers[index];
}

gm_loss gm_network_loss(const gm_network *network)
{
    return network->loss;
}

gm_precision gm_network_precision(const gm_network *network)
{
    return network->precision;
}

size_t gm_network_parameter_count(const gm_network *network)
{
    return network->parameter_count;
}

void gm_network_settle(const gm_network *network)
{
    gm_keeper *keeper = network->keeper;
    if (keeper && atomic_load_explicit(&keeper->ahead, memory_order_acquire)) {
        keeper->give_back(keeper->holder);
        atomic_store_explicit(&keeper->ahead, false, memory_order_release);
    }
}

void gm_network_release(gm_network *network)
{
    gm_network_settle(network);
    network->keeper = NULL;
}

gm_mutable_array gm_network_parameters(gm_network *network)
{
    gm_network_release(network);
    return gm_mutable_real(network->parameters, network->precision, 1, network->parameter_count);
}

void gm_network_fill(gm_network *network, const void *block)
{
    gm_network_release(network);
    memcpy(network->parameters, block, gm_network_bytes(network));
}

gm_array gm_network_parameters_const(const gm_network *network)
{
    gm_network_settle(network);
    return gm_array_real(network->parameters, network->precision, 1, network->parameter_count);
}

double gm_network_parameter(const gm_network *network, size_t index)
{
    gm_network_settle(network);
    return gm_get_number(network->parameters, gm_type_of(network->precision), index);
}

void gm_network_set_parameter(gm_network *network, size_t index, double value)
{
    gm_network_release(network);
    gm_network_write(network, index, value);
}

/* The options that describe a network, and the network that they describe. */
#include "cli/options.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "cli/arguments.h"
#include "cli/help.h"
#include "cli/names.h"

#include <errno.h>
#include <string.h>

enum {
    KEY_LAYERS = 0x200,
    KEY_ACTIVATION,
    KEY_LOSS,
    KEY_PRECISION,
    KEY_INIT,
    KEY_SEED,
};

static const struct argp_option network_options[] = {
    {0, 0, 0, 0, "Network:", 2},
    {"layers", KEY_LAYERS, "N,N,...", 0,
     "widths from the inputs to the outputs, such as 784,1024,1024,10; x or - may stand in place of the commas",
     0},
    {"activation", KEY_ACTIVATION, "F[,F...]", 0,
     "activation of the hidden layers, or a list with one for each layer: {activations} (default relu; the output "
     "layer has what the loss needs)",
     0},
    {"loss", KEY_LOSS, "C", 0,
     "loss function: {losses} (default cross-entropy for classes, mean-squares for numbers)", 0},
    {"init", KEY_INIT, "HOW", 0,
     "initial weights: {inits} (default auto: torch for relu and similar activations and most outputs, else Xavier)",
     0},
    {"precision", KEY_PRECISION, "TYPE", 0,
     "precision of the arithmetic: {precisions} (default f32; gradcheck: f64)", 0},
    {"seed", KEY_SEED, "N", 0, "seed of the weights, the split and the order of the rows (default 1)", 0},
    {0},
};

cli_network_options cli_network_defaults(void)
{
    return (cli_network_options){.precision = GM_F32, .init = GM_INIT_AUTO, .seed = 1};
}

void cli_network_clear(cli_network_options *options)
{
    gm_free(options->widths);
    gm_free(options->activations);
    *options = (cli_network_options){0};
}

/* The number of items in a list. */
static size_t count_items(const char *list, const char *separator)
{
    size_t count = 1;
    for (; *list; list++)
        count += *list == *separator;
    return count;
}

static void parse_layers(char *list, cli_network_options *options, struct argp_state *state)
{
    const char *separator = gm_widths_separator(list);
    gm_free(options->widths);
    options->width_count = 0;
    options->widths = gm_alloc(count_items(list, separator), sizeof *options->widths);
    for (char *item; options->widths && (item = strsep(&list, separator));)
        options->widths[options->width_count++] = cli_size("layers", item, 1, state);
    if (!options->widths)
        argp_failure(state, GM_LIMIT, ENOMEM, "--layers");
    else if (options->width_count < 2)
        cli_refuse(state, "--layers: expected at least two widths, inputs and outputs");
}

static void parse_activations(char *list, cli_network_options *options, struct argp_state *state)
{
    gm_free(options->activations);
    options->activation_count = 0;
    options->activations = gm_alloc(count_items(list, ","), sizeof *options->activations);
    if (!options->activations)
        argp_failure(state, GM_LIMIT, ENOMEM, "--activation");
    for (char *item; options->activations && (item = strsep(&list, ","));) {
        options->activations[options->activation_count++] =
            (gm_activation)cli_choose("activation", item, cli_activation_names, state);
    }
}

static error_t parse_network(int key, char *argument, struct argp_state *state)
{
    cli_network_options *options = state->input;
    switch (key) {
    case KEY_LAYERS:
        parse_layers(argument, options, state);
        return 0;
    case KEY_ACTIVATION:
        parse_activations(argument, options, state);
        return 0;
    case KEY_LOSS:
        options->loss = (gm_loss)cli_choose("loss", argument, cli_loss_names, state);
        options->has_loss = true;
        return 0;
    case KEY_INIT:
        options->init = (gm_init)cli_choose("init", argument, cli_init_names, state);
        return 0;
    case KEY_PRECISION:
        options->precision = (gm_precision)cli_choose("precision", argument, cli_precision_names, state);
        return 0;
    case KEY_SEED:
        options->seed = cli_size("seed", argument, 0, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp cli_network_argp = {
    .options = network_options, .parser = parse_network, .help_filter = cli_fill_names};

/* The activation of one layer. The option has a list with one activation for each layer, or a single one for
 * all hidden layers; then the output layer has the activation that belongs to the loss. */
static gm_activation choose_activation(const cli_network_options *o, size_t layer, size_t layer_count,
                                       gm_loss loss)
{
    if (o->activation_count == layer_count)
        return o->activations[layer];
    if (layer + 1 == layer_count)
        return gm_loss_output_activation(loss);
    return o->activation_count == 1 ? o->activations[0] : GM_RELU;
}

gm_loss cli_default_loss(const cli_network_options *options)
{
    return options->widths[options->width_count - 1] > 1 ? GM_CROSS_ENTROPY : GM_MEAN_SQUARES;
}

gm_status cli_network_describe(const cli_network_options *options, gm_loss fallback,
                               gm_network_options *network, gm_layer_options **layers, gm_error *error)
{
    const size_t count = options->width_count - 1;
    const bool differs = options->activation_count > 1 && options->activation_count != count;
    *layers = NULL;
    if (differs && !cli_typed("activation"))
        cli_note(
            "of the activations from a file, which are those of %zu layers, the first is taken for all hidden ones",
            options->activation_count);
    else if (differs)
        return gm_fail(error, GM_USAGE, "--activation names %zu layers; expected 1 name, or %zu",
                       options->activation_count, count);
    *layers = gm_alloc(count, sizeof **layers);
    if (!*layers)
        return gm_fail_memory(error, "the layers", count * sizeof **layers);
    *network = gm_network_options_default();
    network->inputs = options->widths[0];
    network->layer_count = count;
    network->layers = *layers;
    network->loss = options->has_loss ? options->loss : fallback;
    network->precision = options->precision;
    network->init = options->init;
    network->seed = options->seed;
    for (size_t i = 0; i < count; i++)
        (*layers)[i] =
            (gm_layer_options){options->widths[i + 1], choose_activation(options, i, count, network->loss)};
    return GM_OK;
}

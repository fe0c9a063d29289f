/* The options for what a step does besides the optimizer: bounds of the gradient, dropout, the average of the
 * weights, and how many batches make a step. */
#include "base/error.h"
#include "base/number.h"
#include "cli/needless.h"

#include <string.h>

enum { KEY_CLIP_NORM = 0x600, KEY_CLIP_VALUE, KEY_DROPOUT, KEY_EMA, KEY_ACCUMULATE };

static const struct argp_option step_options[] = {
    {0, 0, 0, 0, "Steps:", 6},
    {"clip-norm", KEY_CLIP_NORM, "X", 0, "shrink a gradient whose norm is above X (default: no bound)", 0},
    {"clip-value", KEY_CLIP_VALUE, "X", 0, "bound each number of a gradient by X (default: no bound)", 0},
    {"dropout", KEY_DROPOUT, "P,...", 0,
     "probability that an output of a hidden layer is left out in a step: one for all of these layers, or one for each "
     "(default 0)",
     0},
    {"ema", KEY_EMA, "DECAY", 0,
     "average the weights over the steps; each step keeps this share of the average, such as 0.999. The averaged weights "
     "are validated and saved (default: no average)",
     0},
    {"accumulate", KEY_ACCUMULATE, "N", 0,
     "N batches make one step, with the mean gradient over all of their rows (default 1)", 0},
    {0},
};

static void parse_dropout(cli_engine_options *options, char *list, struct argp_state *state)
{
    size_t count = 0;
    for (char *item; (item = strsep(&list, ","));) {
        if (count < CLI_MOST_DROPOUTS)
            options->dropout[count++] = cli_number_below("dropout", item, 1, state);
        else
            cli_refuse(state, "--dropout: expected at most %d numbers", CLI_MOST_DROPOUTS);
    }
    options->engine.dropout = options->dropout;
    options->engine.dropout_count = count;
}

static error_t parse_step(int key, char *argument, struct argp_state *state)
{
    cli_engine_options *options = state->input;
    switch (key) {
    case KEY_CLIP_NORM:
        options->engine.clip_norm = cli_positive("clip-norm", argument, state);
        return 0;
    case KEY_CLIP_VALUE:
        options->engine.clip_value = cli_positive("clip-value", argument, state);
        return 0;
    case KEY_DROPOUT:
        parse_dropout(options, argument, state);
        return 0;
    case KEY_EMA:
        options->engine.average_decay = cli_positive("ema", argument, state);
        if (options->engine.average_decay >= 1)
            cli_refuse(state, "--ema %s: expected a number above 0 and below 1", argument);
        return 0;
    case KEY_ACCUMULATE:
        options->accumulate = cli_size("accumulate", argument, 1, state);
        options->engine.accumulates = options->accumulate > 1;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp cli_step_argp = {.options = step_options, .parser = parse_step};

gm_status cli_check_dropout(const cli_engine_options *options, size_t hidden_layers, gm_error *error)
{
    static const char *const dropout[] = {"dropout"};
    const size_t count = options->engine.dropout_count;
    if (hidden_layers == 0)
        return cli_refuse_given(dropout, 1, "on a network without a hidden layer", error);
    if (count <= 1 || count == hidden_layers)
        return GM_OK;
    return gm_fail(error, GM_USAGE,
                   "--dropout has %zu numbers; expected %s%zu: the network has %zu hidden layer%s", count,
                   hidden_layers > 1 ? "1 or " : "", hidden_layers, hidden_layers, gm_plural(hidden_layers));
}

gm_status cli_check_accumulate(const cli_engine_options *options, size_t batches, gm_error *error)
{
    if (options->accumulate <= batches)
        return GM_OK;
    return gm_fail(error, GM_USAGE, "--accumulate %zu; expected at most %zu, the batches of an epoch",
                   options->accumulate, batches);
}

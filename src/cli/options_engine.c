/* The options for the computation (backend, threads, precision) and for learning (optimizer, rate, ...). */
#include "cli/options.h"
#include "base/memory.h"
#include "base/number.h"
#include "cli/help.h"
#include "cli/names.h"
#include "function/facts.h"

#include <math.h>

enum {
    KEY_BACKEND = 0x300,
    KEY_THREADS,
    KEY_BATCH,
    KEY_OPTIMIZER,
    KEY_FREEZE_BIAS,
    KEY_SETTING, /* and as many more as an optimizer has settings */
};

static const struct argp_option compute_options[] = {
    {0, 0, 0, 0, "Computation:", 3},
    {"backend", KEY_BACKEND, "NAME", 0,
     "backend, which computes the matrix products: {backends} (default packed)", 0},
    {"threads", KEY_THREADS, "N", 0,
     "threads of a step (default: as many as affinity mask and CPU quota allow)", 0},
    {"batch", KEY_BATCH, "N", 0,
     "rows of a mini-batch (default 128; train: 32 below 10,000 rows; gradcheck: 8)", 0},
    {0},
};

/* Larger numbers are passed on, because the engine refuses them. */
#define MOST_THREADS 4096

/* Limits the threads to the processors that can be used. More threads would only take time from each other.
 */
static size_t threads_to_start(size_t asked)
{
    const size_t usable = gm_system_threads().usable;
    if (asked <= usable || asked > MOST_THREADS)
        return asked;
    cli_note("--threads %zu: only %zu processor%s may run here, and no more threads are started", asked,
             usable, gm_plural(usable));
    return usable;
}

static error_t parse_compute(int key, char *argument, struct argp_state *state)
{
    cli_engine_options *options = state->input;
    switch (key) {
    case KEY_BACKEND:
        options->engine.backend =
            cli_backend_names(cli_choose("backend", argument, cli_backend_names, state));
        return 0;
    case KEY_THREADS:
        options->engine.threads = threads_to_start(cli_size("threads", argument, 1, state));
        return 0;
    case KEY_BATCH:
        options->engine.batch = cli_size("batch", argument, 1, state);
        options->has_batch = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

size_t cli_default_batch(size_t rows)
{
    return gm_min(rows >= 10000 ? 128 : 32, rows);
}

/* Small data needs more epochs: as many as give about 2,000 steps, but at least 10 and at most 1,000. */
size_t cli_default_epochs(size_t steps)
{
    return gm_min(gm_max(gm_pieces(2000, steps), 10), 1000);
}

const struct argp cli_compute_argp = {
    .options = compute_options, .parser = parse_compute, .help_filter = cli_fill_names};

static const struct argp_option optimizer_options[] = {
    {0, 0, 0, 0, "Optimizer:", 4},
    {"optimizer", KEY_OPTIMIZER, "NAME", 0, "how the weights are updated: {optimizers} (default adam)", 0},
#define SETTING(FIELD, ...) {#FIELD, KEY_SETTING + GM_SETTING_##FIELD, "X", 0, "", 0}, /* setting_help */
#include "function/optimizer_settings.def"
    {"freeze-bias", KEY_FREEZE_BIAS, 0, 0, "leave the biases as they are at the start", 0},
    {0},
};

cli_engine_options cli_engine_defaults(gm_optimizer_kind kind)
{
    cli_engine_options options = {
        .engine = gm_engine_options_default(), .accumulate = 1, .given = {.kind = kind}};
    for (gm_setting s = 0; s < GM_SETTING_COUNT; s++)
        *gm_setting_of(&options.given, s) = NAN;
    return options;
}

/* Sets the defaults of the chosen optimizer, and then the values that were given. The order on the command
 * line does not matter. */
static void settle_optimizer(cli_engine_options *options)
{
    gm_optimizer *o = &options->engine.optimizer;
    *o = gm_optimizer_default(options->given.kind);
    o->freeze_bias = options->given.freeze_bias;
    for (gm_setting s = 0; s < GM_SETTING_COUNT; s++) {
        const double given = *gm_setting_of(&options->given, s);
        if (!isnan(given))
            *gm_setting_of(o, s) = given;
    }
}

static error_t parse_optimizer(int key, char *argument, struct argp_state *state)
{
    cli_engine_options *options = state->input;
    switch (key) {
    case KEY_OPTIMIZER:
        options->given.kind =
            (gm_optimizer_kind)cli_choose("optimizer", argument, cli_optimizer_names, state);
        return 0;
    case KEY_FREEZE_BIAS:
        options->given.freeze_bias = true;
        return 0;
    case ARGP_KEY_END:
        settle_optimizer(options);
        return 0;
    default:
        if (key < KEY_SETTING || key >= KEY_SETTING + GM_SETTING_COUNT)
            return ARGP_ERR_UNKNOWN;
        *gm_setting_of(&options->given, (gm_setting)(key - KEY_SETTING)) =
            cli_number_below(gm_facts_of_settings[key - KEY_SETTING].name, argument,
                             gm_facts_of_settings[key - KEY_SETTING].below, state);
        return 0;
    }
}

/* What a setting is, which optimizers read it, and its default: all of it from the lists. */
static char *optimizer_help(int key, const char *text, void *input)
{
    char help[CLI_HELP_SIZE];
    return key >= KEY_SETTING && key < KEY_SETTING + GM_SETTING_COUNT
               ? gm_strdup(cli_setting_help(help, (gm_setting)(key - KEY_SETTING)))
               : cli_fill_names(key, text, input);
}

const struct argp cli_optimizer_argp = {
    .options = optimizer_options, .parser = parse_optimizer, .help_filter = optimizer_help};

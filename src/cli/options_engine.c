/* The options that say who computes, and how the network learns. */
#include "cli/options.h"
#include "base/memory.h"
#include "base/number.h"
#include "cli/names.h"

#include <math.h>

enum {
    KEY_BACKEND = 0x300,
    KEY_THREADS,
    KEY_BATCH,
    KEY_OPTIMIZER,
    KEY_FREEZE_BIAS,
    KEY_RATE,
    KEY_MOMENTUM,
    KEY_BETA1,
    KEY_BETA2,
    KEY_EPSILON,
    KEY_L2,
    KEY_DECAY,
};

static const struct argp_option compute_options[] = {
    {0, 0, 0, 0, "Computation:", 3},
    {"backend", KEY_BACKEND, "NAME", 0,
     "who computes: packed, blas, auto, naive or naive-ikj (default packed)", 0},
    {"threads", KEY_THREADS, "N", 0,
     "threads of a step (default: as many as affinity mask and CPU quota allow)", 0},
    {"batch", KEY_BATCH, "N", 0,
     "rows of a mini-batch (default 128; train: 32 below 10,000 rows; gradcheck: 8)", 0},
    {0},
};

/* A number that the engine refuses in any case is left to it. */
#define MOST_THREADS 4096

/* No more than processors that may run: the others would only take turns with them. */
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

/* Small data wants more passes: enough for some 2,000 steps, but 10 at least and 1,000 at most. */
size_t cli_default_epochs(size_t rows, size_t batch)
{
    const size_t steps = gm_pieces(rows, batch);
    return gm_min(gm_max(gm_pieces(2000, steps), 10), 1000);
}

const struct argp cli_compute_argp = {.options = compute_options, .parser = parse_compute};

static const struct argp_option optimizer_options[] = {
    {0, 0, 0, 0, "Optimizer:", 4},
    {"optimizer", KEY_OPTIMIZER, "NAME", 0,
     "how the weights are updated: sgd, momentum, nesterov, adam or adamw (default adam)", 0},
    {"rate", KEY_RATE, "X", 0, "learning rate (default 0.001 for adam and adamw, else 0.1)", 0},
    {"momentum", KEY_MOMENTUM, "X", 0,
     "momentum and nesterov: how much of the last step is kept (default 0.9)", 0},
    {"beta1", KEY_BETA1, "X", 0, "adam and adamw: decay rate of the mean of the gradients (default 0.9)", 0},
    {"beta2", KEY_BETA2, "X", 0, "adam and adamw: decay rate of the mean of their squares (default 0.999)",
     0},
    {"epsilon", KEY_EPSILON, "X", 0, "adam and adamw: added to the divisor of a step (default 1e-8)", 0},
    {"l2", KEY_L2, "X", 0, "L2 penalty: adds X W to the gradient of W (default 0)", 0},
    {"decay", KEY_DECAY, "X", 0,
     "decoupled weight decay: each step takes the share rate X off every weight (default 0, adamw 0.01)", 0},
    {"freeze-bias", KEY_FREEZE_BIAS, 0, 0, "leave the biases as they are at the start", 0},
    {0},
};

cli_engine_options cli_engine_defaults(gm_optimizer_kind kind)
{
    return (cli_engine_options){
        .engine = gm_engine_options_default(),
        .given = {kind, NAN, NAN, NAN, NAN, NAN, NAN, NAN, false},
    };
}

/* The field that a numeric option sets, or NULL. */
static double *optimizer_field(gm_optimizer *o, int key)
{
    switch (key) {
    case KEY_RATE:
        return &o->rate;
    case KEY_MOMENTUM:
        return &o->momentum;
    case KEY_BETA1:
        return &o->beta1;
    case KEY_BETA2:
        return &o->beta2;
    case KEY_EPSILON:
        return &o->epsilon;
    case KEY_L2:
        return &o->l2;
    case KEY_DECAY:
        return &o->decay;
    default:
        return NULL;
    }
}

/* The defaults of the optimizer that was named, wherever on the line, and over them what was given. */
static void settle_optimizer(cli_engine_options *options)
{
    gm_optimizer *o = &options->engine.optimizer;
    *o = gm_optimizer_default(options->given.kind);
    o->freeze_bias = options->given.freeze_bias;
    for (int key = KEY_RATE; key <= KEY_DECAY; key++) {
        const double given = *optimizer_field(&options->given, key);
        if (!isnan(given))
            *optimizer_field(o, key) = given;
    }
}

static const char *option_name(int key)
{
    const struct argp_option *option = optimizer_options;
    while (option->key != key)
        option++;
    return option->name;
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
        if (key < KEY_RATE || key > KEY_DECAY)
            return ARGP_ERR_UNKNOWN;
        *optimizer_field(&options->given, key) = cli_number(option_name(key), argument, state);
        return 0;
    }
}

const struct argp cli_optimizer_argp = {.options = optimizer_options, .parser = parse_optimizer};

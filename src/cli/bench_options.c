/* The options of `gradmill bench`. */
#include "cli/bench_options.h"
#include "cli/bench_cases.h"
#include "base/memory.h"
#include "base/number.h"
#include "bench/peers/libraries.h"
#include "cli/help.h"
#include "cli/names.h"
#include "cli/options.h"

#include <math.h>
#include <string.h>

enum {
    KEY_NET = 1,
    KEY_BATCH,
    KEY_WIDTH,
    KEY_THREADS,
    KEY_BACKEND,
    KEY_PRECISION,
    KEY_OPTIMIZER,
    KEY_ACTIVATION,
    KEY_DROPOUT,
    KEY_CLIP_NORM,
    KEY_EMA,
    KEY_WEIGHTS,
    KEY_TIME,
    KEY_OUT,
    KEY_REPORT,
    KEY_BLAS,
    KEY_EPOCH,
    KEY_ACCURACY,
    KEY_DATA,
    KEY_LEVEL,
    KEY_THRESHOLD,
};

static const struct argp_option table[] = {
    {0, 0, 0, 0,
     "What to measure; SIZES are lists such as 1,32,128 or ranges such as 1..4 and 64..8192*2:", 1},
    {"net", KEY_NET, "NET,...", 0, "networks: widths such as 784-128-10, or {networks}", 0},
    {"batch", KEY_BATCH, "SIZES", 0, "rows of a mini-batch (default: the network's own)", 0},
    {"width", KEY_WIDTH, "SIZES", 0, "width of every hidden layer, instead of the network's own", 0},
    {"threads", KEY_THREADS, "SIZES", 0,
     "threads of a step (default: as many as affinity mask and CPU quota allow)", 0},
    {"backend", KEY_BACKEND, "NAME,...", 0,
     "backend, which computes the matrix products: {bench-backends} (default packed)", 0},
    {"precision", KEY_PRECISION, "TYPE,...", 0, "precision of the arithmetic: {precisions} (default f32)", 0},
    {"optimizer", KEY_OPTIMIZER, "NAME,...", 0, "optimizer: {optimizers} (default sgd)", 0},
    {"activation", KEY_ACTIVATION, "F,...", 0,
     "activation of the hidden layers: {hidden-activations} (default sigmoid)", 0},
    {"dropout", KEY_DROPOUT, "P,...", 0, "step: dropout in all hidden layers, 0 for none (default 0)", 0},
    {"clip-norm", KEY_CLIP_NORM, "X,...", 0,
     "step: bound of the norm of the gradient, 0 for none (default 0)", 0},
    {"ema", KEY_EMA, "DECAY,...", 0, "step: decay of averaged weights, 0 for none (default 0)", 0},
    {"weights", KEY_WEIGHTS, "0,1", 0, "step: 1 gives every row of a batch a weight, 0 none (default 0)", 0},
    {"time", KEY_TIME, "T", 0, "time for the whole case, such as 30s, 2m or 500ms", 0},
    {0, 0, 0, 0, "Output:", 2},
    {"output", 'o', "FORMAT", 0, "format of what is printed: {formats} (default table)", 0},
    {"out", KEY_OUT, "FILE", 0, "write the results into this file as well, as JSON", 0},
    {"report", KEY_REPORT, "FILE", 0, "write one HTML page with tables and charts", 0},
    {0, 0, 0, 0, "compare, peers, gate:", 3},
    {"blas", KEY_BLAS, "NAME,...", 0, "compare: libraries to compare, or the path of one: {libraries}", 0},
    {"epoch", KEY_EPOCH, 0, 0, "peers: whole epochs of Fashion-MNIST instead of single steps", 0},
    {"accuracy", KEY_ACCURACY, "X", 0, "peers --epoch: also measure the time to this test accuracy", 0},
    {"data", KEY_DATA, "DIR", 0, "peers --epoch: the IDX files (default where Debian has them)", 0},
    {"level", KEY_LEVEL, "P", 0, "gate: significance level of the rank test (default 0.01)", 0},
    {"threshold", KEY_THRESHOLD, "X", 0, "gate: smallest relative change that counts (default 0.03)", 0},
    {0},
};

static void parse_sizes(gm_sizes *range, const char *option, const char *text, struct argp_state *state)
{
    gm_error error = {0};
    if (gm_sizes_parse(range, option, text, &error) != GM_OK)
        cli_refuse(state, "%s", error.message);
}

/* Notes that there are more threads than processors. It is allowed, because one may want to measure just
 * that. */
static void note_crowd(const gm_sizes *threads)
{
    const size_t usable = gm_system_threads().usable;
    size_t most = 0;
    for (size_t i = 0; i < threads->count; i++)
        most = gm_max(most, threads->sizes[i]);
    if (most > usable)
        cli_note("--threads %zu: only %zu processor%s may run here; the threads take turns", most, usable,
                 gm_plural(usable));
}

static void add_net(cli_bench_options *o, const char *item, struct argp_state *state)
{
    gm_error error = {0};
    if (o->sweep.net_count == GM_MOST_NETS)
        cli_refuse(state, "--net: expected at most %d networks", GM_MOST_NETS);
    gm_net *net = &o->sweep.nets[o->sweep.net_count++];
    if (gm_net_parse(net, item, &error) != GM_OK)
        cli_refuse(state, "%s", error.message);
    for (const gm_net *former = o->sweep.nets; former < net; former++)
        if (strcmp(former->name, net->name) == 0) /* "2x2" is "2-2" */
            cli_refuse(state, "--net: '%s' is named twice", net->name);
}

/* Adds a value to a list once. A repeated value would give two rows of the same name. */
static size_t choose_once(const char *option, const char *item, cli_names *names, unsigned *seen,
                          struct argp_state *state)
{
    const size_t index = cli_choose(option, item, names, state);
    if (*seen & 1U << index)
        cli_refuse(state, "--%s: '%s' is named twice", option, item);
    *seen |= 1U << index;
    return index;
}

static void add_backend(cli_bench_options *o, const char *item, struct argp_state *state)
{
    const size_t index = choose_once("backend", item, gm_backend_name, &o->seen.backend, state);
    o->sweep.backends[o->sweep.backend_count++] = gm_backend_name(index);
}

static void add_precision(cli_bench_options *o, const char *item, struct argp_state *state)
{
    const size_t index = choose_once("precision", item, cli_precision_names, &o->seen.precision, state);
    o->sweep.precisions[o->sweep.precision_count++] = (gm_precision)index;
}

static void add_optimizer(cli_bench_options *o, const char *item, struct argp_state *state)
{
    const size_t index = choose_once("optimizer", item, cli_optimizer_names, &o->seen.optimizer, state);
    o->sweep.optimizers[o->sweep.optimizer_count++] = (gm_optimizer_kind)index;
}

static void add_activation(cli_bench_options *o, const char *item, struct argp_state *state)
{
    const size_t index =
        choose_once("activation", item, cli_hidden_activation_names, &o->seen.activation, state);
    o->sweep.activations[o->sweep.activation_count++] = (gm_activation)index;
}

static void add_library(cli_bench_options *o, const char *item, struct argp_state *state)
{
    gm_library library;
    gm_error error = {0};
    for (size_t i = 0; i < o->library_count; i++)
        if (strcmp(o->libraries[i], item) == 0)
            cli_refuse(state, "--blas: '%s' is named twice", item);
    if (o->library_count == CLI_MOST_LIBRARIES)
        cli_refuse(state, "--blas: expected at most %d libraries", CLI_MOST_LIBRARIES);
    else if (gm_library_find(&library, item, &error) !=
             GM_OK) /* found here, so that an unknown name is refused before anything is measured */
        cli_refuse(state, "%s", error.message);
    else
        o->libraries[o->library_count++] = item;
}

/* A list of numbers from 0 to below `end`. A repeated one would give two rows of the same name. */
static void parse_reals(gm_reals *reals, const char *option, double end, char *list, struct argp_state *state)
{
    for (char *item; (item = strsep(&list, ","));) {
        const double value = cli_number_below(option, item, end, state);
        for (size_t i = 0; i < reals->count; i++)
            if (reals->values[i] == value)
                cli_refuse(state, "--%s: '%s' is named twice", option, item);
        if (reals->count == GM_MOST_REALS)
            cli_refuse(state, "--%s: expected at most %d numbers", option, GM_MOST_REALS);
        reals->values[reals->count++] = value;
    }
}

/* A list of 0 and 1. */
static void parse_switches(gm_reals *switches, const char *option, char *list, struct argp_state *state)
{
    parse_reals(switches, option, INFINITY, list, state);
    for (size_t i = 0; i < switches->count; i++)
        if (switches->values[i] != 0 && switches->values[i] != 1)
            cli_refuse(state, "--%s %g: expected 0 or 1", option, switches->values[i]);
}

static void each_item(cli_bench_options *o, char *list,
                      void add(cli_bench_options *, const char *, struct argp_state *),
                      struct argp_state *state)
{
    for (char *item; (item = strsep(&list, ","));)
        add(o, item, state);
}

/* Reads a list of networks. "784-128-10,mnist" are two networks, but "784,128,10" is one: a single width is
 * not a network. */
static void parse_nets(cli_bench_options *o, char *list, struct argp_state *state)
{
    if (strchr(list, ',') && strspn(list, "0123456789,") == strlen(list))
        add_net(o, list, state);
    else
        each_item(o, list, add_net, state);
}

/* "30s", "2m", "500ms", or seconds without a unit. */
static double parse_time(const char *text, struct argp_state *state)
{
    static const struct {
        const char *unit;
        double seconds;
    } units[] = {{"ms", 1e-3}, {"s", 1}, {"m", 60}, {"", 1}};
    const size_t digits = strspn(text, "0123456789.");
    double value;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(text + digits, units[i].unit) == 0 && gm_parse_double(text, digits, &value) && value > 0)
            return value * units[i].seconds;
    }
    cli_refuse(state, "--time %s: expected a time such as 30s, 2m or 500ms", text);
    return 0;
}

static void parse_argument(cli_bench_options *o, const char *argument, struct argp_state *state)
{
    if (!o->name)
        o->name = argument;
    else if (o->side_count < 2) /* whether the case takes them is checked later */
        o->sides[o->side_count++] = argument;
    else
        cli_refuse(state, "unexpected argument '%s'", argument);
}

static error_t parse_output(int key, char *argument, cli_bench_options *o, struct argp_state *state)
{
    switch (key) {
    case 'o':
        o->format = (gm_format)cli_choose("output", argument, cli_format_names, state);
        return 0;
    case KEY_OUT:
        o->out = cli_path("out", argument, state);
        return 0;
    case KEY_REPORT:
        o->report = cli_path("report", argument, state);
        return 0;
    case KEY_BLAS:
        each_item(o, argument, add_library, state);
        return 0;
    case KEY_EPOCH:
        o->epoch = true;
        return 0;
    case KEY_ACCURACY:
        o->accuracy = cli_number("accuracy", argument, state);
        return 0;
    case KEY_DATA:
        o->data = cli_path("data", argument, state);
        return 0;
    case KEY_LEVEL:
        o->gate.level = cli_number("level", argument, state);
        return 0;
    case KEY_THRESHOLD:
        o->gate.threshold = cli_number("threshold", argument, state);
        return 0;
    case ARGP_KEY_ARG:
        parse_argument(o, argument, state);
        return 0;
    case ARGP_KEY_END:
        if (o->name && strcmp(o->name, "gate") == 0 && o->side_count != 2)
            cli_refuse(state, "gate: expected OLD and NEW, two JSON outputs or two programs");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    cli_bench_options *o = state->input;
    switch (key) {
    case KEY_NET:
        parse_nets(o, argument, state);
        return 0;
    case KEY_BATCH:
        parse_sizes(&o->sweep.batch, "batch", argument, state);
        return 0;
    case KEY_WIDTH:
        parse_sizes(&o->sweep.width, "width", argument, state);
        return 0;
    case KEY_THREADS:
        parse_sizes(&o->sweep.threads, "threads", argument, state);
        note_crowd(&o->sweep.threads);
        return 0;
    case KEY_BACKEND:
        each_item(o, argument, add_backend, state);
        return 0;
    case KEY_PRECISION:
        each_item(o, argument, add_precision, state);
        return 0;
    case KEY_OPTIMIZER:
        each_item(o, argument, add_optimizer, state);
        return 0;
    case KEY_ACTIVATION:
        each_item(o, argument, add_activation, state);
        return 0;
    case KEY_DROPOUT:
        parse_reals(&o->sweep.dropout, "dropout", 1, argument, state);
        return 0;
    case KEY_CLIP_NORM:
        parse_reals(&o->sweep.clip_norm, "clip-norm", INFINITY, argument, state);
        return 0;
    case KEY_EMA:
        parse_reals(&o->sweep.ema, "ema", 1, argument, state);
        return 0;
    case KEY_WEIGHTS:
        parse_switches(&o->sweep.weights, "weights", argument, state);
        return 0;
    case KEY_TIME:
        o->sweep.seconds = parse_time(argument, state);
        return 0;
    default:
        return parse_output(key, argument, o, state);
    }
}

/* The whole help ends with the cases. */
static char *complete_help(int key, const char *text, void *input)
{
    char *full = key == ARGP_KEY_HELP_POST_DOC ? cli_bench_cases_help(text) : NULL;
    return full ? full : cli_fill_names(key, text, input);
}

void cli_bench_parse(cli_bench_options *options, int argc, char **argv)
{
    const struct argp argp = {
        .options = table,
        .parser = parse,
        .args_doc = "[CASE [OLD NEW]]",
        .doc = "Measures training steps. Without a case: a quick tour, naive loops against BLAS.\vCases:",
        .help_filter = complete_help,
    };
    *options = (cli_bench_options){.gate = gm_gate_options_default()};
    cli_parse(&argp, argc, argv, options);
}

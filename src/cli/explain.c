/* gradmill explain: shows every number of a worked example; or, with --seeds, how often the example is
 * learned from random weights. */
#include "base/error.h"
#include "base/memory.h"
#include "cli/explanation.h"
#include "cli/files.h"
#include "cli/help.h"
#include "cli/json_out.h"
#include "cli/options.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { KEY_STEPS = 1, KEY_RATE, KEY_FREEZE_BIAS, KEY_SEEDS, KEY_JSON };

struct run {
    const char *path;
    size_t steps;    /* 0: not given */
    double rate;     /* NaN: that of the example */
    int freeze_bias; /* -1: that of the example */
    size_t seeds;    /* 0: explain the example */
    bool json;
};

static const struct argp_option verb_options[] = {
    {"steps", KEY_STEPS, "N", 0, "explain the first step, then show the loss up to step N (default 1)", 0},
    {"rate", KEY_RATE, "X", 0, "learning rate (default: as the example says)", 0},
    {"freeze-bias", KEY_FREEZE_BIAS, "HOW", OPTION_ARG_OPTIONAL,
     "whether the biases stay as they are: {no-yes} (default: as the example says)", 0},
    {"seeds", KEY_SEEDS, "N", 0,
     "instead: train from the weights of seeds 1 to N for --steps steps (default 10000) and tell how many learn the "
     "samples, that is, bring every output within 0.1 of its target",
     0},
    {"json", KEY_JSON, 0, 0, "one JSON object instead of text", 0},
    {0},
};

static void parse_freeze(const char *text, int *freeze, struct argp_state *state)
{
    *freeze = !text || strcmp(text, "yes") == 0;
    if (text && strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
        cli_refuse(state, "--freeze-bias=%s: expected yes or no", text);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct run *run = state->input;
    switch (key) {
    case KEY_STEPS:
        run->steps = cli_size("steps", argument, 1, state);
        return 0;
    case KEY_RATE:
        run->rate = cli_number("rate", argument, state);
        return 0;
    case KEY_FREEZE_BIAS:
        parse_freeze(argument, &run->freeze_bias, state);
        return 0;
    case KEY_SEEDS:
        run->seeds = cli_size("seeds", argument, 1, state);
        return 0;
    case KEY_JSON:
        run->json = true;
        return 0;
    case ARGP_KEY_ARG:
        run->path = argument;
        if (state->arg_num > 0)
            cli_refuse(state, "unexpected argument '%s': one example file is enough", argument);
        return 0;
    case ARGP_KEY_END:
        if (!run->path)
            cli_refuse(state, "expected an example file, such as data/mazur.json");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* A network of the example's shape with the weights of a seed. */
static gm_status draw_network(const gm_example *example, uint64_t seed, gm_network **network, gm_error *error)
{
    const size_t count = gm_network_layer_count(example->network);
    gm_layer_options *layers = gm_alloc(count, sizeof *layers);
    if (!layers)
        return gm_fail_memory(error, "the layers", count * sizeof *layers);
    for (size_t l = 0; l < count; l++) {
        const gm_layer layer = gm_network_layer(example->network, l);
        layers[l] = (gm_layer_options){layer.outputs, layer.activation};
    }
    gm_network_options options = gm_network_options_default();
    options.inputs = gm_network_inputs(example->network);
    options.layer_count = count;
    options.layers = layers;
    options.loss = gm_network_loss(example->network);
    options.precision = GM_F64;
    options.seed = seed;
    const gm_status status = gm_network_create(network, &options, error);
    gm_free(layers);
    return status;
}

static bool learned(const double *outputs, const double *targets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!(fabs(outputs[i] - targets[i]) < 0.1))
            return false;
    }
    return true;
}

/* Trains until the samples are learned. *taken is the number of steps, or 0 if `steps` were not enough. */
static gm_status train_seed(const gm_example *e, gm_engine *engine, double *outputs, size_t steps,
                            size_t *taken, gm_error *error)
{
    enum { LOOK_EVERY = 10 };
    const gm_array x = gm_array_f64(e->x, e->sample_count, gm_network_inputs(e->network));
    const gm_array y = gm_array_f64(e->y, e->sample_count, gm_network_outputs(e->network));
    *taken = 0;
    for (size_t step = 1; step <= steps; step++) {
        gm_status status = gm_engine_step(engine, x, y, NULL, error);
        if (status == GM_OK && (step % LOOK_EVERY == 0 || step == steps))
            status = gm_engine_predict(engine, x, gm_mutable_f64(outputs, y.rows, y.cols), error);
        else if (status == GM_OK)
            continue;
        if (status != GM_OK)
            return status;
        if (learned(outputs, e->y, e->sample_count * gm_network_outputs(e->network))) {
            *taken = step;
            return GM_OK;
        }
    }
    return GM_OK;
}

static gm_status try_seed(const gm_example *e, const gm_optimizer *optimizer, uint64_t seed, size_t steps,
                          size_t *taken, gm_error *error)
{
    gm_network *network = NULL;
    gm_engine *engine = NULL;
    gm_engine_options options = gm_engine_options_default();
    options.batch = e->sample_count;
    options.threads = 1;
    options.optimizer = *optimizer;
    const size_t outputs = e->sample_count * gm_network_outputs(e->network);
    double *a = gm_alloc(outputs, sizeof *a);
    gm_status status = a ? draw_network(e, seed, &network, error) : gm_fail_memory(error, "outputs", outputs);
    if (status == GM_OK)
        status = gm_engine_create(&engine, network, &options, error);
    if (status == GM_OK)
        status = train_seed(e, engine, a, steps, taken, error);
    gm_engine_destroy(engine);
    gm_network_destroy(network);
    gm_free(a);
    return status;
}

static gm_status try_seeds(const struct run *run, const gm_example *e, const gm_optimizer *optimizer,
                           gm_error *error)
{
    const size_t steps = run->steps ? run->steps : 10000;
    size_t converged = 0, sum = 0;
    for (size_t seed = 1; seed <= run->seeds; seed++) {
        size_t taken = 0;
        const gm_status status = try_seed(e, optimizer, seed, steps, &taken, error);
        if (status != GM_OK)
            return status;
        converged += taken > 0;
        sum += taken;
    }
    const double mean = converged ? (double)sum / (double)converged : NAN;
    if (run->json)
        return cli_json_print(json_pack("{s:I, s:I, s:I, s:o}", "seeds", (json_int_t)run->seeds, "converged",
                                        (json_int_t)converged, "steps", (json_int_t)steps, "mean_steps",
                                        gm_json_real(mean)),
                              17, error);
    printf("%zu of %zu seeds learned all %zu samples within %zu steps", converged, run->seeds,
           e->sample_count, steps);
    if (converged > 0)
        printf("; mean %.0f steps", mean);
    putchar('\n');
    return GM_OK;
}

static gm_status explain(const struct run *run, const gm_example *example, const gm_optimizer *optimizer,
                         gm_error *error)
{
    cli_explanation explanation;
    gm_status status =
        cli_explanation_make(&explanation, example, run->steps ? run->steps : 1, optimizer, error);
    if (status == GM_OK && run->json)
        status = cli_explanation_print_json(&explanation, error);
    else if (status == GM_OK)
        cli_explanation_print(&explanation);
    if (status == GM_OK && !cli_explanation_is_finite(&explanation))
        status = gm_fail(error, GM_DIVERGED,
                         "a number of the explanation is not finite; try a smaller rate or smaller samples");
    cli_explanation_clear(&explanation);
    return status;
}

static gm_status run_all(const struct run *run, gm_error *error)
{
    gm_example example;
    const cli_input input = {.option = "EXAMPLE", .path = run->path};
    gm_status status = cli_files_claim(NULL, 0, &input, 1, error);
    if (status == GM_OK)
        status = gm_example_load(&example, run->path, error);
    if (status != GM_OK)
        return status;
    gm_optimizer optimizer = gm_optimizer_default(GM_SGD);
    optimizer.rate = isnan(run->rate) ? example.rate : run->rate;
    optimizer.freeze_bias = run->freeze_bias < 0 ? example.freeze_bias : run->freeze_bias;
    status =
        run->seeds ? try_seeds(run, &example, &optimizer, error) : explain(run, &example, &optimizer, error);
    gm_example_clear(&example);
    return status;
}

int cli_explain(int argc, char **argv)
{
    const struct argp argp = {
        .options = verb_options,
        .parser = parse,
        .args_doc = "EXAMPLE.json",
        .doc = "Shows one training step of a small network: every z, a, delta, gradient and new weight, "
               "beside the equation, the shapes and the BLAS call.",
        .help_filter = cli_fill_names,
    };
    struct run run = {.rate = NAN, .freeze_bias = -1};
    cli_parse(&argp, argc, argv, &run);
    gm_error error = {0};
    return cli_finish(run_all(&run, &error), &error);
}

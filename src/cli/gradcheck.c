/* gradmill gradcheck: compares the gradient of BP1 to BP4 with central differences, for a network that
 * options or a worked example describe. */
#include "base/error.h"
#include "base/memory.h"
#include "cli/files.h"
#include "cli/arguments.h"
#include "cli/json_out.h"
#include "cli/needless.h"
#include "bench/measure/random_batch.h"
#include "train/targets.h"

#include <math.h>
#include <stdio.h>

enum { KEY_TOLERANCE = 1, KEY_SAMPLES, KEY_JSON };

struct run {
    cli_network_options network;
    cli_engine_options engine;
    gm_gradcheck_options check;
    const char *example_path;
    bool json;

    gm_network *built; /* made from options; an example owns its own network */
    gm_example example;
    gm_random_batch batch; /* for `built` */
};

static const struct argp_option verb_options[] = {
    {"tolerance", KEY_TOLERANCE, "X", 0, "largest relative error that passes (default 1e-6)", 0},
    {"samples", KEY_SAMPLES, "N", 0, "check N parameters, spread over the layers (default all)", 0},
    {"json", KEY_JSON, 0, 0, "one JSON object instead of lines", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct run *run = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &run->network;
        state->child_inputs[1] = &run->engine;
        return 0;
    case KEY_TOLERANCE:
        run->check.tolerance = cli_number("tolerance", argument, state);
        if (!(run->check.tolerance > 0))
            cli_refuse(state, "--tolerance %s: expected a number above 0", argument);
        return 0;
    case KEY_SAMPLES:
        run->check.samples = cli_size("samples", argument, 1, state);
        return 0;
    case KEY_JSON:
        run->json = true;
        return 0;
    case ARGP_KEY_ARG:
        run->example_path = argument;
        if (state->arg_num > 0)
            cli_refuse(state, "unexpected argument '%s': one example file is enough", argument);
        return 0;
    case ARGP_KEY_END:
        if (!run->example_path == !run->network.widths)
            cli_refuse(state, "expected either --layers N,N,... or an example file");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The network and its batch, from the options. */
static gm_status describe(struct run *run, gm_array *x, gm_array *y, gm_error *error)
{
    gm_network_options network;
    gm_layer_options *layers;
    gm_status status =
        cli_network_describe(&run->network, cli_default_loss(&run->network), &network, &layers, error);
    network.precision = GM_F64;
    if (status == GM_OK)
        status = gm_network_create(&run->built, &network, error);
    if (status == GM_OK) /* without targets every gradient would be 0, and nothing would be checked */
        status = gm_targets_check_width(run->built, error);
    gm_free(layers);
    if (status == GM_OK) {
        const gm_random_rows rows = gm_random_rows_for(run->built, run->engine.engine.batch, GM_RANDOM_REALS);
        status = gm_random_batch_draw(&run->batch, &rows, gm_random_seed(run->network.seed, GM_STREAM_CHECK),
                                      error);
    }
    *x = run->batch.x;
    *y = run->batch.y;
    return status;
}

static gm_status load_example(struct run *run, gm_array *x, gm_array *y, gm_error *error)
{
    const cli_input input = {.option = "EXAMPLE", .path = run->example_path};
    gm_status status = cli_files_claim(NULL, 0, &input, 1, error);
    if (status == GM_OK)
        status = gm_example_load(&run->example, run->example_path, error);
    if (status != GM_OK)
        return status;
    const gm_network *network = run->example.network;
    const size_t rows = run->example.sample_count;
    run->engine.engine.batch = rows;
    *x = gm_array_f64(run->example.x, rows, gm_network_inputs(network));
    *y = gm_array_f64(run->example.y, rows, gm_network_outputs(network));
    return GM_OK;
}

static gm_status print_json(const gm_gradcheck *r, gm_error *error)
{
    return cli_json_print(
        json_pack("{s:b, s:I, s:o, s:I, s:s, s:I, s:I, s:o, s:o}", "passed", r->passed, "checked",
                  (json_int_t)r->checked, "worst_error", gm_json_real(r->worst_error), "worst_layer",
                  (json_int_t)r->worst_layer + 1, "worst_kind", r->worst_is_bias ? "bias" : "weight",
                  "worst_row", (json_int_t)r->worst_row, "worst_col", (json_int_t)r->worst_col, "analytic",
                  gm_json_real(r->analytic), "numeric", gm_json_real(r->numeric)),
        17, error);
}

static gm_status print(const struct run *run, const gm_gradcheck *r, gm_error *error)
{
    if (run->json)
        return print_json(r, error);
    printf("%s: %zu parameters, worst relative error %.2g, limit %.2g\n", r->passed ? "PASS" : "FAIL",
           r->checked, r->worst_error, run->check.tolerance);
    if (r->worst_is_bias)
        printf("worst: layer %zu, b[%zu]", r->worst_layer + 1, r->worst_row);
    else
        printf("worst: layer %zu, W[%zu, %zu]", r->worst_layer + 1, r->worst_row, r->worst_col);
    printf(": backpropagation %.12g, central difference %.12g\n", r->analytic, r->numeric);
    return GM_OK;
}

static gm_status check_options(const struct run *run, gm_error *error)
{
    static const char *const network[] = {"activation", "loss", "init", "precision", "batch"};
    if (run->network.precision == GM_F32 && cli_given("precision"))
        return gm_fail(error, GM_USAGE, "--precision f32 has no effect: gradients are checked in f64");
    return run->example_path ? cli_refuse_given(network, sizeof network / sizeof *network,
                                                "with an example file, which says it itself", error)
                             : GM_OK;
}

static gm_status check(struct run *run, gm_error *error)
{
    gm_array x, y;
    gm_engine *engine = NULL;
    gm_gradcheck result;
    gm_status status = check_options(run, error);
    if (status == GM_OK)
        status = run->example_path ? load_example(run, &x, &y, error) : describe(run, &x, &y, error);
    if (status == GM_OK) {
        gm_network *network = run->example_path ? run->example.network : run->built;
        status = gm_engine_create(&engine, network, &run->engine.engine, error);
    }
    if (status == GM_OK)
        status = gm_gradcheck_run(engine, x, y, &run->check, &result, error);
    gm_engine_destroy(engine);
    if (status != GM_OK)
        return status;
    status = print(run, &result, error);
    if (result.passed || status != GM_OK)
        return status;
    if (!isfinite(result.analytic) || !isfinite(result.numeric))
        return gm_fail(error, GM_DIVERGED,
                       "a gradient is not finite; are the weights or the samples too large?");
    return gm_fail(error, GM_CHECK, "the gradients of backpropagation and of central differences differ");
}

int cli_gradcheck(int argc, char **argv)
{
    const struct argp_child children[] = {
        {&cli_network_argp, 0, NULL, 0}, {&cli_compute_argp, 0, NULL, 0}, {0}};
    const struct argp argp = {
        verb_options,
        parse,
        "[EXAMPLE.json]",
        "Compares the gradients of BP1 to BP4 with central differences of the loss, in f64, on a "
        "random batch (default 8 rows) or on the samples of a worked example. Exit code 8 if they "
        "differ.",
        children,
        NULL,
        NULL};
    struct run run = {
        .network = cli_network_defaults(),
        .engine = cli_engine_defaults(GM_SGD),
        .check = gm_gradcheck_options_default(),
    };
    run.engine.engine.batch = 8;
    cli_parse(&argp, argc, argv, &run);
    run.check.seed = run.network.seed;
    gm_error error = {0};
    const gm_status status = check(&run, &error);
    gm_example_clear(&run.example);
    gm_network_destroy(run.built);
    gm_random_batch_clear(&run.batch);
    cli_network_clear(&run.network);
    return cli_finish(status, &error);
}

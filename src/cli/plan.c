/* gradmill plan: predicts memory and time of a training, without running it. */
#include "base/error.h"
#include "base/memory.h"
#include "bench/measure/rounds.h"
#include "bench/measure/workload.h"
#include "cli/needless.h"
#include "cli/plan_report.h"
#include "bench/measure/random_batch.h"
#include "nn/engine.h"
#include "nn/network.h"

#include <stdint.h>
#include <string.h>

enum { KEY_ROWS = 1, KEY_EPOCHS, KEY_MEASURE, KEY_JSON };

#define MEASURE_SECONDS 1

/* A learning rate so small that training on random data does not diverge. It is not 0, because a BLAS skips a
 * product with alpha = 0. */
#define MEASURE_RATE 1e-6

struct run {
    cli_network_options network;
    cli_engine_options engine;
    bool measure, json;

    gm_network *built;
    gm_random_batch batch; /* with --measure */
    cli_forecast forecast;
};

static const struct argp_option verb_options[] = {
    {0, 0, 0, 0, "Planning:", 5},
    {"rows", KEY_ROWS, "N", 0, "rows of a training set: predict the whole training, with its defaults", 0},
    {"epochs", KEY_EPOCHS, "N", 0, "passes over these rows (default 10, more for small data)", 0},
    {"measure", KEY_MEASURE, 0, 0, "also run steps on random data for a second, and compare", 0},
    {"json", KEY_JSON, 0, 0, "one JSON object instead of the table", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct run *run = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &run->network;
        state->child_inputs[1] = state->child_inputs[2] = state->child_inputs[3] = &run->engine;
        return 0;
    case KEY_ROWS:
        run->forecast.training.rows = cli_size("rows", argument, 1, state);
        return 0;
    case KEY_EPOCHS:
        run->forecast.training.epochs = cli_size("epochs", argument, 1, state);
        return 0;
    case KEY_MEASURE:
        run->measure = true;
        return 0;
    case KEY_JSON:
        run->json = true;
        return 0;
    case ARGP_KEY_END:
        if (!run->network.widths)
            cli_refuse(state, "no network; expected --layers N,N,...");
        if (run->forecast.training.epochs > 0 && run->forecast.training.rows == 0)
            cli_refuse(state, "--epochs needs --rows N, the rows of the training set");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Chooses batch and epochs as train does, and computes the number of steps. */
static gm_status complete(struct run *run, gm_error *error)
{
    size_t *batch = &run->engine.engine.batch, *epochs = &run->forecast.training.epochs;
    const size_t rows = run->forecast.training.rows;
    run->forecast.optimizer = run->engine.engine.optimizer.kind;
    if (rows == 0)
        return GM_OK;
    if (rows > UINT32_MAX)
        return gm_fail(error, GM_USAGE, "--rows %zu: expected at most %u", rows, UINT32_MAX);
    if (!run->engine.has_batch)
        *batch = cli_default_batch(rows);
    if (*batch > rows)
        return gm_fail(error, GM_USAGE, "batch %zu; expected at most %zu, the rows of the training set",
                       *batch, rows);
    const size_t batches = gm_pieces(rows, *batch);
    const gm_status status = cli_check_accumulate(&run->engine, batches, error);
    if (status != GM_OK)
        return status;
    const size_t of_epoch = gm_pieces(batches, run->engine.accumulate);
    if (*epochs == 0)
        *epochs = cli_default_epochs(of_epoch);
    size_t *steps = &run->forecast.training.steps;
    if (!gm_mul(of_epoch, *epochs, steps) || *steps > INT64_MAX)
        return gm_fail(error, GM_USAGE, "--epochs %zu: more steps than can be counted", *epochs);
    return GM_OK;
}

/* Checks whether everything fits into memory, before any memory is allocated. */
static gm_status check_memory(struct run *run, const gm_network_options *network, gm_error *error)
{
    gm_memory memory;
    const gm_status status = gm_memory_plan(network, &run->engine.engine, &memory, error);
    if (status != GM_OK)
        return status;
    /* The engine's workspace has a batch of this size, too, so this product does not overflow. */
    const size_t row = network->inputs + network->layers[network->layer_count - 1].outputs;
    const size_t batch =
        run->measure ? run->engine.engine.batch * row * gm_precision_size(network->precision) : 0;
    size_t bytes;
    run->forecast.available = gm_system_memory();
    return gm_check_memory("training", gm_add(memory.total, batch, &bytes) ? bytes : SIZE_MAX, error);
}

static gm_status build(struct run *run, gm_error *error)
{
    gm_network_options network;
    gm_layer_options *layers;
    gm_status status =
        cli_network_describe(&run->network, cli_default_loss(&run->network), &network, &layers, error);
    if (status == GM_OK)
        status = cli_check_dropout(&run->engine, network.layer_count - 1, error);
    if (status == GM_OK)
        status = check_memory(run, &network, error);
    if (status == GM_OK)
        status = gm_network_create(&run->built, &network, error);
    gm_free(layers);
    return status == GM_OK ? gm_engine_create(&run->forecast.engine, run->built, &run->engine.engine, error)
                           : status;
}

/* The last batch of an epoch has the rows that are left after the full batches. */
static void predict(cli_forecast *forecast)
{
    const size_t batch = gm_engine_batch(forecast->engine), rows = forecast->training.rows;
    forecast->step = gm_engine_plan(forecast->engine, batch);
    double epoch = (double)(rows / batch) * forecast->step.seconds;
    if (rows % batch > 0)
        epoch += gm_engine_plan(forecast->engine, rows % batch).seconds;
    forecast->training.seconds = epoch * (double)forecast->training.epochs;
}

static gm_status measure(struct run *run, gm_error *error)
{
    gm_engine *engine = run->forecast.engine;
    const size_t rows = gm_engine_batch(engine);
    const gm_random_rows of = gm_random_rows_for(run->built, rows, GM_RANDOM_REALS);
    gm_status status =
        gm_random_batch_draw(&run->batch, &of, gm_random_seed(run->network.seed, GM_STREAM_CHECK), error);
    if (status != GM_OK)
        return status;
    gm_workload workload = {.engine = engine, .rows = run->batch, .batch = rows};
    gm_candidate candidate = {.run = gm_workload_steps, .context = &workload};
    gm_rounds_options rounds = gm_rounds_options_default();
    rounds.budget_seconds = MEASURE_SECONDS;
    gm_engine_set_rate(engine, MEASURE_RATE);
    status = gm_rounds_run(&(gm_candidate *){&candidate}, 1, &rounds, error);
    run->forecast.measured.seconds = candidate.statistics.median;
    run->forecast.measured.samples = candidate.count;
    return status;
}

static gm_status plan(struct run *run, gm_error *error)
{
    /* Options that change neither memory nor time. */
    static const char *const ignored[] = {"init", "rate", "momentum", "beta1", "beta2", "epsilon"};
    gm_status status = cli_check_optimizer_options(run->engine.given.kind, error);
    if (status == GM_OK)
        status = complete(run, error);
    if (status == GM_OK)
        status = build(run, error);
    if (status != GM_OK)
        return status;
    run->forecast.stores_gradient = run->forecast.engine->layout.stores;
    cli_note_given(ignored, sizeof ignored / sizeof *ignored, "on a plan");
    if (gm_clips(&run->engine.engine))
        cli_note(
            "the prediction leaves out the time that bounds of the gradient take; --measure measures it");
    cli_warn_of_setup(strcmp(gm_engine_backend(run->forecast.engine), "blas") == 0);
    predict(&run->forecast);
    if (run->measure)
        status = measure(run, error);
    if (status != GM_OK)
        return status;
    if (run->json)
        return cli_forecast_print_json(&run->forecast, error);
    cli_forecast_print(&run->forecast);
    return GM_OK;
}

int cli_plan(int argc, char **argv)
{
    const struct argp_child children[] = {{&cli_network_argp, 0, NULL, 0},
                                          {&cli_compute_argp, 0, NULL, 0},
                                          {&cli_optimizer_argp, 0, NULL, 0},
                                          {&cli_step_argp, 0, NULL, 0},
                                          {0}};
    const struct argp argp = {
        .options = verb_options,
        .parser = parse,
        .doc =
            "Predicts what training a network takes: its memory, and the time of a step. The time is that of a "
            "cost model, whose constants are measured on this machine in some milliseconds. Exit code 6 if "
            "there is not enough memory.",
        .children = children,
    };
    struct run run = {.network = cli_network_defaults(), .engine = cli_engine_defaults(GM_ADAM)};
    cli_parse(&argp, argc, argv, &run);
    gm_error error = {0};
    const gm_status status = plan(&run, &error);
    gm_engine_destroy(run.forecast.engine);
    gm_network_destroy(run.built);
    gm_random_batch_clear(&run.batch);
    cli_network_clear(&run.network);
    return cli_finish(status, &error);
}

/* gradmill eval: model + data -> loss and accuracy. */
#include "cli/json_out.h"
#include "cli/load.h"

#include <math.h>
#include <stdio.h>

enum { KEY_MODEL = 1, KEY_JSON };

struct run {
    cli_data_options data;
    cli_engine_options engine;
    const char *model;
    bool json;
};

static const struct argp_option verb_options[] = {
    {"model", KEY_MODEL, "FILE", 0, "the model (safetensors, written by train)", 0},
    {"json", KEY_JSON, 0, 0, "one JSON object instead of lines", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct run *run = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &run->data;
        state->child_inputs[1] = &run->engine;
        return 0;
    case KEY_MODEL:
        run->model = argument;
        return 0;
    case KEY_JSON:
        run->json = true;
        return 0;
    case ARGP_KEY_END:
        if (!run->model || !run->data.data)
            argp_error(state, "expected --model FILE and --data PATH");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static gm_status print(const struct run *run, const gm_metrics *m, gm_error *error)
{
    const bool labels = !isnan(m->accuracy);
    if (run->json)
        return cli_json_print(json_pack("{s:I, s:f, s:f}", "rows", (json_int_t)m->rows, "loss", m->loss,
                                        labels ? "accuracy" : "rmse", labels ? m->accuracy : m->rmse),
                              17, error);
    printf("rows      %zu\nloss      %.5f\n", m->rows, m->loss);
    if (labels)
        printf("accuracy  %.2f %%\n", 100 * m->accuracy);
    else
        printf("rmse      %.5f\n", m->rmse);
    return GM_OK;
}

static gm_status evaluate(struct run *run, gm_error *error)
{
    gm_model model = {0};
    gm_dataset *dataset = NULL;
    gm_engine *engine = NULL;
    gm_metrics metrics;
    gm_status status = gm_model_load(&model, run->model, error);
    if (status == GM_OK) {
        run->data.read.classes = (const char *const *)model.classes;
        run->data.read.class_count = model.class_count;
        run->data.read.regression = model.class_count == 0;
        status = cli_load(&run->data, CLI_PART_TEST, &dataset, error);
    }
    if (status == GM_OK)
        status = cli_inference_engine(&run->engine, &model, gm_dataset_rows(dataset), &engine, error);
    if (status == GM_OK)
        status = gm_evaluate(engine, dataset, model.scaling, &metrics, error);
    if (status == GM_OK)
        status = print(run, &metrics, error);
    gm_engine_destroy(engine);
    gm_dataset_destroy(dataset);
    gm_model_clear(&model);
    return status;
}

int cli_eval(int argc, char **argv)
{
    const struct argp_child children[] = {{&cli_data_argp, 0, NULL, 0}, {&cli_compute_argp, 0, NULL, 0}, {0}};
    const struct argp argp = {
        verb_options, parse, NULL, "Judges a model on data; of a directory it takes the test part.",
        children,     NULL,  NULL};
    struct run run = {.data = cli_data_defaults(), .engine = cli_engine_defaults(GM_SGD)};
    cli_parse(&argp, argc, argv, &run);
    gm_error error = {0};
    return evaluate(&run, &error) == GM_OK ? cli_finish_output() : cli_report(&error);
}

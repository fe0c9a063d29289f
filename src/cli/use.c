/* Opens a model, data and an engine for eval and predict. */
#include "cli/use.h"
#include "base/error.h"
#include "base/memory.h"
#include "cli/files.h"
#include "cli/needless.h"

enum { KEY_MODEL = 0x400 };

static const struct argp_option use_options[] = {
    {"model", KEY_MODEL, "FILE", 0, "the model (safetensors, written by train)", 0},
    {0},
};

static const struct argp_child children[] = {
    {&cli_data_argp, 0, NULL, 0}, {&cli_compute_argp, 0, NULL, 0}, {0}};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    cli_use *use = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &use->data;
        state->child_inputs[1] = &use->engine_options;
        return 0;
    case KEY_MODEL:
        use->path = argument;
        return 0;
    case ARGP_KEY_END:
        if (!use->path || !use->data.data)
            cli_refuse(state, "expected --model FILE and --data PATH");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp cli_use_argp = {.options = use_options, .parser = parse, .children = children};

cli_use cli_use_defaults(void)
{
    return (cli_use){.data = cli_data_defaults(), .engine_options = cli_engine_defaults(GM_SGD)};
}

static gm_status create_engine(cli_use *use, gm_error *error)
{
    gm_engine_options options = use->engine_options.engine;
    options.inference = true;
    use->batch = options.batch = gm_max(gm_min(options.batch, gm_dataset_rows(use->dataset)), 1);
    if (use->predicts)
        return gm_predictor_create(&use->predictor, &use->model, &options, error);
    return gm_engine_create(&use->engine, use->model.network, &options, error);
}

/* Checks that the data has targets. The reader does not require it, because a file of images may have no
 * labels. */
static gm_status check_targets(const cli_use *use, gm_error *error)
{
    const size_t targets = gm_dataset_targets(use->dataset), outputs = gm_network_outputs(use->model.network);
    if (use->data.read.ignore_target || targets == outputs)
        return GM_OK;
    if (targets == 0)
        return gm_fail(error, GM_BAD_DATA, "%s: no labels to compare with; %s", use->data.data,
                       cli_where_targets(use->dataset));
    return gm_fail(error, GM_BAD_DATA, "%s: %zu targets; expected %zu, the outputs of %s", use->data.data,
                   targets, outputs, use->path);
}

gm_status cli_use_open(cli_use *use, gm_error *error)
{
    static const char *const regression[] = {"regression"};
    const cli_input inputs[] = {{.option = "--model", .path = use->path},
                                cli_data_input(&use->data),
                                {.option = "--labels", .path = use->data.read.labels}};
    gm_status status = cli_files_claim(&use->output, 1, inputs, sizeof inputs / sizeof *inputs, error);
    if (status == GM_OK)
        status = cli_check_folder_options(use->data.data, error);
    if (status == GM_OK)
        status = gm_model_load(&use->model, use->path, error);
    if (status == GM_OK && use->model.class_count > 0)
        status = cli_refuse_given(regression, 1, "with a model of classes", error);
    if (status != GM_OK)
        return status;
    if (!use->model.sealed)
        cli_note(
            "%s: without a checksum, because another program wrote the file: damage to it would not be noticed",
            use->path);
    cli_read_for_model(&use->data.read, &use->model);
    status = cli_load(&use->data, CLI_PART_TEST, &use->dataset, error);
    if (status == GM_OK)
        status = cli_check_data_options(use->dataset, error);
    if (status == GM_OK)
        status = check_targets(use, error);
    return status == GM_OK ? create_engine(use, error) : status;
}

void cli_use_close(cli_use *use)
{
    gm_engine_destroy(use->engine);
    gm_predictor_destroy(use->predictor);
    gm_dataset_destroy(use->dataset);
    gm_model_clear(&use->model);
}

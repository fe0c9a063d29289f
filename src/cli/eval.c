/* gradmill eval: computes the loss and the accuracy (or the error) of a model on data. */
#include "cli/evaluation_report.h"
#include "cli/interrupt.h"
#include "cli/model_page.h"
#include "cli/remarks.h"
#include "cli/use.h"
#include "model/json_write.h"

struct run {
    cli_use use;
    bool json;
    const char *report; /* path of the HTML page; NULL: none */
};

enum { KEY_JSON = 1, KEY_REPORT };

static const struct argp_option verb_options[] = {
    {"json", KEY_JSON, 0, 0, "one JSON object instead of lines", 0},
    {"report", KEY_REPORT, "FILE", 0,
     "write one HTML page here, complete in itself: confusion matrix, figures of the classes, calibration",
     0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct run *run = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &run->use;
        return 0;
    case KEY_JSON:
        run->json = true;
        return 0;
    case KEY_REPORT:
        run->report = cli_path("report", argument, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static gm_status show(const struct run *run, const gm_evaluation *figures, gm_error *error)
{
    const cli_evaluation evaluation = {figures, run->use.dataset, run->use.model.columns,
                                       gm_network_loss(run->use.model.network)};
    if (run->json)
        return cli_evaluation_print_json(&evaluation, error);
    cli_evaluation_print(&evaluation);
    return GM_OK;
}

static gm_status write_page(const struct run *run, const gm_evaluation *figures, gm_error *error)
{
    const gm_network *network = run->use.model.network;
    const cli_evaluation evaluation = {figures, run->use.dataset, run->use.model.columns,
                                       gm_network_loss(network)};
    const cli_model_page page = {
        .path = run->report,
        .verb = "eval",
        .data = run->use.data.data,
        .network = network,
        .evaluation = &evaluation,
        .rows = "all rows of the data",
    };
    if (!run->report)
        return GM_OK;
    return cli_model_page_write(&page, json_pack("{s:o}", "model", gm_json_printable(run->use.path)), error);
}

/* Prints the figures, and then the notes about them, or the error if one is not finite. */
static gm_status judge(const struct run *run, const gm_evaluation *figures, gm_error *error)
{
    const gm_metrics *metrics = gm_evaluation_metrics(figures);
    gm_status status = show(run, figures, error);
    if (status == GM_OK)
        status = write_page(run, figures, error);
    if (status == GM_OK)
        status = cli_check_metrics(metrics, gm_evaluation_classes(figures) > 0, "the evaluation", error);
    if (status == GM_OK)
        cli_note_baseline(metrics, run->use.dataset, "these rows");
    return status;
}

static gm_status evaluate(struct run *run, gm_error *error)
{
    gm_evaluation *figures = NULL;
    const cli_use *use = &run->use;
    gm_status status = cli_use_open(&run->use, error);
    if (status == GM_OK)
        status = cli_check_targets(use->model.network, use->dataset, use->data.data, GM_BAD_DATA, error);
    if (status == GM_OK)
        status = gm_evaluation_create(&figures, use->engine, use->dataset, use->model.scaling, error);
    if (status == GM_OK)
        status = judge(run, figures, error);
    gm_evaluation_destroy(figures);
    cli_use_close(&run->use);
    return status;
}

int cli_eval(int argc, char **argv)
{
    const struct argp_child children[] = {{&cli_use_argp, 0, NULL, 0}, {0}};
    const struct argp argp = {
        .options = verb_options,
        .parser = parse,
        .doc =
            "Computes the loss, the accuracy and other figures of a model on data. If --data is a directory, its test part "
            "is used.",
        .children = children,
    };
    struct run run = {.use = cli_use_defaults()};
    cli_model_page_command(argc, argv);
    cli_parse(&argp, argc, argv, &run);
    run.use.output = (cli_output){"--report", run.report, &gm_kind_model_page, false};
    gm_error error = {0};
    cli_interrupt_guard();
    const gm_status status = evaluate(&run, &error);
    cli_files_release();
    cli_interrupt_unguard();
    return cli_finish(status, &error);
}

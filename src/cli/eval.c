/* gradmill eval: model + data -> loss and accuracy. */
#include "cli/json_out.h"
#include "cli/remarks.h"
#include "cli/use.h"

#include <math.h>
#include <stdio.h>

struct run {
    cli_use use;
    bool json;
};

enum { KEY_JSON = 1 };

static const struct argp_option verb_options[] = {
    {"json", KEY_JSON, 0, 0, "one JSON object instead of lines", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct run *run = state->input;
    (void)argument;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &run->use;
        return 0;
    case KEY_JSON:
        run->json = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static gm_status print_json(const gm_metrics *m, bool labels, gm_error *error)
{
    return cli_json_print(json_pack("{s:I, s:o, s:o}", "rows", (json_int_t)m->rows, "loss",
                                    gm_json_real(m->loss), labels ? "accuracy" : "rmse",
                                    gm_json_real(labels ? m->accuracy : m->rmse)),
                          17, error);
}

/* One line; what is not finite must not look like a figure. */
static void print_line(const char *what, const char *format, double value)
{
    printf("%-9s ", what);
    if (isfinite(value))
        printf(format, value);
    else
        fputs("not finite", stdout);
    putchar('\n');
}

static gm_status print(const struct run *run, const gm_metrics *m, gm_error *error)
{
    const bool labels = gm_dataset_has_labels(run->use.dataset);
    if (run->json)
        return print_json(m, labels, error);
    printf("rows      %zu\n", m->rows);
    print_line("loss", "%.5f", m->loss);
    if (labels)
        print_line("accuracy", "%.2f %%", 100 * m->accuracy);
    else
        print_line("rmse", "%.5f", m->rmse);
    return GM_OK;
}

static gm_status evaluate(struct run *run, gm_error *error)
{
    gm_metrics metrics;
    const cli_use *use = &run->use;
    gm_status status = cli_use_open(&run->use, error);
    if (status == GM_OK)
        status = cli_check_targets(use->model.network, use->dataset, use->data.data, GM_BAD_DATA, error);
    if (status == GM_OK)
        status = gm_evaluate(use->engine, use->dataset, use->model.scaling, &metrics, error);
    if (status == GM_OK)
        status = print(run, &metrics, error);
    if (status == GM_OK)
        status = cli_check_metrics(&metrics, gm_dataset_has_labels(use->dataset), "the evaluation", error);
    if (status == GM_OK)
        cli_note_baseline(&metrics, use->dataset, "these rows");
    cli_use_close(&run->use);
    return status;
}

int cli_eval(int argc, char **argv)
{
    const struct argp_child children[] = {{&cli_use_argp, 0, NULL, 0}, {0}};
    const struct argp argp = {
        .options = verb_options,
        .parser = parse,
        .doc = "Judges a model on data; of a directory it takes the test part.",
        .children = children,
    };
    struct run run = {.use = cli_use_defaults()};
    cli_parse(&argp, argc, argv, &run);
    gm_error error = {0};
    return cli_finish(evaluate(&run, &error), &error);
}

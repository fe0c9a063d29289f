/* gradmill eval: model + data -> loss and accuracy. */
#include "cli/json_out.h"
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
    gm_metrics metrics;
    gm_status status = cli_use_open(&run->use, error);
    if (status == GM_OK)
        status = gm_evaluate(run->use.engine, run->use.dataset, run->use.model.scaling, &metrics, error);
    if (status == GM_OK)
        status = print(run, &metrics, error);
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
    return evaluate(&run, &error) == GM_OK ? cli_finish_output() : cli_report(&error);
}

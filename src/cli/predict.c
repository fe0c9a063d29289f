/* gradmill predict: applies a model to data, and prints labels, probabilities or values as CSV. */
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "cli/needless.h"
#include "cli/use.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct run {
    cli_use use;
    bool outputs; /* every output, not only the most probable label */
};

enum { KEY_OUTPUTS = 1 };

static const struct argp_option verb_options[] = {
    {"outputs", KEY_OUTPUTS, 0, 0, "all outputs (with cross-entropy: probabilities), not the likeliest label",
     0},
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
    case KEY_OUTPUTS:
        run->outputs = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Prints a CSV field (RFC 4180): in quotes if that is necessary, with quotes doubled. */
static void print_field(const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, stdout);
        return;
    }
    putchar('"');
    for (; *text; text++) {
        if (*text == '"')
            putchar('"');
        putchar(*text);
    }
    putchar('"');
}

static void print_head(const struct run *run, size_t outputs)
{
    if (!run->outputs && run->use.model.classes) {
        puts("class");
        return;
    }
    for (size_t c = 0; c < outputs; c++) {
        if (c > 0)
            putchar(',');
        if (run->use.model.classes)
            print_field(run->use.model.classes[c]);
        else
            printf("y%zu", c + 1);
    }
    putchar('\n');
}

/* What the model says of a batch of rows. */
struct answers {
    double *outputs; /* in the units of the data */
    uint32_t *labels;
    int digits; /* that are printed: as many as the network's precision has */
    size_t columns;
};

static double output(const struct answers *a, size_t row, size_t column)
{
    return a->outputs[row * a->columns + column];
}

/* Prints a row. False if an output is not finite. Then there is no most probable class, and the cell is
 * empty. It is printed as two quotes, because readers of CSV skip empty lines. */
static bool print_row(const struct run *run, const struct answers *a, size_t row)
{
    const bool named = !run->outputs && run->use.model.classes;
    char number[32];
    bool finite = true;
    for (size_t c = 0; c < a->columns; c++)
        finite &= isfinite(output(a, row, c)) != 0;
    if (named && finite)
        print_field(run->use.model.classes[a->labels[row]]);
    else if (named)
        fputs("\"\"", stdout);
    for (size_t c = 0; c < a->columns && !named; c++)
        printf(c > 0 ? ",%s" : "%s", gm_format_double(number, sizeof number, output(a, row, c), a->digits));
    putchar('\n');
    return finite;
}

static gm_status predict_rows(const struct run *run, const struct answers *a, gm_error *error)
{
    const cli_use *use = &run->use;
    const size_t all = gm_dataset_rows(use->dataset);
    size_t not_finite = 0;
    print_head(run, a->columns);
    for (size_t first = 0; first < all && !ferror(stdout); first += use->batch) {
        const size_t count = gm_min(use->batch, all - first);
        const gm_mutable_array outputs = gm_mutable_f64(a->outputs, count, a->columns);
        const gm_mutable_array labels =
            use->model.classes ? gm_mutable_labels(a->labels, count) : gm_no_array();
        const gm_status status =
            gm_predictor_run_dataset(use->predictor, use->dataset, first, count, outputs, labels, error);
        if (status != GM_OK)
            return status;
        for (size_t i = 0; i < count; i++)
            not_finite += !print_row(run, a, i);
    }
    if (not_finite > 0)
        return gm_fail(error, GM_DIVERGED,
                       "the outputs of %zu of %zu rows are not finite; are weights or inputs too large?",
                       not_finite, all);
    return GM_OK;
}

static gm_status predict_all(const struct run *run, gm_error *error)
{
    const gm_network *network = run->use.model.network;
    const size_t batch = run->use.batch;
    struct answers a = {.digits = gm_network_precision(network) == GM_F64 ? 17 : 9,
                        .columns = gm_network_outputs(network)};
    const size_t bytes = a.columns * sizeof *a.outputs;
    a.outputs = gm_alloc(batch, bytes);
    a.labels = gm_alloc(batch, sizeof *a.labels);
    const gm_status status = a.outputs && a.labels
                                 ? predict_rows(run, &a, error)
                                 : gm_fail_memory(error, "a batch", batch * (bytes + sizeof *a.labels));
    gm_free(a.outputs);
    gm_free(a.labels);
    return status;
}

static gm_status predict(struct run *run, gm_error *error)
{
    static const char *const outputs[] = {"outputs"};
    gm_status status = cli_use_open(&run->use, error);
    if (status == GM_OK && !run->use.model.classes)
        cli_note_given(outputs, 1, "with a model of numbers: all outputs are printed");
    if (status == GM_OK)
        status = predict_all(run, error);
    cli_use_close(&run->use);
    return status;
}

int cli_predict(int argc, char **argv)
{
    const struct argp_child children[] = {{&cli_use_argp, 0, NULL, 0}, {0}};
    const struct argp argp = {
        .options = verb_options,
        .parser = parse,
        .doc =
            "Prints the prediction of a model for each row, as CSV. If --data is a directory, its test part is used. "
            "Columns are matched by name. The data may have a column of labels, which is not used.",
        .children = children,
    };
    struct run run = {.use = cli_use_defaults()};
    run.use.predicts = true;
    run.use.data.read.ignore_target = true;
    cli_parse(&argp, argc, argv, &run);
    gm_error error = {0};
    return cli_finish(predict(&run, &error), &error);
}

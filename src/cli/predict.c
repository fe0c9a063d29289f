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

/* Prints a row. False if an output is not finite. Then there is no most probable class, and the cell is
 * empty. It is printed as two quotes, because readers of CSV skip empty lines. */
static bool print_row(const struct run *run, const double *values, size_t outputs)
{
    bool finite = true;
    for (size_t c = 0; c < outputs; c++)
        finite &= isfinite(values[c]) != 0;
    const int digits = gm_network_precision(run->use.model.network) == GM_F64 ? 17 : 9;
    char number[32];
    if (!run->outputs && run->use.model.classes) {
        size_t best = 0;
        for (size_t c = 1; c < outputs; c++)
            best = values[c] > values[best] ? c : best;
        if (finite)
            print_field(run->use.model.classes[best]);
        else
            fputs("\"\"", stdout);
    }
    for (size_t c = 0; c < outputs && (run->outputs || !run->use.model.classes); c++)
        printf(c > 0 ? ",%s" : "%s", gm_format_double(number, sizeof number, values[c], digits));
    putchar('\n');
    return finite;
}

/* Outputs of the network's precision as doubles. */
static void widen(const void *from, gm_precision precision, size_t count, double *to)
{
    for (size_t i = 0; i < count; i++)
        to[i] = precision == GM_F64 ? ((const double *)from)[i] : (double)((const float *)from)[i];
}

/* The buffers of one batch. */
struct buffers {
    uint32_t *rows;
    void *x, *outputs;
    double *values;
};

static gm_status predict_rows(const struct run *run, const struct buffers *b, gm_error *error)
{
    const gm_dataset *dataset = run->use.dataset;
    gm_engine *engine = run->use.engine;
    const gm_network *network = run->use.model.network;
    const gm_precision precision = gm_network_precision(network);
    const size_t inputs = gm_network_inputs(network), outputs = gm_network_outputs(network);
    const size_t all = gm_dataset_rows(dataset), batch = gm_engine_batch(engine);
    size_t not_finite = 0;
    print_head(run, outputs);
    for (size_t first = 0; first < all && !ferror(stdout); first += batch) {
        const size_t count = gm_min(batch, all - first);
        for (size_t i = 0; i < count; i++)
            b->rows[i] = (uint32_t)(first + i);
        const gm_mutable_array x = gm_mutable_real(b->x, precision, count, inputs);
        gm_status status =
            gm_dataset_gather(dataset, run->use.model.scaling, b->rows, count, x, gm_no_array(), error);
        if (status == GM_OK)
            status = gm_engine_predict(engine, gm_array_of(x),
                                       gm_mutable_real(b->outputs, precision, count, outputs), error);
        if (status != GM_OK)
            return status;
        widen(b->outputs, precision, count * outputs, b->values);
        for (size_t i = 0; i < count; i++)
            not_finite += !print_row(run, b->values + i * outputs, outputs);
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
    const size_t batch = gm_engine_batch(run->use.engine), outputs = gm_network_outputs(network);
    const size_t size = gm_precision_size(gm_network_precision(network));
    struct buffers b = {
        gm_alloc(batch, sizeof *b.rows),
        gm_alloc(batch, gm_network_inputs(network) * size),
        gm_alloc(batch, outputs * size),
        gm_alloc(batch, outputs * sizeof *b.values),
    };
    const bool complete = b.rows && b.x && b.outputs && b.values;
    const gm_status status = complete ? predict_rows(run, &b, error)
                                      : gm_fail_memory(error, "a batch", batch * outputs * sizeof *b.values);
    gm_free(b.rows);
    gm_free(b.x);
    gm_free(b.outputs);
    gm_free(b.values);
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
    run.use.data.read.ignore_target = true;
    cli_parse(&argp, argc, argv, &run);
    gm_error error = {0};
    return cli_finish(predict(&run, &error), &error);
}

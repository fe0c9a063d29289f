/* gradmill predict: applies a model to data, and prints labels, probabilities or values as CSV. */
#include "base/error.h"
#include "base/foreign.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "cli/interrupt.h"
#include "cli/needless.h"
#include "cli/use.h"
#include "model/durable.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct run {
    cli_use use;
    bool outputs; /* every output, not only the most probable label */
    FILE *to;     /* standard output, or a text in memory that is written to use.output */
};

enum { KEY_OUTPUTS = 1, KEY_OUT, KEY_KEEP };

static const struct argp_option verb_options[] = {
    {"outputs", KEY_OUTPUTS, 0, 0, "all outputs (with cross-entropy: probabilities), not the likeliest label",
     0},
    {"out", KEY_OUT, "FILE", 0, "write the predictions to this file, not to standard output", 0},
    {"keep-columns", KEY_KEEP, "COLUMNS", 0,
     "CSV: columns of the data that are put before the predictions: names or numbers, with commas between them",
     0},
    {0},
};

/* What an earlier run may have written: a table of text. */
static bool is_table(const char *head, size_t size)
{
    const char *stop = memchr(head, '\n', size);
    const size_t line = stop ? (size_t)(stop - head) : size;
    const bool alone =
        (line == 5 && memcmp(head, "class", 5) == 0) || (line == 2 && memcmp(head, "y1", 2) == 0);
    return gm_is_text(head, size) && !gm_foreign_find(head, size) && (alone || memchr(head, ',', line));
}

static const gm_file_kind kind_table = {"a CSV file", is_table};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct run *run = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &run->use;
        return 0;
    case KEY_OUTPUTS:
        run->outputs = true;
        return 0;
    case KEY_OUT:
        run->use.output = (cli_output){"--out", cli_output_path("out", argument, state), &kind_table, false};
        return 0;
    case KEY_KEEP:
        run->use.data.read.keep = argument;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Prints a CSV field (RFC 4180): in quotes if that is necessary, with quotes doubled. */
static void print_field(const char *text, FILE *to)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, to);
        return;
    }
    putc('"', to);
    for (; *text; text++) {
        if (*text == '"')
            putc('"', to);
        putc(*text, to);
    }
    putc('"', to);
}

/* Prints the name of a prediction. A column that is kept may have the same name. */
static void print_name(const struct run *run, const char *name)
{
    bool taken = false;
    for (size_t k = 0; gm_dataset_kept_name(run->use.dataset, k); k++)
        taken |= strcmp(gm_dataset_kept_name(run->use.dataset, k), name) == 0;
    if (taken)
        fputs("predicted ", run->to);
    print_field(name, run->to);
}

static void print_head(const struct run *run, size_t outputs)
{
    const bool named = !run->outputs && run->use.model.classes;
    char number[24];
    for (size_t k = 0; gm_dataset_kept_name(run->use.dataset, k); k++) {
        print_field(gm_dataset_kept_name(run->use.dataset, k), run->to);
        putc(',', run->to);
    }
    for (size_t c = 0; c < (named ? 1 : outputs); c++) {
        const char *target = gm_columns_target(run->use.model.columns, c);
        if (c > 0)
            putc(',', run->to);
        snprintf(number, sizeof number, "y%zu", c + 1);
        print_name(run, named                    ? "class"
                        : run->use.model.classes ? run->use.model.classes[c]
                        : target                 ? target
                                                 : number);
    }
    putc('\n', run->to);
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

/* Prints a row, whose number in the data is `place`. False if an output is not finite. Then there is no most
 * probable class, and the cell is empty. It is printed as two quotes, because readers of CSV skip empty
 * lines. */
static bool print_row(const struct run *run, const struct answers *a, size_t row, size_t place)
{
    const bool named = !run->outputs && run->use.model.classes;
    char number[32];
    bool finite = true;
    for (size_t k = 0; gm_dataset_kept(run->use.dataset, place, k); k++) {
        print_field(gm_dataset_kept(run->use.dataset, place, k), run->to);
        putc(',', run->to);
    }
    for (size_t c = 0; c < a->columns; c++)
        finite &= isfinite(output(a, row, c)) != 0;
    if (named && finite)
        print_field(run->use.model.classes[a->labels[row]], run->to);
    else if (named)
        fputs("\"\"", run->to);
    for (size_t c = 0; c < a->columns && !named; c++)
        fprintf(run->to, c > 0 ? ",%s" : "%s",
                gm_format_double(number, sizeof number, output(a, row, c), a->digits));
    putc('\n', run->to);
    return finite;
}

static gm_status predict_rows(const struct run *run, const struct answers *a, gm_error *error)
{
    const cli_use *use = &run->use;
    const size_t all = gm_dataset_rows(use->dataset);
    size_t not_finite = 0;
    print_head(run, a->columns);
    for (size_t first = 0; first < all && !ferror(run->to); first += use->batch) {
        const size_t count = gm_min(use->batch, all - first);
        const gm_mutable_array outputs = gm_mutable_f64(a->outputs, count, a->columns);
        const gm_mutable_array labels =
            use->model.classes ? gm_mutable_labels(a->labels, count) : gm_no_array();
        const gm_status status =
            gm_predictor_run_dataset(use->predictor, use->dataset, first, count, outputs, labels, error);
        if (status != GM_OK)
            return status;
        for (size_t i = 0; i < count; i++)
            not_finite += !print_row(run, a, i, first + i);
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

/* Predicts into memory, and writes the file when all rows are there: also if some outputs are not finite, as
 * standard output would have them. */
static gm_status predict_to_file(struct run *run, gm_error *error)
{
    gm_text text = {0};
    gm_error reason = {0};
    run->to = gm_text_open(&text);
    gm_status status = run->to ? predict_all(run, error) : GM_OK;
    const bool whole = run->to && fclose(run->to) == 0 && !text.failed;
    const gm_buffer buffer = {text.data, text.size};
    if (!whole)
        status = gm_fail_memory(error, "the predictions", text.size);
    else if (status == GM_OK || status == GM_DIVERGED) {
        const gm_status written =
            gm_durable_write(&gm_durable_system, run->use.output.path, &kind_table, &buffer, 1, &reason);
        if (written != GM_OK)
            status = gm_fail(error, written, "%s", reason.message);
    }
    gm_text_clear(&text);
    return status;
}

static gm_status predict(struct run *run, gm_error *error)
{
    static const char *const outputs[] = {"outputs"};
    gm_status status = cli_use_open(&run->use, error);
    if (status == GM_OK && !run->use.model.classes)
        cli_note_given(outputs, 1, "with a model of numbers: all outputs are printed");
    if (status == GM_OK)
        status = run->use.output.path ? predict_to_file(run, error) : predict_all(run, error);
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
    struct run run = {.use = cli_use_defaults(), .to = stdout};
    run.use.predicts = true;
    run.use.data.read.ignore_target = true;
    cli_parse(&argp, argc, argv, &run);
    gm_error error = {0};
    cli_interrupt_guard();
    const gm_status status = predict(&run, &error);
    cli_files_release();
    cli_interrupt_unguard();
    return cli_finish(status, &error);
}

/* gradmill convert: writes data of any format that is read to a file of another format. */
#include "base/append.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "cli/arguments.h"
#include "cli/files.h"
#include "cli/help.h"
#include "cli/interrupt.h"
#include "cli/load.h"
#include "cli/names.h"
#include "cli/needless.h"
#include "model/export.h"

#include <stdio.h>
#include <string.h>

#define LABELS_SUFFIX "-labels.npy" /* in place of .npy */

struct run {
    cli_data_options data;
    const char *out, *labels_out; /* labels_out: of NPY */
    char *own_labels_out;         /* it, if the user did not name it */
    const char *model_path;
    bool test;
    gm_export_format format;
    gm_model model;
    gm_dataset *dataset;
    gm_columns *columns; /* fresh ones, for columns of texts */
};

enum { KEY_OUT = 1, KEY_OUT_LABELS, KEY_MODEL, KEY_PRECISION, KEY_TEST };

static const struct argp_option verb_options[] = {
    {"out", KEY_OUT, "FILE", 0,
     "the file to be written; its ending says what it is: .csv, .npy, .npz, .libsvm, .svm or .svmlight", 0},
    {"out-labels", KEY_OUT_LABELS, "FILE", 0,
     "NPY: where the labels or targets go (default: FILE of --out with -labels.npy for .npy)", 0},
    {"model", KEY_MODEL, "FILE", 0,
     "make the columns that this model reads, with its categories and replacements", 0},
    {"precision", KEY_PRECISION, "P", 0,
     "read numbers in this precision, {precisions} (default f64: all digits are kept)", 0},
    {"test", KEY_TEST, 0, 0, "of a folder or an NPZ file that has both, the test part", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct run *run = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &run->data;
        state->child_inputs[1] = &run->data;
        return 0;
    case KEY_OUT:
        run->out = cli_output_path("out", argument, state);
        if (!gm_export_format_of(run->out, &run->format))
            cli_refuse(
                state,
                "--out %s: expected a name that ends with .csv, .npy, .npz, .libsvm, .svm or .svmlight",
                argument);
        return 0;
    case KEY_OUT_LABELS:
        run->labels_out = cli_output_path("out-labels", argument, state);
        return 0;
    case KEY_MODEL:
        run->model_path = cli_path("model", argument, state);
        return 0;
    case KEY_PRECISION:
        run->data.read.precision =
            (gm_precision)cli_choose("precision", argument, cli_precision_names, state);
        return 0;
    case KEY_TEST:
        run->test = true;
        return 0;
    case ARGP_KEY_END:
        if (!run->data.data || !run->out)
            cli_refuse(state, "expected --data PATH and --out FILE");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Finds the path of the targets, which an NPY file of features has beside it. */
static gm_status name_labels(struct run *run, gm_error *error)
{
    static const char *const option[] = {"out-labels"};
    if (run->format != GM_EXPORT_NPY)
        return cli_refuse_given(option, 1,
                                "unless --out is an NPY file; other formats have the labels in them", error);
    if (run->labels_out)
        return GM_OK;
    const size_t stem = strlen(run->out) - strlen(".npy");
    run->own_labels_out = gm_alloc(stem + sizeof LABELS_SUFFIX, 1);
    if (!run->own_labels_out)
        return gm_fail_memory(error, "a path", stem + sizeof LABELS_SUFFIX);
    memcpy(run->own_labels_out, run->out, stem);
    memcpy(run->own_labels_out + stem, LABELS_SUFFIX, sizeof LABELS_SUFFIX);
    run->labels_out = run->own_labels_out;
    return GM_OK;
}

static gm_status claim_files(const struct run *run, gm_error *error)
{
    const cli_output outputs[] = {{"--out", run->out, gm_export_kind(run->format), false},
                                  {"--out-labels", run->labels_out, gm_export_kind(GM_EXPORT_NPY), false}};
    const cli_input inputs[] = {cli_data_input(&run->data),
                                {.option = "--labels", .path = run->data.read.labels},
                                {.option = "--model", .path = run->model_path}};
    return cli_files_claim(outputs, sizeof outputs / sizeof *outputs, inputs, sizeof inputs / sizeof *inputs,
                           error);
}

/* The columns of a model decide how the data is read. Its target need not be there. */
static gm_status use_model(struct run *run, gm_error *error)
{
    const char *target = run->data.read.target;
    const gm_status status = gm_model_load(&run->model, run->model_path, error);
    if (status != GM_OK)
        return status;
    const gm_precision precision = run->data.read.precision;
    cli_read_for_model(&run->data.read, &run->model);
    run->data.read.precision = precision;
    run->data.read.ignore_target = target && strcmp(target, "none") == 0;
    return GM_OK;
}

/* Without a model, missing values stay missing unless the user says what becomes of them. */
static bool keeps_missing(const struct run *run)
{
    return !run->model_path && !cli_given("missing");
}

static gm_status load(struct run *run, gm_error *error)
{
    if (keeps_missing(run))
        run->data.read.missing = GM_MISSING_KEEP;
    gm_status status = cli_load(&run->data, run->test ? CLI_PART_TEST : CLI_PART_TRAIN, &run->dataset, error);
    return status == GM_OK ? cli_check_data_options(run->dataset, error) : status;
}

/* Columns of texts become numbers where the format has numbers only; missing values are replaced if that is
 * wanted. Both are learned from all rows. */
static gm_status encode(struct run *run, gm_error *error)
{
    const size_t texts = gm_dataset_categorical(run->dataset), missing = gm_dataset_missing(run->dataset);
    const bool needed = texts > 0 && run->format != GM_EXPORT_CSV;
    if (!needed && (missing == 0 || keeps_missing(run)))
        return GM_OK;
    if (missing > 0 && keeps_missing(run))
        return gm_fail(
            error, GM_BAD_DATA,
            "%s: %zu missing value%s beside columns of texts, which become numbers; say with --missing what "
            "replaces them, or write CSV",
            run->data.data, missing, gm_plural(missing));
    const gm_columns_options how = cli_columns_options(&run->data);
    const gm_status status = gm_columns_fit(&run->columns, run->dataset, &how, error);
    if (status == GM_OK && texts > 0)
        cli_note(
            "columns of texts become one column of 0 and 1 for each category that occurs; --model takes those of "
            "a model");
    return status == GM_OK ? gm_dataset_encode(run->dataset, run->columns, error) : status;
}

static void note_classes(const struct run *run)
{
    char list[400] = "";
    size_t used = 0;
    const size_t count = gm_dataset_targets(run->dataset);
    if (gm_export_keeps_classes(run->dataset, run->format))
        return;
    for (size_t c = 0; c < count && used < sizeof list / 2; c++)
        used = gm_append(list, sizeof list, used, "%s%zu = %.60s", c > 0 ? ", " : "", c,
                         gm_dataset_class_name(run->dataset, c));
    cli_note("the classes are numbered, because the file has numbers only: %s%s", list,
             used < sizeof list / 2 ? "" : ", ...");
}

static void print_result(const struct run *run)
{
    const size_t rows = gm_dataset_rows(run->dataset), features = gm_dataset_features(run->dataset);
    const size_t targets = gm_dataset_targets(run->dataset);
    printf("%s: %zu row%s, %zu feature%s", run->out, rows, gm_plural(rows), features, gm_plural(features));
    if (targets > 0)
        printf(", %zu %s%s", targets, gm_dataset_has_labels(run->dataset) ? "class" : "target",
               targets == 1                          ? ""
               : gm_dataset_has_labels(run->dataset) ? "es"
                                                     : "s");
    if (targets > 0 && run->format == GM_EXPORT_NPY)
        printf(", in %s", run->labels_out);
    putchar('\n');
}

static gm_status write(const struct run *run, gm_error *error)
{
    const bool beside = run->format == GM_EXPORT_NPY && gm_dataset_targets(run->dataset) > 0;
    gm_status status = gm_dataset_export(run->dataset, run->out, run->format, error);
    if (status == GM_OK && beside)
        status = gm_dataset_export_targets(run->dataset, run->labels_out, error);
    if (status != GM_OK)
        return status;
    note_classes(run);
    print_result(run);
    return GM_OK;
}

static gm_status convert(struct run *run, gm_error *error)
{
    gm_status status = name_labels(run, error);
    if (status == GM_OK)
        status = claim_files(run, error);
    if (status == GM_OK)
        status = cli_check_folder_options(run->data.data, error);
    if (status == GM_OK && run->model_path)
        status = use_model(run, error);
    if (status == GM_OK)
        status = load(run, error);
    if (status == GM_OK && cli_given("out-labels") && gm_dataset_targets(run->dataset) == 0)
        status = gm_fail(error, GM_USAGE, "--out-labels %s: the data has no targets", run->labels_out);
    if (status == GM_OK)
        status = encode(run, error);
    return status == GM_OK ? write(run, error) : status;
}

int cli_convert(int argc, char **argv)
{
    const struct argp_child children[] = {{&cli_data_argp, 0, NULL, 0}, {&cli_columns_argp, 0, NULL, 0}, {0}};
    const struct argp argp = {
        .options = verb_options,
        .parser = parse,
        .doc =
            "Writes data to a file of another format, from which the same numbers are read. The features are not "
            "scaled.",
        .children = children,
        .help_filter = cli_fill_names,
    };
    struct run run = {.data = cli_data_defaults()};
    run.data.read.precision = GM_F64;
    cli_parse(&argp, argc, argv, &run);
    gm_error error = {0};
    cli_interrupt_guard();
    const gm_status status = convert(&run, &error);
    gm_columns_destroy(run.columns);
    gm_dataset_destroy(run.dataset);
    gm_model_clear(&run.model);
    gm_free(run.own_labels_out);
    cli_files_release();
    cli_interrupt_unguard();
    return cli_finish(status, &error);
}

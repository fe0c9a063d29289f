/* gradmill train: loads data, trains a network on it, and saves the model. */
#include "base/error.h"
#include "base/memory.h"
#include "cli/files.h"
#include "cli/help.h"
#include "cli/interrupt.h"
#include "cli/load.h"
#include "cli/needless.h"
#include "cli/names.h"
#include "cli/remarks.h"
#include "cli/saver.h"
#include "cli/train_report.h"
#include "nn/optimizer.h"
#include "train/best.h"
#include "train/log.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEY_VALID = 1,
    KEY_VALID_LABELS,
    KEY_SHARE,
    KEY_SCALING,
    KEY_EPOCHS,
    KEY_SCHEDULE,
    KEY_SAVE,
    KEY_KEEP,
    KEY_LOG,
    KEY_CLIP_NORM,
    KEY_CLIP_VALUE,
    KEY_MONITOR,
    KEY_PATIENCE,
    KEY_JSON,
    KEY_QUIET
};

/* The data of one run, in the order in which it is made. */
struct run {
    cli_data_options data;
    cli_network_options network;
    cli_engine_options engine;
    const char *valid, *valid_labels;
    double share;
    gm_scaling_kind scaling_kind;
    size_t epochs; /* 0: not given */
    gm_schedule schedule;
    const char *save, *log;
    gm_keep keep;
    gm_monitor monitor;
    size_t patience;
    double clip_norm, clip_value; /* 0: not given */
    cli_train_report report;

    gm_dataset *all, *train_part, *valid_part; /* valid_part NULL: no validation */
    gm_model model;
    gm_engine *runner;
    cli_saver saver;
    cli_best_epoch best;
    gm_epoch last;
    gm_train_result result;
};

static const struct argp_option verb_options[] = {
    {0, 0, 0, 0, "Training:", 5},
    {"epochs", KEY_EPOCHS, "N", 0, "passes over the training rows (default 10, more for small data)", 0},
    {"schedule", KEY_SCHEDULE, "NAME", 0,
     "how the rate changes: {schedules} (default cosine, which falls to 0)", 0},
    {"valid", KEY_VALID, "FILE", 0, "validate on this file instead of a share of the data", 0},
    {"valid-labels", KEY_VALID_LABELS, "FILE", 0, "IDX: the labels of the images in --valid", 0},
    {"valid-share", KEY_SHARE, "X", 0, "share of the rows kept for validation, stratified (default 0.1)", 0},
    {"scaling", KEY_SCALING, "HOW", 0,
     "how inputs are scaled: {scalings} (default auto: unit, which is 1/255, for bytes, else standard)", 0},
    {"save", KEY_SAVE, "FILE", 0,
     "write the model here (safetensors): after epochs that are to be kept, and at the end", 0},
    {"keep", KEY_KEEP, "EPOCH", 0,
     "{keeps}: the epoch whose weights are kept (default best, or last without validation)", 0},
    {"monitor", KEY_MONITOR, "FIGURE", 0,
     "what the best epoch is chosen by, of the validation set: {monitors} (default auto: accuracy for classes, loss "
     "for numbers)",
     0},
    {"patience", KEY_PATIENCE, "N", 0, "end after N epochs in a row that are no better (default: never)", 0},
    {"log", KEY_LOG, "FILE", 0,
     "write one line for each epoch here, as it happens: JSON lines, or CSV if the name ends in .csv", 0},
    {"clip-norm", KEY_CLIP_NORM, "X", 0, "shrink a gradient whose norm is above X (default: no bound)", 0},
    {"clip-value", KEY_CLIP_VALUE, "X", 0, "bound each number of a gradient by X (default: no bound)", 0},
    {"json", KEY_JSON, 0, 0, "one JSON object instead of the table", 0},
    {"quiet", KEY_QUIET, 0, 0, "no table and no progress bar", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct run *run = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &run->data;
        state->child_inputs[1] = &run->network;
        state->child_inputs[2] = state->child_inputs[3] = &run->engine;
        return 0;
    case KEY_VALID:
        run->valid = argument;
        return 0;
    case KEY_VALID_LABELS:
        run->valid_labels = argument;
        return 0;
    case KEY_SHARE:
        run->share = cli_number("valid-share", argument, state);
        return 0;
    case KEY_SCALING:
        run->scaling_kind = (gm_scaling_kind)cli_choose("scaling", argument, cli_scaling_names, state);
        return 0;
    case KEY_EPOCHS:
        run->epochs = cli_size("epochs", argument, 1, state);
        return 0;
    case KEY_SCHEDULE:
        run->schedule = (gm_schedule)cli_choose("schedule", argument, cli_schedule_names, state);
        return 0;
    case KEY_SAVE:
        run->save = argument;
        return 0;
    case KEY_CLIP_NORM:
        run->clip_norm = cli_positive("clip-norm", argument, state);
        return 0;
    case KEY_CLIP_VALUE:
        run->clip_value = cli_positive("clip-value", argument, state);
        return 0;
    case KEY_LOG:
        run->log = argument;
        return 0;
    case KEY_KEEP:
        run->keep = (gm_keep)(cli_choose("keep", argument, cli_keep_names, state) + 1);
        return 0;
    case KEY_MONITOR:
        run->monitor = (gm_monitor)cli_choose("monitor", argument, cli_monitor_names, state);
        return 0;
    case KEY_PATIENCE:
        run->patience = cli_size("patience", argument, 1, state);
        return 0;
    case KEY_JSON:
        run->report.json = true;
        return 0;
    case KEY_QUIET:
        run->report.quiet = true;
        return 0;
    case ARGP_KEY_END:
        if (!run->data.data)
            cli_refuse(state, "no data; expected --data PATH");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Splits the rows into a training and a validation part. With --valid, all rows are for training. */
static gm_status split(struct run *run, gm_error *error)
{
    const double share = run->valid ? 0 : run->share;
    const gm_status status =
        gm_dataset_split(run->all, share, run->network.seed, &run->train_part, &run->valid_part, error);
    if (run->valid) {
        gm_dataset_destroy(run->valid_part);
        run->valid_part = NULL;
    }
    return status;
}

/* Stores in the model the names of classes and columns, and the means of the training part, and replaces
 * missing values by the means. */
static gm_status learn_columns(struct run *run, gm_error *error)
{
    gm_error reason = {0};
    gm_status status = gm_model_name_classes(&run->model, run->all, error);
    if (status != GM_OK)
        return status;
    status = gm_columns_fit(&run->model.columns, run->train_part, &reason);
    if (status != GM_OK)
        return gm_fail(error, status, "%s: %s", run->data.data, reason.message);
    return gm_dataset_replace_missing(run->all, run->model.columns, error);
}

/* Loads the file of --valid. It is read like any other file that a model is used on. */
static gm_status load_valid(struct run *run, gm_error *error)
{
    cli_data_options valid = run->data;
    valid.data = run->valid;
    valid.read.labels = run->valid_labels;
    valid.read.target = NULL; /* the model knows its target */
    valid.read.columns = run->model.columns;
    valid.read.classes = (const char *const *)run->model.classes;
    valid.read.class_count = run->model.class_count;
    const gm_status status = cli_load(&valid, CLI_PART_TRAIN, &run->valid_part, error);
    if (status == GM_OK && gm_dataset_targets(run->valid_part) == 0)
        return gm_fail(error, GM_BAD_DATA, "%s: no labels to validate with; give them with --valid-labels",
                       run->valid);
    return status;
}

/* Loads the data: a training part and a validation part. */
static gm_status load(struct run *run, gm_error *error)
{
    run->data.read.precision = run->network.precision;
    gm_status status = cli_load(&run->data, CLI_PART_TRAIN, &run->all, error);
    if (status == GM_OK)
        status = cli_check_data_options(run->all, error);
    if (status != GM_OK)
        return status;
    if (gm_dataset_targets(run->all) == 0)
        return gm_fail(error, GM_BAD_DATA, "%s: no labels to learn from; give them with --labels",
                       run->data.data);
    status = split(run, error);
    if (status == GM_OK)
        status = learn_columns(run, error);
    return status == GM_OK && run->valid ? load_valid(run, error) : status;
}

/* Chooses widths that were not given: a network that works well for images like Fashion-MNIST and trains in a
 * short time. */
static gm_status complete_widths(struct run *run, gm_error *error)
{
    const size_t inputs = gm_dataset_features(run->all), outputs = gm_dataset_targets(run->all);
    cli_network_options *n = &run->network;
    if (!n->widths) {
        const size_t widths[] = {inputs, 512, 256, outputs};
        n->width_count = sizeof widths / sizeof *widths;
        n->widths = gm_alloc(n->width_count, sizeof *n->widths);
        for (size_t i = 0; n->widths && i < n->width_count; i++)
            n->widths[i] = widths[i];
        return n->widths ? GM_OK : gm_fail_memory(error, "the layers", sizeof widths);
    }
    if (n->widths[0] != inputs)
        return gm_fail(error, GM_USAGE, "--layers begins with %zu; expected %zu, the features of %s",
                       n->widths[0], inputs, run->data.data);
    if (n->widths[n->width_count - 1] != outputs)
        return gm_fail(error, GM_USAGE, "--layers ends with %zu; expected %zu, the %s of %s",
                       n->widths[n->width_count - 1], outputs,
                       gm_dataset_has_labels(run->all) ? "classes" : "targets", run->data.data);
    return GM_OK;
}

/* Chooses the batch size and checks it, before memory is allocated for it. */
static gm_status choose_batch(struct run *run, gm_error *error)
{
    static const char *const schedule[] = {"schedule"};
    const size_t rows = gm_dataset_rows(run->train_part);
    if (!run->engine.has_batch)
        run->engine.engine.batch = cli_default_batch(rows);
    if (run->engine.engine.batch > rows)
        return gm_fail(error, GM_USAGE, "--batch %zu; expected at most %zu, the rows to learn from in %s",
                       run->engine.engine.batch, rows, run->data.data);
    if (run->epochs == 0)
        run->epochs = cli_default_epochs(rows, run->engine.engine.batch);
    if (run->epochs == 1 && run->engine.engine.batch == rows)
        cli_note_given(schedule, 1, "on a training of one step");
    return GM_OK;
}

static gm_status fit_scaling(struct run *run, gm_error *error)
{
    gm_error reason = {0};
    const gm_status status = gm_scaling_fit(&run->model.scaling, run->scaling_kind, run->train_part, &reason);
    return status == GM_OK ? GM_OK : gm_fail(error, status, "%s: %s", run->data.data, reason.message);
}

/* Checks the targets as gm_train does, but with the name of the file in the message, and before an engine is
 * made. */
static gm_status check_targets(const struct run *run, gm_error *error)
{
    const gm_network *network = run->model.network;
    const gm_status status = cli_check_targets(network, run->all, run->data.data, GM_USAGE, error);
    if (status != GM_OK || !run->valid)
        return status;
    return cli_check_targets(network, run->valid_part, run->valid, GM_USAGE, error);
}

static gm_status build(struct run *run, gm_error *error)
{
    gm_network_options network;
    gm_layer_options *layers = NULL;
    const gm_loss fallback = gm_dataset_has_labels(run->all) ? GM_CROSS_ENTROPY : GM_MEAN_SQUARES;
    gm_status status = choose_batch(run, error);
    if (status == GM_OK)
        status = complete_widths(run, error);
    if (status == GM_OK)
        status = cli_network_describe(&run->network, fallback, &network, &layers, error);
    if (status == GM_OK)
        status = gm_network_create(&run->model.network, &network, error);
    gm_free(layers);
    if (status != GM_OK)
        return status;
    status = check_targets(run, error);
    if (status != GM_OK)
        return status;
    run->model.seed = run->network.seed;
    status = fit_scaling(run, error);
    if (status == GM_OK && run->model.scaling->constant_features > 0)
        cli_note("%zu of %zu features %s constant in the training part, and nothing can be learned from %s",
                 run->model.scaling->constant_features, run->model.scaling->features,
                 run->model.scaling->constant_features == 1 ? "is" : "are",
                 run->model.scaling->constant_features == 1 ? "it" : "them");
    return status == GM_OK ? gm_engine_create(&run->runner, run->model.network, &run->engine.engine, error)
                           : status;
}

static gm_status on_step(void *context, const gm_progress *progress, bool *stop, gm_error *error)
{
    struct run *run = context;
    (void)error;
    cli_train_report_step(&run->report, progress);
    *stop = cli_interrupted();
    return GM_OK;
}

/* Called after each epoch: prints it, and offers the model to be saved if the epoch is one to be kept. */
static gm_status on_epoch(void *context, const gm_epoch *epoch, bool *stop, gm_error *error)
{
    struct run *run = context;
    cli_train_report_epoch(&run->report, epoch);
    cli_best_epoch_see(&run->best, epoch);
    run->last = *epoch;
    *stop = cli_interrupted();
    return run->keep == GM_KEEP_BEST && !epoch->best ? GM_OK : cli_saver_offer(&run->saver, error);
}

/* What is to be said of the epoch that was kept. */
static gm_status judge(const struct run *run, const gm_dataset *valid, gm_error *error)
{
    if (!run->last.has_valid)
        return GM_OK;
    const gm_metrics *kept = &run->result.valid;
    const char *which = run->result.best_epoch > 0 ? "the validation of the epoch that is kept"
                                                   : "the validation of the last epoch";
    const gm_status status = cli_check_metrics(kept, gm_dataset_has_labels(valid), which, error);
    if (status != GM_OK)
        return status;
    cli_note_baseline(kept, valid, "the validation rows");
    if (run->keep == GM_KEEP_LAST)
        cli_note_best_epoch(&run->best, &run->last);
    return GM_OK;
}

/* Which epoch is kept, now that it is known whether there is a validation set; options that need one are
 * refused without it. */
static gm_status settle_keep(struct run *run, const gm_dataset *valid, gm_error *error)
{
    static const char *const needing[] = {"monitor", "patience"};
    if (!valid && run->keep == GM_KEEP_BEST)
        return gm_fail(error, GM_USAGE,
                       "--keep best needs a validation set; give --valid, or a --valid-share above 0");
    if (run->keep == GM_KEEP_AUTO)
        run->keep = valid ? GM_KEEP_BEST : GM_KEEP_LAST;
    if (!valid)
        return cli_refuse_given(needing, 2, "without a validation set", error);
    return gm_best_monitor(&run->monitor, gm_dataset_has_labels(valid), error);
}

static gm_train_options training(struct run *run)
{
    gm_train_options train = gm_train_options_default();
    train.epochs = run->epochs;
    train.schedule = run->schedule;
    train.seed = run->network.seed;
    train.on_step = on_step;
    train.on_epoch = on_epoch;
    train.context = run;
    train.keep = run->keep;
    train.monitor = run->monitor;
    train.patience = run->patience;
    train.log = run->log;
    train.clip_norm = run->clip_norm;
    train.clip_value = run->clip_value;
    return train;
}

/* Ends the report. After a failure that is not GM_DIVERGED there is none; after that one the epochs before it
 * are worth having. */
static gm_status report(struct run *run, gm_status status, gm_error *error)
{
    const cli_train_end end = {
        .saved = run->saver.saved ? run->save : NULL,
        .result = &run->result,
        .monitor = run->monitor,
        .has_valid = run->last.has_valid,
    };
    if (status == GM_OK)
        return cli_train_report_close(&run->report, &end, error);
    if (status == GM_DIVERGED)
        (void)cli_train_report_close(&run->report, &end, NULL);
    else
        cli_train_report_drop(&run->report);
    return status;
}

static gm_status train(struct run *run, gm_error *error)
{
    const gm_dataset *valid =
        run->valid_part && gm_dataset_rows(run->valid_part) > 0 ? run->valid_part : NULL;
    gm_status status = settle_keep(run, valid, error);
    if (status != GM_OK)
        return status;
    const gm_train_options options = training(run);
    run->saver = cli_saver_of(run->save, &run->model);
    run->result = gm_train_result_init();
    if (!run->report.quiet)
        cli_warn_of_setup(strcmp(gm_engine_backend(run->runner), "blas") == 0);
    cli_interrupt_watch();
    cli_train_report_open(&run->report, gm_dataset_has_labels(run->all));
    status = gm_train(run->runner, run->train_part, valid, run->model.scaling, &options, &run->result, error);
    if (status == GM_OK || (status == GM_DIVERGED && run->result.kept_epoch > 0)) {
        const gm_status saved = cli_saver_finish(&run->saver, status == GM_OK ? error : NULL);
        status = status == GM_OK ? saved : status;
    }
    cli_interrupt_unwatch();
    status = report(run, status, error);
    return status == GM_OK ? judge(run, valid, error) : status;
}

/* Checks and reserves the output file, before any work (files.h). */
static gm_status claim_files(const struct run *run, gm_error *error)
{
    const cli_output outputs[] = {{"--save", run->save, &gm_kind_model}, {"--log", run->log, &gm_kind_log}};
    const cli_input inputs[] = {{"--data", run->data.data},
                                {"--labels", run->data.read.labels},
                                {"--valid", run->valid},
                                {"--valid-labels", run->valid_labels}};
    return cli_files_claim(outputs, sizeof outputs / sizeof *outputs, inputs, sizeof inputs / sizeof *inputs,
                           error);
}

/* Checks values, and refuses options that would have no effect, before any file is read. */
static gm_status check_options(const struct run *run, gm_error *error)
{
    static const char *const share[] = {"valid-share"}, *const labels[] = {"valid-labels"};
    if (!(run->share >= 0 && run->share < 1))
        return gm_fail(error, GM_USAGE, "--valid-share %g: expected a number from 0 to below 1", run->share);
    gm_status status = cli_check_optimizer_options(run->engine.given.kind, error);
    if (status == GM_OK)
        status = gm_optimizer_check(&run->engine.engine.optimizer, error);
    if (status == GM_OK && run->valid)
        status = cli_refuse_given(share, 1, "with --valid: all rows of --data are for training", error);
    if (status == GM_OK && !run->valid)
        status = cli_refuse_given(labels, 1, "without --valid", error);
    return status == GM_OK ? cli_check_folder_options(run->data.data, error) : status;
}

static gm_status run_all(struct run *run, gm_error *error)
{
    gm_status status = check_options(run, error);
    if (status == GM_OK)
        status = claim_files(run, error);
    if (status == GM_OK)
        status = load(run, error);
    if (status == GM_OK)
        cli_note_constant_targets(run->train_part);
    if (status == GM_OK)
        status = build(run, error);
    return status == GM_OK ? train(run, error) : status;
}

int cli_train(int argc, char **argv)
{
    const struct argp_child children[] = {
        {&cli_data_argp, 0, NULL, 0},
        {&cli_network_argp, 0, NULL, 0},
        {&cli_compute_argp, 0, NULL, 0},
        {&cli_optimizer_argp, 0, NULL, 0},
        {0},
    };
    const struct argp argp = {
        .options = verb_options,
        .parser = parse,
        .doc = "Trains a network and prints one line for each epoch.",
        .children = children,
        .help_filter = cli_fill_names,
    };
    struct run run = {
        .data = cli_data_defaults(),
        .network = cli_network_defaults(),
        .engine = cli_engine_defaults(GM_ADAM),
        .share = 0.1,
        .scaling_kind = GM_SCALING_AUTO,
        .schedule = GM_SCHEDULE_COSINE,
    };
    cli_parse(&argp, argc, argv, &run);
    gm_error error = {0};
    cli_interrupt_guard();
    const gm_status status = run_all(&run, &error);
    cli_files_release();
    cli_interrupt_unguard();
    gm_engine_destroy(run.runner);
    gm_model_clear(&run.model);
    gm_dataset_destroy(run.train_part);
    gm_dataset_destroy(run.valid_part);
    gm_dataset_destroy(run.all);
    cli_network_clear(&run.network);
    const int code = cli_finish(status, &error);
    if (status == GM_OK)
        cli_interrupt_reraise();
    return code;
}

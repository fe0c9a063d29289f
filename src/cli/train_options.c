/* The options of `train`. */
#include "cli/train_options.h"
#include "base/error.h"
#include "cli/arguments.h"
#include "cli/find_rate.h"
#include "cli/help.h"
#include "cli/names.h"
#include "cli/needless.h"
#include "nn/optimizer.h"

enum {
    KEY_VALID = 1,
    KEY_VALID_LABELS,
    KEY_SHARE,
    KEY_VALID_LAST,
    KEY_GROUP_COLUMN,
    KEY_WEIGHT_COLUMN,
    KEY_CLASS_WEIGHT,
    KEY_SCALING,
    KEY_TARGET_SCALING,
    KEY_EPOCHS,
    KEY_SMOOTHING,
    KEY_SAVE,
    KEY_REPORT,
    KEY_KEEP,
    KEY_LOG,
    KEY_MONITOR,
    KEY_PATIENCE,
    KEY_CONFIG,
    KEY_CHECKPOINT,
    KEY_CHECKPOINT_MINUTES,
    KEY_RESUME,
    KEY_INIT_FROM,
    KEY_FIND_RATE,
    KEY_JSON,
    KEY_QUIET
};

static const struct argp_option train_options[] = {
    {0, 0, 0, 0, "Training:", 5},
    {"epochs", KEY_EPOCHS, "N", 0, "passes over the training rows (default 10, more for small data)", 0},
    {"valid", KEY_VALID, "FILE", 0, "validate on this file instead of a share of the data", 0},
    {"valid-labels", KEY_VALID_LABELS, "FILE", 0, "IDX, NPY: the labels of the rows in --valid", 0},
    {"valid-share", KEY_SHARE, "X", 0, "share of the rows kept for validation, stratified (default 0.1)", 0},
    {"valid-last", KEY_VALID_LAST, 0, 0,
     "validate on the last rows, for data in the order of time, not on rows that are drawn", 0},
    {"group-column", KEY_GROUP_COLUMN, "COLUMN", 0,
     "CSV: the column that names the group of each row: a group is learned or validated on, never both; it is no feature",
     0},
    {"weight-column", KEY_WEIGHT_COLUMN, "COLUMN", 0,
     "CSV: the column that says how much each row counts in training, as a number of at least 0: it is no feature",
     0},
    {"class-weight", KEY_CLASS_WEIGHT, "HOW", 0,
     "how much the rows of a class count in training: balanced, so that every class counts the same, or a CSV file with "
     "lines of a class and its weight (default: 1 for every class)",
     0},
    {"scaling", KEY_SCALING, "HOW", 0,
     "how inputs are scaled: {scalings} (default auto: unit, which is 1/255, for bytes, else standard)", 0},
    {"target-scaling", KEY_TARGET_SCALING, "HOW", 0,
     "how numeric targets are scaled for the network: {target-scalings} (default auto: standard, mean 0 and deviation 1, "
     "where the output is identity and the loss one of differences; figures and predictions stay in the units of the data)",
     0},
    {"save", KEY_SAVE, "FILE", 0,
     "write the model here (safetensors): after epochs that are to be kept, and at the end", 0},
    {"report", KEY_REPORT, "FILE", 0,
     "write one HTML page here, complete in itself: curves, confusion matrix, figures of the classes, options",
     0},
    {"keep", KEY_KEEP, "EPOCH", 0,
     "{keeps}: the epoch whose weights are kept (default best, or last without validation)", 0},
    {"monitor", KEY_MONITOR, "FIGURE", 0,
     "what the best epoch is chosen by, of the validation set: {monitors} (default auto: accuracy for classes, loss "
     "for numbers)",
     0},
    {"patience", KEY_PATIENCE, "N", 0, "end after N epochs in a row that are no better (default: never)", 0},
    {"log", KEY_LOG, "FILE", 0,
     "write one line for each epoch here, as it happens: JSON lines, or CSV if the name ends in .csv", 0},
    {"label-smoothing", KEY_SMOOTHING, "X", 0,
     "divide this share of each target evenly among the classes, in training alone: cross-entropy (default 0)",
     0},
    {"checkpoint", KEY_CHECKPOINT, "FILE", 0,
     "write the whole state of the run here, after epochs and every few minutes, so that it can go on after an "
     "interruption (default with --resume: that file)",
     0},
    {"checkpoint-minutes", KEY_CHECKPOINT_MINUTES, "X", 0,
     "minutes from one checkpoint in the middle of an epoch to the next (default 5)", 0},
    {"init-from", KEY_INIT_FROM, "MODEL", 0,
     "begin with the weights of this model, in place of random ones; its network, columns and scaling are taken, the "
     "optimizer begins anew",
     0},
    {"resume", KEY_RESUME, "FILE", 0,
     "go on from a checkpoint, with the options of that run; the result is the same to the bit as without the "
     "interruption. Options that are given besides win",
     0},
    {"config", KEY_CONFIG, "FILE", 0,
     "read options from this file, one a line: name = value; those of the command line win", 0},
    {"find-rate", KEY_FIND_RATE, 0, 0,
     "do not train, but try rates from 1e-7 to 10, a larger one with each step, and suggest one", 0},
    {"json", KEY_JSON, 0, 0, "one JSON object instead of the table", 0},
    {"quiet", KEY_QUIET, 0, 0, "no table, no progress bar and no post-mortem", 0},
    {0},
};

/* The rows to learn from and to validate on, and how they are scaled. */
static error_t parse_rows(int key, char *argument, struct argp_state *state)
{
    cli_train_options *options = state->input;
    switch (key) {
    case KEY_VALID:
        options->valid = cli_path("valid", argument, state);
        return 0;
    case KEY_VALID_LABELS:
        options->valid_labels = argument;
        return 0;
    case KEY_SHARE:
        options->share = cli_number("valid-share", argument, state);
        return 0;
    case KEY_VALID_LAST:
        options->valid_last = true;
        return 0;
    case KEY_GROUP_COLUMN:
        options->data.read.group = argument;
        return 0;
    case KEY_WEIGHT_COLUMN:
        options->data.read.weight = argument;
        return 0;
    case KEY_CLASS_WEIGHT:
        options->class_weight = cli_path("class-weight", argument, state);
        return 0;
    case KEY_SCALING:
        options->scaling = (gm_scaling_kind)cli_choose("scaling", argument, cli_scaling_names, state);
        return 0;
    case KEY_TARGET_SCALING:
        options->target_scaling =
            cli_target_scaling(cli_choose("target-scaling", argument, cli_target_scaling_names, state));
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* How the weights are changed, how long, and which of them are kept. */
static error_t parse_course(int key, char *argument, struct argp_state *state)
{
    cli_train_options *options = state->input;
    switch (key) {
    case KEY_EPOCHS:
        options->train.epochs = cli_size("epochs", argument, 1, state);
        return 0;
    case KEY_SMOOTHING:
        options->train.label_smoothing = cli_number_below("label-smoothing", argument, 1, state);
        return 0;
    case KEY_KEEP:
        options->train.keep = (gm_keep)(cli_choose("keep", argument, cli_keep_names, state) + 1);
        return 0;
    case KEY_MONITOR:
        options->train.monitor = (gm_monitor)cli_choose("monitor", argument, cli_monitor_names, state);
        return 0;
    case KEY_PATIENCE:
        options->train.patience = cli_size("patience", argument, 1, state);
        return 0;
    case KEY_FIND_RATE:
        options->find_rate = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* What is read at the beginning of the run, and what it writes. */
static error_t parse_files(int key, char *argument, struct argp_state *state)
{
    cli_train_options *options = state->input;
    switch (key) {
    case KEY_REPORT:
        options->report = cli_output_path("report", argument, state);
        return 0;
    case KEY_SAVE:
        options->save = cli_output_path("save", argument, state);
        return 0;
    case KEY_LOG:
        options->train.log = cli_output_path("log", argument, state);
        return 0;
    case KEY_CHECKPOINT:
        options->train.checkpoint = cli_output_path("checkpoint", argument, state);
        return 0;
    case KEY_CHECKPOINT_MINUTES:
        options->train.checkpoint_seconds = 60 * cli_positive("checkpoint-minutes", argument, state);
        return 0;
    case KEY_INIT_FROM:
        options->init_from = cli_path("init-from", argument, state);
        return 0;
    case KEY_RESUME: /* its options are in the command line already (config.h) */
        options->resume = argument;
        return 0;
    case KEY_CONFIG: /* its options are in the command line already (config.h) */
        return 0;
    case KEY_JSON:
        options->json = true;
        return 0;
    case KEY_QUIET:
        options->quiet = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void begin(struct argp_state *state)
{
    cli_train_options *options = state->input;
    state->child_inputs[0] = &options->data;
    state->child_inputs[1] = &options->data;
    state->child_inputs[2] = &options->network;
    state->child_inputs[3] = state->child_inputs[4] = state->child_inputs[5] = &options->engine;
    state->child_inputs[6] = &options->train;
}

static void end(struct argp_state *state)
{
    cli_train_options *options = state->input;
    if (options->resume && !cli_typed("checkpoint"))
        options->train.checkpoint = options->resume;
    options->train.accumulate = options->engine.accumulate;
    if (!options->data.data)
        cli_refuse(state, "no data; expected --data PATH");
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    if (key == ARGP_KEY_INIT)
        begin(state);
    else if (key == ARGP_KEY_END)
        end(state);
    else if (parse_rows(key, argument, state) != 0 && parse_course(key, argument, state) != 0)
        return parse_files(key, argument, state);
    return 0;
}

const struct argp cli_train_argp = {
    .options = train_options,
    .parser = parse,
    .doc = "Trains a network and prints a table of its epochs.",
    .children =
        (const struct argp_child[]){
            {&cli_data_argp, 0, NULL, 0},
            {&cli_columns_argp, 0, NULL, 0},
            {&cli_network_argp, 0, NULL, 0},
            {&cli_compute_argp, 0, NULL, 0},
            {&cli_optimizer_argp, 0, NULL, 0},
            {&cli_step_argp, 0, NULL, 0},
            {&cli_schedule_argp, 0, NULL, 0},
            {0},
        },
    .help_filter = cli_fill_names,
};

cli_train_options cli_train_defaults(void)
{
    cli_train_options options = {
        .data = cli_data_defaults(),
        .network = cli_network_defaults(),
        .engine = cli_engine_defaults(GM_ADAM),
        .share = 0.1,
        .scaling = GM_SCALING_AUTO,
        .target_scaling = GM_SCALING_AUTO,
        .train = gm_train_options_default(),
    };
    options.train.epochs = 0;
    options.train.schedule = GM_SCHEDULE_COSINE;
    return options;
}

void cli_train_options_clear(cli_train_options *options)
{
    cli_network_clear(&options->network);
}

gm_status cli_train_options_check(cli_train_options *options, gm_error *error)
{
    static const char *const dividing[] = {"valid-share", "valid-last"};
    static const char *const labels[] = {"valid-labels"}, *const last[] = {"valid-last"},
                             *const minutes[] = {"checkpoint-minutes"}, *const classes[] = {"class-weight"};
    if (!(options->share >= 0 && options->share < 1))
        return gm_fail(error, GM_USAGE, "--valid-share %g: expected a number from 0 to below 1",
                       options->share);
    gm_status status = GM_OK;
    if (!options->train.checkpoint)
        status = cli_refuse_given(minutes, 1, "without --checkpoint", error);
    if (status == GM_OK)
        status = cli_check_optimizer_options(options->engine.given.kind, error);
    if (status == GM_OK)
        status = cli_check_schedule_options(&options->train, error);
    if (status == GM_OK)
        status = gm_optimizer_check(&options->engine.engine.optimizer, error);
    if (status == GM_OK && options->valid)
        status = cli_refuse_given(dividing, 2, "with --valid: all rows of --data are for training", error);
    if (status == GM_OK && options->data.read.group)
        status = cli_refuse_given(last, 1, "with --group-column: groups are drawn", error);
    if (status == GM_OK && options->data.read.group && (options->valid || options->share == 0))
        cli_note("--group-column divides nothing %s: it only says that the column is no feature",
                 options->valid ? "with --valid" : "with --valid-share 0");
    if (status == GM_OK && options->share == 0)
        status = cli_refuse_given(last, 1, "with --valid-share 0", error);
    if (status == GM_OK && !options->valid)
        status = cli_refuse_given(labels, 1, "without --valid", error);
    if (status == GM_OK && options->data.read.regression)
        status = cli_refuse_given(classes, 1, "with --regression: there are no classes", error);
    if (status == GM_OK && options->find_rate)
        status = cli_find_rate_check(error);
    return status == GM_OK ? cli_check_folder_options(options->data.data, error) : status;
}

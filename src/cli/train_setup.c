/* Prepares a run of `train`: loads the data and divides it, makes the network and the engine. */
#include "cli/train_setup.h"
#include "base/error.h"
#include "base/memory.h"
#include "cli/arguments.h"
#include "cli/class_weights.h"
#include "cli/load.h"
#include "cli/needless.h"
#include "cli/remarks.h"
#include "cli/train_from.h"
#include "data/dataset.h"

/* Splits the rows into a training and a validation part. With --valid, all rows are for training. */
static gm_status split(cli_train_setup *setup, const cli_train_options *options, gm_error *error)
{
    gm_split_options how = gm_split_options_default();
    gm_error reason = {0};
    how.share = options->valid ? 0 : options->share;
    how.seed = options->network.seed;
    how.last = options->valid_last;
    const gm_status status = gm_dataset_split_by(setup->all, &how, &setup->train, &setup->valid, &reason);
    if (status != GM_OK)
        return gm_fail(error, status, "%s: %s", options->data.data, reason.message);
    if (options->valid) {
        gm_dataset_destroy(setup->valid);
        setup->valid = NULL;
        return GM_OK;
    }
    if (options->share <= 0 || gm_dataset_rows(setup->valid) > 0)
        return GM_OK;
    if (cli_typed("valid-share"))
        return gm_fail(error, GM_USAGE,
                       "--valid-share %g leaves no row of %s for validation; expected a larger share, or 0",
                       options->share, options->data.data);
    cli_note("%s has too few rows for a validation set", options->data.data);
    return GM_OK;
}

/* Stores in the model the names of classes and columns, and what the training part shows of the columns, and
 * makes the inputs of the network of them. */
static gm_status learn_columns(cli_train_setup *setup, const cli_train_options *options, gm_error *error)
{
    gm_error reason = {0};
    if (options->init_from)
        return gm_dataset_encode(setup->all, setup->model.columns, error);
    const gm_columns_options how = cli_columns_options(&options->data);
    gm_status status = gm_model_name_classes(&setup->model, setup->all, error);
    if (status != GM_OK)
        return status;
    status = gm_columns_fit(&setup->model.columns, setup->train, &how, &reason);
    if (status != GM_OK)
        return gm_fail(error, status, "%s: %s", options->data.data, reason.message);
    return gm_dataset_encode(setup->all, setup->model.columns, error);
}

/* Loads the file of --valid. It is read like any other file that a model is used on. */
static gm_status load_valid(cli_train_setup *setup, const cli_train_options *options, gm_error *error)
{
    cli_data_options valid = options->data;
    valid.data = options->valid;
    valid.files = &options->valid;
    valid.file_count = 1;
    valid.read.labels = options->valid_labels;
    valid.read.target = NULL; /* the model knows its target */
    valid.read.test = true;   /* of an NPZ file with both parts */
    /* With names, the model finds its own columns, and others may be missing or stand anywhere. */
    if (gm_columns_named(setup->model.columns))
        valid.read.group = valid.read.weight = valid.read.ignore = NULL;
    cli_read_for_model(&valid.read, &setup->model);
    const gm_status status = cli_load(&valid, CLI_PART_TRAIN, &setup->valid, error);
    if (status == GM_OK && gm_dataset_targets(setup->valid) == 0)
        return gm_fail(error, GM_BAD_DATA, "%s: no labels to validate with; give them with --valid-labels",
                       options->valid);
    return status;
}

/* Weights of 0 may all lie in the training part. */
static gm_status check_weights(const cli_train_setup *setup, const cli_train_options *options,
                               gm_error *error)
{
    const gm_dataset *train = setup->train;
    gm_error reason = {0};
    const gm_status status = train->weights ? gm_weights_check(train->weights, train->rows, &reason) : GM_OK;
    return status == GM_OK
               ? GM_OK
               : gm_fail(error, status, "%s: in the training part, %s", options->data.data, reason.message);
}

/* Loads the data: a training part and a validation part. */
static gm_status load_all(cli_train_setup *setup, cli_train_options *options, gm_error *error)
{
    options->data.read.precision = options->network.precision;
    gm_status status = options->init_from ? cli_train_from_open(setup, options, error) : GM_OK;
    if (status == GM_OK)
        status = cli_load(&options->data, CLI_PART_TRAIN, &setup->all, error);
    if (status == GM_OK)
        status = cli_check_data_options(setup->all, error);
    if (status != GM_OK)
        return status;
    if (gm_dataset_targets(setup->all) == 0)
        return gm_fail(error, GM_BAD_DATA, "%s: no labels to learn from; %s", options->data.data,
                       cli_where_targets(setup->all));
    status = options->init_from ? cli_train_from_check(setup, options, error) : GM_OK;
    if (status == GM_OK)
        status = split(setup, options, error);
    if (status == GM_OK)
        status = learn_columns(setup, options, error);
    if (status == GM_OK && options->class_weight)
        status = cli_weigh_classes(setup->train, options->class_weight, error);
    if (status == GM_OK)
        status = check_weights(setup, options, error);
    return status == GM_OK && options->valid ? load_valid(setup, options, error) : status;
}

/* The width of the first hidden layer if none is given: a power of two, 64 to 512, that grows with the rows
 * and the inputs. More learns no better from so few rows, and takes longer. */
static size_t default_width(size_t rows, size_t inputs)
{
    size_t width = 64;
    while (width < 512 && (width * width < 4 * rows || width < 4 * inputs))
        width *= 2;
    return width;
}

/* Chooses widths that were not given: two hidden layers, the second half as wide as the first. */
static gm_status complete_widths(cli_train_setup *setup, cli_train_options *options, gm_error *error)
{
    const size_t inputs = gm_dataset_features(setup->all), outputs = gm_dataset_targets(setup->all);
    cli_network_options *n = &options->network;
    if (!n->widths) {
        const size_t width = default_width(gm_dataset_rows(setup->all), inputs);
        const size_t widths[] = {inputs, width, width / 2, outputs};
        n->width_count = sizeof widths / sizeof *widths;
        n->widths = gm_alloc(n->width_count, sizeof *n->widths);
        for (size_t i = 0; n->widths && i < n->width_count; i++)
            n->widths[i] = widths[i];
        return n->widths ? GM_OK : gm_fail_memory(error, "the layers", sizeof widths);
    }
    if (n->widths[0] != inputs)
        return gm_fail(error, GM_USAGE, "--layers begins with %zu; expected %zu, the features of %s",
                       n->widths[0], inputs, options->data.data);
    if (n->widths[n->width_count - 1] != outputs)
        return gm_fail(error, GM_USAGE, "--layers ends with %zu; expected %zu, the %s of %s",
                       n->widths[n->width_count - 1], outputs,
                       gm_dataset_has_labels(setup->all) ? "classes" : "targets", options->data.data);
    return GM_OK;
}

/* Chooses the batch size and the number of epochs, and checks them, before memory is allocated. */
static gm_status choose_batch(cli_train_setup *setup, cli_train_options *options, gm_error *error)
{
    static const char *const schedule[] = {"schedule"};
    const size_t rows = gm_dataset_rows(setup->train);
    if (!options->engine.has_batch)
        options->engine.engine.batch = cli_default_batch(rows);
    if (options->engine.engine.batch > rows)
        return gm_fail(error, GM_USAGE, "--batch %zu; expected at most %zu, the rows to learn from in %s",
                       options->engine.engine.batch, rows, options->data.data);
    if (gm_dataset_has_weights(setup->train) &&
        options->engine.engine.batch * options->engine.accumulate == 1)
        return gm_fail(
            error, GM_USAGE,
            "weights of rows have no effect with steps of one row, whose mean loss is the same with any "
            "weight; expected a larger --batch, or --accumulate");
    const size_t batches = gm_pieces(rows, options->engine.engine.batch);
    const gm_status status = cli_check_accumulate(&options->engine, batches, error);
    if (status != GM_OK)
        return status;
    const size_t steps = gm_pieces(batches, options->engine.accumulate);
    if (options->train.epochs == 0)
        options->train.epochs = cli_default_epochs(steps);
    if (options->train.epochs == 1 && steps == 1)
        cli_note_given(schedule, 1, "on a training of one step");
    return GM_OK;
}

static gm_status fit_scaling(cli_train_setup *setup, const cli_train_options *options, gm_error *error)
{
    gm_error reason = {0};
    const gm_status status = gm_scaling_fit(&setup->model.scaling, options->scaling, setup->train, &reason);
    return status == GM_OK ? GM_OK : gm_fail(error, status, "%s: %s", options->data.data, reason.message);
}

/* Standardises the targets, unless the network or the user wants them as they are. */
static gm_status fit_targets(cli_train_setup *setup, const cli_train_options *options, gm_error *error)
{
    static const char *const option[] = {"target-scaling"};
    gm_error reason = {0};
    if (gm_dataset_has_labels(setup->all))
        return cli_refuse_given(option, 1, "with classes; it is for targets that are numbers", error);
    if (options->target_scaling == GM_SCALING_NONE ||
        (options->target_scaling == GM_SCALING_AUTO && !gm_network_scales_targets(setup->model.network)))
        return GM_OK;
    if (!gm_network_scales_targets(setup->model.network))
        return gm_fail(
            error, GM_USAGE,
            "--target-scaling standard needs the output activation identity and a loss of differences, "
            "such as mean-squares");
    const gm_status status = gm_scaling_fit_targets(setup->model.scaling, setup->train, &reason);
    return status == GM_OK ? GM_OK : gm_fail(error, status, "%s: %s", options->data.data, reason.message);
}

/* Checks the targets as gm_train does, but with the name of the file in the message, and before an engine is
 * made. */
static gm_status check_targets(const cli_train_setup *setup, const cli_train_options *options,
                               gm_error *error)
{
    const gm_network *network = setup->model.network;
    const gm_status status = cli_check_targets(network, setup->all, options->data.data, GM_USAGE, error);
    if (status != GM_OK || !options->valid)
        return status;
    return cli_check_targets(network, setup->valid, options->valid, GM_USAGE, error);
}

/* Makes the network that the options describe. */
static gm_status create_network(cli_train_setup *setup, cli_train_options *options, gm_error *error)
{
    gm_network_options network;
    gm_layer_options *layers = NULL;
    const gm_loss fallback = gm_dataset_has_labels(setup->all) ? GM_CROSS_ENTROPY : GM_MEAN_SQUARES;
    gm_status status = complete_widths(setup, options, error);
    if (status == GM_OK)
        status = cli_network_describe(&options->network, fallback, &network, &layers, error);
    if (status == GM_OK)
        status = gm_network_create(&setup->model.network, &network, error);
    gm_free(layers);
    return status;
}

/* Learns the scaling of inputs and targets from the training part. */
static gm_status learn_scaling(cli_train_setup *setup, const cli_train_options *options, gm_error *error)
{
    const gm_status status = fit_scaling(setup, options, error);
    if (status != GM_OK)
        return status;
    if (setup->model.scaling->constant_features > 0)
        cli_note("%zu of %zu features %s constant in the training part, and nothing can be learned from %s",
                 setup->model.scaling->constant_features, setup->model.scaling->features,
                 setup->model.scaling->constant_features == 1 ? "is" : "are",
                 setup->model.scaling->constant_features == 1 ? "it" : "them");
    return fit_targets(setup, options, error);
}

static gm_status build(cli_train_setup *setup, cli_train_options *options, gm_error *error)
{
    gm_status status = choose_batch(setup, options, error);
    if (status == GM_OK && !options->init_from)
        status = create_network(setup, options, error);
    if (status == GM_OK)
        status = check_targets(setup, options, error);
    if (status == GM_OK && options->train.label_smoothing > 0 &&
        gm_network_loss(setup->model.network) != GM_CROSS_ENTROPY)
        status = gm_fail(error, GM_USAGE, "--label-smoothing needs --loss cross-entropy, got %s",
                         gm_loss_name(gm_network_loss(setup->model.network)));
    if (status == GM_OK)
        status = cli_check_dropout(&options->engine, gm_network_layer_count(setup->model.network) - 1, error);
    if (status != GM_OK)
        return status;
    setup->model.seed = options->engine.engine.dropout_seed = options->network.seed;
    if (!options->init_from)
        status = learn_scaling(setup, options, error);
    return status == GM_OK
               ? gm_engine_create(&setup->engine, setup->model.network, &options->engine.engine, error)
               : status;
}

gm_status cli_train_setup_open(cli_train_setup *setup, cli_train_options *options, gm_error *error)
{
    const gm_status status = load_all(setup, options, error);
    if (status != GM_OK)
        return status;
    cli_note_constant_targets(setup->train);
    return build(setup, options, error);
}

void cli_train_setup_close(cli_train_setup *setup)
{
    gm_engine_destroy(setup->engine);
    gm_model_clear(&setup->model);
    gm_dataset_destroy(setup->train);
    gm_dataset_destroy(setup->valid);
    gm_dataset_destroy(setup->all);
}

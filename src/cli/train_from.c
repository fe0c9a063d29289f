/* Training that begins with the weights of a saved model. */
#include "cli/train_from.h"
#include "base/error.h"
#include "base/names.h"
#include "cli/arguments.h"
#include "cli/load.h"
#include "cli/needless.h"

static const char *const decided[] = {"layers",     "activation",       "loss",        "init",
                                      "init-value", "precision",        "scaling",     "target-scaling",
                                      "target",     "regression",       "categorical", "numeric",
                                      "categories", "missing-indicator"};

bool cli_train_from_decides(const char *option)
{
    return GM_FIND_WORD(decided, option) < GM_ROWS(decided);
}

gm_status cli_train_from_open(cli_train_setup *setup, cli_train_options *options, gm_error *error)
{
    gm_status status =
        cli_refuse_given(decided, GM_ROWS(decided), "with --init-from: the model decides that", error);
    if (status == GM_OK)
        status = gm_model_load(&setup->model, options->init_from, error);
    if (status != GM_OK)
        return status;
    if (!cli_typed("target")) /* one from a file of options, which was noted */
        options->data.read.target = NULL;
    options->network.precision = gm_network_precision(setup->model.network);
    cli_read_for_model(&options->data.read, &setup->model);
    return GM_OK;
}

gm_status cli_train_from_check(const cli_train_setup *setup, const cli_train_options *options,
                               gm_error *error)
{
    const gm_network *network = setup->model.network;
    const size_t targets = gm_dataset_targets(setup->all), outputs = gm_network_outputs(network);
    return targets == outputs
               ? GM_OK
               : gm_fail(error, GM_BAD_DATA, "%s: %zu targets; expected %zu, the outputs of %s",
                         options->data.data, targets, outputs, options->init_from);
}

/* Training that begins with the weights of a saved model: --init-from. The model decides which columns are
 * read, the network, and the scaling of inputs and targets, because its weights mean nothing with others. */
#ifndef GM_CLI_TRAIN_FROM_H
#define GM_CLI_TRAIN_FROM_H

#include "cli/train_setup.h"

/* Whether an option is decided by the model. */
bool cli_train_from_decides(const char *option);

/* Loads options->init_from into the setup, and sets how the data is read. GM_USAGE: an option was given that
 * the model decides. Errors also as gm_model_load. */
gm_status cli_train_from_open(cli_train_setup *setup, cli_train_options *options, gm_error *error);

/* GM_BAD_DATA: the data has not the targets that the model has outputs. */
gm_status cli_train_from_check(const cli_train_setup *setup, const cli_train_options *options,
                               gm_error *error);

#endif

/* What a run of `train` works with: the parts of the data, the model and the engine. */
#ifndef GM_CLI_TRAIN_SETUP_H
#define GM_CLI_TRAIN_SETUP_H

#include "cli/train_options.h"

typedef struct cli_train_setup {
    gm_dataset *all, *train, *valid; /* valid: NULL or without rows if there is no validation */
    gm_model model;
    gm_engine *engine;
} cli_train_setup;

/* Loads the data, divides it, and makes the network and the engine. Options that were not given are chosen
 * from the data and written to `options`. Call cli_train_setup_close even after a failure. */
gm_status cli_train_setup_open(cli_train_setup *setup, cli_train_options *options, gm_error *error);
void cli_train_setup_close(cli_train_setup *setup);

#endif

/* Data sets for the verbs: a directory or a file, its remarks told to the user. */
#ifndef GM_CLI_LOAD_H
#define GM_CLI_LOAD_H

#include "cli/options.h"

/* Which half of an MNIST-like directory; for a file it does not matter. */
typedef enum cli_part { CLI_PART_TRAIN, CLI_PART_TEST } cli_part;

/* options->data is set: the verbs ask for it. */
gm_status cli_load(const cli_data_options *options, cli_part part, gm_dataset **dataset, gm_error *error);

#endif

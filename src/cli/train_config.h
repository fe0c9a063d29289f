/* The options of `train` that are in effect, as text that --config reads. */
#ifndef GM_CLI_TRAIN_CONFIG_H
#define GM_CLI_TRAIN_CONFIG_H

#include "cli/train_setup.h"

/* The options of this run, those that were chosen by default or from the data included. With this text, the
 * same program and the same data, the run is repeated to the bit. The setup must be open. Left out are
 * defaults that mean "none", and --threads unless it was given: it belongs to the computer. NULL without
 * memory. Free with gm_free. */
char *cli_train_config(const cli_train_options *options, const cli_train_setup *setup);

#endif

/* `train --find-rate`: a learning-rate range test in place of a training. */
#ifndef GM_CLI_FIND_RATE_H
#define GM_CLI_FIND_RATE_H

#include "cli/train_setup.h"

/* Refuses options that have no effect on it. GM_USAGE. */
gm_status cli_find_rate_check(gm_error *error);

/* Runs the test on the training part, and prints its curve and a suggestion, or a JSON object. */
gm_status cli_find_rate(const cli_train_setup *setup, const cli_train_options *options, gm_error *error);

#endif

/* `train --find-rate`: a learning-rate range test in place of a training. */
#ifndef GM_CLI_FIND_RATE_H
#define GM_CLI_FIND_RATE_H

#include "cli/train_setup.h"

/* Refuses options that go on with a training or write a file of it (GM_USAGE), and notes those that have no
 * effect, so that a user may add --find-rate to the options of a training. */
gm_status cli_find_rate_check(gm_error *error);

/* Runs the test on the training part, and prints its curve and a suggestion, or a JSON object. */
gm_status cli_find_rate(const cli_train_setup *setup, const cli_train_options *options, gm_error *error);

#endif

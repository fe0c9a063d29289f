/* A model in use: what eval and predict share, from the options to the open model, data and engine. */
#ifndef GM_CLI_USE_H
#define GM_CLI_USE_H

#include "cli/load.h"

typedef struct cli_use {
    cli_data_options data;
    cli_engine_options engine_options;
    const char *path; /* of the model */

    gm_model model;
    gm_dataset *dataset; /* columns and labels by the model's names; of a directory the test part */
    gm_engine *engine;   /* forward only */
} cli_use;

/* --model, and the options of data and computation. Its input is a cli_use. */
extern const struct argp cli_use_argp;

cli_use cli_use_defaults(void);

/* Opens all three, which then fit one another; without data.read.ignore_target there are targets.
 * cli_use_close in any case. */
gm_status cli_use_open(cli_use *use, gm_error *error);
void cli_use_close(cli_use *use);

#endif

/* Opens a model, data and an engine. eval and predict share this code and its options. */
#ifndef GM_CLI_USE_H
#define GM_CLI_USE_H

#include "cli/files.h"
#include "cli/load.h"

typedef struct cli_use {
    cli_data_options data;
    cli_engine_options engine_options;
    const char *path;  /* of the model */
    cli_output output; /* a file that the verb will write; its path may be NULL */

    gm_model model;
    gm_dataset *dataset; /* its columns and labels are those of the model; of a directory, the test part */
    size_t batch;        /* rows that are computed at a time */
    bool predicts;       /* there shall be a predictor, in place of an engine */
    gm_engine *engine;   /* forward only */
    gm_predictor *predictor;
} cli_use;

/* --model, and the options of data and computation. Its input is a cli_use. */
extern const struct argp cli_use_argp;

cli_use cli_use_defaults(void);

/* Opens model, data and engine, and checks that they fit together. Unless data.read.ignore_target is set, the
 * data has targets. Call cli_use_close even after a failure. The output is
 * reserved; the verb calls cli_files_release. */
gm_status cli_use_open(cli_use *use, gm_error *error);
void cli_use_close(cli_use *use);

#endif

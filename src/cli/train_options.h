/* The options of `train`: what to learn from, what to train, how, and where the results go. */
#ifndef GM_CLI_TRAIN_OPTIONS_H
#define GM_CLI_TRAIN_OPTIONS_H

#include "cli/options.h"

typedef struct cli_train_options {
    cli_data_options data;
    cli_network_options network;
    cli_engine_options engine;
    const char *valid, *valid_labels; /* a validation set of its own; NULL: a share of the data */
    double share;                     /* of the rows, for validation */
    bool valid_last;                  /* they are the last ones */
    const char *class_weight;         /* "balanced", or the path of a file; NULL: none */
    gm_scaling_kind scaling;          /* of the inputs */
    gm_scaling_kind target_scaling;   /* of numeric targets; never unit */
    gm_train_options train;           /* epochs 0: not given, to be chosen from the data */
    const char *save;                 /* path of the model; NULL: it is not saved */
    const char *init_from; /* path of a model whose weights are the first ones; NULL: they are drawn */
    const char *resume;    /* path of a checkpoint to go on from; NULL: the run begins */
    const char *report;    /* path of the HTML page; NULL: none */
    bool find_rate;        /* a range test of rates in place of a training */
    bool json, quiet;
} cli_train_options;

extern const struct argp cli_train_argp; /* its input is a cli_train_options */

cli_train_options cli_train_defaults(void);
void cli_train_options_clear(cli_train_options *options);

/* Checks values, and refuses options that would have no effect, before any file is read; takes those back
 * that come from a file of options and have none. GM_USAGE. */
gm_status cli_train_options_check(cli_train_options *options, gm_error *error);

#endif

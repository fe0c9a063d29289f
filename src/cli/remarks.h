/* What is said of data and results beyond the figures: notes on stderr, and the end of a run whose figures
 * are none. */
#ifndef GM_CLI_REMARKS_H
#define GM_CLI_REMARKS_H

#include "cli/cli.h"

/* gm_targets_check with the name of the file before its text, and `status` as its code. */
gm_status cli_check_targets(const gm_network *network, const gm_dataset *dataset, const char *path,
                            gm_status status, gm_error *error);

/* A note if every row has the same target. */
void cli_note_constant_targets(const gm_dataset *dataset);

/* A note if a model does worse on these rows than no model: worse than their mean, or than their most
 * frequent class. `rows` says which rows they are: "these rows". */
void cli_note_baseline(const gm_metrics *metrics, const gm_dataset *dataset, const char *rows);

/* GM_DIVERGED if a figure is not finite; `what` says of what: "the evaluation". */
gm_status cli_check_metrics(const gm_metrics *metrics, bool labels, const char *what, gm_error *error);

/* The epoch with the least validation loss, as they pass by; all zeros before the first. */
typedef struct cli_best_epoch {
    size_t epoch; /* 0: none yet */
    double loss;
} cli_best_epoch;

void cli_best_epoch_see(cli_best_epoch *best, const gm_epoch *epoch);

/* Whether a validation loss at the end of training is so much above that of an earlier epoch that it should
 * be said: by more than a twentieth of it. */
bool cli_best_epoch_is_lost(const cli_best_epoch *best, size_t last_epoch, double last_loss);

/* The note that goes with it. */
void cli_note_best_epoch(const cli_best_epoch *best, const gm_epoch *last);

#endif

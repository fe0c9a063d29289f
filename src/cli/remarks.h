/* Notes about data and results, which help to judge the figures; and the error if a figure is not a finite
 * number. */
#ifndef GM_CLI_REMARKS_H
#define GM_CLI_REMARKS_H

#include "cli/cli.h"

/* gm_targets_check; its error gets the name of the file before its message, and the given status. */
gm_status cli_check_targets(const gm_network *network, const gm_dataset *dataset, const char *path,
                            gm_status status, gm_error *error);

/* A note if every row has the same target. */
void cli_note_constant_targets(const gm_dataset *dataset);

/* Prints a note if a model is no better on these rows than a constant answer: their mean, or their most
 * frequent class. `rows` names the rows in the note: "these rows". */
void cli_note_baseline(const gm_metrics *metrics, const gm_dataset *dataset, const char *rows);

/* GM_DIVERGED if a figure is not finite. `what` names its source in the message: "the evaluation". */
gm_status cli_check_metrics(const gm_metrics *metrics, bool labels, const char *what, gm_error *error);

/* The epoch with the smallest validation loss so far. All fields are 0 before the first epoch. */
typedef struct cli_best_epoch {
    size_t epoch; /* 0: none yet */
    double loss;
} cli_best_epoch;

void cli_best_epoch_see(cli_best_epoch *best, const gm_epoch *epoch);

/* Whether the validation loss at the end of training is clearly larger than that of the best epoch: by more
 * than a twentieth. */
bool cli_best_epoch_is_lost(const cli_best_epoch *best, size_t last_epoch, double last_loss);

/* Prints a note about the best epoch. */
void cli_note_best_epoch(const cli_best_epoch *best, const gm_epoch *last);

#endif

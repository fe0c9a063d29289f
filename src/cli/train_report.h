/* Prints the progress and the results of `train`: a table of epochs, or JSON of all of them at the end, and a
 * progress bar on a terminal. */
#ifndef GM_CLI_TRAIN_REPORT_H
#define GM_CLI_TRAIN_REPORT_H

#include "cli/progress.h"

#include <gradmill.h>
#include <jansson.h>
#include <stdbool.h>

typedef struct cli_train_report {
    bool json, quiet, labels;
    bool may_end_early; /* before the last epoch, because of --patience */
    cli_progress bar;
    json_t *epochs;                    /* with json: an array */
    size_t seen;                       /* epochs, without those before a resumed run */
    size_t rows;                       /* of the table, so far */
    gm_epoch last, best;               /* epoch 0: none yet */
    bool last_is_shown, best_is_shown; /* in the table */
} cli_train_report;

/* Begins the report with the head of the table. */
void cli_train_report_open(cli_train_report *report, bool labels);
void cli_train_report_step(cli_train_report *report, const gm_progress *progress);
void cli_train_report_epoch(cli_train_report *report, const gm_epoch *epoch);
/* How a run ended. */
typedef struct cli_train_end {
    const char *saved; /* path of the model; NULL: none was saved */
    const gm_train_result *result;
    gm_monitor monitor; /* that the best epoch was chosen by */
    bool has_valid;
    const char *options; /* that were in effect, as text (config.h) */
    const gm_post_mortem *post_mortem;
    const gm_dataset *data; /* for the names of columns */
} cli_train_end;

/* The word of JSON for why training ended: "epochs", "interrupted", "patience" or "diverged". */
const char *cli_train_end_word(gm_train_end end);

/* Ends: says why training ended, which epoch was kept, and where the model is; or prints the JSON object.
 * GM_LIMIT. */
gm_status cli_train_report_close(cli_train_report *report, const cli_train_end *end, gm_error *error);
/* Ends the report without printing anything. */
void cli_train_report_drop(cli_train_report *report);

#endif

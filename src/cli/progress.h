/* The progress bar of a training: one line on a terminal, which is drawn over itself. */
#ifndef GM_CLI_PROGRESS_H
#define GM_CLI_PROGRESS_H

#include <gradmill/train.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct cli_progress {
    bool on;              /* stderr is a terminal, and the user wants the bar */
    bool may_end_early;   /* the time that is left is an upper bound, because of --patience */
    uint64_t began, due;  /* times of gm_clock: the start, and when the bar is drawn again */
    double done_at_start; /* share of the steps that a former run had taken already */
    bool started;         /* done_at_start is known */
} cli_progress;

/* The bar for stderr. Nothing is drawn yet; without a terminal, nothing ever is. */
cli_progress cli_progress_begin(bool wanted, bool may_end_early);

/* After a step: draws the bar, but at most ten times a second. */
void cli_progress_step(cli_progress *progress, const gm_progress *step);

/* Erases the bar, so that a line can be printed in its place. It is drawn again after the next step. */
void cli_progress_erase(cli_progress *progress);

#endif

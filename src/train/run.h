/* The state of a training run. Not public. */
#ifndef GM_TRAIN_RUN_H
#define GM_TRAIN_RUN_H

#include "train/best.h"
#include "train/checkpointing.h"
#include "train/epoch_start.h"
#include "train/figures.h"
#include "train/log.h"
#include "train/run_state.h"
#include "train/schedule.h"

/* What a step has learned. */
typedef struct gm_learned {
    size_t rows;
    double weight; /* of these rows: gm_rows_weight */
    double loss;   /* mean over them, before the update */
} gm_learned;

typedef struct gm_run {
    gm_engine *engine;
    gm_train_options options;
    const gm_row_source *train, *valid; /* valid may be NULL */
    const gm_batch_buffer *now, *next;  /* the batch in one is learned while the other is filled */
    gm_batch_buffer buffers[2];
    /* Is called with each batch, the first `rows` rows of buffer `now`, before it is learned; if it fails,
     * the step is not taken. NULL: nobody looks. */
    gm_status (*look)(void *context, size_t rows, gm_error *error);
    void *look_context;
    size_t steps; /* of an epoch, each of as many batches as make a step; 0: not known */
    gm_rates rates;
    double unit;     /* of the loss: gm_loss_unit */
    gm_run_state at; /* the position: kept up to date by the loop; the rest is filled in for a checkpoint */
    gm_best best;
    gm_epoch_start start; /* what a run that diverges falls back to */
    gm_log log;
    gm_figures figures;
    gm_checkpointing checkpointing;
    gm_metrics valid_metrics; /* of the last epoch that was finished */
    bool stopped;             /* a callback wants it */
    bool out_of_patience;
} gm_run;

/* Begins an epoch, or goes on in the middle of it; *rows becomes the number of rows in buffer `now`. */
gm_status gm_run_begin_epoch(gm_run *run, size_t *rows, gm_error *error);

/* Takes one step, of as many batches as make a step, or of those that are left in the epoch. The first batch
 * is the *rows rows in buffer `now`. Beside each batch the other buffer is filled, which then becomes `now`;
 * *rows becomes the number of rows in it, 0 at the end of the epoch. */
gm_status gm_run_step(gm_run *run, size_t *rows, gm_learned *learned, gm_error *error);

#endif

/* Where a training run is: all numbers that it needs to go on from here, but for blocks of parameters. */
#ifndef GM_TRAIN_RUN_STATE_H
#define GM_TRAIN_RUN_STATE_H

#include "train/schedule.h"

#include <gradmill/train.h>
#include <jansson.h>

typedef struct gm_run_state {
    /* What must be the same when the run goes on. */
    size_t seed, shuffle, batch, accumulate, rows; /* rows: in the training set; 0: not known */
    uint64_t train_print, valid_print;             /* fingerprints of the data; 0: not known */
    /* What may be different then. */
    size_t epochs, threads;
    /* The position. */
    size_t epoch;            /* epochs that are finished */
    size_t step, epoch_rows; /* steps and rows of the epoch after them */
    double loss_sum;         /* of the losses of these rows, each times its weight */
    double weight_sum;       /* of these rows */
    size_t taken;            /* steps since the first epoch, for the schedule */
    gm_plateau plateau;
    size_t optimizer_steps; /* of the engine */
    /* The best epoch, and what is known of the last one. */
    size_t best_epoch, without;
    gm_metrics best, valid;
    size_t log_size; /* bytes of the log at this position */
} gm_run_state;

/* Adds all of it to the metadata of a file. False without memory. */
bool gm_run_state_write(json_t *metadata, const gm_run_state *state);

/* Reads it from there. Returns NULL, or the key of the first number that is missing or wrong. */
const char *gm_run_state_read(gm_run_state *state, const json_t *metadata);

#endif

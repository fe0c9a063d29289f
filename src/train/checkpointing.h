/* When a training run writes its checkpoint, and how it goes on from one. Not public. */
#ifndef GM_TRAIN_CHECKPOINTING_H
#define GM_TRAIN_CHECKPOINTING_H

#include "model/durable.h"

#include <gradmill/engine.h>
#include <stdint.h>

typedef struct gm_run gm_run;

typedef struct gm_checkpointing {
    bool on; /* there is a file to write */
    gm_durable_lock lock;
    uint64_t last,
        cost; /* when the last checkpoint was written, or the run began, and what it took; by gm_clock */
    uint64_t pause;       /* from one in the middle of an epoch to the next; by gm_clock */
    void *blocks;         /* room for what the optimizer keeps */
    bool written, closed; /* closed: the last checkpoint of the run is there */
} gm_checkpointing;

/* Gives the run the state of options.resume, if that is set; and locks and checks the file of
 * options.checkpoint, if there is one. To be closed even after a failure. GM_BAD_MODEL: a checkpoint that
 * does not belong to this run; GM_USAGE, GM_IO, GM_LIMIT. */
gm_status gm_checkpointing_open(gm_run *run, gm_error *error);
void gm_checkpointing_close(gm_run *run);

/* Writes a checkpoint after an epoch, but not so often that it takes much of the time. */
gm_status gm_checkpoint_epoch(gm_run *run, gm_error *error);

/* The same after a step in the middle of an epoch, when options.checkpoint_seconds have passed. */
gm_status gm_checkpoint_step(gm_run *run, gm_error *error);

/* Writes the last checkpoint of the run, whatever the time is, unless that is done already: the run goes on
 * from here if it is resumed. */
gm_status gm_checkpoint_end(gm_run *run, gm_error *error);

#endif

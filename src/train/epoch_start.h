/* The state of a run at the beginning of the epoch that it is in: what it falls back to when it diverges. */
#ifndef GM_TRAIN_EPOCH_START_H
#define GM_TRAIN_EPOCH_START_H

#include "train/run_state.h"

#include <gradmill/engine.h>

typedef struct gm_epoch_start {
    void *memory; /* the parameters, and behind them `copies` blocks of what the optimizer keeps; NULL:
                     nothing is kept */
    size_t copies;
    gm_run_state at;
} gm_epoch_start;

/* Takes memory for the parameters, and with `all` for what the optimizer keeps. GM_LIMIT. */
gm_status gm_epoch_start_create(gm_epoch_start *start, const gm_engine *engine, bool all, gm_error *error);
void gm_epoch_start_clear(gm_epoch_start *start);

/* Copies the state, at the beginning of an epoch, or where a run is resumed. It begins with memory only. A
 * checkpoint has the same state itself, so that nothing of this needs to be in it. */
gm_status gm_epoch_start_keep(gm_epoch_start *start, const gm_engine *engine, const gm_run_state *at,
                              gm_error *error);

/* Gives the engine and its network that state back. */
gm_status gm_epoch_start_restore(const gm_epoch_start *start, gm_engine *engine, gm_error *error);

#endif

/* The inside of an engine. Not public: engine.c and engine_run.c work on it, and a test plants faults in it.
 */
#ifndef GM_NN_ENGINE_H
#define GM_NN_ENGINE_H

#include "nn/numerics.h"
#include "nn/shared.h"

struct gm_engine {
    gm_network *network; /* borrowed */
    gm_engine_options options;
    size_t inputs, outputs; /* copies of the network's, because the step of a tiny network is so short that
                               reading them from it would matter */
    gm_layout layout;
    gm_layer_layout *layouts; /* one for each layer */
    void *workspace, *state;
    double *dropout;   /* options.dropout, which points here */
    void *own;         /* the weights in a layout of the backend's own, or NULL */
    gm_keeper keeper;  /* the keeper of that copy, unless it is shared */
    gm_shared *shared; /* of an engine for inference: the shared copy that `own` points to */
    gm_team *team;
    const gm_numerics *numerics;
    struct gm_pass *pass;
    const void *buffer_x[2]; /* X of each buffer; NULL: there is none */
    size_t used_buffer;      /* the one that a call used last; at first 0 */
    gm_row_steps row_steps;  /* of the batch that was bound last */
    bool averaged;           /* the network has the averaged weights now */
    bool drops;              /* some layer has dropout */
    bool chooses;            /* the caller asked for no number of threads, so a plan may leave some out */
    bool borrowed_blas;      /* this engine has set the BLAS library to one thread */
};

#endif

/* The inside of an engine. Not public: engine.c and engine_run.c work on it, and a test plants faults in it.
 */
#ifndef GM_NN_ENGINE_H
#define GM_NN_ENGINE_H

#include "nn/numerics.h"
#include "nn/shared.h"

struct gm_engine {
    gm_network *network; /* borrowed */
    gm_engine_options options;
    size_t inputs, outputs; /* of the network: a step of a tiny one would notice the way to them */
    gm_layout layout;
    gm_layer_layout *layouts; /* one for each layer */
    void *workspace, *state;
    void *own;         /* the weights in a layout of the backend's own, or NULL */
    gm_keeper keeper;  /* of them, unless they are shared */
    gm_shared *shared; /* an engine for inference: whose weights `own` are */
    gm_team *team;
    const gm_numerics *numerics;
    struct gm_pass *pass;
    const void *buffer_x[2]; /* X of each buffer; NULL: there is none */
    size_t used_buffer;      /* the one that a call has worked on last, or the first */
    gm_row_steps row_steps;  /* of the batch that was bound last */
    bool chooses;            /* threads were not asked for: a plan may leave some out */
    bool borrowed_blas;      /* the BLAS library runs single-threaded on our behalf */
};

#endif

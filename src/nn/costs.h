/* What the parts of a step cost. These are the constants of the model of a step's time, by which plans are
 * chosen (plan_tmpl.c). costs_tmpl.c measures them on the network's own layers. */
#ifndef GM_NN_COSTS_H
#define GM_NN_COSTS_H

#include <stdbool.h>

/* A cost is measured as it is in a step: by one thread while the others rest; or while all do the same,
 * each with its rows of the batch, or each with all rows and some of the weights. They share caches, the way
 * to memory and the power of the processor. */
enum { ALONE, BY_ROWS, BY_WEIGHTS, MANNERS };

/* Seconds, measured so often, in ascending order: the median counts. All 0: not measured. */
#define GM_PROBES 5
typedef struct gm_cost {
    double seconds[GM_PROBES];
} gm_cost;

static inline double gm_cost_seconds(gm_cost cost)
{
    return cost.seconds[GM_PROBES / 2];
}

/* What one thread needs, for one row of the batch. */
typedef struct gm_layer_costs {
    gm_cost forward[MANNERS];      /* Z and A = f(Z), all outputs */
    gm_cost hidden_delta[MANNERS]; /* BP2 with its factor, all inputs; 0 for layer 1 */
    gm_cost sweep[MANNERS]; /* BP2 and the weights in one; 0 where batches are not of few rows, or BY_ROWS */
    gm_cost weights[MANNERS]; /* BP4, all of W; 0 BY_ROWS */
} gm_layer_costs;

typedef struct gm_costs {
    gm_layer_costs *layers;  /* one for each */
    gm_cost output[MANNERS]; /* A of the output layer, loss and BP1 */
    gm_cost online;          /* a row of a step that is taken in one go, if it applies */
    gm_cost exchange;        /* a cache line that another thread has written last */
    double barrier;          /* seconds for which threads wait for each other */
    double start;            /* seconds to set a team to work */
    double cached;           /* lines to exchange that do not come from memory in any case */
    bool known;
} gm_costs;

#endif

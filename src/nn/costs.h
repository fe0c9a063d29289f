/* What the parts of a step cost. These are the constants of the model of a step's time, by which plans are
 * chosen (plan_tmpl.c). costs_tmpl.c measures them on the network's own layers. */
#ifndef GM_NN_COSTS_H
#define GM_NN_COSTS_H

#include <stdbool.h>

/* The ways in which a cost is measured: by one thread while the others rest; by all threads at once, each
 * with its own rows of the batch; or by all at once, each with all rows and some of the weights. Threads that
 * work at the same time share caches, memory bandwidth and the power budget of the processor, so each takes
 * longer. */
enum { ALONE, BY_ROWS, BY_WEIGHTS, MANNERS };

/* The seconds of GM_PROBES measurements, in ascending order. The median is used. All are 0 if nothing was
 * measured. */
#define GM_PROBES 5
typedef struct gm_cost {
    double seconds[GM_PROBES];
} gm_cost;

static inline double gm_cost_seconds(gm_cost cost)
{
    return cost.seconds[GM_PROBES / 2];
}

/* The cost of a layer for one row of the batch, for one thread. */
typedef struct gm_layer_costs {
    gm_cost forward[MANNERS];      /* Z and A = f(Z), all outputs */
    gm_cost hidden_delta[MANNERS]; /* BP2 with its factor, all inputs; 0 for layer 1 */
    gm_cost sweep[MANNERS];   /* BP2, BP4 and the update in one sweep; 0 BY_ROWS, and for batches that have no
                                 sweep */
    gm_cost weights[MANNERS]; /* BP4, all of W; 0 BY_ROWS */
} gm_layer_costs;

typedef struct gm_costs {
    gm_layer_costs *layers;  /* one for each */
    gm_cost output[MANNERS]; /* A of the output layer, loss and BP1 */
    gm_cost online;          /* a row in a step of src/online, if the network qualifies */
    gm_cost exchange;        /* a cache line that another thread has written last */
    double barrier;          /* seconds for which threads wait for each other */
    double start;            /* seconds to set a team to work */
    double cached;           /* largest number of lines in an exchange that do not come from memory anyway */
    bool known;
} gm_costs;

#endif

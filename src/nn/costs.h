/* What a step costs: the constants of a model of its time, measured on the network's own layers
 * (costs_tmpl.c). */
#ifndef GM_NN_COSTS_H
#define GM_NN_COSTS_H

#include <stdbool.h>

/* A cost is measured as the step will meet it: by one thread while the others rest; or while all do the same,
 * each with its rows of the batch, or each with all rows and some of the weights. They share caches, the way
 * to memory and the power of the processor. */
enum { ALONE, BY_ROWS, BY_WEIGHTS, MANNERS };

/* Seconds that one thread needs, for one row of the batch. */
typedef struct gm_layer_costs {
    double forward[MANNERS];      /* Z and A = f(Z), all outputs */
    double hidden_delta[MANNERS]; /* BP2 with its factor, all inputs; 0 for layer 1 */
    double sweep[MANNERS];        /* BP2 and the weights in one; 0 where batches are not of few rows */
    double weights[MANNERS];      /* BP4, all of W */
} gm_layer_costs;

typedef struct gm_costs {
    gm_layer_costs *layers; /* one for each */
    double output[MANNERS]; /* A of the output layer, loss and BP1 */
    double fused;           /* a row of a step that is taken in one go, if it applies */
    double barrier;         /* seconds for which threads wait for each other */
    double start;           /* seconds to set a team to work */
    double exchange;        /* seconds for a number that another thread has written last */
    double cached;          /* such numbers that do not come from memory in any case */
    bool known;
} gm_costs;

#endif

/* What a step costs: the constants of a model of its time, measured on the network's own layers
 * (plan_tmpl.c). */
#ifndef GM_NN_PLAN_H
#define GM_NN_PLAN_H

#include <stdbool.h>

/* A cost is measured while the other threads rest (ALONE), and while all do the same (TOGETHER): caches, the
 * way to memory and the power of the processor are shared. */
enum { ALONE, TOGETHER, COMPANIES };

/* Seconds that one thread needs, for one row of the batch. */
typedef struct gm_layer_costs {
    double forward[COMPANIES];      /* Z and A = f(Z), all outputs */
    double hidden_delta[COMPANIES]; /* BP2 with its factor, all inputs; 0 for layer 1 */
    double weights[COMPANIES];      /* BP4, all of W */
} gm_layer_costs;

typedef struct gm_costs {
    gm_layer_costs *layers;   /* one for each */
    double output[COMPANIES]; /* A of the output layer, loss and BP1 */
    double fused;             /* a step of one row in one go, if it applies */
    double barrier;           /* seconds for which threads wait for each other */
    double start;             /* seconds to set a team to work */
    double exchange;          /* seconds for a number that another thread has written last */
    bool known;
} gm_costs;

#endif

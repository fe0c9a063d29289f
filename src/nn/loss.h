/* Losses as kernels: the value beside BP1. For *_tmpl.c only. */
#ifndef GM_NN_LOSS_H
#define GM_NN_LOSS_H

#include "base/real.h"

#include <gradmill/network.h>
#include <stdbool.h>

/* Each of these exists once for each precision. */
#define gm_loss_kernels GM_TYPED(gm_loss_kernels)

typedef struct gm_loss_kernel {
    /* Returns the sum of the losses of the rows. With from_z it is computed from Z, and A = f(Z) is written
     * as well (a may be z). Otherwise it is computed from A. */
    double (*value)(gm_mat z, gm_mat y, gm_mat a);
    /* BP1. from_z: D = scale dC/dZ, in closed form; otherwise D = scale dC/dA, to be chained with f'. */
    void (*delta)(gm_mat a, gm_mat y, REAL scale, gm_mat d);
    /* The loss and its output activation are computed together from Z. That stays exact where f(Z) rounds to
     * 0 or 1, and log f(Z) would not. */
    bool from_z;
} gm_loss_kernel;

/* Static storage, indexed by gm_loss. */
extern const gm_loss_kernel gm_loss_kernels[GM_LOSS_COUNT];

#endif

/* Losses as kernels: the value beside BP1. For *_tmpl.c only. */
#ifndef GM_NN_LOSS_H
#define GM_NN_LOSS_H

#include "base/real.h"

#include <gradmill/network.h>
#include <stdbool.h>

/* Each of these exists once for each precision. */
#define gm_loss_kernels GM_TYPED(gm_loss_kernels)

typedef struct gm_loss_kernel {
    /* Sum of the losses of the rows: of A; or, if from_z, of Z, and A = f(Z) is computed on the way (a may be
     * z). */
    double (*value)(gm_mat z, gm_mat y, gm_mat a);
    /* BP1. from_z: D = scale dC/dZ, in closed form; otherwise D = scale dC/dA, to be chained with f'. */
    void (*delta)(gm_mat a, gm_mat y, REAL scale, gm_mat d);
    /* The loss belongs to its output activation and is computed from Z, which is exact where log f(Z) is
     * not. */
    bool from_z;
} gm_loss_kernel;

/* Static storage, indexed by gm_loss. */
extern const gm_loss_kernel gm_loss_kernels[GM_LOSS_COUNT];

#endif

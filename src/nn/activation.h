/* Activations as kernels over matrices: f beside its derivative. For *_tmpl.c only. */
#ifndef GM_NN_ACTIVATION_H
#define GM_NN_ACTIVATION_H

#include "base/real.h"

#include <gradmill/network.h>
#include <stdbool.h>

/* Each of these exists once for each precision. */
#define gm_activation_kernels GM_TYPED(gm_activation_kernels)

typedef struct gm_activation_kernel {
    /* A = f(Z); a may be z. */
    void (*apply)(gm_mat z, gm_mat a);
    /* Where the list says FROM_A (function/activations.def), z holds a: f' is computed from A.
     * D = D (.) f'(Z); for softmax, whose derivative is a matrix for each row, D = D J. */
    void (*chain)(gm_mat z, gm_mat a, gm_mat d);
    bool elementwise; /* works on single numbers, so a matrix may be passed as one long row */
} gm_activation_kernel;

/* Static storage, indexed by gm_activation. */
extern const gm_activation_kernel gm_activation_kernels[GM_ACTIVATION_COUNT];

#endif

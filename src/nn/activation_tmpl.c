/* The activations as loops over matrices. */
#include "nn/activation.h"
#include "base/memory.h"
#include "base/vector.h"
#include "nn/functions.h"
#include "nn/softmax.h"

/* Makes APPLY and CHAIN, two loops over rows, out of NAME, an f of z, and NAME_derivative, which may use z
 * and a. */
#define ELEMENTWISE(NAME, APPLY, CHAIN)                                                                      \
    GM_VECTOR static void APPLY(gm_mat zs, gm_mat as)                                                        \
    {                                                                                                        \
        for (size_t r = 0; r < zs.rows; r++) {                                                               \
            const REAL *z = gm_row(zs, r);                                                                   \
            REAL *a = gm_row(as, r);                                                                         \
            _Pragma("omp simd") for (size_t c = 0; c < zs.cols; c++) a[c] = NAME(z[c]);                      \
        }                                                                                                    \
    }                                                                                                        \
    GM_VECTOR static void CHAIN(gm_mat zs, gm_mat as, gm_mat ds)                                             \
    {                                                                                                        \
        for (size_t r = 0; r < ds.rows; r++) {                                                               \
            const REAL *z = gm_row(zs, r), *a = gm_row(as, r);                                               \
            REAL *d = gm_row(ds, r);                                                                         \
            _Pragma("omp simd") for (size_t c = 0; c < ds.cols; c++) d[c] *= NAME##_derivative(z[c], a[c]);  \
        }                                                                                                    \
    }

ELEMENTWISE(sigmoid, T(sigmoid_apply), T(sigmoid_chain))
ELEMENTWISE(hyperbolic, T(hyperbolic_apply), T(hyperbolic_chain))
ELEMENTWISE(relu, T(relu_apply), T(relu_chain))
ELEMENTWISE(leaky_relu, T(leaky_relu_apply), T(leaky_relu_chain))
ELEMENTWISE(gelu, T(gelu_apply), T(gelu_chain))
ELEMENTWISE(softplus, T(softplus_apply), T(softplus_chain))

static void identity_apply(gm_mat zs, gm_mat as)
{
    if (zs.data == as.data)
        return;
    for (size_t r = 0; r < zs.rows; r++)
        memcpy(gm_row(as, r), gm_row(zs, r), zs.cols * sizeof(REAL));
}

static void identity_chain(gm_mat zs, gm_mat as, gm_mat ds)
{
    (void)zs, (void)as, (void)ds;
}

GM_VECTOR static void T(softmax_apply)(gm_mat zs, gm_mat as)
{
    if (zs.cols > SOFTMAX_BLOCK) {
        for (size_t r = 0; r < zs.rows; r++)
            softmax_of(gm_row(zs, r), gm_row(as, r), zs.cols);
        return;
    }
    for (size_t r = 0, rows; r < zs.rows; r += rows) {
        rows = gm_min(ROWS_AT_ONCE, zs.rows - r);
        softmax_rows(gm_rows(zs, r, rows), gm_rows(as, r, rows));
    }
}

GM_VECTOR static void T(softmax_chain)(gm_mat zs, gm_mat as, gm_mat ds)
{
    (void)zs;
    for (size_t r = 0; r < ds.rows; r++)
        softmax_chain_row(gm_row(as, r), gm_row(ds, r), ds.cols);
}

const gm_activation_kernel T(gm_activation_kernels)[GM_ACTIVATION_COUNT] = {
    [GM_IDENTITY] = {identity_apply, identity_chain, true},
    [GM_SIGMOID] = {T(sigmoid_apply), T(sigmoid_chain), true},
    [GM_TANH] = {T(hyperbolic_apply), T(hyperbolic_chain), true},
    [GM_RELU] = {T(relu_apply), T(relu_chain), true},
    [GM_LEAKY_RELU] = {T(leaky_relu_apply), T(leaky_relu_chain), true},
    [GM_GELU] = {T(gelu_apply), T(gelu_chain), true},
    [GM_SOFTPLUS] = {T(softplus_apply), T(softplus_chain), true},
    [GM_SOFTMAX] = {T(softmax_apply), T(softmax_chain), false},
};

/* The activations as loops over matrices. */
#include "nn/activation.h"
#include "base/memory.h"
#include "base/vector.h"
#include "function/activations.h"
#include "function/softmax.h"

/* Functions with clones: each has a name of its own for each precision (base/vector.h). */
#define sigmoid_apply    GM_TYPED(sigmoid_apply)
#define sigmoid_chain    GM_TYPED(sigmoid_chain)
#define hyperbolic_apply GM_TYPED(hyperbolic_apply)
#define hyperbolic_chain GM_TYPED(hyperbolic_chain)
#define relu_apply       GM_TYPED(relu_apply)
#define relu_chain       GM_TYPED(relu_chain)
#define leaky_relu_apply GM_TYPED(leaky_relu_apply)
#define leaky_relu_chain GM_TYPED(leaky_relu_chain)
#define gelu_apply       GM_TYPED(gelu_apply)
#define gelu_chain       GM_TYPED(gelu_chain)
#define softplus_apply   GM_TYPED(softplus_apply)
#define softplus_chain   GM_TYPED(softplus_chain)
#define softmax_apply    GM_TYPED(softmax_apply)
#define softmax_chain    GM_TYPED(softmax_chain)

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

ELEMENTWISE(sigmoid, sigmoid_apply, sigmoid_chain)
ELEMENTWISE(hyperbolic, hyperbolic_apply, hyperbolic_chain)
ELEMENTWISE(relu, relu_apply, relu_chain)
ELEMENTWISE(leaky_relu, leaky_relu_apply, leaky_relu_chain)
ELEMENTWISE(gelu, gelu_apply, gelu_chain)
ELEMENTWISE(softplus, softplus_apply, softplus_chain)

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

GM_VECTOR static void softmax_apply(gm_mat zs, gm_mat as)
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

GM_VECTOR static void softmax_chain(gm_mat zs, gm_mat as, gm_mat ds)
{
    (void)zs;
    for (size_t r = 0; r < ds.rows; r++)
        softmax_chain_row(gm_row(as, r), gm_row(ds, r), ds.cols);
}

const gm_activation_kernel gm_activation_kernels[GM_ACTIVATION_COUNT] = {
    [GM_IDENTITY] = {identity_apply, identity_chain, true},
    [GM_SIGMOID] = {sigmoid_apply, sigmoid_chain, true},
    [GM_TANH] = {hyperbolic_apply, hyperbolic_chain, true},
    [GM_RELU] = {relu_apply, relu_chain, true},
    [GM_LEAKY_RELU] = {leaky_relu_apply, leaky_relu_chain, true},
    [GM_GELU] = {gelu_apply, gelu_chain, true},
    [GM_SOFTPLUS] = {softplus_apply, softplus_chain, true},
    [GM_SOFTMAX] = {softmax_apply, softmax_chain, false},
};

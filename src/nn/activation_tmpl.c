/* The activations and their derivatives as loops over matrices. Each loop calls the
 * formula in src/function/activations.h for one number; softmax takes whole rows (src/function/softmax.h). */
#include "nn/activation.h"
#include "base/memory.h"
#include "base/vector.h"
#include "function/activations.h"
#include "function/softmax.h"

/* The compiler makes a variant of these functions for each instruction set (base/vector.h), which needs a
 * name of its own for each precision. */
#define softmax_apply GM_TYPED(softmax_apply)
#define softmax_chain GM_TYPED(softmax_chain)

/* Defines STEM_apply and STEM_chain, two loops over rows, for each activation that works on single numbers.
 * The identity has nothing to compute, and only copies Z if A is another matrix. */
#define ACTIVATION(VALUE, WORD, STEM, ...)                                                                   \
    GM_VECTOR static void GM_TYPED(STEM##_apply)(gm_mat zs, gm_mat as)                                       \
    {                                                                                                        \
        if (VALUE == GM_IDENTITY && zs.data == as.data)                                                      \
            return;                                                                                          \
        for (size_t r = 0; r < zs.rows; r++) {                                                               \
            const REAL *z = gm_row(zs, r);                                                                   \
            REAL *a = gm_row(as, r);                                                                         \
            _Pragma("omp simd") for (size_t c = 0; c < zs.cols; c++) a[c] = STEM(z[c]);                      \
        }                                                                                                    \
    }                                                                                                        \
    GM_VECTOR static void GM_TYPED(STEM##_chain)(gm_mat zs, gm_mat as, gm_mat ds)                            \
    {                                                                                                        \
        if (VALUE == GM_IDENTITY)                                                                            \
            return;                                                                                          \
        for (size_t r = 0; r < ds.rows; r++) {                                                               \
            const REAL *z = gm_row(zs, r), *a = gm_row(as, r);                                               \
            REAL *d = gm_row(ds, r);                                                                         \
            _Pragma("omp simd") for (size_t c = 0; c < ds.cols; c++) d[c] *= STEM##_derivative(z[c], a[c]);  \
        }                                                                                                    \
    }
#define ROW_ACTIVATION(...)
#include "function/activations.def"

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

#define ACTIVATION(VALUE, WORD, STEM, ...) [VALUE] = {GM_TYPED(STEM##_apply), GM_TYPED(STEM##_chain), true},
#define ROW_ACTIVATION(VALUE, WORD, STEM, ...)                                                               \
    [VALUE] = {GM_TYPED(STEM##_apply), GM_TYPED(STEM##_chain), false},
const gm_activation_kernel gm_activation_kernels[GM_ACTIVATION_COUNT] = {
#include "function/activations.def"
};

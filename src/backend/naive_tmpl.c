/* Backends `naive` and `naive-ikj`: plain loops, without a library.
 *
 * `naive` has the loops of a textbook, in the order i, j, k, with one sum for each element of the result. It
 * is slow and obvious; the tests compare the other backends with it. `naive-ikj` does the same arithmetic
 * with the loops in an order in which the innermost one runs along rows in memory, so that a compiler can
 * vectorise it. It is the fair opponent in comparisons of loops with a BLAS. Both are compiled with -O3 for
 * several instruction sets (GM_VECTOR). As in a BLAS, a target is not read if beta is 0, so that a NaN in it
 * does not survive. */
#include "backend/backend.h"
#include "base/vector.h"

#include <string.h>

/* The compiler makes a clone of each for several instruction sets, and clones need a name that is unique to
 * the precision (base/vector.h). */
#define forward_ijk         GM_TYPED(forward_ijk)
#define hidden_delta_ijk    GM_TYPED(hidden_delta_ijk)
#define bias_gradient_ijk   GM_TYPED(bias_gradient_ijk)
#define weight_gradient_ijk GM_TYPED(weight_gradient_ijk)
#define forward_ikj         GM_TYPED(forward_ikj)
#define hidden_delta_ikj    GM_TYPED(hidden_delta_ikj)
#define bias_gradient_ikj   GM_TYPED(bias_gradient_ikj)
#define weight_gradient_ikj GM_TYPED(weight_gradient_ikj)

/* c = alpha x + beta c */
static inline void blend(REAL alpha, REAL x, REAL beta, REAL *c)
{
    *c = beta == 0 ? alpha * x : alpha * x + beta * *c;
}

/* Z = A W^T + 1 b^T        z_ij = b_j + sum_k a_ik w_jk */
GM_VECTOR static void forward_ijk(const gm_layer_view *l, gm_mat a, gm_mat z, REAL *spare)
{
    (void)spare;
    for (size_t i = 0; i < z.rows; i++) {
        for (size_t j = 0; j < z.cols; j++) {
            REAL sum = l->b[j];
            for (size_t k = 0; k < a.cols; k++)
                sum += gm_row(a, i)[k] * gm_row(l->w, j)[k];
            gm_row(z, i)[j] = sum;
        }
    }
}

/* D_prev = D W + beta D_prev        e_ij = sum_k d_ik w_kj + beta e_ij */
GM_VECTOR static void hidden_delta_ijk(const gm_layer_view *l, gm_mat d, size_t first, REAL beta,
                                       gm_mat d_prev, REAL *scratch)
{
    (void)scratch;
    for (size_t i = 0; i < d_prev.rows; i++) {
        for (size_t j = 0; j < d_prev.cols; j++) {
            REAL sum = 0;
            for (size_t k = 0; k < d.cols; k++)
                sum += gm_row(d, i)[k] * gm_row(l->w, k)[first + j];
            blend(1, sum, beta, &gm_row(d_prev, i)[j]);
        }
    }
}

/* gb = alpha D^T 1 + beta gb */
GM_VECTOR static void bias_gradient_ijk(const gm_layer_view *l, gm_mat d, REAL alpha, REAL beta, REAL *gb)
{
    (void)l;
    for (size_t j = 0; j < d.cols; j++) {
        REAL sum = 0;
        for (size_t i = 0; i < d.rows; i++)
            sum += gm_row(d, i)[j];
        blend(alpha, sum, beta, &gb[j]);
    }
}

/* GW = alpha D^T A + beta GW        g_jk = alpha sum_i d_ij a_ik + beta g_jk */
GM_VECTOR static void weight_gradient_ijk(const gm_layer_view *l, gm_mat d, gm_mat a, REAL alpha, REAL beta,
                                          gm_mat gw, REAL *scratch)
{
    (void)scratch;
    (void)l;
    for (size_t j = 0; j < gw.rows; j++) {
        for (size_t k = 0; k < gw.cols; k++) {
            REAL sum = 0;
            for (size_t i = 0; i < d.rows; i++)
                sum += gm_row(d, i)[j] * gm_row(a, i)[k];
            blend(alpha, sum, beta, &gw.data[j * gw.ld + k]);
        }
    }
}

/* y = beta y, without reading y when beta is 0 */
static inline void scale(REAL beta, REAL *y, size_t count)
{
    if (beta == 0) {
        memset(y, 0, count * sizeof *y);
    } else if (beta != 1) {
#pragma omp simd
        for (size_t i = 0; i < count; i++)
            y[i] *= beta;
    }
}

/* y += alpha x */
static inline void axpy(REAL alpha, const REAL *restrict x, REAL *restrict y, size_t count)
{
#pragma omp simd
    for (size_t i = 0; i < count; i++)
        y[i] += alpha * x[i];
}

/* Z = A W^T + 1 b^T. Both A and W have k along their rows, so here the order that vectorises is a dot
 * product. */
GM_VECTOR static void forward_ikj(const gm_layer_view *l, gm_mat a, gm_mat z, REAL *spare)
{
    (void)spare;
    for (size_t i = 0; i < z.rows; i++) {
        const REAL *ai = gm_row(a, i);
        for (size_t j = 0; j < z.cols; j++) {
            const REAL *wj = gm_row(l->w, j);
            REAL sum = 0;
#pragma omp simd reduction(+ : sum)
            for (size_t k = 0; k < a.cols; k++)
                sum += ai[k] * wj[k];
            gm_row(z, i)[j] = sum + l->b[j];
        }
    }
}

/* D_prev = D W + beta D_prev */
GM_VECTOR static void hidden_delta_ikj(const gm_layer_view *l, gm_mat d, size_t first, REAL beta,
                                       gm_mat d_prev, REAL *scratch)
{
    (void)scratch;
    for (size_t i = 0; i < d_prev.rows; i++) {
        scale(beta, gm_row(d_prev, i), d_prev.cols);
        for (size_t k = 0; k < d.cols; k++)
            axpy(gm_row(d, i)[k], gm_row(l->w, k) + first, gm_row(d_prev, i), d_prev.cols);
    }
}

/* gb = alpha D^T 1 + beta gb */
GM_VECTOR static void bias_gradient_ikj(const gm_layer_view *l, gm_mat d, REAL alpha, REAL beta, REAL *gb)
{
    (void)l;
    scale(beta, gb, d.cols);
    for (size_t i = 0; i < d.rows; i++)
        axpy(alpha, gm_row(d, i), gb, d.cols);
}

/* GW = alpha D^T A + beta GW */
GM_VECTOR static void weight_gradient_ikj(const gm_layer_view *l, gm_mat d, gm_mat a, REAL alpha, REAL beta,
                                          gm_mat gw, REAL *scratch)
{
    (void)scratch;
    (void)l;
    for (size_t j = 0; j < gw.rows; j++) {
        scale(beta, gm_row(gw, j), gw.cols);
        for (size_t i = 0; i < d.rows; i++)
            axpy(alpha * gm_row(d, i)[j], gm_row(a, i), gm_row(gw, j), gw.cols);
    }
}

const gm_backend gm_backend_naive = {
    .name = "naive",
    .summary = "textbook loops i-j-k: the oracle",
    .storage = &gm_row_major,
    .forward = forward_ijk,
    .hidden_delta = hidden_delta_ijk,
    .bias_gradient = bias_gradient_ijk,
    .weight_gradient = weight_gradient_ijk,
};

const gm_backend gm_backend_naive_ikj = {
    .name = "naive-ikj",
    .summary = "loops reordered so that a compiler can vectorise them",
    .storage = &gm_row_major,
    .forward = forward_ikj,
    .hidden_delta = hidden_delta_ikj,
    .bias_gradient = bias_gradient_ikj,
    .weight_gradient = weight_gradient_ikj,
};

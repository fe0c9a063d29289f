/* The losses. Each function stands directly above its derivative, which is BP1. All but cross-entropy are
 * functions of one output and its target; cross-entropy takes whole rows. For *_tmpl.c only. */
#ifndef GM_FUNCTION_LOSSES_H
#define GM_FUNCTION_LOSSES_H

#include "function/softmax.h"

static inline REAL half_squares(REAL a, REAL y)
{
    return (a - y) * (a - y) / 2;
}

static inline REAL half_squares_derivative(REAL a, REAL y)
{
    return a - y;
}

static inline REAL squares(REAL a, REAL y)
{
    return (a - y) * (a - y);
}

static inline REAL squares_derivative(REAL a, REAL y)
{
    return 2 * (a - y);
}

/* With e = a - y, the loss is e^2 / 2 if |e| <= 1, and |e| - 1/2 otherwise. With m = min(|e|, 1) both are m
 * (|e| - m / 2). */
static inline REAL huber(REAL a, REAL y)
{
    const REAL e = RMATH(fabs)(a - y), m = e > 1 ? 1 : e;
    return m * (e - m / 2);
}

static inline REAL huber_derivative(REAL a, REAL y)
{
    const REAL e = a - y;
    return e > 1 ? 1 : e < -1 ? -1 : e;
}

static inline REAL absolute(REAL a, REAL y)
{
    return RMATH(fabs)(a - y);
}

/* 0 where a is y, as PyTorch has it. */
static inline REAL absolute_derivative(REAL a, REAL y)
{
    const REAL e = a - y;
    return e > 0 ? 1 : e < 0 ? -1 : e;
}

/* -log of the probability of the count y where a = exp(z) is expected, without the part log y! that no output
 * changes: a - y log a. */
static inline REAL poisson(REAL z, REAL y)
{
    return vexp(z) - y * z;
}

/* dC/dz */
static inline REAL poisson_derivative(REAL a, REAL y)
{
    return a - y;
}

/* -(y log a + (1 - y) log(1 - a)) with a = sigmoid(z) is softplus(z) - y z. */
static inline REAL logistic(REAL z, REAL y)
{
    return vsoftplus(z) - y * z;
}

/* dC/dz: (a - y) / (a (1 - a)) times a (1 - a) */
static inline REAL logistic_derivative(REAL a, REAL y)
{
    return a - y;
}

/* -sum_j y_j log a_j with a = softmax(z) is sum_j y_j (log sum_k exp z_k - z_j). */
static inline REAL cross_entropy(REAL log_sum, const REAL *z, const REAL *y, size_t cols)
{
    REAL loss = 0;
#pragma omp simd reduction(+ : loss)
    for (size_t c = 0; c < cols; c++)
        loss += y[c] != 0 ? y[c] * (log_sum - z[c]) : 0; /* 0 times infinity counts as 0 */
    return loss;
}

/* The loss of one row of Z, and A = softmax(Z); a may be z. */
ROW_FUNCTION REAL cross_entropy_row(const REAL *z, const REAL *y, REAL *a, size_t cols)
{
    if (cols > SOFTMAX_BLOCK) {
        /* The loss is computed first, because A may be written over Z. */
        const REAL loss = cross_entropy(log_sum_exp(z, cols), z, y, cols);
        softmax_of(z, a, cols);
        return loss;
    }
    REAL z_block[SOFTMAX_BLOCK], y_block[SOFTMAX_BLOCK], a_block[SOFTMAX_BLOCK];
    fill_block(z_block, z, cols, -(REAL)INFINITY);
    fill_block(y_block, y, cols, 0);
    const REAL log_sum = softmax_of(z_block, a_block, SOFTMAX_BLOCK);
    copy_block(a, a_block, cols);
    return cross_entropy(log_sum, z_block, y_block, SOFTMAX_BLOCK);
}

/* The sum of the losses of at most ROWS_AT_ONCE rows of a few classes, and A = softmax(Z); as may be zs. */
ROW_FUNCTION REAL cross_entropy_rows(gm_mat zs, gm_mat ys, gm_mat as)
{
    transposed z, y, a;
    REAL log_sum[ROWS_AT_ONCE], loss[ROWS_AT_ONCE] = {0}, sum = 0;
    transpose(zs, z);
    transpose(ys, y);
    softmax_transposed(z, zs.cols, a, log_sum);
    for (size_t c = 0; c < zs.cols; c++)
        EACH_ROW loss[r] += y[c][r] != 0 ? y[c][r] * (log_sum[r] - z[c][r]) : 0; /* as in cross_entropy */
    transpose_back(a, as);
    for (size_t r = 0; r < zs.rows; r++)
        sum += loss[r];
    return sum;
}

/* dC/dz_j = a_j sum_k y_k - y_j: the targets of a row need not add up to 1. */
static inline void cross_entropy_derivative(const REAL *a, const REAL *y, REAL scale, REAL *d, size_t cols)
{
    REAL sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t c = 0; c < cols; c++)
        sum += y[c];
#pragma omp simd
    for (size_t c = 0; c < cols; c++)
        d[c] = scale * (a[c] * sum - y[c]);
}

ROW_FUNCTION void cross_entropy_delta_row(const REAL *a, const REAL *y, REAL scale, REAL *d, size_t cols)
{
    if (cols > SOFTMAX_BLOCK) {
        cross_entropy_derivative(a, y, scale, d, cols);
        return;
    }
    REAL a_block[SOFTMAX_BLOCK], y_block[SOFTMAX_BLOCK];
    fill_block(a_block, a, cols, 0);
    fill_block(y_block, y, cols, 0);
    cross_entropy_derivative(a_block, y_block, scale, a_block, SOFTMAX_BLOCK);
    copy_block(d, a_block, cols);
}

#endif

/* Softmax of one row, and of several rows at once if they have few classes: the activation, its derivative,
 * and the logarithm of its sum, which cross-entropy needs. For *_tmpl.c only. */
#ifndef GM_FUNCTION_SOFTMAX_H
#define GM_FUNCTION_SOFTMAX_H

#include "function/vmath.h"

/* Always inlined. A function that is not inlined would be compiled for the baseline instruction set, and not
 * for the instruction set of the loop that calls it. */
#define ROW_FUNCTION static inline __attribute__((always_inline))

/* A row of few classes is copied to a block of this size, because a loop of constant length becomes one or
 * two vector operations. In a loop over ten classes, most of the time would go into the code before and after
 * the vector operations. */
#define SOFTMAX_BLOCK 16

/* Copies `cols` numbers of `from` to the block, and fills it up with `rest`. */
static inline void fill_block(REAL block[SOFTMAX_BLOCK], const REAL *from, size_t cols, REAL rest)
{
#pragma omp simd
    for (size_t c = 0; c < SOFTMAX_BLOCK; c++)
        block[c] = c < cols ? from[c] : rest;
}

static inline void copy_block(REAL *to, const REAL block[SOFTMAX_BLOCK], size_t cols)
{
#pragma omp simd
    for (size_t c = 0; c < SOFTMAX_BLOCK; c++) {
        if (c < cols)
            to[c] = block[c];
    }
}

static inline REAL largest_of(const REAL *z, size_t cols)
{
    REAL most = z[0];
#pragma omp simd reduction(max : most)
    for (size_t c = 0; c < cols; c++)
        most = z[c] > most ? z[c] : most;
    return most;
}

/* a = exp(z_j - max z) / sum_k exp(z_k - max z); a may be z. The largest exponent is 0, so that nothing
 * overflows. Returns log sum_k exp z_k. */
ROW_FUNCTION REAL softmax_of(const REAL *z, REAL *a, size_t cols)
{
    const REAL most = largest_of(z, cols);
    REAL sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t c = 0; c < cols; c++) {
        a[c] = vexp(z[c] - most);
        sum += a[c];
    }
    const REAL inverse = 1 / sum;
#pragma omp simd
    for (size_t c = 0; c < cols; c++)
        a[c] *= inverse;
    /* cppcheck-suppress invalidFunctionArg ; a layer has at least one output, so sum >= 1 */
    return most + RMATH(log)(sum);
}

/* The same without a. */
ROW_FUNCTION REAL log_sum_exp(const REAL *z, size_t cols)
{
    const REAL most = largest_of(z, cols);
    REAL sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t c = 0; c < cols; c++)
        sum += vexp(z[c] - most);
    /* cppcheck-suppress invalidFunctionArg */
    return most + RMATH(log)(sum);
}

ROW_FUNCTION REAL softmax_row(const REAL *z, REAL *a, size_t cols)
{
    if (cols > SOFTMAX_BLOCK)
        return softmax_of(z, a, cols);
    REAL block[SOFTMAX_BLOCK];
    fill_block(block, z, cols, -(REAL)INFINITY);
    const REAL log_sum = softmax_of(block, block, SOFTMAX_BLOCK);
    copy_block(a, block, cols);
    return log_sum;
}

/* Several rows of a few classes are transposed: number c of every row side by side. Then maxima and sums go
 * from vector to vector, and not from lane to lane. */
#define ROWS_AT_ONCE 16
typedef REAL transposed[SOFTMAX_BLOCK][ROWS_AT_ONCE];

#define EACH_ROW _Pragma("omp simd") for (size_t r = 0; r < ROWS_AT_ONCE; r++)

/* Transposes at most ROWS_AT_ONCE rows of m. If there are fewer, the last row is repeated. */
static inline void transpose(gm_mat m, transposed to)
{
    for (size_t r = 0; r < ROWS_AT_ONCE; r++) {
        const REAL *row = gm_row(m, r < m.rows ? r : m.rows - 1);
        for (size_t c = 0; c < m.cols; c++)
            to[c][r] = row[c];
    }
}

static inline void transpose_back(transposed from, gm_mat m)
{
    for (size_t r = 0; r < m.rows; r++) {
        for (size_t c = 0; c < m.cols; c++)
            gm_row(m, r)[c] = from[c][r];
    }
}

/* Like softmax_of, for transposed rows: computes A, and log sum_k exp z_k of each row. */
ROW_FUNCTION void softmax_transposed(transposed z, size_t cols, transposed a, REAL log_sum[ROWS_AT_ONCE])
{
    REAL most[ROWS_AT_ONCE], sum[ROWS_AT_ONCE];
    EACH_ROW most[r] = -(REAL)INFINITY;
    for (size_t c = 0; c < cols; c++)
        EACH_ROW most[r] = z[c][r] > most[r] ? z[c][r] : most[r];
    EACH_ROW sum[r] = 0;
    for (size_t c = 0; c < cols; c++)
        EACH_ROW
        {
            a[c][r] = vexp(z[c][r] - most[r]);
            sum[r] += a[c][r];
        }
    EACH_ROW log_sum[r] = most[r] + vlog_from_1(sum[r]);
    EACH_ROW sum[r] = 1 / sum[r];
    for (size_t c = 0; c < cols; c++)
        EACH_ROW a[c][r] *= sum[r];
}

/* A = softmax(Z) for at most ROWS_AT_ONCE rows of a few classes; as may be zs. */
ROW_FUNCTION void softmax_rows(gm_mat zs, gm_mat as)
{
    transposed z, a;
    REAL log_sum[ROWS_AT_ONCE];
    transpose(zs, z);
    softmax_transposed(z, zs.cols, a, log_sum);
    transpose_back(a, as);
}

/* J_jk = a_j (1{j = k} - a_k), so (d J)_k = a_k (d_k - sum_j d_j a_j) */
ROW_FUNCTION void softmax_chain_row(const REAL *a, REAL *d, size_t cols)
{
    REAL sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t c = 0; c < cols; c++)
        sum += d[c] * a[c];
#pragma omp simd
    for (size_t c = 0; c < cols; c++)
        d[c] = a[c] * (d[c] - sum);
}

#endif

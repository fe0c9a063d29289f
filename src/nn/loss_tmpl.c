/* The losses: each value stands directly above its derivative, which is BP1. */
#include "nn/loss.h"
#include "base/vector.h"
#include "nn/softmax.h"

/* VALUE: the sum over all elements of NAME(z, y), times 1/cols if the loss is a mean over the outputs; on the
 * way A = OUTPUT(z). DELTA: D = scale NAME_derivative(a, y), with the same 1/cols. */
#define ELEMENTWISE(NAME, MEAN, OUTPUT, VALUE, DELTA)                                                        \
    GM_VECTOR static double VALUE(gm_mat zs, gm_mat ys, gm_mat as)                                           \
    {                                                                                                        \
        double total = 0;                                                                                    \
        for (size_t r = 0; r < zs.rows; r++) {                                                               \
            const REAL *z = gm_row(zs, r), *y = gm_row(ys, r);                                               \
            REAL *a = gm_row(as, r), sum = 0;                                                                \
            _Pragma("omp simd reduction(+ : sum)") for (size_t c = 0; c < zs.cols; c++)                      \
            {                                                                                                \
                const REAL x = z[c];                                                                         \
                sum += NAME(x, y[c]);                                                                        \
                a[c] = OUTPUT(x);                                                                            \
            }                                                                                                \
            total += (double)sum;                                                                            \
        }                                                                                                    \
        return MEAN ? total / (double)zs.cols : total;                                                       \
    }                                                                                                        \
    GM_VECTOR static void DELTA(gm_mat as, gm_mat ys, REAL scale, gm_mat ds)                                 \
    {                                                                                                        \
        const REAL s = MEAN ? scale / (REAL)as.cols : scale;                                                 \
        for (size_t r = 0; r < as.rows; r++) {                                                               \
            const REAL *a = gm_row(as, r), *y = gm_row(ys, r);                                               \
            REAL *d = gm_row(ds, r);                                                                         \
            _Pragma("omp simd") for (size_t c = 0; c < as.cols; c++) d[c] =                                  \
                s * NAME##_derivative(a[c], y[c]);                                                           \
        }                                                                                                    \
    }

/* Of a loss that is computed from A: it stays as it is. */
static inline REAL unchanged(REAL a)
{
    return a;
}

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

/* e^2 / 2 near 0, |e| - 1/2 beyond 1: by m = min(|e|, 1) both are m (|e| - m / 2). */
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

ELEMENTWISE(half_squares, false, unchanged, T(half_squares_value), T(half_squares_delta))
ELEMENTWISE(squares, true, unchanged, T(squares_value), T(squares_delta))
ELEMENTWISE(huber, true, unchanged, T(huber_value), T(huber_delta))
ELEMENTWISE(logistic, true, vsigmoid, T(logistic_value), T(logistic_delta))

/* -sum_j y_j log a_j with a = softmax(z) is sum_j y_j (log sum_k exp z_k - z_j). */
static inline REAL cross_entropy(REAL log_sum, const REAL *z, const REAL *y, size_t cols)
{
    REAL loss = 0;
#pragma omp simd reduction(+ : loss)
    for (size_t c = 0; c < cols; c++)
        loss += y[c] != 0 ? y[c] * (log_sum - z[c]) : 0; /* 0 times infinity counts as 0 */
    return loss;
}

GM_VECTOR static double T(cross_entropy_value)(gm_mat zs, gm_mat ys, gm_mat as)
{
    double total = 0;
    for (size_t r = 0; r < zs.rows; r++) {
        const REAL *z = gm_row(zs, r), *y = gm_row(ys, r);
        REAL *a = gm_row(as, r);
        if (zs.cols > SOFTMAX_BLOCK) {
            /* The loss before A takes the place of Z; it needs the sum of softmax, but not its results. */
            total += (double)cross_entropy(log_sum_exp(z, zs.cols), z, y, zs.cols);
            softmax_of(z, a, zs.cols);
        } else {
            REAL z_block[SOFTMAX_BLOCK], y_block[SOFTMAX_BLOCK], a_block[SOFTMAX_BLOCK];
            fill_block(z_block, z, zs.cols, -(REAL)INFINITY);
            fill_block(y_block, y, zs.cols, 0);
            const REAL log_sum = softmax_of(z_block, a_block, SOFTMAX_BLOCK);
            total += (double)cross_entropy(log_sum, z_block, y_block, SOFTMAX_BLOCK);
            copy_block(a, a_block, zs.cols);
        }
    }
    return total;
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

GM_VECTOR static void T(cross_entropy_delta)(gm_mat as, gm_mat ys, REAL scale, gm_mat ds)
{
    for (size_t r = 0; r < as.rows; r++) {
        const REAL *a = gm_row(as, r), *y = gm_row(ys, r);
        REAL *d = gm_row(ds, r);
        if (as.cols > SOFTMAX_BLOCK) {
            cross_entropy_derivative(a, y, scale, d, as.cols);
        } else {
            REAL a_block[SOFTMAX_BLOCK], y_block[SOFTMAX_BLOCK];
            fill_block(a_block, a, as.cols, 0);
            fill_block(y_block, y, as.cols, 0);
            cross_entropy_derivative(a_block, y_block, scale, a_block, SOFTMAX_BLOCK);
            copy_block(d, a_block, as.cols);
        }
    }
}

const gm_loss_kernel T(gm_loss_kernels)[GM_LOSS_COUNT] = {
    [GM_HALF_SQUARES] = {T(half_squares_value), T(half_squares_delta), false},
    [GM_MEAN_SQUARES] = {T(squares_value), T(squares_delta), false},
    [GM_LOGISTIC] = {T(logistic_value), T(logistic_delta), true},
    [GM_CROSS_ENTROPY] = {T(cross_entropy_value), T(cross_entropy_delta), true},
    [GM_HUBER] = {T(huber_value), T(huber_delta), false},
};

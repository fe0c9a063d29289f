/* The losses: each value stands directly above its derivative, which is BP1. */
#include "nn/loss.h"
#include "base/vector.h"
#include "nn/vmath.h"

/* VALUE: the sum over all elements of NAME(x, y), times 1/cols if the loss is a mean over the outputs.
 * DELTA: D = scale NAME_derivative(a, y), with the same 1/cols. */
#define ELEMENTWISE(NAME, MEAN, VALUE, DELTA)                                                                \
    GM_VECTOR static double VALUE(gm_mat xs, gm_mat ys)                                                      \
    {                                                                                                        \
        double total = 0;                                                                                    \
        for (size_t r = 0; r < xs.rows; r++) {                                                               \
            const REAL *x = gm_row(xs, r), *y = gm_row(ys, r);                                               \
            REAL sum = 0;                                                                                    \
            _Pragma("omp simd reduction(+ : sum)") for (size_t c = 0; c < xs.cols; c++) sum +=               \
                NAME(x[c], y[c]);                                                                            \
            total += (double)sum;                                                                            \
        }                                                                                                    \
        return MEAN ? total / (double)xs.cols : total;                                                       \
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

ELEMENTWISE(half_squares, false, T(half_squares_value), T(half_squares_delta))
ELEMENTWISE(squares, true, T(squares_value), T(squares_delta))
ELEMENTWISE(huber, true, T(huber_value), T(huber_delta))
ELEMENTWISE(logistic, true, T(logistic_value), T(logistic_delta))

/* -sum_j y_j log a_j with a = softmax(z) is sum_j y_j (log sum_k exp z_k - z_j); the maximum is taken out
 * first. */
GM_VECTOR static double T(cross_entropy_value)(gm_mat zs, gm_mat ys)
{
    double total = 0;
    for (size_t r = 0; r < zs.rows; r++) {
        const REAL *z = gm_row(zs, r), *y = gm_row(ys, r);
        REAL most = z[0], sum = 0;
#pragma omp simd reduction(max : most)
        for (size_t c = 1; c < zs.cols; c++)
            most = z[c] > most ? z[c] : most;
#pragma omp simd reduction(+ : sum)
        for (size_t c = 0; c < zs.cols; c++)
            sum += vexp(z[c] - most);
        /* cppcheck-suppress invalidFunctionArg ; a layer has at least one output, so sum >= 1 */
        const REAL log_sum = most + RMATH(log)(sum);
        REAL loss = 0;
#pragma omp simd reduction(+ : loss)
        for (size_t c = 0; c < zs.cols; c++)
            loss += y[c] != 0 ? y[c] * (log_sum - z[c]) : 0; /* 0 times infinity counts as 0 */
        total += (double)loss;
    }
    return total;
}

/* dC/dz_j = a_j sum_k y_k - y_j: the targets of a row need not add up to 1. */
GM_VECTOR static void T(cross_entropy_delta)(gm_mat as, gm_mat ys, REAL scale, gm_mat ds)
{
    for (size_t r = 0; r < as.rows; r++) {
        const REAL *a = gm_row(as, r), *y = gm_row(ys, r);
        REAL *d = gm_row(ds, r), sum = 0;
#pragma omp simd reduction(+ : sum)
        for (size_t c = 0; c < as.cols; c++)
            sum += y[c];
#pragma omp simd
        for (size_t c = 0; c < as.cols; c++)
            d[c] = scale * (a[c] * sum - y[c]);
    }
}

const gm_loss_kernel T(gm_loss_kernels)[GM_LOSS_COUNT] = {
    [GM_HALF_SQUARES] = {T(half_squares_value), T(half_squares_delta), false},
    [GM_MEAN_SQUARES] = {T(squares_value), T(squares_delta), false},
    [GM_LOGISTIC] = {T(logistic_value), T(logistic_delta), true},
    [GM_CROSS_ENTROPY] = {T(cross_entropy_value), T(cross_entropy_delta), true},
    [GM_HUBER] = {T(huber_value), T(huber_delta), false},
};

/* The losses as loops over matrices. */
#include "nn/loss.h"
#include "base/memory.h"
#include "base/vector.h"
#include "nn/losses.h"

/* VALUE: the sum over all elements of NAME(z, y), times 1/cols if the loss is a mean over the outputs; on the
 * way A = OUTPUT(z). DELTA: D = scale NAME_derivative(a, y), with the same 1/cols. */
#define ELEMENTWISE(NAME, LOSS, OUTPUT, VALUE, DELTA)                                                        \
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
        return loss_is_mean(LOSS) ? total / (double)zs.cols : total;                                         \
    }                                                                                                        \
    GM_VECTOR static void DELTA(gm_mat as, gm_mat ys, REAL scale, gm_mat ds)                                 \
    {                                                                                                        \
        const REAL s = loss_is_mean(LOSS) ? scale / (REAL)as.cols : scale;                                   \
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

ELEMENTWISE(half_squares, GM_HALF_SQUARES, unchanged, T(half_squares_value), T(half_squares_delta))
ELEMENTWISE(squares, GM_MEAN_SQUARES, unchanged, T(squares_value), T(squares_delta))
ELEMENTWISE(huber, GM_HUBER, unchanged, T(huber_value), T(huber_delta))
ELEMENTWISE(logistic, GM_LOGISTIC, vsigmoid, T(logistic_value), T(logistic_delta))

GM_VECTOR static double T(few_classes_value)(gm_mat zs, gm_mat ys, gm_mat as)
{
    double total = 0;
    for (size_t r = 0, rows; r < zs.rows; r += rows) {
        rows = gm_min(ROWS_AT_ONCE, zs.rows - r);
        total += (double)cross_entropy_rows(gm_rows(zs, r, rows), gm_rows(ys, r, rows), gm_rows(as, r, rows));
    }
    return total;
}

GM_VECTOR static double T(many_classes_value)(gm_mat zs, gm_mat ys, gm_mat as)
{
    double total = 0;
    for (size_t r = 0; r < zs.rows; r++)
        total += (double)cross_entropy_row(gm_row(zs, r), gm_row(ys, r), gm_row(as, r), zs.cols);
    return total;
}

static double cross_entropy_value(gm_mat zs, gm_mat ys, gm_mat as)
{
    return zs.cols <= SOFTMAX_BLOCK ? T(few_classes_value)(zs, ys, as) : T(many_classes_value)(zs, ys, as);
}

GM_VECTOR static void T(cross_entropy_delta)(gm_mat as, gm_mat ys, REAL scale, gm_mat ds)
{
    for (size_t r = 0; r < as.rows; r++)
        cross_entropy_delta_row(gm_row(as, r), gm_row(ys, r), scale, gm_row(ds, r), as.cols);
}

const gm_loss_kernel T(gm_loss_kernels)[GM_LOSS_COUNT] = {
    [GM_HALF_SQUARES] = {T(half_squares_value), T(half_squares_delta), false},
    [GM_MEAN_SQUARES] = {T(squares_value), T(squares_delta), false},
    [GM_LOGISTIC] = {T(logistic_value), T(logistic_delta), true},
    [GM_CROSS_ENTROPY] = {cross_entropy_value, T(cross_entropy_delta), true},
    [GM_HUBER] = {T(huber_value), T(huber_delta), false},
};

/* The losses as loops over matrices. */
#include "nn/loss.h"
#include "base/memory.h"
#include "base/vector.h"
#include "function/losses.h"

/* Functions with clones: each has a name of its own for each precision (base/vector.h). */
#define half_squares_value  GM_TYPED(half_squares_value)
#define half_squares_delta  GM_TYPED(half_squares_delta)
#define squares_value       GM_TYPED(squares_value)
#define squares_delta       GM_TYPED(squares_delta)
#define huber_value         GM_TYPED(huber_value)
#define huber_delta         GM_TYPED(huber_delta)
#define logistic_value      GM_TYPED(logistic_value)
#define logistic_delta      GM_TYPED(logistic_delta)
#define few_classes_value   GM_TYPED(few_classes_value)
#define many_classes_value  GM_TYPED(many_classes_value)
#define cross_entropy_delta GM_TYPED(cross_entropy_delta)

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

ELEMENTWISE(half_squares, GM_HALF_SQUARES, unchanged, half_squares_value, half_squares_delta)
ELEMENTWISE(squares, GM_MEAN_SQUARES, unchanged, squares_value, squares_delta)
ELEMENTWISE(huber, GM_HUBER, unchanged, huber_value, huber_delta)
ELEMENTWISE(logistic, GM_LOGISTIC, vsigmoid, logistic_value, logistic_delta)

GM_VECTOR static double few_classes_value(gm_mat zs, gm_mat ys, gm_mat as)
{
    double total = 0;
    for (size_t r = 0, rows; r < zs.rows; r += rows) {
        rows = gm_min(ROWS_AT_ONCE, zs.rows - r);
        total += (double)cross_entropy_rows(gm_rows(zs, r, rows), gm_rows(ys, r, rows), gm_rows(as, r, rows));
    }
    return total;
}

GM_VECTOR static double many_classes_value(gm_mat zs, gm_mat ys, gm_mat as)
{
    double total = 0;
    for (size_t r = 0; r < zs.rows; r++)
        total += (double)cross_entropy_row(gm_row(zs, r), gm_row(ys, r), gm_row(as, r), zs.cols);
    return total;
}

static double cross_entropy_value(gm_mat zs, gm_mat ys, gm_mat as)
{
    return zs.cols <= SOFTMAX_BLOCK ? few_classes_value(zs, ys, as) : many_classes_value(zs, ys, as);
}

GM_VECTOR static void cross_entropy_delta(gm_mat as, gm_mat ys, REAL scale, gm_mat ds)
{
    for (size_t r = 0; r < as.rows; r++)
        cross_entropy_delta_row(gm_row(as, r), gm_row(ys, r), scale, gm_row(ds, r), as.cols);
}

const gm_loss_kernel gm_loss_kernels[GM_LOSS_COUNT] = {
    [GM_HALF_SQUARES] = {half_squares_value, half_squares_delta, false},
    [GM_MEAN_SQUARES] = {squares_value, squares_delta, false},
    [GM_LOGISTIC] = {logistic_value, logistic_delta, true},
    [GM_CROSS_ENTROPY] = {cross_entropy_value, cross_entropy_delta, true},
    [GM_HUBER] = {huber_value, huber_delta, false},
};

/* The losses as loops over matrices: the value of a loss, and BP1, which is its derivative. The formulas
 * are in src/function/losses.h. */
#include "nn/loss.h"
#include "base/memory.h"
#include "base/vector.h"
#include "function/activations.h"
#include "function/facts.h"
#include "function/losses.h"

/* The compiler makes a variant of these functions for each instruction set (base/vector.h), which needs a
 * name of its own for each precision. */
#define few_classes_value   GM_TYPED(few_classes_value)
#define many_classes_value  GM_TYPED(many_classes_value)
#define cross_entropy_value GM_TYPED(cross_entropy_value)
#define cross_entropy_delta GM_TYPED(cross_entropy_delta)

/* f(z) of an activation that works on single numbers. f is a constant wherever this is inlined, so no switch
 * remains. */
ROW_FUNCTION REAL activation_of(gm_activation f, REAL z)
{
    switch (f) {
#define ACTIVATION(VALUE, WORD, STEM, ...)                                                                   \
    case VALUE:                                                                                              \
        return STEM(z);
#define ROW_ACTIVATION(VALUE, ...)                                                                           \
    case VALUE:                                                                                              \
        break;
#include "function/activations.def"
    }
    return z;
}

/* Defines STEM_value and STEM_delta for each loss that works on single numbers. The value is the sum over all
 * elements, times 1/cols if the loss is a mean over the outputs. For a loss that is computed from Z, the same
 * loop computes A = f(Z). The delta is D = scale dC/dA or D = scale dC/dZ, with the same factor 1/cols. */
#define LOSS(VALUE, WORD, STEM, SOURCE, OVER, OUTPUT, TARGETS, DEGREE)                                       \
    GM_VECTOR static double GM_TYPED(STEM##_value)(gm_mat zs, gm_mat ys, gm_mat as)                          \
    {                                                                                                        \
        double total = 0;                                                                                    \
        for (size_t r = 0; r < zs.rows; r++) {                                                               \
            const REAL *z = gm_row(zs, r), *y = gm_row(ys, r);                                               \
            REAL *a = gm_row(as, r), sum = 0;                                                                \
            _Pragma("omp simd reduction(+ : sum)") for (size_t c = 0; c < zs.cols; c++)                      \
            {                                                                                                \
                const REAL x = z[c];                                                                         \
                sum += STEM(x, y[c]);                                                                        \
                a[c] = SOURCE == FROM_Z ? activation_of(OUTPUT, x) : x;                                      \
            }                                                                                                \
            total += (double)sum;                                                                            \
        }                                                                                                    \
        return OVER == MEAN ? total / (double)zs.cols : total;                                               \
    }                                                                                                        \
    GM_VECTOR static void GM_TYPED(STEM##_delta)(gm_mat as, gm_mat ys, REAL scale, gm_mat ds)                \
    {                                                                                                        \
        const REAL s = OVER == MEAN ? scale / (REAL)as.cols : scale;                                         \
        for (size_t r = 0; r < as.rows; r++) {                                                               \
            const REAL *a = gm_row(as, r), *y = gm_row(ys, r);                                               \
            REAL *d = gm_row(ds, r);                                                                         \
            _Pragma("omp simd") for (size_t c = 0; c < as.cols; c++) d[c] =                                  \
                s * STEM##_derivative(a[c], y[c]);                                                           \
        }                                                                                                    \
    }
#define ROW_LOSS(...)
#include "function/losses.def"

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

#define LOSS(VALUE, WORD, STEM, SOURCE, ...)                                                                 \
    [VALUE] = {GM_TYPED(STEM##_value), GM_TYPED(STEM##_delta), SOURCE == FROM_Z},
const gm_loss_kernel gm_loss_kernels[GM_LOSS_COUNT] = {
#include "function/losses.def"
};

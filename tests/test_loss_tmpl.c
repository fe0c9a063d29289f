/* Tests the losses against their textbook formulas in long double, also for arguments for which a formula in
 * a = f(z) would overflow. test_gradient.c tests their derivatives. Compiled once for each precision. */
#include <criterion/criterion.h>

#include "base/random.h"
#include "nn/activation.h"
#include "nn/loss.h"

#include <math.h>

#define SUITE GM_TYPED(loss)

enum { ROWS = 5, COLS = 7, LD = 9 };

/* log(1 + exp z) */
static long double softplusl(long double z)
{
    return z > 0 ? z + log1pl(expl(-z)) : log1pl(expl(z));
}

/* -(y log a + (1 - y) log(1 - a)), log a = -softplus(-z), log(1 - a) = -softplus(z) */
static long double logistic(long double z, long double y)
{
    return y * softplusl(-z) + (1 - y) * softplusl(z);
}

static long double huber(long double a, long double y)
{
    const long double e = fabsl(a - y);
    return e <= 1 ? e * e / 2 : e - 0.5L;
}

/* The loss of one row: of Z where the loss is computed from Z. */
static long double row_loss(gm_loss loss, const REAL *x, const REAL *y)
{
    long double sum = 0, most = x[0], exponentials = 0;
    for (int c = 0; c < COLS; c++)
        most = fmaxl(most, x[c]);
    for (int c = 0; c < COLS; c++)
        exponentials += expl(x[c] - most);
    for (int c = 0; c < COLS; c++) {
        const long double e = (long double)x[c] - y[c];
        switch (loss) {
        case GM_HALF_SQUARES:
            sum += e * e / 2;
            break;
        case GM_MEAN_SQUARES:
            sum += e * e / COLS;
            break;
        case GM_LOGISTIC:
            sum += logistic(x[c], y[c]) / COLS;
            break;
        case GM_CROSS_ENTROPY:
            sum += y[c] == 0 ? 0 : y[c] * (most + logl(exponentials) - x[c]);
            break;
        case GM_HUBER:
            sum += huber(x[c], y[c]) / COLS;
            break;
        case GM_MEAN_ABSOLUTE:
            sum += fabsl(e) / COLS;
            break;
        case GM_POISSON:
            sum += (expl(x[c]) - (long double)y[c] * x[c]) / COLS;
        }
    }
    return sum;
}

/* Targets in [0, 1]; inputs of the given size; padding that must not count. */
static void fill(REAL *x, REAL *y, double size, uint64_t seed)
{
    gm_random random = gm_random_seed(seed, GM_STREAM_CHECK);
    for (int i = 0; i < ROWS * LD; i++) {
        const bool inside = i % LD < COLS;
        x[i] = inside ? (REAL)(size * (2 * gm_random_uniform(&random) - 1)) : (REAL)NAN;
        y[i] = inside ? (REAL)gm_random_uniform(&random) : (REAL)NAN;
    }
}

Test(SUITE, values)
{
    static const double sizes[] = {1e-3, 1, 30, 1000};
    for (int loss = 0; loss < GM_LOSS_COUNT; loss++) {
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            if (loss == GM_POISSON && sizes[s] > 30) /* e^1000 is infinite */
                continue;
            REAL x[ROWS * LD], y[ROWS * LD];
            fill(x, y, sizes[s], s + 1);
            long double expected = 0;
            for (int r = 0; r < ROWS; r++)
                expected += row_loss((gm_loss)loss, x + r * LD, y + r * LD);
            const gm_mat xs = {x, ROWS, COLS, LD};
            const double actual = gm_loss_kernels[loss].value(xs, (gm_mat){y, ROWS, COLS, LD}, xs);
            cr_expect(fabs(actual - (double)expected) <= 16 * (double)REAL_EPSILON * (double)expected,
                      "%s of numbers to %g: %.17g; expected %.17Lg", gm_loss_name((gm_loss)loss), sizes[s],
                      actual, expected);
        }
    }
}

/* Cross-entropy and its A for a number of rows and classes: several rows are worked on at once, but each
 * comes out as if it were alone, and what lies beside A stays. */
static void expect_softmax(size_t rows, size_t cols)
{
    enum { MOST = 40, WIDE = MOST + 1 };
    static REAL z[MOST * WIDE], y[MOST * WIDE], a[MOST * WIDE], alone[WIDE];
    gm_random random = gm_random_seed(rows * WIDE + cols, GM_STREAM_CHECK);
    for (size_t i = 0; i < rows * WIDE; i++) {
        z[i] = (REAL)(20 * gm_random_uniform(&random) - 10);
        y[i] = (REAL)(i % WIDE == i / WIDE % cols);
        a[i] = -1;
    }
    const gm_mat zs = {z, rows, cols, WIDE}, ys = {y, rows, cols, WIDE}, as = {a, rows, cols, WIDE};
    const double actual = gm_loss_kernels[GM_CROSS_ENTROPY].value(zs, ys, as);
    long double expected = 0;
    for (size_t r = 0; r < rows; r++) {
        long double sum = 0;
        for (size_t c = 0; c < cols; c++)
            sum += expl(gm_row(zs, r)[c]);
        expected += logl(sum) - (long double)gm_row(zs, r)[r % cols];
        for (size_t c = 0; c < cols; c++) {
            const long double exact = expl(gm_row(zs, r)[c]) / sum;
            cr_expect(fabsl(gm_row(as, r)[c] - exact) <= 64 * (long double)REAL_EPSILON * exact,
                      "%zu x %zu: row %zu, class %zu", rows, cols, r, c);
        }
        cr_expect_eq((double)gm_row(as, r)[cols], -1, "%zu x %zu: beside row %zu", rows, cols, r);
        gm_activation_kernels[GM_SOFTMAX].apply(gm_rows(zs, r, 1), (gm_mat){alone, 1, cols, WIDE});
        cr_expect_arr_eq(alone, gm_row(as, r), cols * sizeof(REAL), "%zu x %zu: row %zu", rows, cols, r);
    }
    cr_expect(fabs(actual - (double)expected) <= 64 * (double)REAL_EPSILON * (double)rows * 20,
              "%zu x %zu: %.17g; expected %.17Lg", rows, cols, actual, expected);
}

Test(SUITE, softmax_of_any_rows_and_classes)
{
    static const size_t rows[] = {1, 2, 15, 16, 17, 40}, cols[] = {1, 2, 3, 10, 15, 16, 17, 40};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t k = 0; k < sizeof cols / sizeof *cols; k++)
            expect_softmax(rows[i], cols[k]);
    }
}

/* Every loop of an activation stays within its rows: threads work on neighbouring rows at the same time. */
static void expect_within_rows(gm_activation activation, size_t cols)
{
    enum { WIDE = 24, ALL = 5, FIRST = 1, OWN = 2 };
    REAL z[ALL * WIDE], a[ALL * WIDE], d[ALL * WIDE];
    for (size_t i = 0; i < ALL * WIDE; i++) {
        z[i] = (REAL)(0.25 + 0.01 * (double)i);
        a[i] = d[i] = 7;
    }
    const gm_mat zs = {z + FIRST * WIDE, OWN, cols, WIDE}, as = {a + FIRST * WIDE, OWN, cols, WIDE},
                 ds = {d + FIRST * WIDE, OWN, cols, WIDE};
    gm_activation_kernels[activation].apply(zs, as);
    gm_activation_kernels[activation].chain(zs, as, ds);
    for (size_t i = 0; i < ALL * WIDE; i++) {
        const bool own = i / WIDE >= FIRST && i / WIDE < FIRST + OWN && i % WIDE < cols;
        cr_expect(own || ((double)a[i] == 7 && (double)d[i] == 7), "%s of %zu columns: row %zu, column %zu",
                  gm_activation_name(activation), cols, i / WIDE, i % WIDE);
    }
}

Test(SUITE, activations_stay_within_their_rows)
{
    for (int activation = 0; activation < GM_ACTIVATION_COUNT; activation++) {
        expect_within_rows((gm_activation)activation, 5);
        expect_within_rows((gm_activation)activation, 20);
    }
}

struct extreme {
    REAL z[2], y[2];
    double cross_entropy, logistic;
};

/* The loss of a right answer with probability 1 is 0, that of a wrong one is large, and no loss is NaN. */
Test(SUITE, extremes)
{
    const struct extreme rows[] = {
        {{1000, -1000}, {1, 0}, 0, 0},
        {{1000, -1000}, {0, 1}, 2000, 1000},
        {{-1000, 1000}, {0, 1}, 0, 0},
        {{1000, 1000}, {1, 0}, log(2), 500},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct extreme row = rows[i];
        const gm_mat z = {row.z, 1, 2, 2}, y = {row.y, 1, 2, 2};
        REAL output[2];
        const gm_mat a = {output, 1, 2, 2};
        const double cross = gm_loss_kernels[GM_CROSS_ENTROPY].value(z, y, a);
        const double logistic_value = gm_loss_kernels[GM_LOGISTIC].value(z, y, a);
        cr_expect(fabs(cross - row.cross_entropy) <= 1e-4, "row %zu: cross-entropy %g", i, cross);
        cr_expect(fabs(logistic_value - row.logistic) <= 1e-4, "row %zu: logistic %g", i, logistic_value);
    }
}

/* BP1 of the two closed forms, of sure outputs: a - y, and nothing is NaN. */
Test(SUITE, closed_form_delta_of_extremes)
{
    static const struct {
        gm_loss loss;
        gm_activation output;
        double factor; /* 1 / COLS if the loss is a mean */
    } pairs[] = {
        {GM_CROSS_ENTROPY, GM_SOFTMAX, 1},
        {GM_LOGISTIC, GM_SIGMOID, 0.5},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        REAL z[] = {1000, -1000}, y[] = {0, 1}, a[2], d[2];
        const gm_mat zs = {z, 1, 2, 2}, ys = {y, 1, 2, 2}, as = {a, 1, 2, 2}, ds = {d, 1, 2, 2};
        gm_activation_kernels[pairs[i].output].apply(zs, as);
        gm_loss_kernels[pairs[i].loss].delta(as, ys, (REAL)0.25, ds);
        cr_expect(gm_loss_kernels[pairs[i].loss].from_z);
        cr_expect_eq((double)d[0], 0.25 * pairs[i].factor);
        cr_expect_eq((double)d[1], -0.25 * pairs[i].factor);
    }
}

/* The elementary functions against long double, in units in the last place, over their whole range: as the
 * compiler makes them for this CPU's vectors, and as it makes them for the baseline. Compiled once for each
 * precision, with the flags of the kernels. */
#include <criterion/criterion.h>

#include "base/random.h"
#include "base/vector.h"
#include "nn/activation.h"
#include "nn/vmath.h"

#include <float.h>
#include <stdlib.h>

#if GM_REAL_BITS == 32
#define DIGITS      24
#define MIN_NORMAL  FLT_MIN
#define MAX_NORMAL  FLT_MAX
#define OVERFLOWING 90.0f
#else
#define DIGITS      53
#define MIN_NORMAL  DBL_MIN
#define MAX_NORMAL  DBL_MAX
#define OVERFLOWING 711.0
#endif

enum { SWEEP = 120, RANDOM = 100000, POINTS = 600 * SWEEP + RANDOM };

/* y = F(x), compiled as the kernels are, and again for the plainest CPU. */
#define BOTH(NAME)                                                                                           \
    GM_VECTOR static void T(NAME##_best)(const REAL *x, REAL *y, size_t count)                               \
    {                                                                                                        \
        _Pragma("omp simd") for (size_t i = 0; i < count; i++) y[i] = NAME(x[i]);                            \
    }                                                                                                        \
    static void NAME##_plain(const REAL *x, REAL *y, size_t count)                                           \
    {                                                                                                        \
        _Pragma("omp simd") for (size_t i = 0; i < count; i++) y[i] = NAME(x[i]);                            \
    }

BOTH(vexp)
BOTH(vexpm1_negative)
BOTH(vlog1p_unit)
BOTH(vsigmoid)
BOTH(vtanh)
BOTH(vsoftplus)

static long double sigmoidl(long double x)
{
    return 1 / (1 + expl(-x));
}

static long double softplusl(long double x)
{
    return x > 0 ? x + log1pl(expl(-x)) : log1pl(expl(x));
}

/* One function: its domain, and the error that is allowed. */
struct function {
    const char *name;
    void (*best)(const REAL *x, REAL *y, size_t count), (*plain)(const REAL *x, REAL *y, size_t count);
    long double (*exact)(long double x);
    double low, high; /* the domain */
    double ulp;       /* the worst that is allowed */
};

static const struct function functions[] = {
    {"exp", T(vexp_best), vexp_plain, expl, -INFINITY, INFINITY, 1.5},
    {"expm1", T(vexpm1_negative_best), vexpm1_negative_plain, expm1l, -INFINITY, 0, 2.0},
    {"log1p", T(vlog1p_unit_best), vlog1p_unit_plain, log1pl, 0, 1, 2.0},
    {"sigmoid", T(vsigmoid_best), vsigmoid_plain, sigmoidl, -INFINITY, INFINITY, 3.0},
    {"tanh", T(vtanh_best), vtanh_plain, tanhl, -INFINITY, INFINITY, 3.0},
    {"softplus", T(vsoftplus_best), vsoftplus_plain, softplusl, -INFINITY, INFINITY, 3.0},
};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

/* Every power of two that is a normal number, each with some numbers above it, of both signs; and the range
 * in which something happens, drawn evenly. */
static size_t make_points(REAL *x, double low, double high)
{
    gm_random random = gm_random_seed(1, GM_STREAM_CHECK);
    const int least = (int)log2((double)MIN_NORMAL), most = (int)log2((double)MAX_NORMAL);
    size_t count = 0;
    for (int e = least; e < most; e += GM_REAL_BITS == 32 ? 1 : 4) {
        for (int i = 0; i < SWEEP; i++) {
            const double value = ldexp(1 + gm_random_uniform(&random), e) * (i % 2 ? 1 : -1);
            if (value >= low && value <= high)
                x[count++] = (REAL)value;
        }
    }
    for (int i = 0; i < RANDOM; i++) {
        const double value = (2 * gm_random_uniform(&random) - 1) * (i % 2 ? (double)OVERFLOWING : 2);
        if (value >= low && value <= high)
            x[count++] = (REAL)value;
    }
    return count;
}

/* |actual - exact| in units of the last place of exact. Results about the smallest normal number may be 0. */
static double ulps(REAL actual, long double exact)
{
    if (fabsl(exact) < 2 * (long double)MIN_NORMAL && fabs((double)actual) < 2 * (double)MIN_NORMAL)
        return 0;
    if (fabsl(exact) > (long double)MAX_NORMAL)
        return isinf(actual) ? 0 : INFINITY;
    int exponent;
    frexpl(exact, &exponent);
    const double error = (double)(fabsl((long double)actual - exact) / ldexpl(1, exponent - DIGITS));
    return isnan(error) ? INFINITY : error;
}

static void expect_function(const struct function *f, bool best, const REAL *x, REAL *y, size_t count)
{
    size_t worst = 0;
    double worst_ulp = 0;
    (best ? f->best : f->plain)(x, y, count);
    for (size_t i = 0; i < count; i++) {
        const double error = ulps(y[i], f->exact((long double)x[i]));
        if (error > worst_ulp) {
            worst_ulp = error;
            worst = i;
        }
    }
    cr_expect(worst_ulp <= f->ulp, "%s(%a) is %a, off by %.2f ulp; expected at most %.2f (%s code)", f->name,
              (double)x[worst], (double)y[worst], worst_ulp, f->ulp, best ? "vector" : "baseline");
    cr_log_info("f%d %s: %.2f ulp at %a", GM_REAL_BITS, f->name, worst_ulp, (double)x[worst]);
}

Test(T(vmath), error_over_the_whole_range)
{
    REAL *x = malloc(POINTS * sizeof *x), *y = malloc(POINTS * sizeof *y);
    cr_assert(x && y);
    for (size_t i = 0; i < FUNCTIONS; i++) {
        const size_t count = make_points(x, functions[i].low, functions[i].high);
        cr_assert(count > 1000 && count <= POINTS);
        expect_function(&functions[i], true, x, y, count);
        expect_function(&functions[i], false, x, y, count);
    }
    free(x);
    free(y);
}

/* What an activation makes of one number; eight of them, so that the vector code is the one that runs. */
static REAL apply(gm_activation activation, REAL z)
{
    REAL in[8], out[8];
    for (int i = 0; i < 8; i++)
        in[i] = z;
    T(gm_activation_kernels)[activation].apply((gm_mat){in, 1, 8, 8}, (gm_mat){out, 1, 8, 8});
    return out[5];
}

/* f'(z) by chain on a delta of 1. */
static REAL derivative(gm_activation activation, REAL z)
{
    REAL in[8], a[8], d[8];
    for (int i = 0; i < 8; i++) {
        in[i] = z;
        a[i] = apply(activation, z);
        d[i] = 1;
    }
    T(gm_activation_kernels)
    [activation].chain((gm_mat){in, 1, 8, 8}, (gm_mat){a, 1, 8, 8}, (gm_mat){d, 1, 8, 8});
    return d[5];
}

Test(T(vmath), limits)
{
    const REAL inf = (REAL)INFINITY, big = 1000;
    cr_expect_eq(vexp(inf), inf);
    cr_expect_eq(vexp(-inf), 0);
    cr_expect_eq(vexp(big), inf);
    cr_expect_eq(vexp(-big), 0);
    cr_expect_eq(vexp(0), 1);
    cr_expect_eq(vexpm1_negative(-inf), -1);
    static const struct {
        gm_activation f;
        double at_minus, at_plus; /* INFINITY: the argument itself */
    } rows[] = {
        {GM_SIGMOID, 0, 1},     {GM_TANH, -1, 1},       {GM_SOFTPLUS, 0, INFINITY},
        {GM_RELU, 0, INFINITY}, {GM_GELU, 0, INFINITY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *name = gm_activation_name(rows[i].f);
        cr_expect_eq((double)apply(rows[i].f, -big), rows[i].at_minus, "%s(-1000)", name);
        cr_expect_eq((double)apply(rows[i].f, big), isinf(rows[i].at_plus) ? 1000 : rows[i].at_plus,
                     "%s(1000)", name);
        cr_expect_eq((double)derivative(rows[i].f, -big), 0, "%s'(-1000)", name);
        cr_expect_eq((double)apply(rows[i].f, inf), rows[i].at_plus, "%s(inf)", name);
        if (rows[i].f != GM_GELU) /* -inf times 0 */
            cr_expect_eq((double)apply(rows[i].f, -inf), rows[i].at_minus, "%s(-inf)", name);
    }
    cr_expect(signbit(apply(GM_TANH, (REAL)-0.0)), "tanh keeps the sign of zero");
}

/* Divergence must stay visible. */
Test(T(vmath), nan_stays_nan)
{
    for (int f = 0; f < GM_ACTIVATION_COUNT; f++)
        cr_expect(isnan(apply((gm_activation)f, (REAL)NAN)), "%s(NaN)", gm_activation_name((gm_activation)f));
    cr_expect(isnan(vexp((REAL)NAN)));
    cr_expect(isnan(vexpm1_negative((REAL)NAN)));
    cr_expect(isnan(vlog1p_unit((REAL)NAN)));
}

/* gelu and its derivative. The error of Phi is that of its rounded argument, times the steepness of log Phi,
 * some z^2; the two terms of the derivative cancel near z = -0.75. */
Test(T(vmath), gelu)
{
    const long double sqrt_half = sqrtl(0.5L), inverse_sqrt_2pi = 0.398942280401432677939946059934382L;
    for (int i = -4000; i <= 4000; i++) {
        const REAL z = (REAL)(i * 0.00273);
        const long double zl = z, phi = expl(-zl * zl / 2) * inverse_sqrt_2pi;
        const long double Phi = i < 0 ? erfcl(-zl * sqrt_half) / 2 : (1 + erfl(zl * sqrt_half)) / 2;
        const double bound = (4 + 2 * (double)(zl * zl)) * (double)REAL_EPSILON;
        const double f = fabs((double)((long double)apply(GM_GELU, z) - zl * Phi));
        const double g = fabs((double)((long double)derivative(GM_GELU, z) - (Phi + zl * phi)));
        cr_expect(f <= bound * fabs((double)(zl * Phi)), "gelu(%a) is off by %g", (double)z, f);
        cr_expect(g <= bound * (double)(Phi + fabsl(zl) * phi), "gelu'(%a) is off by %g", (double)z, g);
    }
}

/* A row of softmax adds up to 1, whatever the size of its numbers, and shifting all of them changes nothing.
 */
Test(T(vmath), softmax)
{
    const REAL rows[][4] = {{0, 0, 0, 0}, {1000, -1000, 0, 999}, {-1000, -1001, -1002, -1003}, {1, 2, 3, 4}};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        REAL z[4], a[4];
        long double sum = 0, total = 0, most = -INFINITY;
        for (int i = 0; i < 4; i++) {
            z[i] = rows[r][i];
            most = fmaxl(most, z[i]);
        }
        T(gm_activation_kernels)[GM_SOFTMAX].apply((gm_mat){z, 1, 4, 4}, (gm_mat){a, 1, 4, 4});
        for (int i = 0; i < 4; i++)
            sum += expl(z[i] - most);
        for (int i = 0; i < 4; i++) {
            const double expected = (double)(expl(z[i] - most) / sum);
            cr_expect(fabs((double)a[i] - expected) <= 8 * (double)REAL_EPSILON * expected, "row %zu, %d", r,
                      i);
            total += a[i];
        }
        cr_expect(fabs((double)total - 1) <= 8 * (double)REAL_EPSILON, "row %zu adds up to %g", r,
                  (double)total);
    }
}

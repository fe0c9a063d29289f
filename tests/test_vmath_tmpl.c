/* Compares the elementary functions of vmath.h with long double, in units in the last place, over their whole
 * range: compiled for the vectors of this CPU, and for the baseline. Compiled once for each precision, with
 * the flags of the kernels. */
#include <criterion/criterion.h>

#include "base/random.h"
#include "base/vector.h"
#include "nn/activation.h"
#include "function/vmath.h"
#include "ulps.h"

#include <stdlib.h>

/* Functions with clones: each has a name of its own for each precision (base/vector.h). */
#define vexp_best            GM_TYPED(vexp_best)
#define vexpm1_negative_best GM_TYPED(vexpm1_negative_best)
#define vlog1p_unit_best     GM_TYPED(vlog1p_unit_best)
#define vlog_from_1_best     GM_TYPED(vlog_from_1_best)
#define vsigmoid_best        GM_TYPED(vsigmoid_best)
#define vtanh_best           GM_TYPED(vtanh_best)
#define vsoftplus_best       GM_TYPED(vsoftplus_best)
#define vgaussian_best       GM_TYPED(vgaussian_best)
#define vnormal_cdf_best     GM_TYPED(vnormal_cdf_best)
#define SUITE                GM_TYPED(vmath)

#if GM_REAL_BITS == 32
#define OVERFLOWING 90.0f
#define PHI_NORMAL  (-12.94) /* Phi(z) is a normal number from here on */
#define EXP_NORMAL  (-86.9)  /* and so is what vexp gives */
#else
#define OVERFLOWING 711.0
#define PHI_NORMAL  (-37.51)
#define EXP_NORMAL  (-708.0)
#endif

enum { SWEEP = 120, RANDOM = 100000, POINTS = 600 * SWEEP + RANDOM };

/* y = F(x), compiled as the kernels are, and again for the plainest CPU. */
#define BOTH(NAME)                                                                                           \
    GM_VECTOR static void NAME##_best(const REAL *x, REAL *y, size_t count)                                  \
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
BOTH(vlog_from_1)
BOTH(vsigmoid)
BOTH(vtanh)
BOTH(vsoftplus)
BOTH(vgaussian)
BOTH(vnormal_cdf)

/* These activations and their derivatives, which are computed from z, are seen only through their kernels. */
#define BY_KERNEL(STEM, ACTIVATION)                                                                          \
    static void STEM(const REAL *x, REAL *y, size_t count)                                                   \
    {                                                                                                        \
        const gm_mat z = {(REAL *)x, 1, count, count};                                                       \
        gm_activation_kernels[ACTIVATION].apply(z, (gm_mat){y, 1, count, count});                            \
    }                                                                                                        \
    static void STEM##_derivative(const REAL *x, REAL *y, size_t count)                                      \
    {                                                                                                        \
        const gm_mat z = {(REAL *)x, 1, count, count};                                                       \
        for (size_t i = 0; i < count; i++)                                                                   \
            y[i] = 1;                                                                                        \
        gm_activation_kernels[ACTIVATION].chain(z, z, (gm_mat){y, 1, count, count});                         \
    }

BY_KERNEL(gelu, GM_GELU)
BY_KERNEL(silu, GM_SILU)
BY_KERNEL(mish, GM_MISH)

static long double softplusl(long double x)
{
    return x > 0 ? x + log1pl(expl(-x)) : log1pl(expl(x));
}

/* Far out, e^(-x^2/2) and Phi magnify a relative error of x by x^2: what long double cannot hold of x^2, or
 * of x / sqrt 2, is made good to first order. */
static long double gaussianl(long double x)
{
    const long double square = x * x;
    return expl(-square / 2) * (1 - fmal(x, x, -square) / 2);
}

static long double normal_cdfl(long double z)
{
    const long double root = sqrtl(0.5L), rest = fmal(-root, root, 0.5L) / (2 * root);
    const long double x = -z * root, missing = fmal(-z, root, -x) - z * rest;
    return erfcl(x) / 2 - missing * gaussianl(z) * 0.564189583547756286948079451560772586L; /* 1 / sqrt pi */
}

static long double gelul(long double z)
{
    return z * normal_cdfl(z);
}

static long double densityl(long double z)
{
    return gaussianl(z) * 0.398942280401432677939946059934382L; /* 1 / sqrt(2 pi) */
}

static long double gelu_derivativel(long double z)
{
    return normal_cdfl(z) + z * densityl(z);
}

/* The derivative's two terms cancel near z = -0.75: they are what its error is measured in. */
static long double gelu_termsl(long double z)
{
    return normal_cdfl(z) + fabsl(z) * densityl(z);
}

static long double silul(long double z)
{
    return z * sigmoidl(z);
}

static long double silu_derivativel(long double z)
{
    return sigmoidl(z) + z * sigmoidl(z) * sigmoidl(-z);
}

static long double silu_termsl(long double z)
{
    return sigmoidl(z) + fabsl(z) * sigmoidl(z) * sigmoidl(-z);
}

/* tanh(softplus(z)) has no digits left far below 0 if it is not computed by expm1: 1 - e^(-2 softplus). */
static long double mish_factorl(long double z)
{
    const long double t = -expm1l(-2 * softplusl(z));
    return t / (2 - t);
}

static long double mishl(long double z)
{
    return z * mish_factorl(z);
}

/* The second term of the derivative, over z. */
static long double mish_slopel(long double z)
{
    const long double t = -expm1l(-2 * softplusl(z)), cosh = (2 - t) * (2 - t) / (4 * (1 - t));
    return sigmoidl(z) / cosh;
}

static long double mish_derivativel(long double z)
{
    return mish_factorl(z) + z * mish_slopel(z);
}

static long double mish_termsl(long double z)
{
    return mish_factorl(z) + fabsl(z) * mish_slopel(z);
}

typedef void (*loop)(const REAL *x, REAL *y, size_t count);

/* One function: its domain, and the error that is allowed. src/function/vmath.h has the same table for its
 * readers.
 */
struct function {
    const char *name;
    loop best, plain; /* plain: NULL if only the kernels have it */
    long double (*exact)(long double x);
    long double (*size)(long double x); /* the number whose last place is the unit; NULL: exact itself */
    double low, high;                   /* the domain */
    double ulp;                         /* the worst that is allowed */
};

static const struct function functions[] = {
    {"exp", vexp_best, vexp_plain, expl, NULL, -INFINITY, INFINITY, 1.25},
    {"expm1", vexpm1_negative_best, vexpm1_negative_plain, expm1l, NULL, -INFINITY, 0, 1.5},
    {"log1p", vlog1p_unit_best, vlog1p_unit_plain, log1pl, NULL, 0, 1, 2.0},
    {"log", vlog_from_1_best, vlog_from_1_plain, logl, NULL, 1, INFINITY, 2.25},
    {"sigmoid", vsigmoid_best, vsigmoid_plain, sigmoidl, NULL, -INFINITY, INFINITY, 2.5},
    {"tanh", vtanh_best, vtanh_plain, tanhl, NULL, -INFINITY, INFINITY, 3.0},
    {"softplus", vsoftplus_best, vsoftplus_plain, softplusl, NULL, -INFINITY, INFINITY, 3.0},
    {"gaussian", vgaussian_best, vgaussian_plain, gaussianl, NULL, -INFINITY, INFINITY, 1.5},
    {"Phi", vnormal_cdf_best, vnormal_cdf_plain, normal_cdfl, NULL, -INFINITY, INFINITY, 3.5},
    {"gelu", gelu, NULL, gelul, NULL, PHI_NORMAL, INFINITY, 4.0},
    {"gelu'", gelu_derivative, NULL, gelu_derivativel, gelu_termsl, PHI_NORMAL, INFINITY, 3.5},
    {"silu", silu, NULL, silul, NULL, EXP_NORMAL, INFINITY, 3.0},
    {"silu'", silu_derivative, NULL, silu_derivativel, silu_termsl, EXP_NORMAL, INFINITY, 4.0},
    {"mish", mish, NULL, mishl, NULL, EXP_NORMAL, INFINITY, 4.5},
    {"mish'", mish_derivative, NULL, mish_derivativel, mish_termsl, EXP_NORMAL, INFINITY, 5.0},
};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

/* The arguments for one function, and what should come out. */
struct sample {
    size_t count;
    REAL x[POINTS], y[POINTS];
    long double exact[POINTS], size[POINTS];
};

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
    const double spans[] = {2, OVERFLOWING, sqrt(2 * (double)OVERFLOWING)}; /* the last for e^(-x^2/2) */
    for (int i = 0; i < RANDOM; i++) {
        const double value = (2 * gm_random_uniform(&random) - 1) * spans[i % 3];
        if (value >= low && value <= high)
            x[count++] = (REAL)value;
    }
    return count;
}

static void expect_loop(const struct function *f, loop run, struct sample *s)
{
    size_t worst = 0;
    double worst_ulp = 0;
    run(s->x, s->y, s->count);
    for (size_t i = 0; i < s->count; i++) {
        const double error = ulps(s->y[i], s->exact[i], s->size[i]);
        if (error > worst_ulp) {
            worst_ulp = error;
            worst = i;
        }
    }
    const char *code = run == f->plain ? "baseline" : "vector";
    cr_expect(worst_ulp <= f->ulp, "%s(%a) is %a, off by %.2f ulp; expected at most %.2f (%s code)", f->name,
              (double)s->x[worst], (double)s->y[worst], worst_ulp, f->ulp, code);
    cr_log_info("f%d %s: %.2f ulp at %a (%s code)", GM_REAL_BITS, f->name, worst_ulp, (double)s->x[worst],
                code);
}

static void expect_function(const struct function *f, struct sample *s)
{
    s->count = make_points(s->x, f->low, f->high);
    cr_assert(s->count > 1000 && s->count <= POINTS);
    for (size_t i = 0; i < s->count; i++) {
        s->exact[i] = f->exact((long double)s->x[i]);
        s->size[i] = f->size ? f->size((long double)s->x[i]) : s->exact[i];
    }
    expect_loop(f, f->best, s);
    if (f->plain)
        expect_loop(f, f->plain, s);
}

Test(SUITE, error_over_the_whole_range)
{
    struct sample *s = malloc(sizeof *s);
    cr_assert(s);
    for (size_t i = 0; i < FUNCTIONS; i++)
        expect_function(&functions[i], s);
    free(s);
}

/* What an activation makes of one number; eight of them, so that the vector code is the one that runs. */
static REAL apply(gm_activation activation, REAL z)
{
    REAL in[8], out[8];
    for (int i = 0; i < 8; i++)
        in[i] = z;
    gm_activation_kernels[activation].apply((gm_mat){in, 1, 8, 8}, (gm_mat){out, 1, 8, 8});
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
    gm_activation_kernels[activation].chain((gm_mat){in, 1, 8, 8}, (gm_mat){a, 1, 8, 8},
                                            (gm_mat){d, 1, 8, 8});
    return d[5];
}

Test(SUITE, limits)
{
    const REAL inf = (REAL)INFINITY, big = 1000;
    cr_expect_eq(vexp(inf), inf);
    cr_expect_eq(vexp(-inf), 0);
    cr_expect_eq(vexp(big), inf);
    cr_expect_eq(vexp(-big), 0);
    cr_expect_eq(vexp(0), 1);
    cr_expect_eq(vexpm1_negative(-inf), -1);
    cr_expect_eq(vgaussian(inf), 0);
    cr_expect_eq(vgaussian(-inf), 0);
    cr_expect_eq(vgaussian(0), 1);
    cr_expect_eq(vnormal_cdf(inf), 1);
    cr_expect_eq(vnormal_cdf(-inf), 0);
    cr_expect_eq(vnormal_cdf(0), (REAL)0.5);
}

/* Each activation and its derivative at 1000 and infinity, with both signs. */
Test(SUITE, activations_at_infinity)
{
    static const struct {
        gm_activation f;
        double at_minus, at_plus; /* INFINITY: the argument itself */
        double slope;             /* at plus; 0 at minus */
    } rows[] = {
        {GM_SIGMOID, 0, 1, 0},     {GM_TANH, -1, 1, 0},       {GM_SOFTPLUS, 0, INFINITY, 1},
        {GM_RELU, 0, INFINITY, 1}, {GM_GELU, 0, INFINITY, 1}, {GM_SILU, 0, INFINITY, 1},
        {GM_MISH, 0, INFINITY, 1},
    };
    const double far[] = {1000, INFINITY};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const gm_activation f = rows[i].f;
        const char *name = gm_activation_name(f);
        for (size_t k = 0; k < sizeof far / sizeof *far; k++) {
            const REAL z = (REAL)far[k];
            const double plus = isinf(rows[i].at_plus) ? far[k] : rows[i].at_plus;
            cr_expect_eq((double)apply(f, -z), rows[i].at_minus, "%s(%g)", name, -far[k]);
            cr_expect_eq((double)apply(f, z), plus, "%s(%g)", name, far[k]);
            cr_expect_eq((double)derivative(f, -z), 0, "%s'(%g)", name, -far[k]);
            cr_expect_eq((double)derivative(f, z), rows[i].slope, "%s'(%g)", name, far[k]);
        }
    }
}

Test(SUITE, activations_at_zero)
{
    cr_expect(signbit(apply(GM_TANH, (REAL)-0.0)), "tanh keeps the sign of zero");
    cr_expect_eq(apply(GM_GELU, 0), 0);
    cr_expect_eq(derivative(GM_GELU, 0), (REAL)0.5);
    cr_expect_eq(apply(GM_SILU, 0), 0);
    cr_expect_eq(derivative(GM_SILU, 0), (REAL)0.5);
    cr_expect_eq(apply(GM_MISH, 0), 0);
    cr_expect_lt(RMATH(fabs)(derivative(GM_MISH, 0) - (REAL)0.6), 2 * REAL_EPSILON); /* tanh(log 2) */
}

/* Divergence must stay visible. */
Test(SUITE, nan_stays_nan)
{
    for (int f = 0; f < GM_ACTIVATION_COUNT; f++)
        cr_expect(isnan(apply((gm_activation)f, (REAL)NAN)), "%s(NaN)", gm_activation_name((gm_activation)f));
    const gm_activation smooth[] = {GM_SIGMOID, GM_TANH, GM_GELU, GM_SOFTPLUS, GM_SILU, GM_MISH, GM_SOFTMAX};
    for (size_t i = 0; i < sizeof smooth / sizeof *smooth; i++)
        cr_expect(isnan(derivative(smooth[i], (REAL)NAN)), "%s'(NaN)", gm_activation_name(smooth[i]));
    cr_expect(isnan(vexp((REAL)NAN)));
    cr_expect(isnan(vexpm1_negative((REAL)NAN)));
    cr_expect(isnan(vlog1p_unit((REAL)NAN)));
    cr_expect(isnan(vlog_from_1((REAL)NAN)));
    /* The lower half of its digits, which are cut off, is all that tells this one from infinity. */
    const REAL low_nan = real_from_bits(bits_of_real((REAL)INFINITY) | 1);
    for (int sign = -1; sign <= 1; sign += 2) {
        cr_expect(isnan(vgaussian(RMATH(copysign)(low_nan, (REAL)sign))));
        cr_expect(isnan(vnormal_cdf(RMATH(copysign)(low_nan, (REAL)sign))));
    }
}

/* a = softmax(z), a row of four */
static void softmax(const REAL *z, REAL *a)
{
    gm_activation_kernels[GM_SOFTMAX].apply((gm_mat){(REAL *)z, 1, 4, 4}, (gm_mat){a, 1, 4, 4});
}

/* A row of softmax adds up to 1, whatever the size of its numbers, and shifting all of them changes nothing.
 */
Test(SUITE, softmax)
{
    const REAL rows[][4] = {{0, 0, 0, 0}, {1000, -1000, 0, 999}, {-1000, -1001, -1002, -1003}, {1, 2, 3, 4}};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        const REAL *z = rows[r];
        REAL a[4];
        long double sum = 0, total = 0, most = -INFINITY;
        for (int i = 0; i < 4; i++)
            most = fmaxl(most, z[i]);
        softmax(z, a);
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

/* -infinity is a class that cannot be. NaN anywhere, +infinity, or nothing but -infinity: the whole row is
 * NaN. */
Test(SUITE, softmax_of_infinity_and_nan)
{
    const REAL inf = (REAL)INFINITY, nan = (REAL)NAN;
    REAL a[4];
    softmax((const REAL[]){0, -inf, 0, -inf}, a);
    for (int i = 0; i < 4; i++)
        cr_expect_eq(a[i], i % 2 ? 0 : (REAL)0.5);
    const REAL rows[][4] = {{-inf, -inf, -inf, -inf}, {inf, 0, 0, 0}, {0, -inf, inf, 0},
                            {nan, 0, 0, 0},           {0, 0, 0, nan}, {-inf, nan, inf, 0}};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        softmax(rows[r], a);
        for (int i = 0; i < 4; i++)
            cr_expect(isnan(a[i]), "row %zu, %d: %g", r, i, (double)a[i]);
    }
}

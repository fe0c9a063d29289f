/* exp, expm1, log, log1p, sigmoid, tanh, softplus and the normal distribution. The functions have no branches
 * and no calls, so that the compiler can vectorise a loop that calls them. For *_tmpl.c only.
 *
 * exp: x = n ln 2 + r with |r| <= ln 2 / 2, then a Taylor polynomial in r, which is as good as a minimax one
 * at this degree: its error stays below half a unit in the last place. NaN gives NaN; overflow gives
 * infinity; results below the smallest normal number (or near it) are 0.
 *
 * Errors in units of the last place, compared with long double: the bound that tests/test_vmath_tmpl.c
 * checks, and the largest error among some three million arguments, with its argument. (The test draws about
 * 150 000 arguments.)
 *
 *                            bound   f32, at          f64, at
 *     exp                    1.25    1.05  -5.88      1.00  683
 *     expm1     x <= 0       1.5     0.92  -0.286     1.14  -0.351
 *     log1p     [0, 1]       2       1.88  0.0625     1.93  0.000122
 *     log       x >= 1       2.25    1.97  1.00386    1.99  1.00781
 *     sigmoid                2.5     2.22  5.24       2.37  -36.8
 *     tanh                   3       2.49  3.45       2.50  9.00
 *     softplus               3       2.64  -1.31      2.70  -0.876
 *     e^(-z^2/2)             1.5     1.21  12.0       1.13  -18.6
 *     Phi                    3.5     3.50  -1.16      3.31  -1.16
 *     gelu      Phi normal   4       3.59  -7.23      3.50  -3.03
 *     gelu'     Phi normal   3.5     3.00  -0.00582   3.07  -27.4
 *     silu                   3       2.43  1.96       2.39  -36.4
 *     silu'                  4       3.52  -10.8      3.43  -11.6
 *     mish                   4.5     3.94  -5.12      3.65  -31.2
 *     mish'                  5       4.24  -8.70      3.67  -19.0
 *
 * gelu and its derivative (activations.h) keep these bounds while Phi(z) is a normal number: z > -12.94 in
 * f32, z > -37.51 in f64. The unit of gelu' is that of Phi(z) + |z| phi(z), since its two terms cancel near
 * -0.75. silu and mish keep theirs while e^z is a normal number: z > -86.9 and z > -708; the units of their
 * derivatives are those of the sum of the sizes of the two terms, too. */
#ifndef GM_FUNCTION_VMATH_H
#define GM_FUNCTION_VMATH_H

#include "base/real.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#if GM_REAL_BITS == 32
typedef uint32_t real_bits;
#define LOG2_E       0x1.715476p+0f
#define LN2_HIGH     0x1.62e4p-1f /* few enough bits that n * LN2_HIGH is exact */
#define LN2_LOW      0x1.7f7d1cp-20f
#define ROUNDER      0x1.8p+23f /* adding it rounds to whole numbers, kept in the low bits */
#define MANTISSA     23
#define LOWER_HALF   12 /* of the significand: a number without these bits has an exact square */
#define BIAS         127U
#define EXP_LOWEST   (-87.5f) /* n = -126: half of 2^n has the bits of 0 */
#define EXP_HIGHEST  89.0f    /* n = 128, above log(FLT_MAX) = 88.72: infinity */
#define NORMAL_END   13.21f   /* e^(-x^2/2) has n = -126, too */
#define LOG1P_TERMS  8        /* at most 16: what gcc does not unroll, it does not vectorise */
#define MILLS_TERMS  10       /* even, and at most 32 for the same reason */
#define MILLS_CENTRE 3.25f
#else
typedef uint64_t real_bits;
#define LOG2_E       0x1.71547652b82fep+0
#define LN2_HIGH     0x1.62e42fefa38p-1
#define LN2_LOW      0x1.ef35793c76730p-45
#define ROUNDER      0x1.8p+52
#define MANTISSA     52
#define LOWER_HALF   27
#define BIAS         1023U
#define EXP_LOWEST   (-708.5)
#define EXP_HIGHEST  710.0
#define NORMAL_END   37.64
#define LOG1P_TERMS  16
#define MILLS_TERMS  24
#define MILLS_CENTRE 3
#endif

static inline REAL real_from_bits(real_bits bits)
{
    REAL x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline real_bits bits_of_real(REAL x)
{
    real_bits bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* The series of e^r, |r| <= ln 2 / 2, in pairs of terms and pairs of pairs, which do not wait for each other
 * (Estrin). */
#define EXP_PAIR(r, a, b) ((REAL)1 / (REAL)(a) + (r) * ((REAL)1 / (REAL)(b)))

/* (e^r - 1 - r - r^2/2 - r^3/6) / r^4 */
static inline REAL exp_tail(REAL r, REAL r2)
{
#if GM_REAL_BITS == 32
    return EXP_PAIR(r, 24, 120) + r2 * EXP_PAIR(r, 720, 5040);
#else
    const REAL low = EXP_PAIR(r, 24, 120) + r2 * EXP_PAIR(r, 720, 5040);
    const REAL middle = EXP_PAIR(r, 40320, 362880) + r2 * EXP_PAIR(r, 3628800, 39916800);
    const REAL high = EXP_PAIR(r, 479001600, 6227020800) + r2 * (1.0 / 87178291200);
    return low + r2 * r2 * (middle + r2 * r2 * high);
#endif
}

/* e^r - 1 */
static inline REAL expm1_reduced(REAL r)
{
    const REAL r2 = r * r;
    return r + r2 * (EXP_PAIR(r, 2, 6) + r2 * exp_tail(r, r2));
}

/* The same with a chain of operations that is one shorter, and an error that is half a unit larger. */
static inline REAL expm1_sooner(REAL r)
{
    const REAL r2 = r * r;
    return (r + r2 * EXP_PAIR(r, 2, 6)) + r2 * r2 * exp_tail(r, r2);
}

/* Rounds x / ln 2 to the whole number n and returns it. *n is n as an integer, from which the bits of 2^n are
 * made. */
static inline REAL exp_whole(REAL x, real_bits *n)
{
    const REAL rounded = x * LOG2_E + ROUNDER;
    *n = bits_of_real(rounded) - bits_of_real(ROUNDER);
    return rounded - ROUNDER;
}

/* Returns r of x - less = n ln 2 + r; *n is as in exp_whole. EXP_LOWEST <= x <= EXP_HIGHEST. `less` is a
 * small correction, for an argument that has more digits than x can hold. */
static inline REAL exp_reduce(REAL x, REAL less, real_bits *n)
{
    const REAL whole = exp_whole(x, n);
    return (x - whole * LN2_HIGH) - whole * LN2_LOW - less;
}

/* Limits x to the range of exp_reduce. At its lower end exp gives 0, at its upper end infinity. The
 * comparisons let NaN pass. */
static inline REAL exp_range(REAL x)
{
    x = x < EXP_LOWEST ? EXP_LOWEST : x;
    return x > EXP_HIGHEST ? EXP_HIGHEST : x;
}

/* e^(x - less), with the arguments of exp_reduce */
static inline REAL exp_difference(REAL x, REAL less)
{
    real_bits n;
    const REAL p = expm1_reduced(exp_reduce(x, less, &n));
    /* Half of 2^n first: 2^128 has no float, but e^88.7 has. */
    const REAL half = real_from_bits((n + BIAS - 1) << MANTISSA);
    return (half + half * p) * 2;
}

static inline REAL vexp(REAL x)
{
    return exp_difference(exp_range(x), 0);
}

/* e^x - 1 without cancellation, for x <= 0 */
static inline REAL vexpm1_negative(REAL x)
{
    real_bits n;
    const REAL p = expm1_reduced(exp_reduce(exp_range(x), 0, &n));
    const REAL scale = real_from_bits((n + BIAS) << MANTISSA);
    return scale * p + (scale - 1);
}

/* log(1 + x), x in [0, 1]: 2 atanh(s) with s = x / (2 + x) <= 1/3, by its series. */
static inline REAL vlog1p_unit(REAL x)
{
    const REAL s = x / (2 + x), s2 = s * s;
    REAL sum = 0;
    for (int k = 2 * LOG1P_TERMS + 1; k >= 3; k -= 2)
        sum = (sum + (REAL)1 / (REAL)k) * s2;
    return 2 * s + 2 * s * sum;
}

/* log x, x >= 1: x = 2^n m with m in [1, 2), and log x = n ln 2 + log m. */
static inline REAL vlog_from_1(REAL x)
{
    const real_bits bits = bits_of_real(x), significand = bits & (((real_bits)1 << MANTISSA) - 1);
    const REAL m = real_from_bits(significand | (real_bits)BIAS << MANTISSA);
    /* An integer becomes a REAL: its bits are added to those of ROUNDER, and then ROUNDER is subtracted. */
    const REAL n = real_from_bits((bits >> MANTISSA) - BIAS + bits_of_real(ROUNDER)) - ROUNDER;
    const REAL log = n * LN2_HIGH + (n * LN2_LOW + vlog1p_unit(m - 1));
    return x < (REAL)INFINITY ? log : x; /* NaN, too */
}

/* |z|, but no further than where e^(-z^2/2) becomes 0 */
static inline REAL normal_range(REAL z)
{
    const REAL x = RMATH(fabs)(z);
    return x > NORMAL_END ? NORMAL_END : x;
}

/* e^(-z^2/2). The rounding of z^2 would cause an error of z^2/2 units. So z is divided into an upper half of
 * its digits, whose square is exact, and a small rest. */
static inline REAL vgaussian(REAL z)
{
    const REAL x = normal_range(z), upper = real_from_bits(bits_of_real(x) >> LOWER_HALF << LOWER_HALF);
    return exp_difference(-upper * upper / 2, (x - upper) * (x + upper) / 2);
}

/* e^(-x^2/2) / Phi(-x) = 2 + 2 x + x g(t), 0 <= x <= NORMAL_END: the inverse Mills ratio times sqrt(2 pi).
 * g is a minimax polynomial by Remez' exchange (scripts/fit_normal.py; relative error of the whole 2^-27.7 in
 * f32, 2^-54.8 in f64). |g| <= 0.51, so that little of its rounding errors remains. The bilinear map
 * from x to t, which makes one polynomial do for all x, is Schonfelder's, Math. Comp. 32 (1978), 1232-1240.
 */
static inline REAL inverse_mills(REAL x)
{
#if GM_REAL_BITS == 32
    static const REAL c[MILLS_TERMS] = {0x1.8c1be6p-4f, 0x1.01699p-1f,  -0x1.f0adbcp-5f, -0x1.d0a7e4p-5f,
                                        0x1.475302p-6f, 0x1.82e848p-7f, -0x1.9a9eb2p-8f, -0x1.a024ep-9f,
                                        0x1.90a4cp-10f, 0x1.cc8184p-11f};
#else
    static const REAL c[MILLS_TERMS] = {
        0x1.395ad4c59acbcp-4,   0x1.035695c255403p-1,  -0x1.100ad83167092p-5, -0x1.01a5b482ec8acp-4,
        0x1.48ac565699d94p-7,   0x1.f582034002e9p-7,   -0x1.4f234621f3c52p-9, -0x1.2f69ff8f0fd04p-8,
        0x1.ca8f1e7a630c4p-12,  0x1.8a71f90e3ed44p-10, 0x1.a5c6b7b49fecfp-15, -0x1.f38f6f4ba5fdcp-12,
        -0x1.91a7008891158p-14, 0x1.19d980296c735p-13, 0x1.dcb733a8d07e5p-15, -0x1.f303ecab97c02p-16,
        -0x1.8d78327ab54cep-16, 0x1.d16b4384f2adcp-19, 0x1.f01a058578176p-18, 0x1.66d8ced640ccfp-21,
        -0x1.aebbb566e6ac7p-20, -0x1.cd7f4cd2ed94p-22, 0x1.8ab35389a35a6p-23, 0x1.435bc62995bf4p-24};
#endif
    const REAL t = (x - MILLS_CENTRE) / (x + MILLS_CENTRE), t2 = t * t;
    REAL even = 0, odd = 0; /* two independent chains of half the length */
    for (int i = MILLS_TERMS - 2; i >= 0; i -= 2) {
        even = even * t2 + c[i];
        odd = odd * t2 + c[i + 1];
    }
    return 2 * x + 2 + x * (odd * t + even);
}

/* Phi(z), the normal distribution function; 1 + erf(z / sqrt 2) would cancel for negative z. */
static inline REAL vnormal_cdf(REAL z)
{
    const REAL tail = vgaussian(z) / inverse_mills(normal_range(z));
    return z < 0 ? tail : 1 - tail;
}

/* -x = n ln 2 + r: returns r; *power is 2^n. In f32 the lower part l of n ln 2 is not subtracted from -x.
 * Instead 2^n is multiplied by e^-l = 1 - l (l is below 2e-4), which happens at the same time as the series.
 * f64 is more exact and slower, because worked examples use it. */
static inline REAL sigmoid_reduce(REAL x, REAL *power)
{
    real_bits n;
#if GM_REAL_BITS == 32
    const REAL whole = exp_whole(-x, &n), scale = real_from_bits((n + BIAS) << MANTISSA);
    *power = scale - scale * (whole * LN2_LOW);
    return -x - whole * LN2_HIGH;
#else
    const REAL r = exp_reduce(-x, 0, &n);
    *power = real_from_bits((n + BIAS) << MANTISSA);
    return r;
#endif
}

/* 1 / (1 + e^-x). In a network of few units, the latency of this function is much of the time. So 1 + 2^n is
 * added while the series is computed, and the limits 0 and 1 are set at the end. */
static inline REAL vsigmoid(REAL x)
{
    REAL power;
    const REAL p = expm1_sooner(sigmoid_reduce(x, &power));
    const REAL s = 1 / ((1 + power) + power * p), end = (REAL)(x < 0 ? 0 : 1);
    return RMATH(fabs)(x) > -EXP_LOWEST ? end : s;
}

static inline REAL vtanh(REAL x)
{
    const REAL t = vexpm1_negative(-2 * RMATH(fabs)(x));
    return RMATH(copysign)(-t / (2 + t), x);
}

static inline REAL vsoftplus(REAL x)
{
    return (x < 0 ? 0 : x) + vlog1p_unit(vexp(-RMATH(fabs)(x)));
}

#endif

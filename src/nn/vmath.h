/* exp, expm1 and log1p as straight-line arithmetic that a compiler vectorises inside a loop.
 *
 * x = n ln 2 + r with |r| <= ln 2 / 2, then a Taylor polynomial in r, which is as good as a minimax one at
 * this degree: its error stays below half a unit in the last place. Errors over the whole range are tested
 * against long double (tests/test_vmath_tmpl.c). NaN gives NaN; overflow gives infinity; results below the
 * smallest normal number (or near it) are 0. For *_tmpl.c only. */
#ifndef GM_NN_VMATH_H
#define GM_NN_VMATH_H

#include "base/real.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#if GM_REAL_BITS == 32
typedef uint32_t real_bits;
#define LOG2_E      0x1.715476p+0f
#define LN2_HIGH    0x1.62e4p-1f /* few enough bits that n * LN2_HIGH is exact */
#define LN2_LOW     0x1.7f7d1cp-20f
#define ROUNDER     0x1.8p+23f /* adding it rounds to whole numbers, kept in the low bits */
#define MANTISSA    23
#define BIAS        127U
#define EXP_LOWEST  (-87.5f) /* n = -126: half of 2^n has the bits of 0 */
#define EXP_HIGHEST 89.0f    /* n = 128, above log(FLT_MAX) = 88.72: infinity */
#define LOG1P_TERMS 8        /* at most 16: what gcc does not unroll, it does not vectorise */
#else
typedef uint64_t real_bits;
#define LOG2_E      0x1.71547652b82fep+0
#define LN2_HIGH    0x1.62e42fefa38p-1
#define LN2_LOW     0x1.ef35793c76730p-45
#define ROUNDER     0x1.8p+52
#define MANTISSA    52
#define BIAS        1023U
#define EXP_LOWEST  (-708.5)
#define EXP_HIGHEST 710.0
#define LOG1P_TERMS 16
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

/* e^r - 1, |r| <= ln 2 / 2, by Horner's rule over r^k / k!. */
static inline REAL expm1_reduced(REAL r)
{
#if GM_REAL_BITS == 32
    REAL p = 1.0f / 5040;
    p = p * r + 1.0f / 720;
#else
    REAL p = 1.0 / 87178291200;
    p = p * r + 1.0 / 6227020800;
    p = p * r + 1.0 / 479001600;
    p = p * r + 1.0 / 39916800;
    p = p * r + 1.0 / 3628800;
    p = p * r + 1.0 / 362880;
    p = p * r + 1.0 / 40320;
    p = p * r + 1.0 / 5040;
    p = p * r + 1.0 / 720;
#endif
    p = p * r + (REAL)1 / 120;
    p = p * r + (REAL)1 / 24;
    p = p * r + (REAL)1 / 6;
    p = p * r + (REAL)1 / 2;
    return p * r * r + r;
}

/* x in units of ln 2: *n = bits of 2^n; returns e^r - 1. Comparisons are written so that NaN passes through.
 */
static inline REAL exp_parts(REAL x, real_bits *n)
{
    x = x < EXP_LOWEST ? EXP_LOWEST : x;
    x = x > EXP_HIGHEST ? EXP_HIGHEST : x;
    const REAL rounded = x * LOG2_E + ROUNDER;
    const REAL whole = rounded - ROUNDER;
    *n = bits_of_real(rounded) - bits_of_real(ROUNDER);
    return expm1_reduced((x - whole * LN2_HIGH) - whole * LN2_LOW);
}

static inline REAL vexp(REAL x)
{
    real_bits n;
    const REAL p = exp_parts(x, &n);
    /* Half of 2^n first: 2^128 has no float, but e^88.7 has. */
    const REAL half = real_from_bits((n + BIAS - 1) << MANTISSA);
    return (half + half * p) * 2;
}

/* e^x - 1 without cancellation, for x <= 0 */
static inline REAL vexpm1_negative(REAL x)
{
    real_bits n;
    const REAL p = exp_parts(x, &n);
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

static inline REAL vsigmoid(REAL x)
{
    const REAL e = vexp(-RMATH(fabs)(x)), s = 1 / (1 + e);
    return x < 0 ? e * s : s;
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

/* The activations, as functions of one number. Each f stands directly above its derivative. The derivative
 * gets z and a = f(z). If activations.def says FROM_A, the derivative must not use z, because the engine then
 * does not keep z. Softmax, which needs whole rows, is in softmax.h. For *_tmpl.c only. */
#ifndef GM_FUNCTION_ACTIVATIONS_H
#define GM_FUNCTION_ACTIVATIONS_H

#include "function/vmath.h"

static inline REAL identity(REAL z)
{
    return z;
}

static inline REAL identity_derivative(REAL z, REAL a)
{
    (void)z, (void)a;
    return 1;
}

static inline REAL sigmoid(REAL z)
{
    return vsigmoid(z);
}

static inline REAL sigmoid_derivative(REAL z, REAL a)
{
    (void)z;
#if GM_REAL_BITS == 32 && defined(FP_FAST_FMAF) /* f64 rounds as the worked examples do */
    return fmaf(-a, a, a);                      /* a - a^2 in one operation, without the rounding of 1 - a */
#else
    return a * (1 - a);
#endif
}

static inline REAL hyperbolic(REAL z)
{
    return vtanh(z);
}

static inline REAL hyperbolic_derivative(REAL z, REAL a)
{
    (void)z;
    return 1 - a * a;
}

static inline REAL relu(REAL z)
{
    return z < 0 ? 0 : z; /* with this comparison NaN stays NaN */
}

static inline REAL relu_derivative(REAL z, REAL a)
{
    (void)z;
    return a > 0 ? 1 : 0;
}

#define LEAK ((REAL)0.01)

static inline REAL leaky_relu(REAL z)
{
    return z > 0 ? z : LEAK * z;
}

static inline REAL leaky_relu_derivative(REAL z, REAL a)
{
    (void)z;
    return a > 0 ? 1 : LEAK;
}

#define INVERSE_SQRT_2PI ((REAL)0.39894228040143267794)

/* z Phi(z), and 0 at -infinity */
static inline REAL gelu(REAL z)
{
    return (z < 0 ? -normal_range(z) : z) * vnormal_cdf(z);
}

/* (z Phi(z))' = Phi(z) + z phi(z) */
static inline REAL gelu_derivative(REAL z, REAL a)
{
    (void)a;
    const REAL x = RMATH(copysign)(normal_range(z), z);
    return vnormal_cdf(z) + x * INVERSE_SQRT_2PI * vgaussian(z);
}

static inline REAL softplus(REAL z)
{
    return vsoftplus(z);
}

/* sigmoid(z) = 1 - exp(-softplus(z)) */
static inline REAL softplus_derivative(REAL z, REAL a)
{
    (void)z;
    return -vexpm1_negative(-a);
}

static inline REAL elu(REAL z)
{
    return z > 0 ? z : vexpm1_negative(z);
}

/* exp(z) = elu(z) + 1 below 0 */
static inline REAL elu_derivative(REAL z, REAL a)
{
    (void)z;
    return a > 0 ? 1 : a + 1;
}

/* No further from 0 than where e^-|z| becomes 0, so that its product with z is never 0 times infinity. NaN
 * passes. */
static inline REAL exp_span(REAL z)
{
    z = z < EXP_LOWEST ? EXP_LOWEST : z;
    return z > -EXP_LOWEST ? -EXP_LOWEST : z;
}

/* z sigmoid(z), and 0 at -infinity */
static inline REAL silu(REAL z)
{
    return (z < EXP_LOWEST ? EXP_LOWEST : z) * vsigmoid(z);
}

/* sigmoid(z) + z sigmoid(z) sigmoid(-z). With u = e^-|z|, the sigmoid of |z| is 1 / (1 + u) and that of -|z|
 * is u / (1 + u): neither cancels. */
static inline REAL silu_derivative(REAL z, REAL a)
{
    (void)a;
    const REAL x = exp_span(z), u = vexp(-RMATH(fabs)(x)), s = 1 / (1 + u);
    return s * ((x < 0 ? u : 1) + x * u * s);
}

/* z tanh(softplus(z)), and 0 at -infinity. With w = e^z, the tanh is (w^2 + 2 w) / (w^2 + 2 w + 2); where z
 * is positive, both are divided by w^2, so that nothing overflows. u = e^-|z|. */
static inline REAL mish(REAL z)
{
    const REAL u = vexp(-RMATH(fabs)(z)), top = z < 0 ? u * (u + 2) : 1 + 2 * u;
    const REAL bottom = top + (z < 0 ? 2 : 2 * u * u);
    return (z < EXP_LOWEST ? EXP_LOWEST : z) * (top / bottom);
}

/* tanh(softplus(z)) + z (1 - tanh^2) sigmoid(z), of which the second term is 4 z w (1 + w) over the square of
 * the divisor above. */
static inline REAL mish_derivative(REAL z, REAL a)
{
    (void)a;
    const REAL x = exp_span(z), u = vexp(-RMATH(fabs)(x)), top = x < 0 ? u * (u + 2) : 1 + 2 * u;
    const REAL bottom = top + (x < 0 ? 2 : 2 * u * u), slope = (x < 0 ? u : u * u) * (1 + u);
    const REAL inverse = 1 / bottom;
    return inverse * (top + 4 * x * slope * inverse);
}

static inline REAL exponential(REAL z)
{
    return vexp(z);
}

static inline REAL exponential_derivative(REAL z, REAL a)
{
    (void)z;
    return a;
}

#endif

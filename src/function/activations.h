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

#endif

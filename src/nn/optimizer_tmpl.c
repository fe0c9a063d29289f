/* The arithmetic of the optimizers. An optimizer has a rule: what BP3 and BP4 write to, and the function that
 * then makes the step of the weights (update_tmpl.c); and one that makes the whole step from a gradient that
 * is given (apply_tmpl.c). The constants in these formulas are computed once for each step, from the
 * optimizer's settings. */
#include "base/vector.h"
#include "nn/pass.h"

#include <math.h>

/* The compiler makes a variant of these functions for each instruction set (base/vector.h), which needs a
 * name of its own for each precision. */
#define sgd_given      GM_TYPED(sgd_given)
#define momentum_apply GM_TYPED(momentum_apply)
#define momentum_given GM_TYPED(momentum_given)
#define nesterov_apply GM_TYPED(nesterov_apply)
#define adam_apply     GM_TYPED(adam_apply)
#define rmsprop_apply  GM_TYPED(rmsprop_apply)
#define adagrad_apply  GM_TYPED(adagrad_apply)

/* V = momentum V + G + l2 W, the first two terms by BP4;  W = keep W - rate V */
GM_VECTOR static void momentum_apply(const gm_step_constants *c, size_t count, REAL *restrict w,
                                     REAL *restrict v, REAL *s1, REAL *s2)
{
    (void)s1, (void)s2;
    if (c->l2 != 0) { /* usually it is 0; then V need not be written again */
#pragma omp simd
        for (size_t i = 0; i < count; i++)
            v[i] += c->l2 * w[i];
    }
#pragma omp simd
    for (size_t i = 0; i < count; i++)
        w[i] = c->keep * w[i] - c->rate * v[i];
}

/* W = keep W - rate (G + l2 W), for a gradient that BP4 has not written into W already. */
GM_VECTOR static void sgd_given(const gm_step_constants *c, size_t count, REAL *restrict w, REAL *restrict g,
                                REAL *s1, REAL *s2)
{
    (void)s1, (void)s2;
    const REAL alpha = c->alpha, beta = c->beta;
#pragma omp simd
    for (size_t i = 0; i < count; i++)
        w[i] = alpha * g[i] + beta * w[i];
}

/* V = momentum V + G + l2 W;  W = keep W - rate V, for a gradient that BP4 has not added to V already. */
GM_VECTOR static void momentum_given(const gm_step_constants *c, size_t count, REAL *restrict w,
                                     REAL *restrict g, REAL *restrict v, REAL *s2)
{
    (void)s2;
#pragma omp simd
    for (size_t i = 0; i < count; i++) {
        v[i] = c->momentum * v[i] + g[i] + c->l2 * w[i];
        w[i] = c->keep * w[i] - c->rate * v[i];
    }
}

/* V = momentum V + G;  W = keep W - rate (G + momentum V)    (Sutskever et al. 2013, as PyTorch writes it) */
GM_VECTOR static void nesterov_apply(const gm_step_constants *c, size_t count, REAL *restrict w,
                                     REAL *restrict g, REAL *restrict v, REAL *s2)
{
    (void)s2;
#pragma omp simd
    for (size_t i = 0; i < count; i++) {
        const REAL gradient = g[i] + c->l2 * w[i];
        v[i] = c->momentum * v[i] + gradient;
        w[i] = c->keep * w[i] - c->rate * (gradient + c->momentum * v[i]);
    }
}

/* M = beta1 M + (1 - beta1) G;  V = beta2 V + (1 - beta2) G^2;
 * W = keep W - rate / (1 - beta1^t) M / (sqrt(V / (1 - beta2^t)) + epsilon)    (Kingma and Ba 2015)
 * c->rate carries the factor of M already. */
GM_VECTOR static void adam_apply(const gm_step_constants *c, size_t count, REAL *restrict w, REAL *restrict g,
                                 REAL *restrict m, REAL *restrict v)
{
    const REAL beta1 = c->beta1, beta2 = c->beta2;
#pragma omp simd
    for (size_t i = 0; i < count; i++) {
        const REAL gradient = g[i] + c->l2 * w[i];
        m[i] = beta1 * m[i] + (1 - beta1) * gradient;
        v[i] = beta2 * v[i] + (1 - beta2) * gradient * gradient;
        w[i] = c->keep * w[i] - c->rate * m[i] / (RMATH(sqrt)(v[i]) * c->unbias + c->epsilon);
    }
}

/* V = beta2 V + (1 - beta2) G^2;  W = keep W - rate G / (sqrt V + epsilon)    (Hinton, Neural Networks for
 * Machine Learning, lecture 6e, 2012; as PyTorch writes it) */
GM_VECTOR static void rmsprop_apply(const gm_step_constants *c, size_t count, REAL *restrict w,
                                    REAL *restrict g, REAL *restrict v, REAL *s2)
{
    (void)s2;
    const REAL beta2 = c->beta2;
#pragma omp simd
    for (size_t i = 0; i < count; i++) {
        const REAL gradient = g[i] + c->l2 * w[i];
        v[i] = beta2 * v[i] + (1 - beta2) * gradient * gradient;
        w[i] = c->keep * w[i] - c->rate * gradient / (RMATH(sqrt)(v[i]) + c->epsilon);
    }
}

/* V = V + G^2;  W = keep W - rate G / (sqrt V + epsilon)    (Duchi, Hazan and Singer 2011; as PyTorch writes
 * it)
 */
GM_VECTOR static void adagrad_apply(const gm_step_constants *c, size_t count, REAL *restrict w,
                                    REAL *restrict g, REAL *restrict v, REAL *s2)
{
    (void)s2;
#pragma omp simd
    for (size_t i = 0; i < count; i++) {
        const REAL gradient = g[i] + c->l2 * w[i];
        v[i] += gradient * gradient;
        w[i] = c->keep * w[i] - c->rate * gradient / (RMATH(sqrt)(v[i]) + c->epsilon);
    }
}

#define nothing                                           NULL
#define OPTIMIZER(VALUE, WORD, TARGET, APPLY, GIVEN, ...) [VALUE] = {TARGET, APPLY, GIVEN},
const gm_update_rule gm_update_rules[GM_OPTIMIZER_COUNT] = {
#include "function/optimizers.def"
};

const gm_update_rule gm_store_gradient = {INTO_GRADIENT, NULL, NULL};
const gm_update_rule gm_store_own = {INTO_STORE, NULL, NULL};

void gm_set_factors(gm_update_target target, gm_step_constants *c)
{
    switch (target) {
    case INTO_WEIGHTS:
        c->alpha = -c->rate;
        c->beta = c->keep - c->rate * c->l2; /* for SGD an L2 penalty and decay are the same thing */
        break;
    case INTO_VELOCITY:
        c->alpha = 1;
        c->beta = c->momentum;
        break;
    case INTO_TILE:
        c->alpha = 1;
        c->beta = 0;
        break;
    case INTO_GRADIENT: /* gm_gradient_prepare sets what the caller asked for */
    case INTO_STORE:    /* gm_store_prepare */
        break;
    }
}

void gm_gradient_prepare(gm_pass_batch *batch, const gm_gradient *gradient)
{
    batch->rule = &gm_store_gradient;
    batch->gradient = gradient->block.data;
    batch->bias_constants = (gm_step_constants){
        .alpha = (REAL)gradient->scale,
        .beta = gradient->accumulate ? 1 : 0,
    };
    batch->weight_constants = batch->bias_constants;
}

void gm_store_prepare(gm_pass_batch *batch, bool add)
{
    batch->rule = &gm_store_own;
    batch->weight_constants = batch->bias_constants = (gm_step_constants){.alpha = 1, .beta = add ? 1 : 0};
}

void gm_update_prepare(gm_pass_batch *batch, const gm_optimizer *o, size_t step)
{
    const double t = (double)step;
    const bool unbiased = gm_optimizer_reads(o->kind, GM_SETTING_beta1); /* Adam and AdamW */
    batch->rule = &gm_update_rules[o->kind];
    batch->bias_constants = (gm_step_constants){
        .rate = (REAL)(unbiased ? o->rate / (1 - pow(o->beta1, t)) : o->rate),
        .momentum = (REAL)o->momentum,
        .beta1 = (REAL)o->beta1,
        .beta2 = (REAL)o->beta2,
        .epsilon = (REAL)o->epsilon,
        .keep = 1,
        .unbias = (REAL)(unbiased ? 1 / sqrt(1 - pow(o->beta2, t)) : 1),
    };
    batch->weight_constants = batch->bias_constants;
    batch->weight_constants.l2 = (REAL)o->l2;
    batch->weight_constants.keep = (REAL)(1 - o->rate * o->decay);
    gm_set_factors(batch->rule->target, &batch->weight_constants);
    gm_set_factors(batch->rule->target, &batch->bias_constants);
}

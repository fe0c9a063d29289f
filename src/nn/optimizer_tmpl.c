/* The arithmetic of the optimizers: what becomes of weights when BP3 and BP4 have written where the rule says
 * (update_tmpl.c), and the numbers that a step needs for it. */
#include "base/vector.h"
#include "nn/pass.h"

#include <math.h>

/* Functions with clones: each has a name of its own for each precision (base/vector.h). */
#define momentum_apply GM_TYPED(momentum_apply)
#define nesterov_apply GM_TYPED(nesterov_apply)
#define adam_apply     GM_TYPED(adam_apply)

/* V = momentum V + G + l2 W, the first two terms by BP4;  W = keep W - rate V */
GM_VECTOR static void momentum_apply(const gm_step_constants *c, size_t count, REAL *restrict w,
                                     REAL *restrict v, REAL *s1, REAL *s2)
{
    (void)s1, (void)s2;
    if (c->l2 != 0) { /* mostly it is 0, and V need not be written again */
#pragma omp simd
        for (size_t i = 0; i < count; i++)
            v[i] += c->l2 * w[i];
    }
#pragma omp simd
    for (size_t i = 0; i < count; i++)
        w[i] = c->keep * w[i] - c->rate * v[i];
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

const gm_update_rule gm_update_rules[GM_OPTIMIZER_COUNT] = {
    [GM_SGD] = {INTO_WEIGHTS, NULL},
    [GM_MOMENTUM] = {INTO_VELOCITY, momentum_apply},
    [GM_NESTEROV] = {INTO_TILE, nesterov_apply},
    [GM_ADAM] = {INTO_TILE, adam_apply},
    [GM_ADAMW] = {INTO_TILE, adam_apply},
};

const gm_update_rule gm_store_gradient = {INTO_GRADIENT, NULL};

void gm_update_prepare(gm_batch *batch, const gm_optimizer *o, size_t step)
{
    const double t = (double)step;
    const bool adam = o->kind == GM_ADAM || o->kind == GM_ADAMW;
    batch->rule = &gm_update_rules[o->kind];
    batch->bias_constants = (gm_step_constants){
        .rate = (REAL)(adam ? o->rate / (1 - pow(o->beta1, t)) : o->rate),
        .momentum = (REAL)o->momentum,
        .beta1 = (REAL)o->beta1,
        .beta2 = (REAL)o->beta2,
        .epsilon = (REAL)o->epsilon,
        .keep = 1,
        .unbias = (REAL)(adam ? 1 / sqrt(1 - pow(o->beta2, t)) : 1),
    };
    batch->weight_constants = batch->bias_constants;
    batch->weight_constants.l2 = (REAL)o->l2;
    batch->weight_constants.keep = (REAL)(1 - o->rate * o->decay);
}

/* BP3, BP4 and the optimizers. The work is cut by rows of W: each thread owns its rows of every layer, so no
 * gradient is ever summed between threads.
 *
 * Plain SGD is done by the BP4 product itself (alpha = -rate, beta = 1 - rate decay): no gradient is stored.
 * Momentum lets the product add into the velocity (beta = momentum). The others take the gradient tile by
 * tile, each tile still in cache when the optimizer reads it. */
#include "nn/pass.h"
#include "base/memory.h"
#include "base/vector.h"

#include <math.h>

/* V = momentum V + G + l2 W, the first two terms by BP4;  W = keep W - rate V */
GM_VECTOR static void T(momentum_apply)(const gm_step_constants *c, size_t count, REAL *restrict w,
                                        REAL *restrict v, REAL *s1, REAL *s2)
{
    (void)s1, (void)s2;
#pragma omp simd
    for (size_t i = 0; i < count; i++) {
        v[i] += c->l2 * w[i];
        w[i] = c->keep * w[i] - c->rate * v[i];
    }
}

/* V = momentum V + G;  W = keep W - rate (G + momentum V)    (Sutskever et al. 2013, as PyTorch writes it) */
GM_VECTOR static void T(nesterov_apply)(const gm_step_constants *c, size_t count, REAL *restrict w,
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
GM_VECTOR static void T(adam_apply)(const gm_step_constants *c, size_t count, REAL *restrict w,
                                    REAL *restrict g, REAL *restrict m, REAL *restrict v)
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

const gm_update_rule T(gm_update_rules)[GM_OPTIMIZER_COUNT] = {
    [GM_SGD] = {INTO_WEIGHTS, NULL},
    [GM_MOMENTUM] = {INTO_VELOCITY, T(momentum_apply)},
    [GM_NESTEROV] = {INTO_TILE, T(nesterov_apply)},
    [GM_ADAM] = {INTO_TILE, T(adam_apply)},
    [GM_ADAMW] = {INTO_TILE, T(adam_apply)},
};

const gm_update_rule T(gm_store_gradient) = {INTO_GRADIENT, NULL};

void T(gm_update_prepare)(gm_pass *p)
{
    const gm_optimizer *o = p->optimizer;
    const double t = (double)++p->steps;
    const bool adam = o->kind == GM_ADAM || o->kind == GM_ADAMW;
    p->bias_constants = (gm_step_constants){
        .rate = (REAL)(adam ? o->rate / (1 - pow(o->beta1, t)) : o->rate),
        .momentum = (REAL)o->momentum,
        .beta1 = (REAL)o->beta1,
        .beta2 = (REAL)o->beta2,
        .epsilon = (REAL)o->epsilon,
        .keep = 1,
        .unbias = (REAL)(1 / sqrt(1 - pow(o->beta2, t))),
    };
    p->weight_constants = p->bias_constants;
    p->weight_constants.l2 = (REAL)o->l2;
    p->weight_constants.keep = (REAL)(1 - o->rate * o->decay);
}

/* alpha and beta of BP3 and BP4 when they write to the rule's target. */
static void factors(const gm_pass *p, const gm_step_constants *c, REAL *alpha, REAL *beta)
{
    switch (p->rule->target) {
    case INTO_WEIGHTS:
        *alpha = -c->rate;
        *beta = c->keep - c->rate * c->l2; /* for SGD an L2 penalty and decay are the same thing */
        break;
    case INTO_VELOCITY:
        *alpha = 1;
        *beta = c->momentum;
        break;
    default:
        *alpha = 1;
        *beta = 0;
    }
}

/* Where BP3 or BP4 writes the part of the block that begins at `index`. */
static REAL *target(const gm_pass *p, size_t index, size_t thread)
{
    switch (p->rule->target) {
    case INTO_WEIGHTS:
        return p->parameters + index;
    case INTO_VELOCITY:
        return p->state + index;
    case INTO_GRADIENT:
        return p->gradient + index;
    default:
        return p->tiles + thread * p->tile_size;
    }
}

static void apply(const gm_pass *p, const gm_step_constants *c, size_t index, size_t count, REAL *g)
{
    if (p->rule->apply)
        p->rule->apply(c, count, p->parameters + index, g, p->state + index,
                       p->state + p->parameter_count + index);
}

/* BP4 for rows [first, first + count) of W, then the update of these rows. */
static void update_weights(const gm_pass *p, const gm_pass_layer *layer, gm_mat a_prev, gm_share rows,
                           size_t thread)
{
    const size_t in = layer->view.w.cols, index = layer->weights + rows.first * in;
    const gm_mat d = gm_cols(gm_rows(layer->d, 0, p->rows), rows.first, rows.count);
    const gm_mat g = {target(p, index, thread), rows.count, in, in};
    REAL alpha, beta;
    factors(p, &p->weight_constants, &alpha, &beta);
    /* GW = alpha D^T A_prev + beta GW       out x in = (n x out)^T (n x in) */
    TIMED(p, thread, layer->view.index, GM_PHASE_BP4,
          p->backend->weight_gradient(&layer->view, d, a_prev, alpha, beta, g));
    TIMED(p, thread, layer->view.index, GM_PHASE_UPDATE,
          apply(p, &p->weight_constants, index, rows.count * in, g.data));
}

/* BP3 for the same rows, then the update of their biases. */
static void update_biases(const gm_pass *p, const gm_pass_layer *layer, gm_share rows, size_t thread)
{
    const size_t index = layer->biases + rows.first;
    const gm_mat d = gm_cols(gm_rows(layer->d, 0, p->rows), rows.first, rows.count);
    REAL *g = target(p, index, thread);
    REAL alpha, beta;
    factors(p, &p->bias_constants, &alpha, &beta);
    /* gb = alpha D^T 1 + beta gb            out = (n x out)^T (n) */
    TIMED(p, thread, layer->view.index, GM_PHASE_BP3,
          p->backend->bias_gradient(&layer->view, d, alpha, beta, g));
    TIMED(p, thread, layer->view.index, GM_PHASE_UPDATE, apply(p, &p->bias_constants, index, rows.count, g));
}

static void update_layer(const gm_pass *p, const gm_pass_layer *layer, gm_mat a_prev, gm_share mine,
                         size_t thread)
{
    const bool tiled = p->rule->apply != NULL; /* an optimizer follows: keep its rows in cache */
    const size_t step = tiled ? layer->tile_rows : mine.count;
    const bool learns_bias = p->rule->target == INTO_GRADIENT || !p->optimizer->freeze_bias;
    for (size_t done = 0; done < mine.count; done += step) {
        const gm_share rows = {mine.first + done, gm_min(step, mine.count - done)};
        if (learns_bias)
            update_biases(p, layer, rows, thread);
        update_weights(p, layer, a_prev, rows, thread);
    }
}

/* Cutting W finer than this leaves BLAS kernels with half-empty registers. */
#define WEIGHT_GRAIN 4

void T(gm_update)(const gm_pass *p, size_t thread)
{
    for (size_t l = p->layer_count; l-- > 0;) {
        const gm_pass_layer *layer = &p->layers[l];
        const gm_mat a_prev = l > 0 ? gm_rows(p->layers[l - 1].a, 0, p->rows) : gm_rows(p->x, 0, p->rows);
        update_layer(p, layer, a_prev, gm_team_share(layer->view.w.rows, WEIGHT_GRAIN, thread, p->threads),
                     thread);
    }
}

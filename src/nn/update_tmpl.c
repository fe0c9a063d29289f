/* BP3, BP4 and what the optimizer's rule makes of them (optimizer_tmpl.c). The work is cut by rows of W: each
 * thread owns its rows of every layer, so no gradient is ever summed between threads. Who is done with his
 * own takes pieces of the others'; which thread does a piece changes no bit of it.
 *
 * Plain SGD is done by the BP4 product itself (alpha = -rate, beta = 1 - rate decay): no gradient is stored.
 * Momentum lets the product add into the velocity (beta = momentum), and a backend that has its own kernels
 * takes the step of W along. The others take the gradient tile by tile, each tile still in cache when the
 * optimizer reads it. */
#include "nn/pass.h"
#include "base/memory.h"

#include <string.h>

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

/* A gradient that is asked for is row-major. Out of a layout of the backend's own it comes by way of a tile.
 */
static bool unpacks(const gm_pass *p)
{
    return p->rule->target == INTO_GRADIENT && p->backend->storage->own;
}

/* Where BP3 or BP4 writes the part of the parameters that begins at `index`. */
static REAL *target(const gm_pass *p, size_t index, size_t thread)
{
    switch (p->rule->target) {
    case INTO_WEIGHTS:
        return p->parameters + index;
    case INTO_VELOCITY:
        return p->state + index;
    case INTO_GRADIENT:
        if (!unpacks(p))
            return p->gradient + index;
        break;
    case INTO_TILE:
        break;
    }
    return p->tiles + thread * p->tile_size;
}

static void apply(const gm_pass *p, const gm_step_constants *c, size_t index, size_t count, REAL *g)
{
    p->rule->apply(c, count, p->parameters + index, g, p->state + index, p->state + p->next_copy + index);
}

/* BP4 for a part of W, then the update. */
static void update_part(const gm_pass *p, size_t l, gm_part part, size_t thread)
{
    const gm_pass_layer *layer = &p->layers[l];
    const gm_step_constants *c = &p->weight_constants;
    const gm_mat a_prev = gm_rows(l > 0 ? p->layers[l - 1].a : p->x, 0, p->rows);
    const size_t index = layer->weights + part.index;
    const gm_mat d = gm_cols(gm_rows(layer->d, 0, p->rows), part.outputs.first, part.outputs.count);
    const gm_mat a = gm_cols(a_prev, part.inputs.first, part.inputs.count);
    const gm_mat g = {target(p, index, thread), part.outputs.count, part.inputs.count, part.ld};
    REAL *scratch = p->scratch + thread * p->scratch_size;
    if (p->rule->target == INTO_VELOCITY && p->backend->momentum_step) {
        /* V = D^T A_prev + momentum V + l2 W;  W = keep W - rate V       out x in = (n x out)^T (n x in) */
        const gm_descent step = {p->parameters + index, c->l2, c->keep, c->rate};
        TIMED(p, thread, layer->view.index, GM_PHASE_BP4,
              p->backend->momentum_step(&layer->view, d, a, c->momentum, g, &step, scratch));
        return;
    }
    REAL alpha, beta;
    factors(p, c, &alpha, &beta);
    /* GW = alpha D^T A_prev + beta GW       out x in = (n x out)^T (n x in) */
    TIMED(p, thread, layer->view.index, GM_PHASE_BP4,
          p->backend->weight_gradient(&layer->view, d, a, alpha, beta, g, scratch));
    if (p->rule->apply)
        TIMED(p, thread, layer->view.index, GM_PHASE_UPDATE, apply(p, c, index, part.count, g.data));
    if (unpacks(p)) {
        const gm_layer *block = &p->network->layers[layer->view.index];
        const size_t first = part.outputs.first * block->inputs + part.inputs.first;
        p->backend->unpack_part(
            g.data, g.ld, (gm_mat){p->gradient + block->weights + first, g.rows, g.cols, block->inputs});
    }
}

static gm_share own_biases(const gm_pass *p, size_t l, size_t thread)
{
    return gm_team_share(p->layers[l].view.w.rows, p->backend->storage->grain.biases, thread,
                         p->plan.threads);
}

void gm_update_biases(const gm_pass *p, size_t l, size_t thread)
{
    const gm_pass_layer *layer = &p->layers[l];
    const gm_share outputs = own_biases(p, l, thread);
    const bool learns = p->rule->target == INTO_GRADIENT || !p->optimizer->freeze_bias;
    if (!learns || outputs.count == 0)
        return;
    const size_t index = layer->biases + outputs.first;
    const gm_mat d = gm_cols(gm_rows(layer->d, 0, p->rows), outputs.first, outputs.count);
    REAL *g = target(p, index, thread);
    REAL alpha, beta;
    factors(p, &p->bias_constants, &alpha, &beta);
    /* gb = alpha D^T 1 + beta gb            out = (n x out)^T (n) */
    TIMED(p, thread, layer->view.index, GM_PHASE_BP3,
          p->backend->bias_gradient(&layer->view, d, alpha, beta, g));
    if (p->rule->apply)
        TIMED(p, thread, layer->view.index, GM_PHASE_BP3,
              apply(p, &p->bias_constants, index, outputs.count, g));
    if (unpacks(p))
        memcpy(p->gradient + p->network->layers[layer->view.index].biases + outputs.first, g,
               outputs.count * sizeof(REAL));
}

/* The outputs of a part of W: an optimizer that follows finds them still in cache, and the tile that it reads
 * holds no more of them. */
static size_t most_outputs(const gm_pass *p, size_t l)
{
    return p->rule->apply ? p->layers[l].tile_rows : p->layers[l].view.w.rows;
}

static size_t parts_of(const gm_pass *p, size_t l, gm_block block)
{
    const gm_mat w = p->layers[l].view.w;
    return p->backend->storage->part_count(w.cols, w.rows, block, most_outputs(p, l));
}

static void update_one(const gm_pass *p, size_t l, gm_block block, size_t index, size_t thread)
{
    const gm_mat w = p->layers[l].view.w;
    update_part(p, l, p->backend->storage->part(w.cols, w.rows, block, most_outputs(p, l), index), thread);
}

void gm_update_block(const gm_pass *p, size_t l, gm_block block, size_t thread)
{
    const size_t parts = parts_of(p, l, block);
    for (size_t i = 0; i < parts; i++)
        update_one(p, l, block, i, thread);
}

/* Grains of outputs that cannot be dealt out evenly would leave threads without work. */
bool gm_shares_outputs(const gm_pass *p, size_t l, size_t threads)
{
    if (!p->backend->parts_by_input)
        return true;
    const size_t grains = gm_pieces(p->layers[l].view.w.rows, gm_output_grain(p));
    return grains % threads == 0 || grains >= 4 * threads;
}

/* A thread's share of the W of layer l. */
static gm_block own_block(const gm_pass *p, size_t l, size_t thread)
{
    const gm_mat w = p->layers[l].view.w;
    const size_t threads = p->plan.threads;
    if (!gm_shares_outputs(p, l, threads))
        return (gm_block){gm_all(w.rows), gm_own_inputs(p, l, thread, threads)};
    return (gm_block){gm_own_outputs(p, l, thread, threads), gm_all(w.cols)};
}

/* What nobody has begun of a thread's share, from the last layer to the first. */
static void update_share(const gm_pass *p, size_t owner, size_t thread)
{
    size_t before = 0; /* pieces of the layers behind this one */
    for (size_t l = p->layer_count; l-- > 0;) {
        const gm_block own = own_block(p, l, owner);
        const size_t end = before + parts_of(p, l, own);
        for (size_t piece; gm_team_take(p->team, owner, end, &piece);)
            update_one(p, l, own, piece - before, thread);
        before = end;
    }
}

void gm_update(const gm_pass *p, size_t thread)
{
    for (size_t l = p->layer_count; l-- > 0;)
        gm_update_biases(p, l, thread);
    for (size_t i = 0; i < p->plan.threads; i++)
        update_share(p, (thread + i) % p->plan.threads, thread);
}

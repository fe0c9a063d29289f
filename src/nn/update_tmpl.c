/* BP3, BP4, and what the rule of the optimizer makes of them (optimizer_tmpl.c). The work is partitioned by
 * weights: each thread owns some of the weights of every layer, so no gradient is ever summed between
 * threads. A thread that has finished its own parts takes unstarted parts from other threads (work stealing).
 * Which thread does a part changes no bit of it.
 *
 * A gradient is stored only if the caller asks for it, or if it is to be clipped or summed over batches
 * before it is applied (stored_tmpl.c). With plain SGD the product of BP4 is the update itself (alpha =
 * -rate, beta = 1 - rate decay). With momentum the product adds into the velocity (beta = momentum); a
 * backend with momentum_step changes W while the velocity is in registers. The other optimizers take the
 * gradient in tiles, each of which is still in cache when the optimizer reads it. */
#include "nn/pass.h"
#include "base/memory.h"

#include <string.h>

/* Whether a gradient must be unpacked. The gradient that a caller gets is row-major. If the backend has a
 * layout of its own, BP4 writes a tile in that layout, which is then unpacked. */
static bool unpacks(const gm_worker *w)
{
    return w->batch->rule->target == INTO_GRADIENT && w->bound->backend->storage->own;
}

/* Where BP3 or BP4 writes the part of the parameters that begins at `index`. */
static REAL *target(const gm_worker *w, size_t index)
{
    switch (w->batch->rule->target) {
    case INTO_WEIGHTS:
        return w->bound->parameters + index;
    case INTO_VELOCITY:
        return w->bound->state + index;
    case INTO_GRADIENT:
        if (!unpacks(w))
            return w->batch->gradient + index;
        break;
    case INTO_STORE:
        return w->bound->stored + index;
    case INTO_TILE:
        break;
    }
    return w->tile;
}

static void apply(const gm_worker *w, const gm_step_constants *c, size_t index, size_t count, REAL *g)
{
    const gm_bound *b = w->bound;
    w->batch->rule->apply(c, count, b->parameters + index, g, b->state + index,
                          b->state + b->next_copy + index);
}

/* The part of the caller's gradient that belongs to this part of W. */
static gm_mat in_block(const gm_worker *w, size_t l, gm_part part)
{
    const gm_layer *block = &w->bound->network->layers[l];
    const size_t first = block->weights + part.outputs.first * block->inputs + part.inputs.first;
    return (gm_mat){w->batch->gradient + first, part.outputs.count, part.inputs.count, block->inputs};
}

/* BP4 into a tile, which is then unpacked into the caller's gradient, or added to it. */
static void gradient_by_tile(const gm_worker *w, size_t l, gm_part part, gm_mat d, gm_mat a, gm_mat tile)
{
    const gm_backend *backend = w->bound->backend;
    const gm_step_constants *c = &w->batch->weight_constants;
    const gm_mat block = in_block(w, l, part);
    if (c->beta != 0)
        backend->pack_part(block, tile.data, tile.ld);
    TIMED(w, l, GM_PHASE_BP4,
          backend->weight_gradient(&w->bound->layers[l].view, d, a, c->alpha, c->beta, tile, w->scratch));
    backend->unpack_part(tile.data, tile.ld, block);
}

/* BP4 for a part of W, and the update. */
static void update_weights(const gm_worker *w, size_t l, gm_part part)
{
    const gm_bound *b = w->bound;
    const gm_pass_batch *batch = w->batch;
    const gm_step_constants *c = &batch->weight_constants;
    const gm_layer_view *view = &b->layers[l].view;
    const gm_mat a =
        gm_cols(gm_rows(gm_inputs_of(w, l), 0, batch->rows), part.inputs.first, part.inputs.count);
    const gm_mat d = gm_cols(gm_rows(b->layers[l].d, 0, batch->rows), part.outputs.first, part.outputs.count);
    const size_t index = b->layers[l].weights + part.index;
    const gm_mat g = {target(w, index), part.outputs.count, part.inputs.count, part.ld};
    if (batch->rule->target == INTO_VELOCITY && b->backend->momentum_step) {
        /* V = D^T A_prev + momentum V + l2 W;  W = keep W - rate V       out x in = (n x out)^T (n x in) */
        const gm_descent step = {b->parameters + index, c->l2, c->keep, c->rate};
        TIMED(w, l, GM_PHASE_BP4, b->backend->momentum_step(view, d, a, c->momentum, g, &step, w->scratch));
        return;
    }
    if (unpacks(w)) {
        gradient_by_tile(w, l, part, d, a, g);
        return;
    }
    /* GW = alpha D^T A_prev + beta GW       out x in = (n x out)^T (n x in) */
    TIMED(w, l, GM_PHASE_BP4, b->backend->weight_gradient(view, d, a, c->alpha, c->beta, g, w->scratch));
    if (batch->rule->apply)
        TIMED(w, l, GM_PHASE_UPDATE, apply(w, c, index, part.count, g.data));
}

static void update_part(const gm_worker *w, size_t l, gm_part part)
{
    update_weights(w, l, part);
    if (w->batch->averages)
        TIMED(w, l, GM_PHASE_UPDATE, gm_average(w, w->bound->layers[l].weights + part.index, part.count));
}

/* BP3 for these outputs, and the update of their biases. */
static void update_biases(const gm_worker *w, size_t l, gm_range outputs)
{
    const gm_bound *b = w->bound;
    const gm_pass_batch *batch = w->batch;
    const gm_layer_view *view = &b->layers[l].view;
    const size_t index = b->layers[l].biases + outputs.first;
    const gm_mat d = gm_cols(gm_rows(b->layers[l].d, 0, batch->rows), outputs.first, outputs.count);
    const gm_step_constants *c = &batch->bias_constants;
    REAL *g = target(w, index);
    REAL *in_block = unpacks(w) ? batch->gradient + b->network->layers[l].biases + outputs.first : NULL;
    if (in_block && c->beta != 0)
        memcpy(g, in_block, outputs.count * sizeof(REAL));
    /* gb = alpha D^T 1 + beta gb            out = (n x out)^T (n) */
    TIMED(w, l, GM_PHASE_BP3, b->backend->bias_gradient(view, d, c->alpha, c->beta, g));
    if (batch->rule->apply)
        TIMED(w, l, GM_PHASE_BP3, apply(w, c, index, outputs.count, g));
    if (in_block)
        memcpy(in_block, g, outputs.count * sizeof(REAL));
}

void gm_update_biases(const gm_worker *w, size_t l)
{
    const gm_bound *b = w->bound;
    const gm_range outputs = gm_own_biases(b, l, w->thread, w->batch->plan.threads);
    const bool learns = w->batch->rule->target == INTO_GRADIENT || !b->optimizer->freeze_bias;
    if (outputs.count == 0)
        return;
    if (learns)
        update_biases(w, l, outputs);
    TIMED(w, l, GM_PHASE_BP3, gm_average(w, b->layers[l].biases + outputs.first, outputs.count));
}

/* The largest number of outputs in a part of W. It is bounded by the size of a tile, so that the part is
 * still in cache when the optimizer reads it. */
static size_t most_outputs(const gm_worker *w, size_t l)
{
    const gm_pass_layer *layer = &w->bound->layers[l];
    return w->batch->rule->apply ? layer->tile_rows : layer->view.w.rows;
}

static size_t parts_of(const gm_worker *w, size_t l, gm_block block)
{
    return gm_part_count(w->bound->backend->storage, block, most_outputs(w, l));
}

static void update_one(const gm_worker *w, size_t l, gm_block block, size_t index)
{
    const gm_mat m = w->bound->layers[l].view.w;
    update_part(w, l,
                gm_part_at(w->bound->backend->storage, m.cols, m.rows, block, most_outputs(w, l), index));
}

void gm_update_block(const gm_worker *w, size_t l, gm_block block)
{
    const size_t parts = parts_of(w, l, block);
    for (size_t i = 0; i < parts; i++)
        update_one(w, l, block, i);
}

/* Outputs are divided in whole grains. If there are too few grains for the threads, some threads would have
 * no work. */
bool gm_is_by_outputs(const gm_bound *b, size_t l, size_t threads)
{
    if (!b->backend->parts_by_input)
        return true;
    const size_t grains = gm_pieces(b->layers[l].view.w.rows, gm_output_grain(b));
    return grains % threads == 0 || grains >= 4 * threads;
}

gm_block gm_own_block(const gm_bound *b, size_t l, size_t thread, size_t threads)
{
    const gm_mat m = b->layers[l].view.w;
    if (!gm_is_by_outputs(b, l, threads))
        return (gm_block){gm_all(m.rows), gm_own_inputs(b, l, thread, threads)};
    return (gm_block){gm_own_outputs(b, l, thread, threads), gm_all(m.cols)};
}

void gm_update_layer(const gm_worker *w, size_t l)
{
    gm_update_biases(w, l);
    gm_update_block(w, l, gm_own_block(w->bound, l, w->thread, w->batch->plan.threads));
}

/* Updates those parts of the owner's weights that no thread has begun, from the last layer to the first. */
static void update_parts_of(const gm_worker *w, size_t owner)
{
    size_t before = 0; /* number of parts of the layers behind this one */
    for (size_t l = w->bound->layer_count; l-- > 0;) {
        const gm_block own = gm_own_block(w->bound, l, owner, w->batch->plan.threads);
        const size_t end = before + parts_of(w, l, own);
        for (size_t part; gm_team_take(w->bound->team, owner, end, &part);)
            update_one(w, l, own, part - before);
        before = end;
    }
}

/* BP4 and the update of all layers by one thread, in the same order. */
static void update_alone(const gm_worker *w)
{
    for (size_t l = w->bound->layer_count; l-- > 0;) {
        const gm_mat m = w->bound->layers[l].view.w;
        gm_update_block(w, l, (gm_block){gm_all(m.rows), gm_all(m.cols)});
    }
}

void gm_update(const gm_worker *w)
{
    const size_t threads = w->batch->plan.threads;
    for (size_t l = w->bound->layer_count; l-- > 0;)
        gm_update_biases(w, l);
    if (threads == 1) {
        update_alone(w);
        return;
    }
    for (size_t i = 0; i < threads; i++)
        update_parts_of(w, (w->thread + i) % threads);
}

/* One step of the optimizer from a gradient that the caller gives. Together with the computation of a
 * gradient it makes a step in two halves.
 *
 * The work is partitioned by weights as in update_tmpl.c, part by part, and the optimizer's rule is the same;
 * only BP4 is missing. If the backend keeps the weights in a layout of its own, each part of the gradient is
 * first converted to that layout, in the thread's tile. Threads do not take parts from each other, because
 * parts of equal size take equal time here. */
#include "nn/pass.h"

static void apply(const gm_worker *w, const gm_step_constants *c, size_t index, size_t count, const REAL *g)
{
    const gm_bound *b = w->bound;
    w->batch->rule->apply_given(c, count, b->parameters + index, (REAL *)g, b->state + index,
                                b->state + b->next_copy + index);
    gm_average(w, index, count);
}

/* One part of W. A part of a row-major W has all of its inputs, so its gradient lies in one piece. */
static void apply_part(const gm_worker *w, size_t l, gm_part part)
{
    const gm_bound *b = w->bound;
    const gm_layer *block = &b->network->layers[l];
    const size_t first = block->weights + part.outputs.first * block->inputs + part.inputs.first;
    const gm_mat given = {w->batch->gradient + first, part.outputs.count, part.inputs.count, block->inputs};
    const REAL *g = given.data;
    if (b->backend->storage->own) {
        b->backend->pack_part(given, w->tile, part.ld);
        g = w->tile;
    }
    apply(w, &w->batch->weight_constants, b->layers[l].weights + part.index, part.count, g);
}

static void apply_weights(const gm_worker *w, size_t l)
{
    const gm_storage *storage = w->bound->backend->storage;
    const gm_pass_layer *layer = &w->bound->layers[l];
    const gm_mat m = layer->view.w;
    const gm_block own = gm_own_block(w->bound, l, w->thread, w->batch->plan.threads);
    const size_t parts = gm_part_count(storage, own, layer->tile_rows);
    for (size_t i = 0; i < parts; i++)
        apply_part(w, l, gm_part_at(storage, m.cols, m.rows, own, layer->tile_rows, i));
}

static void apply_biases(const gm_worker *w, size_t l)
{
    const gm_bound *b = w->bound;
    const gm_range own = gm_own_biases(b, l, w->thread, w->batch->plan.threads);
    if (own.count > 0 && b->optimizer->freeze_bias)
        gm_average(w, b->layers[l].biases + own.first, own.count);
    else if (own.count > 0)
        apply(w, &w->batch->bias_constants, b->layers[l].biases + own.first, own.count,
              w->batch->gradient + b->network->layers[l].biases + own.first);
}

void gm_apply_gradient(const gm_worker *w)
{
    for (size_t l = w->bound->layer_count; l-- > 0;) {
        TIMED(w, l, GM_PHASE_BP3, apply_biases(w, l));
        TIMED(w, l, GM_PHASE_UPDATE, apply_weights(w, l));
    }
}

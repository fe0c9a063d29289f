/* BP1 and BP2: the deltas, D = dC/dZ, from the output layer back to the first layer. As in the forward pass,
 * each function works on a block. The cost is the mean over the batch, so BP1 multiplies by 1/n once for all
 * layers; by w / sum w if the rows have weights.
 *
 * A step of few rows does little arithmetic with each weight: its time is the time in which W comes from
 * memory. For such a step BP2 goes through W in slabs of outputs, and BP4 and the update of a slab can follow
 * while the slab is in cache. It begins with the last slab, because the forward pass has just left that in
 * cache, and it ends with the first one, with which the next forward pass begins. */
#include "nn/pass.h"

/* BP1: D_L = dC/dA (.) f'(Z)               n x out */
void gm_output_delta(const gm_worker *w, gm_range rows)
{
    const gm_bound *b = w->bound;
    const size_t l = b->layer_count - 1;
    const gm_pass_layer *out = &b->layers[l];
    const gm_mat a = gm_rows(out->a, rows.first, rows.count), d = gm_rows(out->d, rows.first, rows.count);
    const gm_mat y = gm_rows(w->batch->y, rows.first, rows.count);
    TIMED(w, l, GM_PHASE_LOSS, b->loss->delta(a, y, w->batch->scale, d));
    if (w->batch->weights.data)
        TIMED(w, l, GM_PHASE_LOSS, gm_scale_rows(gm_rows(w->batch->weights, rows.first, rows.count), d));
    if (!b->loss->from_z) /* otherwise the closed form of the loss contains f' */
        TIMED(w, l, GM_PHASE_LOSS, gm_chain(out, rows, gm_all(out->view.w.rows)));
}

void gm_scale_rows(gm_mat weights, gm_mat d)
{
    for (size_t r = 0; r < d.rows; r++) {
        const REAL weight = *gm_row(weights, r);
        for (size_t c = 0; c < d.cols; c++)
            gm_row(d, r)[c] *= weight;
    }
}

/* The first output of the slab that ends before output `end`. */
static size_t slab_before(const gm_worker *w, size_t end)
{
    const gm_backend *backend = w->bound->backend;
    return w->batch->rows <= backend->sweep.rows ? (end - 1) / backend->sweep.outputs * backend->sweep.outputs
                                                 : 0;
}

/* D_prev = D W + beta D_prev            n x in = (n x out)(out x in), over some outputs, for some inputs */
static void add_delta(const gm_worker *w, size_t l, gm_range rows, gm_block block, REAL beta)
{
    const gm_pass_layer *layer = &w->bound->layers[l];
    const gm_range outputs = block.outputs, inputs = block.inputs;
    const gm_layer_view view = gm_view_of(w, l, outputs);
    const gm_mat d = gm_cols(gm_rows(layer->d, rows.first, rows.count), outputs.first, outputs.count);
    const gm_mat d_prev = gm_cols(gm_rows(layer[-1].d, rows.first, rows.count), inputs.first, inputs.count);
    TIMED(w, l, GM_PHASE_BP2,
          w->bound->backend->hidden_delta(&view, d, inputs.first, beta, d_prev, w->scratch));
}

/* D_prev = D_prev (.) f'(Z_prev)        n x in; before that D_prev is dC/dA after dropout */
static void chain(const gm_worker *w, size_t l, gm_range rows, gm_range inputs)
{
    gm_drop_backward(w, l - 1, rows, inputs);
    TIMED(w, l - 1, GM_PHASE_BP2_FACTOR, gm_chain(&w->bound->layers[l - 1], rows, inputs));
}

/* BP2: D_prev = (D W) (.) f'(Z_prev)    n x in = (n x out)(out x in) */
void gm_hidden_delta(const gm_worker *w, size_t l, gm_range rows, gm_range inputs)
{
    const size_t out = w->bound->layers[l].view.w.rows;
    for (size_t end = out, first; end > 0; end = first) {
        first = slab_before(w, end);
        add_delta(w, l, rows, (gm_block){{first, end - first}, inputs}, end < out);
    }
    chain(w, l, rows, inputs);
}

bool gm_sweeps(const gm_bound *b, size_t rows, gm_plan plan)
{
    return rows <= b->backend->sweep.rows && (plan.threads == 1 || plan.by_weights);
}

void gm_sweep_layer(const gm_worker *w, size_t l, gm_range own)
{
    const size_t out = w->bound->layers[l].view.w.rows, at_once = w->bound->backend->sweep.inputs;
    const gm_range rows = gm_all(w->batch->rows);
    for (size_t end = out, first; end > 0; end = first) {
        first = slab_before(w, end);
        for (size_t i = 0; i < own.count; i += at_once) {
            const gm_block block = {{first, end - first}, {own.first + i, gm_min(at_once, own.count - i)}};
            if (l > 0) /* no layer before layer 1 needs a delta */
                add_delta(w, l, rows, block, end < out);
            gm_update_block(w, l, block);
        }
    }
    if (l > 0 && own.count > 0)
        chain(w, l, rows, own);
    gm_update_biases(w, l);
}

/* BP1 and BP2: the deltas, D = dC/dZ, from the output layer back to the first. Like the forward pass they
 * work on any block. C is the mean over the batch, so BP1 carries the factor 1/n once for all.
 *
 * Few rows wait for W rather than for its products. Then BP2 goes through W slab by slab of the outputs, and
 * BP4 and the update may follow in each slab while it is in cache. The last slab comes first: it is what the
 * forward pass has left there, and what the first leaves serves the next forward pass. */
#include "nn/pass.h"

/* BP1: D_L = dC/dA (.) f'(Z)               n x out */
void gm_output_delta(const gm_pass *p, gm_share rows, size_t thread)
{
    const size_t l = p->layer_count - 1;
    const gm_pass_layer *out = &p->layers[l];
    const gm_mat a = gm_rows(out->a, rows.first, rows.count);
    const gm_mat d = gm_rows(out->d, rows.first, rows.count), y = gm_rows(p->y, rows.first, rows.count);
    TIMED(p, thread, l, GM_PHASE_LOSS, p->loss->delta(a, y, 1 / (REAL)p->rows, d));
    if (!p->loss->from_z) /* otherwise the closed form has f' in it */
        TIMED(p, thread, l, GM_PHASE_LOSS, gm_chain(p, l, rows, gm_all(out->view.w.rows)));
}

/* Where the slab that ends before output `end` begins. */
static size_t slab_before(const gm_pass *p, size_t end)
{
    const size_t outputs = p->backend->sweep.outputs;
    return p->rows <= p->backend->sweep.rows ? (end - 1) / outputs * outputs : 0;
}

/* D_prev = D W + beta D_prev            n x in = (n x out)(out x in), over some outputs, for some inputs */
static void add_delta(const gm_pass *p, size_t l, gm_share rows, gm_share outputs, gm_share inputs, REAL beta,
                      size_t thread)
{
    const gm_pass_layer *layer = &p->layers[l];
    const gm_layer_view view = gm_view_outputs(&layer->view, outputs.first, outputs.count);
    const gm_mat d = gm_cols(gm_rows(layer->d, rows.first, rows.count), outputs.first, outputs.count);
    const gm_mat d_prev =
        gm_cols(gm_rows(p->layers[l - 1].d, rows.first, rows.count), inputs.first, inputs.count);
    TIMED(p, thread, l, GM_PHASE_BP2,
          p->backend->hidden_delta(&view, d, inputs.first, beta, d_prev,
                                   p->scratch + thread * p->scratch_size));
}

/* D_prev = D_prev (.) f'(Z_prev)        n x in */
static void chain(const gm_pass *p, size_t l, gm_share rows, gm_share inputs, size_t thread)
{
    TIMED(p, thread, l - 1, GM_PHASE_BP2_FACTOR, gm_chain(p, l - 1, rows, inputs));
}

/* BP2: D_prev = (D W) (.) f'(Z_prev)    n x in = (n x out)(out x in) */
void gm_hidden_delta(const gm_pass *p, size_t l, gm_share rows, gm_share inputs, size_t thread)
{
    const size_t out = p->layers[l].view.w.rows;
    for (size_t end = out, first; end > 0; end = first) {
        first = slab_before(p, end);
        add_delta(p, l, rows, (gm_share){first, end - first}, inputs, end < out, thread);
    }
    chain(p, l, rows, inputs, thread);
}

bool gm_sweeps(const gm_pass *p, size_t rows, gm_plan plan)
{
    return rows <= p->backend->sweep.rows && (plan.threads == 1 || plan.cuts_weights);
}

void gm_sweep_layer(const gm_pass *p, size_t l, gm_share own, size_t thread)
{
    const size_t out = p->layers[l].view.w.rows;
    const gm_share rows = gm_all(p->rows);
    for (size_t end = out, first; end > 0; end = first) {
        first = slab_before(p, end);
        const gm_share outputs = {first, end - first};
        for (size_t i = 0; i < own.count; i += p->backend->sweep.inputs) {
            const gm_share inputs = {own.first + i, gm_min(p->backend->sweep.inputs, own.count - i)};
            if (l > 0) /* layer 1 has nothing before it that could learn */
                add_delta(p, l, rows, outputs, inputs, end < out, thread);
            gm_update_block(p, l, (gm_block){outputs, inputs}, thread);
        }
    }
    if (l > 0 && own.count > 0)
        chain(p, l, rows, own, thread);
    gm_update_biases(p, l, thread);
}

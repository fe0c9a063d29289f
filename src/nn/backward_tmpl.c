/* BP1 and BP2: the deltas, D = dC/dZ, from the output layer back to the first. Like the forward pass they
 * work on any block. C is the mean over the batch, so BP1 carries the factor 1/n once for all. */
#include "nn/pass.h"

/* BP1: D_L = dC/dA (.) f'(Z)               n x out */
void T(gm_output_delta)(const gm_pass *p, gm_share rows, size_t thread)
{
    const size_t l = p->layer_count - 1;
    const gm_pass_layer *out = &p->layers[l];
    const gm_mat a = gm_rows(out->a, rows.first, rows.count);
    const gm_mat d = gm_rows(out->d, rows.first, rows.count), y = gm_rows(p->y, rows.first, rows.count);
    TIMED(p, thread, l, GM_PHASE_LOSS, p->loss->delta(a, y, 1 / (REAL)p->rows, d));
    if (!p->loss->from_z) /* otherwise the closed form has f' in it */
        TIMED(p, thread, l, GM_PHASE_LOSS, gm_chain(p, l, rows, gm_all(out->view.w.rows)));
}

/* BP2: D_prev = (D W) (.) f'(Z_prev)       n x in = (n x out)(out x in) */
void T(gm_hidden_delta)(const gm_pass *p, size_t l, gm_share rows, gm_share inputs, size_t thread)
{
    const gm_pass_layer *layer = &p->layers[l], *prev = &p->layers[l - 1];
    const gm_mat d = gm_rows(layer->d, rows.first, rows.count);
    const gm_mat d_prev = gm_cols(gm_rows(prev->d, rows.first, rows.count), inputs.first, inputs.count);
    REAL *scratch = p->scratch + thread * p->scratch_size;
    TIMED(p, thread, l, GM_PHASE_BP2,
          p->backend->hidden_delta(&layer->view, d, inputs.first, 0, d_prev, scratch)); /* D W */
    TIMED(p, thread, l - 1, GM_PHASE_BP2_FACTOR, gm_chain(p, l - 1, rows, inputs));     /* (.) f'(Z_prev) */
}

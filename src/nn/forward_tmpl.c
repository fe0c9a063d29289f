/* The forward pass. It works on any block of Z: some rows of the batch, some outputs. A thread that takes its
 * rows through all layers meets no other thread. */
#include "nn/pass.h"

/* D means nothing before BP1 and BP2 write it (but for padding): room for as many
 * numbers as a block of Z has, apart from that of every other block. NULL without deltas. */
static REAL *spare_room(const gm_pass *p, size_t l, gm_share rows, gm_share outputs)
{
    if (!p->learns || !p->backend->wants_spare)
        return NULL;
    return gm_row(p->layers[l].d, rows.first) + outputs.first * rows.count;
}

/* Z = A_prev W^T + 1 b^T and A = f(Z) of layer l; of the output layer only Z. */
void gm_forward_layer(const gm_pass *p, size_t l, gm_share rows, gm_share outputs, size_t thread)
{
    const gm_pass_layer *layer = &p->layers[l];
    const gm_mat a_prev = gm_rows(l > 0 ? p->layers[l - 1].a : p->x, rows.first, rows.count);
    const gm_mat z = gm_cols(gm_rows(layer->z, rows.first, rows.count), outputs.first, outputs.count);
    const gm_layer_view view = gm_view_outputs(&layer->view, outputs.first, outputs.count);
    /* Z = A_prev W^T + 1 b^T        n x out = (n x in)(out x in)^T */
    TIMED(p, thread, l, GM_PHASE_FORWARD,
          p->backend->forward(&view, a_prev, z, spare_room(p, l, rows, outputs)));
    if (l + 1 < p->layer_count)
        TIMED(p, thread, l, GM_PHASE_ACTIVATION, gm_apply(p, l, rows, outputs)); /* A = f(Z) */
}

double gm_output(const gm_pass *p, gm_share rows, size_t thread)
{
    const size_t l = p->layer_count - 1;
    const gm_pass_layer *out = &p->layers[l];
    const gm_mat z = gm_rows(out->z, rows.first, rows.count), a = gm_rows(out->a, rows.first, rows.count);
    const gm_mat y = p->judged ? gm_rows(p->y, rows.first, rows.count) : p->y;
    double loss = 0;
    if (p->judged && p->loss->from_z) { /* A = f(Z) comes with it */
        TIMED(p, thread, l, GM_PHASE_LOSS, loss = p->loss->value(z, y, a));
        return loss;
    }
    TIMED(p, thread, l, GM_PHASE_ACTIVATION, gm_apply(p, l, rows, gm_all(out->view.w.rows)));
    if (p->judged)
        TIMED(p, thread, l, GM_PHASE_LOSS, loss = p->loss->value(a, y, a));
    return loss;
}

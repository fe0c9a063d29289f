/* The forward pass. It works on any rows of the batch: a thread that takes its rows through all layers meets
 * no other thread. */
#include "nn/pass.h"

void T(gm_forward)(const gm_pass *p, gm_share rows, size_t thread)
{
    gm_mat a = gm_rows(p->x, rows.first, rows.count);
    for (size_t l = 0; l < p->layer_count; l++) {
        const gm_pass_layer *layer = &p->layers[l];
        const gm_mat z = gm_rows(layer->z, rows.first, rows.count);
        /* Z = A_prev W^T + 1 b^T        n x out = (n x in)(out x in)^T */
        TIMED(p, thread, l, GM_PHASE_FORWARD, p->backend->forward(&layer->view, a, z));
        a = gm_rows(layer->a, rows.first, rows.count);
        if (l + 1 < p->layer_count)
            TIMED(p, thread, l, GM_PHASE_ACTIVATION, gm_apply(p, l, rows)); /* A = f(Z) */
    }
}

double T(gm_output)(const gm_pass *p, gm_share rows, size_t thread)
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
    TIMED(p, thread, l, GM_PHASE_ACTIVATION, gm_apply(p, l, rows));
    if (p->judged)
        TIMED(p, thread, l, GM_PHASE_LOSS, loss = p->loss->value(a, y, a));
    return loss;
}

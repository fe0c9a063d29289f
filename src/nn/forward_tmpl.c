/* The forward pass: Z = A_prev W^T + 1 b^T and A = f(Z), layer by layer, and the loss. Each function works on
 * a block of Z, some rows of the batch and some outputs, because that is what a thread is given. A thread
 * that takes its rows through all layers needs no data from other threads. */
#include "nn/pass.h"

/* Memory that the backend may write over during forward, as large as the block of Z. It is the same block of
 * D, which has no meaning before BP1 and BP2 write it (except its padding). Blocks of different threads do
 * not overlap. NULL if the engine has no deltas. */
static REAL *spare_room(const gm_bound *b, size_t l, gm_range rows, gm_range outputs)
{
    if (!b->learns || !b->backend->wants_spare)
        return NULL;
    return gm_row(b->layers[l].d, rows.first) + outputs.first * rows.count;
}

/* Z = A_prev W^T + 1 b^T and A = f(Z) of layer l; of the output layer only Z. */
void gm_forward_layer(const gm_worker *w, size_t l, gm_range rows, gm_range outputs)
{
    const gm_bound *b = w->bound;
    const gm_pass_layer *layer = &b->layers[l];
    const gm_mat a_prev = gm_rows(gm_inputs_of(w, l), rows.first, rows.count);
    const gm_mat z = gm_cols(gm_rows(layer->z, rows.first, rows.count), outputs.first, outputs.count);
    const gm_layer_view view = gm_view_of(w, l, outputs);
    /* Z = A_prev W^T + 1 b^T        n x out = (n x in)(out x in)^T */
    TIMED(w, l, GM_PHASE_FORWARD, b->backend->forward(&view, a_prev, z, spare_room(b, l, rows, outputs)));
    if (l + 1 < b->layer_count)
        TIMED(w, l, GM_PHASE_ACTIVATION, gm_apply(layer, rows, outputs)); /* A = f(Z) */
    gm_drop_forward(w, l, rows, outputs);
}

/* The losses of rows that have weights, row by row. */
static double weighted(const gm_worker *w, size_t first, gm_mat outputs, gm_mat y, gm_mat a)
{
    double sum = 0;
    for (size_t r = 0; r < y.rows; r++)
        sum += (double)*gm_row(w->batch->weights, first + r) *
               w->bound->loss->value(gm_rows(outputs, r, 1), gm_rows(y, r, 1), gm_rows(a, r, 1));
    return sum;
}

/* The sum of the losses of these rows, which begin at row `first` of the batch. Without a backward pass the
 * sums of blocks of rows are stored instead: whatever rows a thread has, the same blocks are added in the
 * same order. */
static double value(const gm_worker *w, size_t first, gm_mat outputs, gm_mat y, gm_mat a)
{
    const gm_loss_kernel *loss = w->bound->loss;
    if (w->batch->weights.data)
        return weighted(w, first, outputs, y, a);
    if (w->batch->backward)
        return loss->value(outputs, y, a);
    for (size_t r = 0; r < y.rows; r += GM_ROW_GRAIN) {
        const size_t count = gm_min(GM_ROW_GRAIN, y.rows - r);
        w->batch->losses[(first + r) / GM_ROW_GRAIN] =
            loss->value(gm_rows(outputs, r, count), gm_rows(y, r, count), gm_rows(a, r, count));
    }
    return 0;
}

double gm_output(const gm_worker *w, gm_range rows)
{
    const gm_bound *b = w->bound;
    const size_t l = b->layer_count - 1;
    const gm_pass_layer *out = &b->layers[l];
    const bool judged = w->batch->judged;
    const gm_mat z = gm_rows(out->z, rows.first, rows.count), a = gm_rows(out->a, rows.first, rows.count);
    const gm_mat y = judged ? gm_rows(w->batch->y, rows.first, rows.count) : w->batch->y;
    double loss = 0;
    if (judged && b->loss->from_z) { /* the loop over the losses computes A = f(Z), too */
        TIMED(w, l, GM_PHASE_LOSS, loss = value(w, rows.first, z, y, a));
        return loss;
    }
    TIMED(w, l, GM_PHASE_ACTIVATION, gm_apply(out, rows, gm_all(out->view.w.rows)));
    if (judged)
        TIMED(w, l, GM_PHASE_LOSS, loss = value(w, rows.first, a, y, a));
    return loss;
}

/* Dropout (Srivastava et al. 2014), inverted as in PyTorch: a number becomes 0 with probability p and is
 * divided by 1 - p otherwise, so that nothing has to be scaled in predictions. For layer l with mask M, whose
 * elements are 0 or 1 / (1 - p):
 *
 *     forward    A = f(Z),  dropped = A (.) M             n x out       the next layer reads `dropped`
 *     BP2        D = ((D_next W_next) (.) M) (.) f'(Z)    n x out
 *
 * The mask is not stored. Both passes compute it from the place of each number (mask.h), which takes less
 * time than to write it and read it again. */
#include "base/vector.h"
#include "nn/mask.h"
#include "nn/pass.h"

/* The compiler makes a variant of this function for each instruction set (base/vector.h), which needs a name
 * of its own for each precision. */
#define drop_row GM_TYPED(drop_row)

/* `count` numbers of a row, from column `first` on. */
GM_VECTOR static void drop_row(const gm_dropout *dropout, uint64_t key, uint32_t first, uint32_t count,
                               const REAL *from, REAL *to)
{
    const uint32_t limit = dropout->limit;
    const REAL scale = dropout->scale;
#pragma omp simd
    for (uint32_t c = 0; c < count; c++)
        to[c] = gm_mask_bits(key, first + c) < limit ? 0 : scale * from[c];
}

gm_dropout gm_dropout_make(double probability)
{
    return (gm_dropout){.limit = gm_mask_limit(probability), .scale = (REAL)(1 / (1 - probability))};
}

/* to = from (.) M for a block of layer l; `to` may be `from`. */
static void drop(const gm_worker *w, size_t l, gm_mat from, gm_mat to, gm_range rows, gm_range cols)
{
    const gm_dropout *dropout = &w->bound->layers[l].dropout;
    for (size_t r = rows.first; r < rows.first + rows.count; r++) {
        const uint64_t key = gm_mask_of_row(w->batch->mask, l, w->batch->first_row + r);
        drop_row(dropout, key, (uint32_t)cols.first, (uint32_t)cols.count, gm_row(from, r) + cols.first,
                 gm_row(to, r) + cols.first);
    }
}

void gm_drop_forward(const gm_worker *w, size_t l, gm_range rows, gm_range outputs)
{
    const gm_pass_layer *layer = &w->bound->layers[l];
    if (gm_drops(w, l))
        TIMED(w, l, GM_PHASE_ACTIVATION, drop(w, l, layer->a, layer->dropped, rows, outputs));
}

void gm_drop_backward(const gm_worker *w, size_t l, gm_range rows, gm_range outputs)
{
    const gm_pass_layer *layer = &w->bound->layers[l];
    if (gm_drops(w, l))
        TIMED(w, l, GM_PHASE_BP2_FACTOR, drop(w, l, layer->d, layer->d, rows, outputs));
}

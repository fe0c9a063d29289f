/* The step of the optimizer from a gradient that was stored before: because its numbers have bounds, because
 * it is the sum over several batches, or because its norm must be known and norm_tmpl.c would take longer.
 *
 * The gradient stays in the layout in which the backend keeps the weights. So both passes over it go through
 * memory from end to end: the first sums up squares, the second reads G and W and writes W. Nothing is
 * converted, and G is not written again, because what is clipped goes through a block that stays in the L1
 * cache (docs/kernels.md counts the bytes). Bounds are those of PyTorch, so that the same numbers come out:
 *
 *     by value   g = min(max(g, -value), value)                       for each number
 *     by norm    G = G min(1, norm / (|G| + 1e-6))                    |G|: Euclidean norm over all layers
 *
 * (Pascanu, Mikolov and Bengio 2013, for the second.) With both, the numbers come first. Biases that are
 * frozen are 0 in the stored gradient and have no part in it. */
#include "base/memory.h"
#include "base/vector.h"
#include "nn/pass.h"

#include <math.h>

/* Numbers that are taken at a time. They are few enough for the L1 cache, and for sums of squares in the
 * precision of the gradient. A chunk is always the same numbers, whichever thread takes it. */
#define CHUNK 2048
#define LANES 32 /* sums side by side: one sum would have each addition wait for the one before */

/* The compiler makes a variant of these functions for each instruction set (base/vector.h), which needs a
 * name of its own for each precision. */
#define sum_of_squares GM_TYPED(sum_of_squares)
#define limited        GM_TYPED(limited)

size_t gm_square_chunks(size_t count)
{
    return gm_pieces(count, CHUNK);
}

/* g within [-most, most]; a NaN stays, so that training is seen to diverge. */
static inline REAL bounded(REAL g, REAL most)
{
    return g > most ? most : g < -most ? -most : g;
}

/* The sum of the squares of mean g, each of these numbers bounded. */
GM_VECTOR static REAL sum_of_squares(const REAL *restrict g, size_t count, REAL mean, REAL most)
{
    REAL sums[LANES] = {0}, sum = 0;
    const size_t whole = count / LANES * LANES;
    for (size_t i = 0; i < whole; i += LANES) {
#pragma omp simd
        for (size_t k = 0; k < LANES; k++) {
            const REAL one = bounded(mean * g[i + k], most);
            sums[k] += one * one;
        }
    }
    for (size_t i = whole; i < count; i++) {
        const REAL one = bounded(mean * g[i], most);
        sums[i - whole] += one * one;
    }
    for (size_t k = 0; k < LANES; k++)
        sum += sums[k];
    return sum;
}

/* The same in double precision, which holds the squares of all floats. */
static double wide_sum_of_squares(const REAL *g, size_t count, REAL mean, REAL most)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        const double one = (double)bounded(mean * g[i], most);
        sum += one * one;
    }
    return sum;
}

/* to = factor bounded(mean g) */
GM_VECTOR static void limited(const REAL *restrict g, size_t count, REAL mean, REAL most, REAL factor,
                              REAL *restrict to)
{
#pragma omp simd
    for (size_t i = 0; i < count; i++)
        to[i] = factor * bounded(mean * g[i], most);
}

static REAL most_of(const gm_stored_step *step)
{
    return step->value > 0 ? (REAL)step->value : (REAL)INFINITY;
}

void gm_square_stored(const gm_worker *w, const gm_stored_step *step)
{
    const gm_bound *b = w->bound;
    const REAL mean = (REAL)step->mean, most = most_of(step);
    const gm_range own = gm_team_range(gm_square_chunks(b->count), 1, w->thread, w->batch->plan.threads);
    for (size_t i = own.first; i < own.first + own.count; i++) {
        const REAL *g = b->stored + i * CHUNK;
        const size_t count = gm_min(CHUNK, b->count - i * CHUNK);
        const double sum = (double)sum_of_squares(g, count, mean, most);
        b->squares[i] = isfinite(sum) ? sum : wide_sum_of_squares(g, count, mean, most);
    }
}

/* What shortens the gradient to its bound; 1 if it is short enough. Every thread adds up all sums, in the
 * same order. */
static REAL factor_of(const gm_bound *b, const gm_stored_step *step)
{
    const size_t chunks = gm_square_chunks(b->count);
    double sum = 0;
    if (step->norm <= 0)
        return 1;
    for (size_t i = 0; i < chunks; i++)
        sum += b->squares[i];
    const double factor = step->norm / (sqrt(sum) + GM_NORM_GUARD);
    return factor >= 1 ? 1 : (REAL)factor; /* a NaN gets on, so that training is seen to diverge */
}

/* A thread's part of `count` numbers of one layer, which begin at `index` of the parameters. They are taken
 * from the end to the beginning, because the first pass, or BP4, has left what it wrote last in the cache. */
static void apply_range(const gm_worker *w, const gm_stored_step *step, REAL factor,
                        const gm_step_constants *c, gm_range range)
{
    const gm_bound *b = w->bound;
    const REAL mean = (REAL)step->mean, most = most_of(step);
    const bool as_it_is = factor == 1 && step->mean == 1 && step->value <= 0;
    REAL block[CHUNK];
    for (size_t left = range.count, count; left > 0; left -= count) {
        count = left % CHUNK ? left % CHUNK : CHUNK;
        const size_t at = range.first + left - count;
        REAL *g = b->stored + at;
        if (!as_it_is) {
            limited(g, count, mean, most, factor, block);
            g = block;
        }
        w->batch->rule->apply_given(c, count, b->parameters + at, g, b->state + at,
                                    b->state + b->next_copy + at);
        gm_average(w, at, count);
    }
}

static gm_range own_part(const gm_worker *w, size_t first, size_t count)
{
    gm_range own = gm_team_range(count, GM_LINE, w->thread, w->batch->plan.threads);
    own.first += first;
    return own;
}

void gm_apply_stored(const gm_worker *w, const gm_stored_step *step)
{
    const gm_bound *b = w->bound;
    const REAL factor = factor_of(b, step);
    for (size_t l = b->layer_count; l-- > 0;) {
        const gm_pass_layer *layer = &b->layers[l];
        const gm_mat m = layer->view.w;
        const size_t weights = b->backend->storage->weights(m.cols, m.rows);
        const gm_range biases = own_part(w, layer->biases, m.rows);
        if (b->optimizer->freeze_bias)
            gm_average(w, biases.first, biases.count);
        else
            TIMED(w, l, GM_PHASE_BP3, apply_range(w, step, factor, &w->batch->bias_constants, biases));
        TIMED(
            w, l, GM_PHASE_UPDATE,
            apply_range(w, step, factor, &w->batch->weight_constants, own_part(w, layer->weights, weights)));
    }
}

/* The norm of the gradient, before there is a gradient. G_l = D_l^T A_{l-1} is a sum over rows, so that with
 * the row d_r of D_l and the row a_r of A_{l-1}
 *
 *     |G_l|^2 = sum over rows r, s of (d_r . d_s) (a_r . a_s)     |gb_l|^2 = sum over r, s of (d_r . d_s)
 *
 * which are n^2 (in + out) operations, because the sums are symmetric, where BP4 has 2 n in out: few for a
 * layer that is wide and a batch that is not. Nothing of the size of W is read or written. If the norm is
 * above its bound, all D are multiplied by
 *
 *     min(1, bound / (|G| + 1e-6))                 |G|: over all layers; Pascanu, Mikolov and Bengio 2013
 *
 * and the step goes on as any other. (A gradient whose numbers have bounds of their own, or that is held over
 * several batches, is stored: stored_tmpl.c.) The rounding error of |G|^2 is that of a sum of squares of the
 * gradients of single rows: if these nearly cancel each other, the norm has fewer digits.
 *
 * Rows are taken in blocks of BLOCK. Each block has one sum for each layer, whichever thread makes it, so
 * that the norm is the same for every number of threads. */
#include "base/vector.h"
#include "nn/pass.h"

#include <math.h>

#define BLOCK 4

/* Vectors as wide as those of AVX-512; elsewhere the compiler divides them. */
#define BYTES 64
#define LANES (BYTES / (int)sizeof(REAL))
typedef REAL vec __attribute__((vector_size(BYTES)));
typedef REAL vec_at __attribute__((vector_size(BYTES), aligned(sizeof(REAL)), may_alias));

#if defined(__clang__) /* it accepts the pragma of gcc, but ignores it */
#define UNROLLED _Pragma("clang loop unroll(full)")
#else
#define UNROLLED _Pragma("GCC unroll 4")
#endif

/* The compiler makes a variant of this function for each instruction set (base/vector.h), which needs a name
 * of its own for each precision. */
#define multiply_rows GM_TYPED(multiply_rows)

/* BLOCK rows of a matrix; those beyond its end are the first row of the block once more. */
typedef struct row_block {
    const REAL *row[BLOCK];
    size_t first, count;
} row_block;

static row_block rows_at(gm_mat m, size_t first)
{
    row_block block = {.first = first, .count = gm_min(BLOCK, m.rows - first)};
    for (size_t r = 0; r < BLOCK; r++)
        block.row[r] = gm_row(m, first + (r < block.count ? r : 0));
    return block;
}

/* to[r][s] = x_r . y_s over `count` numbers. */
GM_VECTOR static void multiply_rows(const row_block *x, const row_block *y, size_t count,
                                    REAL to[BLOCK][BLOCK])
{
    vec sums[BLOCK][BLOCK] = {{{0}}};
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        vec right[BLOCK];
        UNROLLED for (size_t s = 0; s < BLOCK; s++) right[s] = *(const vec_at *)(y->row[s] + i);
        UNROLLED for (size_t r = 0; r < BLOCK; r++)
        {
            const vec left = *(const vec_at *)(x->row[r] + i);
            UNROLLED for (size_t s = 0; s < BLOCK; s++) sums[r][s] += left * right[s];
        }
    }
    for (size_t r = 0; r < BLOCK; r++) {
        for (size_t s = 0; s < BLOCK; s++) {
            REAL sum = 0;
            for (size_t k = 0; k < LANES; k++)
                sum += sums[r][s][k];
            for (size_t k = i; k < count; k++)
                sum += x->row[r][k] * y->row[s][k];
            to[r][s] = sum;
        }
    }
}

/* The same in double precision, which holds the products of all floats. (Those that are so small that they
 * are flushed to 0 are nothing beside GM_NORM_GUARD.) */
static double multiply_wide(const REAL *x, const REAL *y, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)x[i] * (double)y[i];
    return sum;
}

/* What the norm of a layer is computed from. */
typedef struct factors {
    gm_mat d, a;
    double bias; /* 1 if the biases have a part in the norm, or 0 */
} factors;

static factors factors_of(const gm_worker *w, size_t l)
{
    const gm_mat d = w->bound->layers[l].d, a = gm_inputs_of(w, l);
    const size_t n = w->batch->rows;
    return (factors){gm_rows(d, 0, n), gm_rows(a, 0, n), w->bound->optimizer->freeze_bias ? 0 : 1};
}

/* The sum over the rows of one block and those of another one. */
static double square_pair(const factors *f, size_t first, size_t second)
{
    const row_block d = rows_at(f->d, first), e = rows_at(f->d, second);
    const row_block a = rows_at(f->a, first), b = rows_at(f->a, second);
    REAL of_d[BLOCK][BLOCK], of_a[BLOCK][BLOCK];
    double sum = 0;
    multiply_rows(&d, &e, f->d.cols, of_d);
    multiply_rows(&a, &b, f->a.cols, of_a);
    for (size_t r = 0; r < d.count; r++)
        for (size_t s = 0; s < e.count; s++)
            sum += (double)of_d[r][s] * ((double)of_a[r][s] + f->bias);
    return sum;
}

static double square_pair_wide(const factors *f, size_t first, size_t second)
{
    const size_t rows = gm_min(BLOCK, f->d.rows - first), others = gm_min(BLOCK, f->d.rows - second);
    double sum = 0;
    for (size_t r = first; r < first + rows; r++)
        for (size_t s = second; s < second + others; s++)
            sum += multiply_wide(gm_row(f->d, r), gm_row(f->d, s), f->d.cols) *
                   (multiply_wide(gm_row(f->a, r), gm_row(f->a, s), f->a.cols) + f->bias);
    return sum;
}

size_t gm_norm_blocks(size_t rows)
{
    return gm_pieces(rows, BLOCK);
}

/* The sums of the thread's blocks, each with itself and, twice for the sake of symmetry, with those behind
 * it. Threads take blocks by turns, because the first ones have most behind them. */
static void square_blocks(const gm_worker *w, double (*square)(const factors *f, size_t first, size_t second))
{
    const gm_bound *b = w->bound;
    const size_t rows = w->batch->rows, blocks = gm_norm_blocks(rows), threads = w->batch->plan.threads;
    for (size_t l = 0; l < b->layer_count; l++) {
        const factors f = factors_of(w, l);
        for (size_t i = (w->thread + l) % threads; i < blocks; i += threads) {
            double sum = square(&f, i * BLOCK, i * BLOCK);
            for (size_t j = i + 1; j < blocks; j++)
                sum += 2 * square(&f, i * BLOCK, j * BLOCK);
            b->squares[l * blocks + i] = sum;
        }
    }
}

/* Every thread adds up all sums, in the same order. */
static double norm_of(const gm_worker *w)
{
    const size_t count = w->bound->layer_count * gm_norm_blocks(w->batch->rows);
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += w->bound->squares[i];
    return sqrt(sum < 0 ? 0 : sum); /* rounding can make it a little less than 0 */
}

void gm_norm_square(const gm_worker *w)
{
    square_blocks(w, square_pair);
}

bool gm_norm_overflows(const gm_worker *w)
{
    return !isfinite(norm_of(w));
}

void gm_norm_square_wide(const gm_worker *w)
{
    square_blocks(w, square_pair_wide);
}

void gm_norm_limit(const gm_worker *w)
{
    const gm_bound *b = w->bound;
    const double factor = w->batch->norm / (norm_of(w) + GM_NORM_GUARD);
    const gm_range own = gm_team_range(w->batch->rows, GM_ROW_GRAIN, w->thread, w->batch->plan.threads);
    if (factor >= 1)
        return;
    for (size_t l = 0; l < b->layer_count; l++) { /* a NaN gets on, so that training is seen to diverge */
        const gm_mat d = gm_rows(b->layers[l].d, own.first, own.count);
        for (size_t r = 0; r < d.rows; r++)
            for (size_t c = 0; c < d.cols; c++)
                gm_row(d, r)[c] *= (REAL)factor;
    }
}

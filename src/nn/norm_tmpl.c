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

/* Rows that a block is multiplied with before the other matrix has its turn: they stay in the L2 cache. */
#define STRETCH 64

/* Vectors as wide as those of AVX-512; elsewhere the compiler divides them. */
#define BYTES 64
#define LANES (BYTES / (int)sizeof(REAL))
typedef REAL vec __attribute__((vector_size(BYTES)));
typedef REAL vec_at __attribute__((vector_size(BYTES), aligned(sizeof(REAL)), may_alias));
typedef REAL quarter __attribute__((vector_size(BYTES / 4)));

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
} row_block;

static row_block rows_at(gm_mat m, size_t first)
{
    row_block block;
    for (size_t r = 0; r < BLOCK; r++)
        block.row[r] = gm_row(m, first + r < m.rows ? first + r : first);
    return block;
}

/* By address, because a caller that is compiled for other instructions would pass the vector itself in
 * another register. */
static inline REAL add_lanes(const vec *v)
{
    const union {
        vec whole;
        quarter parts[4];
    } u = {*v};
    const quarter sums = (u.parts[0] + u.parts[1]) + (u.parts[2] + u.parts[3]);
    REAL sum = 0;
    for (size_t k = 0; k < LANES / 4; k++)
        sum += sums[k];
    return sum;
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
    UNROLLED for (size_t r = 0; r < BLOCK; r++)
    {
        UNROLLED for (size_t s = 0; s < BLOCK; s++) to[r][s] = add_lanes(&sums[r][s]);
    }
    for (; i < count; i++) {
        for (size_t r = 0; r < BLOCK; r++)
            for (size_t s = 0; s < BLOCK; s++)
                to[r][s] += x->row[r][i] * y->row[s][i];
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

/* The products of some rows with the rows of a block. */
typedef REAL products[STRETCH / BLOCK][BLOCK][BLOCK];

/* The block of rows `first` times the rows from `begin` to `end`. */
static void multiply_block(gm_mat m, size_t first, size_t begin, size_t end, products to)
{
    const row_block own = rows_at(m, first);
    for (size_t other = begin; other < end; other += BLOCK) {
        const row_block others = rows_at(m, other);
        multiply_rows(&own, &others, m.cols, to[(other - begin) / BLOCK]);
    }
}

/* The sum over the rows of one block and all rows from `begin` to `end`, at most STRETCH. */
static double square_stretch(const factors *f, size_t first, size_t begin, size_t end)
{
    const size_t rows = gm_min(BLOCK, f->d.rows - first);
    products of_d, of_a;
    double sum = 0;
    multiply_block(f->d, first, begin, end, of_d);
    multiply_block(f->a, first, begin, end, of_a);
    for (size_t other = begin; other < end; other++) {
        const size_t block = (other - begin) / BLOCK, s = (other - begin) % BLOCK;
        for (size_t r = 0; r < rows; r++)
            sum += (double)of_d[block][r][s] * ((double)of_a[block][r][s] + f->bias);
    }
    return sum;
}

static double square_stretch_wide(const factors *f, size_t first, size_t begin, size_t end)
{
    const size_t rows = gm_min(BLOCK, f->d.rows - first);
    double sum = 0;
    for (size_t r = first; r < first + rows; r++)
        for (size_t s = begin; s < end; s++)
            sum += multiply_wide(gm_row(f->d, r), gm_row(f->d, s), f->d.cols) *
                   (multiply_wide(gm_row(f->a, r), gm_row(f->a, s), f->a.cols) + f->bias);
    return sum;
}

typedef double square_function(const factors *f, size_t first, size_t begin, size_t end);

/* The sum of a block with itself and, twice for the sake of symmetry, with the rows behind it. */
static double square_block(const factors *f, size_t first, square_function *square)
{
    const size_t rows = f->d.rows, behind = gm_min(first + BLOCK, rows);
    double sum = square(f, first, first, behind);
    for (size_t begin = behind; begin < rows; begin += STRETCH)
        sum += 2 * square(f, first, begin, gm_min(begin + STRETCH, rows));
    return sum;
}

size_t gm_norm_blocks(size_t rows)
{
    return gm_pieces(rows, BLOCK);
}

/* Computes the sum of each block that is this thread's. Threads take blocks by turns, because a block is
 * multiplied with all rows behind it, so that the first ones are the most work. */
static void square_blocks(const gm_worker *w, square_function *square)
{
    const gm_bound *b = w->bound;
    const size_t blocks = gm_norm_blocks(w->batch->rows), threads = w->batch->plan.threads;
    for (size_t l = 0; l < b->layer_count; l++) {
        const factors f = factors_of(w, l);
        for (size_t i = (w->thread + l) % threads; i < blocks; i += threads)
            b->squares[l * blocks + i] = square_block(&f, i * BLOCK, square);
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
    square_blocks(w, square_stretch);
}

bool gm_norm_overflows(const gm_worker *w)
{
    return !isfinite(norm_of(w));
}

void gm_norm_square_wide(const gm_worker *w)
{
    square_blocks(w, square_stretch_wide);
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

/* The micro-kernel of backend `packed`: one tile of C, held in registers while k outer products are added to
 * it.
 *
 *     C = BASE + L R + beta C              rows x width = (rows x k)(k x width)
 *
 *                    R: k x width, read in whole vectors
 *                    +-----------------+
 *                    | r0 | r1 | r2 |..|  one row of R for each k
 *                    +-----------------+
 *     L: rows x k    C: rows x width, `rows` x `vectors` registers
 *     +---+          +-----------------+
 *     | l |  ------> | += l in every lane, times each vector of that row of R
 *     +---+          +-----------------+
 *
 * Single numbers of L are read and copied to all lanes of a vector. So L may lie by its rows or by its
 * columns, and a transposed L costs nothing. BASE is one row that is the same for all rows of C (a bias, with
 * distance 0), or has rows as C has, or is NULL. If beta is 0, C is not read.
 *
 * A sum begins with BASE. If a long sum is divided into several calls, and each gets the result so far as its
 * BASE, then the result has the same bits wherever it was divided. beta C is added last: then no multiply-add
 * waits for the load of C, and the load does not wait for the stores of the tile before. There is one
 * exception. When k is small and beta is 1, C is used as the initial value of the sum (BASE). This saves one
 * addition per element, which matters beside so few multiply-adds.
 *
 * BP4 is the product whose L lies by its columns. There C and R have rows exactly as wide as the tile, and
 * BASE is either NULL or C, so that distances are constants for the compiler. The step of momentum may follow
 * (gm_descent): C is then the velocity V, and W changes while V is in registers.
 *
 * Loops over a tile have constant bounds and are unrolled completely; what remains in the assembly are
 * multiply-adds on registers. docs/kernels.md has the sizes of tiles and what was measured. For *_tmpl.c
 * only. */
#ifndef GM_BACKEND_TILE_H
#define GM_BACKEND_TILE_H

#include "backend/backend.h"
#include "backend/vectors.h"

#include <stdbool.h>

/* Width of the widest tile in vectors: as many as the registers of the instruction set allow. */
#if VECTOR_BYTES == 64 || defined(__aarch64__)
#define TILE_VECTORS 4
#else
#define TILE_VECTORS 2
#endif

/* Rows of a tile, by its width in vectors. The accumulators take 24 of 32 registers, or 12 of 16; the rest is
 * for a row of R and a number of L.
 * When k is at most FEW_K, tiles of BP4 are lower, because loading and storing a high tile takes longer than
 * the multiplications of the next tile can hide. They must not be too low either: a core needs enough
 * independent sums to keep its multiply-add units busy (docs/kernels.md). */
#define FEW_K 32
#if TILE_VECTORS == 4
#define MOST_ROWS 12
static const unsigned char rows_of_tile[] = {12, 12, 8, 6}, rows_of_few_k[] = {6, 5, 4, 4};
#else
#define MOST_ROWS 8
static const unsigned char rows_of_tile[] = {8, 6}, rows_of_few_k[] = {8, 6};
#endif

/* Memory to prefetch while a tile is computed. The requests are spread over all k, because a core can have
 * only a few loads on their way: a burst of requests for distant memory would keep the loads of the kernel
 * itself waiting. */
struct ahead {
    const char *at; /* where to begin; if L comes in pieces, so does this */
    size_t row;     /* bytes for each row of C; the next tile continues where this one ended */
    size_t k;       /* bytes from one k to the next; 0: nothing is prefetched */
};

/* What a tile computes. If L lies by its rows, it may come in several pieces of the same size, one for each
 * band that it crosses; R continues from piece to piece. */
struct tile {
    const REAL *l;
    size_t l_row, l_k; /* distances in L: l_k is 1 if it lies by its rows, l_row is 1 if by its columns */
    size_t l_piece;    /* from one piece to the next */
    const REAL *r;
    size_t r_k;
    REAL *c;
    size_t c_row;
    const REAL *base; /* or NULL */
    size_t base_row;
    REAL beta;
    size_t k, pieces; /* k of each piece, and how many pieces */
    struct ahead ahead;
    gm_descent descent; /* for weights that lie as C does and are prefetched with it; w is NULL: none */
};

/* sum = BASE, or 0 */
ALWAYS void tile_begin(const int rows, const int vectors, const struct tile *t,
                       vec sum[MOST_ROWS][TILE_VECTORS])
{
    UNROLLED for (int i = 0; i < rows; i++)
    {
        UNROLLED for (int j = 0; j < vectors; j++) sum[i][j] =
            t->base ? load(t->base + (size_t)i * t->base_row + j * LANES) : spread(0);
    }
}

/* sum += L R for one tile, in registers. This is the loop in which most of a training step is spent. */
ALWAYS void tile_multiply(const int rows, const int vectors, const struct tile *t, const bool by_columns,
                          const bool fetches, const bool descends, vec sum[MOST_ROWS][TILE_VECTORS])
{
    const REAL *r = t->r;
    const char *weights = descends ? (const char *)t->descent.w + (t->ahead.at - (const char *)t->c) : NULL;
    for (size_t piece = 0; piece < t->pieces; piece++) {
        const REAL *l = t->l + piece * t->l_piece;
        const char *ahead = t->ahead.at + piece * t->l_piece * sizeof(REAL);
        /* Unrolled by four: loop instructions cost time where two hardware threads share a core. */
        BY_FOUR for (size_t k = 0; k < t->k; k++, l += t->l_k, r += t->r_k, ahead += t->ahead.k)
        {
            vec right[TILE_VECTORS];
            if (fetches) { /* a prefetch beyond the end of the matrix is harmless */
                __builtin_prefetch(ahead);
                if (descends) {
                    __builtin_prefetch(weights);
                    weights += t->ahead.k;
                }
                if (by_columns) /* the next cache lines of these columns */
                    __builtin_prefetch(l + 64 / sizeof(REAL));
            }
            UNROLLED for (int j = 0; j < vectors; j++) right[j] = load(r + j * LANES);
            UNROLLED for (int i = 0; i < rows; i++)
            {
                const vec left = spread(l[(size_t)i * t->l_row]);
                UNROLLED for (int j = 0; j < vectors; j++) sum[i][j] += left * right[j];
            }
        }
    }
}

/* C = sum, or sum + C, or sum + beta C */
ALWAYS void tile_store(const int rows, const int vectors, const struct tile *t, const bool adds,
                       const bool scales, vec sum[MOST_ROWS][TILE_VECTORS])
{
    const vec beta = spread(t->beta);
    REAL *c = t->c;
    UNROLLED for (int i = 0; i < rows; i++, c += t->c_row)
    {
        UNROLLED for (int j = 0; j < vectors; j++)
        {
            REAL *to = c + j * LANES;
            store(to, scales ? sum[i][j] + beta * load(to) : adds ? sum[i][j] + load(to) : sum[i][j]);
        }
    }
}

/* C = sum + beta C. A multiply-add takes time away from those of the product. An addition, which is enough if
 * beta is 1, has units of its own on some processors. */
ALWAYS void tile_end(const int rows, const int vectors, const struct tile *t,
                     vec sum[MOST_ROWS][TILE_VECTORS])
{
    if (t->beta == 0)
        tile_store(rows, vectors, t, false, false, sum);
    else if (t->beta == 1)
        tile_store(rows, vectors, t, true, false, sum);
    else
        tile_store(rows, vectors, t, false, true, sum);
}

/* C = sum + beta C + l2 W;  W = keep W - rate C
 * `decays` is false if l2 is 0 and keep is 1: then two multiplications are left out. */
ALWAYS void tile_descend(const int rows, const int vectors, const struct tile *t, const bool decays,
                         vec sum[MOST_ROWS][TILE_VECTORS])
{
    const vec beta = spread(t->beta), l2 = spread(t->descent.l2);
    const vec keep = spread(t->descent.keep), rate = spread(t->descent.rate);
    REAL *c = t->c, *w = t->descent.w;
    UNROLLED for (int i = 0; i < rows; i++, c += t->c_row, w += t->c_row)
    {
        UNROLLED for (int j = 0; j < vectors; j++)
        {
            const vec weights = load(w + j * LANES);
            vec velocity = sum[i][j] + beta * load(c + j * LANES);
            if (decays)
                velocity += l2 * weights;
            store(c + j * LANES, velocity);
            store(w + j * LANES, (decays ? keep * weights : weights) - rate * velocity);
        }
    }
}

/* Computes one tile of C. */
ALWAYS void tile_of(const int rows, const int vectors, const struct tile *t, const bool by_columns,
                    const bool fetches, const bool descends)
{
    vec sum[MOST_ROWS][TILE_VECTORS];
    tile_begin(rows, vectors, t, sum);
    tile_multiply(rows, vectors, t, by_columns, fetches, descends, sum);
    if (descends && t->descent.l2 == 0 && t->descent.keep == 1)
        tile_descend(rows, vectors, t, false, sum);
    else if (descends)
        tile_descend(rows, vectors, t, true, sum);
    else
        tile_end(rows, vectors, t, sum);
}

/* The tile that begins `rows` rows further down. */
ALWAYS struct tile below(struct tile t, size_t rows)
{
    t.l += rows * t.l_row;
    t.c += rows * t.c_row;
    if (t.base)
        t.base += rows * t.base_row;
    t.ahead.at += rows * t.ahead.row;
    if (t.descent.w)
        t.descent.w += rows * t.c_row;
    return t;
}

/* Computes `count` tiles of the same size, one below the other. It works on a copy of the description: the
 * compiler must assume that a store to C changes *first, and would read every field again after it. Fields
 * that are set here are constants for the compiler. */
ALWAYS void tiles_below(const int rows, const int vectors, const struct tile *first, size_t count,
                        const bool by_columns, const bool fetches, const bool descends)
{
    struct tile t = *first;
    if (by_columns) {
        t.l_row = t.pieces = 1;
        t.r_k = t.c_row = t.base_row = (size_t)(vectors * LANES);
        if (t.base)
            t.base = t.c;
    } else {
        t.l_k = 1;
    }
    for (; count > 0; count--, t = below(t, (size_t)rows))
        tile_of(rows, vectors, &t, by_columns, fetches, descends);
}

/* If L has only one column, both answers are right. */
static inline bool lies_by_columns(const struct tile *t)
{
    return t->l_k != 1;
}

ALWAYS void tiles_either_way(const int rows, const int vectors, const struct tile *first, size_t count)
{
    if (first->descent.w) {
        tiles_below(rows, vectors, first, count, true, true, true);
    } else if (lies_by_columns(first)) {
        if (first->ahead.k > 0)
            tiles_below(rows, vectors, first, count, true, true, false);
        else
            tiles_below(rows, vectors, first, count, true, false, false);
    } else {
        if (first->ahead.k > 0)
            tiles_below(rows, vectors, first, count, false, true, false);
        else
            tiles_below(rows, vectors, first, count, false, false, false);
    }
}

#define TILE(R, V)                                                                                           \
    static void tile_##R##x##V(const struct tile *first, size_t count)                                       \
    {                                                                                                        \
        tiles_either_way(R, V, first, count);                                                                \
    }
/* One function for each size: tiles[v - 1][r - 1] computes tiles of r rows and v vectors. */
/* clang-format off */
TILE(1, 1) TILE(2, 1) TILE(3, 1) TILE(4, 1) TILE(5, 1) TILE(6, 1) TILE(7, 1) TILE(8, 1)
TILE(1, 2) TILE(2, 2) TILE(3, 2) TILE(4, 2) TILE(5, 2) TILE(6, 2)
#if TILE_VECTORS == 4
TILE(9, 1) TILE(10, 1) TILE(11, 1) TILE(12, 1)
TILE(7, 2) TILE(8, 2) TILE(9, 2) TILE(10, 2) TILE(11, 2) TILE(12, 2)
TILE(1, 3) TILE(2, 3) TILE(3, 3) TILE(4, 3) TILE(5, 3) TILE(6, 3) TILE(7, 3) TILE(8, 3)
TILE(1, 4) TILE(2, 4) TILE(3, 4) TILE(4, 4) TILE(5, 4) TILE(6, 4)
    /* clang-format on */
    static void (*const tiles[TILE_VECTORS][MOST_ROWS])(const struct tile *, size_t) = {
        {tile_1x1, tile_2x1, tile_3x1, tile_4x1, tile_5x1, tile_6x1, tile_7x1, tile_8x1, tile_9x1, tile_10x1,
         tile_11x1, tile_12x1},
        {tile_1x2, tile_2x2, tile_3x2, tile_4x2, tile_5x2, tile_6x2, tile_7x2, tile_8x2, tile_9x2, tile_10x2,
         tile_11x2, tile_12x2},
        {tile_1x3, tile_2x3, tile_3x3, tile_4x3, tile_5x3, tile_6x3, tile_7x3, tile_8x3},
        {tile_1x4, tile_2x4, tile_3x4, tile_4x4, tile_5x4, tile_6x4}};
#else
        static void (*const tiles[TILE_VECTORS][MOST_ROWS])(const struct tile *, size_t) = {
            {tile_1x1, tile_2x1, tile_3x1, tile_4x1, tile_5x1, tile_6x1, tile_7x1, tile_8x1},
            {tile_1x2, tile_2x2, tile_3x2, tile_4x2, tile_5x2, tile_6x2}};
#endif

static inline size_t tile_height(const struct tile *t, size_t vectors)
{
    const bool few_k = lies_by_columns(t) && t->k <= FEW_K;
    return few_k ? rows_of_few_k[vectors - 1] : rows_of_tile[vectors - 1];
}

/* Computes all `rows` of C, which are `vectors` vectors wide, in tiles of nearly equal height. */
static inline void tile_rows(struct tile t, size_t rows, size_t vectors)
{
    const size_t most = tile_height(&t, vectors), count = (rows + most - 1) / most;
    const size_t height = rows / count, higher = rows % count; /* so many tiles have one row more */
    if (t.ahead.k == 0)
        t.ahead.at = (const char *)t.r; /* never read, but NULL + 0 is undefined */
    if (higher > 0)
        tiles[vectors - 1][height](&t, higher);
    t = below(t, higher * (height + 1));
    tiles[vectors - 1][height - 1](&t, count - higher);
}

#endif

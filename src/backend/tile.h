/* The micro-kernel of backend `packed`: a tile of C stays in registers while k outer products are added up.
 *
 *     C = BASE + L R + beta C         rows x width = (rows x k)(k x width)
 *
 * Of L single numbers are taken and spread over a vector, so it may lie either way round: its transpose costs
 * nothing. R and C are read and written in whole vectors along their rows. BASE is one row for all (a bias,
 * with distance 0), or rows such as C has, or NULL. C is not read if beta is 0.
 *
 * The sum begins with BASE, so that one which is continued, with the last C for its BASE, is the same to the
 * bit wherever it was cut. C comes last, which is faster: no multiply-add waits for it, nor it for the stores
 * of the tile before. Only where few k are added to an undiminished C may it better be BASE: then it needs no
 * multiply-add of its own, one in eleven with ten samples.
 *
 * Where L lies by its columns, there is no BASE but C, and rows of C and of R are as far apart as the tile is
 * wide: BP4 adds to weights, a tile of which takes so few multiplications that it matters what their
 * addresses cost. There a descent may follow: C is the velocity of weights, which take their step while it is
 * in registers.
 *
 * Compiled once for each instruction set (meson.build). The loops over a tile have constant bounds and are
 * unrolled whole; what remains are multiply-adds on registers, as the assembly of gcc and clang shows. */
#ifndef GM_BACKEND_TILE_H
#define GM_BACKEND_TILE_H

#include "backend/backend.h"
#include "backend/vectors.h"

#include <stdbool.h>

/* Vectors of a full tile: as many as the registers allow. */
#if VECTOR_BYTES == 64 || defined(__aarch64__)
#define TILE_VECTORS 4
#else
#define TILE_VECTORS 2
#endif

/* Rows of a tile that is so many vectors wide: as many accumulators as leave registers for R and for one of
 * L: 24 of 32, or 12 of 16. Tiles of weights with few k are lower: of so many vectors at once, fetching and
 * putting back takes longer than the multiplications of the next tile can hide. Still lower, by 1.5 % of a
 * step on a Zen 4, they have fewer sums than keep an Intel core busy. */
#define FEW_K 32
#if TILE_VECTORS == 4
#define MOST_ROWS 12
static const unsigned char rows_of_tile[] = {12, 12, 8, 6}, rows_of_few_k[] = {6, 5, 4, 4};
#else
#define MOST_ROWS 8
static const unsigned char rows_of_tile[] = {8, 6}, rows_of_few_k[] = {8, 6};
#endif

/* What will be needed soon, and is fetched into the cache meanwhile. A little with every k: a core has few
 * places for loads on their way, and a burst of requests for distant memory makes the kernel's own loads
 * wait. */
struct ahead {
    const char *at; /* where L comes in pieces, so does this */
    size_t row;     /* bytes for each row of C: the next tile goes on after those of this one */
    size_t k;       /* bytes from one k to the next; 0: nothing to fetch */
};

/* L by its rows may come in pieces of the same size, one for each band that it crosses; R goes on from piece
 * to piece. */
struct tile {
    const REAL *l;
    size_t l_row, l_k; /* distances in L: l_k = 1, or l_row = 1 where it lies by its columns */
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
    gm_descent descent; /* of weights that lie as C does, and are fetched ahead with it; w NULL: none */
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

/* sum += L R for one tile; all of it in registers. */
ALWAYS void tile_multiply(const int rows, const int vectors, const struct tile *t, const bool by_columns,
                          const bool fetches, const bool descends, vec sum[MOST_ROWS][TILE_VECTORS])
{
    const REAL *r = t->r;
    const char *weights = descends ? (const char *)t->descent.w + (t->ahead.at - (const char *)t->c) : NULL;
    for (size_t piece = 0; piece < t->pieces; piece++) {
        const REAL *l = t->l + piece * t->l_piece;
        const char *ahead = t->ahead.at + piece * t->l_piece * sizeof(REAL);
        /* Where two hardware threads share a core, those instructions count that only count. */
        BY_FOUR for (size_t k = 0; k < t->k; k++, l += t->l_k, r += t->r_k, ahead += t->ahead.k)
        {
            vec right[TILE_VECTORS];
            if (fetches) { /* past the end of memory this is no fault */
                __builtin_prefetch(ahead);
                if (descends) {
                    __builtin_prefetch(weights);
                    weights += t->ahead.k;
                }
                if (by_columns) /* what comes when the cache lines of these columns are used up */
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

/* C = sum + beta C. Each multiply-add here takes the time of one of the product's; an addition alone has
 * units of its own on some processors. */
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

/* C = sum + beta C + l2 W;  W = keep W - rate C, where these are not 0 and 1 */
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

/* One tile of C. */
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

/* So many rows further down. */
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

/* So many tiles, one below the other. They work on a copy: what is read from `first` would have to be read
 * again after every store to C, which might have changed it; and what is set here is a constant for them. */
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

/* Where L is one column, it does not matter which way it lies. */
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
/* tiles[v - 1][r - 1] computes tiles of r rows of v vectors. */
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

/* All `rows` of C, `vectors` wide, in tiles of nearly equal height. */
static inline void tile_rows(struct tile t, size_t rows, size_t vectors)
{
    const size_t most = tile_height(&t, vectors), count = (rows + most - 1) / most;
    const size_t height = rows / count, higher = rows % count; /* so many have a row more */
    if (t.ahead.k == 0)
        t.ahead.at = (const char *)t.r; /* somewhere, never fetched: NULL + 0 is undefined */
    if (higher > 0)
        tiles[vectors - 1][height](&t, higher);
    t = below(t, higher * (height + 1));
    tiles[vectors - 1][height - 1](&t, count - higher);
}

#endif

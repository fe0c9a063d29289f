/* The micro-kernel of backend `packed`: a tile of C stays in registers while k outer products are added to
 * it.
 *
 *     C = L R + beta BASE             rows x width = (rows x k)(k x width)
 *
 * Of L single numbers are taken and spread over a vector, so it may lie either way round: its transpose costs
 * nothing. R and C are read and written in whole vectors along their rows. BASE is C itself, or one row for
 * all (a bias, with distance 0), or nothing (beta = 0: never read).
 *
 * Written with the compiler's vector types: one text for AVX-512, AVX2, NEON and plain SSE2, compiled once
 * for each (meson.build). The loops over a tile have constant bounds and are unrolled whole; what remains are
 * multiply-adds on registers, as the assembly of gcc and clang shows. */
#ifndef GM_BACKEND_TILE_H
#define GM_BACKEND_TILE_H

#include "base/real.h"

#include <stdbool.h>

/* Vectors of a full tile, and the registers that there are. */
#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#define TILE_VECTORS 4
#elif defined(__AVX2__) && defined(__FMA__)
#define VECTOR_BYTES 32
#define TILE_VECTORS 2
#elif defined(__aarch64__)
#define VECTOR_BYTES 16
#define TILE_VECTORS 4
#else
#define VECTOR_BYTES 16
#define TILE_VECTORS 2
#endif
#define LANES (VECTOR_BYTES / (int)sizeof(REAL))

/* Rows of a tile that is so many vectors wide: as many accumulators as leave registers for R and for one of
 * L: 24 of 32, or 12 of 16. */
#if TILE_VECTORS == 4
#define MOST_ROWS 12
static const unsigned char rows_of_tile[] = {12, 12, 8, 6};
#else
#define MOST_ROWS 8
static const unsigned char rows_of_tile[] = {8, 6};
#endif

typedef REAL vec __attribute__((vector_size(VECTOR_BYTES)));
/* The same in memory, where it is aligned as its elements are. */
typedef REAL vec_at __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(REAL)), may_alias));

struct tile {
    const REAL *l;
    size_t l_row, l_k; /* distances in L: one of them is 1 */
    const REAL *r;
    size_t r_k;
    REAL *c;
    size_t c_row;
    const REAL *base;
    size_t base_row;
    REAL beta;
    size_t k;
    const REAL *ahead; /* what will be needed soon, fetched tile by tile, `ahead_step` numbers each */
    size_t ahead_step;
    bool ahead_close; /* into the L1 cache, else into L2 */
};

#define ALWAYS   static inline __attribute__((always_inline))
#define UNROLLED _Pragma("GCC unroll 16")

ALWAYS vec load(const REAL *from)
{
    return *(const vec_at *)from;
}

ALWAYS void store(REAL *to, vec v)
{
    *(vec_at *)to = v;
}

ALWAYS vec spread(REAL x)
{
    return x - (vec){0};
}

/* sum = beta BASE */
ALWAYS void tile_begin(const int rows, const int vectors, const struct tile *t,
                       vec sum[MOST_ROWS][TILE_VECTORS])
{
    const vec beta = spread(t->beta);
    UNROLLED for (int i = 0; i < rows; i++)
    {
        const REAL *base = t->base + (size_t)i * t->base_row;
        UNROLLED for (int j = 0; j < vectors; j++)
        {
            if (t->beta == 1)
                sum[i][j] = load(base + j * LANES);
            else
                sum[i][j] = t->beta == 0 ? spread(0) : beta * load(base + j * LANES);
        }
    }
}

/* sum += L R for one tile; all of it in registers. */
ALWAYS void tile_multiply(const int rows, const int vectors, const struct tile *t, const size_t l_row,
                          const size_t l_k, vec sum[MOST_ROWS][TILE_VECTORS])
{
    const REAL *l = t->l, *r = t->r;
    for (size_t k = 0; k < t->k; k++, l += l_k, r += t->r_k) {
        vec right[TILE_VECTORS];
        UNROLLED for (int j = 0; j < vectors; j++) right[j] = load(r + j * LANES);
        UNROLLED for (int i = 0; i < rows; i++)
        {
            const vec left = spread(l[(size_t)i * l_row]);
            UNROLLED for (int j = 0; j < vectors; j++) sum[i][j] += left * right[j];
        }
    }
}

/* L along its rows (l_k = 1), or along its columns (l_row = 1). */
ALWAYS void tile_of(const int rows, const int vectors, const struct tile *t)
{
    vec sum[MOST_ROWS][TILE_VECTORS];
    tile_begin(rows, vectors, t, sum);
    if (t->l_k == 1)
        tile_multiply(rows, vectors, t, t->l_row, 1, sum);
    else
        tile_multiply(rows, vectors, t, 1, t->l_k, sum);
    UNROLLED for (int i = 0; i < rows; i++)
    {
        UNROLLED for (int j = 0; j < vectors; j++) store(t->c + (size_t)i * t->c_row + j * LANES, sum[i][j]);
    }
}

#define TILE(R, V)                                                                                           \
    static void tile_##R##x##V(const struct tile *t)                                                         \
    {                                                                                                        \
        tile_of(R, V, t);                                                                                    \
    }
#define TILES_TO_6(V) TILE(1, V) TILE(2, V) TILE(3, V) TILE(4, V) TILE(5, V) TILE(6, V)
#define TILES_7_8(V)  TILE(7, V) TILE(8, V)
#define TILES_9_12(V) TILE(9, V) TILE(10, V) TILE(11, V) TILE(12, V)
#define TO_6(V)       tile_1x##V, tile_2x##V, tile_3x##V, tile_4x##V, tile_5x##V, tile_6x##V
#define TO_8(V)       TO_6(V), tile_7x##V, tile_8x##V
#define TO_12(V)      TO_8(V), tile_9x##V, tile_10x##V, tile_11x##V, tile_12x##V

/* tiles[v - 1][r - 1] computes r rows of v vectors. */
#if TILE_VECTORS == 4
TILES_TO_6(1)
TILES_7_8(1)
TILES_9_12(1)
TILES_TO_6(2)
TILES_7_8(2)
TILES_9_12(2)
TILES_TO_6(3)
TILES_7_8(3)
TILES_TO_6(4)
static void (*const tiles[TILE_VECTORS][MOST_ROWS])(const struct tile *) = {
    {TO_12(1)}, {TO_12(2)}, {TO_8(3)}, {TO_6(4)}};
#else
TILES_TO_6(1)
TILES_7_8(1)
TILES_TO_6(2)
static void (*const tiles[TILE_VECTORS][MOST_ROWS])(const struct tile *) = {{TO_8(1)}, {TO_6(2)}};
#endif

/* Past the end of memory this is no fault. */
ALWAYS void fetch_ahead(const struct tile *t)
{
    for (size_t i = 0; i < t->ahead_step; i += 64 / sizeof(REAL)) {
        if (t->ahead_close)
            __builtin_prefetch(t->ahead + i, 0, 3);
        else
            __builtin_prefetch(t->ahead + i, 0, 2);
    }
}

/* All `rows` of C, `vectors` wide, in tiles of nearly equal height. */
static inline void tile_rows(struct tile t, size_t rows, size_t vectors)
{
    const size_t most = rows_of_tile[vectors - 1], pieces = (rows + most - 1) / most;
    const size_t height = rows / pieces, higher = rows % pieces; /* so many have a row more */
    for (size_t piece = 0; piece < pieces; piece++) {
        const size_t h = height + (piece < higher);
        fetch_ahead(&t);
        tiles[vectors - 1][h - 1](&t);
        t.l += h * t.l_row;
        t.c += h * t.c_row;
        t.base += h * t.base_row;
        t.ahead += t.ahead_step;
    }
}

#endif

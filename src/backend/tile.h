/* The micro-kernel of backend `packed`: a tile of C stays in registers while k outer products are added to it.
 *
 *     C = alpha L R + beta BASE       rows x width = (rows x k)(k x width)
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

/* Vectors of a full tile, and its rows: as many accumulators as leave registers for R and for one of L. */
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
#define LANES       (VECTOR_BYTES / (int)sizeof(REAL))
#define TILE_ROWS   6
#define NARROW_ROWS 8 /* of tiles that are not full: they have registers to spare */

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
    REAL alpha, beta;
    size_t k;
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

/* sum = L R for one tile; all of it in registers. */
ALWAYS void tile_multiply(const int rows, const int vectors, const struct tile *t, const size_t l_row,
                          const size_t l_k, vec sum[NARROW_ROWS][TILE_VECTORS])
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

/* C = alpha sum + beta BASE */
ALWAYS void tile_finish(const int rows, const int vectors, const struct tile *t,
                        vec sum[NARROW_ROWS][TILE_VECTORS])
{
    const vec alpha = spread(t->alpha), beta = spread(t->beta);
    UNROLLED for (int i = 0; i < rows; i++)
    {
        UNROLLED for (int j = 0; j < vectors; j++)
        {
            vec v = alpha * sum[i][j];
            if (t->beta != 0)
                v += beta * load(t->base + (size_t)i * t->base_row + j * LANES);
            store(t->c + (size_t)i * t->c_row + j * LANES, v);
        }
    }
}

/* L along its rows (l_k = 1), or along its columns (l_row = 1). */
ALWAYS void tile_of(const int rows, const int vectors, const struct tile *t)
{
    vec sum[NARROW_ROWS][TILE_VECTORS];
    UNROLLED for (int i = 0; i < rows; i++)
    {
        UNROLLED for (int j = 0; j < vectors; j++) sum[i][j] = (vec){0};
    }
    if (t->l_k == 1)
        tile_multiply(rows, vectors, t, t->l_row, 1, sum);
    else
        tile_multiply(rows, vectors, t, 1, t->l_k, sum);
    tile_finish(rows, vectors, t, sum);
}

#define TILE(R, V)                                                                                           \
    static void tile_##R##x##V(const struct tile *t)                                                         \
    {                                                                                                        \
        tile_of(R, V, t);                                                                                    \
    }
#define NARROW_TILES(V)                                                                                      \
    TILE(1, V) TILE(2, V) TILE(3, V) TILE(4, V) TILE(5, V) TILE(6, V) TILE(7, V) TILE(8, V)
#define FULL_TILES(V) TILE(1, V) TILE(2, V) TILE(3, V) TILE(4, V) TILE(5, V) TILE(6, V)

#define NARROW_LIST(V)                                                                                       \
    {                                                                                                        \
        tile_1x##V, tile_2x##V, tile_3x##V, tile_4x##V, tile_5x##V, tile_6x##V, tile_7x##V, tile_8x##V       \
    }
#define FULL_LIST(V)                                                                                         \
    {                                                                                                        \
        tile_1x##V, tile_2x##V, tile_3x##V, tile_4x##V, tile_5x##V, tile_6x##V                               \
    }

/* tiles[v - 1][r - 1] computes r rows of v vectors. */
NARROW_TILES(1)
#if TILE_VECTORS == 4
NARROW_TILES(2)
NARROW_TILES(3)
FULL_TILES(4)
static void (*const tiles[TILE_VECTORS][NARROW_ROWS])(const struct tile *) = {NARROW_LIST(1), NARROW_LIST(2),
                                                                              NARROW_LIST(3), FULL_LIST(4)};
#else
FULL_TILES(2)
static void (*const tiles[TILE_VECTORS][NARROW_ROWS])(const struct tile *) = {NARROW_LIST(1), FULL_LIST(2)};
#endif

/* All `rows` of C, `vectors` wide, in tiles of nearly equal height. */
static inline void tile_rows(struct tile t, size_t rows, size_t vectors)
{
    const size_t most = vectors == TILE_VECTORS ? TILE_ROWS : NARROW_ROWS;
    for (size_t pieces = (rows + most - 1) / most; pieces > 0; pieces--) {
        const size_t height = (rows + pieces - 1) / pieces;
        tiles[vectors - 1][height - 1](&t);
        t.l += height * t.l_row;
        t.c += height * t.c_row;
        t.base += height * t.base_row;
        rows -= height;
    }
}

#endif

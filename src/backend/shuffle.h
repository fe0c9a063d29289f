/* Transposes squares of LANES x LANES numbers in registers, and whole matrices by way of them. Backends need
 * it when vectors must contain numbers of several rows of the batch, but the matrix is row-major.
 *
 * The method is the perfect shuffle: interleave vector i with vector i + LANES / 2, for all i, and repeat
 * that log2(LANES) times. */
#ifndef GM_BACKEND_SHUFFLE_H
#define GM_BACKEND_SHUFFLE_H

#include "backend/vectors.h"

/* Interleaves the first halves of a and b, or the second halves: a0 b0 a1 b1 ... */
#if VECTOR_BYTES * 8 == 16 * GM_REAL_BITS
#define FIRST_HALVES(a, b)                                                                                   \
    __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define SECOND_HALVES(a, b)                                                                                  \
    __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#elif VECTOR_BYTES * 8 == 8 * GM_REAL_BITS
#define FIRST_HALVES(a, b)  __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define SECOND_HALVES(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#elif VECTOR_BYTES * 8 == 4 * GM_REAL_BITS
#define FIRST_HALVES(a, b)  __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define SECOND_HALVES(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#else
#define FIRST_HALVES(a, b)  __builtin_shufflevector(a, b, 0, 2)
#define SECOND_HALVES(a, b) __builtin_shufflevector(a, b, 1, 3)
#endif

/* Transposes the square of LANES x LANES numbers in v. */
ALWAYS void transpose_square(vec v[LANES])
{
    UNROLLED for (int stage = 1; stage < LANES; stage *= 2)
    {
        vec next[LANES];
        UNROLLED for (int i = 0; i < LANES / 2; i++)
        {
            next[2 * i] = FIRST_HALVES(v[i], v[i + LANES / 2]);
            next[2 * i + 1] = SECOND_HALVES(v[i], v[i + LANES / 2]);
        }
        UNROLLED for (int i = 0; i < LANES; i++) v[i] = next[i];
    }
}

/* Element i of the result is the sum of the lanes of v[i]. */
ALWAYS vec sum_each(vec v[LANES])
{
    UNROLLED for (int half = LANES / 2; half > 0; half /= 2)
    {
        UNROLLED for (int i = 0; i < half; i++) v[i] =
            FIRST_HALVES(v[i], v[i + half]) + SECOND_HALVES(v[i], v[i + half]);
    }
    return v[0];
}

/* dst = src^T                              src.cols x src.rows
 * Rows of both are padded to whole vectors, and the padding is read and written, too: numbers of dst beyond
 * the last row of src become 0. */
static void transpose(gm_mat src, REAL *dst, size_t dst_row)
{
    for (size_t r = 0; r < src.rows; r += LANES) {
        const size_t rows = src.rows - r < LANES ? src.rows - r : LANES;
        for (size_t c = 0; c < src.cols; c += LANES) {
            const size_t cols = src.cols - c < LANES ? src.cols - c : LANES;
            vec v[LANES];
            UNROLLED for (size_t i = 0; i < LANES; i++) v[i] =
                i < rows ? load(gm_row(src, r + i) + c) : spread(0);
            transpose_square(v);
            UNROLLED for (size_t i = 0; i < LANES; i++)
            {
                if (i < cols)
                    store(dst + (c + i) * dst_row + r, v[i]);
            }
        }
    }
}

#endif

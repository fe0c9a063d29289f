/* Sigmoid and tanh of a vector of f32 by polynomials of degree 7 around 32 centres. A network of few units
 * mostly waits for its activations, and waits half as long for these as for e^x and a division.
 *
 * AVX-512 picks a number for each lane out of 32 in three cycles, which is what makes it worth while; no
 * vector type says that to every compiler, and nothing else has it. Elsewhere, and beyond the last segment,
 * the functions of vmath.h serve. Included by step_tmpl.c; the vectors there are narrow and wide.
 *
 * Errors in units of the last place, the worst of all arguments from 2^-14 on: sigmoid 2.61, at -9.49611;
 * tanh 2.30, at 0.548584. tests/test_online_tmpl.c holds them to 2.75 and 3. */
#ifndef GM_ONLINE_SEGMENTS_H
#define GM_ONLINE_SEGMENTS_H

#if defined(__AVX512DQ__) && defined(__AVX512VL__) && GM_REAL_BITS == 32
#define HAS_SEGMENTS 1
#include <immintrin.h>

#define SEGMENTS 32
#define TERMS    8

/* f(m + d) = c0 + c1 d + ... + c7 d^7 around the centres m = s 2^-bits, s = -15 .. 15. Number s % 32 of
 * each c is that of s. */
struct segments {
    float c[TERMS][SEGMENTS];
};

#include "online/segments_table.h"

/* Where the outermost segments end. */
#define SEGMENTS_END(bits) ((float)(SEGMENTS - 1) / (float)(2 << (bits)))

/* c of each lane's segment, of which the lowest five bits count. */
ALWAYS __m512 pick(const float c[SEGMENTS], __m512i segment)
{
    return _mm512_permutex2var_ps(_mm512_loadu_ps(c), segment, _mm512_loadu_ps(c + SEGMENTS / 2));
}

/* z - m. Macros, because `bits` becomes part of the instruction. */
#define from_centre_narrow(z, bits) _mm_reduce_ps(z, (bits) << 4 | _MM_FROUND_NO_EXC)
#define from_centre_wide(z, bits)   _mm512_reduce_ps(z, (bits) << 4 | _MM_FROUND_NO_EXC)

/* A vector as the first lanes of a whole register, and back. */
ALWAYS __m512 whole_narrow(__m128 v)
{
    return _mm512_castps128_ps512(v);
}

ALWAYS __m512 whole_wide(__m512 v)
{
    return v;
}

ALWAYS __m128 part_narrow(__m512 v)
{
    return _mm512_castps512_ps128(v);
}

ALWAYS __m512 part_wide(__m512 v)
{
    return v;
}

#else
#define HAS_SEGMENTS 0
#endif

#endif

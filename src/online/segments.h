/* Sigmoid and tanh of a vector of f32 by polynomials of degree 7 around 32 centres. In a network of few
 * units, the latency of the activations is most of the time of a step. These polynomials have half the
 * latency of e^x and a division (docs/kernels.md).
 *
 * AVX-512 has an instruction that looks up a number for each lane in a table of 32, in three cycles. Other
 * instruction sets do not, and the compiler's vector types cannot express it, so intrinsics are used here. On
 * other CPUs, and beyond the last segment, the functions of vmath.h are used. Included by step_tmpl.c, for
 * both of its widths of vectors (narrow and wide).
 *
 * Errors in units of the last place, the worst of all arguments from 2^-14 on: sigmoid 2.61, at -9.49611;
 * tanh 2.30, at 0.548584. tests/test_online_tmpl.c checks the bounds 2.75 and 3. */
#ifndef GM_ONLINE_SEGMENTS_H
#define GM_ONLINE_SEGMENTS_H

#if defined(__AVX512DQ__) && defined(__AVX512VL__) && GM_REAL_BITS == 32
#define HAS_SEGMENTS 1
#include <immintrin.h>

#define SEGMENTS 32
#define TERMS    8

/* f(m + d) = c0 + c1 d + ... + c7 d^7 around the centres m = s 2^-bits, s = -15 .. 15. The coefficient for s
 * is element s % 32 of its array. */
struct segments {
    float c[TERMS][SEGMENTS];
};

#include "online/segments_table.h"

/* The end of the outermost segments. */
#define SEGMENTS_END(bits) ((float)(SEGMENTS - 1) / (float)(2 << (bits)))

/* Looks up the coefficient of each lane's segment. The lowest five bits of the segment are the index. */
ALWAYS __m512 pick(const float c[SEGMENTS], __m512i segment)
{
    return _mm512_permutex2var_ps(_mm512_loadu_ps(c), segment, _mm512_loadu_ps(c + SEGMENTS / 2));
}

/* z - m. These are macros, because `bits` must be a constant of the instruction. */
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

/* Vectors of the instruction set that a file is compiled for. They are the compiler's own vector types, with
 * the usual operators, so that AVX-512, AVX2, NEON and SSE2 share one source text. For *_tmpl.c only. */
#ifndef GM_BACKEND_VECTORS_H
#define GM_BACKEND_VECTORS_H

#include "base/real.h"

#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#elif defined(__AVX2__) && defined(__FMA__)
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif
#define LANES (VECTOR_BYTES / (int)sizeof(REAL))

typedef REAL vec __attribute__((vector_size(VECTOR_BYTES)));
/* A vector in memory, which is only aligned as its elements are. */
typedef REAL vec_at __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(REAL)), may_alias));

/* Vectors of integers of the same size as REAL, for masks. */
#if GM_REAL_BITS == 32
#define LANE_INT int
#else
#define LANE_INT long long
#endif
typedef LANE_INT lane_ints __attribute__((vector_size(VECTOR_BYTES)));
typedef LANE_INT lane_ints_at
    __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(LANE_INT)), may_alias));

#define ALWAYS static inline __attribute__((always_inline))
#if defined(__clang__) /* it accepts the pragma of gcc, but ignores it */
#define UNROLLED _Pragma("clang loop unroll(full)")
#define BY_FOUR  _Pragma("clang loop unroll_count(4)")
#else
#define UNROLLED _Pragma("GCC unroll 16")
#define BY_FOUR  _Pragma("GCC unroll 4")
#endif

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

#endif

/* The inner loops by which the arithmetic peak is measured.
 *
 * The file is compiled with -ffp-contract=fast, which makes c * a + b one instruction. Twelve sums that do
 * not depend on each other hide a latency of four cycles on two execution units; together with both operands
 * they fit into sixteen registers. */
#include "machine/fma_chains.h"

#include <stdbool.h>

#define CHAINS 12

/* c = c / 2 + 1 falls from its start towards 2, so no chain ever meets a denormal or an infinity. The starts
 * differ, or the compiler would compute one chain in place of twelve. */
#define FMA_LOOP(name, real, bytes, target)                                                                  \
    target static double name(size_t rounds)                                                                 \
    {                                                                                                        \
        typedef real vector __attribute__((vector_size(bytes)));                                             \
        const vector zero = {0}, a = zero + (real)0.5, b = zero + (real)1;                                   \
        vector c0 = zero + 3, c1 = zero + 4, c2 = zero + 5, c3 = zero + 6;                                   \
        vector c4 = zero + 7, c5 = zero + 8, c6 = zero + 9, c7 = zero + 10;                                  \
        vector c8 = zero + 11, c9 = zero + 12, c10 = zero + 13, c11 = zero + 14;                             \
        for (size_t i = 0; i < rounds; i++) {                                                                \
            c0 = c0 * a + b;                                                                                 \
            c1 = c1 * a + b;                                                                                 \
            c2 = c2 * a + b;                                                                                 \
            c3 = c3 * a + b;                                                                                 \
            c4 = c4 * a + b;                                                                                 \
            c5 = c5 * a + b;                                                                                 \
            c6 = c6 * a + b;                                                                                 \
            c7 = c7 * a + b;                                                                                 \
            c8 = c8 * a + b;                                                                                 \
            c9 = c9 * a + b;                                                                                 \
            c10 = c10 * a + b;                                                                               \
            c11 = c11 * a + b;                                                                               \
        }                                                                                                    \
        const vector all = c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7 + c8 + c9 + c10 + c11;                      \
        return (double)all[0];                                                                               \
    }

/* FLOP of one pass: a multiplication and an addition for each element of each chain. */
#define FLOP(real, bytes) (2.0 * CHAINS * (bytes) / sizeof(real))

FMA_LOOP(baseline_f32, float, 16, )
FMA_LOOP(baseline_f64, double, 16, )

#if defined(__x86_64__)
#define AVX2   __attribute__((target("avx2,fma")))
#define AVX512 __attribute__((target("avx512f")))
FMA_LOOP(avx2_f32, float, 32, AVX2)
FMA_LOOP(avx2_f64, double, 32, AVX2)
FMA_LOOP(avx512_f32, float, 64, AVX512)
FMA_LOOP(avx512_f64, double, 64, AVX512)
#endif

size_t gm_fma_chains_list(gm_precision precision, gm_fma_chains *list)
{
    const bool single = precision == GM_F32;
    size_t count = 0;
    list[count++] = single ? (gm_fma_chains){baseline_f32, FLOP(float, 16)}
                           : (gm_fma_chains){baseline_f64, FLOP(double, 16)};
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        list[count++] =
            single ? (gm_fma_chains){avx2_f32, FLOP(float, 32)} : (gm_fma_chains){avx2_f64, FLOP(double, 32)};
    if (__builtin_cpu_supports("avx512f"))
        list[count++] = single ? (gm_fma_chains){avx512_f32, FLOP(float, 64)}
                               : (gm_fma_chains){avx512_f64, FLOP(double, 64)};
#endif
    return count;
}

gm_fma_chains gm_fma_chains_of(gm_precision precision)
{
    gm_fma_chains list[GM_MOST_CHAINS];
    const size_t count = gm_fma_chains_list(precision, list);
    return list[count - 1];
}

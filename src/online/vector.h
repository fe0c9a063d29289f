/* Vectors of one width, and the activations and losses on them. Included by step_tmpl.c for each width, with
 *
 *     N          numbers in a vector
 *     OF(name)   the name for this width
 *     VEC        the type
 *     VEC_AT     the same in memory, where it is aligned as its elements are
 *     CHOSEN     how a function is compiled that chooses an activation: ALWAYS where that is a constant
 */

typedef REAL VEC __attribute__((vector_size(N * sizeof(REAL))));
typedef REAL VEC_AT __attribute__((vector_size(N * sizeof(REAL)), aligned(sizeof(REAL)), may_alias));

ALWAYS VEC OF(read)(const REAL *from)
{
    return *(const VEC_AT *)from;
}

ALWAYS void OF(write)(REAL *to, VEC v)
{
    *(VEC_AT *)to = v;
}

ALWAYS VEC OF(all)(REAL x)
{
    return x - (VEC){0};
}

/* The first `count` numbers of v, with `rest` in all other lanes. */
ALWAYS VEC OF(first_or)(VEC v, size_t count, REAL rest)
{
    REAL x[N];
    OF(write)(x, v);
    EACH x[i] = (real_bits)i < (real_bits)count ? x[i] : rest;
    return OF(read)(x);
}

/* The first `count` numbers of v, with 0 in the other lanes. (Multiplying by 0 would keep a NaN.) */
ALWAYS VEC OF(first)(VEC v, size_t count)
{
    return OF(first_or)(v, count, 0);
}

/* The same for numbers in memory. Nothing beyond them is read. */
ALWAYS VEC OF(read_first)(const REAL *from, size_t count)
{
    REAL x[N];
    if (count >= N)
        return OF(read)(from);
    if (count == 1)
        return (VEC){*from};
    EACH x[i] = (real_bits)i < (real_bits)count ? from[i] : 0;
    return OF(read)(x);
}

ALWAYS REAL OF(sum_of_first)(VEC v, size_t count)
{
    REAL x[N], sum = 0;
    if (count == 1)
        return v[0];
    OF(write)(x, v);
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < N; i++)
        sum += (real_bits)i < (real_bits)count ? x[i] : 0;
    return sum;
}

/* The largest number. A NaN may be ignored. */
ALWAYS REAL OF(largest)(VEC v)
{
    REAL x[N], most = v[0];
    OF(write)(x, v);
#pragma omp simd reduction(max : most)
    for (size_t i = 0; i < N; i++)
        most = x[i] > most ? x[i] : most;
    return most;
}

/* Applies the functions of src/function, which take one number, to all lanes of a vector. */
#define OF_ONE(NAME, ON_VECTORS)                                                                             \
    ALWAYS VEC ON_VECTORS(VEC v)                                                                             \
    {                                                                                                        \
        REAL x[N];                                                                                           \
        *(VEC_AT *)x = v;                                                                                    \
        EACH x[i] = NAME(x[i]);                                                                              \
        return *(VEC_AT *)x;                                                                                 \
    }
#define OF_TWO(NAME, ON_VECTORS)                                                                             \
    ALWAYS VEC ON_VECTORS(VEC v, VEC u)                                                                      \
    {                                                                                                        \
        REAL x[N], y[N];                                                                                     \
        *(VEC_AT *)x = v;                                                                                    \
        *(VEC_AT *)y = u;                                                                                    \
        EACH x[i] = NAME(x[i], y[i]);                                                                        \
        return *(VEC_AT *)x;                                                                                 \
    }
OF_ONE(vexp, OF(exp))
#define ACTIVATION(VALUE, WORD, STEM, ...)                                                                   \
    OF_ONE(STEM, OF(STEM))                                                                                   \
    OF_TWO(STEM##_derivative, OF(STEM##_derivative))
#define ROW_ACTIVATION(...)
#include "function/activations.def"
#define LOSS(VALUE, WORD, STEM, ...)                                                                         \
    OF_TWO(STEM, OF(STEM))                                                                                   \
    OF_TWO(STEM##_derivative, OF(STEM##_derivative))
#define ROW_LOSS(...)
#include "function/losses.def"
#undef OF_ONE
#undef OF_TWO

#if HAS_SEGMENTS
/* The polynomial of each lane's segment at distance d from its centre. Terms are computed in pairs that do
 * not depend on each other (Estrin). */
ALWAYS VEC OF(in_segment)(const struct segments *f, VEC segment, VEC d)
{
    const __m512i number = _mm512_castps_si512(OF(whole)(segment));
    const VEC d2 = d * d;
    VEC c[TERMS];
    UNROLLED for (int i = 0; i < TERMS; i++) c[i] = OF(part)(pick(f->c[i], number));
    const VEC low = (c[0] + c[1] * d) + d2 * (c[2] + c[3] * d);
    const VEC high = (c[4] + c[5] * d) + d2 * (c[6] + c[7] * d);
    return low + d2 * d2 * high;
}

/* Whether any lane has a size of at least `end`, or is NaN. */
ALWAYS bool OF(reaches)(VEC z, REAL end)
{
    const __m512 size = _mm512_abs_ps(OF(whole)(z));
    return _mm512_cmp_ps_mask(size, _mm512_set1_ps(end), _CMP_NLT_UQ) & ((1U << N) - 1);
}

/* A function computed by segments; beyond the last segment, by its plain form, lane by lane. */
#define BY_SEGMENTS(NAME, PLAIN, SEGMENTS_OF, PLACES)                                                        \
    ALWAYS VEC NAME(VEC z)                                                                                   \
    {                                                                                                        \
        const VEC segment = z * (1 << (PLACES)) + ROUNDER, d = OF(from_centre)(z, PLACES);                   \
        const VEC within = OF(in_segment)(&SEGMENTS_OF, segment, d);                                         \
        REAL x[N], y[N], plain[N];                                                                           \
        if (!OF(reaches)(z, SEGMENTS_END(PLACES)))                                                           \
            return within;                                                                                   \
        OF(write)(x, z);                                                                                     \
        OF(write)(y, within);                                                                                \
        OF(write)(plain, PLAIN(z));                                                                          \
        EACH y[i] = RMATH(fabs)(x[i]) < SEGMENTS_END(PLACES) ? y[i] : plain[i];                              \
        return OF(read)(y);                                                                                  \
    }
BY_SEGMENTS(OF(sigmoid_by_segments), OF(sigmoid), sigmoid_segments, 0)
BY_SEGMENTS(OF(hyperbolic_by_segments), OF(hyperbolic), hyperbolic_segments, 1)
#undef BY_SEGMENTS

/* STEM(z), or a faster form of it. VALUE is a constant. */
#define QUICKEST(VALUE, STEM, z)                                                                             \
    ((VALUE) == GM_SIGMOID ? OF(sigmoid_by_segments)(z)                                                      \
     : (VALUE) == GM_TANH  ? OF(hyperbolic_by_segments)(z)                                                   \
                           : OF(STEM)(z))
#else
#define QUICKEST(VALUE, STEM, z) OF(STEM)(z)
#endif

/* f(z). Not for softmax, which needs a whole row. */
CHOSEN VEC OF(activation)(gm_activation f, VEC z)
{
    switch (f) {
#define ACTIVATION(VALUE, WORD, STEM, ...)                                                                   \
    case VALUE:                                                                                              \
        return QUICKEST(VALUE, STEM, z);
#define ROW_ACTIVATION(VALUE, ...)                                                                           \
    case VALUE:                                                                                              \
        break;
#include "function/activations.def"
    }
    return z;
}
#undef QUICKEST

CHOSEN VEC OF(activation_derivative)(gm_activation f, VEC z, VEC a)
{
    switch (f) {
#define ACTIVATION(VALUE, WORD, STEM, ...)                                                                   \
    case VALUE:                                                                                              \
        return OF(STEM##_derivative)(z, a);
#define ROW_ACTIVATION(VALUE, ...)                                                                           \
    case VALUE:                                                                                              \
        break;
#include "function/activations.def"
    }
    return OF(all)(1);
}

/* The loss of each output, computed from a, or from z if the loss is from_z. Not for cross-entropy, which
 * needs a whole row. */
ALWAYS VEC OF(loss)(gm_loss loss, VEC x, VEC y)
{
    switch (loss) {
#define LOSS(VALUE, WORD, STEM, ...)                                                                         \
    case VALUE:                                                                                              \
        return OF(STEM)(x, y);
#define ROW_LOSS(VALUE, ...)                                                                                 \
    case VALUE:                                                                                              \
        break;
#include "function/losses.def"
    }
    return OF(all)(0);
}

ALWAYS VEC OF(loss_derivative)(gm_loss loss, VEC a, VEC y)
{
    switch (loss) {
#define LOSS(VALUE, WORD, STEM, ...)                                                                         \
    case VALUE:                                                                                              \
        return OF(STEM##_derivative)(a, y);
#define ROW_LOSS(VALUE, ...)                                                                                 \
    case VALUE:                                                                                              \
        break;
#include "function/losses.def"
    }
    return OF(all)(0);
}

/* Random numbers that are the same on every machine. This file is compiled without contraction to fused
 * multiply-adds, and computes logarithms from basic operations, because the last bit of the C library's
 * logarithm differs between machines. */
#include "base/random.h"

#include <math.h>

static uint64_t rotl(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

static uint64_t splitmix64(uint64_t *x)
{
    uint64_t z = (*x += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

static uint64_t mix_stream(uint64_t seed, uint64_t stream)
{
    return splitmix64(&seed) ^ (stream * 0xd1342543de82ef95U);
}

static gm_random fill_state(uint64_t x)
{
    gm_random random;
    for (int i = 0; i < 4; i++)
        random.state[i] = splitmix64(&x);
    return random;
}

gm_random gm_random_seed(uint64_t seed, uint64_t stream)
{
    return fill_state(mix_stream(seed, stream));
}

gm_random gm_random_counted(uint64_t seed, uint64_t stream, uint64_t first, uint64_t second)
{
    uint64_t x = mix_stream(seed, stream);
    x = splitmix64(&x) ^ first;
    x = splitmix64(&x) ^ second;
    return fill_state(x);
}

uint64_t gm_random_next(gm_random *random)
{
    uint64_t *s = random->state;
    const uint64_t result = rotl(s[0] + s[3], 23) + s[0];
    const uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return result;
}

uint64_t gm_random_below(gm_random *random, uint64_t bound)
{
    /* Without this, the first 2^64 mod bound residues would be more probable. So numbers below 2^64 mod bound
     * are drawn again. */
    const uint64_t biased = (0U - bound) % bound;
    uint64_t x;
    do
        x = gm_random_next(random);
    while (x < biased);
    return x % bound;
}

double gm_random_uniform(gm_random *random)
{
    return (double)(gm_random_next(random) >> 11) * 0x1p-53;
}

/* log(x), x in (0, 1), to some 1e-16: x = m 2^e with m in [sqrt(1/2), sqrt(2)), log m = 2 atanh((m-1)/(m+1)).
 */
static double portable_log(double x)
{
    int exponent;
    double m = frexp(x, &exponent);
    if (m < 0.70710678118654752440) {
        m *= 2;
        exponent--;
    }
    const double s = (m - 1) / (m + 1), s2 = s * s;
    double sum = 0;
    for (int k = 27; k >= 1; k -= 2)
        sum = sum * s2 + 1.0 / k;
    return exponent * 0.69314718055994530942 + 2 * s * sum;
}

/* Marsaglia's polar method; the second number of each pair is dropped to keep the state a plain value. */
double gm_random_normal(gm_random *random)
{
    double u, v, s;
    do {
        u = 2 * gm_random_uniform(random) - 1;
        v = 2 * gm_random_uniform(random) - 1;
        s = u * u + v * v;
    } while (s >= 1 || s <= 0);
    return u * sqrt(-2 * portable_log(s) / s);
}

void gm_random_shuffle(gm_random *random, uint32_t *items, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        const size_t j = (size_t)gm_random_below(random, i);
        const uint32_t item = items[i - 1];
        items[i - 1] = items[j];
        items[j] = item;
    }
}

void gm_random_order(gm_random *random, size_t first, uint32_t *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        items[i] = (uint32_t)(first + i);
    gm_random_shuffle(random, items, count);
}

/* Random numbers that are the same on every machine: only integers and basic IEEE operations are used. */
#ifndef GM_BASE_RANDOM_H
#define GM_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* The state of xoshiro256++ (Blackman and Vigna 2019). It is a plain value and can be copied. */
typedef struct gm_random {
    uint64_t state[4];
} gm_random;

/* The state is filled by splitmix64. Different values of `stream` give independent sequences for one seed, so
 * that weights, split and shuffle do not share numbers. */
gm_random gm_random_seed(uint64_t seed, uint64_t stream);
enum { GM_STREAM_WEIGHTS = 1, GM_STREAM_SPLIT, GM_STREAM_SHUFFLE, GM_STREAM_CHECK, GM_STREAM_BENCH };

/* A sequence for each pair of counters, such as the number of an epoch and of a block in it: what is drawn at
 * one place does not depend on what was drawn before, so that nothing need be saved to go on from there. */
gm_random gm_random_counted(uint64_t seed, uint64_t stream, uint64_t first, uint64_t second);

uint64_t gm_random_next(gm_random *random);
uint64_t gm_random_below(gm_random *random, uint64_t bound); /* uniform in [0, bound), bound >= 1, unbiased */
double gm_random_uniform(gm_random *random);                 /* [0, 1), 53 bits */
double gm_random_normal(gm_random *random);                  /* mean 0, deviation 1 */

/* Puts the items into random order, in place (Fisher and Yates). */
void gm_random_shuffle(gm_random *random, uint32_t *items, size_t count);

/* Fills `items` with the numbers first, first + 1, ... in random order. */
void gm_random_order(gm_random *random, size_t first, uint32_t *items, size_t count);

#endif

/* Random numbers of dropout masks. They are counted, not drawn in sequence: the bits of a number follow from
 * its place (seed, step, layer, row, column), so nothing must be saved for a training run to go on. A key is
 * 64 bits that are mixed from another key and one more count. A row of a mask has a key, and the bits of a
 * column are a hash of its number and the key of the row. */
#ifndef GM_NN_MASK_H
#define GM_NN_MASK_H

#include <stddef.h>
#include <stdint.h>

/* The last step of splitmix64 (Steele, Lea and Flood 2014): every bit of the result depends on every bit of
 * both arguments. */
static inline uint64_t gm_mask_key(uint64_t key, uint64_t count)
{
    uint64_t z = key + (count + 1) * 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

/* The key of all masks of step `step`, from 1. */
static inline uint64_t gm_mask_of_step(uint64_t seed, size_t step)
{
    return gm_mask_key(seed, step);
}

/* The key of a row of the mask of layer `layer`, from 0. */
static inline uint64_t gm_mask_of_row(uint64_t mask, size_t layer, size_t row)
{
    return gm_mask_key(gm_mask_key(mask, layer), row);
}

/* 32 random bits of a column. The hash has two multiplications, which are cheap in vectors (lowbias32,
 * Wellons 2018); half of the key comes before them and the other half between them. */
static inline uint32_t gm_mask_bits(uint64_t row, uint32_t column)
{
    uint32_t x = column * 0x9e3779b9U + (uint32_t)row;
    x ^= x >> 16;
    x *= 0x7feb352dU;
    x ^= x >> 15 ^ (uint32_t)(row >> 32);
    x *= 0x846ca68bU;
    x ^= x >> 16;
    return x;
}

/* Numbers whose bits are below this are left out: a share of `probability` of all numbers of 32 bits. */
static inline uint32_t gm_mask_limit(double probability)
{
    return (uint32_t)(probability * 0x1p32);
}

#endif

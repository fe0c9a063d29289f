/* Allocation of aligned memory, and arithmetic on sizes that notices overflow. */
#ifndef GM_BASE_MEMORY_H
#define GM_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#define GM_ALIGNMENT 64 /* a cache line, and a whole AVX-512 register */

/* *product = a * b, *sum = a + b; false on overflow. Every size from outside goes through these. */
static inline bool gm_mul(size_t a, size_t b, size_t *product)
{
    return !__builtin_mul_overflow(a, b, product);
}

static inline bool gm_add(size_t a, size_t b, size_t *sum)
{
    return !__builtin_add_overflow(a, b, sum);
}

static inline size_t gm_min(size_t a, size_t b)
{
    return a < b ? a : b;
}

static inline size_t gm_max(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* How many pieces of `size` hold `total`; the last one may be smaller. */
static inline size_t gm_pieces(size_t total, size_t size)
{
    return (total + size - 1) / size;
}

/* count * size bytes, zeroed, aligned to GM_ALIGNMENT; large blocks are in huge pages if the system has them.
 * NULL if the product overflows, if the system refuses, or if a block of 4 MiB or more does not fit into
 * gm_system_memory. A count or size of 0 gives a valid pointer. Free with gm_free. */
void *gm_alloc(size_t count, size_t size);
void gm_free(void *memory); /* NULL is fine */

/* A copy of a string, or NULL without memory. Free with gm_free. */
char *gm_strdup(const char *text);

#endif

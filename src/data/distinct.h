/* Counts the different values of a column, with a bound on the memory. */
#ifndef GM_DATA_DISTINCT_H
#define GM_DATA_DISTINCT_H

#include <gradmill/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A value: its key, how often it occurs, and its text where it was first met. Values are told apart by their
 * keys. For a text this is a hash of 64 bits, so that two of a million texts are taken for one with a
 * probability of 3e-8. */
typedef struct gm_distinct_value {
    uint64_t key;
    size_t count; /* 0: the slot is free */
    const char *text;
    size_t length;
    double number; /* NaN: it is not one */
} gm_distinct_value;

/* All zeros but for `bound` is the empty set. */
typedef struct gm_distinct {
    gm_distinct_value *slots;
    size_t capacity; /* a power of two */
    size_t count, bound;
    bool more;   /* there were more than `bound` values; no more are counted since */
    bool failed; /* there was no memory for more; the caller makes an error of it */
} gm_distinct;

uint64_t gm_key_of_text(const char *text, size_t length);
uint64_t gm_key_of_number(double value); /* the same for 0 and -0 */

/* Counts a value that has occurred `times` more. The text is borrowed. Returns how often it has occurred now;
 * 0 if it is not counted. */
size_t gm_distinct_add(gm_distinct *set, gm_distinct_value value, size_t times);
void gm_distinct_clear(gm_distinct *set);

#endif

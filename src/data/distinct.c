/* A hash table with linear probing, which grows up to its bound. */
#include "data/distinct.h"

#include "base/memory.h"

#include <string.h>

#define FIRST_CAPACITY ((size_t)16)

/* FNV-1a. */
uint64_t gm_key_of_text(const char *text, size_t length)
{
    uint64_t hash = 0xcbf29ce484222325U;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3U;
    return hash;
}

/* The bits of numbers differ mostly in their upper half; the finisher of MurmurHash3 (A. Appleby) spreads
 * them. */
uint64_t gm_key_of_number(double value)
{
    uint64_t key;
    value += 0.0; /* -0 becomes 0 */
    memcpy(&key, &value, sizeof key);
    key = (key ^ key >> 33) * 0xff51afd7ed558ccdU;
    key = (key ^ key >> 33) * 0xc4ceb9fe1a85ec53U;
    return key ^ key >> 33;
}

/* The slot of a key, or the free slot into which it belongs. */
static gm_distinct_value *slot_of(const gm_distinct *set, uint64_t key)
{
    size_t at = key & (set->capacity - 1);
    while (set->slots[at].count > 0 && set->slots[at].key != key)
        at = (at + 1) & (set->capacity - 1);
    return &set->slots[at];
}

/* Doubles the table, so that at most half of it is taken. */
static bool grow(gm_distinct *set)
{
    const gm_distinct old = *set;
    set->capacity = gm_max(FIRST_CAPACITY, 2 * old.capacity);
    set->slots = gm_alloc(set->capacity, sizeof *set->slots);
    if (!set->slots) {
        *set = old;
        return false;
    }
    for (size_t i = 0; i < old.capacity; i++) {
        if (old.slots[i].count > 0)
            *slot_of(set, old.slots[i].key) = old.slots[i];
    }
    gm_free(old.slots);
    return true;
}

size_t gm_distinct_add(gm_distinct *set, gm_distinct_value value, size_t times)
{
    if (set->more)
        return 0;
    if (2 * set->count >= set->capacity && !grow(set)) {
        set->more = set->failed = true;
        return 0;
    }
    gm_distinct_value *slot = slot_of(set, value.key);
    if (slot->count > 0)
        return slot->count += times;
    if (set->count == set->bound) {
        set->more = true;
        return 0;
    }
    value.count = times;
    *slot = value;
    set->count++;
    return times;
}

void gm_distinct_clear(gm_distinct *set)
{
    gm_free(set->slots);
    *set = (gm_distinct){.bound = set->bound, .failed = set->failed};
}

/* Moves threads apart: a table of taken processors, and a short change of the affinity mask. placement.h says
 * why. */
#include "base/placement.h"

#include <stdbool.h>

/* How often a thread tries to find a processor of its own. If the kernel refuses or moves the thread again,
 * nothing is lost but speed. */
#define MOVES 2

void gm_placement_clear(gm_placement *p)
{
    for (size_t i = 0; i < sizeof p->taken / sizeof *p->taken; i++)
        atomic_store_explicit(&p->taken[i], 0, memory_order_relaxed);
}

static unsigned long bit_of(size_t processor)
{
    return 1UL << processor % GM_PLACEMENT_WORD;
}

/* Marks the processor as taken. Returns whether it was free. */
static bool claim(gm_placement *p, size_t processor)
{
    atomic_ulong *word = &p->taken[processor / GM_PLACEMENT_WORD];
    return !(atomic_fetch_or_explicit(word, bit_of(processor), memory_order_relaxed) & bit_of(processor));
}

static bool is_taken(const gm_placement *p, size_t processor)
{
    const atomic_ulong *word = &p->taken[processor / GM_PLACEMENT_WORD];
    return atomic_load_explicit(word, memory_order_relaxed) & bit_of(processor);
}

/* Makes the kernel move the calling thread to a processor that no other member has taken. The mask is
 * narrowed for a moment, and the kernel moves a thread at once if its mask excludes the present processor.
 * False if there is no such processor. */
static bool move(const gm_placement *p)
{
    cpu_set_t allowed, left;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return false; /* more processors than the set has room for */
    left = allowed;
    for (size_t i = 0; i < CPU_SETSIZE; i++)
        if (is_taken(p, i))
            CPU_CLR(i, &left);
    if (CPU_COUNT(&left) == 0 || sched_setaffinity(0, sizeof left, &left) != 0)
        return false;
    sched_setaffinity(0, sizeof allowed, &allowed);
    return true;
}

void gm_placement_take(gm_placement *p)
{
    for (int moves = 0;; moves++) {
        const int processor = sched_getcpu();
        if (processor < 0 || processor >= CPU_SETSIZE || claim(p, (size_t)processor))
            return;
        if (moves == MOVES || !move(p))
            return;
    }
}

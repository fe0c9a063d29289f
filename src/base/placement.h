/* Keeps the threads of a team on different processors.
 *
 * The kernel often wakes a thread on the processor of the thread that woke it, even if others are idle, and
 * takes from 10 ms to some seconds to move one of them. Most steps are shorter than that. So a thread that
 * finds another member of the team on its processor moves at once. It does so by narrowing its affinity mask,
 * which makes the kernel move it, and restoring the mask. The thread is not pinned to one
 * processor: the kernel may move it afterwards. But its mask is fixed from then on, and processors that the
 * process is given later are not used by it. */
#ifndef GM_BASE_PLACEMENT_H
#define GM_BASE_PLACEMENT_H

#include <sched.h>
#include <stdatomic.h>

#define GM_PLACEMENT_WORD (8 * sizeof(unsigned long))

typedef struct gm_placement {
    atomic_ulong taken[CPU_SETSIZE / GM_PLACEMENT_WORD]; /* one bit for each processor */
} gm_placement;

/* Marks all processors as free. */
void gm_placement_clear(gm_placement *placement);

/* The calling thread takes the processor that it runs on. If another thread has taken that one, it moves to a
 * free processor that it may use, if there is one. */
void gm_placement_take(gm_placement *placement);

#endif

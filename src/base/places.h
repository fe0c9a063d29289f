/* The processors that threads of a team run on.
 *
 * The system likes to wake a thread where its waker runs, even if other processors are idle, and takes 10 ms
 * to some seconds to move one of them: longer than most steps. So a thread that finds its processor taken
 * moves at once. Nothing is pinned: afterwards it may run wherever it might before; only processors that the
 * process is given later are not for it. */
#ifndef GM_BASE_PLACES_H
#define GM_BASE_PLACES_H

#include <sched.h>
#include <stdatomic.h>

#define GM_PLACES_WORD (8 * sizeof(unsigned long))

typedef struct gm_places {
    atomic_ulong taken[CPU_SETSIZE / GM_PLACES_WORD]; /* one bit for each processor */
} gm_places;

/* Nobody has a processor any more. */
void gm_places_clear(gm_places *places);

/* The calling thread takes the processor that it runs on, or one that nobody has and that it may use, if
 * there is any. */
void gm_places_take(gm_places *places);

#endif

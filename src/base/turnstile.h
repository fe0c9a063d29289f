/* A turnstile: a counter on which threads wait until it grows. The start and the barrier of a team are made
 * of turnstiles. There are two implementations, and the build option `team` chooses one. The usual one uses a
 * futex, and a waiting thread spins before it sleeps. The portable one uses a mutex and a condition variable;
 * it is slower, but every tool that looks for data races understands it. */
#ifndef GM_BASE_TURNSTILE_H
#define GM_BASE_TURNSTILE_H

#include "base/memory.h"

#include <stdatomic.h>
#include <stdbool.h>

#ifdef GM_TEAM_PORTABLE
#include <pthread.h>

typedef struct gm_turnstile {
    _Alignas(GM_ALIGNMENT) pthread_mutex_t mutex; /* protects the fields below */
    pthread_cond_t moved;
    unsigned count, sleepers;
} gm_turnstile;
#else
typedef struct gm_turnstile {
    _Alignas(GM_ALIGNMENT) atomic_uint count;
    atomic_uint sleepers;
    atomic_uint without_yield; /* number of further waits that do not yield; it need not be exact */
    bool sleeps_at_once;
} gm_turnstile;
#endif

/* Sets the count to 0. In the child of a fork it may be called again, whatever the threads of the parent were
 * doing. `crowded`: there are more threads than processors, so a waiting thread sleeps at once to let others
 * run. */
void gm_turnstile_init(gm_turnstile *t, bool crowded);
void gm_turnstile_clear(gm_turnstile *t); /* no thread may be waiting */

unsigned gm_turnstile_count(gm_turnstile *t);

/* Waits until the count is not `seen` any more. Afterwards, everything that was written before the call of
 * gm_turnstile_advance is visible. */
void gm_turnstile_wait(gm_turnstile *t, unsigned seen);

/* Increments the count; all waiting threads continue. */
void gm_turnstile_advance(gm_turnstile *t);

/* Whether a waiting thread sleeps, rather than spins. */
bool gm_turnstile_has_sleepers(gm_turnstile *t);

#endif

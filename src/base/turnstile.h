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
    _Alignas(GM_ALIGNMENT) pthread_mutex_t mutex; /* of what follows */
    pthread_cond_t moved;
    unsigned turn, sleepers;
} gm_turnstile;
#else
typedef struct gm_turnstile {
    _Alignas(GM_ALIGNMENT) atomic_uint turn;
    atomic_uint sleepers;
    atomic_uint without_yield; /* so many waits are not to yield; guidance only, so that races do no harm */
    bool sleeps_at_once;
} gm_turnstile;
#endif

/* The turn is 0. Also after a fork, whatever the threads were doing that are not there any more. `crowded`:
 * there are more threads than processors, and whoever waits sleeps at once so that others can run. */
void gm_turnstile_init(gm_turnstile *t, bool crowded);
void gm_turnstile_clear(gm_turnstile *t); /* nobody waits there */

unsigned gm_turnstile_turn(gm_turnstile *t);

/* Returns when the turn is not `seen` any more. What was written before the advance can be read then. */
void gm_turnstile_wait(gm_turnstile *t, unsigned seen);

/* The next turn: everybody who waits goes on. */
void gm_turnstile_advance(gm_turnstile *t);

/* Whether somebody has fallen asleep here. */
bool gm_turnstile_has_sleepers(gm_turnstile *t);

#endif

/* The turnstile with C11 atomics and a futex. A waiting thread spins first, so that it is awake when the next
 * step follows at once. */
#include "base/turnstile.h"
#include "base/clock.h"

#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A waiting thread spins for about 100 us before it sleeps. This is longer than the time between two steps,
 * and short enough to waste little of a core. */
#define SPINS 3000

/* A spinning thread yields every few us. New threads may share a processor until the kernel spreads them, and
 * a thread that waits must not keep the other one from arriving. */
#define YIELD_EVERY 64

/* If other programs run on the processor, each yield gives them a time slice of some ms. So if a yield lasted
 * longer than a step of a small network, the next waits do not yield: they spin and then sleep, and a thread
 * that wakes from sleep runs before those programs. */
#define LONG_YIELD_NS       500000
#define WAITS_WITHOUT_YIELD 4096

static void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

/* Yields the processor. Returns whether it came back soon. */
static bool yield(void)
{
    const uint64_t start = gm_clock();
    sched_yield();
    return gm_clock() - start < LONG_YIELD_NS;
}

/* Whether this wait may yield. */
static bool may_yield(gm_turnstile *t)
{
    const unsigned rest = atomic_load_explicit(&t->without_yield, memory_order_relaxed);
    if (rest > 0)
        atomic_store_explicit(&t->without_yield, rest - 1, memory_order_relaxed);
    return rest == 0;
}

void gm_turnstile_wait(gm_turnstile *t, unsigned seen)
{
    bool yields = may_yield(t);
    const int spins = t->sleeps_at_once ? 0 : SPINS;
    for (int i = 0; i < spins; i++) {
        if (atomic_load_explicit(&t->count, memory_order_acquire) != seen)
            return;
        relax();
        if (yields && i % YIELD_EVERY == YIELD_EVERY - 1 && !yield()) {
            yields = false;
            atomic_store_explicit(&t->without_yield, WAITS_WITHOUT_YIELD, memory_order_relaxed);
        }
    }
    /* No wake-up is lost: here `sleepers` grows before the kernel compares the count, and
     * gm_turnstile_advance changes the count before it reads `sleepers`. So at least one side sees what the
     * other has written. */
    atomic_fetch_add(&t->sleepers, 1);
    while (atomic_load(&t->count) == seen)
        syscall(SYS_futex, &t->count, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
    atomic_fetch_sub(&t->sleepers, 1);
}

void gm_turnstile_advance(gm_turnstile *t)
{
    atomic_fetch_add(&t->count, 1);
    if (atomic_load(&t->sleepers) > 0)
        syscall(SYS_futex, &t->count, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

void gm_turnstile_init(gm_turnstile *t, bool crowded)
{
    atomic_store(&t->count, 0);
    atomic_store(&t->sleepers, 0);
    atomic_store(&t->without_yield, 0);
    t->sleeps_at_once = crowded;
}

void gm_turnstile_clear(gm_turnstile *t)
{
    (void)t; /* the kernel keeps nothing of a futex that nobody waits for */
}

unsigned gm_turnstile_count(gm_turnstile *t)
{
    return atomic_load(&t->count);
}

bool gm_turnstile_has_sleepers(gm_turnstile *t)
{
    return atomic_load(&t->sleepers) > 0;
}

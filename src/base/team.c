/* A team of threads with a barrier, on C11 atomics and futexes. */
#include "base/team.h"
#include "base/clock.h"
#include "base/denormals.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/places.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Some 100 us: longer than the gather between two steps, shorter than anybody's patience with a busy core. */
#define SPINS 3000

/* A few us. New threads may share a processor until the system spreads them; then the one that waits must not
 * keep the other from coming. */
#define YIELD_EVERY 64

/* Where other programs run, too, they take a time slice of some ms for each yield. So one that lasted longer
 * than a step of a small network is the last for a while: who sleeps wakes ahead of them. */
#define LONG_YIELD_NS       500000
#define WAITS_WITHOUT_YIELD 4096

/* Runs after which members look whether two of them share a processor, as they do whenever some had slept:
 * the system may put them together at any time, and leave them so for seconds. */
#define SETTLE_EVERY 256

/* BLAS kernels keep their panels in buffers of their own; nothing here needs a deep stack. */
#define STACK_BYTES ((size_t)1 << 20)

/* A number that only grows, and the members that sleep until it does. */
struct turnstile {
    _Alignas(GM_ALIGNMENT) atomic_uint turn;
    atomic_uint sleepers;
    atomic_uint without_yield; /* so many waits are not to yield; guidance only, so that races do no harm */
};

/* Pieces of the work; the members' queues do not share a cache line. */
struct queue {
    _Alignas(GM_ALIGNMENT) atomic_size_t next;
};

struct gm_team {
    struct turnstile start, barrier;
    gm_places places;                             /* of all members, when they settle */
    _Alignas(GM_ALIGNMENT) atomic_size_t arrived; /* at the barrier */
    _Alignas(GM_ALIGNMENT) gm_team_work work;     /* NULL sends the members home */
    void *context;
    struct queue *queues; /* threads + 1 */
    bool alone;           /* this run is the caller's own */
    bool settles;         /* in this run every member takes a place before it works */
    size_t threads;
    size_t running; /* threads really started, the caller not counted */
    pthread_t *handles;
};

/* What a new thread must know. */
struct member {
    gm_team *team;
    size_t thread;
};

static void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

/* Whether the others gave the processor back soon. */
static bool yield(void)
{
    const uint64_t start = gm_clock();
    sched_yield();
    return gm_clock() - start < LONG_YIELD_NS;
}

/* Whether this wait may yield. */
static bool may_yield(struct turnstile *t)
{
    const unsigned rest = atomic_load_explicit(&t->without_yield, memory_order_relaxed);
    if (rest > 0)
        atomic_store_explicit(&t->without_yield, rest - 1, memory_order_relaxed);
    return rest == 0;
}

static void turnstile_wait(struct turnstile *t, unsigned seen)
{
    bool yields = may_yield(t);
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(&t->turn, memory_order_acquire) != seen)
            return;
        relax();
        if (yields && i % YIELD_EVERY == YIELD_EVERY - 1 && !yield()) {
            yields = false;
            atomic_store_explicit(&t->without_yield, WAITS_WITHOUT_YIELD, memory_order_relaxed);
        }
    }
    /* The count goes up before the kernel compares the turn, and the turn moves before the count is read: one
     * of the two sides always sees the other. */
    atomic_fetch_add(&t->sleepers, 1);
    while (atomic_load(&t->turn) == seen)
        syscall(SYS_futex, &t->turn, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
    atomic_fetch_sub(&t->sleepers, 1);
}

static void turnstile_advance(struct turnstile *t)
{
    atomic_fetch_add(&t->turn, 1);
    if (atomic_load(&t->sleepers) > 0)
        syscall(SYS_futex, &t->turn, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

void gm_team_barrier(gm_team *team)
{
    if (team->threads == 1)
        return;
    const unsigned turn = atomic_load(&team->barrier.turn);
    if (atomic_fetch_add(&team->arrived, 1) + 1 == team->threads) {
        atomic_store(&team->arrived, 0);
        turnstile_advance(&team->barrier);
    } else {
        turnstile_wait(&team->barrier, turn);
    }
}

bool gm_team_take(gm_team *team, size_t queue, size_t end, size_t *piece)
{
    atomic_size_t *next = &team->queues[queue].next;
    *piece = atomic_load_explicit(next, memory_order_relaxed);
    if (team->alone && *piece < end) { /* nobody else asks: 0.4 % of a step of 784-30-10 */
        atomic_store_explicit(next, *piece + 1, memory_order_relaxed);
        return true;
    }
    while (*piece < end) {
        if (atomic_compare_exchange_weak_explicit(next, piece, *piece + 1, memory_order_relaxed,
                                                  memory_order_relaxed))
            return true;
    }
    return false;
}

/* Before the work of a run is given out. */
static void prepare(gm_team *team, bool alone)
{
    team->alone = alone;
    for (size_t i = 0; i <= team->threads; i++)
        atomic_store_explicit(&team->queues[i].next, 0, memory_order_relaxed);
}

static void *member_main(void *argument)
{
    const struct member self = *(struct member *)argument;
    gm_free(argument);
    gm_flush_denormals();
    for (unsigned turn = 0;; turn++) {
        turnstile_wait(&self.team->start, turn);
        if (!self.team->work)
            return NULL;
        if (self.team->settles)
            gm_places_take(&self.team->places);
        self.team->work(self.team->context, self.thread);
        gm_team_barrier(self.team);
    }
}

void gm_team_run(gm_team *team, gm_team_work work, void *context)
{
    const unsigned mode = gm_flush_denormals();
    prepare(team, team->threads == 1);
    if (team->threads > 1) {
        team->work = work;
        team->context = context;
        const bool sleepers = atomic_load(&team->start.sleepers) > 0;
        team->settles = sleepers || atomic_load(&team->start.turn) % SETTLE_EVERY == 0;
        if (team->settles) {
            gm_places_clear(&team->places);
            gm_places_take(&team->places);
        }
        turnstile_advance(&team->start);
    }
    work(context, 0);
    gm_team_barrier(team);
    gm_restore_denormals(mode);
}

void gm_team_run_alone(gm_team *team, gm_team_work work, void *context)
{
    const unsigned mode = gm_flush_denormals();
    prepare(team, true);
    work(context, 0);
    gm_restore_denormals(mode);
}

/* Signals belong to the program's own threads: the members inherit a mask that blocks them all. */
static int start_member(gm_team *team, size_t thread)
{
    struct member *self = gm_alloc(1, sizeof *self);
    if (!self)
        return ENOMEM;
    *self = (struct member){team, thread};
    sigset_t all, former;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &former);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    const int failure = pthread_create(&team->handles[thread], &attributes, member_main, self);
    pthread_attr_destroy(&attributes);
    pthread_sigmask(SIG_SETMASK, &former, NULL);
    if (failure)
        gm_free(self);
    return failure;
}

gm_status gm_team_create(gm_team **result, size_t threads, gm_error *error)
{
    *result = NULL;
    gm_team *team = gm_alloc(1, sizeof *team);
    if (!team)
        return gm_fail_memory(error, "a team of threads", sizeof *team);
    team->threads = threads;
    team->handles = gm_alloc(threads, sizeof *team->handles);
    team->queues = gm_alloc(threads + 1, sizeof *team->queues);
    if (!team->handles || !team->queues) {
        gm_team_destroy(team);
        return gm_fail_memory(error, "a team of threads", sizeof *team);
    }
    for (size_t thread = 1; thread < threads; thread++) {
        const int failure = start_member(team, thread);
        if (failure) {
            gm_team_destroy(team);
            return gm_fail(error, GM_LIMIT, "cannot start thread %zu of %zu: %s; use fewer threads",
                           thread + 1, threads, strerror(failure));
        }
        team->running++;
    }
    *result = team;
    return GM_OK;
}

void gm_team_destroy(gm_team *team)
{
    if (!team)
        return;
    team->work = NULL;
    turnstile_advance(&team->start);
    for (size_t thread = 1; thread <= team->running; thread++)
        pthread_join(team->handles[thread], NULL);
    gm_free(team->handles);
    gm_free(team->queues);
    gm_free(team);
}

size_t gm_team_threads(const gm_team *team)
{
    return team->threads;
}

gm_share gm_team_share(size_t total, size_t grain, size_t thread, size_t threads)
{
    const size_t grains = gm_pieces(total, grain);
    const size_t each = grains / threads, more = grains % threads;
    const size_t first = thread * each + gm_min(thread, more);
    const size_t last = first + each + (thread < more ? 1 : 0);
    return (gm_share){gm_min(first * grain, total),
                      gm_min(last * grain, total) - gm_min(first * grain, total)};
}

/* A team of threads: starting members, giving them work, and the barrier. turnstile.h has the waiting itself.
 */
#include "base/team.h"
#include "base/denormals.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/placement.h"
#include "base/turnstile.h"

#include <errno.h>
#include <gradmill/system.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

/* After so many runs, members check whether two of them share a processor. They also check after a sleep. The
 * kernel may put two members on one processor at any time, and leave them there for seconds. */
#define SETTLE_EVERY 256

/* Stack of a member. BLAS kernels have buffers of their own, so nothing needs a large stack. */
#define STACK_BYTES ((size_t)1 << 20)

/* A queue of pieces of work. Each has a cache line of its own, so that members do not disturb each other. */
struct queue {
    _Alignas(GM_ALIGNMENT) atomic_size_t next;
};

struct gm_team {
    gm_turnstile start, barrier;
    gm_placement placement;                       /* the processors that members have taken */
    _Alignas(GM_ALIGNMENT) atomic_size_t arrived; /* at the barrier */
    _Alignas(GM_ALIGNMENT) gm_team_work work;     /* NULL: the members end */
    void *context;
    struct queue *queues; /* threads + 1 */
    bool alone;           /* in this run only the caller works */
    bool settles;         /* in this run every member looks for a processor of its own before it works */
    size_t threads;
    size_t running; /* threads really started, the caller not counted */
    unsigned forks; /* the value of the global counter `forks` when they were started */
    pthread_t *handles;
};

/* The argument of a new thread. */
struct member {
    gm_team *team;
    size_t thread;
};

void gm_team_barrier(gm_team *team)
{
    if (team->threads == 1)
        return;
    const unsigned seen = gm_turnstile_count(&team->barrier);
    if (atomic_fetch_add(&team->arrived, 1) + 1 == team->threads) {
        atomic_store(&team->arrived, 0);
        gm_turnstile_advance(&team->barrier);
    } else {
        gm_turnstile_wait(&team->barrier, seen);
    }
}

bool gm_team_take(gm_team *team, size_t queue, size_t end, size_t *piece)
{
    atomic_size_t *next = &team->queues[queue].next;
    *piece = atomic_load_explicit(next, memory_order_relaxed);
    /* Without other threads an atomic exchange is not needed. (docs/kernels.md has its cost.) */
    if (team->alone && *piece < end) {
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

/* Resets the queues of pieces before a run. */
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
    for (unsigned seen = 0;; seen++) {
        gm_turnstile_wait(&self.team->start, seen);
        if (!self.team->work)
            return NULL;
        if (self.team->settles)
            gm_placement_take(&self.team->placement);
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
        const bool sleepers = gm_turnstile_has_sleepers(&team->start);
        team->settles = sleepers || gm_turnstile_count(&team->start) % SETTLE_EVERY == 0;
        if (team->settles) {
            gm_placement_clear(&team->placement);
            gm_placement_take(&team->placement);
        }
        gm_turnstile_advance(&team->start);
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

/* Starts a member. It inherits a mask that blocks all signals, so that they reach the program's own threads.
 */
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

/* Number of forks between the first process and this one. A child of a fork has a copy of the team's memory
 * but none of its threads. It notices this because its number differs from team->forks. */
static atomic_uint forks;

static void count_fork(void)
{
    atomic_fetch_add_explicit(&forks, 1, memory_order_relaxed);
}

static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, count_fork);
}

static bool is_of_this_process(const gm_team *team)
{
    return team->forks == atomic_load_explicit(&forks, memory_order_relaxed);
}

static void end_members(gm_team *team)
{
    team->work = NULL;
    gm_turnstile_advance(&team->start);
    for (size_t thread = 1; thread <= team->running; thread++)
        pthread_join(team->handles[thread], NULL);
    team->running = 0;
}

/* Starts all members but the caller. If one of them cannot be started, the others are ended again. */
static gm_status start_members(gm_team *team, gm_error *error)
{
    const bool crowded = team->threads > 1 && team->threads > gm_system_threads().usable;
    gm_turnstile_init(&team->start, crowded);
    gm_turnstile_init(&team->barrier, crowded);
    atomic_store(&team->arrived, 0);
    team->forks = atomic_load_explicit(&forks, memory_order_relaxed);
    team->running = 0;
    for (size_t thread = 1; thread < team->threads; thread++) {
        const int failure = start_member(team, thread);
        if (failure) {
            end_members(team);
            return gm_fail(error, GM_LIMIT, "cannot start thread %zu of %zu: %s; use fewer threads",
                           thread + 1, team->threads, strerror(failure));
        }
        team->running++;
    }
    return GM_OK;
}

gm_status gm_team_create(gm_team **result, size_t threads, gm_error *error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    *result = NULL;
    pthread_once(&once, watch_forks);
    gm_team *team = gm_alloc(1, sizeof *team);
    if (!team)
        return gm_fail_memory(error, "a team of threads", sizeof *team);
    team->threads = threads;
    team->handles = gm_alloc(threads, sizeof *team->handles);
    team->queues = gm_alloc(threads + 1, sizeof *team->queues);
    const gm_status status = team->handles && team->queues
                                 ? start_members(team, error)
                                 : gm_fail_memory(error, "a team of threads", sizeof *team);
    if (status != GM_OK)
        gm_team_destroy(team);
    else
        *result = team;
    return status;
}

gm_status gm_team_ready(gm_team *team, gm_error *error)
{
    const bool ready = team->running + 1 == team->threads && is_of_this_process(team);
    return ready || team->threads == 1 ? GM_OK : start_members(team, error);
}

void gm_team_destroy(gm_team *team)
{
    if (!team)
        return;
    if (team->running > 0 && is_of_this_process(team)) {
        end_members(team);
        gm_turnstile_clear(&team->start);
        gm_turnstile_clear(&team->barrier);
    }
    gm_free(team->handles);
    gm_free(team->queues);
    gm_free(team);
}

size_t gm_team_threads(const gm_team *team)
{
    return team->threads;
}

gm_range gm_team_range(size_t total, size_t grain, size_t thread, size_t threads)
{
    const size_t grains = gm_pieces(total, grain);
    const size_t each = grains / threads, more = grains % threads;
    const size_t first = thread * each + gm_min(thread, more);
    const size_t last = first + each + (thread < more ? 1 : 0);
    return (gm_range){gm_min(first * grain, total),
                      gm_min(last * grain, total) - gm_min(first * grain, total)};
}

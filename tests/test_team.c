/* Tests teams of threads: every member works, no member passes a barrier early, ranges cover everything
 * exactly once, and denormals are flushed during the work and only then. */
#include <criterion/criterion.h>

#include "base/denormals.h"
#include "base/placement.h"
#include "base/team.h"

#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { MOST_THREADS = 5, RUNS = 1000, ROUNDS = 3 };

static gm_team *make_team(size_t threads)
{
    gm_team *team;
    gm_error error;
    cr_assert_eq(gm_team_create(&team, threads, &error), GM_OK, "%s", error.message);
    cr_assert_eq(gm_team_threads(team), threads);
    return team;
}

/* Each member writes its own place before the barrier and reads all places behind it; no atomics, so that a
 * thread sanitizer sees whether the barrier orders the memory. */
struct barriers {
    gm_team *team;
    size_t threads;
    unsigned long written[MOST_THREADS];
    unsigned long stale[MOST_THREADS]; /* places that a member found too old */
};

static void wait_often(void *context, size_t thread)
{
    struct barriers *m = context;
    for (int round = 0; round < ROUNDS; round++) {
        const unsigned long now = ++m->written[thread];
        gm_team_barrier(m->team);
        for (size_t other = 0; other < m->threads; other++)
            m->stale[thread] += m->written[other] != now;
        gm_team_barrier(m->team);
    }
}

Test(team, barrier)
{
    for (size_t threads = 1; threads <= MOST_THREADS; threads++) {
        struct barriers m = {.team = make_team(threads), .threads = threads};
        for (int run = 0; run < RUNS; run++)
            gm_team_run(m.team, wait_often, &m);
        for (size_t thread = 0; thread < threads; thread++) {
            cr_expect_eq(m.written[thread], RUNS * ROUNDS, "%zu threads: member %zu", threads, thread);
            cr_expect_eq(m.stale[thread], 0, "%zu threads: member %zu went through too early", threads,
                         thread);
        }
        gm_team_destroy(m.team);
    }
}

/* Work stealing: each piece is done exactly once, whether it is taken from the member's own queue, another
 * member's queue, or the common queue, and no piece at or beyond the end is done. */
enum { PIECES = 100, STOPS = 3 };

struct pieces {
    gm_team *team;
    unsigned done[MOST_THREADS + 1][PIECES]; /* no atomics: two members at the same piece would be a race */
};

static void do_pieces(void *context, size_t thread)
{
    struct pieces *p = context;
    const size_t threads = gm_team_threads(p->team);
    for (size_t i = 0; i <= threads; i++) {
        const size_t queue = i < threads ? (thread + i) % threads : threads;
        size_t piece;
        for (size_t stop = 1; stop <= STOPS; stop++) {
            while (gm_team_take(p->team, queue, PIECES * stop / STOPS, &piece))
                p->done[queue][piece]++;
        }
    }
}

Test(team, pieces)
{
    for (size_t threads = 1; threads <= MOST_THREADS; threads++) {
        struct pieces p = {.team = make_team(threads)};
        for (unsigned run = 1; run <= 50; run++) {
            if (run % 10 == 0)
                gm_team_run_alone(p.team, do_pieces, &p);
            else
                gm_team_run(p.team, do_pieces, &p);
            for (size_t queue = 0; queue <= threads; queue++) {
                for (size_t i = 0; i < PIECES; i++)
                    cr_assert_eq(p.done[queue][i], run, "%zu threads, run %u, queue %zu, piece %zu", threads,
                                 run, queue, i);
            }
        }
        gm_team_destroy(p.team);
    }
}

/* Members that have fallen asleep are woken, and a team that has never worked can be destroyed. */
static void count_one(void *context, size_t thread)
{
    ((unsigned long *)context)[thread * 16]++;
}

Test(team, wakes_after_sleep)
{
    gm_team_destroy(make_team(MOST_THREADS));
    unsigned long counts[MOST_THREADS * 16] = {0};
    gm_team *team = make_team(3);
    for (int run = 0; run < 5; run++) {
        nanosleep(&(struct timespec){0, 20000000}, NULL);
        gm_team_run(team, count_one, counts);
    }
    gm_team_destroy(team);
    for (size_t thread = 0; thread < 3; thread++)
        cr_expect_eq(counts[thread * 16], 5);
    gm_team_destroy(NULL);
}

/* Takes the place of the C library's function in this program. It can pretend to run on a machine with more
 * processors than a cpu_set_t has room for. */
static int pretended_processor = -1;

int sched_getcpu(void)
{
    unsigned processor = 0;
    if (pretended_processor >= 0)
        return pretended_processor;
    return syscall(SYS_getcpu, &processor, NULL, NULL) == 0 ? (int)processor : -1;
}

/* The processors that this thread may use. */
static cpu_set_t allowed(void)
{
    cpu_set_t set;
    cr_assert_eq(sched_getaffinity(0, sizeof set, &set), 0);
    return set;
}

static void pin(size_t processor)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    cr_assert_eq(sched_setaffinity(0, sizeof set, &set), 0);
}

Test(team, who_finds_a_processor_taken_moves)
{
    const cpu_set_t before = allowed();
    for (size_t processor = 0; processor < CPU_SETSIZE; processor++) {
        if (!CPU_ISSET(processor, &before))
            continue;
        gm_placement placement = {0};
        pin(processor);
        gm_placement_take(&placement); /* another thread, as it were */
        cr_assert_eq(sched_setaffinity(0, sizeof before, &before), 0);
        gm_placement_take(&placement);
        cpu_set_t after = allowed();
        cr_expect(CPU_EQUAL(&before, &after));
        if (CPU_COUNT(&before) > 1)
            cr_expect_neq((size_t)sched_getcpu(), processor);
    }
}

/* More threads than processors, or a thread that is pinned: it stays, and stays pinned. */
Test(team, who_finds_all_processors_taken_stays)
{
    const size_t processor = (size_t)sched_getcpu();
    gm_placement placement = {0};
    pin(processor);
    for (int i = 0; i < 3; i++)
        gm_placement_take(&placement);
    cpu_set_t set = allowed();
    cr_expect_eq(CPU_COUNT(&set), 1);
    cr_expect_eq((size_t)sched_getcpu(), processor);
    gm_placement_clear(&placement);
    gm_placement_take(&placement);
    cr_expect_eq(atomic_load(&placement.taken[processor / GM_PLACEMENT_WORD]),
                 1UL << processor % GM_PLACEMENT_WORD);
}

/* A processor beyond the table is not looked up in it. */
Test(team, who_runs_on_a_processor_beyond_the_table_stays)
{
    struct {
        gm_placement placement;
        atomic_ulong behind;
    } table = {0};
    const cpu_set_t before = allowed();
    for (pretended_processor = CPU_SETSIZE; pretended_processor < CPU_SETSIZE + 2; pretended_processor++)
        gm_placement_take(&table.placement);
    pretended_processor = -1;
    cpu_set_t after = allowed();
    cr_expect(CPU_EQUAL(&before, &after));
    cr_expect_eq(atomic_load(&table.behind), 0);
    for (size_t i = 0; i < CPU_SETSIZE / GM_PLACEMENT_WORD; i++)
        cr_expect_eq(atomic_load(&table.placement.taken[i]), 0);
}

Test(team, ranges_cover_without_overlap)
{
    static const size_t totals[] = {0, 1, 3, 4, 5, 16, 17, 100, 1023}, grains[] = {1, 4, 7, 64};
    for (size_t t = 0; t < sizeof totals / sizeof *totals; t++) {
        for (size_t g = 0; g < sizeof grains / sizeof *grains; g++) {
            for (size_t threads = 1; threads <= 9; threads++) {
                size_t next = 0;
                for (size_t thread = 0; thread < threads; thread++) {
                    const gm_range own = gm_team_range(totals[t], grains[g], thread, threads);
                    cr_expect_eq(own.first, next, "%zu in %zu by %zu: member %zu", totals[t], threads,
                                 grains[g], thread);
                    cr_expect(own.count % grains[g] == 0 || own.first + own.count == totals[t]);
                    next = own.first + own.count;
                }
                cr_expect_eq(next, totals[t]);
            }
        }
    }
}

/* What each member sees: its floating-point mode, and what becomes of a denormal. */
struct seen {
    unsigned mode[4];
    int flushed[4], blocked[4];
};

static void look(void *context, size_t thread)
{
    struct seen *seen = context;
    volatile float tiny = 1e-30f;
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    seen->flushed[thread] = tiny * 1e-10f == 0;
    seen->blocked[thread] = sigismember(&mask, SIGINT);
}

Test(team, denormals_are_flushed_inside_only)
{
#ifndef GM_FLUSH_BITS
    cr_skip("no such mode on this processor");
#else
    struct seen seen = {0};
    gm_team *team = make_team(4);
    const unsigned before = (unsigned)GM_READ_MODE();
    gm_team_run(team, look, &seen);
    cr_expect_eq((unsigned)GM_READ_MODE(), before);
    for (size_t thread = 0; thread < 4; thread++) {
        cr_expect(seen.flushed[thread], "member %zu", thread);
        cr_expect_eq(seen.blocked[thread], thread > 0, "signals belong to the program's own threads");
    }
    seen = (struct seen){0};
    gm_team_run_alone(team, look, &seen);
    cr_expect(seen.flushed[0] && !seen.flushed[1]);
    cr_expect_eq((unsigned)GM_READ_MODE(), before);
    gm_team_destroy(team);
#endif
}

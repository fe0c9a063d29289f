/* Tests how steps are watched (nn/watch.h), with invented times: when the plan changes, and how much that
 * costs. */
#include "nn/watch.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

/* A machine on which the model expects 12 ms of one thread and 6.5 ms of all; `harm` multiplies the latter
 * from step `from` to step `to`. */
struct machine {
    double alone, team, harm;
    size_t from, to;
};

static gm_watch watch_of(double alone, double team)
{
    return gm_watch_begin((gm_plan){.threads = 1, .seconds = alone},
                          (gm_plan){.threads = 2, .seconds = team});
}

static double step_of(const struct machine *m, size_t threads, size_t step)
{
    if (threads == 1)
        return m->alone;
    return step >= m->from && step < m->to ? m->team * m->harm : m->team;
}

/* The time of the steps `first` to `last` - 1 relative to the better plan's time. */
static double cost(gm_watch *w, const struct machine *m, size_t first, size_t last)
{
    double spent = 0, alone = 0, team = 0;
    for (size_t step = first; step < last; step++) {
        const double seconds = step_of(m, gm_watch_plan(w).threads, step);
        spent += seconds;
        alone += step_of(m, 1, step);
        team += step_of(m, 2, step);
        gm_watch_step(w, seconds);
    }
    return spent / (alone < team ? alone : team);
}

Test(watch, a_quiet_machine_keeps_its_plan)
{
    gm_watch w = watch_of(12e-3, 6.5e-3);
    const struct machine m = {12e-3, 6.9e-3, 1, 0, 0};
    cr_expect_eq(gm_watch_plan(&w).threads, 2);
    cr_expect_lt(cost(&w, &m, 0, 20000), 1.001);
    w = watch_of(12e-3, 15e-3);
    cr_expect_eq(gm_watch_plan(&w).threads, 1);
    cr_expect_float_eq(cost(&w, &m, 0, 100) * 6.9, 12, 1e-9);
}

/* A neighbour takes one of the processors away for some time. */
Test(watch, threads_that_harm_are_left_out_until_they_help_again)
{
    for (double harm = 2.2; harm < 40; harm *= 1.5) {
        gm_watch w = watch_of(12e-3, 6.5e-3);
        const struct machine m = {12e-3, 6.5e-3, harm, 1000, 9000};
        cr_expect_lt(cost(&w, &m, 0, 1000), 1.005);
        const double spent = cost(&w, &m, 1000, 9000);
        cr_expect_lt(spent, harm < 15 ? 1.03 : 1.06, "%g times slower: %g", harm, spent);
        cost(&w, &m, 9000, 11000);
        cr_expect_eq(gm_watch_plan(&w).threads, 2, "%g times slower", harm);
        cr_expect_lt(cost(&w, &m, 11000, 13000), 1.002);
    }
}

/* The model was made while something disturbed it. */
Test(watch, a_wrong_model_costs_little)
{
    for (double expected = 1e-3; expected < 7e-3; expected += 1e-3) {
        gm_watch w = watch_of(expected, 6.5e-3);
        const struct machine m = {12e-3, 6.5e-3, 1, 0, 0};
        const double spent = cost(&w, &m, 0, 20000);
        cr_expect_lt(spent, 1.05, "12 ms, expected %g ms: %g", 1e3 * expected, spent);
    }
}

/* Both plans are nearly as fast, and the model takes one for the other: what is really faster wins. */
Test(watch, a_close_call_is_decided_by_the_steps)
{
    for (double alone = 0.9; alone < 1.15; alone += 0.2) {
        gm_watch w = watch_of(1.05, alone < 1 ? 1 : 1.1);
        const struct machine m = {alone, 1, 1, 0, 0};
        cost(&w, &m, 0, 10000);
        cr_expect_lt(cost(&w, &m, 10000, 30000), 1.005, "alone %g", alone);
    }
}

Test(watch, one_long_pause_is_soon_forgotten)
{
    gm_watch w = watch_of(12e-3, 6.5e-3);
    const struct machine m = {12e-3, 6.5e-3, 1, 0, 0};
    cost(&w, &m, 0, 100);
    gm_watch_step(&w, 3600);
    cr_expect_lt(cost(&w, &m, 0, 3000), 1.1);
    cr_expect_eq(gm_watch_plan(&w).threads, 2);
}

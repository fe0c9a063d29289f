/* Tests bench/measure: statistics against numbers from outside, the clock, the loops that measure peaks, and
 * named networks. */
#include "machine/blas_info.h"
#include "base/kernel_text.h"
#include "base/clock.h"
#include "base/error.h"
#include "bench/cases/cases.h"
#include "machine/fma_chains.h"
#include "machine/peak.h"
#include "bench/measure/rounds.h"
#include "bench/measure/statistics.h"
#include "bench/measure/workload.h"

#include <gradmill/system.h>
#include <criterion/criterion.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define MOST 9

/* median and deviation by numpy.median and scipy.stats.median_abs_deviation(scale=1); the last row is the
 * example of Wikipedia's article on the median absolute deviation. */
static const struct {
    size_t count;
    double samples[MOST];
    double min, max, mean, median, deviation;
} sets[] = {
    {1, {7}, 7, 7, 7, 7, 0},
    {2, {4, 1}, 1, 4, 2.5, 2.5, 1.5},
    {3, {3, 1, 2}, 1, 3, 2, 2, 1},
    {4, {10, 1, 3, 2}, 1, 10, 4, 2.5, 1},
    {5, {5, 5, 5, 5, 5}, 5, 5, 5, 5, 0},
    {5, {2, 3, 4, 5, 1}, 1, 5, 3, 3, 1}, /* the least one last: it has to be sorted, too */
    {6, {-1, 1, 0, 0, 0, 1000}, -1, 1000, 1000.0 / 6, 0, 0.5},
    {7, {9, 1, 6, 1, 4, 2, 2}, 1, 9, 25.0 / 7, 2, 1},
};

Test(bench, statistics_of_samples)
{
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        double samples[MOST];
        memcpy(samples, sets[i].samples, sizeof samples);
        const gm_statistics s = gm_statistics_of(samples, sets[i].count);
        cr_expect_eq(s.count, sets[i].count, "set %zu", i);
        cr_expect_eq(s.min, sets[i].min, "set %zu", i);
        cr_expect_eq(s.max, sets[i].max, "set %zu", i);
        cr_expect_eq(s.median, sets[i].median, "set %zu: median %g", i, s.median);
        cr_expect_eq(s.deviation, sets[i].deviation, "set %zu: deviation %g", i, s.deviation);
        cr_expect_float_eq(s.mean, sets[i].mean, 1e-12, "set %zu: mean %g", i, s.mean);
    }
}

/* numpy.quantile, the default method. */
Test(bench, quantiles_lie_between_neighbours)
{
    const double four[] = {1, 2, 3, 4}, five[] = {1, 2, 3, 4, 10}, one[] = {3};
    cr_expect_float_eq(gm_quantile(four, 4, 0.25), 1.75, 1e-12);
    cr_expect_float_eq(gm_quantile(four, 4, 0.5), 2.5, 1e-12);
    cr_expect_float_eq(gm_quantile(four, 4, 1), 4, 1e-12);
    cr_expect_float_eq(gm_quantile(five, 5, 0), 1, 1e-12);
    cr_expect_float_eq(gm_quantile(five, 5, 0.25), 2, 1e-12);
    cr_expect_float_eq(gm_quantile(five, 5, 0.9), 7.6, 1e-12);
    cr_expect_float_eq(gm_quantile(one, 1, 0.9), 3, 1e-12);
}

/* What stands behind the samples has no part in any figure, not even with the weight 0. */
Test(bench, only_the_samples_count)
{
    double samples[] = {4, 1, 3, 2, NAN};
    const gm_statistics s = gm_statistics_of(samples, 4);
    cr_expect_eq(s.mean, 2.5);
    cr_expect_eq(s.median, 2.5);
    cr_expect_eq(s.max, 4);
    cr_expect_eq(s.deviation, 1);
    const double sorted[] = {1, 2, NAN};
    cr_expect_eq(gm_quantile(sorted, 2, 1), 2);
}

Test(bench, clock_counts_real_time)
{
    const struct timespec nap = {.tv_nsec = 5000000};
    const uint64_t from = gm_clock();
    nanosleep(&nap, NULL);
    const uint64_t to = gm_clock();
    cr_expect_geq(to - from, 5000000U);
    cr_expect_float_eq(gm_clock_seconds(from, to), (double)(to - from) / 1e9, 1e-12);
}

/* Every chain runs to the fixed point of c / 2 + 1, and there are 12: no chain was optimised away, none is
 * counted that does not run. */
Test(bench, fma_chains_compute_what_they_say)
{
    for (gm_precision precision = GM_F32; precision <= GM_F64; precision++) {
        gm_fma_chains list[GM_MOST_CHAINS];
        const size_t count = gm_fma_chains_list(precision, list);
        cr_assert(count >= 1 && count <= GM_MOST_CHAINS);
        for (size_t i = 0; i < count; i++) {
            cr_expect_float_eq(list[i].run(200), 12 * 2.0, 1e-9, "loop %zu", i);
            cr_expect_float_eq(list[i].run(1), (3 + 14) / 2.0 * 12 / 2 + 12, 1e-9, "loop %zu", i);
            cr_expect_float_eq(list[i].run(0), (3 + 14) / 2.0 * 12, 1e-9, "loop %zu", i);
            cr_expect_eq(fmod(list[i].flop, 24), 0, "loop %zu", i);
            cr_expect(i == 0 || list[i].flop == 2 * list[i - 1].flop, "loop %zu", i);
        }
        cr_expect_eq(gm_fma_chains_of(precision).run, list[count - 1].run);
    }
    cr_expect_eq(gm_fma_chains_of(GM_F32).flop, 2 * gm_fma_chains_of(GM_F64).flop);
}

/* As many passes of the loop as `iterations` asks for: what runs at the peak by construction. */
static gm_status run_chains(void *context, size_t iterations, gm_error *error)
{
    const gm_fma_chains *chains = context;
    volatile double sink = chains->run(1000 * iterations);
    (void)sink;
    (void)error;
    return GM_OK;
}

/* If the candidate is the reference loop itself, it reaches the whole peak, in every precision and however
 * busy the machine is. On one of two threads it reaches half, if there are two processors. Other tests run at
 * the same time, so the bounds are wide: they find wrong counts and wrong pairs. */
Test(bench, a_sample_is_held_against_the_peak_beside_it)
{
    gm_fma_chains chains[] = {gm_fma_chains_of(GM_F32), gm_fma_chains_of(GM_F64), gm_fma_chains_of(GM_F32)};
    gm_rounds_options options = gm_rounds_options_default();
    gm_candidate candidates[3];
    double share[3];
    gm_error error = {0};
    bool near = false;
    options.sample_seconds = 0.001;
    for (int tries = 0; tries < 10 && !near; tries++) {
        for (size_t i = 0; i < 3; i++)
            candidates[i] = (gm_candidate){.run = run_chains, .context = &chains[i]};
        candidates[1].precision = GM_F64;
        candidates[2].threads = 2;
        cr_assert_eq(gm_rounds_run((gm_candidate *[]){&candidates[0], &candidates[1], &candidates[2]}, 3,
                                   &options, &error),
                     GM_OK, "%s", error.message);
        near = true;
        for (size_t i = 0; i < 3; i++) {
            const gm_candidate *c = &candidates[i];
            cr_expect_eq(c->count, options.rounds);
            cr_expect_null(c->reference);
            share[i] = gm_rounds_share(1000 * chains[i].flop, c->samples, c->peaks, c->count);
            near = near && share[i] > (i < 2 ? 0.6 : 0.3) && share[i] < 1.4;
        }
    }
    cr_expect(near, "shares %g, %g and, on two threads, %g", share[0], share[1], share[2]);
}

/* A candidate that reports its own times, sleeps, and fails after a number of runs. */
struct actor {
    double says, sleeps;
    size_t runs, last_run; /* 0: it does not fail */
    size_t iterations;
};

static gm_status act(void *context, size_t iterations, gm_error *error)
{
    struct actor *a = context;
    a->iterations = iterations;
    gm_rest(a->sleeps);
    return ++a->runs == a->last_run ? gm_fail(error, GM_CHECK, "no more") : GM_OK;
}

static double says(const void *context)
{
    const struct actor *a = context;
    return a->says * (double)a->iterations;
}

Test(bench, one_that_fails_or_is_slow_does_not_stop_the_rounds)
{
    struct actor actors[] = {{.says = 0.002}, {.says = 0.003, .last_run = 6}, {.says = 0.004, .sleeps = 0.2}};
    gm_candidate c[3];
    gm_candidate *all[] = {&c[0], &c[1], &c[2]};
    const gm_rounds_options options = {.sample_seconds = 0.001, .rounds = 7, .most_seconds = 0.3};
    gm_error error = {0};
    for (size_t i = 0; i < 3; i++)
        c[i] = (gm_candidate){.run = act, .seconds = says, .context = &actors[i], .expendable = i == 1};
    cr_assert_eq(gm_rounds_run(all, 3, &options, &error), GM_OK, "%s", error.message);
    cr_expect_eq(c[0].count, 7U);
    cr_expect_eq(c[0].statistics.median, 0.002);
    cr_expect(c[1].failed);
    cr_expect_eq(c[1].count, 1U, "%zu", c[1].count);
    cr_expect_eq(c[2].count, 3U, "%zu", c[2].count);
    cr_expect_eq(c[2].statistics.median, 0.004);
    actors[1].runs = 0;
    c[1] = (gm_candidate){.run = act, .seconds = says, .context = &actors[1]};
    cr_expect_eq(gm_rounds_run(all, 3, &options, &error), GM_CHECK);
    cr_expect_str_eq(error.message, "no more");
}

/* Samples of 30 and 10 ms. At least a third of the wished rounds must fit, or there are three. */
Test(bench, rounds_fill_their_time)
{
    static const struct {
        double budget;
        size_t least, most;
    } cases[] = {
        {0, 11, 11}, {1, 20, 25}, {0.3, 11, 11}, {0.02, 3, 3}, {1e6, GM_MOST_ROUNDS, GM_MOST_ROUNDS}};
    struct actor actors[] = {{.says = 0.03}, {.says = 0.01}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gm_candidate c[] = {{.run = act, .seconds = says, .context = &actors[0]},
                            {.run = act, .seconds = says, .context = &actors[1]}};
        const gm_rounds_options options = {
            .sample_seconds = 0.001, .rounds = 11, .budget_seconds = cases[i].budget};
        gm_error error = {0};
        cr_assert_eq(gm_rounds_run((gm_candidate *[]){&c[0], &c[1]}, 2, &options, &error), GM_OK, "%s",
                     error.message);
        cr_expect(c[0].count >= cases[i].least && c[0].count <= cases[i].most, "%g s: %zu rounds",
                  cases[i].budget, c[0].count);
        cr_expect_eq(c[1].count, c[0].count);
    }
}

/* The threads of the others must have fallen asleep. */
Test(bench, there_is_a_rest_before_each_sample)
{
    struct actor actor = {.says = 0.002};
    gm_candidate candidate = {.run = act, .seconds = says, .context = &actor};
    const gm_rounds_options options = {.sample_seconds = 0.001, .rounds = 4, .rest_seconds = 0.2};
    gm_error error = {0};
    const uint64_t start = gm_clock();
    cr_assert_eq(gm_rounds_run(&(gm_candidate *){&candidate}, 1, &options, &error), GM_OK, "%s",
                 error.message);
    cr_expect_geq(gm_clock_seconds(start, gm_clock()), 4 * 0.2);
    cr_expect_eq(candidate.count, 4U);
    cr_expect_eq(candidate.statistics.median, 0.002);
}

Test(bench, shares_are_taken_pair_by_pair)
{
    const double samples[] = {2, 1, 8},
                 peaks[] = {10, 20, 2.5}; /* the machine's speed moves, the share stays */
    cr_expect_float_eq(gm_rounds_share(10, samples, peaks, 3), 0.5, 1e-15);
    cr_expect_float_eq(gm_rounds_share(10, samples, peaks, 1), 0.5, 1e-15);
    const double one_slow[] = {2, 1, 80};
    cr_expect_float_eq(gm_rounds_share(10, one_slow, peaks, 3), 0.5, 1e-15);
}

Test(bench, peaks_are_measured)
{
    gm_error error;
    double fma = 0, gemm = 0;
    cr_assert_eq(gm_peak_fma(GM_F32, 2, &fma, &error), GM_OK, "%s", error.message);
    cr_assert_eq(gm_peak_gemm(GM_F64, 2, &gemm, &error), GM_OK, "%s", error.message);
    cr_expect_gt(fma, 0);
    cr_expect_gt(gemm, 0);
}

Test(bench, impossible_thread_counts_are_refused)
{
    gm_fma_chains chains = gm_fma_chains_of(GM_F32);
    gm_error error = {0};
    double speed;
    cr_expect_eq(gm_peak_gemm(GM_F32, SIZE_MAX / 2, &speed, &error), GM_LIMIT);
    cr_expect_eq(gm_peak_fma(GM_F32, SIZE_MAX / 2, &speed, &error), GM_LIMIT);
    gm_candidate candidate = {.run = run_chains, .context = &chains, .threads = SIZE_MAX / 2};
    const gm_rounds_options options = gm_rounds_options_default();
    cr_expect_eq(gm_rounds_run(&(gm_candidate *){&candidate}, 1, &options, &error), GM_LIMIT);
    cr_expect_eq(error.status, GM_LIMIT);
}

Test(bench, presets_are_known_by_name_and_named_in_one_text)
{
    char names[GM_PRESET_NAMES], *rest = names;
    gm_net net;
    gm_error error = {0};
    gm_net_preset_names(names);
    size_t i = 0;
    for (char *name; (name = strsep(&rest, ",")); i++) {
        name += strspn(name, " ");
        cr_assert_eq(gm_net_parse(&net, name, &error), GM_OK, "%s", error.message);
        cr_expect_str_eq(net.name, gm_net_preset(i)->name);
        cr_expect_gt(net.batch, 0U);
    }
    cr_expect_null(gm_net_preset(i), "a preset is missing in the text");
    cr_assert_eq(gm_net_parse(&net, "online", &error), GM_OK, "%s", error.message);
    const size_t widths[] = {784, 1024, 1024, 10};
    cr_expect_eq(net.width_count, 4U);
    cr_expect_arr_eq(net.widths, widths, sizeof widths);
    cr_expect_eq(net.batch, 1U);
}

/* Results of different versions are compared by these names. */
Test(bench, named_networks_stay_what_they_are)
{
    static const struct {
        const char *name, *widths;
        size_t batch;
    } nets[] = {
        {"wide", "1024-4096-4096-1024", 256},
        {"mid", "784-1024-1024-10", 128},
        {"online", "784-1024-1024-10", 1},
        {"deep", "512-512-512-512-512-512-512-512-512-10", 64},
        {"mnist", "784-128-10", 64},
        {"nielsen", "784-30-10", 10},
        {"xor", "2-3-1", 1},
    };
    for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
        gm_net named, spelt;
        gm_error error;
        cr_assert_eq(gm_net_parse(&named, nets[i].name, &error), GM_OK, "%s", error.message);
        cr_assert_eq(gm_net_parse(&spelt, nets[i].widths, &error), GM_OK, "%s", error.message);
        cr_assert_eq(named.width_count, spelt.width_count, "%s", nets[i].name);
        cr_expect_arr_eq(named.widths, spelt.widths, spelt.width_count * sizeof *spelt.widths, "%s",
                         nets[i].name);
        cr_expect_eq(named.batch, nets[i].batch, "%s", nets[i].name);
    }
}

Test(bench, widths_by_comma_x_and_dash_are_one_network)
{
    static const char *const texts[] = {"4-50-3", "4x50x3", "4,50,3", "04-050-3"};
    const size_t widths[] = {4, 50, 3};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        gm_net net;
        gm_error error;
        cr_assert_eq(gm_net_parse(&net, texts[i], &error), GM_OK, "%s", error.message);
        cr_expect_str_eq(net.name, "4-50-3");
        cr_assert_eq(net.width_count, 3U);
        cr_expect_arr_eq(net.widths, widths, sizeof widths);
    }
}

Test(bench, a_misspelt_preset_gets_a_suggestion)
{
    gm_net net;
    gm_error error;
    cr_expect_eq(gm_net_parse(&net, "nielson", &error), GM_USAGE);
    cr_expect_not_null(strstr(error.message, "did you mean nielsen?"), "%s", error.message);
    cr_expect_eq(gm_net_parse(&net, "4y5", &error), GM_USAGE);
    cr_expect_null(strstr(error.message, "did you mean"), "%s", error.message);
}

Test(bench, what_does_not_fit_is_refused_before_anything_is_measured)
{
    gm_bench_case *const cases[] = {gm_bench_step, gm_bench_memory, gm_bench_scaling, gm_bench_anatomy};
    const struct {
        size_t batch;
        gm_status status;
    } huge[] = {{INT_MAX, GM_LIMIT}, {SIZE_MAX, GM_USAGE}};
    gm_bench_options options = {.net_count = 2, .batch = {.count = 1}};
    cr_assert_eq(gm_net_parse(&options.nets[0], "xor", NULL), GM_OK);
    cr_assert_eq(gm_net_parse(&options.nets[1], "1024-1024-10", NULL), GM_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t j = 0; j < sizeof huge / sizeof *huge; j++) {
            gm_environment environment = gm_environment_read(1, (char *[]){"gradmill"});
            gm_result result;
            gm_error error = {0};
            options.batch.sizes[0] = huge[j].batch;
            cr_expect_eq(cases[i](&result, &environment, &options, &error), huge[j].status, "%zu", i);
            cr_expect_not_null(strstr(error.message, "batch"), "%s", error.message);
            cr_expect_eq(result.row_count, 0U);
            cr_expect_eq(environment.peak_one[GM_F32], 0);
            gm_result_clear(&result);
        }
    }
}

Test(bench, candidates_must_fit_side_by_side)
{
    gm_timed timed[2] = {0};
    gm_error error = {0};
    size_t one;
    cr_assert_eq(gm_net_parse(&timed[0].options.net, "16-16-16", &error), GM_OK);
    timed[0].options.backend = "naive";
    timed[0].options.threads = 1;
    timed[0].options.batch = (size_t)1 << 20;
    cr_assert_eq(gm_workload_plan(&timed[0].options, &one, &error), GM_OK);
    timed[0].options.batch = (size_t)(0x1p20 * 2 / 3 * (double)gm_system_memory() / (double)one);
    timed[1] = timed[0];
    cr_expect_eq(gm_timed_plan(timed, 1, &error), GM_OK, "%s", error.message);
    cr_expect_eq(gm_timed_plan(timed, 2, &error), GM_LIMIT);
}

/* Two networks under one name have other losses, as two backends would of which one is wrong. */
Test(bench, candidates_that_compute_something_else_are_refused)
{
    const gm_bench_options options = {.backends = {"naive"}, .backend_count = 1};
    gm_timed timed[2] = {0};
    gm_error error = {0};
    for (size_t i = 0; i < 2; i++) {
        gm_net net;
        cr_assert_eq(gm_net_parse(&net, i ? "2-4-1" : "2-3-1", &error), GM_OK);
        strcpy(net.name, "one name");
        timed[i].options = gm_bench_first(&options, &net);
    }
    cr_expect_eq(gm_timed_run(timed, 2, 0.01, &options, &error), GM_CHECK);
    cr_expect_not_null(strstr(error.message, "one name, batch 64: naive gives the loss"), "%s",
                       error.message);
    cr_expect_eq(timed[0].candidate.count, 0U, "nothing was timed");
    gm_timed_clear(timed, 2);
}

Test(bench, networks_of_a_run_are_limited)
{
    gm_bench_options options = {.net_count = 16, .width = {.sizes = {2, 3, 4, 5}, .count = 4}};
    gm_net nets[GM_MOST_SWEPT_NETS];
    size_t count;
    gm_error error = {0};
    for (size_t i = 0; i < options.net_count; i++)
        cr_assert_eq(gm_net_parse(&options.nets[i], "2-9-9-1", &error), GM_OK);
    cr_assert_eq(gm_bench_nets(&options, NULL, nets, GM_MOST_SWEPT_NETS, &count, &error), GM_OK);
    cr_expect_eq(count, 64U);
    cr_expect_str_eq(nets[63].name, "2-5-5-1");
    options.width.count = 5;
    cr_expect_eq(gm_bench_nets(&options, NULL, nets, GM_MOST_SWEPT_NETS, &count, &error), GM_LIMIT);
    cr_expect_str_eq(error.message, "80 networks; expected at most 64 in one run");
}

Test(bench, threads_of_the_blas_come_back_at_the_last_return)
{
    const gm_blas before = gm_system_blas();
    gm_blas_borrow_threads();
    gm_blas_borrow_threads();
    const gm_blas borrowed = gm_system_blas();
    gm_blas_return_threads();
    const gm_blas still_borrowed = gm_system_blas();
    gm_blas_return_threads();
    const gm_blas after = gm_system_blas();
    cr_expect_eq(after.threads, before.threads);
    if (before.threads > 0) {
        cr_expect_eq(borrowed.threads, 1);
        cr_expect_eq(still_borrowed.threads, 1);
    }
}

/* OpenBLAS would retry forever. Not with sanitizers, which map more memory than any limit at the start. */
Test(bench, a_product_without_room_is_refused, .timeout = 20)
{
    gm_error error = {0};
    double speed;
    char statm[64];
    uint64_t pages;
    cr_assert(gm_kernel_read("/proc/self/statm", statm, sizeof statm) && gm_kernel_number(statm, &pages));
    const rlim_t bytes = (rlim_t)300 << 20;
    if (pages > bytes / (rlim_t)sysconf(_SC_PAGESIZE) || strcmp(gm_system_blas().vendor, "OpenBLAS") != 0)
        cr_skip_test("a sanitizer, or another library");
    struct rlimit limit;
    cr_assert_eq(getrlimit(RLIMIT_AS, &limit), 0);
    limit.rlim_cur = bytes;
    cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
    cr_expect_eq(gm_peak_gemm(GM_F32, 4, &speed, &error), GM_LIMIT);
    cr_expect_str_not_empty(error.message);
}

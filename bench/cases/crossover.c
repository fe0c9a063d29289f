/* Case `crossover`: from which size on is one backend faster than another? Steps of a network w-w-w are
 * measured on every backend, with growing width, and with growing batch. A backend whose steps take too long
 * is left out at larger sizes. */
#include "base/error.h"
#include "base/memory.h"
#include "machine/budget.h"
#include "bench/cases/cases.h"
#include "bench/measure/figures.h"

#include <stdio.h>
#include <string.h>

#define FIXED_BATCH 64
#define FIXED_WIDTH 256

/* If a step takes more seconds than this, the backend is not measured at the next size. */
#define TOO_SLOW 0.15

static const gm_column *const columns[] = {&gm_column_sweep,        &gm_column_width,
                                           &gm_column_batch,        &gm_column_backend,
                                           &gm_column_threads,      &gm_column_milliseconds,
                                           &gm_column_spread,       &gm_column_samples_per_second,
                                           &gm_column_gflops_fine,  &gm_column_times_naive_fine,
                                           &gm_column_among_fastest};

/* One curve of the chart: a backend with a number of threads. */
struct runner {
    const char *backend;
    size_t threads;
    double last; /* seconds of its last step; 0 before the first */
};
#define MOST_RUNNERS 8

static size_t list_runners(struct runner *runners)
{
    const size_t usable = gm_system_threads().usable;
    size_t count = 0;
    runners[count++] = (struct runner){"naive", 1, 0};
    runners[count++] = (struct runner){"naive-ikj", 1, 0};
    runners[count++] = (struct runner){"blas", 1, 0};
    runners[count++] = (struct runner){"packed", 1, 0};
    for (size_t t = 2; t < usable && count + 2 < MOST_RUNNERS; t *= 2)
        runners[count++] = (struct runner){"blas", t, 0};
    if (usable > 1)
        runners[count++] = (struct runner){"blas", usable, 0};
    if (usable > 1)
        runners[count++] = (struct runner){"packed", usable, 0};
    return count;
}

/* The network w-w-w. Its work grows with the square of w. */
static gm_net square(size_t width)
{
    gm_net net = {.widths = {width, width, width}, .width_count = 3};
    snprintf(net.name, sizeof net.name, "%zu-%zu-%zu", width, width, width);
    return net;
}

/* The data of one sweep. */
struct run {
    gm_result *result;
    const gm_bench_options *options;
    const char *sweep; /* "width" or "batch" */
    struct runner runners[MOST_RUNNERS];
    size_t runner_count;
};

struct size {
    size_t width, batch;
};

static gm_status add_rows(const struct run *run, struct size size, const gm_timed *timed, size_t count,
                          gm_error *error)
{
    gm_result *result = run->result;
    double medians[MOST_RUNNERS], deviations[MOST_RUNNERS];
    bool among[MOST_RUNNERS];
    for (size_t i = 0; i < count; i++) {
        medians[i] = timed[i].candidate.statistics.median;
        deviations[i] = timed[i].candidate.statistics.deviation;
    }
    const char *fastest =
        gm_among_fastest(medians, deviations, count, among) == 1 ? "fastest" : "among the fastest";
    const bool has_naive = count > 0 && strcmp(timed[0].options.backend, "naive") == 0;
    for (size_t i = 0; i < count; i++) {
        const gm_timed *t = &timed[i];
        const gm_statistics *s = &t->candidate.statistics;
        gm_result_row *row =
            gm_result_add(result, error, "crossover/%s/width:%zu/batch:%zu/%s/threads:%zu", run->sweep,
                          size.width, size.batch, t->options.backend, t->options.threads);
        if (!row)
            return error->status;
        row->threads = t->options.threads;
        gm_result_text(result, row, &gm_column_sweep, "%s", run->sweep);
        gm_result_number(result, row, &gm_column_width, (double)size.width);
        gm_result_number(result, row, &gm_column_batch, (double)size.batch);
        gm_result_text(result, row, &gm_column_backend, "%s", t->options.backend);
        gm_result_number(result, row, &gm_column_threads, (double)t->options.threads);
        gm_result_number(result, row, &gm_column_milliseconds, s->median * 1e3);
        gm_result_number(result, row, &gm_column_spread, 100 * s->deviation / s->median);
        gm_result_number(result, row, &gm_column_samples_per_second, (double)size.batch / s->median);
        gm_result_number(result, row, &gm_column_gflops_fine, gm_timed_flops(t) / 1e9);
        if (has_naive)
            gm_result_number(result, row, &gm_column_times_naive_fine, gm_speedup(medians[0], medians[i]));
        gm_result_text(result, row, &gm_column_among_fastest, "%s", among[i] ? fastest : "");
        const gm_status status = gm_candidate_samples(row, &t->candidate, error);
        if (status != GM_OK)
            return status;
    }
    return GM_OK;
}

static gm_status run_size(struct run *run, struct size size, double seconds, gm_error *error)
{
    const gm_bench_options *o = run->options;
    gm_timed timed[MOST_RUNNERS];
    struct runner *running[MOST_RUNNERS];
    size_t count = 0;
    for (size_t i = 0; i < run->runner_count; i++) {
        if (run->runners[i].last > gm_bench_budget(TOO_SLOW))
            continue;
        running[count] = &run->runners[i];
        timed[count++] = (gm_timed){.options = {
                                        .net = square(size.width),
                                        .batch = size.batch,
                                        .backend = run->runners[i].backend,
                                        .threads = run->runners[i].threads,
                                        .precision = o->precision_count ? o->precisions[0] : GM_F32,
                                        .optimizer = gm_optimizer_default(GM_SGD),
                                        .activation = GM_SIGMOID,
                                    }};
    }
    gm_status status = gm_timed_run(timed, count, seconds, o, error);
    for (size_t i = 0; i < count && status == GM_OK; i++)
        running[i]->last = timed[i].candidate.statistics.median;
    if (status == GM_OK)
        status = add_rows(run, size, timed, count, error);
    gm_timed_clear(timed, count);
    return status;
}

static gm_status run_sweep(struct run *run, const gm_sizes *sizes, double seconds, gm_error *error)
{
    const bool by_width = run->sweep[0] == 'w';
    gm_status status = GM_OK;
    run->runner_count = list_runners(run->runners);
    for (size_t i = 0; i < sizes->count && status == GM_OK; i++) {
        const struct size size = {by_width ? sizes->sizes[i] : FIXED_WIDTH,
                                  by_width ? FIXED_BATCH : sizes->sizes[i]};
        status = run_size(run, size, seconds / (double)sizes->count, error);
    }
    return status;
}

gm_status gm_bench_crossover(gm_result *result, gm_environment *env, const gm_bench_options *o,
                             gm_error *error)
{
    gm_sizes widths = o->width, batches = o->batch;
    struct run by_width = {.result = result, .options = o, .sweep = "width"},
               by_batch = {.result = result, .options = o, .sweep = "batch"};
    *result = gm_result_make("crossover", columns, sizeof columns / sizeof *columns);
    snprintf(
        result->title, sizeof result->title,
        "The step of a square network w-w-w on every backend; batch %d while w grows, w = %d while the batch grows",
        FIXED_BATCH, FIXED_WIDTH);
    gm_status status = GM_OK;
    if (widths.count == 0)
        status = gm_sizes_parse(&widths, "width", "2..8192*4", error);
    if (status == GM_OK && batches.count == 0)
        status = gm_sizes_parse(&batches, "batch", "1..1024*4", error);
    if (status == GM_OK)
        status = gm_environment_measure(env, GM_F32, error);
    const double seconds = o->seconds > 0 ? o->seconds : 30;
    if (status == GM_OK)
        status = run_sweep(&by_width, &widths, seconds * 2 / 3, error);
    if (status == GM_OK)
        status = run_sweep(&by_batch, &batches, seconds / 3, error);
    gm_result_note(result, "among the fastest: its median +- deviation overlaps that of the least median");
    gm_result_note(result,
                   "a backend that needed more than %.2f s for a step is left out of the larger sizes",
                   TOO_SLOW);
    return status;
}

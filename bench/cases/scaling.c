/* Case `scaling`: the same step on 1, 2, ... T threads, with speed-up and efficiency. */
#include "bench/cases/cases.h"
#include "bench/measure/figures.h"

#include <stdio.h>

static const gm_column *const columns[] = {&gm_column_net,       &gm_column_batch,   &gm_column_backend,
                                           &gm_column_threads,   &gm_column_working, &gm_column_milliseconds,
                                           &gm_column_spread,    &gm_column_gflops,  &gm_column_speedup,
                                           &gm_column_efficiency};

static gm_status add_row(gm_result *result, const gm_environment *environment, const gm_timed *t,
                         const gm_timed *first, gm_error *error)
{
    (void)environment;
    const gm_workload_options *o = &t->options;
    const gm_statistics *s = &t->candidate.statistics;
    const double speedup = gm_speedup(first->candidate.statistics.median, s->median);
    gm_result_row *row = gm_result_add(result, error, "scaling/%s/batch:%zu/%s/threads:%zu", o->net.name,
                                       o->batch, o->backend, o->threads);
    if (!row)
        return error->status;
    row->threads = o->threads;
    gm_result_text(result, row, &gm_column_net, "%s", o->net.name);
    gm_result_number(result, row, &gm_column_batch, (double)o->batch);
    gm_result_text(result, row, &gm_column_backend, "%s", o->backend);
    gm_result_number(result, row, &gm_column_threads, (double)o->threads);
    gm_result_number(result, row, &gm_column_working,
                     (double)gm_engine_plan(t->workload.engine, o->batch).threads);
    gm_result_number(result, row, &gm_column_milliseconds, s->median * 1e3);
    gm_result_number(result, row, &gm_column_spread, 100 * s->deviation / s->median);
    gm_result_number(result, row, &gm_column_gflops, gm_timed_flops(t) / 1e9);
    gm_result_number(result, row, &gm_column_speedup, speedup);
    gm_result_number(result, row, &gm_column_efficiency, gm_efficiency(speedup, o->threads));
    return gm_candidate_samples(row, &t->candidate, error);
}

/* The numbers 1 to T, or powers of two if there are more than GM_MOST_SIZES. */
static gm_sizes all_threads(void)
{
    const size_t usable = gm_system_threads().usable;
    const bool thinned = usable > GM_MOST_SIZES;
    gm_sizes threads = {.count = 0};
    for (size_t t = 1; t <= usable && threads.count < GM_MOST_SIZES; t += thinned ? t : 1)
        threads.sizes[threads.count++] = t;
    return threads;
}

static gm_status list_threads(const gm_bench_options *o, const gm_net *net, gm_timed *timed, size_t *count,
                              gm_error *error)
{
    const gm_sizes threads = o->threads.count ? o->threads : all_threads();
    (void)error;
    for (*count = 0; *count < threads.count; ++*count) {
        timed[*count] = (gm_timed){.options = gm_bench_first(o, net)};
        timed[*count].options.threads = threads.sizes[*count];
    }
    return GM_OK;
}

gm_status gm_bench_scaling(gm_result *result, gm_environment *environment, const gm_bench_options *o,
                           gm_error *error)
{
    static const char *const nets[] = {"wide", "mid", "mnist", NULL};
    static const gm_sweep sweep = {nets, 20, false, list_threads, add_row};
    *result = gm_result_make("scaling", columns, sizeof columns / sizeof *columns);
    snprintf(result->title, sizeof result->title, "One training step on more and more threads");
    const gm_status status = gm_sweep_run(&sweep, result, environment, o, error);
    gm_result_note(
        result, "speed-up and efficiency are against the first row of a network; working: the threads that "
                "took part, because small steps stay on one");
    return status;
}

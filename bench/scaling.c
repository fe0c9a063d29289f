/* Case `scaling`: the same step on 1 .. T threads: speed-up and efficiency. */
#include "base/error.h"
#include "base/memory.h"
#include "bench/cases.h"

#include <stdio.h>

static const gm_column columns[] = {
    {"net", "net", "", GM_COLUMN_TEXT},
    {"batch", "batch", "rows", 0},
    {"backend", "backend", "", GM_COLUMN_TEXT},
    {"threads", "threads", "", 0},
    {"working", "working", "", 0},
    {"milliseconds", "step", "ms", 4},
    {"spread", "+-", "%", 1},
    {"gflops", "speed", "GFLOP/s", 1},
    {"speedup", "speed-up", "x", 2},
    {"efficiency", "efficiency", "%", 1},
};

static gm_status add_row(gm_result *result, const gm_timed *t, const gm_timed *first, const double *reference,
                         gm_error *error)
{
    const gm_workload_options *o = &t->options;
    const gm_statistics *s = &t->candidate.statistics;
    const double speedup = first->candidate.statistics.median / s->median;
    gm_result_row *row = gm_result_add(result, error, "scaling/%s/batch:%zu/%s/threads:%zu", o->net.name,
                                       o->batch, o->backend, o->threads);
    if (!row)
        return error->status;
    row->threads = o->threads;
    gm_result_text(result, row, "net", "%s", o->net.name);
    gm_result_number(result, row, "batch", (double)o->batch);
    gm_result_text(result, row, "backend", "%s", o->backend);
    gm_result_number(result, row, "threads", (double)o->threads);
    gm_result_number(result, row, "working", (double)gm_engine_plan(t->workload.engine, o->batch).threads);
    gm_result_number(result, row, "milliseconds", s->median * 1e3);
    gm_result_number(result, row, "spread", 100 * s->deviation / s->median);
    gm_result_number(result, row, "gflops", gm_timed_flops(t) / 1e9);
    gm_result_number(result, row, "speedup", speedup);
    gm_result_number(result, row, "efficiency", 100 * speedup / (double)o->threads);
    return gm_result_samples(row, t->candidate.samples, reference, t->candidate.count,
                             t->candidate.iterations, error);
}

/* All thread counts of one network take turns. */
static gm_status run_net(gm_result *result, const gm_bench_options *o, const gm_net *net,
                         const gm_range *threads, double seconds, gm_error *error)
{
    double reference[GM_MOST_ROUNDS];
    gm_timed *timed = gm_alloc(threads->count, sizeof *timed);
    if (!timed)
        return gm_fail_memory(error, "the candidates", threads->count * sizeof *timed);
    for (size_t i = 0; i < threads->count; i++)
        timed[i].options = (gm_workload_options){
            .net = *net,
            .batch = o->batch.count ? o->batch.sizes[0]
                     : net->batch   ? net->batch
                                    : 64,
            .backend = o->backend_count ? o->backends[0] : "blas",
            .threads = threads->sizes[i],
            .precision = o->precision_count ? o->precisions[0] : GM_F32,
            .optimizer = gm_optimizer_default(o->optimizer_count ? o->optimizers[0] : GM_SGD),
            .activation = o->activation_count ? o->activations[0] : GM_SIGMOID,
        };
    gm_status status = gm_timed_run(timed, threads->count, seconds, o, reference, error);
    for (size_t i = 0; i < threads->count && status == GM_OK; i++)
        status = add_row(result, &timed[i], &timed[0], reference, error);
    gm_timed_clear(timed, threads->count);
    gm_free(timed);
    return status;
}

/* 1 .. T, thinned to powers of two where there are more than GM_MOST_SIZES. */
static void all_threads(gm_range *threads)
{
    const size_t usable = gm_system_threads().usable;
    for (size_t t = 1; t <= usable && threads->count<GM_MOST_SIZES; t = usable> GM_MOST_SIZES ? 2 * t : t + 1)
        threads->sizes[threads->count++] = t;
}

gm_status gm_bench_scaling(gm_result *result, gm_environment *environment, const gm_bench_options *o,
                           gm_error *error)
{
    static const char *const defaults[] = {"wide", "mid", "mnist", NULL};
    (void)environment;
    *result = gm_result_make("scaling", columns, sizeof columns / sizeof *columns);
    snprintf(result->title, sizeof result->title, "One training step on more and more threads");
    gm_net nets[GM_MOST_NETS];
    gm_range threads = o->threads;
    size_t count = 0;
    if (threads.count == 0)
        all_threads(&threads);
    gm_status status = gm_bench_nets(o, defaults, nets, GM_MOST_NETS, &count, error);
    const double seconds = (o->seconds > 0 ? o->seconds : 20) / (double)gm_max(count, 1);
    for (size_t i = 0; i < count && status == GM_OK; i++)
        status = run_net(result, o, &nets[i], &threads, seconds, error);
    gm_result_note(
        result, "speed-up and efficiency are against the first row of a network; working: the threads that "
                "took part, because small steps stay on one");
    return status;
}

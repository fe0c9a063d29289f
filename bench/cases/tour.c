/* The quick tour, `gradmill bench` without a case: compares plain loops with BLAS and with packed weights, on
 * the step of one wide and one narrow network. */
#include "base/memory.h"
#include "bench/cases/cases.h"
#include "bench/measure/figures.h"

#include <stdio.h>

static const gm_column *const columns[] = {&gm_column_net,
                                           &gm_column_batch,
                                           &gm_column_backend,
                                           &gm_column_threads,
                                           &gm_column_milliseconds,
                                           &gm_column_spread,
                                           &gm_column_samples_per_second,
                                           &gm_column_gflops_fine,
                                           &gm_column_peak_share,
                                           &gm_column_times_naive};

static const struct {
    const char *backend;
    size_t threads;
} runners[] = {{"naive", 1}, {"naive-ikj", 1}, {"blas", 1}, {"packed", 1}, {"packed", 0}};
enum { RUNNERS = sizeof runners / sizeof *runners };

static gm_status add_row(gm_result *result, const gm_timed *t, const gm_timed *naive, gm_error *error)
{
    const gm_workload_options *o = &t->options;
    gm_result_row *row = gm_result_add(result, error, "tour/%s/%s/threads:%zu", o->net.name, o->backend,
                                       gm_engine_threads(t->workload.engine));
    if (!row)
        return error->status;
    gm_result_step(result, row, t);
    gm_result_number(result, row, &gm_column_gflops_fine, gm_timed_flops(t) / 1e9);
    gm_result_number(result, row, &gm_column_times_naive,
                     gm_speedup(naive->candidate.statistics.median, t->candidate.statistics.median));
    return gm_candidate_samples(row, &t->candidate, error);
}

static gm_status race(gm_result *result, const gm_bench_options *o, const char *net, size_t batch,
                      double seconds, gm_error *error)
{
    const size_t count =
        gm_system_threads().usable > 1 ? RUNNERS : RUNNERS - 1; /* the last has all threads */
    gm_timed timed[RUNNERS] = {0};
    gm_net parsed;
    gm_status status = gm_net_parse(&parsed, net, error);
    for (size_t i = 0; i < count; i++)
        timed[i].options = (gm_workload_options){
            .net = parsed,
            .batch = batch,
            .backend = runners[i].backend,
            .threads = runners[i].threads,
            .optimizer = gm_optimizer_default(GM_SGD),
            .activation = GM_SIGMOID,
        };
    if (status == GM_OK)
        status = gm_timed_run(timed, count, seconds, o, error);
    for (size_t i = 0; i < count && status == GM_OK; i++)
        status = add_row(result, &timed[i], &timed[0], error);
    gm_timed_clear(timed, count);
    return status;
}

gm_status gm_bench_tour(gm_result *result, gm_environment *env, const gm_bench_options *o, gm_error *error)
{
    const double seconds = o->seconds > 0 ? o->seconds : 10;
    *result = gm_result_make("tour", columns, sizeof columns / sizeof *columns);
    snprintf(
        result->title, sizeof result->title,
        "One training step of a wide and of a narrow network: naive loops against BLAS (f32, sigmoid, plain SGD)");
    gm_status status = gm_environment_measure(env, GM_F32, error);
    if (status == GM_OK)
        status = race(result, o, "1024-1024-10", 64, seconds * 0.8, error);
    if (status == GM_OK)
        status = race(result, o, "2-3-1", 4, seconds * 0.2, error);
    gm_result_note(result,
                   "naive: the textbook's loops i-j-k; naive-ikj: loops that a compiler can vectorise; blas: "
                   "each equation one call; packed: weights kept in the order of our own kernels. A small "
                   "network is all calls and no arithmetic: packed takes a few rows of one in one go.");
    gm_result_note(
        result,
        "next: gradmill bench crossover (where does BLAS begin to win), anatomy (where the step goes), "
        "step (your own network: --net 784-128-10 --batch 32,128)");
    return status;
}

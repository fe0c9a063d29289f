/* A sweep: goes through the networks, and on each of them measures the workloads in turns. */
#include "base/error.h"
#include "base/memory.h"
#include "bench/cases/cases.h"

const char *gm_bench_backend(const gm_bench_options *o)
{
    return o->backend_count ? o->backends[0] : gm_engine_options_default().backend;
}

gm_workload_options gm_bench_first(const gm_bench_options *o, const gm_net *net)
{
    const size_t natural = net->batch ? net->batch : 64;
    return (gm_workload_options){
        .net = *net,
        .batch = o->batch.count ? o->batch.sizes[0] : natural,
        .backend = gm_bench_backend(o),
        .threads = o->threads.count ? o->threads.sizes[0] : 0, /* up to all */
        .precision = o->precision_count ? o->precisions[0] : GM_F32,
        .optimizer = gm_optimizer_default(o->optimizer_count ? o->optimizers[0] : GM_SGD),
        .activation = o->activation_count ? o->activations[0] : GM_SIGMOID,
    };
}

gm_status gm_bench_peaks(gm_environment *environment, const gm_bench_options *o, gm_error *error)
{
    gm_status status = o->precision_count ? GM_OK : gm_environment_measure(environment, GM_F32, error);
    for (size_t i = 0; i < o->precision_count && status == GM_OK; i++)
        status = gm_environment_measure(environment, o->precisions[i], error);
    return status;
}

/* The data of one run. */
struct run {
    const gm_sweep *sweep;
    gm_result *result;
    gm_environment *environment;
    const gm_bench_options *options;
    gm_timed *timed; /* GM_MOST_CANDIDATES, of the network under way */
};

static gm_status plan_net(const struct run *run, const gm_net *net, gm_error *error)
{
    size_t count = 0;
    const gm_status status = run->sweep->list(run->options, net, run->timed, &count, error);
    return status == GM_OK ? gm_timed_plan(run->timed, count, error) : status;
}

static gm_status run_net(const struct run *run, const gm_net *net, double seconds, gm_error *error)
{
    gm_timed *timed = run->timed;
    size_t count = 0;
    gm_status status = run->sweep->list(run->options, net, timed, &count, error);
    if (status == GM_OK)
        status = gm_timed_run(timed, count, seconds, run->options, error);
    for (size_t i = 0; i < count && status == GM_OK; i++)
        status = run->sweep->add_row(run->result, run->environment, &timed[i], &timed[0], error);
    gm_timed_clear(timed, count);
    return status;
}

static gm_status run_nets(const struct run *run, gm_net *nets, gm_error *error)
{
    const gm_bench_options *o = run->options;
    size_t count = 0;
    gm_status status = gm_bench_nets(o, run->sweep->nets, nets, GM_MOST_SWEPT_NETS, &count, error);
    for (size_t i = 0; i < count && status == GM_OK;
         i++) /* refuse too much work before anything is measured */
        status = plan_net(run, &nets[i], error);
    if (status == GM_OK && run->sweep->peaks)
        status = gm_bench_peaks(run->environment, o, error);
    const double seconds = (o->seconds > 0 ? o->seconds : run->sweep->seconds) / (double)gm_max(count, 1);
    for (size_t i = 0; i < count && status == GM_OK; i++)
        status = run_net(run, &nets[i], seconds, error);
    return status;
}

gm_status gm_sweep_run(const gm_sweep *sweep, gm_result *result, gm_environment *environment,
                       const gm_bench_options *options, gm_error *error)
{
    gm_net *nets = gm_alloc(GM_MOST_SWEPT_NETS, sizeof *nets);
    gm_timed *timed = gm_alloc(GM_MOST_CANDIDATES, sizeof *timed);
    const struct run run = {sweep, result, environment, options, timed};
    const size_t bytes = GM_MOST_SWEPT_NETS * sizeof *nets + GM_MOST_CANDIDATES * sizeof *timed;
    const gm_status status =
        nets && timed ? run_nets(&run, nets, error) : gm_fail_memory(error, "the networks of a sweep", bytes);
    gm_free(nets);
    gm_free(timed);
    return status;
}

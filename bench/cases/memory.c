/* Case `memory`: for each optimizer, how many bytes a parameter takes in memory, and how many bytes a step
 * reads and writes for it. The speed is measured with a batch of one row, because then reading and writing
 * memory takes nearly all of the time. */
#include "bench/cases/cases.h"

#include <stdio.h>

static const gm_column *const columns[] = {&gm_column_net,
                                           &gm_column_optimizer,
                                           &gm_column_precision,
                                           &gm_column_parameters,
                                           &gm_column_held,
                                           &gm_column_workspace,
                                           &gm_column_moved,
                                           &gm_column_milliseconds,
                                           &gm_column_bandwidth_moved,
                                           &gm_column_bandwidth_share};

static gm_status add_row(gm_result *result, const gm_environment *env, const gm_timed *t,
                         const gm_timed *first, gm_error *error)
{
    (void)first;
    const gm_workload_options *o = &t->options;
    const double parameters = (double)gm_network_parameter_count(t->workload.network);
    const double moved = gm_step_traffic(t->workload.network, o->optimizer.kind);
    const gm_memory memory = gm_engine_memory(t->workload.engine);
    const double seconds = t->candidate.statistics.median;
    gm_result_row *row = gm_result_add(result, error, "memory/%s/%s/%s", o->net.name,
                                       gm_optimizer_name(o->optimizer.kind), gm_precision_name(o->precision));
    if (!row)
        return error->status;
    gm_result_text(result, row, &gm_column_net, "%s", o->net.name);
    gm_result_text(result, row, &gm_column_optimizer, "%s", gm_optimizer_name(o->optimizer.kind));
    gm_result_text(result, row, &gm_column_precision, "%s", gm_precision_name(o->precision));
    gm_result_number(result, row, &gm_column_parameters, parameters);
    gm_result_number(result, row, &gm_column_held,
                     (double)(memory.parameters + memory.optimizer) / parameters);
    gm_result_number(result, row, &gm_column_workspace, (double)memory.workspace / (1 << 20));
    gm_result_number(result, row, &gm_column_moved, moved / parameters);
    gm_result_number(result, row, &gm_column_milliseconds, seconds * 1e3);
    gm_result_number(result, row, &gm_column_bandwidth_moved, moved / seconds / 1e9);
    gm_result_number(result, row, &gm_column_bandwidth_share, 100 * moved / seconds / env->bandwidth_all);
    return gm_candidate_samples(row, &t->candidate, error);
}

static gm_status list_optimizers(const gm_bench_options *o, const gm_net *net, gm_timed *timed, size_t *count,
                                 gm_error *error)
{
    const size_t optimizers = o->optimizer_count ? o->optimizer_count : GM_OPTIMIZER_COUNT;
    (void)error;
    for (*count = 0; *count < optimizers; ++*count) {
        const gm_optimizer_kind kind = o->optimizer_count ? o->optimizers[*count] : (gm_optimizer_kind)*count;
        gm_workload_options *options = &timed[*count].options;
        timed[*count] = (gm_timed){.options = gm_bench_first(o, net)};
        options->batch = o->batch.count ? o->batch.sizes[0] : 1;
        options->optimizer = gm_optimizer_default(kind);
        options->activation = GM_RELU;
    }
    return GM_OK;
}

gm_status gm_bench_memory(gm_result *result, gm_environment *env, const gm_bench_options *o, gm_error *error)
{
    static const char *const nets[] = {"wide", "mid", NULL};
    static const gm_sweep sweep = {nets, 10, true, list_optimizers, add_row};
    *result = gm_result_make("memory", columns, sizeof columns / sizeof *columns);
    snprintf(result->title, sizeof result->title, "Memory of a training step of one row, by optimizer");
    const gm_status status = gm_sweep_run(&sweep, result, env, o, error);
    gm_result_note(
        result, "held: W, b and the optimizer's copies. moved: reads and writes of W and these copies in one "
                "step, counted from the algorithm; what fits in a cache moves faster than the triad");
    return status;
}

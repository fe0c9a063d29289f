/* Case `anatomy`: how the time of one training step is divided among layers and equations, and what limits
 * each part. The engine records the times itself (gm_profile). The same step without a profile is measured in
 * turns with it, so that the cost of recording is known. */
#include "base/error.h"
#include "base/memory.h"
#include "bench/cases/cases.h"
#include "bench/measure/figures.h"
#include "base/clock.h"

#include <gradmill/dataset.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const gm_column *const columns[] = {&gm_column_net,          &gm_column_layer,     &gm_column_kind,
                                           &gm_column_microseconds, &gm_column_share,     &gm_column_gflops,
                                           &gm_column_bandwidth,    &gm_column_intensity, &gm_column_bound};

static const char *const phase_names[GM_PHASE_COUNT] = {
    [GM_PHASE_FORWARD] = "forward", [GM_PHASE_ACTIVATION] = "activation", [GM_PHASE_LOSS] = "loss + BP1",
    [GM_PHASE_BP2] = "BP2",         [GM_PHASE_BP2_FACTOR] = "BP2 factor", [GM_PHASE_BP3] = "BP3",
    [GM_PHASE_BP4] = "BP4",         [GM_PHASE_UPDATE] = "update",         [GM_PHASE_WAIT] = "wait",
};

/* What the rows of one network share. */
struct frame {
    gm_result *result;
    const gm_environment *env;
    const gm_timed *timed;
    double step; /* seconds of a step with a profile */
    double peak, bandwidth;
};

static gm_status add_part(const struct frame *f, const char *layer, const char *kind, const gm_work *work,
                          double seconds, gm_error *error)
{
    const gm_workload_options *o = &f->timed->options;
    const double bytes = work->numbers * (double)gm_precision_size(o->precision);
    gm_result_row *row =
        gm_result_add(f->result, error, "anatomy/%s/batch:%zu/%s/threads:%zu/layer:%s/%s", o->net.name,
                      o->batch, o->backend, gm_engine_threads(f->timed->workload.engine), layer, kind);
    if (!row)
        return error->status;
    gm_result_text(f->result, row, &gm_column_net, "%s", o->net.name);
    gm_result_text(f->result, row, &gm_column_layer, "%s", layer);
    gm_result_text(f->result, row, &gm_column_kind, "%s", kind);
    gm_result_number(f->result, row, &gm_column_microseconds, seconds * 1e6);
    gm_result_number(f->result, row, &gm_column_share, 100 * seconds / f->step);
    if (work->flop > 0) {
        gm_result_number(f->result, row, &gm_column_gflops, work->flop / seconds / 1e9);
    }
    if (bytes > 0 && work->flop > 0)
        gm_result_number(f->result, row, &gm_column_intensity, work->flop / bytes);
    if (bytes > 0) {
        gm_result_number(f->result, row, &gm_column_bandwidth, bytes / seconds / 1e9);
        gm_result_text(f->result, row, &gm_column_bound, "%s",
                       gm_bound_by(work->flop, bytes, seconds, f->peak, f->bandwidth));
    }
    return GM_OK;
}

static gm_status add_parts(const struct frame *f, const gm_profile *profile, size_t steps, gm_error *error)
{
    const gm_workload_options *o = &f->timed->options;
    double sum = 0;
    gm_status status = GM_OK;
    for (size_t l = 0; l < profile->layers && status == GM_OK; l++) {
        const gm_layer layer = gm_network_layer(f->timed->workload.network, l);
        const bool joined = gm_part_seconds(profile, l, GM_PHASE_UPDATE, steps) <= 0;
        char name[24];
        snprintf(name, sizeof name, "%zu", l + 1);
        for (int phase = 0; phase < GM_PHASE_COUNT && status == GM_OK; phase++) {
            const double seconds = gm_part_seconds(profile, l, (gm_phase)phase, steps);
            const gm_work work =
                gm_work_of((gm_phase)phase, &layer, (double)o->batch, o->optimizer.kind, joined);
            sum += seconds;
            /* A part without work (BP2 of layer 1, or an update that BP4 has done) would show the cost of
             * reading the clock only. */
            const bool empty = phase == GM_PHASE_WAIT ? seconds <= 0 : work.numbers <= 0 || seconds <= 0;
            if (!empty)
                status = add_part(f, phase == GM_PHASE_WAIT ? "all" : name, phase_names[phase], &work,
                                  seconds, error);
        }
    }
    const gm_work none = {0, 0}, whole = {gm_step_flop(f->timed->workload.network, o->batch), 0};
    if (status == GM_OK && sum < f->step) /* the rest: calls between the parts, and reading the clock */
        status = add_part(f, "all", "between", &none, f->step - sum, error);
    if (status == GM_OK)
        status = add_part(f, "all", "step", &whole, f->step, error);
    gm_result_note(f->result, "%s: the parts add up to %.1f %% of the step", f->timed->options.net.name,
                   100 * sum / f->step);
    return status;
}

/* Gathering a batch from bytes, as the training loop does. It is measured separately, because it is not a
 * part of the step. */
struct gather {
    gm_dataset *dataset;
    gm_scaling *scaling;
    uint32_t *rows;
    size_t batch;
    gm_mutable_array x, y;
};

static gm_status run_gather(void *context, size_t iterations, gm_error *error)
{
    const struct gather *g = context;
    gm_status status = GM_OK;
    for (size_t i = 0; i < iterations && status == GM_OK; i++)
        status = gm_dataset_gather(g->dataset, g->scaling, g->rows, g->batch, g->x, g->y, error);
    return status;
}

static gm_status prepare_gather(struct gather *g, const gm_workload *w, gm_precision precision,
                                gm_error *error)
{
    enum { ROWS = 4096 }; /* more than fit in a cache, in random order as in an epoch */
    const size_t in = gm_network_inputs(w->network), out = gm_network_outputs(w->network);
    uint8_t *pixels = gm_alloc(ROWS, in);
    uint32_t *labels = gm_alloc(ROWS, sizeof *labels);
    *g = (struct gather){.batch = w->batch,
                         .x = gm_mutable_real(w->rows.inputs, precision, w->batch, in),
                         .y = gm_mutable_real(w->rows.targets, precision, w->batch, out)};
    g->rows = gm_alloc(w->batch, sizeof *g->rows);
    gm_status status = pixels && labels && g->rows ? GM_OK : gm_fail_memory(error, "a data set", ROWS * in);
    for (size_t i = 0; i < ROWS && status == GM_OK; i++)
        labels[i] = (uint32_t)(i % out);
    for (size_t i = 0; i < w->batch && status == GM_OK; i++)
        g->rows[i] = (uint32_t)(i * 2654435761U % ROWS);
    if (status == GM_OK)
        status = gm_dataset_from_arrays(&g->dataset, gm_array_u8(pixels, ROWS, in),
                                        gm_array_labels(labels, ROWS), out, error);
    if (status == GM_OK)
        status = gm_scaling_fit(&g->scaling, GM_SCALING_UNIT, g->dataset, error);
    gm_free(pixels);
    gm_free(labels);
    return status;
}

static void clear_gather(struct gather *g)
{
    gm_scaling_destroy(g->scaling);
    gm_dataset_destroy(g->dataset);
    gm_free(g->rows);
}

static gm_status time_gather(const struct frame *f, gm_error *error)
{
    const gm_workload *w = &f->timed->workload;
    const gm_precision precision = f->timed->options.precision;
    struct gather gather;
    gm_candidate candidate = {.run = run_gather, .context = &gather};
    const gm_rounds_options rounds = gm_rounds_options_default();
    gm_status status = prepare_gather(&gather, w, precision, error);
    if (status == GM_OK)
        status = gm_rounds_run(&(gm_candidate *){&candidate}, 1, &rounds, error);
    if (status == GM_OK) {
        const double in = (double)gm_network_inputs(w->network), n = (double)w->batch;
        const double size = (double)gm_precision_size(precision);
        const gm_work work = {0, n * in * (1 + 1 / size)}; /* one byte read, one number written */
        status = add_part(f, "data", "gather", &work, candidate.statistics.median, error);
    }
    clear_gather(&gather);
    return status;
}

/* Runs the step with a profile as often as it had rounds, and keeps the profile of the fastest run in
 * `least`. The parts of one run add up to its step; where the system interrupted it, they would show where
 * that happened, not where the step goes. */
static gm_status profile_fastest(const gm_timed *timed, gm_profile *profile, gm_profile *least, double *step,
                                 gm_error *error)
{
    const gm_candidate *c = &timed->candidate;
    const size_t numbers = profile->threads * profile->layers * GM_PHASE_COUNT;
    gm_status status = GM_OK;
    *step = INFINITY;
    for (size_t run = 0; run < c->count && status == GM_OK; run++) {
        for (size_t i = 0; i < numbers; i++)
            profile->seconds[i] = 0;
        const uint64_t start = gm_clock();
        status = c->run(c->context, c->iterations, error);
        const double seconds = gm_clock_seconds(start, gm_clock()) / (double)c->iterations;
        if (status == GM_OK && seconds < *step) {
            *step = seconds;
            memcpy(least->seconds, profile->seconds, numbers * sizeof(double));
        }
    }
    return status;
}

/* timed[0] is the step without a profile, timed[1] the step with one. The profile that the rounds have filled
 * includes the warm-up, so it is cleared and filled again. */
static gm_status dissect(gm_result *result, const gm_environment *env, const gm_timed *timed,
                         gm_profile *profile, gm_profile *least, gm_error *error)
{
    const gm_workload_options *o = &timed[1].options;
    const size_t working = gm_engine_plan(timed[1].workload.engine, o->batch).threads;
    struct frame frame = {
        .result = result,
        .env = env,
        .timed = &timed[1],
        .peak = gm_environment_peak(env, o->precision, working),
        .bandwidth = working == 1 ? env->bandwidth_one : env->bandwidth_all,
    };
    gm_status status = profile_fastest(&timed[1], profile, least, &frame.step, error);
    least->threads = working;
    if (status == GM_OK)
        status = time_gather(&frame, error);
    if (status == GM_OK)
        status = add_parts(&frame, least, timed[1].candidate.iterations, error);
    gm_result_note(result, "%s: measuring costs %.1f %% of the step", o->net.name,
                   100 * (timed[1].candidate.statistics.median / timed[0].candidate.statistics.median - 1));
    return status;
}

static gm_status plan_net(const gm_bench_options *o, const gm_net *net, gm_error *error)
{
    const gm_timed timed = {.options = gm_bench_first(o, net)}, both[] = {timed, timed};
    return gm_timed_plan(both, 2, error);
}

/* Measures two workloads in turns: without a profile, and with one. */
static gm_status run_net(gm_result *result, const gm_environment *env, const gm_bench_options *o,
                         const gm_net *net, double seconds, gm_error *error)
{
    const gm_workload_options plain = gm_bench_first(o, net);
    const size_t layers = net->width_count - 1;
    const size_t threads = plain.threads ? plain.threads : gm_system_threads().usable;
    gm_profile profile = {gm_alloc(threads * layers, GM_PHASE_COUNT * sizeof(double)), threads, layers};
    gm_profile least = {gm_alloc(threads * layers, GM_PHASE_COUNT * sizeof(double)), threads, layers};
    gm_timed timed[2] = {{.options = plain}, {.options = plain}};
    timed[1].options.profile = &profile;
    gm_status status = GM_OK;
    if (!profile.seconds || !least.seconds)
        status = gm_fail_memory(error, "the profile", threads * layers * GM_PHASE_COUNT * sizeof(double));
    if (status == GM_OK)
        status = gm_timed_run(timed, 2, seconds, o, error);
    if (status == GM_OK)
        status = dissect(result, env, timed, &profile, &least, error);
    gm_timed_clear(timed, 2);
    gm_free(profile.seconds);
    gm_free(least.seconds);
    return status;
}

gm_status gm_bench_anatomy(gm_result *result, gm_environment *env, const gm_bench_options *o, gm_error *error)
{
    static const char *const defaults[] = {"mid", "mnist", NULL};
    *result = gm_result_make("anatomy", columns, sizeof columns / sizeof *columns);
    snprintf(result->title, sizeof result->title, "Where one training step goes, by layer and equation");
    gm_net nets[GM_MOST_NETS];
    size_t count = 0;
    gm_status status = gm_bench_nets(o, defaults, nets, GM_MOST_NETS, &count, error);
    for (size_t i = 0; i < count && status == GM_OK; i++)
        status = plan_net(o, &nets[i], error);
    if (status == GM_OK)
        status = gm_bench_peaks(env, o, error);
    const double seconds = (o->seconds > 0 ? o->seconds : 10) / (double)gm_max(count, 1);
    for (size_t i = 0; i < count && status == GM_OK; i++)
        status = run_net(result, env, o, &nets[i], seconds, error);
    gm_result_note(
        result, "bound by: compute or memory = at least half of that measured ceiling; cache = faster than "
                "main memory; kernel = a product below half of the peak; overhead = neither");
    return status;
}

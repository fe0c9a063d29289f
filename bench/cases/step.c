/* Case `step`: whole training steps (forward, loss, BP1 to BP4, update), swept over networks, batch sizes,
 * backends, threads, precision, optimizer, activation, dropout, clipped gradients, averaged weights and
 * weighted rows. All candidates of one network take turns. */
#include "base/append.h"
#include "base/error.h"
#include "base/number.h"
#include "bench/cases/cases.h"

#include <stdio.h>
#include <string.h>

static const gm_column *const columns[] = {&gm_column_net,
                                           &gm_column_batch,
                                           &gm_column_backend,
                                           &gm_column_threads,
                                           &gm_column_precision,
                                           &gm_column_optimizer,
                                           &gm_column_dropout,
                                           &gm_column_clip_norm,
                                           &gm_column_ema,
                                           &gm_column_weights,
                                           &gm_column_samples_per_second,
                                           &gm_column_milliseconds,
                                           &gm_column_spread,
                                           &gm_column_fastest,
                                           &gm_column_gflops,
                                           &gm_column_peak_share,
                                           &gm_column_gemm_share,
                                           &gm_column_plan};

/* A list that was given, or the one default. */
#define PICK(list, count, i, fallback) ((count) ? (list)[i] : (fallback))
#define COUNT(count)                   ((count) ? (count) : 1)

/* Lists all combinations of the options for one network. The innermost loop is the last option. */
static gm_status list_candidates(const gm_bench_options *o, const gm_net *net, gm_timed *timed, size_t *count,
                                 gm_error *error)
{
    const gm_workload_options first = gm_bench_first(o, net);
    const size_t sizes[] = {COUNT(o->batch.count),      COUNT(o->precision_count), COUNT(o->optimizer_count),
                            COUNT(o->activation_count), COUNT(o->dropout.count),   COUNT(o->clip_norm.count),
                            COUNT(o->ema.count),        COUNT(o->weights.count),   COUNT(o->backend_count),
                            COUNT(o->threads.count)};
    enum { OPTIONS = sizeof sizes / sizeof *sizes };
    size_t total = 1;
    for (size_t i = 0; i < OPTIONS; i++)
        total *= sizes[i];
    if (o->dropout.count > 0 && net->width_count < 3)
        return gm_fail(error, GM_USAGE, "--dropout has no effect on %s, which has no hidden layer",
                       net->name);
    if (total > GM_MOST_CANDIDATES)
        return gm_fail(error, GM_LIMIT, "%zu rows for one network; expected at most %d", total,
                       GM_MOST_CANDIDATES);
    for (*count = 0; *count < total; ++*count) {
        size_t index[OPTIONS], rest = *count;
        for (size_t i = OPTIONS; i-- > 0; rest /= sizes[i])
            index[i] = rest % sizes[i];
        timed[*count] = (gm_timed){
            .options = {
                .net = *net,
                .batch = PICK(o->batch.sizes, o->batch.count, index[0], first.batch),
                .precision = PICK(o->precisions, o->precision_count, index[1], first.precision),
                .optimizer = gm_optimizer_default(PICK(o->optimizers, o->optimizer_count, index[2], GM_SGD)),
                .activation = PICK(o->activations, o->activation_count, index[3], first.activation),
                .dropout = PICK(o->dropout.values, o->dropout.count, index[4], 0),
                .clip_norm = PICK(o->clip_norm.values, o->clip_norm.count, index[5], 0),
                .average_decay = PICK(o->ema.values, o->ema.count, index[6], 0),
                .weighted = PICK(o->weights.values, o->weights.count, index[7], 0) > 0,
                .backend = PICK(o->backends, o->backend_count, index[8], first.backend),
                .threads = PICK(o->threads.sizes, o->threads.count, index[9], first.threads),
            }};
    }
    return GM_OK;
}

/* What a step of a workload may have besides, as in its options; 0: it has not. */
enum { FEATURES = 4 };
typedef struct feature {
    const gm_column *column;
    const char *name;
    double value;
} feature;

static void list_features(const gm_workload_options *o, feature *list)
{
    list[0] = (feature){&gm_column_dropout, "dropout", o->dropout};
    list[1] = (feature){&gm_column_clip_norm, "clip-norm", o->clip_norm};
    list[2] = (feature){&gm_column_ema, "ema", o->average_decay};
    list[3] = (feature){&gm_column_weights, "weights", o->weighted};
}

/* The part of a row's name that tells the features, such as "/dropout:0.5"; empty without any. */
static void name_features(const gm_workload_options *o, char *name, size_t size)
{
    feature list[FEATURES];
    size_t used = 0;
    list_features(o, list);
    *name = '\0';
    for (size_t i = 0; i < FEATURES; i++) {
        char number[32];
        if (list[i].value > 0)
            used = gm_append(name, size, used, "/%s:%s", list[i].name,
                             gm_format_shortest(number, sizeof number, list[i].value));
    }
}

gm_result_row *gm_step_row_add(gm_result *result, const gm_workload_options *o, size_t threads,
                               gm_error *error)
{
    char features[96];
    name_features(o, features, sizeof features);
    return gm_result_add(result, error, "step/%s/batch:%zu/%s/threads:%zu/%s/%s/%s%s", o->net.name, o->batch,
                         o->backend, threads, gm_precision_name(o->precision),
                         gm_optimizer_name(o->optimizer.kind), gm_activation_name(o->activation), features);
}

static gm_status add_row(gm_result *result, const gm_environment *env, const gm_timed *t,
                         const gm_timed *first, gm_error *error)
{
    (void)first;
    const gm_workload_options *o = &t->options;
    const gm_statistics *s = &t->candidate.statistics;
    const size_t threads = gm_engine_threads(t->workload.engine);
    const gm_plan plan = gm_engine_plan(t->workload.engine, o->batch);
    const double flops = gm_timed_flops(t);
    feature features[FEATURES];
    gm_result_row *row = gm_step_row_add(result, o, threads, error);
    if (!row)
        return error->status;
    gm_result_step(result, row, t);
    gm_result_text(result, row, &gm_column_precision, "%s", gm_precision_name(o->precision));
    gm_result_text(result, row, &gm_column_optimizer, "%s", gm_optimizer_name(o->optimizer.kind));
    list_features(o, features);
    for (size_t i = 0; i < FEATURES; i++) {
        if (features[i].value > 0)
            gm_result_number(result, row, features[i].column, features[i].value);
    }
    gm_result_number(result, row, &gm_column_fastest, s->min * 1e3);
    gm_result_number(result, row, &gm_column_gflops, flops / 1e9);
    const double gemm = plan.threads == 1 ? env->gemm_one[o->precision] : env->gemm_all[o->precision];
    gm_result_number(result, row, &gm_column_gemm_share, 100 * flops / gemm);
    const char *kernels = gm_engine_kernels(t->workload.engine);
    const bool blas = strcmp(gm_engine_backend(t->workload.engine), "blas") == 0;
    gm_result_text(result, row, &gm_column_plan, "%s x%zu%s",
                   kernels ? kernels
                   : blas  ? (*env->facts.blas.core ? env->facts.blas.core : "blas")
                           : "loops",
                   plan.threads, plan.by_weights ? " by weights" : "");
    return gm_candidate_samples(row, &t->candidate, error);
}

gm_status gm_bench_step(gm_result *result, gm_environment *env, const gm_bench_options *o, gm_error *error)
{
    static const char *const nets[] = {"mid", "deep", "mnist", "nielsen", "xor", NULL};
    static const gm_sweep sweep = {nets, 20, true, list_candidates, add_row};
    *result = gm_result_make("step", columns, sizeof columns / sizeof *columns);
    snprintf(result->title, sizeof result->title,
             "One training step: forward, loss, BP1 to BP4, update; median of interleaved rounds");
    const gm_status status = gm_sweep_run(&sweep, result, env, o, error);
    gm_result_note_noise(result);
    gm_result_note(result,
                   "FLOP of a step of n rows: 2 n (3 S - in_1 out_1), S the sum of in x out over the layers; "
                   "elementwise work is not counted");
    gm_result_note(result,
                   "of FMA: share of the peak that was to be had right before and after each sample; the "
                   "one above is the best of the beginning");
    return status;
}

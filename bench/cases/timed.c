/* Code that the cases share: makes workloads, compares their losses, and measures them in turns. */
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "bench/cases/cases.h"
#include "bench/measure/figures.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

gm_status gm_timed_plan(const gm_timed *timed, size_t count, gm_error *error)
{
    const size_t available = gm_system_memory();
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        size_t bytes;
        const gm_status status = gm_workload_plan(&timed[i].options, &bytes, error);
        if (status != GM_OK)
            return status;
        if (!gm_add(total, bytes, &total))
            total = SIZE_MAX;
    }
    if (total <= available)
        return GM_OK;
    char needed[32], free_bytes[32];
    return gm_fail(
        error, GM_LIMIT,
        "%s: the candidates that take turns need %zu bytes (%s); %s are free; use smaller batches or narrower layers",
        timed->options.net.name, total, gm_format_bytes(needed, sizeof needed, total),
        gm_format_bytes(free_bytes, sizeof free_bytes, available));
}

static bool same_net(const gm_timed *a, const gm_timed *b)
{
    return strcmp(a->options.net.name, b->options.net.name) == 0 && a->options.batch == b->options.batch &&
           a->options.activation == b->options.activation;
}

/* Workloads of the same network and batch begin with the same weights and data, so the loss of their first
 * step must be the same on every backend. */
static gm_status check_losses(gm_timed *timed, size_t count, gm_error *error)
{
    double losses[GM_MOST_CANDIDATES];
    for (size_t i = 0; i < count; i++) {
        const gm_workload *w = &timed[i].workload;
        const gm_status status =
            gm_engine_loss(w->engine, w->rows.x, w->rows.y, &losses[i], gm_no_array(), error);
        if (status != GM_OK)
            return status;
        for (size_t j = 0; j < i; j++) {
            if (same_net(&timed[i], &timed[j]) && !(fabs(losses[i] - losses[j]) <= 1e-4 * fabs(losses[j])))
                return gm_fail(error, GM_CHECK, "%s, batch %zu: %s gives the loss %.9g, %s gives %.9g",
                               timed[i].options.net.name, timed[i].options.batch, timed[i].options.backend,
                               losses[i], timed[j].options.backend, losses[j]);
        }
    }
    return GM_OK;
}

static gm_candidate candidate_of(gm_timed *timed)
{
    return (gm_candidate){
        .run = gm_workload_steps,
        .context = &timed->workload,
        .precision = timed->options.precision,
        .threads = gm_engine_plan(timed->workload.engine, timed->options.batch).threads,
    };
}

gm_status gm_timed_run(gm_timed *timed, size_t count, double seconds, const gm_bench_options *options,
                       gm_error *error)
{
    gm_status status = GM_OK;
    for (size_t i = 0; i < count && status == GM_OK; i++)
        status = gm_workload_create(&timed[i].workload, &timed[i].options, error);
    if (status == GM_OK)
        status = check_losses(timed, count, error);
    if (status != GM_OK)
        return status;
    gm_candidate *candidates[GM_MOST_CANDIDATES];
    for (size_t i = 0; i < count; i++) {
        timed[i].candidate = candidate_of(&timed[i]);
        candidates[i] = &timed[i].candidate;
    }
    gm_rounds_options rounds = gm_rounds_options_default();
    rounds.budget_seconds = seconds;
    rounds.progress = options->progress;
    rounds.context = options->context;
    return gm_rounds_run(candidates, count, &rounds, error);
}

void gm_timed_clear(gm_timed *timed, size_t count)
{
    for (size_t i = 0; i < count; i++)
        gm_workload_clear(&timed[i].workload);
}

double gm_timed_flops(const gm_timed *t)
{
    return gm_step_flop(t->workload.network, t->options.batch) / t->candidate.statistics.median;
}

double gm_timed_peak_share(const gm_timed *t)
{
    const double flop = gm_step_flop(t->workload.network, t->options.batch);
    return gm_rounds_share(flop, t->candidate.samples, t->candidate.peaks, t->candidate.count);
}

void gm_result_peak_share(gm_result *result, gm_result_row *row, double share)
{
    const double percent = gm_peak_percent(share);
    gm_result_number(result, row, &gm_column_peak_share, percent);
    if (isnan(percent))
        gm_result_note(result,
                       "%s: no share of FMA: it would be %.0f %%, so the peak beside it was measured while "
                       "something else was running",
                       row->name, 100 * share);
}

void gm_result_step(gm_result *result, gm_result_row *row, const gm_timed *t)
{
    const gm_workload_options *o = &t->options;
    const gm_statistics *s = &t->candidate.statistics;
    row->threads = gm_engine_threads(t->workload.engine);
    gm_result_text(result, row, &gm_column_net, "%s", o->net.name);
    gm_result_number(result, row, &gm_column_batch, (double)o->batch);
    gm_result_text(result, row, &gm_column_backend, "%s", o->backend);
    gm_result_number(result, row, &gm_column_threads, (double)row->threads);
    gm_result_number(result, row, &gm_column_samples_per_second, (double)o->batch / s->median);
    gm_result_number(result, row, &gm_column_milliseconds, s->median * 1e3);
    gm_result_number(result, row, &gm_column_spread, 100 * s->deviation / s->median);
    gm_result_peak_share(result, row, gm_timed_peak_share(t));
}

gm_status gm_candidate_samples(gm_result_row *row, const gm_candidate *c, gm_error *error)
{
    return gm_result_samples(row, c->samples, c->peaks, c->count, c->iterations, error);
}

/* `net` with every hidden layer `width` wide. */
static gm_net widened(const gm_net *net, size_t width)
{
    gm_net wide = *net;
    for (size_t i = 1; i + 1 < net->width_count; i++)
        wide.widths[i] = width;
    gm_net_name(&wide);
    return wide;
}

gm_status gm_bench_nets(const gm_bench_options *o, const char *const *defaults, gm_net *nets, size_t most,
                        size_t *count, gm_error *error)
{
    gm_net given[GM_MOST_NETS];
    size_t given_count = o->net_count;
    memcpy(given, o->nets, sizeof given);
    gm_status status = GM_OK;
    for (; given_count < GM_MOST_NETS && o->net_count == 0 && *defaults && status == GM_OK; defaults++)
        status = gm_net_parse(&given[given_count++], *defaults, error);
    const size_t widths = o->width.count ? o->width.count : 1;
    if (status == GM_OK && given_count * widths > most)
        return gm_fail(error, GM_LIMIT, "%zu networks; expected at most %zu in one run", given_count * widths,
                       most);
    *count = 0;
    for (size_t i = 0; i < given_count && status == GM_OK; i++) {
        for (size_t w = 0; w < widths; w++)
            nets[(*count)++] = o->width.count ? widened(&given[i], o->width.sizes[w]) : given[i];
    }
    return status;
}

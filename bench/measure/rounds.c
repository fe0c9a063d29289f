/* Measures candidates in turns. rounds.h says how. */
#include "bench/measure/rounds.h"
#include "base/memory.h"
#include "base/clock.h"
#include "machine/budget.h"
#include "machine/reference.h"

#include <math.h>
#include <string.h>
#include <time.h>

/* The number of rounds even if the budget is far too short, because a median needs three samples. */
#define FEWEST_ROUNDS   3

#define REFERENCE_SHARE 0.02 /* of a sample's time, before it and after it */

gm_rounds_options gm_rounds_options_default(void)
{
    return (gm_rounds_options){.sample_seconds = 0.005, .rounds = 11};
}

void gm_rest(double seconds)
{
    if (seconds > 0)
        nanosleep(&(struct timespec){.tv_nsec = (long)(seconds * 1e9)}, NULL);
}

static gm_status sample(gm_candidate *c, size_t iterations, double *seconds, gm_error *error)
{
    const uint64_t start = gm_clock();
    const gm_status status = c->run(c->context, iterations, c->expendable ? NULL : error);
    *seconds = c->seconds ? c->seconds(c->context) : gm_clock_seconds(start, gm_clock());
    c->failed = status != GM_OK;
    return c->expendable ? GM_OK : status;
}

/* Doubles the iterations until a sample is long enough. The first call warms caches, buffers and threads. */
static gm_status calibrate(gm_candidate *c, const gm_rounds_options *o, gm_error *error)
{
    c->count = 0;
    c->used = 0;
    gm_rest(o->rest_seconds);
    gm_status status = sample(c, 1, &c->length, error);
    for (c->iterations = 1; !c->failed; c->iterations *= 2) {
        status = sample(c, c->iterations, &c->length, error);
        if (c->length >= gm_bench_budget(o->sample_seconds))
            break;
    }
    return status;
}

static size_t plan_rounds(gm_candidate *const *cs, size_t count, const gm_rounds_options *o)
{
    double round = 0;
    for (size_t i = 0; i < count; i++)
        round += (1.1 + 2 * REFERENCE_SHARE) * cs[i]->length;
    if (o->budget_seconds <= 0)
        return gm_min(o->rounds, GM_MOST_ROUNDS);
    const double fit = gm_bench_budget(o->budget_seconds) / round;
    const size_t rounds = fit > GM_MOST_ROUNDS ? GM_MOST_ROUNDS : (size_t)fit;
    /* If the budget allows at least a third of the wished number of rounds, the wished number is run. If it
     * is shorter than that, the budget decides. */
    return rounds * 3 >= o->rounds ? gm_max(rounds, o->rounds) : gm_max(rounds, FEWEST_ROUNDS);
}

/* Makes the reference loops. Candidates with the same number of threads and the same precision share one. */
static gm_status open_references(gm_candidate *const *cs, size_t count, gm_error *error)
{
    gm_status status = GM_OK;
    for (size_t i = 0; i < count && status == GM_OK; i++) {
        gm_candidate *c = cs[i];
        c->threads = gm_max(c->threads, 1);
        for (size_t j = 0; j < i && !c->reference; j++)
            if (cs[j]->precision == c->precision && cs[j]->threads == c->threads)
                c->reference = cs[j]->reference;
        if (!c->reference)
            status = gm_reference_create(&c->reference, c->precision, c->threads, error);
    }
    return status;
}

static void close_references(gm_candidate *const *cs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        gm_reference *reference = cs[i]->reference;
        for (size_t j = i; j < count; j++)
            cs[j]->reference = cs[j]->reference == reference ? NULL : cs[j]->reference;
        gm_reference_destroy(reference);
    }
}

/* Takes one sample. Since the last turn of this candidate its caches were used by others, and its threads
 * fell asleep. So a tenth of the sample is run first without being measured, and after a rest at least one
 * iteration. */
static gm_status take_sample(gm_candidate *c, const gm_rounds_options *o, gm_error *error)
{
    double seconds = 0;
    gm_rest(o->rest_seconds);
    const double before = gm_reference_flops(c->reference, REFERENCE_SHARE * c->length);
    gm_status status = sample(c, c->iterations / 10 + (o->rest_seconds > 0), &seconds, error);
    if (!c->failed)
        status = sample(c, c->iterations, &seconds, error);
    if (c->failed)
        return status;
    const double after = gm_reference_flops(c->reference, REFERENCE_SHARE * c->length);
    c->peaks[c->count] = (before + after) / 2;
    c->samples[c->count++] = seconds / (double)c->iterations;
    return GM_OK;
}

static bool has_turn(const gm_candidate *c, const gm_rounds_options *o)
{
    const bool slow = o->most_seconds > 0 && c->used > gm_bench_budget(o->most_seconds);
    return !c->failed && (c->count < FEWEST_ROUNDS || !slow);
}

static gm_status run_rounds(gm_candidate *const *cs, size_t count, size_t rounds, const gm_rounds_options *o,
                            gm_error *error)
{
    for (size_t round = 0; round < rounds; round++) {
        for (size_t i = 0; i < count; i++) {
            gm_candidate *c = cs[gm_turn(round, i, count)];
            if (o->progress)
                o->progress(((double)round + (double)i / (double)count) / (double)rounds, o->context);
            if (!has_turn(c, o))
                continue;
            const uint64_t start = gm_clock();
            const gm_status status = take_sample(c, o, error);
            c->used += gm_clock_seconds(start, gm_clock());
            if (status != GM_OK)
                return status;
        }
    }
    return GM_OK;
}

void gm_candidate_summarise(gm_candidate *c)
{
    double copy[GM_MOST_ROUNDS]; /* gm_statistics_of changes the order */
    memcpy(copy, c->samples, c->count * sizeof *copy);
    c->statistics =
        c->count > 0 ? gm_statistics_of(copy, c->count) : (gm_statistics){.median = NAN, .deviation = NAN};
}

gm_status gm_rounds_run(gm_candidate *const *cs, size_t count, const gm_rounds_options *o, gm_error *error)
{
    gm_status status = GM_OK;
    for (size_t i = 0; i < count && status == GM_OK; i++)
        status = calibrate(cs[i], o, error);
    if (status == GM_OK)
        status = open_references(cs, count, error);
    if (status == GM_OK)
        status = run_rounds(cs, count, plan_rounds(cs, count, o), o, error);
    close_references(cs, count);
    for (size_t i = 0; i < count && status == GM_OK; i++)
        gm_candidate_summarise(cs[i]);
    return status;
}

double gm_rounds_share(double flop, const double *samples, const double *peaks, size_t count)
{
    double shares[GM_MOST_ROUNDS];
    for (size_t i = 0; i < count; i++)
        shares[i] = flop / (samples[i] * peaks[i]);
    return gm_statistics_of(shares, count).median;
}

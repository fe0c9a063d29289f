/* Honest timing. */
#include "bench/rounds.h"
#include "base/memory.h"
#include "base/clock.h"

#include <math.h>

/* Rounds that a far too short budget still gets: a median needs three. */
#define FEWEST_ROUNDS 3

/* The reference: the least of some short runs, because an interruption says nothing of the clock. */
#define REFERENCE_RUNS    5
#define REFERENCE_SECONDS 2e-4

gm_rounds_options gm_rounds_options_default(void)
{
    return (gm_rounds_options){.sample_seconds = 0.005, .rounds = 11};
}

static gm_status sample(const gm_candidate *c, size_t iterations, double *seconds, gm_error *error)
{
    const uint64_t start = gm_clock();
    const gm_status status = c->run(c->context, iterations, error);
    *seconds = gm_clock_seconds(start, gm_clock());
    return status;
}

/* Doubles the iterations until a sample is long enough. The first call warms caches, buffers and threads. */
static gm_status calibrate(gm_candidate *c, double least, gm_error *error)
{
    double seconds;
    gm_status status = sample(c, 1, &seconds, error);
    for (c->iterations = 1; status == GM_OK; c->iterations *= 2) {
        status = sample(c, c->iterations, &seconds, error);
        if (seconds >= least)
            break;
    }
    c->samples[0] = seconds; /* of one sample, for the plan of the rounds */
    return status;
}

static size_t plan_rounds(const gm_candidate *cs, size_t count, const gm_rounds_options *o)
{
    double round = 0;
    for (size_t i = 0; i < count; i++)
        round += cs[i].samples[0];
    if (o->budget_seconds <= 0)
        return gm_min(o->rounds, GM_MOST_ROUNDS);
    const double fit = o->budget_seconds / round;
    const size_t rounds = fit > GM_MOST_ROUNDS ? GM_MOST_ROUNDS : (size_t)fit;
    /* A budget within three times of the wish gets the wish; beyond that the clock on the wall counts more.
     */
    return rounds * 3 >= o->rounds ? gm_max(rounds, o->rounds) : gm_max(rounds, FEWEST_ROUNDS);
}

static double time_passes(const gm_fma_chains *chains, size_t passes)
{
    volatile double sink;
    const uint64_t start = gm_clock();
    sink = chains->run(passes);
    (void)sink;
    return gm_clock_seconds(start, gm_clock());
}

gm_reference gm_reference_make(void)
{
    gm_reference reference = {gm_fma_chains_of(GM_F32), 64};
    while (time_passes(&reference.chains, reference.passes) < REFERENCE_SECONDS)
        reference.passes *= 2;
    return reference;
}

double gm_reference_time(const gm_reference *reference)
{
    double least = INFINITY;
    for (int i = 0; i < REFERENCE_RUNS; i++)
        least = fmin(least, time_passes(&reference->chains, reference->passes));
    return least / (double)reference->passes;
}

gm_status gm_rounds_run(gm_candidate *cs, size_t count, const gm_rounds_options *o, double *reference,
                        gm_error *error)
{
    gm_status status = GM_OK;
    for (size_t i = 0; i < count && status == GM_OK; i++)
        status = calibrate(&cs[i], o->sample_seconds, error);
    if (status != GM_OK)
        return status;
    const size_t rounds = plan_rounds(cs, count, o);
    const gm_reference loop = gm_reference_make();
    for (size_t round = 0; round < rounds; round++) {
        if (reference)
            reference[round] = gm_reference_time(&loop);
        for (size_t i = 0; i < count; i++) {
            gm_candidate *c = &cs[round % 2 ? count - 1 - i : i]; /* A B C, C B A */
            double seconds;
            if (o->progress)
                o->progress(((double)round + (double)i / (double)count) / (double)rounds, o->context);
            status = sample(c, c->iterations, &seconds, error);
            if (status != GM_OK)
                return status;
            c->samples[round] = seconds / (double)c->iterations;
        }
    }
    for (size_t i = 0; i < count; i++) {
        double copy[GM_MOST_ROUNDS]; /* the statistics sort what they get */
        cs[i].count = rounds;
        for (size_t r = 0; r < rounds; r++)
            copy[r] = cs[i].samples[r];
        cs[i].statistics = gm_statistics_of(copy, rounds);
    }
    return GM_OK;
}

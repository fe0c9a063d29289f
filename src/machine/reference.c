/* The reference loop: fused multiply-adds in registers, measured in short runs. reference.h says what it is
 * for. */
#include "machine/reference.h"
#include "base/error.h"
#include "base/memory.h"
#include "machine/fma_chains.h"
#include "machine/race.h"

#include <math.h>
#include <time.h>

#define RUNS        5    /* of one reading */
#define RUN_SECONDS 2e-4 /* at least */

/* Threads of a team spin for a moment before they sleep. This must not disturb the next measurement. */
static const struct timespec rest = {.tv_nsec = 500000};

struct gm_reference {
    gm_race race;
    gm_fma_chains chains;
    size_t least;  /* passes that take RUN_SECONDS or a little more */
    size_t passes; /* of each thread in the present run */
};

static void run_chains(void *context, size_t thread)
{
    const gm_reference *reference = context;
    volatile double sink = reference->chains.run(reference->passes);
    (void)sink;
    (void)thread;
}

/* The shortest of several runs, in seconds: interruptions only make runs longer. */
static double best_run(const gm_reference *r)
{
    double best = INFINITY;
    for (int i = 0; i < RUNS; i++)
        best = fmin(best, gm_race_run(&r->race));
    return best;
}

gm_status gm_reference_create(gm_reference **reference, gm_precision precision, size_t threads,
                              gm_error *error)
{
    *reference = NULL;
    gm_reference *r = gm_alloc(1, sizeof *r);
    if (!r)
        return gm_fail_memory(error, "the reference loop", sizeof *r);
    *r = (gm_reference){.chains = gm_fma_chains_of(precision), .passes = 64};
    const gm_status status = gm_race_prepare(&r->race, threads, run_chains, r, error);
    if (status != GM_OK) {
        gm_free(r);
        return status;
    }
    while (best_run(r) < RUN_SECONDS)
        r->passes *= 2;
    r->least = r->passes;
    *reference = r;
    return GM_OK;
}

void gm_reference_destroy(gm_reference *reference)
{
    if (!reference)
        return;
    gm_race_clear(&reference->race);
    gm_free(reference);
}

double gm_reference_flops(gm_reference *r, double seconds)
{
    r->passes = (size_t)((double)r->least * fmax(1, seconds / RUNS / RUN_SECONDS));
    const double best = best_run(r);
    const size_t threads = gm_team_threads(r->race.team);
    if (threads > 1)
        nanosleep(&rest, NULL);
    return r->chains.flop * (double)r->passes * (double)threads / best;
}

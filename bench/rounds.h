/* Honest timing: warm-up, samples long enough for the clock, rounds in which all candidates take turns (A B C
 * C B A), so that a drift of the machine meets them all. */
#ifndef GM_BENCH_ROUNDS_H
#define GM_BENCH_ROUNDS_H

#include "bench/fma_chains.h"
#include "bench/statistics.h"

#include <gradmill/status.h>
#include <stdbool.h>

#define GM_MOST_ROUNDS 101

typedef struct gm_candidate {
    /* Does the thing `iterations` times. */
    gm_status (*run)(void *context, size_t iterations, gm_error *error);
    void *context;

    size_t iterations;              /* within one sample, found by doubling */
    double samples[GM_MOST_ROUNDS]; /* seconds of one iteration */
    size_t count;                   /* of samples */
    gm_statistics statistics;       /* of the samples */
} gm_candidate;

typedef struct gm_rounds_options {
    double sample_seconds; /* a sample is at least this long; default 0.005 */
    size_t rounds;         /* at least this many; default 11 */
    double budget_seconds; /* more rounds until this time is used, fewer (3 at least) if it is far too short;
                              default 0: `rounds` */
    /* Called before each sample with the share that is done; NULL is fine. */
    void (*progress)(double done, void *context);
    void *context;
} gm_rounds_options;

gm_rounds_options gm_rounds_options_default(void);

/* A fixed arithmetic loop on one thread, timed at the beginning of each round: what the CPU's clock did
 * meanwhile. */
typedef struct gm_reference {
    gm_fma_chains chains;
    size_t passes; /* of one run */
} gm_reference;

gm_reference gm_reference_make(void);
/* Seconds of one pass, from the least of some runs: about a millisecond in all. */
double gm_reference_time(const gm_reference *reference);

/* Measures candidates[0 .. count). reference (GM_MOST_ROUNDS, may be NULL) receives the time of each round's
 * reference loop. */
gm_status gm_rounds_run(gm_candidate *candidates, size_t count, const gm_rounds_options *options,
                        double *reference, gm_error *error);

#endif

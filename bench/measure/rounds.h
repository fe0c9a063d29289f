/* Measures the speed of several candidates so that they can be compared. Each is warmed up. Samples are long
 * compared with the resolution of the clock. In each round all candidates take turns (A B C, then C B A), so
 * that a slow change of the machine affects all of them in the same way. */
#ifndef GM_BENCH_MEASURE_ROUNDS_H
#define GM_BENCH_MEASURE_ROUNDS_H

#include "bench/measure/statistics.h"

#include <gradmill/array.h>
#include <gradmill/status.h>
#include <stdbool.h>

#define GM_MOST_ROUNDS 101

/* Something that is measured: a loop in this process, or a child process (contest.h). */
typedef struct gm_candidate {
    /* Runs the loop `iterations` times. */
    gm_status (*run)(void *context, size_t iterations, gm_error *error);
    /* Seconds of the last run by the clock of the process that did it; NULL: they are measured around `run`.
     */
    double (*seconds)(const void *context);
    void *context;
    bool expendable; /* true: if it fails, the others go on; default false: its error ends the rounds */
    gm_precision precision; /* of the reference loop; default f32 */
    size_t threads;         /* of the reference loop; default 0: one */

    size_t iterations;              /* within one sample, found by doubling */
    double length;                  /* seconds of one sample, as found then */
    double samples[GM_MOST_ROUNDS]; /* seconds of one iteration */
    double peaks[GM_MOST_ROUNDS];   /* FLOP/s of the reference loop (reference.h) around each sample */
    size_t count;                   /* of samples */
    bool failed;                    /* it has failed, and has no more turns */
    double used;                    /* seconds of all its turns */
    gm_statistics statistics;       /* of the samples */
    struct gm_reference *reference; /* while the rounds last */
} gm_candidate;

typedef struct gm_rounds_options {
    double sample_seconds; /* a sample is at least this long; default 0.005 */
    size_t rounds;         /* at least this many; default 11 */
    double budget_seconds; /* more rounds until this time is used, fewer (3 at least) if it is far too short;
                              default 0: `rounds` */
    double most_seconds;   /* a slower candidate gets three turns only; default 0: no limit */
    double rest_seconds;   /* pause before each turn, so that idle threads fall asleep; default 0 */
    /* Called before each sample with the share that is done; NULL is fine. */
    void (*progress)(double done, void *context);
    void *context;
} gm_rounds_options;

gm_rounds_options gm_rounds_options_default(void);

/* Whose turn is the i-th of `count` in this round: A B C, then C B A. */
static inline size_t gm_turn(size_t round, size_t i, size_t count)
{
    return round % 2 ? count - 1 - i : i;
}

/* Measures candidates[0 .. count). The reference loop runs right before and right after each sample, for a
 * fiftieth of its time and a millisecond at least; its mean is the peak of that sample. GM_LIMIT: no threads
 * or no memory for it. */
gm_status gm_rounds_run(gm_candidate *const *candidates, size_t count, const gm_rounds_options *options,
                        gm_error *error);

/* Sleeps for that long, less than a second; not at all for 0. */
void gm_rest(double seconds);

/* Makes the statistics of the samples that are there; median and deviation are NaN without any. */
void gm_candidate_summarise(gm_candidate *candidate);

/* The part of the peak (0 to 1) that a loop of `flop` operations reaches: the median of flop / (samples[i]
 * peaks[i]), where samples are in seconds and peaks in FLOP/s. 1 <= count <= GM_MOST_ROUNDS. */
double gm_rounds_share(double flop, const double *samples, const double *peaks, size_t count);

#endif

/* The arithmetic of published figures. It stands apart from the code that measures, so that tests can give it
 * numbers whose result is known. */
#ifndef GM_BENCH_MEASURE_FIGURES_H
#define GM_BENCH_MEASURE_FIGURES_H

#include <gradmill/engine.h>
#include <gradmill/network.h>
#include <stdbool.h>
#include <stddef.h>

/* What a part of a step computes, and the numbers that it reads and writes at least. */
typedef struct gm_work {
    double flop, numbers;
} gm_work;

/* For a batch of n rows. `joined`: BP4 takes the step of the weights along, and no gradient is written. */
gm_work gm_work_of(gm_phase phase, const gm_layer *layer, double n, gm_optimizer_kind optimizer, bool joined);

/* What bounds a part that takes so many seconds: "compute" or "memory" above half of that ceiling; "cache" or
 * "kernel" if it moves more than main memory can (1.2 times, because a ceiling is measured, too); "kernel"
 * also above a fifth of the peak; else "overhead": calls, short loops, waiting. The peak is in FLOP/s, the
 * bandwidth in bytes/s. */
const char *gm_bound_by(double flop, double bytes, double seconds, double peak, double bandwidth);

/* Seconds of one part in one step: the mean over the threads of a profile that has seen `steps` steps. */
double gm_part_seconds(const gm_profile *profile, size_t layer, gm_phase phase, size_t steps);

/* How many times as fast as a step of `reference` seconds. */
double gm_speedup(double reference, double seconds);

/* Percent of a speed-up that is as large as the number of threads. */
double gm_efficiency(double speedup, size_t threads);

/* The index of the least; the first of equal ones. count >= 1. */
size_t gm_fastest(const double *seconds, size_t count);

/* Marks what may be the fastest: the least median, and all whose interval, median +- deviation, begins at or
 * before the end of its interval. Returns how many there are; with more than one nobody is "the fastest".
 * count >= 1. */
size_t gm_among_fastest(const double *medians, const double *deviations, size_t count, bool *among);

/* A share of the arithmetic peak as percent; NaN above 105 %, because nothing is faster than the processor:
 * the peak was measured in a moment in which something else was running. */
double gm_peak_percent(double share);

#endif

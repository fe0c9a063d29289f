/* Computes the figures that are shown and published from measured times: speed-up, efficiency, part of the
 * peak. The code is separate from the code that measures, so that tests can check it with known numbers. */
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

/* The work of one part of a step, for a batch of n rows. `joined`: BP4 also updates the weights, and no
 * gradient is written. */
gm_work gm_work_of(gm_phase phase, const gm_layer *layer, double n, gm_optimizer_kind optimizer, bool joined);

/* What limits a part of a step that takes `seconds`. "compute" or "memory": it reaches more than half of the
 * peak, or of the bandwidth. "cache" or "kernel": it moves more than 1.2 times what main memory can (the
 * bandwidth was measured, too, and is not exact), so its data is in a cache. "kernel": it reaches more than a
 * fifth of the peak. "overhead": anything else, such as calls, short loops and waiting. The peak is in
 * FLOP/s, the bandwidth in bytes/s. */
const char *gm_bound_by(double flop, double bytes, double seconds, double peak, double bandwidth);

/* Seconds of one part in one step: the mean over the threads of a profile that has seen `steps` steps. */
double gm_part_seconds(const gm_profile *profile, size_t layer, gm_phase phase, size_t steps);

/* Speed-up: how many times faster than a step of `reference` seconds. */
double gm_speedup(double reference, double seconds);

/* Efficiency in percent: 100 if the speed-up is as large as the number of threads. */
double gm_efficiency(double speedup, size_t threads);

/* The index of the least; the first of equal ones. count >= 1. */
size_t gm_fastest(const double *seconds, size_t count);

/* Marks the candidates that may be the fastest: the one with the smallest median, and all whose interval
 * (median +- deviation) overlaps with its interval. Returns their number; if it is more than 1, none can be
 * called the fastest. count >= 1. */
size_t gm_among_fastest(const double *medians, const double *deviations, size_t count, bool *among);

/* A part of the arithmetic peak in percent. NaN above 105 %: nothing is faster than the processor, so the
 * peak was measured while something else was running. */
double gm_peak_percent(double share);

#endif

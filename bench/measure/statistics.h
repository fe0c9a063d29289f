/* Statistics of timings. The median and the median deviation are the main figures, because one interrupted
 * round changes a mean, but hardly a median. */
#ifndef GM_BENCH_MEASURE_STATISTICS_H
#define GM_BENCH_MEASURE_STATISTICS_H

#include <stddef.h>

/* Seconds of a run, one for each round; borrowed. */
typedef struct gm_samples {
    const double *seconds;
    size_t count;
} gm_samples;

typedef struct gm_statistics {
    size_t count;
    double min, max, mean;
    double median;
    double deviation; /* median absolute deviation from the median, unscaled */
} gm_statistics;

/* count >= 1 samples without NaN. The array is overwritten. */
gm_statistics gm_statistics_of(double *samples, size_t count);

/* The q-quantile, 0 <= q <= 1, of count >= 1 samples in ascending order: linear between neighbours, at
 * position q (count - 1), which is NumPy's default and R's type 7. q = 0.5 is the median. */
double gm_quantile(const double *sorted, size_t count, double q);

/* Ascending. */
void gm_sort(double *samples, size_t count);

#endif

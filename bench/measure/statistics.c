/* Statistics of timings: median, deviation, quantiles. */
#include "bench/measure/statistics.h"

#include <math.h>
#include <stdlib.h>

static int ascending(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

void gm_sort(double *samples, size_t count)
{
    qsort(samples, count, sizeof *samples, ascending);
}

double gm_quantile(const double *sorted, size_t count, double q)
{
    const double position = q * (double)(count - 1);
    const size_t below = (size_t)position;
    if (below + 1 >= count)
        return sorted[count - 1];
    const double share = position - (double)below;
    return sorted[below] + share * (sorted[below + 1] - sorted[below]);
}

gm_statistics gm_statistics_of(double *samples, size_t count)
{
    gm_sort(samples, count);
    gm_statistics s = {.count = count, .min = samples[0], .max = samples[count - 1]};
    s.median = gm_quantile(samples, count, 0.5);
    for (size_t i = 0; i < count; i++) {
        s.mean += samples[i] / (double)count;
        samples[i] = fabs(samples[i] - s.median);
    }
    gm_sort(samples, count);
    s.deviation = gm_quantile(samples, count, 0.5);
    return s;
}

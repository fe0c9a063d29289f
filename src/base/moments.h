/* Mean and deviation of numbers that come one by one. Welford's update does not cancel where the mean is
 * large: B. P. Welford, "Note on a method for calculating corrected sums of squares and products", 1962. */
#ifndef GM_BASE_MOMENTS_H
#define GM_BASE_MOMENTS_H

#include <math.h>
#include <stddef.h>

/* All zeros: no number so far. */
typedef struct gm_moments {
    size_t count;
    double mean, squares; /* sum of (x - mean)^2 */
} gm_moments;

static inline void gm_moments_add(gm_moments *moments, double x)
{
    const double off = x - moments->mean;
    moments->mean += off / (double)++moments->count;
    moments->squares += off * (x - moments->mean);
}

/* The standard deviation of the population: divided by n, not by n - 1. */
static inline double gm_moments_deviation(const gm_moments *moments)
{
    return sqrt(moments->squares / (double)moments->count);
}

#endif

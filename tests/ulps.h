/* Errors in units of the last place. For *_tmpl.c only: the units are those of REAL. */
#ifndef GM_TESTS_ULPS_H
#define GM_TESTS_ULPS_H

#include "base/real.h"

#include <float.h>
#include <math.h>

#if GM_REAL_BITS == 32
#define DIGITS     24
#define MIN_NORMAL FLT_MIN
#define MAX_NORMAL FLT_MAX
#else
#define DIGITS     53
#define MIN_NORMAL DBL_MIN
#define MAX_NORMAL DBL_MAX
#endif

/* |actual - exact| in units of the last place of size. Results about the smallest normal number may be 0. */
static inline double ulps(REAL actual, long double exact, long double size)
{
    if (fabsl(exact) < 2 * (long double)MIN_NORMAL && fabs((double)actual) < 2 * (double)MIN_NORMAL)
        return 0;
    if (fabsl(exact) > (long double)MAX_NORMAL)
        return isinf(actual) ? 0 : INFINITY;
    int exponent;
    frexpl(size, &exponent);
    const double error = (double)(fabsl((long double)actual - exact) / ldexpl(1, exponent - DIGITS));
    return isnan(error) ? INFINITY : error;
}

static inline long double sigmoidl(long double x)
{
    return 1 / (1 + expl(-x));
}

#endif

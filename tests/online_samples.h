/* Functions that the tests of src/online share: they make samples and engines to compare with, and compare
 * numbers. For *_tmpl.c only. */
#ifndef TESTS_ONLINE_SAMPLES_H
#define TESTS_ONLINE_SAMPLES_H

#include "nets.h"

#include "base/real.h"
#include "nn/engine.h"

#include <math.h>

#define PRECISION (GM_REAL_BITS == 32 ? GM_F32 : GM_F64)
#define TOLERANCE (GM_REAL_BITS == 32 ? 2e-5 : 1e-13)

enum { STEPS = 20, MOST = 70 };

/* A sample for each step. Targets in [0, 1) are valid for every loss. */
struct samples {
    REAL x[STEPS][MOST], y[STEPS][MOST];
};

static inline void fill(struct samples *s)
{
    static double values[STEPS * MOST];
    net_fill(values, STEPS * MOST, -1, 1);
    for (size_t i = 0; i < STEPS * MOST; i++)
        s->x[i / MOST][i % MOST] = (REAL)values[i];
    net_fill(values, STEPS * MOST, 0, 2);
    for (size_t i = 0; i < STEPS * MOST; i++)
        s->y[i / MOST][i % MOST] = (REAL)values[i] / 2;
}

static inline gm_array row_of(const REAL *data, size_t cols)
{
    return gm_array_real(data, PRECISION, 1, cols);
}

static inline gm_engine *make_engine(const net_shape *shape, const gm_engine_options *options,
                                     const char *backend)
{
    gm_engine_options own = *options;
    own.backend = backend;
    return net_engine(net_make(shape, PRECISION, 3), &own);
}

static inline gm_engine_options options_of_one(void)
{
    gm_engine_options options = gm_engine_options_default();
    options.batch = 1;
    options.threads = 1;
    options.keep_z = true;
    return options;
}

static inline bool close(double actual, double expected)
{
    return fabs(actual - expected) <= TOLERANCE * (1 + fabs(expected));
}

static inline size_t count_differences(const REAL *actual, const REAL *expected, size_t count)
{
    size_t differences = 0;
    for (size_t i = 0; i < count; i++)
        differences += !close((double)actual[i], (double)expected[i]);
    return differences;
}

#endif

/* The exponential moving average of the parameters (Polyak and Juditsky 1992 give all steps the same weight;
 * here older steps count less and less). It has the layout in which the backend keeps the weights.
 *
 * There is no pass of its own over the parameters: each part of W is averaged right after it has taken its
 * step, while it is still in a cache. So for each parameter only the average itself is read and written. */
#include "base/vector.h"
#include "nn/pass.h"

#include <string.h>

/* The compiler makes a variant of this function for each instruction set (base/vector.h), which needs a name
 * of its own for each precision. */
#define average_of GM_TYPED(average_of)

/* average = keep average + (1 - keep) W */
GM_VECTOR static void average_of(const REAL *restrict w, size_t count, REAL keep, REAL *restrict average)
{
#pragma omp simd
    for (size_t i = 0; i < count; i++)
        average[i] = keep * average[i] + (1 - keep) * w[i];
}

void gm_average(const gm_worker *w, size_t index, size_t count)
{
    const gm_bound *b = w->bound;
    if (!w->batch->averages)
        return;
    /* The first average is a copy, because what the memory held before may not be a number. */
    if (w->batch->average_keep == 0)
        memcpy(b->average + index, b->parameters + index, count * sizeof(REAL));
    else
        average_of(b->parameters + index, count, w->batch->average_keep, b->average + index);
}

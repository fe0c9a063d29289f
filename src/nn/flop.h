/* How many floating-point operations a training step has. */
#ifndef GM_NN_FLOP_H
#define GM_NN_FLOP_H

#include <stdbool.h>
#include <stddef.h>

/* Those of one layer in a step of `rows` rows. Forward, BP2 and BP4 are a product each, of 2 rows in out
 * FLOP; the first layer has no BP2. Work on single elements is not counted. */
static inline double gm_layer_flop(size_t in, size_t out, size_t rows, bool first)
{
    const double products = first ? 2 : 3;
    return products * 2 * (double)rows * (double)in * (double)out;
}

#endif

/* How many floating-point operations a training step has. */
#ifndef GM_NN_FLOP_H
#define GM_NN_FLOP_H

#include <stddef.h>

/* Forward, BP2 and BP4 are a product each, of 2 rows in out FLOP; layer 1 has no BP2. `all` is the sum of in
 * x out over the layers, `first` that of layer 1. Work on single elements is not counted. */
static inline double gm_flop_of_products(double all, double first, size_t rows)
{
    return 2 * (double)rows * (3 * all - first);
}

#endif

/* The order in which an epoch gives the rows. It is a function of the seed and the number of the epoch, and
 * of nothing that was drawn before: a run that is resumed has nothing to restore. */
#ifndef GM_DATA_ORDER_H
#define GM_DATA_ORDER_H

#include <stddef.h>
#include <stdint.h>

/* The rows `first` to first + count - 1, shuffled, in order[0 .. count). They are block number `block` of the
 * epoch, from 0. Data in memory is a single block. A source that reads its rows through a buffer shuffles one
 * buffer after the other; if the buffer has room for all rows, the order is that of data in memory. */
void gm_order_block(uint64_t seed, size_t epoch, size_t block, size_t first, uint32_t *order, size_t count);

#endif

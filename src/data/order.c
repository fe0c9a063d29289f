/* The order of the rows in an epoch. */
#include "data/order.h"
#include "base/random.h"

void gm_order_block(uint64_t seed, size_t epoch, size_t block, size_t first, uint32_t *order, size_t count)
{
    gm_random random = gm_random_counted(seed, GM_STREAM_SHUFFLE, epoch, block);
    gm_random_order(&random, first, order, count);
}

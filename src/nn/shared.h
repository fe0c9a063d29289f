/* One copy of a network's weights, in the backend's layout, for all engines that only read them. Engines for
 * inference share it, so that each thread of a server can have an engine of its own without having the
 * weights once more. */
#ifndef GM_NN_SHARED_H
#define GM_NN_SHARED_H

#include "backend/storage.h"
#include "nn/network.h"

struct gm_shared {
    gm_keeper keeper; /* never ahead of the block, because nothing trains on this copy */
    const gm_storage *storage;
    void *weights;
    size_t users; /* engines; GM_LOCK_WEIGHTS protects it */
};

/* Gets the network's copy of the weights in this layout, `bytes` large. The first call makes it, without
 * filling it. Each engine that has taken it must give it back. GM_LIMIT. */
gm_status gm_shared_take(gm_shared **shared, gm_network *network, const gm_storage *storage, size_t bytes,
                         gm_error *error);
void gm_shared_give_back(gm_shared *shared, gm_network *network);

#endif

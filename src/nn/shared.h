/* One copy of a network's weights, in the backend's layout, for all engines that only read them. Engines for
 * inference share it, so that each thread of a server can have an engine of its own without having the
 * weights once more. */
#ifndef GM_NN_SHARED_H
#define GM_NN_SHARED_H

#include "backend/storage.h"
#include "nn/network.h"

struct gm_shared {
    gm_keeper keeper; /* never ahead of the block: nobody trains on this copy */
    const gm_storage *storage;
    void *weights;
    size_t users; /* engines */
};

/* The network's copy with `bytes` of weights in this layout, which is made if there is none. It is not
 * filled. Each engine that has taken it gives it back. GM_LIMIT. */
gm_status gm_shared_take(gm_shared **shared, gm_network *network, const gm_storage *storage, size_t bytes,
                         gm_error *error);
void gm_shared_give_back(gm_shared *shared, gm_network *network);

/* Engines that find that the weights of a network must be brought to another place do so one after the other.
 * That is rare: after the network has been changed, or another kind of engine has worked on it. */
void gm_shared_lock(void);
void gm_shared_unlock(void);

#endif

/* The copy of the weights that engines for inference share. */
#include "nn/shared.h"
#include "base/error.h"
#include "base/lock.h"
#include "base/memory.h"

static gm_status make(gm_shared **result, const gm_storage *storage, size_t bytes, gm_error *error)
{
    gm_status status = gm_check_memory("the weights in the backend's layout", bytes, error);
    if (status != GM_OK)
        return status;
    gm_shared *shared = gm_alloc(1, sizeof *shared);
    void *weights = gm_alloc(bytes, 1);
    if (!shared || !weights) {
        gm_free(shared);
        gm_free(weights);
        return gm_fail_memory(error, "the weights in the backend's layout", bytes);
    }
    shared->keeper.holder = shared;
    shared->storage = storage;
    shared->weights = weights;
    *result = shared;
    return GM_OK;
}

gm_status gm_shared_take(gm_shared **shared, gm_network *network, const gm_storage *storage, size_t bytes,
                         gm_error *error)
{
    gm_status status = GM_OK;
    gm_lock_take(GM_LOCK_WEIGHTS);
    if (!network->shared)
        status = make(&network->shared, storage, bytes, error);
    else if (network->shared->storage != storage)
        status = gm_fail(error, GM_UNEXPECTED, "the weights of a network are shared in one layout only");
    if (status == GM_OK) {
        network->shared->users++;
        *shared = network->shared;
    }
    gm_lock_release(GM_LOCK_WEIGHTS);
    return status;
}

void gm_shared_give_back(gm_shared *shared, gm_network *network)
{
    gm_lock_take(GM_LOCK_WEIGHTS);
    if (--shared->users == 0) {
        if (network->keeper == &shared->keeper)
            network->keeper = NULL;
        network->shared = NULL;
        gm_free(shared->weights);
        gm_free(shared);
    }
    gm_lock_release(GM_LOCK_WEIGHTS);
}

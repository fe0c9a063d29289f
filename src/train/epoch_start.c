/* Copies the weights, and what the optimizer keeps, at the beginning of an epoch: once in an epoch, as much
 * as the check for weights that are not finite reads anyway. */
#include "train/epoch_start.h"
#include "base/error.h"
#include "base/memory.h"
#include "nn/network.h"

#include <string.h>

/* The block of what the optimizer keeps. */
static gm_mutable_array block_at(const gm_epoch_start *start, const gm_engine *engine, size_t copy)
{
    const gm_network *network = gm_engine_network((gm_engine *)engine);
    char *at = (char *)start->memory + (copy + 1) * gm_network_bytes(network);
    return gm_mutable_real(at, gm_network_precision(network), 1, gm_network_parameter_count(network));
}

gm_status gm_epoch_start_create(gm_epoch_start *start, const gm_engine *engine, bool all, gm_error *error)
{
    const size_t bytes = gm_network_bytes(gm_engine_network((gm_engine *)engine));
    *start = (gm_epoch_start){.copies = all ? gm_engine_state_count(engine) : 0};
    start->memory = gm_alloc(1 + start->copies, bytes);
    return start->memory
               ? GM_OK
               : gm_fail_memory(error, "the weights of the last good epoch", (1 + start->copies) * bytes);
}

void gm_epoch_start_clear(gm_epoch_start *start)
{
    gm_free(start->memory);
    *start = (gm_epoch_start){0};
}

gm_status gm_epoch_start_keep(gm_epoch_start *start, const gm_engine *engine, const gm_run_state *at,
                              gm_error *error)
{
    if (!start->memory)
        return GM_OK;
    const gm_network *network = gm_engine_network((gm_engine *)engine);
    gm_status status = GM_OK;
    start->at = *at;
    start->at.optimizer_steps = gm_engine_steps(engine);
    memcpy(start->memory, gm_network_parameters_const(network).data, gm_network_bytes(network));
    for (size_t copy = 0; copy < start->copies && status == GM_OK; copy++)
        status = gm_engine_get_state(engine, copy, block_at(start, engine, copy), error);
    return status;
}

gm_status gm_epoch_start_restore(const gm_epoch_start *start, gm_engine *engine, gm_error *error)
{
    gm_status status = GM_OK;
    gm_network_fill(gm_engine_network(engine), start->memory);
    for (size_t copy = 0; copy < start->copies && status == GM_OK; copy++)
        status = gm_engine_set_state(engine, copy, gm_array_of(block_at(start, engine, copy)), error);
    gm_engine_set_steps(engine, start->at.optimizer_steps);
    return status;
}

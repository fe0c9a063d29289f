/* Checks rows against a network before the first of them is read. */
#include "train/rows.h"
#include "base/error.h"
#include "train/targets.h"
#include "train/units.h"

gm_status gm_rows_check(const gm_network *network, const gm_row_source *rows, gm_error *error)
{
    const size_t inputs = gm_network_inputs(network), outputs = gm_network_outputs(network);
    if (rows->features != inputs)
        return gm_fail(error, GM_USAGE, "the data has %zu features; expected %zu, the inputs of the network",
                       rows->features, inputs);
    if (rows->targets != outputs)
        return gm_fail(error, GM_USAGE, "the data has %zu %s; expected %zu, the outputs of the network",
                       rows->targets, rows->labels ? "classes" : "targets", outputs);
    const gm_status status = gm_targets_check_width(network, error);
    return status == GM_OK ? gm_units_check(network, rows->target_scaling, error) : status;
}

gm_status gm_rows_open(gm_row_source *rows, const gm_network *network, const gm_dataset *dataset,
                       const gm_scaling *scaling, const uint64_t *seed, gm_error *error)
{
    gm_status status = gm_row_source_open(rows, dataset, scaling, seed, error);
    if (status == GM_OK)
        status = gm_rows_check(network, rows, error);
    if (status == GM_OK)
        status = gm_targets_check(network, dataset, error);
    if (status != GM_OK)
        gm_row_source_close(rows);
    return status;
}

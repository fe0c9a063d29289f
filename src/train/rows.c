/* Checks rows against a network before the first of them is read. */
#include "train/rows.h"
#include "base/element.h"
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

gm_array gm_rows_weights(const gm_row_source *rows, const gm_batch_buffer *batch)
{
    return gm_array_of(rows->weighted ? batch->w : gm_no_array());
}

double gm_rows_weight(const gm_row_source *rows, const gm_batch_buffer *batch)
{
    const gm_array weights = gm_rows_weights(rows, batch);
    double sum = 0;
    if (!weights.data)
        return (double)batch->x.rows;
    for (size_t r = 0; r < weights.rows; r++)
        sum += gm_array_number(weights, r, 0);
    return sum;
}

gm_status gm_rows_check_weights(const gm_row_source *rows, const gm_engine *engine, size_t accumulate,
                                gm_error *error)
{
    if (!rows->weighted || gm_engine_batch(engine) > 1 || accumulate > 1)
        return GM_OK;
    return gm_fail(error, GM_USAGE,
                   "weights of rows have no effect on steps of one row, whose mean loss is the same with any "
                   "weight; expected a larger batch, or several batches in a step");
}

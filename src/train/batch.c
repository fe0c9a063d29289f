/* Gathers rows of a data set into the matrices of a batch, at once or in pieces. */
#include "train/batch.h"
#include "base/error.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "train/targets.h"

/* Numbers in a piece of side work: gathering them takes some microseconds. */
#define PIECE 8192

static gm_status check_fit(const gm_network *network, const gm_dataset *dataset, const gm_scaling *scaling,
                           gm_error *error)
{
    const size_t inputs = gm_network_inputs(network), outputs = gm_network_outputs(network);
    if (gm_dataset_rows(dataset) == 0)
        return gm_fail(error, GM_USAGE, "the data has no rows");
    if (gm_dataset_missing(dataset) > 0)
        return gm_fail(error, GM_USAGE, "%zu cells of the data have no value; replace them first",
                       gm_dataset_missing(dataset));
    if (gm_dataset_features(dataset) != inputs)
        return gm_fail(error, GM_USAGE, "the data has %zu features; expected %zu, the inputs of the network",
                       gm_dataset_features(dataset), inputs);
    if (gm_dataset_targets(dataset) != outputs)
        return gm_fail(error, GM_USAGE, "the data has %zu %s; expected %zu, the outputs of the network",
                       gm_dataset_targets(dataset), gm_dataset_has_labels(dataset) ? "classes" : "targets",
                       outputs);
    if (scaling && scaling->features != inputs)
        return gm_fail(error, GM_USAGE, "the scaling has %zu features; expected %zu", scaling->features,
                       inputs);
    return gm_targets_check(network, dataset, error);
}

gm_status gm_batch_create(gm_batch *batch, gm_engine *engine, const gm_dataset *dataset,
                          const gm_scaling *scaling, gm_error *error)
{
    const gm_network *network = gm_engine_network(engine);
    *batch = (gm_batch){.dataset = dataset, .scaling = scaling, .precision = gm_network_precision(network)};
    const gm_status status = check_fit(network, dataset, scaling, error);
    if (status != GM_OK)
        return status;
    const size_t size = gm_precision_size(batch->precision), capacity = gm_engine_batch(engine);
    const size_t x_row = gm_network_inputs(network) * size, y_row = gm_network_outputs(network) * size;
    batch->piece = gm_max(1, PIECE / gm_network_inputs(network));
    batch->x_data = gm_alloc(capacity, x_row);
    batch->y_data = gm_alloc(capacity, y_row);
    if (!batch->x_data || !batch->y_data) {
        gm_batch_clear(batch);
        return gm_fail_memory(error, "a batch", capacity * (x_row + y_row));
    }
    return GM_OK;
}

void gm_batch_clear(gm_batch *batch)
{
    gm_free(batch->x_data);
    gm_free(batch->y_data);
    *batch = (gm_batch){0};
}

static void gather(const gm_batch *b, size_t first, size_t count)
{
    const size_t size = gm_precision_size(b->precision);
    char *const x = (char *)b->x_data + first * b->x.cols * size;
    char *const y = (char *)b->y_data + first * b->y.cols * size;
    gm_gather(b->dataset, b->scaling, b->rows + first, count,
              gm_mutable_real(x, b->precision, count, b->x.cols),
              gm_mutable_real(y, b->precision, count, b->y.cols));
}

static void gather_piece(void *context, size_t i)
{
    const gm_batch *b = context;
    const size_t first = i * b->piece;
    gather(b, first, gm_min(b->piece, b->x.rows - first));
}

/* Makes the batch consist of these rows; they are not gathered yet. */
static void choose(gm_batch *batch, const uint32_t *rows, size_t count)
{
    const gm_dataset *dataset = batch->dataset;
    batch->rows = rows;
    batch->x = gm_array_real(batch->x_data, batch->precision, count, gm_dataset_features(dataset));
    batch->y = gm_array_real(batch->y_data, batch->precision, count, gm_dataset_targets(dataset));
}

gm_side_work gm_batch_gather_later(gm_batch *batch, const uint32_t *rows, size_t count)
{
    choose(batch, rows, count);
    return (gm_side_work){gather_piece, batch, gm_pieces(count, batch->piece)};
}

void gm_batch_gather(gm_batch *batch, const uint32_t *rows, size_t count)
{
    choose(batch, rows, count);
    gather(batch, 0, count);
}

uint32_t *gm_batch_order(const gm_dataset *dataset)
{
    const size_t rows = gm_dataset_rows(dataset);
    uint32_t *order = gm_alloc(rows, sizeof *order);
    for (size_t i = 0; order && i < rows; i++)
        order[i] = (uint32_t)i;
    return order;
}

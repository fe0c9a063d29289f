/* A batch of random rows that a network can learn from. */
#include "cli/random_batch.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"

static void put(gm_precision precision, void *numbers, size_t index, double value)
{
    if (precision == GM_F64)
        ((double *)numbers)[index] = value;
    else
        ((float *)numbers)[index] = (float)value;
}

/* One class of each row, chances, or any numbers. */
static void draw_targets(const gm_network *network, gm_random *random, size_t rows, void *targets)
{
    const gm_precision precision = gm_network_precision(network);
    const gm_loss loss = gm_network_loss(network);
    const size_t cols = gm_network_outputs(network);
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < cols; c++)
            put(precision, targets, r * cols + c,
                loss == GM_CROSS_ENTROPY ? 0
                : loss == GM_LOGISTIC    ? gm_random_uniform(random)
                                         : gm_random_normal(random));
        if (loss == GM_CROSS_ENTROPY)
            put(precision, targets, r * cols + gm_random_below(random, cols), 1);
    }
}

gm_status cli_random_batch_draw(cli_random_batch *batch, const gm_network *network, size_t rows,
                                uint64_t seed, gm_error *error)
{
    const gm_precision precision = gm_network_precision(network);
    const size_t in = gm_network_inputs(network), out = gm_network_outputs(network);
    const size_t size = gm_precision_size(precision);
    gm_random random = gm_random_seed(seed, GM_STREAM_CHECK);
    *batch = (cli_random_batch){.inputs = gm_alloc(rows, in * size), .targets = gm_alloc(rows, out * size)};
    if (!batch->inputs || !batch->targets)
        return gm_fail_memory(error, "a batch", rows * (in + out) * size);
    for (size_t i = 0; i < rows * in; i++)
        put(precision, batch->inputs, i, gm_random_normal(&random));
    draw_targets(network, &random, rows, batch->targets);
    batch->x = gm_array_real(batch->inputs, precision, rows, in);
    batch->y = gm_array_real(batch->targets, precision, rows, out);
    return GM_OK;
}

void cli_random_batch_clear(cli_random_batch *batch)
{
    gm_free(batch->inputs);
    gm_free(batch->targets);
    *batch = (cli_random_batch){0};
}

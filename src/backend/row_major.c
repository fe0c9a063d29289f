/* Weights as they lie in the parameter block of a network: W out x in, row-major, without padding. */
#include "backend/storage.h"
#include "base/memory.h"

static size_t weights(size_t in, size_t out)
{
    return in * out;
}

static size_t part_count(size_t in, size_t out, gm_block block, size_t most_outputs)
{
    (void)in, (void)out;
    return gm_pieces(block.outputs.count, most_outputs);
}

static gm_part part(size_t in, size_t out, gm_block block, size_t most_outputs, size_t index)
{
    (void)out;
    const size_t done = index * most_outputs, first = block.outputs.first + done;
    const size_t count = gm_min(most_outputs, block.outputs.count - done);
    return (gm_part){
        .outputs = {first, count},
        .inputs = {0, in},
        .index = first * in,
        .count = count * in,
        .ld = in,
    };
}

static size_t largest_part(size_t in, size_t out, size_t most_outputs)
{
    return in * gm_min(out, most_outputs);
}

const gm_storage gm_row_major = {
    .lanes = 1,
    .grain = {.outputs = 4, .inputs = 16, .biases = 4},
    .weights = weights,
    .part_count = part_count,
    .part = part,
    .largest_part = largest_part,
};

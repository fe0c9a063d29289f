/* The layout in which backend `packed` keeps the weights of a layer while an engine trains.
 *
 * It is made for kernels that hold a tile of the result in registers. The outputs are partitioned into bands
 * of `band` outputs. Each band is stored as a matrix of its own, in x width, with the inputs along its rows,
 * so that a kernel finds the weights that it needs next directly behind those that it has used:
 *
 *     band 0: in x band | band 1: in x band | ... | last band: in x width
 *
 * The last band is as wide as it must be, rounded up to whole vectors of `lanes`. Lanes without an output are
 * zero and stay zero. Biases are padded in the same way. Independent of precision. */
#ifndef GM_BACKEND_BANDS_H
#define GM_BACKEND_BANDS_H

#include "backend/storage.h"
#include "base/memory.h"

typedef struct gm_bands {
    size_t band;   /* outputs of a band */
    size_t lanes;  /* numbers in a vector */
    size_t inputs; /* of a band that BP4 takes at a time */
} gm_bands;

/* `count` rounded up to whole vectors. */
static inline size_t gm_bands_padded(gm_bands bands, size_t count)
{
    return (count + bands.lanes - 1) / bands.lanes * bands.lanes;
}

/* Outputs of the band that begins with output `first`. */
static inline size_t gm_bands_outputs(gm_bands bands, size_t out, size_t first)
{
    return gm_min(bands.band, out - first);
}

/* Elements between two inputs of that band. */
static inline size_t gm_bands_width(gm_bands bands, size_t out, size_t first)
{
    return gm_bands_padded(bands, gm_bands_outputs(bands, out, first));
}

/* Where the weight of output `first`, which begins a band, and of `input` lies. */
static inline size_t gm_bands_index(gm_bands bands, size_t out, size_t in, size_t first, size_t input)
{
    return first * in + input * gm_bands_width(bands, out, first);
}

/* The part_count and part of a gm_storage: each part is some inputs of one band. Parts with the same inputs
 * follow each other, so that the same columns of A are used with all bands before the next columns are
 * fetched. */
static inline size_t gm_bands_part_count(gm_bands bands, gm_block block)
{
    return gm_pieces(block.outputs.count, bands.band) * gm_pieces(block.inputs.count, bands.inputs);
}

static inline gm_part gm_bands_part(gm_bands bands, size_t in, size_t out, gm_block block, size_t index)
{
    const size_t in_a_row = gm_pieces(block.outputs.count, bands.band);
    const size_t first = block.outputs.first + index % in_a_row * bands.band;
    const size_t done = index / in_a_row * bands.inputs, input = block.inputs.first + done;
    const size_t inputs = gm_min(bands.inputs, block.inputs.count - done);
    const size_t width = gm_bands_width(bands, out, first);
    return (gm_part){
        .outputs = {first, gm_bands_outputs(bands, out, first)},
        .inputs = {input, inputs},
        .index = gm_bands_index(bands, out, in, first, input),
        .count = inputs * width,
        .ld = width,
    };
}

#endif

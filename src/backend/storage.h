/* How a backend keeps the weights of a layer, as src/nn and the memory layout see it: how much memory they
 * take, and into which parts BP4 divides them. Independent of precision; sizes are in numbers.
 *
 * The parameter block of a network is row-major: W of a layer is out x in, and nothing is padded. A backend
 * works on that block itself (gm_row_major), or it has a layout of its own for W. In the latter case the
 * engine holds a copy of the weights in that layout and converts at the beginning and at the end. Two things
 * hold for every layout: W of the outputs from `first` on begins at first x in, if `first` is a multiple of
 * grain.outputs; and lanes that hold no weight are zero. */
#ifndef GM_BACKEND_STORAGE_H
#define GM_BACKEND_STORAGE_H

#include "base/memory.h"
#include "base/team.h"

#include <stdbool.h>
#include <stddef.h>

/* Some of the weights of a layer: some outputs, and some inputs of each of them. */
typedef struct gm_block {
    gm_range outputs, inputs;
} gm_block;

/* Weights that lie together in memory, and that one call of BP4 writes. */
typedef struct gm_part {
    gm_range outputs, inputs;
    size_t index, count; /* the first number, and how many, padding included */
    size_t ld; /* distance between rows of the part; a row is an output if W is row-major, else an input */
} gm_part;

/* `in` and `out` are those of the layer. Both are below 2^31, so that no product of the two overflows. */
typedef struct gm_storage {
    bool own;     /* a layout of the backend's own: the engine holds the weights in it while it trains */
    size_t lanes; /* biases and rows of Z, A and D are padded to whole vectors of so many numbers */
    struct {
        size_t outputs, inputs; /* of a layer go to threads in multiples of these, which are whole vectors */
        size_t biases;          /* the same in BP3, which may be partitioned more finely than W */
    } grain;

    size_t (*weights)(size_t in, size_t out); /* numbers of W, padding included */

    /* The parts of a block, and one of them. All three are NULL if W is row-major (gm_part_at). */
    size_t (*part_count)(gm_block block);
    gm_part (*part)(size_t in, size_t out, gm_block block, size_t index);
    size_t (*largest_part)(size_t in); /* numbers in it, at most */
} gm_storage;

/* `count` numbers of a row, and its padding. */
static inline size_t gm_padded(const gm_storage *storage, size_t count)
{
    return (count + storage->lanes - 1) / storage->lanes * storage->lanes;
}

/* Row-major, as the network's block: a part is some rows of W, with all of their inputs. */
extern const gm_storage gm_row_major;

/* How many parts a block has. A part of a row-major W has at most `most_outputs` outputs, so that it fits
 * into a tile of gradient; in other layouts parts are small in any case. Row-major is not a function of the
 * table, because a step of a small network would notice the call. */
static inline size_t gm_part_count(const gm_storage *storage, gm_block block, size_t most_outputs)
{
    return storage->part ? storage->part_count(block) : gm_pieces(block.outputs.count, most_outputs);
}

/* Part `index` of them, in a layer of `in` inputs and `out` outputs. */
static inline gm_part gm_part_at(const gm_storage *storage, size_t in, size_t out, gm_block block,
                                 size_t most_outputs, size_t index)
{
    if (storage->part)
        return storage->part(in, out, block, index);
    const size_t done = index * most_outputs, first = block.outputs.first + done;
    const size_t count = gm_min(most_outputs, block.outputs.count - done);
    return (gm_part){
        .outputs = {first, count}, .inputs = {0, in}, .index = first * in, .count = count * in, .ld = in};
}

/* Numbers in the largest part, at most. */
static inline size_t gm_largest_part(const gm_storage *storage, size_t in, size_t out, size_t most_outputs)
{
    return storage->part ? storage->largest_part(in) : in * gm_min(out, most_outputs);
}

#endif

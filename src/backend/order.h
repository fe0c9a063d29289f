/* The order in which a backend keeps the weights of a layer.
 *
 * Row-major, W out x in, is the order of the parameter block and of BLAS. A packed order is made for kernels
 * that hold a tile of the result in registers: the outputs are cut into bands of `band`, and each band is
 * stored as its own matrix in x width, inputs along its rows, so that all that a kernel needs next is the
 * next thing in memory:
 *
 *     band 0: in x band | band 1: in x band | ... | last band: in x width
 *
 * The last band is as wide as it must be, rounded up to whole vectors of `lanes`; the lanes without an output
 * are zero and stay so. Biases are padded in the same way. Independent of precision but for gm_pack. */
#ifndef GM_BACKEND_ORDER_H
#define GM_BACKEND_ORDER_H

#include "base/memory.h"

typedef struct gm_order {
    size_t band;   /* outputs; 0: row-major */
    size_t lanes;  /* numbers in a vector */
    size_t inputs; /* of a band, that BP4 takes at once */
    size_t slab;   /* outputs, whole bands, that BP2 and BP4 share while they are in cache */
    size_t few;    /* rows of a batch that is for so few numbers: its time is that of fetching W */
} gm_order;

/* `count` rounded up to whole vectors. */
static inline size_t gm_order_padded(gm_order order, size_t count)
{
    return order.band ? (count + order.lanes - 1) / order.lanes * order.lanes : count;
}

/* Outputs of the band that begins with output `first`. */
static inline size_t gm_order_outputs(gm_order order, size_t out, size_t first)
{
    return gm_min(order.band, out - first);
}

/* Elements between two inputs of that band. */
static inline size_t gm_order_width(gm_order order, size_t out, size_t first)
{
    return gm_order_padded(order, gm_order_outputs(order, out, first));
}

/* Where weight (output `first`, input `input`) of a layer lies; in a packed order `first` begins a band. */
static inline size_t gm_order_index(gm_order order, size_t out, size_t in, size_t first, size_t input)
{
    return first * in + input * (order.band ? gm_order_width(order, out, first) : 1);
}

/* Weights of a layer that lie together: some inputs of one band. */
typedef struct gm_part {
    size_t output, outputs; /* the first, and how many */
    size_t input, inputs;
    size_t index, count; /* elements, padding included */
    size_t ld;           /* between inputs */
} gm_part;

/* At most order.inputs inputs, from `input` to below `end`, of the band that begins with output `first`. */
static inline gm_part gm_order_part(gm_order order, size_t out, size_t in, size_t first, size_t input,
                                    size_t end)
{
    const size_t width = gm_order_width(order, out, first), inputs = gm_min(order.inputs, end - input);
    return (gm_part){first,  gm_order_outputs(order, out, first),          input,
                     inputs, gm_order_index(order, out, in, first, input), inputs * width,
                     width};
}

#endif

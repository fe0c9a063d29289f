/* The map of an engine's memory, drawn before anything is allocated.
 *
 * workspace:  x | y | ones | layer 1: z? a d dropped? | layer 2: ... | tile of each thread |
 *             scratch of each thread | another x | another y | weights of the rows in either buffer
 *             (from "another x" on not for inference: gathered beside a step)
 *
 * own:        W1 b1 W2 b2 ... in the backend's own layout, if it has one
 *
 * state:      copies of the parameters, one after the other, in the same order, with gaps: what the
 *             optimizer keeps, then averaged weights and a gradient, if there are to be such
 *
 * Offsets are in elements of the precision. Every matrix begins on a cache line. */
#ifndef GM_NN_LAYOUT_H
#define GM_NN_LAYOUT_H

#include "backend/storage.h"

#include <gradmill/engine.h>

/* What a layout depends on. */
typedef struct gm_layout_needs {
    const gm_layer *layers; /* of the network, layer_count of them */
    size_t layer_count;
    gm_precision precision;
    const gm_engine_options *options;
    size_t threads;
    const gm_storage *storage; /* of the backend */
    size_t (*scratch_size)(const char *backend, size_t in, size_t out);
} gm_layout_needs;

/* Where one layer's n x out matrices lie. Without keep_z (and unless f' needs it) Z shares A's place. */
typedef struct gm_layer_layout {
    size_t z, a, d;
    size_t dropped; /* A after dropout, if the layer has dropout */
    size_t ld;
    size_t weights, biases; /* positions in the parameters, in the layout of the backend */
} gm_layer_layout;

typedef struct gm_layout {
    size_t batch;
    size_t x[2], x_ld, y[2], y_ld; /* two of each; for inference only the first */
    size_t w[2];                   /* not for inference */
    size_t ones;
    size_t tile, tile_size;       /* position of the first tile, and elements of one tile */
    size_t scratch, scratch_size; /* of the backend: position of the first, and elements of one */
    size_t workspace;             /* elements in all */
    size_t parameters;            /* elements of all parameters in the layout of the backend */
    size_t own;        /* the same number, for a copy in that layout; 0: the network's block is used */
    bool shares;       /* engines for inference share that copy */
    bool stores;       /* a gradient is stored, in a copy of its own */
    bool norm_of_rows; /* its norm is computed from the rows of D and A (norm_tmpl.c), without storing it */
    size_t state;      /* elements in all */
    size_t first_copy, next_copy; /* position of the first copy; distance to the second; 0: there is none */
    size_t copy;                  /* distance from each block of state to the next one */
    size_t average, gradient;     /* positions of the averaged weights and of the stored gradient, if any */
} gm_layout;

/* Whether gradients have bounds. */
bool gm_clips(const gm_engine_options *options);

/* The probability of dropout in layer l of so many; 0 for inference and for the output layer. */
double gm_dropout_of(const gm_engine_options *options, size_t l, size_t layer_count);

/* Whether an engine with these options averages weights. */
bool gm_averages(const gm_engine_options *options);

/* Whether f' is computed from Z. For the others it is a function of A, and Z need not be kept apart. */
bool gm_activation_needs_z(gm_activation activation);

/* The number of threads of an engine with these options. If options->threads is 0, it is the number of
 * processors that may be used. With a trace it is 1. */
size_t gm_planned_threads(const gm_engine_options *options);

/* Rows of W that one gradient tile holds: enough for the product to be efficient, few enough to stay in cache
 * until the optimizer has read them. */
size_t gm_tile_rows(const gm_layer *layer, gm_precision precision);

/* Elements from one row to the next. Wide rows begin on a cache line, and rows that would all begin at the
 * same place of a page (4 KiB) are moved apart, because they would share a handful of cache sets. Narrow rows
 * are left dense, so that small worked examples show the leading dimensions of the textbook, unless the
 * backend pads rows. */
size_t gm_layout_row(size_t cols, gm_precision precision, const gm_storage *storage);

/* The sizes of the layout in bytes. */
gm_memory gm_layout_memory(const gm_layout *layout, size_t parameter_count, gm_precision precision);

/* Fills in the layout, and what belongs to each layer: layouts[0 .. layer_count), or NULL if that is not
 * wanted. GM_LIMIT on overflow. */
gm_status gm_layout_make(gm_layout *layout, gm_layer_layout *layouts, const gm_layout_needs *needs,
                         gm_error *error);

#endif

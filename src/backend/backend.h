/* A backend: the four equations of backpropagation for one layer, as a table of functions.
 *
 * Everything that differs between plain loops, BLAS calls and packed weights stands behind this table. It
 * speaks of layers and deltas, not of matrix products. Shapes: a layer maps n x in to n x out, W is out x in.
 *
 * The work on a layer may be partitioned, and each function then gets a part of the matrices: forward some
 * rows of the batch and some outputs (gm_view_outputs); hidden_delta some rows and some inputs, and with such
 * a view it sums over some outputs only; bias_gradient some outputs; weight_gradient one part of W
 * (storage.h). Where the parts may begin and how large they should be, a backend says in the fields of its
 * table. src/nn knows nothing else about it. No function reads a target whose beta is 0.
 *
 * A backend may keep the weights in a layout of its own (storage.h). If it pads rows to whole vectors, its
 * functions may read and write every row of Z, A and D up to the end of the last vector, where D is 0.
 *
 * Every backend exists for both precisions. For *_tmpl.c only. */
#ifndef GM_BACKEND_BACKEND_H
#define GM_BACKEND_BACKEND_H

#include "backend/storage.h"
#include "base/real.h"

#include <gradmill/engine.h>
#include <stdbool.h>

/* Each of these exists once for each precision. */
#define gm_backend_at        GM_TYPED(gm_backend_at)
#define gm_backend_find      GM_TYPED(gm_backend_find)
#define gm_backend_naive     GM_TYPED(gm_backend_naive)
#define gm_backend_naive_ikj GM_TYPED(gm_backend_naive_ikj)
#define gm_backend_blas      GM_TYPED(gm_backend_blas)

/* What a backend may read of a layer. */
typedef struct gm_layer_view {
    gm_mat w;         /* out x in; in a layout of the backend's own only rows, cols and data have a meaning */
    const REAL *b;    /* out; padded to whole vectors */
    const REAL *ones; /* at least as many ones as the batch has rows, for BP3 */
    size_t batch; /* rows of the whole batch, of which forward and BP2 may get some; not set for the others */
    gm_trace *trace; /* NULL, or where to record BLAS calls */
    size_t index;    /* of the layer, for the trace */
} gm_layer_view;

/* The layer as if it had only `count` outputs from `first` on, a multiple of storage->grain.outputs. */
static inline gm_layer_view gm_view_outputs(const gm_layer_view *layer, size_t first, size_t count)
{
    gm_layer_view part = *layer;
    part.w.data += first * part.w.cols;
    part.w.rows = count;
    part.b += first;
    return part;
}

/* The step of weights W with momentum, where V is their velocity: V += l2 W, W = keep W - rate V. */
typedef struct gm_descent {
    REAL *w; /* in the layout of V */
    REAL l2, keep, rate;
} gm_descent;

typedef struct gm_backend {
    const char *name;
    const char *summary; /* one line for humans */
    const char *kernels; /* instruction set; NULL: the backend does not choose one */

    bool calls_blas;     /* the BLAS library runs single-threaded while an engine has this backend */
    bool fast;           /* engines with backend `auto` consider it */
    bool same_bits;      /* results have the same bits, however the work on a layer is partitioned */
    bool parts_by_input; /* BP4 may be partitioned by inputs, and not only by outputs */
    bool wants_spare;    /* forward uses the memory `spare`, see below */
    /* With mini-batches of at most `rows` rows, a step takes as long as reading W from memory. For these,
     * BP2, BP4 and the update go through W together, in blocks of `outputs` x `inputs` weights that stay in
     * cache. BP2 for fewer than `inputs` inputs takes as long as for all of them. rows = 0: the backend does
     * not do this. */
    struct {
        size_t rows, outputs, inputs;
    } sweep;

    const gm_storage *storage;
    /* If storage->own: pack converts W (out x in, row-major) to the backend's layout and does not write the
     * padding; unpack converts it back. */
    void (*pack)(gm_mat w, REAL *packed);
    void (*unpack)(const REAL *packed, gm_mat w);
    /* unpack_part copies one part of W, given by its first number and its ld, to the row-major w, which has
     * the part's outputs and inputs. pack_part copies it back, with zeros in the padding of the part. */
    void (*unpack_part)(const REAL *part, size_t ld, gm_mat w);
    void (*pack_part)(gm_mat w, REAL *part, size_t ld);

    /* Numbers of scratch memory for each thread that BP2 and BP4 need for a layer; NULL: none. */
    size_t (*scratch_size)(size_t in, size_t out);

    /* Z = A_prev W^T + 1 b^T                   n x out = (n x in)(out x in)^T
     * `spare` has room for as many numbers as Z and may be written over; or it is NULL. */
    void (*forward)(const gm_layer_view *layer, gm_mat a_prev, gm_mat z, REAL *spare);

    /* BP2 without its factor: D_prev = D W + beta D_prev     n x in = (n x out)(out x in)
     * for the d_prev.cols inputs from `first` on. The caller multiplies by f'(Z_prev) elementwise. */
    void (*hidden_delta)(const gm_layer_view *layer, gm_mat d, size_t first, REAL beta, gm_mat d_prev,
                         REAL *scratch);

    /* BP3: gb = alpha D^T 1 + beta gb          out */
    void (*bias_gradient)(const gm_layer_view *layer, gm_mat d, REAL alpha, REAL beta, REAL *gb);

    /* BP4: GW = alpha D^T A_prev + beta GW     out x in = (n x out)^T (n x in)
     * For one part of W: d has its outputs, a_prev its inputs, gw.ld is its ld. */
    void (*weight_gradient)(const gm_layer_view *layer, gm_mat d, gm_mat a_prev, REAL alpha, REAL beta,
                            gm_mat gw, REAL *scratch);

    /* BP4 with momentum, V = D^T A_prev + momentum V, and the weights' step while V is in registers. NULL:
     * the engine does it after weight_gradient. */
    void (*momentum_step)(const gm_layer_view *layer, gm_mat d, gm_mat a_prev, REAL momentum, gm_mat v,
                          const gm_descent *step, REAL *scratch);
} gm_backend;

/* Index 0, 1, ... gives each backend in the order of gm_backend_name; NULL past the last. */
const gm_backend *gm_backend_at(size_t index);
const gm_backend *gm_backend_find(const char *name); /* NULL if unknown */

extern const gm_backend gm_backend_naive;
extern const gm_backend gm_backend_naive_ikj;
extern const gm_backend gm_backend_blas;

#endif

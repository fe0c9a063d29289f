/* Online training of small networks: a whole training step of one sample, or of a few, by one function.
 *
 * The general pass (nn/pass_tmpl.c) takes a step layer by layer, with a call through a table for each
 * equation. For a network of some hundred weights that takes longer than the arithmetic. Here one function
 * computes all layers, without such calls. This is a second implementation of the step of plain SGD, and all
 * of it is in src/online. Activations and losses are those of the general pass (src/function). It works on
 * the weights in the layout of backend `packed`, where each layer must fit into one band (backend/bands.h),
 * and stores Z, A and D where the general pass stores them. The order of its sums differs from that of the
 * general pass, and with it the last bits: whether it is used depends on the network, the batch and the
 * options only, and not on the number of threads or on anything that is measured. For *_tmpl.c only. */
#ifndef GM_ONLINE_ONLINE_H
#define GM_ONLINE_ONLINE_H

#include "backend/backend.h"

#include <gradmill/network.h>

/* Each of these exists once for each precision. */
#define gm_online_create GM_TYPED(gm_online_create)

/* One layer. The engine owns all its memory. */
typedef struct gm_online_view {
    REAL *w, *b;    /* in the layout of the backend */
    gm_mat z, a, d; /* batch x outputs; z.data == a.data unless Z is kept apart */
    size_t inputs, outputs;
    gm_activation activation;
} gm_online_view;

/* The network and the options that a step is made for. The optimizer must exist as long as the step; all else
 * is only read by gm_online_create. */
typedef struct gm_online_problem {
    const gm_backend *backend;
    const gm_optimizer *optimizer; /* its rate may change between steps */
    gm_loss loss;
    bool loss_from_z; /* the loss is computed from Z (nn/loss.h) */
    size_t batch;     /* rows that Z, A and D have room for */
    size_t parameter_count;
    size_t layer_count;
    const gm_online_view *layers;
} gm_online_problem;

typedef struct gm_online gm_online;
struct gm_online {
    /* A step of one sample: REAL x and y. *loss, which may be NULL, is its loss before the update. The first
     * argument is the gm_online itself. */
    void (*step)(void *online, const void *x, const void *y, double *loss);
    /* The same for a batch of 1 to most_rows rows; *loss is their mean. */
    void (*step_rows)(gm_online *online, gm_mat x, gm_mat y, double *loss);
    size_t most_rows;
};

/* NULL if this network cannot be trained in this way, or there is no memory. Free it with gm_free. */
gm_online *gm_online_create(const gm_online_problem *problem);

/* Whether a step with this number of rows is done here. `online` may be NULL. */
static inline bool gm_online_takes(const gm_online *online, size_t rows)
{
    return online && rows <= online->most_rows;
}

#endif

/* What one step of an epoch tells about each layer: gm_layer_figures in train.h. */
#ifndef GM_TRAIN_FIGURES_H
#define GM_TRAIN_FIGURES_H

#include <gradmill/train.h>

typedef struct gm_figures {
    gm_layer_figures *layers; /* of the last step that was looked at; NULL: no step is */
    size_t layer_count;
    double gradient_norm;
    size_t step;            /* of an epoch, from 1: the one that is looked at */
    void *memory;           /* of block */
    gm_mutable_array block; /* the gradient of that step, and then the parameters before it */
} gm_figures;

/* Takes memory for a block of parameters, if a step of each epoch is to be looked at: the one of this number,
 * from 1; 0: none. GM_LIMIT. To be cleared even after a failure. Nothing here outlives an epoch, so that a
 * checkpoint need not keep it. */
gm_status gm_figures_create(gm_figures *figures, const gm_engine *engine, size_t step, gm_error *error);
void gm_figures_clear(gm_figures *figures);

/* At the beginning of an epoch: no figures yet. */
void gm_figures_begin(gm_figures *figures);

/* Whether this step of an epoch, from 1, is looked at. */
static inline bool gm_figures_due(const gm_figures *figures, size_t step)
{
    return figures->layers && step == figures->step;
}

/* Before that step, with its batch and the weights of its rows, if they have some: the gradient and the
 * activations. The engine holds no gradient. */
gm_status gm_figures_before(gm_figures *figures, gm_engine *engine, const gm_batch_buffer *batch,
                            gm_array weights, gm_error *error);
/* The same for a step of several batches, once the engine holds the gradient of all of them. The activations
 * are those of the last batch. */
gm_status gm_figures_of_held(gm_figures *figures, const gm_engine *engine, gm_error *error);
/* After it: how far the weights have moved. */
void gm_figures_after(gm_figures *figures, const gm_engine *engine);

#endif

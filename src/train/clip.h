/* A training step whose gradient is clipped before it is applied. */
#ifndef GM_TRAIN_CLIP_H
#define GM_TRAIN_CLIP_H

#include <gradmill/engine.h>

typedef struct gm_clip {
    double norm, value; /* the bounds; 0: none */
    gm_mutable_array gradient;
    void *memory;
} gm_clip;

/* Takes memory for a gradient, if there is a bound. GM_USAGE: a bound that is negative or no number.
 * GM_LIMIT. To be cleared even after a failure. */
gm_status gm_clip_create(gm_clip *clip, const gm_network *network, double norm, double value,
                         gm_error *error);
void gm_clip_clear(gm_clip *clip);

/* Whether there is a bound. */
static inline bool gm_clips(const gm_clip *clip)
{
    return clip->norm > 0 || clip->value > 0;
}

/* In place of gm_engine_step, where there is a bound: the gradient of the mean loss, clipped, applied. With
 * both bounds each number is clipped first, and then the norm. */
gm_status gm_clip_step(const gm_clip *clip, gm_engine *engine, gm_array x, gm_array y, double *loss,
                       gm_error *error);

#endif

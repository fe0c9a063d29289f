/* A whole step of one sample by one function: for the online training of small networks, where the general
 * pass (pass_tmpl.c) is mostly calls. For *_tmpl.c only. */
#ifndef GM_NN_FUSED_H
#define GM_NN_FUSED_H

#include "nn/pass.h"

/* Where the numbers of a layer lie, in the parameters and in row 0 of the workspace; each row is padded. */
typedef struct gm_fused_layer {
    REAL *w, *b;     /* W as its one band: inputs x outputs */
    REAL *z, *a, *d; /* z == a unless Z is kept apart */
    size_t inputs, outputs;
    gm_activation f;
    const struct gm_fused_functions *functions; /* those for its width (fused_tmpl.c) */
} gm_fused_layer;

struct gm_fused;

/* The step of plain SGD for one sample, with a gm_fused and REAL x and y; *loss, which may be NULL, is
 * computed before the update. */
typedef void (*gm_fused_step)(void *fused, const void *x, const void *y, double *loss);

struct gm_fused {
    gm_fused_step step;
    const gm_optimizer *optimizer; /* the engine's */
    gm_loss loss;
    bool from_z; /* the loss is computed from Z (loss.h) */
    bool scales; /* the loss is a mean over the outputs: */
    REAL scale;  /* 1 / outputs, or 1 */
    bool small;  /* so few weights that a change of the CPU's mode would be felt */

    const REAL *x, *y; /* of the step at work, as are those that follow */
    double *value;     /* where the loss is wanted, or NULL */
    double known_rate; /* the optimizer's, of which these are made: */
    REAL rate, keep;   /* W = keep W - rate G */
    bool shrinks;      /* keep is not 1 */
    bool flushes;      /* denormals */

    const gm_fused_layer *last;
    size_t layer_count;
    gm_fused_layer layers[];
};

/* What a pass needs to take steps in this way; NULL: it does not apply, or there is no memory. Free with
 * gm_free. */
struct gm_fused *T(gm_fused_create)(const gm_pass *p, const gm_engine_options *options);

/* Puts its step and what layers need for it into f. One for each instruction set that backend `packed` is
 * compiled for. */
typedef void (*gm_fused_taker)(struct gm_fused *f);
#if defined(__x86_64__)
void T(gm_fused_avx512)(struct gm_fused *f);
void T(gm_fused_avx2)(struct gm_fused *f);
#endif
void T(gm_fused_base)(struct gm_fused *f);

#endif

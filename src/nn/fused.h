/* A whole step of one sample, or of a few, by one function: for small networks and their online training,
 * where the general pass (pass_tmpl.c) is mostly calls. For *_tmpl.c only. */
#ifndef GM_NN_FUSED_H
#define GM_NN_FUSED_H

#include "nn/pass.h"

/* Each of these exists once for each precision. */
#define gm_fused_create GM_TYPED(gm_fused_create)
#define gm_fused_avx512 GM_TYPED(gm_fused_avx512)
#define gm_fused_avx2   GM_TYPED(gm_fused_avx2)
#define gm_fused_base   GM_TYPED(gm_fused_base)

/* Where the numbers of a layer lie, in the parameters and in one row of the workspace; each row is padded. */
typedef struct gm_fused_layer {
    REAL *w, *b;     /* W as its one band: inputs x outputs */
    REAL *z, *a, *d; /* z == a unless Z is kept apart */
    size_t inputs, outputs;
    gm_activation f;
    const struct gm_fused_functions *functions; /* for its width and activation (fused_tmpl.c) */
} gm_fused_layer;

struct gm_fused;

/* The step of plain SGD for one sample, with a gm_fused and REAL x and y; *loss, which may be NULL, is
 * computed before the update. */
typedef void (*gm_fused_step)(void *fused, const void *x, const void *y, double *loss);

/* The same for a batch of at most most_rows rows; *loss is their mean. */
typedef void (*gm_fused_batch)(struct gm_fused *f, gm_mat x, gm_mat y, double *loss);

/* A sample forward and back, up to BP2 if it is one of several, else with the update. */
typedef void gm_fused_through(const struct gm_fused *f);

/* A sample on its way. A batch of several has one for each, behind each other in memory; the first stands for
 * the batch, too. */
struct gm_fused {
    gm_fused_step step;
    gm_fused_batch step_rows;
    gm_fused_through *through;
    const gm_optimizer *optimizer; /* the engine's */
    gm_loss loss;
    bool from_z;      /* the loss is computed from Z (loss.h) */
    REAL mean;        /* 1 / outputs if the loss is a mean over them, else 1 */
    bool small;       /* so few weights that a change of the CPU's mode would be felt */
    size_t most_rows; /* of a batch */
    size_t size;      /* bytes from one sample to the next */

    const REAL *x, *y;  /* of the step at work, as are those that follow */
    double *value;      /* where the loss is wanted, or NULL */
    bool several;       /* of a batch: the weights stay until all samples have gone back */
    REAL scale;         /* of the deltas: mean / rows */
    double known_rate;  /* the optimizer's, of which these are made: */
    REAL rate, keep;    /* W = keep W - rate G */
    bool shrinks;       /* keep is not 1 */
    bool flushes;       /* denormals */
    bool met;           /* a step that did not flush them has met one: the later ones flush */
    unsigned unwatched; /* steps until the next one that looks for denormals, while none flushes them */

    size_t layer_count;
    gm_fused_layer layers[];
};

/* Sample r of a batch. */
static inline struct gm_fused *gm_fused_row(struct gm_fused *f, size_t r)
{
    return (struct gm_fused *)((char *)f + r * f->size);
}

/* Whether one thread takes a step of so many rows in this way. It depends on nothing that is measured, nor on
 * the number of threads: the order of sums, and with it the last bits, differs from the general way's. */
static inline bool gm_fused_applies(const gm_pass *p, size_t rows)
{
    return p->fused && rows <= p->fused->most_rows;
}

/* What a pass needs to take steps in this way; NULL: it does not apply, or there is no memory. Free with
 * gm_free. */
struct gm_fused *gm_fused_create(const gm_pass *p, const gm_engine_options *options);

/* Puts its step and what layers need for it into f. One for each instruction set that backend `packed` is
 * compiled for. */
typedef void (*gm_fused_taker)(struct gm_fused *f);
#ifdef GM_X86_ISAS
void gm_fused_avx512(struct gm_fused *f);
void gm_fused_avx2(struct gm_fused *f);
#endif
void gm_fused_base(struct gm_fused *f);

#endif

/* A sample on its way through the network: what the files of this room share. For *_tmpl.c only. */
#ifndef GM_ONLINE_SAMPLE_H
#define GM_ONLINE_SAMPLE_H

#include "online/online.h"

/* Each of these exists once for each precision. */
#define gm_online_avx512 GM_TYPED(gm_online_avx512)
#define gm_online_avx2   GM_TYPED(gm_online_avx2)
#define gm_online_base   GM_TYPED(gm_online_base)

/* Where the numbers of a layer lie, in the parameters and in one row of the workspace; each row is padded. */
typedef struct gm_online_layer {
    REAL *w, *b;     /* W as its one band: inputs x outputs */
    REAL *z, *a, *d; /* z == a unless Z is kept apart */
    size_t inputs, outputs;
    gm_activation f;
    const struct gm_online_functions *functions; /* for its width and activation (step_tmpl.c) */
} gm_online_layer;

struct gm_online_sample;

/* A sample forward and back, up to BP2 if it is one of several, else with the update. */
typedef void gm_online_through(const struct gm_online_sample *f);

/* A sample on its way. A batch of several has one for each, behind each other in memory; the first stands for
 * the batch, too. */
struct gm_online_sample {
    gm_online face; /* comes first: a pointer to the one is a pointer to the other */
    gm_online_through *through;
    const gm_optimizer *optimizer; /* the engine's */
    gm_loss loss;
    bool from_z; /* the loss is computed from Z (loss.h) */
    REAL mean;   /* 1 / outputs if the loss is a mean over them, else 1 */
    bool small;  /* so few weights that a change of the CPU's mode would be felt */
    size_t size; /* bytes from one sample to the next */

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
    gm_online_layer layers[];
};

/* Sample r of a batch. */
static inline struct gm_online_sample *gm_online_row(struct gm_online_sample *f, size_t r)
{
    return (struct gm_online_sample *)((char *)f + r * f->size);
}

/* Puts its step and what layers need for it into f. One for each instruction set that backend `packed` is
 * compiled for. */
typedef void (*gm_online_taker)(struct gm_online_sample *f);
#ifdef GM_X86_ISAS
void gm_online_avx512(struct gm_online_sample *f);
void gm_online_avx2(struct gm_online_sample *f);
#endif
void gm_online_base(struct gm_online_sample *f);

#endif

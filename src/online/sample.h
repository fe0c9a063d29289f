/* The data of one sample during a step, which the files of src/online share. For *_tmpl.c only. */
#ifndef GM_ONLINE_SAMPLE_H
#define GM_ONLINE_SAMPLE_H

#include "online/online.h"

/* Each of these exists once for each precision. */
#define gm_online_avx512 GM_TYPED(gm_online_avx512)
#define gm_online_avx2   GM_TYPED(gm_online_avx2)
#define gm_online_base   GM_TYPED(gm_online_base)

/* The memory of one layer: its parameters, and its row of Z, A and D for this sample. Rows are padded. */
typedef struct gm_online_layer {
    REAL *w, *b;     /* W as its one band: inputs x outputs */
    REAL *z, *a, *d; /* z == a unless Z is kept apart */
    size_t inputs, outputs;
    gm_activation f;
    const struct gm_online_functions
        *functions; /* the functions for its width and activation (step_tmpl.c) */
} gm_online_layer;

struct gm_online_sample;

/* Computes forward and backward of a sample. A single sample also updates the weights; a sample of a batch
 * stops after BP2. */
typedef void gm_online_through(const struct gm_online_sample *f);

/* The data of a sample. A batch has an array of these, whose first element also has the data of the batch. */
struct gm_online_sample {
    gm_online face; /* must be first: a pointer to it is also a pointer to this struct */
    gm_online_through *through;
    const gm_optimizer *optimizer; /* the engine's */
    gm_loss loss;
    bool from_z; /* the loss is computed from Z (loss.h) */
    REAL mean;   /* 1 / outputs if the loss is a mean over them, else 1 */
    bool small;  /* so few weights that changing the CPU's mode would take much of the time */
    size_t size; /* bytes from one sample to the next */

    const REAL *x, *y;  /* these and the following fields belong to the present step */
    double *value;      /* receives the loss; NULL if it is not wanted */
    bool several;       /* the sample belongs to a batch: weights change only after BP2 of all samples */
    REAL scale;         /* of the deltas: mean / rows */
    double known_rate;  /* rate of the optimizer from which the next fields were computed */
    REAL rate, keep;    /* W = keep W - rate G */
    bool shrinks;       /* keep is not 1 */
    bool flushes;       /* denormals */
    bool met;           /* a step without flushing has met a denormal; all later steps flush */
    unsigned unwatched; /* if steps do not flush: number of steps until the next check for denormals */

    size_t layer_count;
    gm_online_layer layers[];
};

/* Sample r of a batch. */
static inline struct gm_online_sample *gm_online_row(struct gm_online_sample *f, size_t r)
{
    return (struct gm_online_sample *)((char *)f + r * f->size);
}

/* Sets the functions of the step and of the layers in f. There is one for each instruction set of backend
 * `packed`. */
typedef void (*gm_online_taker)(struct gm_online_sample *f);
#ifdef GM_X86_ISAS
void gm_online_avx512(struct gm_online_sample *f);
void gm_online_avx2(struct gm_online_sample *f);
#endif
void gm_online_base(struct gm_online_sample *f);

#endif

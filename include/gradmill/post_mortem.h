/* A post-mortem of a training run that diverged: what the first quantity was that is not finite, in which
 * step and layer, what each layer looked like in that step, and what the likely cause is.
 *
 * gm_train makes one if options.post_mortem is set: it keeps a copy of the weights, and of what the optimizer
 * keeps, from the beginning of each epoch. When training has diverged, it takes the steps of that epoch once
 * more, to the bit, and looks at the last ones. Nothing else is done in any other step. */
#ifndef GRADMILL_POST_MORTEM_H
#define GRADMILL_POST_MORTEM_H

#include <gradmill/status.h>
#include <stdbool.h>
#include <stddef.h>

GM_BEGIN_DECLS

/* What a step computes, in this order; layer by layer, up to the loss from the first layer to the last one,
 * and then back. */
typedef enum gm_quantity {
    GM_QUANTITY_NONE,
    GM_QUANTITY_INPUT,    /* x: an input, scaled                */
    GM_QUANTITY_TARGET,   /* y: a target, scaled                */
    GM_QUANTITY_WEIGHT,   /* W, b: of the update before         */
    GM_QUANTITY_Z,        /* Z = A_prev W^T + 1 b^T             */
    GM_QUANTITY_A,        /* A = f(Z)                           */
    GM_QUANTITY_LOSS,     /* the loss of the batch              */
    GM_QUANTITY_DELTA,    /* D: BP1 at the output, BP2 elsewhere */
    GM_QUANTITY_GRADIENT, /* BP3 and BP4                        */
} gm_quantity;
#define GM_QUANTITY_COUNT 9

/* "none", "x", "y", "W", "z", "a", "loss", "delta", "gradient". */
GM_API const char *gm_quantity_name(gm_quantity quantity);

/* Why it probably happened. */
typedef enum gm_cause {
    GM_CAUSE_UNKNOWN,
    GM_CAUSE_WEIGHTS,      /* the network began with weights that are not finite */
    GM_CAUSE_INPUT,        /* an input is not finite */
    GM_CAUSE_TARGET,       /* a target is not finite */
    GM_CAUSE_DOMAIN,       /* a target is outside the domain of the loss (gm_loss_domain_of) */
    GM_CAUSE_RATE,         /* the learning rate is too large */
    GM_CAUSE_INPUT_SCALE,  /* an input is so large that its weights take steps that are too long */
    GM_CAUSE_TARGET_SCALE, /* a target is so large that the first errors are */
    GM_CAUSE_PENALTY,      /* rate * (l2 + decay) is above 1: a step takes more off a weight than there is */
    GM_CAUSE_EPSILON,      /* an optimizer that divides by it has epsilon 0 */
} gm_cause;
#define GM_CAUSE_COUNT 10

/* "unknown", "weights", "input", "target", "domain", "rate", "input-scale", "target-scale". */
GM_API const char *gm_cause_name(gm_cause cause);

/* The numbers of a matrix. */
typedef struct gm_value_range {
    double low, high;  /* of those that are finite; NaN if none is */
    size_t count;      /* of all of them */
    size_t not_finite; /* how many are NaN or infinite */
} gm_value_range;

typedef struct gm_layer_ranges {
    gm_value_range weights;  /* W and b, before the step */
    gm_value_range z, a;     /* rows of the batch x outputs */
    gm_value_range delta;    /* the same, of the mean loss */
    gm_value_range gradient; /* of W and b */
    size_t dead; /* units whose activation is 0 in all rows: no gradient flows through them (ReLU) */
} gm_layer_ranges;

typedef struct gm_post_mortem {
    bool found;         /* the failure happened again, and what follows is filled in */
    size_t epoch, step; /* of the first quantity that is not finite, from 1; step is within the epoch */
    gm_quantity first;
    size_t layer;                   /* of it, from 0 */
    double loss, rate;              /* of that step */
    gm_value_range inputs, targets; /* of its batch, as the network gets them */
    size_t layer_count;
    gm_layer_ranges *layers; /* in that step; owned: gm_post_mortem_clear */
    gm_cause cause;
    size_t column;  /* of GM_CAUSE_INPUT and GM_CAUSE_INPUT_SCALE: the feature, from 0; else of the target */
    double extreme; /* the largest number of that column in the batch, by its absolute value */
    double reserved[8]; /* 0 */
} gm_post_mortem;

/* Frees the layers and zeroes it; a zeroed one is fine. */
GM_API void gm_post_mortem_clear(gm_post_mortem *post_mortem);

GM_END_DECLS

#endif

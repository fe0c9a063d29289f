/* Properties of each activation and loss, as tables made of the lists activations.def and losses.def. The
 * names are in nn/names.c. */
#ifndef GM_FUNCTION_FACTS_H
#define GM_FUNCTION_FACTS_H

#include <gradmill/network.h>
#include <stdbool.h>

/* What the derivative of an activation, or the value of a loss, is computed from. */
typedef enum gm_source { FROM_A, FROM_Z } gm_source;

typedef struct gm_activation_facts {
    gm_source derivative;
    gm_init initial;  /* the weights that GM_INIT_AUTO stands for */
    bool output_only; /* it needs whole rows, and can be the activation of the last layer only */
} gm_activation_facts;

/* Static storage, indexed by gm_activation. */
extern const gm_activation_facts gm_facts_of_activations[GM_ACTIVATION_COUNT];

/* Whether the loss of a sample is the sum or the mean over its outputs. */
typedef enum gm_over { SUM, MEAN } gm_over;

/* The targets that a loss can learn: any numbers, probabilities from 0 to 1, or distributions over classes.
 */
typedef enum gm_target_kind { NUMBERS, CHANCES, CLASSES } gm_target_kind;

typedef struct gm_loss_facts {
    gm_source source;
    gm_over over;
    gm_activation output; /* the activation that the loss needs at the output; GM_IDENTITY: any */
    gm_target_kind targets;
} gm_loss_facts;

/* Static storage, indexed by gm_loss. */
extern const gm_loss_facts gm_facts_of_losses[GM_LOSS_COUNT];

#endif

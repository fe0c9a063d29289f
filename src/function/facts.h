/* Properties of each activation, loss and optimizer, as tables made of the lists activations.def, losses.def,
 * optimizers.def and optimizer_settings.def. The names are in nn/names.c. */
#ifndef GM_FUNCTION_FACTS_H
#define GM_FUNCTION_FACTS_H

#include <gradmill/engine.h>
#include <gradmill/network.h>
#include <stdbool.h>
#include <stddef.h>

/* What the derivative of an activation, or the value of a loss, is computed from. */
typedef enum gm_source { FROM_A, FROM_Z } gm_source;

/* The layers that an activation is for. */
typedef enum gm_place { ANY_LAYER, OUTPUT_LAYER } gm_place;

typedef struct gm_activation_facts {
    gm_source derivative;
    gm_init initial;  /* the weights that GM_INIT_AUTO stands for */
    bool output_only; /* it can be the activation of the last layer only */
} gm_activation_facts;

/* Static storage, indexed by gm_activation. */
extern const gm_activation_facts gm_facts_of_activations[GM_ACTIVATION_COUNT];

/* Whether the loss of a sample is the sum or the mean over its outputs. */
typedef enum gm_over { SUM, MEAN } gm_over;

/* The targets that a loss can learn: any numbers, numbers of at least 0, probabilities from 0 to 1, or
 * distributions over classes. */
typedef enum gm_target_kind { NUMBERS, COUNTS, CHANCES, CLASSES } gm_target_kind;

typedef struct gm_loss_facts {
    gm_source source;
    gm_over over;
    gm_activation output; /* the activation that the loss needs at the output; GM_IDENTITY: any */
    gm_target_kind targets;
    int degree; /* the loss of s times the outputs and targets is s^degree times the loss; 0: no such power */
} gm_loss_facts;

/* Static storage, indexed by gm_loss. */
extern const gm_loss_facts gm_facts_of_losses[GM_LOSS_COUNT];

/* What BP3 and BP4 write to. The last two are no optimizer's, because the gradient is only stored: in the
 * caller's block, or in the engine's own in the layout of the weights. */
typedef enum gm_update_target {
    INTO_WEIGHTS,
    INTO_VELOCITY,
    INTO_TILE,
    INTO_GRADIENT,
    INTO_STORE
} gm_update_target;

typedef enum gm_setting {
#define SETTING(FIELD, ...) GM_SETTING_##FIELD,
#include "function/optimizer_settings.def"
    GM_SETTING_COUNT
} gm_setting;

typedef struct gm_setting_facts {
    const char *name;    /* of the field, and of the command's option */
    size_t offset;       /* of the double in gm_optimizer */
    double below;        /* valid: 0 <= value < below */
    double standard;     /* the default, unless the optimizer has one of its own */
    const char *summary; /* in the help of the command */
} gm_setting_facts;

/* Static storage, indexed by gm_setting. */
extern const gm_setting_facts gm_facts_of_settings[GM_SETTING_COUNT];

static inline double *gm_setting_of(gm_optimizer *optimizer, gm_setting setting)
{
    return (double *)(void *)((char *)optimizer + gm_facts_of_settings[setting].offset);
}

/* No default of its own. */
enum { STANDARD = -1 };

typedef struct gm_optimizer_facts {
    gm_update_target target;
    size_t state;       /* copies of the parameters that it keeps between steps */
    double rate, decay; /* the defaults */
    double beta2;       /* the same; STANDARD: that of the setting */
    double epsilon;
    unsigned settings; /* those that it reads: bit number gm_setting */
} gm_optimizer_facts;

/* Static storage, indexed by gm_optimizer_kind. */
extern const gm_optimizer_facts gm_facts_of_optimizers[GM_OPTIMIZER_COUNT];

static inline bool gm_optimizer_reads(gm_optimizer_kind kind, gm_setting setting)
{
    return gm_facts_of_optimizers[kind].settings >> setting & 1;
}

#endif

/* Makes tables of the lists of activations, losses and optimizers, and checks the lists against the public
 * enumerations: if a kind has no row, or the rows are in another order, the file does not compile. */
#include "function/facts.h"

#include <math.h>

#define ACTIVATION(VALUE, WORD, STEM, SOURCE, INITIAL, PLACE)                                                \
    [VALUE] = {SOURCE, INITIAL, PLACE == OUTPUT_LAYER},
const gm_activation_facts gm_facts_of_activations[GM_ACTIVATION_COUNT] = {
#include "function/activations.def"
};

#define LOSS(VALUE, WORD, STEM, SOURCE, OVER, OUTPUT, TARGETS, DEGREE)                                       \
    [VALUE] = {SOURCE, OVER, OUTPUT, TARGETS, DEGREE},
const gm_loss_facts gm_facts_of_losses[GM_LOSS_COUNT] = {
#include "function/losses.def"
};

#define SETTING(FIELD, READERS, BELOW, STANDARD, SUMMARY)                                                    \
    [GM_SETTING_##FIELD] = {#FIELD, offsetof(gm_optimizer, FIELD), BELOW, STANDARD, SUMMARY},
const gm_setting_facts gm_facts_of_settings[GM_SETTING_COUNT] = {
#include "function/optimizer_settings.def"
};

/* The settings that all optimizers read, as bits. */
enum {
    SOME = 0,
    ALL = 1,
#define SETTING(FIELD, READERS, ...) ALL_READ_##FIELD = READERS << GM_SETTING_##FIELD,
#include "function/optimizer_settings.def"
    READ_BY_ALL = 0
#define SETTING(FIELD, ...) | ALL_READ_##FIELD
#include "function/optimizer_settings.def"
};

#define READS(FIELD) (1U << GM_SETTING_##FIELD)
#define OPTIMIZER(VALUE, WORD, TARGET, APPLY, GIVEN, STATE, RATE, DECAY, BETA2, EPSILON, SETTINGS)           \
    [VALUE] = {TARGET, STATE, RATE, DECAY, BETA2, EPSILON, READ_BY_ALL | (SETTINGS)},
const gm_optimizer_facts gm_facts_of_optimizers[GM_OPTIMIZER_COUNT] = {
#include "function/optimizers.def"
};

/* The number of each row in its list. */
enum {
#define ACTIVATION(VALUE, ...) PLACE_OF_##VALUE,
#include "function/activations.def"
    ACTIVATION_ROWS
};
enum {
#define LOSS(VALUE, ...) PLACE_OF_##VALUE,
#include "function/losses.def"
    LOSS_ROWS
};
enum {
#define OPTIMIZER(VALUE, ...) PLACE_OF_##VALUE,
#include "function/optimizers.def"
    OPTIMIZER_ROWS
};

#define IN_ITS_PLACE(VALUE, ...)                                                                             \
    _Static_assert((int)PLACE_OF_##VALUE == (int)VALUE, "rows stand in the order of the enumeration");
#define ACTIVATION IN_ITS_PLACE
#include "function/activations.def"
_Static_assert(ACTIVATION_ROWS == GM_ACTIVATION_COUNT, "each gm_activation has a row in activations.def");

#define LOSS IN_ITS_PLACE
#include "function/losses.def"
_Static_assert(LOSS_ROWS == GM_LOSS_COUNT, "each gm_loss has a row in losses.def");

#define OPTIMIZER IN_ITS_PLACE
#include "function/optimizers.def"
#define OPTIMIZER(VALUE, WORD, TARGET, APPLY, GIVEN, STATE, ...)                                             \
    _Static_assert(STATE <= 2, "an engine has room for two copies of the parameters");
#include "function/optimizers.def"
_Static_assert(OPTIMIZER_ROWS == GM_OPTIMIZER_COUNT, "each gm_optimizer_kind has a row in optimizers.def");

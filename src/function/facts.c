/* Makes tables of the lists of activations and losses, and checks the lists against the public enumerations:
 * if a kind has no row, or the rows are in another order, the file does not compile. */
#include "function/facts.h"

#define ACTIVATION(VALUE, WORD, STEM, SOURCE, INITIAL)     [VALUE] = {SOURCE, INITIAL, false},
#define ROW_ACTIVATION(VALUE, WORD, STEM, SOURCE, INITIAL) [VALUE] = {SOURCE, INITIAL, true},
const gm_activation_facts gm_facts_of_activations[GM_ACTIVATION_COUNT] = {
#include "function/activations.def"
};

#define LOSS(VALUE, WORD, STEM, SOURCE, OVER, OUTPUT, TARGETS) [VALUE] = {SOURCE, OVER, OUTPUT, TARGETS},
const gm_loss_facts gm_facts_of_losses[GM_LOSS_COUNT] = {
#include "function/losses.def"
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

#define IN_ITS_PLACE(VALUE, ...)                                                                             \
    _Static_assert((int)PLACE_OF_##VALUE == (int)VALUE, "rows stand in the order of the enumeration");
#define ACTIVATION IN_ITS_PLACE
#include "function/activations.def"
_Static_assert(ACTIVATION_ROWS == GM_ACTIVATION_COUNT, "each gm_activation has a row in activations.def");

#define LOSS IN_ITS_PLACE
#include "function/losses.def"
_Static_assert(LOSS_ROWS == GM_LOSS_COUNT, "each gm_loss has a row in losses.def");

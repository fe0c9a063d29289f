/* The words for values of enumerations, as they stand on the command line, in model files and in messages;
 * and the way back. The words of activations and losses come from their lists in src/function. */
#include "base/names.h"

#include <gradmill/engine.h>
#include <gradmill/network.h>

static const char *const activations[GM_ACTIVATION_COUNT] = {
#define ACTIVATION(VALUE, WORD, ...) [VALUE] = WORD,
#include "function/activations.def"
};

static const char *const losses[GM_LOSS_COUNT] = {
#define LOSS(VALUE, WORD, ...) [VALUE] = WORD,
#include "function/losses.def"
};

static const char *const inits[GM_INIT_COUNT] = {
    [GM_INIT_AUTO] = "auto",
    [GM_INIT_XAVIER_UNIFORM] = "xavier-uniform",
    [GM_INIT_XAVIER_NORMAL] = "xavier-normal",
    [GM_INIT_HE_UNIFORM] = "he-uniform",
    [GM_INIT_HE_NORMAL] = "he-normal",
    [GM_INIT_LECUN_UNIFORM] = "lecun-uniform",
    [GM_INIT_LECUN_NORMAL] = "lecun-normal",
    [GM_INIT_TORCH] = "torch",
    [GM_INIT_CONSTANT] = "constant",
};

static const char *const precisions[] = {[GM_F32] = "f32", [GM_F64] = "f64"};

static const char *const optimizers[GM_OPTIMIZER_COUNT] = {
#define OPTIMIZER(VALUE, WORD, ...) [VALUE] = WORD,
#include "function/optimizers.def"
};

static const char *const types[] = {
    [GM_TYPE_F32] = "f32", [GM_TYPE_F64] = "f64", [GM_TYPE_U8] = "u8", [GM_TYPE_LABEL] = "label"};

const char *gm_type_name(gm_type type)
{
    return GM_WORD_AT(types, type);
}

/* The two directions of one table. */
#define NAMES(prefix, type, names)                                                                           \
    const char *prefix##_name(type value)                                                                    \
    {                                                                                                        \
        return GM_WORD_AT(names, value);                                                                     \
    }                                                                                                        \
    bool prefix##_from_name(const char *name, type *value)                                                   \
    {                                                                                                        \
        const size_t index = GM_FIND_WORD(names, name);                                                      \
        if (index < GM_ROWS(names))                                                                          \
            *value = (type)index;                                                                            \
        return index < GM_ROWS(names);                                                                       \
    }

NAMES(gm_activation, gm_activation, activations)
NAMES(gm_loss, gm_loss, losses)
NAMES(gm_init, gm_init, inits)
NAMES(gm_precision, gm_precision, precisions)
NAMES(gm_optimizer, gm_optimizer_kind, optimizers)

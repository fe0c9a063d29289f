/* The facts about the optimizers that do not depend on precision; their arithmetic is in optimizer_tmpl.c. */
#include "nn/optimizer.h"
#include "base/error.h"

#include <math.h>

static const struct {
    size_t state, traffic;
    bool tile;
    double rate, decay;
} facts[GM_OPTIMIZER_COUNT] = {
    [GM_SGD] = {0, 2, false, 0.1, 0},      /* BP4 reads and writes W */
    [GM_MOMENTUM] = {1, 4, false, 0.1, 0}, /* V and W; V is in registers, or in cache, when W follows */
    [GM_NESTEROV] = {1, 4, true, 0.1, 0},  /* V and W; the tile of G stays in cache, here and below */
    [GM_ADAM] = {2, 6, true, 0.001, 0},    /* M, V and W */
    [GM_ADAMW] = {2, 6, true, 0.001, 0.01},
};

gm_optimizer gm_optimizer_default(gm_optimizer_kind kind)
{
    if ((unsigned)kind >= GM_OPTIMIZER_COUNT)
        return (gm_optimizer){.kind = kind};
    return (gm_optimizer){
        .kind = kind,
        .rate = facts[kind].rate,
        .momentum = 0.9,
        .beta1 = 0.9,
        .beta2 = 0.999,
        .epsilon = 1e-8,
        .decay = facts[kind].decay,
    };
}

size_t gm_optimizer_state(gm_optimizer_kind kind)
{
    return facts[kind].state;
}

size_t gm_optimizer_traffic(gm_optimizer_kind kind)
{
    return facts[kind].traffic;
}

bool gm_optimizer_needs_tile(gm_optimizer_kind kind)
{
    return facts[kind].tile;
}

gm_status gm_optimizer_check(const gm_optimizer *o, gm_error *error)
{
    const struct {
        const char *name;
        double value, below; /* valid: 0 <= value < below */
    } fields[] = {
        {"rate", o->rate, INFINITY},
        {"momentum", o->momentum, 1},
        {"beta1", o->beta1, 1},
        {"beta2", o->beta2, 1},
        {"l2", o->l2, INFINITY},
        {"decay", o->decay, INFINITY},
        {"epsilon", o->epsilon, INFINITY},
    };
    if ((unsigned)o->kind >= GM_OPTIMIZER_COUNT)
        return gm_fail(error, GM_USAGE, "unknown optimizer %d", (int)o->kind);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (!(fields[i].value >= 0 && fields[i].value < fields[i].below))
            return gm_fail(error, GM_USAGE, "%s is %g; expected a number of at least 0%s", fields[i].name,
                           fields[i].value, isinf(fields[i].below) ? "" : " and below 1");
    }
    for (size_t i = 0; i < sizeof o->reserved / sizeof *o->reserved; i++) {
        if (o->reserved[i] != 0)
            return gm_fail(error, GM_USAGE,
                           "what is reserved in gm_optimizer is not 0; make it with gm_optimizer_default()");
    }
    return GM_OK;
}

/* Facts about each optimizer that do not depend on the precision: how many copies of the parameters it keeps,
 * what it reads and writes, its defaults, and which settings are valid. The arithmetic is in
 * optimizer_tmpl.c. */
#include "nn/optimizer.h"
#include "base/error.h"
#include "function/facts.h"

#include <math.h>

gm_optimizer gm_optimizer_default(gm_optimizer_kind kind)
{
    gm_optimizer o = {.kind = kind};
    if ((unsigned)kind >= GM_OPTIMIZER_COUNT)
        return o;
    for (gm_setting s = 0; s < GM_SETTING_COUNT; s++)
        *gm_setting_of(&o, s) = gm_facts_of_settings[s].standard;
    const gm_optimizer_facts *own = &gm_facts_of_optimizers[kind];
    o.rate = own->rate;
    o.decay = own->decay;
    o.beta2 = own->beta2 == STANDARD ? o.beta2 : own->beta2;
    o.epsilon = own->epsilon == STANDARD ? o.epsilon : own->epsilon;
    return o;
}

size_t gm_optimizer_state(gm_optimizer_kind kind)
{
    return gm_facts_of_optimizers[kind].state;
}

size_t gm_optimizer_traffic(gm_optimizer_kind kind)
{
    return 2 * (1 + gm_optimizer_state(kind)); /* W and the optimizer's copies are read and written */
}

bool gm_optimizer_needs_tile(gm_optimizer_kind kind)
{
    return gm_facts_of_optimizers[kind].target == INTO_TILE;
}

gm_status gm_optimizer_check(const gm_optimizer *optimizer, gm_error *error)
{
    gm_optimizer o = *optimizer;
    if ((unsigned)o.kind >= GM_OPTIMIZER_COUNT)
        return gm_fail(error, GM_USAGE, "unknown optimizer %d", (int)o.kind);
    for (gm_setting s = 0; s < GM_SETTING_COUNT; s++) {
        const double value = *gm_setting_of(&o, s), below = gm_facts_of_settings[s].below;
        if (!(value >= 0 && value < below))
            return gm_fail(error, GM_USAGE, "%s is %g; expected a number of at least 0%s",
                           gm_facts_of_settings[s].name, value, isinf(below) ? "" : " and below 1");
    }
    for (size_t i = 0; i < sizeof o.reserved / sizeof *o.reserved; i++) {
        if (o.reserved[i] != 0)
            return gm_fail(error, GM_USAGE,
                           "what is reserved in gm_optimizer is not 0; make it with gm_optimizer_default()");
    }
    return GM_OK;
}

/* What an optimizer keeps, independent of precision. */
#ifndef GM_NN_OPTIMIZER_H
#define GM_NN_OPTIMIZER_H

#include <gradmill/engine.h>

/* Copies of the parameter block that it keeps between steps: 0 SGD, 1 velocity, 2 moments. */
size_t gm_optimizer_state(gm_optimizer_kind kind);

/* Numbers that BP4 and the update read and write for each parameter. */
size_t gm_optimizer_traffic(gm_optimizer_kind kind);

/* Whether a step needs a tile of gradient, or BP4 writes straight into W or the velocity. */
bool gm_optimizer_needs_tile(gm_optimizer_kind kind);

/* GM_USAGE names the first field that cannot mean anything. */
gm_status gm_optimizer_check(const gm_optimizer *optimizer, gm_error *error);

#endif

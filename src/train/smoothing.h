/* Label smoothing: the targets of a batch before a step. */
#ifndef GM_TRAIN_SMOOTHING_H
#define GM_TRAIN_SMOOTHING_H

#include <gradmill/array.h>
#include <gradmill/network.h>
#include <gradmill/status.h>

/* GM_USAGE: a share that is not from 0 to below 1, or above 0 with another loss than cross-entropy. */
gm_status gm_smoothing_check(const gm_network *network, double smoothing, gm_error *error);

/* The first `rows` rows of y become (1 - smoothing) y + smoothing / columns. */
void gm_smooth_targets(gm_mutable_array y, size_t rows, double smoothing);

#endif

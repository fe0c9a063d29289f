/* Figures in the units of the data, where the network learned targets that were standardised. */
#ifndef GM_TRAIN_UNITS_H
#define GM_TRAIN_UNITS_H

#include <gradmill/dataset.h>
#include <gradmill/network.h>

/* What a loss of standardised targets is to be multiplied by, so that it is in the units of the data: the
 * standard deviation of the target to the power of the loss (its DEGREE in losses.def), or the mean of that
 * over the targets if there are several. 1 if they were not scaled (NULL). */
double gm_loss_unit(const gm_network *network, const gm_scaling *target_scaling);

/* GM_USAGE: the targets were scaled, and the network cannot learn such targets, or has another number of
 * outputs. */
gm_status gm_units_check(const gm_network *network, const gm_scaling *target_scaling, gm_error *error);

#endif

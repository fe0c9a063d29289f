/* The targets of a data set: whether a loss can learn them, and what loss one gets without any model. */
#ifndef GM_TRAIN_TARGETS_H
#define GM_TRAIN_TARGETS_H

#include <gradmill/dataset.h>
#include <gradmill/network.h>

/* Whether the outputs of a network are enough for its loss, whatever its targets are. GM_USAGE: they are not.
 */
gm_status gm_targets_check_width(const gm_network *network, gm_error *error);

/* Whether the targets lie in the domain of the network's loss (gm_loss_domain_of), and its outputs are enough
 * for it. GM_USAGE: they do not; the text says which target, in which row. */
gm_status gm_targets_check(const gm_network *network, const gm_dataset *dataset, gm_error *error);

/* Whether all rows have the same targets, so that there is nothing to learn: the same class, or the same
 * number in each column. *value receives the class or the number of the first column. */
bool gm_targets_constant(const gm_dataset *dataset, double *value);

/* What a model has to beat: with labels the accuracy of always naming the most frequent class, otherwise the
 * root mean squared error of always predicting the mean of each column; both of these very rows. NaN without
 * targets or without memory. */
double gm_targets_baseline(const gm_dataset *dataset);

#endif

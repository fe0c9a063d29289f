/* Standardised targets y' = (y - m) / s: what networks can learn them, and what their loss is in the units of
 * the data. A loss of differences is homogeneous: that of s (a' - y') is s to some power times that of
 * a' - y'. */
#include "train/units.h"
#include "base/error.h"
#include "function/facts.h"

#include <gradmill/train.h>
#include <math.h>

bool gm_network_scales_targets(const gm_network *network)
{
    const gm_layer last = gm_network_layer(network, gm_network_layer_count(network) - 1);
    return last.activation == GM_IDENTITY && gm_facts_of_losses[gm_network_loss(network)].degree > 0;
}

double gm_loss_unit(const gm_network *network, const gm_scaling *target_scaling)
{
    const int degree = gm_facts_of_losses[gm_network_loss(network)].degree;
    double sum = 0;
    if (!target_scaling)
        return 1;
    for (size_t t = 0; t < target_scaling->targets; t++)
        sum += pow(fabs(target_scaling->target_factor[t]), -degree);
    return sum / (double)target_scaling->targets;
}

gm_status gm_units_check(const gm_network *network, const gm_scaling *target_scaling, gm_error *error)
{
    const size_t outputs = gm_network_outputs(network);
    if (!target_scaling)
        return GM_OK;
    if (target_scaling->targets != outputs)
        return gm_fail(error, GM_USAGE,
                       "the scaling has %zu targets; expected %zu, the outputs of the network",
                       target_scaling->targets, outputs);
    if (!gm_network_scales_targets(network))
        return gm_fail(
            error, GM_USAGE,
            "standardised targets need an output layer of activation identity and a loss of differences, "
            "such as mean-squares; got %s with loss %s",
            gm_activation_name(gm_network_layer(network, gm_network_layer_count(network) - 1).activation),
            gm_loss_name(gm_network_loss(network)));
    return GM_OK;
}

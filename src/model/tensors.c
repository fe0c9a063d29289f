/* How the parameters of a network are divided into the tensors of a file. */
#include "model/tensors.h"
#include "base/error.h"

#include <math.h>
#include <stdio.h>

gm_tensor_name gm_name_tensor(size_t index)
{
    gm_tensor_name name;
    snprintf(name.text, sizeof name.text, "%zu.%s", index - index % 2, index % 2 == 0 ? "weight" : "bias");
    return name;
}

const char *gm_dtype_name(gm_precision precision)
{
    return precision == GM_F64 ? "F64" : "F32";
}

gm_status gm_check_finite(const gm_network *network, const char *path, gm_status status, gm_error *error)
{
    const size_t count = gm_network_parameter_count(network);
    size_t at = 0, l = 0;
    while (at < count && isfinite(gm_network_parameter(network, at)))
        at++;
    if (at == count)
        return GM_OK;
    while (l + 1 < gm_network_layer_count(network) && gm_network_layer(network, l + 1).weights <= at)
        l++;
    const gm_layer layer = gm_network_layer(network, l);
    const bool is_bias = at >= layer.biases;
    return gm_fail(error, status, "%s: tensor \"%s\": element %zu is %s; expected finite numbers", path,
                   gm_name_tensor(2 * l + is_bias).text, at - (is_bias ? layer.biases : layer.weights),
                   isnan(gm_network_parameter(network, at)) ? "not a number" : "infinite");
}

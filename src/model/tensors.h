/* How the parameters of a network are divided into the tensors of a file: W and b of each layer in turn. */
#ifndef GM_MODEL_TENSORS_H
#define GM_MODEL_TENSORS_H

#include <gradmill/network.h>

typedef struct gm_tensor_name {
    char text[32];
} gm_tensor_name;

/* Tensor 2l is "{2l}.weight", tensor 2l + 1 is "{2l}.bias": in a torch.nn.Sequential the activation between
 * two layers takes an index too. */
gm_tensor_name gm_name_tensor(size_t index);

/* "F32" or "F64". */
const char *gm_dtype_name(gm_precision precision);

/* Fails with `status` and names the first parameter that is NaN or infinite, if there is one. */
gm_status gm_check_finite(const gm_network *network, const char *path, gm_status status, gm_error *error);

#endif

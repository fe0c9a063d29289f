/* How the parameters of a network are divided into the tensors of a file: W and b of each layer in turn. */
#ifndef GM_MODEL_TENSORS_H
#define GM_MODEL_TENSORS_H

#include <gradmill/network.h>

typedef struct gm_tensor_name {
    char text[32];
} gm_tensor_name;

/* The name of a tensor: tensor 2l is "{2l}.weight", and tensor 2l + 1 is "{2l}.bias". These are the names in
 * a torch.nn.Sequential, where layers and activations alternate and both have an index. */
gm_tensor_name gm_name_tensor(size_t index);

/* "F32" or "F64". */
const char *gm_dtype_name(gm_precision precision);

/* Fails with `status` and names the first parameter that is NaN or infinite, if there is one. */
gm_status gm_check_finite(const gm_network *network, const char *path, gm_status status, gm_error *error);

#endif

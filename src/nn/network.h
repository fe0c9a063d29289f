/* The inside of a network, and the checks that every size passes before it is used. */
#ifndef GM_NN_NETWORK_H
#define GM_NN_NETWORK_H

#include <gradmill/network.h>

struct gm_network {
    gm_layer *layers; /* layer_count */
    size_t layer_count;
    gm_loss loss;
    gm_precision precision;
    size_t parameter_count;
    void *parameters; /* the block, W1 b1 W2 b2 ... */
};

/* Fills layers[0 .. layer_count) and counts parameters; GM_USAGE or GM_LIMIT as gm_network_create says. */
gm_status gm_network_shape(const gm_network_options *options, gm_layer *layers, size_t *parameter_count,
                           gm_error *error);

/* GM_LIMIT if `bytes` for `what` are more than this process can get; the line names both. */
gm_status gm_check_memory(const char *what, size_t bytes, gm_error *error);

/* Draws W of every layer; biases as gm_init says. */
void gm_network_initialise(gm_network *network, const gm_network_options *options);

#endif

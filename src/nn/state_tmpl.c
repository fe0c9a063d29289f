/* Moves blocks of parameters, W1 b1 W2 b2 ..., into the layout of the backend and back: the weights
 * themselves, and what an optimizer keeps of each of them. Numbers are only moved, so that not a bit of them
 * changes. */
#include "nn/pass.h"

#include <string.h>

/* W of a layer in a block. */
static gm_mat weights_of(const gm_layer *layer, const REAL *block)
{
    return (gm_mat){(REAL *)block + layer->weights, layer->outputs, layer->inputs, layer->inputs};
}

void gm_pack_block(const gm_bound *b, const REAL *block, REAL *packed)
{
    for (size_t l = 0; l < b->layer_count; l++) {
        const gm_layer *layer = &b->network->layers[l];
        REAL *weights = packed + b->layers[l].weights;
        if (b->backend->storage->own)
            b->backend->pack(weights_of(layer, block), weights);
        else
            memcpy(weights, block + layer->weights, layer->inputs * layer->outputs * sizeof(REAL));
        memcpy(packed + b->layers[l].biases, block + layer->biases, layer->outputs * sizeof(REAL));
    }
}

void gm_unpack_block(const gm_bound *b, const REAL *packed, REAL *block)
{
    for (size_t l = 0; l < b->layer_count; l++) {
        const gm_layer *layer = &b->network->layers[l];
        const REAL *weights = packed + b->layers[l].weights;
        if (b->backend->storage->own)
            b->backend->unpack(weights, weights_of(layer, block));
        else
            memcpy(block + layer->weights, weights, layer->inputs * layer->outputs * sizeof(REAL));
        memcpy(block + layer->biases, packed + b->layers[l].biases, layer->outputs * sizeof(REAL));
    }
}

/* Moves blocks of parameters, W1 b1 W2 b2 ..., into the layout of the backend and back: the weights
 * themselves, and what an optimizer keeps of each of them. Numbers are only moved, so that not a bit of them
 * changes; the gradient that is held is a sum, and becomes a mean on the way. */
#include "nn/pass.h"
#include "nn/pass_table.h"

#include <string.h>

/* W of a layer in a block. */
static gm_mat weights_of(const gm_layer *layer, const REAL *block)
{
    return (gm_mat){(REAL *)block + layer->weights, layer->outputs, layer->inputs, layer->inputs};
}

/* From the layout of the block to that of the backend. */
static void pack_block(const gm_bound *b, const REAL *block, REAL *packed)
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

/* From the layout of the backend to that of the block. */
static void unpack_block(const gm_bound *b, const REAL *packed, REAL *block)
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

void gm_pass_take_weights(gm_pass *p)
{
    pack_block(&p->bound, p->bound.network->parameters, p->bound.parameters);
}

void gm_pass_give_weights(gm_pass *p)
{
    unpack_block(&p->bound, p->bound.parameters, p->bound.network->parameters);
}

void gm_pass_get_state(const gm_pass *p, size_t copy, void *block)
{
    unpack_block(&p->bound, p->bound.state + copy * p->bound.copy, block);
}

void gm_pass_set_state(gm_pass *p, size_t copy, const void *block)
{
    pack_block(&p->bound, block, p->bound.state + copy * p->bound.copy);
}

void gm_pass_swap_average(gm_pass *p)
{
    const gm_bound *b = &p->bound;
    for (size_t i = 0; i < b->count; i++) {
        const REAL weight = b->parameters[i];
        b->parameters[i] = b->average[i];
        b->average[i] = weight;
    }
}

void gm_pass_get_held(const gm_pass *p, void *block)
{
    REAL *mean = block;
    const REAL factor = p->held > 0 ? (REAL)(1 / p->held) : 0;
    unpack_block(&p->bound, p->bound.stored, mean);
    for (size_t i = 0; i < p->bound.network->parameter_count; i++)
        mean[i] *= factor;
}

size_t gm_pass_steps(const gm_pass *p)
{
    return p->steps;
}

void gm_pass_set_steps(gm_pass *p, size_t count)
{
    p->steps = count;
}

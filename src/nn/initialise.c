/* The weights of a new network. They are drawn in double precision whatever the network's precision is, so
 * that an f32 and an f64 network of one seed agree to rounding; and by basic operations only, so that every
 * machine draws the same numbers. */
#include "base/random.h"
#include "function/facts.h"
#include "nn/network.h"

#include <math.h>

static double deviation(gm_init init, const gm_layer *layer)
{
    const double in = (double)layer->inputs, out = (double)layer->outputs;
    switch (init) {
    case GM_INIT_XAVIER_UNIFORM:
    case GM_INIT_XAVIER_NORMAL:
        return sqrt(2 / (in + out));
    case GM_INIT_HE_UNIFORM:
    case GM_INIT_HE_NORMAL:
        return sqrt(2 / in);
    case GM_INIT_TORCH:
        return sqrt(1 / (3 * in));
    default:
        return sqrt(1 / in);
    }
}

static bool is_normal(gm_init init)
{
    return init == GM_INIT_XAVIER_NORMAL || init == GM_INIT_HE_NORMAL || init == GM_INIT_LECUN_NORMAL;
}

/* Biases follow the weights in the block. They stay 0, but for those of GM_INIT_TORCH. */
static void draw_layer(gm_network *network, const gm_layer *layer, gm_init init, gm_random *random)
{
    const double sigma = deviation(init, layer);
    const double range = sigma * sqrt(3.0); /* uniform in [-range, range) has deviation range / sqrt(3) */
    const bool normal = is_normal(init);
    const size_t end = layer->biases + (init == GM_INIT_TORCH ? layer->outputs : 0);
    for (size_t i = layer->weights; i < end; i++) {
        const double value =
            normal ? sigma * gm_random_normal(random) : range * (2 * gm_random_uniform(random) - 1);
        gm_network_write(network, i, value);
    }
}

void gm_network_initialise(gm_network *network, const gm_network_options *options)
{
    gm_random random = gm_random_seed(options->seed, GM_STREAM_WEIGHTS);
    for (size_t i = 0; i < network->layer_count; i++) {
        const gm_layer *layer = &network->layers[i];
        const gm_init by_itself = gm_facts_of_activations[layer->activation].initial;
        const gm_init init = options->init == GM_INIT_AUTO ? by_itself : options->init;
        if (init != GM_INIT_CONSTANT)
            draw_layer(network, layer, init, &random);
    }
    for (size_t i = 0; options->init == GM_INIT_CONSTANT && i < network->parameter_count; i++)
        gm_network_write(network, i, options->init_value);
}

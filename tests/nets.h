/* Functions with which a test makes a network, an engine or a batch in one line. */
#ifndef GM_TESTS_NETS_H
#define GM_TESTS_NETS_H

#include <criterion/criterion.h>

#include "base/random.h"

#include <gradmill.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { NET_LAYERS = 8 };

typedef struct net_shape {
    size_t sizes[NET_LAYERS + 2]; /* inputs, hidden ..., outputs; a 0 ends the list */
    gm_activation hidden, output;
    gm_loss loss;
} net_shape;

/* The layers of a shape; returns how many. */
static inline size_t net_layers(const net_shape *shape, gm_layer_options *layers)
{
    size_t count = 0;
    for (; shape->sizes[count + 1] != 0; count++)
        layers[count] = (gm_layer_options){shape->sizes[count + 1], shape->hidden};
    layers[count - 1].activation = shape->output;
    return count;
}

/* Makes a network with random weights and biases. If biases were 0 and all relu units of a layer were 0, the
 * units of the next layer would be exactly at 0, where relu has no derivative. */
static inline gm_network *net_make(const net_shape *shape, gm_precision precision, uint64_t seed)
{
    gm_layer_options layers[NET_LAYERS];
    gm_network_options options = gm_network_options_default();
    options.inputs = shape->sizes[0];
    options.layer_count = net_layers(shape, layers);
    options.layers = layers;
    options.loss = shape->loss;
    options.precision = precision;
    options.seed = seed;
    gm_network *network;
    gm_error error;
    cr_assert_eq(gm_network_create(&network, &options, &error), GM_OK, "%s", error.message);
    gm_random random = gm_random_seed(seed, GM_STREAM_BENCH);
    for (size_t l = 0; l < options.layer_count; l++) {
        const gm_layer layer = gm_network_layer(network, l);
        for (size_t i = 0; i < layer.outputs; i++)
            gm_network_set_parameter(network, layer.biases + i, gm_random_uniform(&random) - 0.5);
    }
    return network;
}

/* What an engine's training differs by, for tests that go through all of them. */
typedef struct net_setting {
    const char *backend;
    gm_optimizer_kind optimizer;
    gm_precision precision; /* of the network */
    size_t threads;
} net_setting;

static inline gm_engine_options net_setting_options(const net_setting *setting, size_t batch)
{
    gm_engine_options options = gm_engine_options_default();
    options.backend = setting->backend;
    options.batch = batch;
    options.threads = setting->threads;
    options.optimizer = gm_optimizer_default(setting->optimizer);
    return options;
}

/* The largest difference between the parameters of two engines' networks. */
static inline double net_difference(gm_engine *a, gm_engine *b)
{
    const gm_network *one = gm_engine_network(a), *other = gm_engine_network(b);
    double most = 0;
    for (size_t i = 0; i < gm_network_parameter_count(one); i++)
        most = fmax(most, fabs(gm_network_parameter(one, i) - gm_network_parameter(other, i)));
    return most;
}

static inline gm_engine *net_engine(gm_network *network, const gm_engine_options *options)
{
    gm_engine *engine;
    gm_error error;
    cr_assert_eq(gm_engine_create(&engine, network, options, &error), GM_OK, "%s", error.message);
    return engine;
}

static inline double net_step(gm_engine *engine, gm_array x, gm_array y)
{
    double loss;
    gm_error error;
    cr_assert_eq(gm_engine_step(engine, x, y, &loss, &error), GM_OK, "%s", error.message);
    return loss;
}

/* Frees the engine and its network. */
static inline void net_free(gm_engine *engine)
{
    gm_network *network = gm_engine_network(engine);
    gm_engine_destroy(engine);
    gm_network_destroy(network);
}

/* Uniform in [low, low + 2). */
static inline void net_fill(double *values, size_t count, double low, uint64_t seed)
{
    gm_random random = gm_random_seed(seed, GM_STREAM_CHECK);
    for (size_t i = 0; i < count; i++)
        values[i] = low + 2 * gm_random_uniform(&random);
}

typedef struct net_path {
    char text[4096];
} net_path;

/* A file of the source tree. */
static inline net_path net_source(const char *name)
{
    net_path path;
    const char *source = getenv("GM_SOURCE_DIR");
    cr_assert_not_null(source, "GM_SOURCE_DIR must name the root of the source tree");
    snprintf(path.text, sizeof path.text, "%s/%s", source, name);
    return path;
}

static inline void expect_relative(double actual, double expected, double tolerance, const char *what)
{
    cr_expect(fabs(actual - expected) <= tolerance * fabs(expected), "%s is %.17g; expected %.17g", what,
              actual, expected);
}

#endif

/* Repeats ten steps of PyTorch: every activation, loss and optimizer is compared with numbers from outside
 * the project. The cases are in fixtures/torch_steps.json, written by fixtures/make_torch_fixture.py; the
 * meaning of its keys is that of the option structs. */
#include "train/smoothing.h"

#include <criterion/criterion.h>

#include <gradmill/engine.h>
#include <gradmill/network.h>

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LAYERS = 8, STEPS = 10 };

/* Both sides round differently, ten times over; an error in a formula is larger by orders of magnitude. */
static const double tolerance = 1e-12;

/* One case; the numbers are owned. */
struct torch_case {
    const char *name;
    gm_network_options network; /* layers points to the array below */
    gm_layer_options layers[MAX_LAYERS];
    gm_optimizer optimizer;
    double clip_norm, clip_value, average_decay; /* 0: none */
    size_t batch, parts, outputs, parameter_count;
    double *x, *y, *before, *after, *losses;
    double *weights, *average; /* NULL if rows have no weights; NULL without average_decay */
};

/* How a case is run. */
struct variant {
    const char *backend;
    size_t threads;
};

static json_t *load_fixture(void)
{
    const char *source = getenv("GM_SOURCE_DIR");
    cr_assert_not_null(source, "GM_SOURCE_DIR must name the root of the source tree");
    char path[4096];
    snprintf(path, sizeof path, "%s/tests/fixtures/torch_steps.json", source);
    json_error_t error;
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    cr_assert_not_null(root, "%s:%d: %s", path, error.line, error.text);
    cr_assert_gt(json_array_size(json_object_get(root, "cases")), 0, "%s: no cases", path);
    return root;
}

static const char *text_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    cr_assert(json_is_string(value), "key %s is no text", key);
    return json_string_value(value);
}

static double number_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    cr_assert(json_is_number(value), "key %s is no number", key);
    return json_number_value(value);
}

static size_t size_of(const json_t *object, const char *key)
{
    double value = number_of(object, key);
    cr_assert(value >= 1 && value <= 1000, "key %s is out of range", key);
    return (size_t)value;
}

/* A flat array of exactly `count` numbers, owned by the caller. */
static double *numbers_of(const json_t *object, const char *key, size_t count)
{
    const json_t *array = json_object_get(object, key);
    cr_assert_eq(json_array_size(array), count, "key %s has %zu numbers, not %zu", key,
                 json_array_size(array), count);
    double *numbers = malloc(count * sizeof *numbers);
    cr_assert_not_null(numbers);
    for (size_t i = 0; i < count; i++)
        numbers[i] = json_number_value(json_array_get(array, i));
    return numbers;
}

static gm_optimizer read_optimizer(const json_t *object)
{
    gm_optimizer_kind kind;
    cr_assert(gm_optimizer_from_name(text_of(object, "kind"), &kind), "unknown: %s", text_of(object, "kind"));
    return (gm_optimizer){
        .kind = kind,
        .rate = number_of(object, "rate"),
        .momentum = number_of(object, "momentum"),
        .beta1 = number_of(object, "beta1"),
        .beta2 = number_of(object, "beta2"),
        .epsilon = number_of(object, "epsilon"),
        .l2 = number_of(object, "l2"),
        .decay = number_of(object, "decay"),
        .freeze_bias = json_is_true(json_object_get(object, "freeze_bias")),
    };
}

/* The sizes and kinds of the network; every parameter is to be written over. */
static void read_network(struct torch_case *c, const json_t *object)
{
    const json_t *layers = json_object_get(object, "layers");
    c->network = gm_network_options_default();
    c->network.inputs = size_of(object, "inputs");
    c->network.layers = c->layers;
    c->network.layer_count = json_array_size(layers);
    c->network.precision = GM_F64;
    c->network.init = GM_INIT_CONSTANT;
    cr_assert(gm_loss_from_name(text_of(object, "loss"), &c->network.loss), "unknown: %s",
              text_of(object, "loss"));
    cr_assert(c->network.layer_count >= 1 && c->network.layer_count <= MAX_LAYERS);
    size_t width = c->network.inputs;
    for (size_t l = 0; l < c->network.layer_count; l++) {
        const json_t *layer = json_array_get(layers, l);
        const char *activation = text_of(layer, "activation");
        cr_assert(gm_activation_from_name(activation, &c->layers[l].activation), "unknown: %s", activation);
        c->layers[l].outputs = size_of(layer, "outputs");
        c->parameter_count += (width + 1) * c->layers[l].outputs;
        width = c->layers[l].outputs;
    }
    c->outputs = width;
}

/* Fills *c, whose pointers into itself do not survive a copy. */
static void read_case(struct torch_case *c, const json_t *object)
{
    memset(c, 0, sizeof *c);
    c->name = text_of(object, "name");
    read_network(c, object);
    const json_t *optimizer = json_object_get(object, "optimizer");
    c->optimizer = read_optimizer(optimizer);
    c->clip_norm = json_number_value(json_object_get(optimizer, "clip_norm")); /* 0 if there is none */
    c->clip_value = json_number_value(json_object_get(optimizer, "clip_value"));
    c->average_decay = json_number_value(json_object_get(optimizer, "average_decay"));
    c->batch = size_of(object, "batch");
    c->parts = json_object_get(optimizer, "accumulate") ? size_of(optimizer, "accumulate") : 1;
    c->x = numbers_of(object, "x", c->batch * c->network.inputs);
    c->y = numbers_of(object, "y", c->batch * c->outputs);
    const double smoothing = json_number_value(json_object_get(optimizer, "label_smoothing")); /* 0: none */
    gm_smooth_targets(gm_mutable_f64(c->y, c->batch, c->outputs), c->batch, smoothing);
    c->weights = json_object_get(object, "weights") ? numbers_of(object, "weights", c->batch) : NULL;
    c->before = numbers_of(object, "parameters0", c->parameter_count);
    c->after = numbers_of(object, "parameters10", c->parameter_count);
    c->average = c->average_decay > 0 ? numbers_of(object, "average10", c->parameter_count) : NULL;
    c->losses = numbers_of(object, "losses", STEPS);
}

static void free_case(struct torch_case *c)
{
    free(c->x);
    free(c->y);
    free(c->weights);
    free(c->before);
    free(c->after);
    free(c->average);
    free(c->losses);
}

/* Reports the worst of `count` numbers, if it is not good enough. */
static void expect_close(const struct torch_case *c, const struct variant *v, const char *what,
                         const double *actual, const double *expected, size_t count)
{
    size_t worst = 0;
    double worst_error = -1;
    for (size_t i = 0; i < count; i++) {
        double error = fabs(actual[i] - expected[i]) / fmax(1, fabs(expected[i]));
        if (!(error <= worst_error)) { /* a NaN is the worst of all, and stays */
            worst = i;
            worst_error = error;
            if (isnan(error))
                break;
        }
    }
    cr_expect(worst_error <= tolerance, "%s, %s, %zu threads: %s[%zu] is %.17g; PyTorch %.17g", c->name,
              v->backend, v->threads, what, worst, actual[worst], expected[worst]);
}

static gm_engine *make_engine(const struct torch_case *c, const struct variant *v, gm_network *network)
{
    gm_engine_options options = gm_engine_options_default();
    options.backend = v->backend;
    options.threads = v->threads;
    options.batch = c->batch;
    options.optimizer = c->optimizer;
    options.clip_norm = c->clip_norm;
    options.clip_value = c->clip_value;
    options.average_decay = c->average_decay;
    options.accumulates = c->parts > 1;
    gm_engine *engine = NULL;
    gm_error error;
    cr_assert_eq(gm_engine_create(&engine, network, &options, &error), GM_OK, "%s: %s", c->name,
                 error.message);
    return engine;
}

static gm_network *make_network(const struct torch_case *c)
{
    gm_network *network = NULL;
    gm_error error;
    cr_assert_eq(gm_network_create(&network, &c->network, &error), GM_OK, "%s: %s", c->name, error.message);
    cr_assert_eq(gm_network_parameter_count(network), c->parameter_count);
    memcpy(gm_network_parameters(network).data, c->before, c->parameter_count * sizeof *c->before);
    return network;
}

/* The weight of `rows` rows, all of which count as 1 without weights. */
static double weight_of(const struct torch_case *c, size_t first, size_t rows)
{
    double sum = 0;
    for (size_t r = first; r < first + rows; r++)
        sum += c->weights ? c->weights[r] : 1;
    return sum;
}

static gm_step_options options_of(const struct torch_case *c, size_t first, size_t rows)
{
    gm_step_options options = gm_step_options_default();
    if (c->weights)
        options.weights = gm_array_f64(c->weights + first, rows, 1);
    return options;
}

/* A step with the gradients of the parts of the batch, each of as many rows as those of PyTorch's chunk. */
static gm_status step_of_parts(const struct torch_case *c, gm_engine *engine, double *loss, gm_error *error)
{
    const size_t most = (c->batch + c->parts - 1) / c->parts;
    gm_status status = GM_OK;
    *loss = 0;
    for (size_t first = 0, rows; first < c->batch && status == GM_OK; first += rows) {
        double of_part;
        rows = c->batch - first < most ? c->batch - first : most;
        const gm_step_options options = options_of(c, first, rows);
        status = gm_engine_hold(
            engine, gm_array_f64(c->x + first * c->network.inputs, rows, c->network.inputs),
            gm_array_f64(c->y + first * c->outputs, rows, c->outputs), &options, &of_part, error);
        *loss += of_part * weight_of(c, first, rows) / weight_of(c, 0, c->batch);
    }
    return status == GM_OK ? gm_engine_step_held(engine, error) : status;
}

static void replay(const struct torch_case *c, const struct variant *v)
{
    gm_network *network = make_network(c);
    gm_engine *engine = make_engine(c, v, network);
    gm_array x = gm_array_f64(c->x, c->batch, c->network.inputs);
    gm_array y = gm_array_f64(c->y, c->batch, c->outputs);
    double losses[STEPS];
    gm_error error;
    for (size_t step = 0; step < STEPS; step++) {
        const gm_step_options options = options_of(c, 0, c->batch);
        const gm_status status = c->parts > 1 ? step_of_parts(c, engine, &losses[step], &error)
                                 : c->weights
                                     ? gm_engine_step_with(engine, x, y, &options, &losses[step], &error)
                                     : gm_engine_step(engine, x, y, &losses[step], &error);
        cr_assert_eq(status, GM_OK, "%s: %s", c->name, error.message);
    }
    expect_close(c, v, "loss", losses, c->losses, STEPS);
    expect_close(c, v, "parameter", gm_network_parameters_const(network).data, c->after, c->parameter_count);
    if (c->average) {
        cr_assert_eq(gm_engine_use_average(engine, true, &error), GM_OK, "%s: %s", c->name, error.message);
        expect_close(c, v, "average", gm_network_parameters_const(network).data, c->average,
                     c->parameter_count);
    }
    gm_engine_destroy(engine);
    gm_network_destroy(network);
}

static void replay_all(const char *backend, size_t threads)
{
    const struct variant variant = {backend, threads};
    json_t *root = load_fixture();
    size_t index;
    json_t *object;
    json_array_foreach(json_object_get(root, "cases"), index, object)
    {
        struct torch_case c;
        read_case(&c, object);
        replay(&c, &variant);
        free_case(&c);
    }
    json_decref(root);
}

Test(torch, plain_loops_agree_with_pytorch)
{
    replay_all("naive", 1);
    replay_all("naive", 2);
}

Test(torch, reordered_loops_agree_with_pytorch)
{
    replay_all("naive-ikj", 1);
    replay_all("naive-ikj", 2);
}

Test(torch, blas_agrees_with_pytorch)
{
    replay_all("blas", 1);
    replay_all("blas", 2);
}

Test(torch, packed_agrees_with_pytorch)
{
    replay_all("packed", 1);
    replay_all("packed", 2);
}

/* Every activation, loss and optimizer has a case in the fixture. */
Test(torch, fixture_covers_every_kind)
{
    bool activation[GM_ACTIVATION_COUNT] = {false};
    bool loss[GM_LOSS_COUNT] = {false};
    bool optimizer[GM_OPTIMIZER_COUNT] = {false};
    json_t *root = load_fixture();
    size_t index;
    json_t *object;
    json_array_foreach(json_object_get(root, "cases"), index, object)
    {
        struct torch_case c;
        read_case(&c, object);
        for (size_t l = 0; l < c.network.layer_count; l++)
            activation[c.layers[l].activation] = true;
        loss[c.network.loss] = true;
        optimizer[c.optimizer.kind] = true;
        free_case(&c);
    }
    json_decref(root);
    for (int i = 0; i < GM_ACTIVATION_COUNT; i++)
        cr_expect(activation[i], "no case with %s", gm_activation_name((gm_activation)i));
    for (int i = 0; i < GM_LOSS_COUNT; i++)
        cr_expect(loss[i], "no case with %s", gm_loss_name((gm_loss)i));
    for (int i = 0; i < GM_OPTIMIZER_COUNT; i++)
        cr_expect(optimizer[i], "no case with %s", gm_optimizer_name((gm_optimizer_kind)i));
}

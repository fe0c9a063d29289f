/* The figures of layers in an epoch's report: by hand, against the rule of SGD, and without any effect on the
 * training. */
#include "nets.h"

#include <string.h>

#define ROWS 10

static const net_shape shape = {{3, 8, 6, 2}, GM_RELU, GM_IDENTITY, GM_MEAN_SQUARES};

static float train_x[ROWS * 3], train_y[ROWS * 2];

static gm_dataset *make_data(void)
{
    gm_random random = gm_random_seed(3, GM_STREAM_BENCH);
    gm_dataset *data;
    gm_error error;
    for (size_t i = 0; i < ROWS * 3; i++)
        train_x[i] = (float)(4 * gm_random_uniform(&random) - 2);
    for (size_t i = 0; i < ROWS * 2; i++)
        train_y[i] = (float)(4 * gm_random_uniform(&random) - 2);
    cr_assert_eq(gm_dataset_from_arrays(&data, gm_array_f32(train_x, ROWS, 3), gm_array_f32(train_y, ROWS, 2),
                                        0, &error),
                 GM_OK);
    return data;
}

static gm_engine *make_engine(const char *backend, gm_optimizer_kind kind, size_t batch,
                              gm_precision precision)
{
    gm_engine_options options = gm_engine_options_default();
    options.backend = backend;
    options.batch = batch;
    options.threads = 1;
    options.optimizer = gm_optimizer_default(kind);
    options.optimizer.freeze_bias = kind == GM_SGD;
    options.optimizer.rate = 0.01;
    return net_engine(net_make(&shape, precision, 1), &options);
}

/* The same in f64, with everything that a step may have. */
static gm_engine *make_full_engine(gm_optimizer_kind kind, size_t batch)
{
    static const double dropout[] = {0.5, 0.25};
    gm_engine_options options = gm_engine_options_default();
    options.batch = batch;
    options.threads = 1;
    options.optimizer = gm_optimizer_default(kind);
    options.optimizer.freeze_bias = kind == GM_SGD;
    options.optimizer.rate = 0.01;
    options.dropout = dropout;
    options.dropout_count = 2;
    options.average_decay = 0.5;
    options.accumulates = true;
    return net_engine(net_make(&shape, GM_F64, 1), &options);
}

typedef struct seen {
    size_t epochs, layer_count;
    double gradient_norm;
    gm_layer_figures layers[NET_LAYERS];
} seen;

static gm_status on_epoch(void *context, const gm_epoch *epoch, bool *stop, gm_error *error)
{
    seen *s = context;
    (void)stop, (void)error;
    s->epochs++;
    s->layer_count = epoch->layer_count;
    s->gradient_norm = epoch->gradient_norm;
    if (epoch->layers)
        memcpy(s->layers, epoch->layers, epoch->layer_count * sizeof *epoch->layers);
    return GM_OK;
}

static seen train_by(gm_engine *engine, const gm_dataset *data, size_t accumulate, size_t epochs,
                     bool figures)
{
    seen s = {0};
    gm_error error;
    gm_train_options options = gm_train_options_default();
    options.epochs = epochs;
    options.accumulate = accumulate;
    options.shuffle = false;
    options.layer_figures = figures;
    options.on_epoch = on_epoch;
    options.context = &s;
    cr_assert_eq(gm_train(engine, data, NULL, NULL, &options, NULL, &error), GM_OK, "%s", error.message);
    return s;
}

static seen train(gm_engine *engine, const gm_dataset *data, size_t epochs, bool figures)
{
    return train_by(engine, data, 1, epochs, figures);
}

static double weight_norm(const gm_network *network, size_t l)
{
    const gm_layer layer = gm_network_layer(network, l);
    double sum = 0;
    for (size_t i = layer.weights; i < layer.biases; i++)
        sum += gm_network_parameter(network, i) * gm_network_parameter(network, i);
    return sqrt(sum);
}

/* One epoch of one step: W moves by rate |G|, and without biases |G| is the norm that is told. */
Test(layer_figures, the_update_of_sgd_is_rate_times_gradient)
{
    gm_dataset *data = make_data();
    for (gm_precision precision = GM_F32; precision <= GM_F64; precision++) {
        gm_engine *engine = make_engine("packed", GM_SGD, ROWS, precision);
        double before[3], sum = 0;
        for (size_t l = 0; l < 3; l++)
            before[l] = weight_norm(gm_engine_network(engine), l);
        const seen s = train(engine, data, 1, true);
        cr_assert_eq(s.layer_count, 3);
        for (size_t l = 0; l < 3; l++) {
            cr_expect_gt(s.layers[l].gradient_norm, 0);
            cr_expect_float_eq(s.layers[l].update_ratio * before[l], 0.01 * s.layers[l].gradient_norm, 1e-6);
            sum += s.layers[l].gradient_norm * s.layers[l].gradient_norm;
        }
        cr_expect_float_eq(s.gradient_norm, sqrt(sum), 1e-12);
        net_free(engine);
    }
    gm_dataset_destroy(data);
}

/* The same of the second step of two, with dropout, of one batch or of two: the figures are of the
 * gradient that the step takes, with its mask and all of its rows. */
Test(layer_figures, they_are_of_the_gradient_of_the_step)
{
    gm_dataset *data = make_data();
    for (size_t accumulate = 1; accumulate <= 2; accumulate++) {
        gm_engine *engine = make_full_engine(GM_SGD, 5 / accumulate), *first;
        double before[3];
        const size_t rows = 5 / accumulate * accumulate;
        gm_dataset *part;
        gm_error error;
        cr_assert_eq(gm_dataset_from_arrays(&part, gm_array_f32(train_x, rows, 3),
                                            gm_array_f32(train_y, rows, 2), 0, &error),
                     GM_OK);
        first = make_full_engine(GM_SGD, 5 / accumulate);
        train_by(first, part, accumulate, 1, false); /* the step before it */
        cr_assert_eq(gm_engine_use_average(first, false, &error), GM_OK);
        for (size_t l = 0; l < 3; l++)
            before[l] = weight_norm(gm_engine_network(first), l);
        const seen s = train_by(engine, data, accumulate, 1, true);
        for (size_t l = 0; l < 3; l++) {
            cr_expect_gt(s.layers[l].gradient_norm, 0);
            cr_expect_float_eq(s.layers[l].update_ratio * before[l], 0.01 * s.layers[l].gradient_norm, 1e-14,
                               "%zu batches, layer %zu: %g, %g", accumulate, l,
                               s.layers[l].update_ratio * before[l], 0.01 * s.layers[l].gradient_norm);
        }
        gm_dataset_destroy(part);
        net_free(engine);
        net_free(first);
    }
    gm_dataset_destroy(data);
}

Test(layer_figures, they_change_no_bit_of_any_step)
{
    gm_dataset *data = make_data();
    for (gm_optimizer_kind kind = 0; kind < GM_OPTIMIZER_COUNT; kind++)
        for (size_t accumulate = 1; accumulate <= 3; accumulate++) {
            gm_engine *with = make_full_engine(kind, 3), *without = make_full_engine(kind, 3);
            train_by(with, data, accumulate, 4, true);
            train_by(without, data, accumulate, 4, false);
            const gm_network *one = gm_engine_network(with), *other = gm_engine_network(without);
            cr_expect_arr_eq(gm_network_parameters_const(one).data, gm_network_parameters_const(other).data,
                             gm_network_parameter_count(one) * sizeof(double), "%s, %zu batches",
                             gm_optimizer_name(kind), accumulate);
            net_free(with);
            net_free(without);
        }
    gm_dataset_destroy(data);
}

/* The norm by hand: one layer of one weight, z = w x, loss (z - y)^2: G = 2 (w x - y) x, and 2 (w x - y). */
Test(layer_figures, the_gradient_norm_by_hand)
{
    static const net_shape single = {{1, 1}, GM_IDENTITY, GM_IDENTITY, GM_MEAN_SQUARES};
    const float x[1] = {3}, y[1] = {1};
    gm_engine_options options = gm_engine_options_default();
    options.batch = 1;
    gm_engine *engine = net_engine(net_make(&single, GM_F64, 1), &options);
    gm_network_set_parameter(gm_engine_network(engine), 0, 0.5);
    gm_network_set_parameter(gm_engine_network(engine), 1, 0);
    gm_dataset *data;
    gm_error error;
    cr_assert_eq(gm_dataset_from_arrays(&data, gm_array_f32(x, 1, 1), gm_array_f32(y, 1, 1), 0, &error),
                 GM_OK);
    const seen s = train(engine, data, 1, true);
    cr_expect_float_eq(s.layers[0].gradient_norm, sqrt(9 + 1), 1e-12, "2 (1.5 - 1) = 1: (3, 1)");
    cr_expect(isnan(s.layers[0].dead), "no relu");
    gm_dataset_destroy(data);
    net_free(engine);
}

/* Units with a bias far below 0 are dead; those far above are not. */
Test(layer_figures, dead_units_are_counted)
{
    gm_dataset *data = make_data();
    static const char *const backends[] = {"packed", "naive", "blas"};
    for (size_t b = 0; b < 3; b++)
        for (size_t batch = 1; batch <= ROWS; batch += 3) {
            gm_engine *engine = make_engine(backends[b], GM_SGD, batch, GM_F32);
            const gm_layer first = gm_network_layer(gm_engine_network(engine), 0);
            const gm_layer second = gm_network_layer(gm_engine_network(engine), 1);
            for (size_t unit = 0; unit < 8; unit++)
                gm_network_set_parameter(gm_engine_network(engine), first.biases + unit,
                                         unit < 2 ? -1e3 : 1e3);
            for (size_t unit = 0; unit < 6; unit++)
                gm_network_set_parameter(gm_engine_network(engine), second.biases + unit,
                                         unit < 3 ? -1e6 : 1e6);
            gm_engine_set_rate(engine, 0);
            const seen s = train(engine, data, 1, true);
            cr_expect_float_eq(s.layers[0].dead, 0.25, 0, "%s, batch %zu", backends[b], batch);
            cr_expect_float_eq(s.layers[1].dead, 0.5, 0, "%s, batch %zu", backends[b], batch);
            cr_expect(isnan(s.layers[2].dead));
            net_free(engine);
        }
    gm_dataset_destroy(data);
}

/* 10 rows in batches of 4: the second step is looked at, not the third one of 2 rows. */
Test(layer_figures, the_step_has_a_whole_batch)
{
    gm_dataset *all = make_data(), *part;
    gm_error error;
    cr_assert_eq(
        gm_dataset_from_arrays(&part, gm_array_f32(train_x, 8, 3), gm_array_f32(train_y, 8, 2), 0, &error),
        GM_OK);
    gm_engine *a = make_engine("packed", GM_SGD, 4, GM_F64), *b = make_engine("packed", GM_SGD, 4, GM_F64);
    const seen ten = train(a, all, 1, true), eight = train(b, part, 1, true);
    cr_expect_eq(ten.gradient_norm, eight.gradient_norm);
    cr_expect_eq(ten.layers[1].update_ratio, eight.layers[1].update_ratio);
    net_free(a);
    net_free(b);
    gm_dataset_destroy(all);
    gm_dataset_destroy(part);
}

/* Figures change no bit of the training, and without them there are none. */
Test(layer_figures, they_change_no_bit)
{
    gm_dataset *data = make_data();
    static const char *const backends[] = {"packed", "naive", "blas"};
    for (size_t b = 0; b < 3; b++)
        for (gm_optimizer_kind kind = 0; kind < GM_OPTIMIZER_COUNT; kind++)
            for (size_t batch = 1; batch <= 4; batch += 3) {
                gm_engine *with = make_engine(backends[b], kind, batch, GM_F32);
                gm_engine *without = make_engine(backends[b], kind, batch, GM_F32);
                const seen s = train(with, data, 5, true), none = train(without, data, 5, false);
                cr_expect_eq(s.epochs, 5);
                cr_expect(none.layer_count == 0 && isnan(none.gradient_norm));
                const gm_network *one = gm_engine_network(with), *other = gm_engine_network(without);
                cr_expect_arr_eq(gm_network_parameters_const(one).data,
                                 gm_network_parameters_const(other).data,
                                 gm_network_parameter_count(one) * sizeof(float), "%s, %s, batch %zu",
                                 backends[b], gm_optimizer_name(kind), batch);
                net_free(with);
                net_free(without);
            }
    gm_dataset_destroy(data);
}

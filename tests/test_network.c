/* Tests networks: their initial weights, the sizes and combinations that are refused, and the planned memory.
 */
#include "nets.h"

#include <string.h>

/* One layer of 400 x 100 and one of 100 x 400 weights, which are enough to distinguish the variances 2/in and
 * 1/in. The relative deviation of the mean of n squares is sqrt((k - 1) / n), where k is the kurtosis. */
static void expect_variance(gm_init init, gm_activation hidden, double first, double second)
{
    const gm_layer_options layers[] = {{100, hidden}, {400, GM_IDENTITY}};
    gm_network_options options = gm_network_options_default();
    options.inputs = 400;
    options.layers = layers;
    options.layer_count = 2;
    options.init = init;
    gm_network *network;
    cr_assert_eq(gm_network_create(&network, &options, NULL), GM_OK);
    const double expected[] = {first, second};
    for (size_t l = 0; l < 2; l++) {
        const gm_layer layer = gm_network_layer(network, l);
        double mean = 0, square = 0;
        for (size_t i = layer.weights; i < layer.biases; i++) {
            const double w = gm_network_parameter(network, i);
            mean += w / 40000;
            square += w * w / 40000;
        }
        cr_expect(fabs(square / expected[l] - 1) < 5 * sqrt(2 / 40000.0),
                  "%s, layer %zu: variance %g; expected %g", gm_init_name(init), l + 1, square, expected[l]);
        cr_expect(fabs(mean) < 5 * sqrt(expected[l] / 40000), "%s: mean %g", gm_init_name(init), mean);
        /* Only those of PyTorch's Linear, whose variance is bound^2 / 3, have biases. */
        const double bound = 1 / sqrt((double)layer.inputs);
        const double most = fabs(expected[l] - bound * bound / 3) < 1e-12 ? bound : 0;
        for (size_t i = 0; i < layer.outputs; i++)
            cr_expect(fabs(gm_network_parameter(network, layer.biases + i)) <= most);
    }
    gm_network_destroy(network);
}

Test(network, variance_of_the_weights)
{
    expect_variance(GM_INIT_XAVIER_UNIFORM, GM_RELU, 2 / 500.0, 2 / 500.0);
    expect_variance(GM_INIT_XAVIER_NORMAL, GM_RELU, 2 / 500.0, 2 / 500.0);
    expect_variance(GM_INIT_HE_UNIFORM, GM_TANH, 2 / 400.0, 2 / 100.0);
    expect_variance(GM_INIT_HE_NORMAL, GM_TANH, 2 / 400.0, 2 / 100.0);
    expect_variance(GM_INIT_LECUN_UNIFORM, GM_RELU, 1 / 400.0, 1 / 100.0);
    expect_variance(GM_INIT_LECUN_NORMAL, GM_RELU, 1 / 400.0, 1 / 100.0);
    static const gm_activation rectifiers[] = {GM_RELU, GM_LEAKY_RELU, GM_GELU, GM_SOFTPLUS,
                                               GM_ELU,  GM_SILU,       GM_MISH};
    static const gm_activation others[] = {GM_SIGMOID, GM_TANH};
    for (size_t i = 0; i < sizeof rectifiers / sizeof *rectifiers; i++)
        expect_variance(GM_INIT_AUTO, rectifiers[i], 1 / 1200.0, 1 / 300.0);
    for (size_t i = 0; i < 2; i++)
        expect_variance(GM_INIT_AUTO, others[i], 2 / 500.0, 1 / 300.0);
}

/* Parameters first .. end - 1 are uniform in [-bound, bound). Of n such numbers the mean has deviation
 * bound / sqrt(3 n), and the mean square, relative to bound^2 / 3, sqrt(0.8 / n); the largest lies within
 * 10 / n of the bound, but for one sample in exp(10). */
static void expect_uniform(const gm_network *network, size_t first, size_t end, double bound)
{
    const double n = (double)(end - first);
    double mean = 0, square = 0, most = 0;
    for (size_t i = first; i < end; i++) {
        const double w = gm_network_parameter(network, i) / bound;
        mean += w / n;
        square += w * w / n;
        most = fmax(most, fabs(w));
    }
    cr_expect(most <= 1 && most > 1 - 10 / n, "largest %g of %g", most, n);
    cr_expect(fabs(mean) < 5 / sqrt(3 * n), "mean %g of %g", mean, n);
    cr_expect(fabs(3 * square - 1) < 5 * sqrt(0.8 / n), "variance %g of %g", square, n);
}

/* PyTorch's Linear: weights and biases are uniform up to 1 / sqrt(in), whatever the activation. */
Test(network, first_weights_as_in_pytorch)
{
    const gm_layer_options layers[] = {{100, GM_RELU}, {400, GM_SOFTMAX}};
    const double bounds[] = {1 / sqrt(400.0), 1 / sqrt(100.0)};
    gm_network_options options = gm_network_options_default();
    options.inputs = 400;
    options.layers = layers;
    options.layer_count = 2;
    options.loss = GM_CROSS_ENTROPY;
    options.init = GM_INIT_TORCH;
    gm_network *network;
    cr_assert_eq(gm_network_create(&network, &options, NULL), GM_OK);
    for (size_t l = 0; l < 2; l++) {
        const gm_layer layer = gm_network_layer(network, l);
        const size_t parts[][2] = {{layer.weights, layer.biases},
                                   {layer.biases, layer.biases + layer.outputs}};
        for (size_t p = 0; p < 2; p++)
            expect_uniform(network, parts[p][0], parts[p][1], bounds[l]);
    }
    gm_network_destroy(network);
}

static gm_network *small(gm_precision precision, gm_init init, uint64_t seed)
{
    const gm_layer_options layers[] = {{3, GM_RELU}, {2, GM_IDENTITY}};
    gm_network_options options = gm_network_options_default();
    options.inputs = 2;
    options.layers = layers;
    options.layer_count = 2;
    options.precision = precision;
    options.init = init;
    options.init_value = 0.25;
    options.seed = seed;
    gm_network *network;
    cr_assert_eq(gm_network_create(&network, &options, NULL), GM_OK);
    return network;
}

/* From fixtures/make_init_fixture.py, an independent implementation. */
static const struct golden {
    gm_init init;
    double parameters[17];
} golden[] = {
    {GM_INIT_HE_NORMAL,
     {1.5455315800371863, 0.6744091684885919, 1.0582622179949088, -1.3579456477094252, 0.054858096914554635,
      -1.3580058815318874, 0, 0, 0, -0.06844314185486097, -0.293513809795111, 0.2977313769625209,
      -0.16985772003610522, -0.4178930754996991, 0.7472685821659492, 0, 0}},
    {GM_INIT_AUTO,
     {0.32214817388940215, 0.1362125257872405, 0.6156652903656867, -0.12470985948412322, 0.2631154264024084,
      0.28309219805974845, -0.41444562834151566, 0.11552653204276789, 0.03425393014358311,
      -0.4669392907128917, -0.3174043283684724, 0.12209977957002091, -0.03955396965106492,
      -0.45505570152408564, -0.119834347153754, -0.3833420480874925,
      0.2707476959289229}}, /* a rectifier and identity: those of PyTorch */
};

Test(network, golden_weights)
{
    for (size_t g = 0; g < sizeof golden / sizeof *golden; g++) {
        gm_network *f64 = small(GM_F64, golden[g].init, 7), *f32 = small(GM_F32, golden[g].init, 7);
        cr_assert_eq(gm_network_parameter_count(f64), 17);
        for (size_t i = 0; i < 17; i++) {
            const double w = gm_network_parameter(f64, i), expected = golden[g].parameters[i];
            cr_expect(fabs(w - expected) <= 4e-16 * fabs(expected), "parameter %zu is %.17g", i, w);
            cr_expect_eq(gm_network_parameter(f32, i), (double)(float)w, "f32 is f64 rounded");
        }
        gm_network_destroy(f64);
        gm_network_destroy(f32);
    }
}

Test(network, seeds)
{
    gm_network *one = small(GM_F32, GM_INIT_AUTO, 1), *same = small(GM_F32, GM_INIT_AUTO, 1),
               *other = small(GM_F32, GM_INIT_AUTO, 2), *constant = small(GM_F32, GM_INIT_CONSTANT, 1);
    const void *bits = gm_network_parameters(one).data;
    cr_expect_arr_eq(bits, gm_network_parameters(same).data, 17 * sizeof(float));
    cr_expect_neq(memcmp(bits, gm_network_parameters(other).data, 17 * sizeof(float)), 0);
    for (size_t i = 0; i < 17; i++)
        cr_expect_eq(gm_network_parameter(constant, i), 0.25);
    gm_network_destroy(one);
    gm_network_destroy(same);
    gm_network_destroy(other);
    gm_network_destroy(constant);
}

struct refusal {
    net_shape shape;
    gm_status status;
    const char *text; /* part of the message */
};

static const struct refusal refusals[] = {
    {{{0, 3}, GM_RELU, GM_IDENTITY, GM_HALF_SQUARES}, GM_USAGE, "expected at least 1"},
    {{{2}, GM_RELU, GM_IDENTITY, GM_HALF_SQUARES}, GM_USAGE, "no layers"},
    {{{2, 4294967297, 2}, GM_RELU, GM_IDENTITY, GM_HALF_SQUARES}, GM_LIMIT, "4294967297"},
    {{{2147483648, 2}, GM_RELU, GM_IDENTITY, GM_HALF_SQUARES}, GM_LIMIT, "2147483648"},
    {{{1000000, 1000000}, GM_RELU, GM_IDENTITY, GM_HALF_SQUARES}, GM_LIMIT, "4000004000000 bytes"},
    {{{2147483647, 2147483647, 2147483647, 1}, GM_RELU, GM_IDENTITY, GM_HALF_SQUARES},
     GM_LIMIT,
     "more than any machine"},
    {{{2, 3, 2}, GM_SOFTMAX, GM_IDENTITY, GM_HALF_SQUARES}, GM_USAGE, "softmax is for the output"},
    {{{2, 3, 2}, GM_EXP, GM_IDENTITY, GM_HALF_SQUARES}, GM_USAGE, "exp is for the output"},
    {{{2, 3, 2}, GM_RELU, GM_IDENTITY, GM_POISSON},
     GM_USAGE,
     "needs the output activation exp, got identity"},
    {{{2, 3, 2}, GM_RELU, GM_SIGMOID, GM_CROSS_ENTROPY},
     GM_USAGE,
     "needs the output activation softmax, got sigmoid"},
    {{{2, 3, 2}, GM_RELU, GM_IDENTITY, GM_LOGISTIC},
     GM_USAGE,
     "needs the output activation sigmoid, got identity"},
    {{{2, 3, 2}, (gm_activation)99, GM_IDENTITY, GM_HALF_SQUARES}, GM_USAGE, "unknown activation 99"},
    {{{2, 3, 2}, GM_RELU, GM_IDENTITY, (gm_loss)99}, GM_USAGE, "unknown loss 99"},
};

Test(network, refusals)
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        gm_layer_options layers[NET_LAYERS] = {{0, GM_RELU}};
        const struct refusal *r = &refusals[i];
        gm_network_options options = gm_network_options_default();
        options.inputs = r->shape.sizes[0];
        options.layer_count = r->shape.sizes[1] ? net_layers(&r->shape, layers) : 0;
        options.layers = layers;
        options.loss = r->shape.loss;
        gm_network *network = (gm_network *)layers;
        gm_error error = {0};
        cr_expect_eq(gm_network_create(&network, &options, &error), r->status, "row %zu: %s", i,
                     error.message);
        cr_expect_null(network);
        cr_expect_not_null(strstr(error.message, r->text), "row %zu: %s", i, error.message);
        cr_expect_eq(gm_network_create(&network, &options, NULL), r->status, "without a place for the text");
    }
    gm_network_destroy(NULL);
}

Test(network, a_layer_of_no_units_is_refused)
{
    const gm_layer_options layers[] = {{3, GM_RELU}, {0, GM_RELU}, {2, GM_IDENTITY}};
    gm_network_options options = gm_network_options_default();
    options.inputs = 2;
    options.layers = layers;
    options.layer_count = 3;
    gm_network *network;
    gm_error error;
    cr_expect_eq(gm_network_create(&network, &options, &error), GM_USAGE);
    cr_expect_not_null(strstr(error.message, "layer 2"), "%s", error.message);
}

Test(network, names_there_and_back)
{
    gm_activation activation;
    gm_loss loss;
    gm_init init;
    for (int i = 0; i < GM_ACTIVATION_COUNT; i++)
        cr_expect(gm_activation_from_name(gm_activation_name((gm_activation)i), &activation) &&
                  (int)activation == i);
    for (int i = 0; i < GM_LOSS_COUNT; i++)
        cr_expect(gm_loss_from_name(gm_loss_name((gm_loss)i), &loss) && (int)loss == i);
    for (int i = 0; i < GM_INIT_COUNT; i++)
        cr_expect(gm_init_from_name(gm_init_name((gm_init)i), &init) && (int)init == i);
    cr_expect_not(gm_activation_from_name("ReLU", &activation));
    cr_expect_not(gm_loss_from_name("", &loss));
    cr_expect_not(gm_init_from_name("he", &init));
}

Test(network, a_copy_has_the_weights_of_the_last_step)
{
    const net_shape shape = {{3, 5, 2}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY};
    const float x[] = {1, 2, 3}, y[] = {0, 1};
    gm_engine_options options = gm_engine_options_default();
    options.batch = 4;
    gm_engine *engine = net_engine(net_make(&shape, GM_F32, 1), &options);
    gm_network *network = gm_engine_network(engine), *copy;
    gm_error error;
    net_step(engine, gm_array_f32(x, 1, 3), gm_array_f32(y, 1, 2));
    cr_assert_eq(gm_network_copy(&copy, network, &error), GM_OK);
    cr_expect_eq(gm_network_parameter_count(copy), gm_network_parameter_count(network));
    cr_expect_eq(gm_network_loss(copy), GM_CROSS_ENTROPY);
    cr_expect_eq(gm_network_layer(copy, 1).activation, GM_SOFTMAX);
    for (size_t i = 0; i < gm_network_parameter_count(copy); i++)
        cr_expect_eq(gm_network_parameter(copy, i), gm_network_parameter(network, i));
    gm_network_set_parameter(copy, 0, 42);
    cr_expect_neq(gm_network_parameter(network, 0), 42);
    gm_network_destroy(copy);
    net_free(engine);
}

/* The arrays say what the block is, and both are the same memory. */
Test(network, parameters_are_an_array_of_the_precision)
{
    static const net_shape shape = {{2, 3, 2}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY};
    for (int precision = GM_F32; precision <= GM_F64; precision++) {
        gm_network *network = net_make(&shape, (gm_precision)precision, 1);
        const gm_mutable_array mine = gm_network_parameters(network);
        const gm_array read = gm_network_parameters_const(network);
        cr_expect_eq(mine.type, precision == GM_F64 ? GM_TYPE_F64 : GM_TYPE_F32);
        cr_expect(mine.rows == 1 && mine.cols == 17 && mine.ld == 17);
        cr_expect(read.data == mine.data && read.type == mine.type && read.rows == 1 && read.cols == 17);
        if (precision == GM_F64)
            ((double *)mine.data)[16] = 0.75;
        else
            ((float *)mine.data)[16] = 0.75F;
        cr_expect_eq(gm_network_parameter(network, 16), 0.75);
        gm_network_destroy(network);
    }
}

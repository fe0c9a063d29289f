/* Tests dropout. Numbers are left out as often as they should be, and independently of each other. A mask
 * does not depend on the backend, on the threads, or on how rows are divided into batches. Predictions have
 * no dropout. The gradient is that of the loss with the mask. */
#include "nets.h"
#include "nn/mask.h"

#include <gradmill/gradcheck.h>
#include <string.h>

enum { IN = 11, WIDE = 130, OUT = 3, ROWS = 24, STEPS = 3 };

static const net_shape shape = {{IN, WIDE, 37, OUT}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY};

static double x[ROWS * IN], y[ROWS * OUT];

static void fill(void)
{
    net_fill(x, ROWS * IN, -1, 1);
    memset(y, 0, sizeof y);
    for (size_t r = 0; r < ROWS; r++)
        y[r * OUT + r % OUT] = 1;
}

TestSuite(dropout, .init = fill);

static gm_array inputs(size_t first, size_t rows)
{
    return gm_array_f64(x + first * IN, rows, IN);
}

static gm_array targets(size_t first, size_t rows)
{
    return gm_array_f64(y + first * OUT, rows, OUT);
}

static gm_engine_options options_of(const double *dropout, size_t count)
{
    gm_engine_options options = gm_engine_options_default();
    options.batch = ROWS;
    options.threads = 1;
    options.dropout = dropout;
    options.dropout_count = count;
    options.dropout_seed = 7;
    options.accumulates = true;
    return options;
}

/* Of n tries with probability p, so many that the count is off by more than five standard deviations only
 * once in two million tests; the seeds are fixed, so the test gives the same result each time. */
static void expect_share(size_t count, size_t n, double p, const char *what)
{
    const double off = ((double)count - (double)n * p) / sqrt((double)n * p * (1 - p));
    cr_expect(fabs(off) < 5, "%s: %zu of %zu, expected a share of %g: %.1f standard deviations", what, count,
              n, p, off);
}

/* The random bits of one place. */
static uint32_t bits_at(uint64_t seed, size_t step, size_t layer, size_t row, uint32_t column)
{
    return gm_mask_bits(gm_mask_of_row(gm_mask_of_step(seed, step), layer, row), column);
}

Test(dropout, each_number_is_left_out_as_often_as_it_should)
{
    const double shares[] = {0.1, 0.2, 0.5, 0.9};
    for (size_t s = 0; s < 4; s++) {
        const uint32_t below = gm_mask_limit(shares[s]);
        size_t all = 0, by_row[64] = {0}, by_column[64] = {0};
        for (size_t row = 0; row < 4096; row++) {
            for (uint32_t column = 0; column < 512; column++) {
                const bool out = bits_at(1, 3, 0, row, column) < below;
                all += out;
                by_row[row % 64] += out;
                by_column[column % 64] += out;
            }
        }
        expect_share(all, 4096 * 512, shares[s], "all");
        for (size_t i = 0; i < 64; i++) {
            expect_share(by_row[i], 4096 * 512 / 64, shares[s], "some rows");
            expect_share(by_column[i], 4096 * 512 / 64, shares[s], "some columns");
        }
    }
}

/* Two places that differ in one count are both left out as often as two coins are both heads. */
Test(dropout, neighbours_are_independent)
{
    const double shares[] = {0.2, 0.5};
    for (size_t s = 0; s < 2; s++) {
        const uint32_t below = gm_mask_limit(shares[s]);
        size_t pairs[6] = {0};
        const size_t n = 1024 * 512;
        for (size_t row = 0; row < 1024; row++) {
            for (uint32_t column = 0; column < 512; column++) {
                if (bits_at(1, 3, 0, row, column) >= below)
                    continue;
                pairs[0] += bits_at(1, 3, 0, row, column + 1) < below;
                pairs[1] += bits_at(1, 3, 0, row + 1, column) < below;
                pairs[2] += bits_at(1, 3, 1, row, column) < below;
                pairs[3] += bits_at(1, 4, 0, row, column) < below;
                pairs[4] += bits_at(2, 3, 0, row, column) < below;
                pairs[5] += bits_at(1, 3, 0, row, column ^ 256) < below;
            }
        }
        const char *const what[] = {"columns", "rows", "layers", "steps", "seeds", "far columns"};
        for (size_t i = 0; i < 6; i++)
            expect_share(pairs[i], n, shares[s] * shares[s], what[i]);
    }
}

/* All bits are used, and each is as often 1 as 0; 256 equal parts of the range are hit equally often. */
Test(dropout, all_bits_are_random)
{
    size_t ones[32] = {0}, parts[256] = {0};
    const size_t n = 1 << 20;
    for (size_t i = 0; i < n; i++) {
        const uint32_t bits = bits_at(5, i >> 16, 2, i >> 8 & 255, (uint32_t)i & 255);
        parts[bits >> 24]++;
        for (size_t b = 0; b < 32; b++)
            ones[b] += bits >> b & 1;
    }
    for (size_t b = 0; b < 32; b++)
        expect_share(ones[b], n, 0.5, "a bit");
    for (size_t p = 0; p < 256; p++)
        expect_share(parts[p], n, 1.0 / 256, "a part of the range");
}

/* A network of this file, computed with plain loops. A matrix has `cols` columns. */
enum { LAYERS = 3, MOST_PARAMETERS = 8192 };

struct plain {
    const gm_network *network;
    double m[LAYERS][ROWS * WIDE]; /* the masks */
    double a[LAYERS][ROWS * WIDE]; /* f(Z), after dropout in hidden layers */
    double f[LAYERS][ROWS * WIDE]; /* f(Z) */
    double d[LAYERS][ROWS * WIDE];
};

/* Z = A_prev W^T + 1 b^T, f(Z), and f(Z) (.) M        ROWS x out = (ROWS x in)(out x in)^T */
static void plain_forward(struct plain *p, size_t l)
{
    const gm_layer layer = gm_network_layer(p->network, l);
    for (size_t r = 0; r < ROWS; r++) {
        double sum = 0;
        for (size_t o = 0; o < layer.outputs; o++) {
            double z = gm_network_parameter(p->network, layer.biases + o);
            for (size_t i = 0; i < layer.inputs; i++)
                z += (l > 0 ? p->a[l - 1] : x)[r * layer.inputs + i] *
                     gm_network_parameter(p->network, layer.weights + o * layer.inputs + i);
            const size_t at = r * layer.outputs + o;
            p->f[l][at] = l + 1 < LAYERS ? tanh(z) : exp(z);
            p->a[l][at] = l + 1 < LAYERS ? p->f[l][at] * p->m[l][at] : p->f[l][at];
            sum += p->f[l][at];
        }
        for (size_t o = 0; l + 1 == LAYERS && o < layer.outputs; o++)
            p->a[l][r * layer.outputs + o] /= sum;
    }
}

/* D_prev = ((D W) (.) M) (.) f'(Z_prev)               ROWS x in = (ROWS x out)(out x in) */
static void plain_delta(struct plain *p, size_t l)
{
    const gm_layer layer = gm_network_layer(p->network, l);
    for (size_t r = 0; r < ROWS; r++) {
        for (size_t i = 0; i < layer.inputs; i++) {
            const size_t at = r * layer.inputs + i;
            double sum = 0;
            for (size_t o = 0; o < layer.outputs; o++)
                sum += p->d[l][r * layer.outputs + o] *
                       gm_network_parameter(p->network, layer.weights + o * layer.inputs + i);
            p->d[l - 1][at] = sum * p->m[l - 1][at] * (1 - p->f[l - 1][at] * p->f[l - 1][at]);
        }
    }
}

/* The largest difference from dC/dW = D^T A_prev and dC/db = D^T 1. */
static double plain_difference(const struct plain *p, size_t l, const double *gradient)
{
    const gm_layer layer = gm_network_layer(p->network, l);
    double most = 0;
    for (size_t o = 0; o < layer.outputs; o++) {
        double bias = 0;
        for (size_t r = 0; r < ROWS; r++)
            bias += p->d[l][r * layer.outputs + o];
        most = fmax(most, fabs(bias - gradient[layer.biases + o]));
        for (size_t i = 0; i < layer.inputs; i++) {
            double sum = 0;
            for (size_t r = 0; r < ROWS; r++)
                sum += p->d[l][r * layer.outputs + o] * (l > 0 ? p->a[l - 1] : x)[r * layer.inputs + i];
            most = fmax(most, fabs(sum - gradient[layer.weights + o * layer.inputs + i]));
        }
    }
    return most;
}

/* The masks of step 1, from the definition: 0 with the probability, else 1 / (1 - probability). */
static void plain_masks(struct plain *p, const double *dropout, uint64_t seed)
{
    for (size_t l = 0; l + 1 < LAYERS; l++) {
        const size_t outputs = gm_network_layer(p->network, l).outputs;
        for (size_t r = 0; r < ROWS; r++) {
            for (uint32_t o = 0; o < outputs; o++)
                p->m[l][r * outputs + o] =
                    bits_at(seed, 1, l, r, o) < dropout[l] * 0x1p32 ? 0 : 1 / (1 - dropout[l]);
        }
    }
}

Test(dropout, the_gradient_is_that_of_plain_loops)
{
    static struct plain plain;
    static double gradient[MOST_PARAMETERS];
    const double dropout[] = {0.3, 0.5};
    const char *backend;
    for (size_t b = 0; (backend = gm_backend_name(b)); b++) {
        gm_engine_options options = options_of(dropout, 2);
        options.backend = backend;
        options.threads = 1 + b % 2;
        gm_engine *engine = net_engine(net_make(&shape, GM_F64, 3), &options);
        const size_t count = gm_network_parameter_count(gm_engine_network(engine));
        double loss, expected = 0;
        gm_error error;
        cr_assert(count <= MOST_PARAMETERS);
        cr_assert_eq(gm_engine_gradient(engine, inputs(0, ROWS), targets(0, ROWS),
                                        gm_mutable_f64(gradient, 1, count), &loss, &error),
                     GM_OK);
        plain.network = gm_engine_network(engine);
        plain_masks(&plain, dropout, options.dropout_seed);
        for (size_t l = 0; l < LAYERS; l++)
            plain_forward(&plain, l);
        for (size_t i = 0; i < ROWS * OUT; i++) { /* cross-entropy of a softmax: D = (A - Y) / n */
            plain.d[LAYERS - 1][i] = (plain.a[LAYERS - 1][i] - y[i]) / ROWS;
            expected -= y[i] * log(plain.a[LAYERS - 1][i]) / ROWS;
        }
        cr_expect_float_eq(loss, expected, 1e-13, "%s: the loss is %.17g", backend, loss);
        for (size_t l = LAYERS; l-- > 0;) {
            if (l > 0)
                plain_delta(&plain, l);
            const double most = plain_difference(&plain, l, gradient);
            cr_expect(most < 1e-14, "%s, layer %zu: the gradient differs by %g", backend, l, most);
        }
        net_free(engine);
    }
}

/* A small network takes steps of one row in another way (src/online), but not with dropout. */
Test(dropout, steps_of_one_row_have_it)
{
    const net_shape tiny = {{IN, 4, OUT}, GM_SIGMOID, GM_SIGMOID, GM_HALF_SQUARES};
    const double dropout = 0.5;
    const gm_engine_options options = options_of(&dropout, 1);
    gm_engine *engine = net_engine(net_make(&tiny, GM_F64, 3), &options);
    double gradient[64], loss;
    gm_error error;
    for (int i = 0; i < 20; i++) {
        cr_assert_eq(gm_engine_gradient(engine, inputs(0, 1), targets(0, 1),
                                        gm_mutable_f64(gradient, 1, (IN + 1) * 4 + 5 * OUT), &loss, &error),
                     GM_OK);
        cr_expect_eq(net_step(engine, inputs(0, 1), targets(0, 1)), loss, "step %d", i + 1);
    }
    net_free(engine);
}

/* The losses of some steps with dropout, and parameters after them. */
static void train(const gm_engine_options *options, double *parameters, double *losses)
{
    gm_engine *engine = net_engine(net_make(&shape, GM_F64, 3), options);
    for (int i = 0; i < STEPS; i++)
        losses[i] = net_step(engine, inputs(0, ROWS), targets(0, ROWS));
    for (size_t i = 0; i < 300; i++)
        parameters[i] = gm_network_parameter(gm_engine_network(engine), i);
    net_free(engine);
}

Test(dropout, masks_do_not_depend_on_backend_or_threads)
{
    const double dropout[] = {0.3, 0.5};
    double expected[300], losses[STEPS];
    gm_engine_options options = options_of(dropout, 2);
    const char *backend;
    train(&options, expected, losses);
    for (size_t b = 0; (backend = gm_backend_name(b)); b++) {
        for (options.threads = 1; options.threads <= 3; options.threads++) {
            double actual[300], of_step[STEPS];
            options.backend = backend;
            train(&options, actual, of_step);
            for (size_t i = 0; i < STEPS; i++)
                cr_expect_float_eq(of_step[i], losses[i], 1e-12, "%s, %zu threads: loss %zu", backend,
                                   options.threads, i);
            const bool packed = strcmp(backend, "packed") == 0;
            for (size_t i = 0; i < 300; i++)
                cr_expect(packed ? actual[i] == expected[i] : fabs(actual[i] - expected[i]) < 1e-12,
                          "%s, %zu threads: parameter %zu is %.17g, expected %.17g", backend, options.threads,
                          i, actual[i], expected[i]);
        }
    }
}

/* A row's mask belongs to its place among all rows of the step. */
Test(dropout, batches_that_are_held_have_the_masks_of_one_batch)
{
    const double dropout = 0.4;
    const gm_engine_options options = options_of(&dropout, 1);
    gm_engine *parts = net_engine(net_make(&shape, GM_F64, 3), &options),
              *whole = net_engine(net_make(&shape, GM_F64, 3), &options);
    gm_error error;
    for (int i = 0; i < STEPS; i++) {
        cr_assert_eq(gm_engine_hold(parts, inputs(0, 10), targets(0, 10), NULL, NULL, &error), GM_OK);
        cr_assert_eq(gm_engine_hold(parts, inputs(10, ROWS - 10), targets(10, ROWS - 10), NULL, NULL, &error),
                     GM_OK);
        cr_assert_eq(gm_engine_step_held(parts, &error), GM_OK);
        net_step(whole, inputs(0, ROWS), targets(0, ROWS));
    }
    for (size_t i = 0; i < 300; i++)
        cr_expect_float_eq(gm_network_parameter(gm_engine_network(parts), i),
                           gm_network_parameter(gm_engine_network(whole), i), 1e-12);
    net_free(parts);
    net_free(whole);
}

static double training_loss(gm_engine *engine)
{
    static double gradient[WIDE * 64];
    double loss;
    gm_error error;
    const size_t count = gm_network_parameter_count(gm_engine_network(engine));
    cr_assert_eq(gm_engine_gradient(engine, inputs(0, ROWS), targets(0, ROWS),
                                    gm_mutable_f64(gradient, 1, count), &loss, &error),
                 GM_OK, "%s", error.message);
    return loss;
}

/* Nothing is left out of predictions; and a gradient before them does not change that. */
Test(dropout, predictions_know_nothing_of_it)
{
    const double dropout = 0.5;
    const gm_engine_options with = options_of(&dropout, 1), without = options_of(NULL, 0);
    gm_engine *drops = net_engine(net_make(&shape, GM_F64, 3), &with),
              *plain = net_engine(net_make(&shape, GM_F64, 3), &without);
    double losses[2];
    gm_error error;
    const double trained = training_loss(drops);
    gm_engine_loss(drops, inputs(0, ROWS), targets(0, ROWS), &losses[0], gm_no_array(), &error);
    gm_engine_loss(plain, inputs(0, ROWS), targets(0, ROWS), &losses[1], gm_no_array(), &error);
    cr_expect_eq(losses[0], losses[1]);
    cr_expect(fabs(trained - losses[0]) > 1e-4, "a mask changes the loss: %g, %g", trained, losses[0]);
    cr_expect_eq(training_loss(drops), trained, "the mask stays until a step is taken");
    net_step(drops, inputs(0, ROWS), targets(0, ROWS));
    net_step(plain, inputs(0, ROWS), targets(0, ROWS));
    cr_expect_neq(training_loss(drops), trained);
    net_free(drops);
    net_free(plain);
}

/* Inverted dropout: what a layer gives has the same mean with it and without it. */
Test(dropout, the_mean_over_masks_is_the_prediction)
{
    static const net_shape linear = {{IN, WIDE, 1}, GM_IDENTITY, GM_IDENTITY, GM_MEAN_SQUARES};
    const double dropout = 0.5;
    gm_engine_options options = options_of(&dropout, 1);
    options.optimizer.rate = 0;
    gm_engine *engine = net_engine(net_make(&linear, GM_F64, 3), &options);
    const gm_array zeros = gm_array_f64((double[1]){0}, 1, 1);
    double expected, sum = 0, squares = 0;
    gm_error error;
    cr_assert_eq(gm_engine_predict(engine, inputs(0, 1), gm_mutable_f64(&expected, 1, 1), &error), GM_OK);
    const int n = 4000;
    for (int i = 0; i < n; i++) {
        net_step(engine, inputs(0, 1), zeros);
        const double output = *(const double *)gm_engine_view(engine, GM_VIEW_A, 1).data;
        sum += output;
        squares += output * output;
    }
    const double mean = sum / n, deviation = sqrt((squares / n - mean * mean) / n);
    cr_expect(fabs(mean - expected) < 4 * deviation && deviation > 0, "mean %g, expected %g +- %g", mean,
              expected, deviation);
    net_free(engine);
}

Test(dropout, the_gradient_is_that_of_the_masked_loss)
{
    const gm_activation activations[] = {GM_SIGMOID, GM_TANH, GM_GELU, GM_IDENTITY};
    const double dropout[] = {0.25, 0.6};
    const char *backend;
    for (size_t b = 0; (backend = gm_backend_name(b)); b++) {
        for (size_t a = 0; a < sizeof activations / sizeof *activations; a++) {
            const net_shape checked = {{IN, 20, 17, OUT}, activations[a], GM_SOFTMAX, GM_CROSS_ENTROPY};
            gm_engine_options options = options_of(dropout, 2);
            gm_gradcheck_options check = gm_gradcheck_options_default();
            gm_gradcheck result;
            gm_error error;
            options.backend = backend;
            options.threads = 1 + a % 2;
            gm_engine *engine = net_engine(net_make(&checked, GM_F64, 3), &options);
            cr_assert_eq(gm_gradcheck_run(engine, inputs(0, 9), targets(0, 9), &check, &result, &error),
                         GM_OK);
            cr_expect(result.passed, "%s, %s: parameter %zu: %g, by differences %g", backend,
                      gm_activation_name(activations[a]), result.worst_index, result.analytic,
                      result.numeric);
            net_free(engine);
        }
    }
}

Test(dropout, what_is_refused)
{
    const double bad[] = {1, -0.1, NAN}, three[] = {0.1, 0.1, 0.1};
    gm_network *network = net_make(&shape, GM_F64, 3);
    gm_engine *engine;
    gm_error error;
    for (size_t i = 0; i < 3; i++) {
        const gm_engine_options options = options_of(&bad[i], 1);
        cr_expect_eq(gm_engine_create(&engine, network, &options, &error), GM_USAGE);
        cr_expect(strstr(error.message, "dropout is"), "%s", error.message);
    }
    const gm_engine_options many = options_of(three, 3), none = options_of(NULL, 1);
    cr_expect_eq(gm_engine_create(&engine, network, &many, &error), GM_USAGE);
    cr_expect(
        strstr(error.message,
               "3 probabilities of dropout; expected 1, or one for each of the hidden layers, which are 2"),
        "%s", error.message);
    cr_expect_eq(gm_engine_create(&engine, network, &none, &error), GM_USAGE);
    gm_network_destroy(network);
}

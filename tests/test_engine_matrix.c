/* Every optimizer on every backend, in both precisions, on one thread and on several, with one row, an odd
 * number of rows and many: each engine agrees with backend naive on one thread. The networks are tiny, so
 * that there are threads without work, bands that are not full, and rows that cannot be divided evenly. The
 * sanitizer build finds writes out of bounds. */
#include "nets.h"

#include <string.h>

enum { MOST_ROWS = 67, MOST_IN = 9, MOST_OUT = 5, MOST_PARAMETERS = 2048, STEPS = 3 };

static const size_t batches[] = {1, 7, MOST_ROWS}, threads[] = {1, 2, 3, 8};
enum { BATCHES = 3, THREADS = 4 };

/* Narrow ones may take the fused step; the first layer of the others is wider than a band. */
static const net_shape shapes[] = {
    {.sizes = {3, 4, 2}},
    {.sizes = {9, 70, 6, 3}},
    {.sizes = {5, 17, 5}},
};

static const struct {
    gm_loss loss;
    gm_activation output;
} ends[] = {
    {GM_HALF_SQUARES, GM_IDENTITY}, {GM_CROSS_ENTROPY, GM_SOFTMAX}, {GM_LOGISTIC, GM_SIGMOID},
    {GM_HALF_SQUARES, GM_SOFTMAX},  {GM_HALF_SQUARES, GM_TANH},     {GM_POISSON, GM_EXP},
};

/* What one engine computes: from equal weights and batches, all must compute the same. */
struct outcome {
    double loss, gradient[MOST_PARAMETERS], outputs[MOST_ROWS * MOST_OUT], parameters[MOST_PARAMETERS];
};

struct data {
    double x[MOST_ROWS * MOST_IN], y[MOST_ROWS * MOST_OUT];
};

/* What a row of the matrix stands for; networks take turns. */
struct combination {
    net_shape shape;
    gm_precision precision;
    gm_engine_options options;
};

static struct combination combination(size_t index, gm_optimizer_kind kind, gm_precision precision,
                                      size_t rows)
{
    struct combination c = {.shape = shapes[index % (sizeof shapes / sizeof *shapes)],
                            .precision = precision,
                            .options = gm_engine_options_default()};
    c.shape.hidden = (gm_activation)(index % GM_EXP); /* those behind are for outputs only */
    c.shape.output = ends[index % (sizeof ends / sizeof *ends)].output;
    c.shape.loss = ends[index % (sizeof ends / sizeof *ends)].loss;
    c.options.batch = rows;
    c.options.optimizer = gm_optimizer_default(kind);
    c.options.optimizer.epsilon = 1e-2; /* a smaller one makes steps of the rounding of small gradients */
    c.options.optimizer.l2 = 1e-3;
    return c;
}

static void widen(gm_precision precision, const void *from, double *to, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = precision == GM_F64 ? ((const double *)from)[i] : (double)((const float *)from)[i];
}

static void compute(const struct combination *c, const struct data *data, struct outcome *outcome)
{
    double numbers[MOST_PARAMETERS];
    gm_error error;
    gm_network *network = net_make(&c->shape, c->precision, 1);
    const size_t rows = c->options.batch, in = gm_network_inputs(network), out = gm_network_outputs(network);
    const size_t parameters = gm_network_parameter_count(network);
    cr_assert(parameters <= MOST_PARAMETERS && in <= MOST_IN && out <= MOST_OUT);
    gm_engine *engine = net_engine(network, &c->options);
    const gm_array x = gm_array_f64(data->x, rows, in), y = gm_array_f64(data->y, rows, out);
    cr_assert_eq(gm_engine_gradient(engine, x, y, gm_mutable_real(numbers, c->precision, 1, parameters),
                                    &outcome->loss, &error),
                 GM_OK, "%s", error.message);
    widen(c->precision, numbers, outcome->gradient, parameters);
    for (int i = 0; i < STEPS; i++)
        net_step(engine, x, y);
    cr_assert_eq(gm_engine_predict(engine, x, gm_mutable_real(numbers, c->precision, rows, out), &error),
                 GM_OK, "%s", error.message);
    widen(c->precision, numbers, outcome->outputs, rows * out);
    widen(c->precision, gm_network_parameters_const(network).data, outcome->parameters, parameters);
    net_free(engine);
}

static void expect_close(const double *actual, const double *expected, const struct combination *c,
                         const char *what)
{
    const double tolerance = c->precision == GM_F64 ? 1e-11 : 1e-4;
    for (size_t i = 0; i < MOST_PARAMETERS; i++) /* what is not used is 0 in both */
        cr_assert(fabs(actual[i] - expected[i]) <= tolerance * (1 + fabs(expected[i])),
                  "%s, %s, %s, %zu threads, %zu rows, %s: %s %zu is %.17g; expected %.17g",
                  gm_optimizer_name(c->options.optimizer.kind), c->options.backend,
                  gm_precision_name(c->precision), c->options.threads, c->options.batch,
                  gm_activation_name(c->shape.hidden), what, i, actual[i], expected[i]);
}

static void compare(const struct combination *c, const struct outcome *actual, const struct outcome *expected)
{
    _Static_assert(MOST_ROWS * MOST_OUT <= MOST_PARAMETERS, "outputs are compared in the same way");
    double padded[2][MOST_PARAMETERS] = {{0}};
    memcpy(padded[0], actual->outputs, sizeof actual->outputs);
    memcpy(padded[1], expected->outputs, sizeof expected->outputs);
    expect_close(padded[0], padded[1], c, "output");
    expect_close(actual->gradient, expected->gradient, c, "gradient");
    expect_close(actual->parameters, expected->parameters, c, "parameter");
    expect_relative(actual->loss, expected->loss, c->precision == GM_F64 ? 1e-12 : 1e-5, "the loss");
}

/* All backends and numbers of threads; naive on one thread is right. */
static size_t compare_all(struct combination c, const struct data *data)
{
    static struct outcome actual, expected;
    size_t engines = 0;
    const char *backend;
    c.options.backend = "naive";
    c.options.threads = 1;
    memset(&expected, 0, sizeof expected);
    compute(&c, data, &expected);
    for (size_t b = 0; (backend = gm_backend_name(b)); b++) {
        for (size_t t = 0; t < THREADS; t++, engines++) {
            c.options.backend = backend;
            c.options.threads = threads[t];
            memset(&actual, 0, sizeof actual);
            compute(&c, data, &actual);
            compare(&c, &actual, &expected);
        }
    }
    return engines;
}

Test(matrix, every_engine_agrees_with_naive_loops)
{
    static struct data data;
    size_t index = 0, engines = 0;
    unsigned activations = 0;
    net_fill(data.x, MOST_ROWS * MOST_IN, -1, 1);
    net_fill(data.y, MOST_ROWS * MOST_OUT, 0, 2);
    for (size_t i = 0; i < MOST_ROWS * MOST_OUT; i++) /* 0 to 1 suits every loss */
        data.y[i] /= 2;
    for (int kind = 0; kind < GM_OPTIMIZER_COUNT; kind++) {
        for (int precision = GM_F32; precision <= GM_F64; precision++) {
            for (size_t b = 0; b < BATCHES; b++, index++) {
                const struct combination c =
                    combination(index, (gm_optimizer_kind)kind, (gm_precision)precision, batches[b]);
                activations |= 1U << c.shape.hidden | 1U << c.shape.output;
                engines += compare_all(c, &data);
            }
        }
    }
    cr_expect_eq(activations, (1U << GM_ACTIVATION_COUNT) - 1, "every activation has its turn");
    cr_expect_eq(engines, GM_OPTIMIZER_COUNT * 2 * BATCHES * 4 * THREADS);
}

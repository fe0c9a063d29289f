/* Tests a step in two halves (gradient and apply), gradients that are scaled and accumulated, and the call
 * for each layer whose gradient is complete. */
#include "nets.h"
#include "sanitized.h"

#include <pthread.h>
#include <string.h>

enum { ROWS = 37, IN = 61, OUT = 3, STEPS = 3, MOST = 64000, MOST_LAYERS = 3 };

/* The second has parts of W of several kinds (bands that are not full, more inputs than a part has), and
 * enough parameters for several threads to share them. */
static const net_shape shapes[] = {
    {{IN, 5, OUT}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY},
    {{IN, 530, 41, OUT}, GM_GELU, GM_IDENTITY, GM_MEAN_SQUARES},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static double x[ROWS * IN], y[ROWS * OUT];

static void fill(void)
{
    net_fill(x, ROWS * IN, -1, 1);
    for (size_t r = 0; r < ROWS; r++)
        y[r * OUT + r % OUT] = 1;
}

TestSuite(apply, .init = fill);

/* One combination: network, precision, engine options, number of rows. */
struct way {
    const net_shape *shape;
    gm_precision precision;
    size_t rows;
    gm_engine_options options;
};

static struct way way_of(const net_shape *shape, const char *backend, gm_precision precision, size_t threads,
                         gm_optimizer_kind kind)
{
    struct way way = {shape, precision, ROWS, gm_engine_options_default()};
    way.options.backend = backend;
    way.options.threads = threads;
    way.options.optimizer = gm_optimizer_default(kind);
    way.options.optimizer.epsilon = 1e-2; /* a smaller one makes steps of the rounding of small gradients */
    return way;
}

static gm_engine *engine_of(const struct way *way)
{
    return net_engine(net_make(way->shape, way->precision, 3), &way->options);
}

static gm_array inputs_of(const struct way *way)
{
    return gm_array_f64(x, way->rows, IN);
}

static gm_array targets_of(const struct way *way)
{
    return gm_array_f64(y, way->rows, OUT);
}

static void gradient_to(gm_engine *engine, const struct way *way, const gm_gradient *to, double *loss)
{
    gm_error error;
    cr_assert_eq(gm_engine_gradient_to(engine, inputs_of(way), targets_of(way), to, loss, &error), GM_OK,
                 "%s", error.message);
}

/* Numbers that are laid out as the engine's parameters. */
static gm_mutable_array block_of(gm_engine *engine, void *numbers)
{
    const gm_network *network = gm_engine_network(engine);
    return gm_mutable_real(numbers, gm_network_precision(network), 1, gm_network_parameter_count(network));
}

static void apply(gm_engine *engine, void *gradient)
{
    gm_error error;
    cr_assert_eq(gm_engine_apply(engine, gm_array_of(block_of(engine, gradient)), &error), GM_OK, "%s",
                 error.message);
}

/* The same step by its two halves. */
static double step_by_halves(gm_engine *engine, const struct way *way)
{
    static double block[MOST]; /* for either precision */
    const gm_gradient to = gm_gradient_default(block_of(engine, block));
    double loss;
    gradient_to(engine, way, &to, &loss);
    apply(engine, block);
    return loss;
}

static double value(const void *numbers, gm_precision precision, size_t i)
{
    return precision == GM_F64 ? ((const double *)numbers)[i] : (double)((const float *)numbers)[i];
}

/* The largest difference, relative to 1 or to the number expected. NaN differs from everything. */
static double difference(const void *actual, const void *expected, gm_precision precision, size_t count)
{
    double most = 0;
    for (size_t i = 0; i < count; i++) {
        const double a = value(actual, precision, i), e = value(expected, precision, i);
        const double off = fabs(a - e) / (1 + fabs(e));
        most = off <= most ? most : off;
    }
    return most;
}

static double parameters_differ(gm_engine *a, gm_engine *b)
{
    const gm_network *network = gm_engine_network(a);
    const size_t count = gm_network_parameter_count(network);
    cr_assert_leq(count, MOST);
    return difference(gm_network_parameters_const(network).data,
                      gm_network_parameters_const(gm_engine_network(b)).data, gm_network_precision(network),
                      count);
}

static double tolerance(const struct way *way)
{
    const bool adds_tile =
        way->options.optimizer.kind >= GM_NESTEROV; /* a whole tile of gradient comes first */
    if (adds_tile && strcmp(way->options.backend, "blas") != 0)
        return 0;
    return way->precision == GM_F64 ? 1e-12 : 2e-5;
}

static void expect_halves_make_a_step(const struct way *way)
{
    gm_engine *whole = engine_of(way), *halves = engine_of(way);
    for (int i = 0; i < STEPS; i++) {
        const double loss = net_step(whole, inputs_of(way), targets_of(way));
        expect_relative(step_by_halves(halves, way), loss, way->precision == GM_F64 ? 1e-11 : 1e-4,
                        "the loss");
    }
    const double off = parameters_differ(halves, whole);
    cr_expect(off <= tolerance(way), "%s, %s, %s, %zu threads, %zu rows, l2 %g: parameters differ by %g",
              gm_optimizer_name(way->options.optimizer.kind), way->options.backend,
              gm_precision_name(way->precision), way->options.threads, way->rows, way->options.optimizer.l2,
              off);
    net_free(whole);
    net_free(halves);
}

/* Checks with all settings of an optimizer; and with few rows, for which the step uses other code. */
static void expect_for_optimizer(struct way way)
{
    way.options.optimizer.l2 = 0.02;
    way.options.optimizer.decay = 0.05;
    expect_halves_make_a_step(&way);
    if (way.options.threads != 2)
        return;
    way.options.optimizer.l2 = 0;
    way.options.optimizer.freeze_bias = true;
    way.rows = 5;
    expect_halves_make_a_step(&way);
}

/* The numbers are compared in the plain build. Sanitizers, which make threads that wait for one another slow,
 * look at the smallest network, at a third of the optimizers, and at no more threads than are needed. */
Test(apply, gradient_and_application_make_a_step)
{
    const char *backend;
    const size_t most_shapes = SANITIZED ? 1 : SHAPES, most_threads = SANITIZED ? 2 : 3;
    for (size_t b = 0; (backend = gm_backend_name(b)); b++) {
        for (size_t s = 0; s < most_shapes; s++) {
            for (size_t threads = 1; threads <= most_threads; threads++) {
                for (int kind = 0; kind < GM_OPTIMIZER_COUNT; kind += STRIDE) {
                    expect_for_optimizer(
                        way_of(&shapes[s], backend, GM_F32, threads, (gm_optimizer_kind)kind));
                    expect_for_optimizer(
                        way_of(&shapes[s], backend, GM_F64, threads, (gm_optimizer_kind)kind));
                }
            }
        }
    }
}

/* Both ways count as a step, and go on with the moments of the other. */
Test(apply, whole_steps_and_halves_alternate)
{
    const struct way way = way_of(&shapes[1], "packed", GM_F32, 2, GM_ADAM);
    gm_engine *whole = engine_of(&way), *mixed = engine_of(&way);
    for (int i = 0; i < STEPS; i++) {
        net_step(whole, inputs_of(&way), targets_of(&way));
        if (i % 2 == 0)
            step_by_halves(mixed, &way);
        else
            net_step(mixed, inputs_of(&way), targets_of(&way));
    }
    cr_expect_eq(parameters_differ(mixed, whole), 0);
    net_free(whole);
    net_free(mixed);
}

/* An engine that has computed nothing has no plan yet; and biases that are frozen stay. */
Test(apply, the_first_call_may_be_this_one)
{
    static double block[MOST];
    struct way way = way_of(&shapes[1], "packed", GM_F64, 2, GM_SGD);
    way.options.optimizer.freeze_bias = true;
    gm_engine *engine = engine_of(&way), *before = engine_of(&way);
    for (size_t i = 0; i < MOST; i++)
        block[i] = 1;
    apply(engine, block);
    const gm_network *network = gm_engine_network(engine), *old = gm_engine_network(before);
    for (size_t l = 0; l < gm_network_layer_count(network); l++) {
        const gm_layer layer = gm_network_layer(network, l);
        for (size_t i = layer.weights; i < layer.biases + layer.outputs; i++)
            cr_assert_float_eq(gm_network_parameter(network, i),
                               gm_network_parameter(old, i) - (i < layer.biases ? 0.1 : 0), 1e-15);
    }
    net_free(engine);
    net_free(before);
}

/* A number that is not finite changes only its own parameter. */
Test(apply, numbers_that_are_not_finite_are_applied_as_they_are)
{
    static double block[MOST];
    const struct way way = way_of(&shapes[1], "packed", GM_F64, 2, GM_MOMENTUM);
    gm_engine *engine = engine_of(&way);
    const gm_network *network = gm_engine_network(engine);
    memset(block, 0, sizeof block);
    block[IN + 3] = NAN;
    apply(engine, block);
    for (size_t i = 0; i < gm_network_parameter_count(network); i++)
        cr_assert_eq(isnan(gm_network_parameter(network, i)) != 0, i == IN + 3, "parameter %zu", i);
    net_free(engine);
}

Test(apply, what_cannot_be_done_is_refused)
{
    static double block[MOST];
    struct way way = way_of(&shapes[0], "packed", GM_F64, 1, GM_SGD);
    gm_engine *engine = engine_of(&way);
    gm_gradient to = gm_gradient_default(gm_no_array());
    gm_error error;
    cr_expect_eq(gm_engine_apply(engine, gm_array_of(gm_no_array()), &error), GM_USAGE);
    cr_expect_str_eq(error.message, "gradient: no data");
    cr_expect_eq(gm_engine_gradient_to(engine, inputs_of(&way), targets_of(&way), &to, NULL, &error),
                 GM_USAGE);
    cr_expect_str_eq(error.message, "gradient: no data");
    to = gm_gradient_default(block_of(engine, block));
    to.scale = NAN;
    cr_expect_eq(gm_engine_gradient_to(engine, inputs_of(&way), targets_of(&way), &to, NULL, &error),
                 GM_USAGE);
    cr_expect_str_eq(error.message, "the scale of the gradient is nan; expected a finite number");
    net_free(engine);
    way.options.inference = true;
    engine = engine_of(&way);
    cr_expect_eq(gm_engine_apply(engine, gm_array_of(block_of(engine, block)), &error), GM_USAGE);
    cr_expect_str_eq(error.message, "the engine was made for inference and cannot learn");
    net_free(engine);
}

/* The gradient of a batch is the mean of those of its halves. */
static void expect_accumulates(const struct way *way)
{
    static double block[2][MOST];
    gm_engine *engine = engine_of(way);
    const size_t count = gm_network_parameter_count(gm_engine_network(engine));
    struct way half = *way;
    half.rows = way->rows / 2;
    gm_gradient whole = gm_gradient_default(block_of(engine, block[0])),
                parts = gm_gradient_default(block_of(engine, block[1]));
    gm_error error;
    gradient_to(engine, way, &whole, NULL);
    memset(block[1], 0xff, sizeof block[1]); /* NaN, which a first gradient does not read */
    parts.scale = 0.5;
    gradient_to(engine, &half, &parts, NULL);
    parts.accumulate = true;
    const gm_array x2 = gm_array_f64(x + half.rows * IN, half.rows, IN);
    const gm_array y2 = gm_array_f64(y + half.rows * OUT, half.rows, OUT);
    cr_assert_eq(gm_engine_gradient_to(engine, x2, y2, &parts, NULL, &error), GM_OK, "%s", error.message);
    const double off = difference(block[1], block[0], way->precision, count);
    cr_expect(off <= (way->precision == GM_F64 ? 1e-14 : 1e-5), "%s, %s, %zu threads: halves differ by %g",
              way->options.backend, gm_precision_name(way->precision), way->options.threads, off);
    net_free(engine);
}

Test(apply, gradients_of_parts_of_a_batch_add_up)
{
    const char *backend;
    const net_shape *shape = &shapes[SANITIZED ? 0 : 1];
    const size_t most_threads = SANITIZED ? 2 : 3;
    for (size_t b = 0; (backend = gm_backend_name(b)); b++) {
        for (size_t threads = 1; threads <= most_threads; threads++) {
            for (size_t rows = 4; rows < ROWS; rows += 30) {
                struct way way = way_of(shape, backend, GM_F32, threads, GM_SGD);
                way.rows = rows;
                expect_accumulates(&way);
                way.precision = GM_F64;
                expect_accumulates(&way);
            }
        }
    }
}

/* What is known of the layers whose gradients are complete. */
struct seen {
    const gm_network *network;
    const void *block;
    pthread_t caller;
    bool alone;    /* one thread: nobody works on earlier layers meanwhile */
    size_t expect; /* the layer that comes next, plus 1 */
    size_t wrong;
    char copy[MOST * sizeof(double)]; /* the gradient, as it was when each layer was told of */
};

static gm_status take_layer(void *context, const gm_layer_gradient *done, gm_error *error)
{
    struct seen *seen = context;
    (void)error;
    const gm_layer layer = gm_network_layer(seen->network, seen->expect - 1);
    const size_t size = gm_precision_size(gm_network_precision(seen->network));
    const char *weights = (const char *)seen->block + layer.weights * size;
    const size_t weight_count = layer.inputs * layer.outputs;
    seen->wrong += done->layer + 1 != seen->expect || done->weights.data != weights ||
                   done->weights.rows != layer.outputs || done->weights.cols != layer.inputs ||
                   done->weights.ld != layer.inputs || done->biases.rows != 1 ||
                   done->biases.cols != layer.outputs || done->biases.data != weights + weight_count * size;
    seen->wrong += !pthread_equal(pthread_self(), seen->caller);
    for (size_t i = 0; i < layer.weights && seen->alone; i++) /* earlier layers are as they were: NaN */
        seen->wrong += (size_t)!isnan(value(seen->block, gm_network_precision(seen->network), i));
    memcpy(seen->copy + layer.weights * size, done->weights.data, (weight_count + layer.outputs) * size);
    memset(done->weights.data, 0, weight_count * size); /* it may be written to */
    seen->expect--;
    return GM_OK;
}

static void expect_hook(const struct way *way)
{
    static double plain[MOST], block[MOST];
    static struct seen seen;
    gm_engine *engine = engine_of(way);
    gm_network *network = gm_engine_network(engine);
    gm_gradient to = gm_gradient_default(block_of(engine, plain));
    double loss, same_loss;
    gradient_to(engine, way, &to, &loss);
    memset(block, 0xff, sizeof block);
    to.block = block_of(engine, block);
    to.layer_done = take_layer;
    to.context = &seen;
    seen = (struct seen){.network = network,
                         .block = block,
                         .caller = pthread_self(),
                         .alone = way->options.threads == 1,
                         .expect = gm_network_layer_count(network)};
    gradient_to(engine, way, &to, &same_loss);
    const size_t bytes = gm_network_parameter_count(network) * gm_precision_size(way->precision);
    cr_expect_eq(seen.expect, 0, "%zu layers were left out", seen.expect);
    cr_expect_eq(seen.wrong, 0, "%zu things are wrong", seen.wrong);
    cr_expect_eq(memcmp(seen.copy, plain, bytes), 0, "%s, %s, %zu threads, %zu rows: other bits",
                 way->options.backend, gm_precision_name(way->precision), way->options.threads, way->rows);
    cr_expect_eq(loss, same_loss);
    net_free(engine);
}

Test(apply, each_layer_is_told_of_when_its_gradient_is_complete)
{
    const char *backend;
    const size_t most_threads = SANITIZED ? 2 : 3, more_rows = SANITIZED ? 24 : 12;
    for (size_t b = 0; (backend = gm_backend_name(b)); b++) {
        for (size_t threads = 1; threads <= most_threads; threads++) {
            for (size_t rows = 1; rows < ROWS; rows += more_rows) {
                struct way way = way_of(&shapes[1], backend, GM_F32, threads, GM_MOMENTUM);
                way.rows = rows;
                expect_hook(&way);
                way.precision = GM_F64;
                expect_hook(&way);
            }
        }
    }
}

static gm_status fail_at_second(void *context, const gm_layer_gradient *done, gm_error *error)
{
    size_t *calls = context;
    ++*calls;
    if (done->layer > 1)
        return GM_OK;
    snprintf(error->message, sizeof error->message, "the other process has gone");
    return GM_IO;
}

Test(apply, a_failure_of_the_caller_comes_back)
{
    static double block[MOST];
    for (size_t threads = 1; threads <= 2; threads++) {
        const struct way way = way_of(&shapes[1], "packed", GM_F32, threads, GM_SGD);
        gm_engine *engine = engine_of(&way);
        gm_gradient to = gm_gradient_default(block_of(engine, block));
        size_t calls = 0;
        gm_error error;
        to.layer_done = fail_at_second;
        to.context = &calls;
        cr_expect_eq(gm_engine_gradient_to(engine, inputs_of(&way), targets_of(&way), &to, NULL, &error),
                     GM_IO);
        cr_expect_str_eq(error.message, "the other process has gone");
        cr_expect_eq(calls, 2, "%zu calls", calls);
        net_step(engine, inputs_of(&way), targets_of(&way)); /* the engine can go on */
        net_free(engine);
    }
}

/* Clipped steps beyond what PyTorch's fixture says: bounds, numbers that are not finite, threads, and the
 * training loop. */
#include "nets.h"
#include "sanitized.h"

#include "nn/network.h"

#include <string.h>

static const net_shape shape = {{3, 5, 2}, GM_TANH, GM_IDENTITY, GM_MEAN_SQUARES};

static const float batch_x[12] = {1, -2, 3, 0.5F, 1, -1, 2, 2, -2, 0, 1, 0.25F};
static const float batch_y[8] = {10, -10, 20, 0, -5, 5, 3, 30};

static gm_engine_options options_of(double norm, double value)
{
    gm_engine_options options = gm_engine_options_default();
    options.batch = 4;
    options.threads = 1;
    options.optimizer = gm_optimizer_default(GM_SGD);
    options.optimizer.rate = 1;
    options.clip_norm = norm;
    options.clip_value = value;
    return options;
}

static gm_engine *make_engine(double norm, double value)
{
    const gm_engine_options options = options_of(norm, value);
    return net_engine(net_make(&shape, GM_F32, 1), &options);
}

static void take_step(gm_engine *engine)
{
    net_step(engine, gm_array_f32(batch_x, 4, 3), gm_array_f32(batch_y, 4, 2));
}

/* The largest number, and the norm, of what a clipped step with a rate of 1 took off the parameters. */
static void expect_step(const char *backend, bool freeze_bias, double norm, double value)
{
    gm_engine_options options = options_of(norm, value);
    options.backend = backend;
    options.optimizer.freeze_bias = freeze_bias;
    gm_engine *engine = net_engine(net_make(&shape, GM_F32, 1), &options);
    gm_network *network = gm_engine_network(engine);
    const size_t count = gm_network_parameter_count(network);
    double before[64], squares = 0, largest = 0;
    cr_assert(count <= 64);
    for (size_t i = 0; i < count; i++)
        before[i] = gm_network_parameter(network, i);
    take_step(engine);
    for (size_t i = 0; i < count; i++) {
        const double step = before[i] - gm_network_parameter(network, i);
        squares += step * step;
        largest = fmax(largest, fabs(step));
    }
    if (norm > 0)
        cr_expect_float_eq(sqrt(squares), norm, 1e-4 * norm,
                           "%s: the gradient is larger, so the norm is the bound, not %g", backend,
                           sqrt(squares));
    else
        cr_expect_float_eq(largest, value, 1e-4 * value);
    net_free(engine);
}

Test(clip, a_step_is_as_long_as_the_bound)
{
    const char *backend;
    for (size_t b = 0; (backend = gm_backend_name(b)); b++) {
        expect_step(backend, false, 0.5, 0);
        expect_step(backend, true, 0.5, 0);
        expect_step(backend, false, 0, 0.25);
    }
}

Test(clip, bounds_that_mean_nothing_are_refused)
{
    gm_network *network = net_make(&shape, GM_F32, 1);
    const double bad[] = {-1, NAN, INFINITY};
    gm_engine *engine;
    gm_error error;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        gm_engine_options options = options_of(bad[i], 0);
        cr_expect_eq(gm_engine_create(&engine, network, &options, &error), GM_USAGE);
        cr_expect(strstr(error.message, "clip_norm is"), "%s", error.message);
        options = options_of(0, bad[i]);
        cr_expect_eq(gm_engine_create(&engine, network, &options, &error), GM_USAGE);
        cr_expect(strstr(error.message, "clip_value is"), "%s", error.message);
    }
    gm_network_destroy(network);
}

static size_t state_of(double norm)
{
    gm_engine *engine = make_engine(norm, 0);
    const size_t bytes = gm_engine_memory(engine).optimizer;
    net_free(engine);
    return bytes;
}

Test(clip, a_gradient_is_held_only_with_a_bound)
{
    cr_expect_eq(state_of(0), 0);
    cr_expect_geq(state_of(1), 32 * sizeof(float));
}

/* A bound must not hide that training has diverged. */
Test(clip, a_gradient_that_is_not_finite_is_applied)
{
    gm_engine *engine = make_engine(1, 1);
    gm_network_set_parameter(gm_engine_network(engine), 0, NAN);
    take_step(engine);
    const gm_layer last = gm_network_layer(gm_engine_network(engine), 1);
    cr_expect(isnan(gm_network_parameter(gm_engine_network(engine), last.weights)));
    net_free(engine);
}

/* The squares of these numbers overflow a float, but their norm does not. */
Test(clip, the_norm_of_a_large_gradient)
{
    static const float huge_y[8] = {3e20F, -1e20F, 2e20F, 1e20F, -3e20F, 2e20F, 1e20F, 3e20F};
    gm_engine *engine = make_engine(0.5, 0);
    const double before = gm_network_parameter(gm_engine_network(engine), 0);
    net_step(engine, gm_array_f32(batch_x, 4, 3), gm_array_f32(huge_y, 4, 2));
    const double after = gm_network_parameter(gm_engine_network(engine), 0);
    cr_expect(isfinite(after) && after != before, "the first weight went from %g to %g", before, after);
    net_free(engine);
}

enum { ROWS = 37, IN = 61, WIDE = 530, OUT = 3, STEPS = 4 };

/* The parameters after some steps that are clipped by norm and by value. */
static void train_wide(size_t threads, gm_optimizer_kind kind, gm_engine **engine)
{
    static const net_shape wide = {{IN, WIDE, 41, OUT}, GM_GELU, GM_IDENTITY, GM_MEAN_SQUARES};
    static double x[ROWS * IN], y[ROWS * OUT];
    gm_engine_options options = options_of(0.3, 0.02);
    options.threads = threads;
    options.batch = ROWS;
    options.optimizer = gm_optimizer_default(kind);
    net_fill(x, ROWS * IN, -1, 1);
    net_fill(y, ROWS * OUT, -1, 2);
    *engine = net_engine(net_make(&wide, GM_F32, 3), &options);
    for (int i = 0; i < STEPS; i++)
        net_step(*engine, gm_array_f64(x, ROWS, IN), gm_array_f64(y, ROWS, OUT));
}

/* The chunks of the norm are the same ones for every number of threads. */
Test(clip, bits_do_not_depend_on_the_threads)
{
    for (gm_optimizer_kind kind = GM_SGD; kind < GM_OPTIMIZER_COUNT; kind++) {
        gm_engine *one, *more;
        train_wide(1, kind, &one);
        const size_t count = gm_network_parameter_count(gm_engine_network(one));
        for (size_t threads = 2; threads <= 3; threads++) {
            train_wide(threads, kind, &more);
            cr_expect_eq(memcmp(gm_network_parameters_const(gm_engine_network(one)).data,
                                gm_network_parameters_const(gm_engine_network(more)).data,
                                count * sizeof(float)),
                         0, "%s, %zu threads", gm_optimizer_name(kind), threads);
            net_free(more);
        }
        net_free(one);
    }
}

/* The loop: with bounds that are never met it takes the same steps as without them. */
Test(clip, the_training_loop_clips)
{
    gm_error error;
    gm_dataset *data;
    double after[3];
    cr_assert_eq(
        gm_dataset_from_arrays(&data, gm_array_f32(batch_x, 4, 3), gm_array_f32(batch_y, 4, 2), 0, &error),
        GM_OK);
    const double norms[3] = {0, 1e6, 0.01};
    for (size_t i = 0; i < 3; i++) {
        gm_engine *engine = make_engine(norms[i], 0);
        gm_engine_set_rate(engine, 0.01);
        gm_train_options options = gm_train_options_default();
        options.epochs = 3;
        cr_assert_eq(gm_train(engine, data, NULL, NULL, &options, NULL, &error), GM_OK, "%s", error.message);
        after[i] = gm_network_parameter(gm_engine_network(engine), 1);
        net_free(engine);
    }
    cr_expect_float_eq(after[1], after[0], 1e-5);
    cr_expect(fabs(after[2] - after[0]) > 1e-3);
    gm_dataset_destroy(data);
}

/* A network that is large enough for its norm to be computed from the rows of D and A. */
enum { BIG_IN = 300, BIG_OUT = 10 };
static const net_shape big = {{BIG_IN, 700, 203, BIG_OUT}, GM_RELU, GM_IDENTITY, GM_MEAN_SQUARES};
static double big_x[ROWS * BIG_IN], big_y[ROWS * BIG_OUT], big_weights[ROWS];

static void fill_big(void)
{
    net_fill(big_x, ROWS * BIG_IN, -1, 1);
    net_fill(big_y, ROWS * BIG_OUT, -1, 2);
    net_fill(big_weights, ROWS, 0, 3);
}

TestSuite(norm, .init = fill_big);

/* How a step is taken. */
struct way {
    net_setting setting;
    size_t rows;
    double bound;
    bool dropout, weights, freeze_bias;
};

/* An engine for the network `big`. If `stores`, each number of the gradient has a bound, too: such an engine
 * stores its gradients. The bound is so large that it changes no number. */
static gm_engine *big_engine(const struct way *way, bool stores)
{
    static const double dropout = 0.3;
    gm_engine_options options = net_setting_options(&way->setting, ROWS);
    options.optimizer.epsilon = 1e-2;
    options.optimizer.freeze_bias = way->freeze_bias;
    options.clip_norm = way->bound;
    options.clip_value = stores ? 1e30 : 0;
    options.dropout = &dropout;
    options.dropout_count = way->dropout;
    return net_engine(net_make(&big, way->setting.precision, 3), &options);
}

static gm_array typed(const double *from, void *room, gm_precision precision, size_t rows, size_t cols)
{
    for (size_t i = 0; i < rows * cols; i++) {
        if (precision == GM_F64)
            ((double *)room)[i] = from[i];
        else
            ((float *)room)[i] = (float)from[i];
    }
    return gm_array_real(room, precision, rows, cols);
}

static void step_big(gm_engine *engine, const struct way *way)
{
    static double x[ROWS * BIG_IN], y[ROWS * BIG_OUT], w[ROWS];
    const gm_precision precision = way->setting.precision;
    gm_step_options options = gm_step_options_default();
    gm_error error;
    if (way->weights)
        options.weights = typed(big_weights, w, precision, way->rows, 1);
    cr_assert_eq(gm_engine_step_with(engine, typed(big_x, x, precision, way->rows, BIG_IN),
                                     typed(big_y, y, precision, way->rows, BIG_OUT), &options, NULL, &error),
                 GM_OK, "%s", error.message);
}

static void expect_same_steps(const struct way *way)
{
    gm_engine *rows = big_engine(way, false), *stored = big_engine(way, true);
    const size_t bytes = gm_network_bytes(gm_engine_network(rows));
    cr_assert_geq(gm_engine_memory(stored).optimizer, gm_engine_memory(rows).optimizer + bytes,
                  "only one of them stores a gradient");
    for (int i = 0; i < STEPS; i++) {
        step_big(rows, way);
        step_big(stored, way);
    }
    const double limit = way->setting.precision == GM_F64 ? 1e-13 : 2e-6, most = net_difference(rows, stored);
    cr_expect(most < limit, "%s, %s, %s, %zu rows, bound %g, dropout %d, weights %d, frozen %d: %g",
              way->setting.backend, gm_optimizer_name(way->setting.optimizer),
              gm_precision_name(way->setting.precision), way->rows, way->bound, way->dropout, way->weights,
              way->freeze_bias, most);
    net_free(rows);
    net_free(stored);
}

/* The steps are those with the norm of a stored gradient: with every optimizer and backend, for few and many
 * rows, with bounds that are met and with one that is not. */
Test(norm, of_rows_is_that_of_the_gradient)
{
    static const size_t rows[] = {ROWS, 1, 3, 16};
    static const double bounds[] = {0.3, 1e3};
    for (gm_optimizer_kind kind = GM_SGD; kind < GM_OPTIMIZER_COUNT; kind++) {
        const char *backend;
        for (size_t b = 0; (backend = gm_backend_name(b)); b++) {
            const size_t i = (size_t)kind + b;
            if ((SANITIZED && i % 5 > 0) || (strncmp(backend, "naive", 5) == 0 && kind > GM_MOMENTUM))
                continue; /* too slow: sanitized code, and the loops of the naive backends */
            const struct way way = {{backend, kind, i % 2 ? GM_F32 : GM_F64, 1 + i % 3},
                                    rows[i % 4],
                                    bounds[i % 7 == 6],
                                    i % 3 == 1,
                                    i % 4 != 1 && i % 2,
                                    i % 5 == 3};
            expect_same_steps(&way);
        }
    }
}

Test(norm, bits_do_not_depend_on_the_threads)
{
    for (size_t rows = 1; rows <= ROWS; rows += 9) {
        struct way way = {{"packed", GM_MOMENTUM, GM_F32, 1}, rows, 0.3, false, false, false};
        gm_engine *one = big_engine(&way, false);
        step_big(one, &way);
        for (size_t threads = 2; threads <= 3; threads++) {
            way.setting.threads = threads;
            gm_engine *more = big_engine(&way, false);
            step_big(more, &way);
            cr_expect_eq(net_difference(one, more), 0, "%zu rows, %zu threads", rows, threads);
            net_free(more);
        }
        net_free(one);
    }
}

/* A step with a rate of 1 is as long as the bound. */
static void expect_length(double factor, double bound)
{
    struct way way = {{"packed", GM_SGD, GM_F32, 2}, ROWS, bound, false, false, false};
    gm_engine *engine = big_engine(&way, false);
    gm_network *network = gm_engine_network(engine);
    const size_t count = gm_network_parameter_count(network);
    double *before = calloc(count, sizeof *before), squares = 0;
    cr_assert_not_null(before);
    for (size_t i = 0; i < count; i++) {
        gm_network_set_parameter(network, i, 0); /* so that no digit of a small step is lost */
        before[i] = gm_network_parameter(network, i);
    }
    for (size_t i = 0; i < ROWS * BIG_OUT; i++)
        big_y[i] *= factor;
    gm_engine_set_rate(engine, 1);
    step_big(engine, &way);
    for (size_t i = 0; i < count; i++)
        squares += pow(gm_network_parameter(network, i) - before[i], 2);
    cr_expect_float_eq(sqrt(squares), bound, 1e-4 * bound, "targets times %g: %g, bound %g", factor,
                       sqrt(squares), bound);
    free(before);
    net_free(engine);
    fill_big();
}

/* The products of such deltas overflow a float. */
Test(norm, of_a_large_gradient)
{
    expect_length(1, 0.01);
    expect_length(1e25, 0.01);
}

Test(norm, a_gradient_that_is_not_finite_is_applied)
{
    const struct way way = {{"packed", GM_SGD, GM_F32, 2}, ROWS, 0.3, false, false, false};
    gm_engine *engine = big_engine(&way, false);
    gm_network *network = gm_engine_network(engine);
    gm_network_set_parameter(network, gm_network_layer(network, 2).biases, NAN);
    step_big(engine, &way);
    cr_expect(isnan(gm_network_parameter(network, gm_network_layer(network, 2).weights)));
    net_free(engine);
}

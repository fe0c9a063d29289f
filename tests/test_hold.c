/* Tests steps whose rows have weights, and several batches that make one step (gradient accumulation). Both
 * are compared with a plain step on other rows that must give the same: a row that counts k times is k rows,
 * and batches that are held are one large batch. */
#include "nets.h"
#include "sanitized.h"

#include <string.h>

enum { IN = 61, OUT = 3, ROWS = 37, MOST_ROWS = 128, STEPS = 3 };

static const net_shape shapes[] = {
    {{IN, 5, OUT}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY},
    {{IN, 530, 41, OUT}, GM_GELU, GM_IDENTITY, GM_MEAN_SQUARES},
    {{IN, OUT}, GM_RELU, GM_SIGMOID, GM_LOGISTIC},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static const char *const backends[] = {"packed", "naive", "blas"};

static double x[ROWS * IN], y[ROWS * OUT], weights[ROWS];
static double many_x[MOST_ROWS * IN], many_y[MOST_ROWS * OUT];
static size_t many;

/* Weights 0, 1, 2, 3, 0, ..., and the same rows as often as these say. */
static void fill(void)
{
    net_fill(x, ROWS * IN, -1, 1);
    memset(y, 0, sizeof y);
    many = 0;
    for (size_t r = 0; r < ROWS; r++) {
        y[r * OUT + r % OUT] = 1;
        weights[r] = (double)(r % 4);
        for (size_t k = 0; k < r % 4; k++, many++) {
            memcpy(many_x + many * IN, x + r * IN, IN * sizeof *x);
            memcpy(many_y + many * OUT, y + r * OUT, OUT * sizeof *y);
        }
    }
}

TestSuite(hold, .init = fill);

/* How a network is trained. */
struct way {
    const net_shape *shape;
    const char *backend;
    gm_optimizer_kind kind;
    size_t threads;
    double clip_norm;
};

static gm_engine *engine_of(const struct way *way)
{
    gm_engine_options options = gm_engine_options_default();
    options.backend = way->backend;
    options.threads = way->threads;
    options.optimizer = gm_optimizer_default(way->kind);
    options.optimizer.epsilon = 1e-2; /* a smaller one makes steps of the rounding of small gradients */
    options.clip_norm = way->clip_norm;
    options.accumulates = true;
    return net_engine(net_make(way->shape, GM_F64, 3), &options);
}

static gm_array inputs(size_t first, size_t rows)
{
    return gm_array_f64(x + first * IN, rows, IN);
}

static gm_array targets(size_t first, size_t rows)
{
    return gm_array_f64(y + first * OUT, rows, OUT);
}

static gm_step_options weighted(size_t first, size_t rows)
{
    gm_step_options options = gm_step_options_default();
    options.weights = gm_array_f64(weights + first, rows, 1);
    return options;
}

static double step_with(gm_engine *engine, const gm_step_options *options)
{
    double loss;
    gm_error error;
    cr_assert_eq(gm_engine_step_with(engine, inputs(0, ROWS), targets(0, ROWS), options, &loss, &error),
                 GM_OK, "%s", error.message);
    return loss;
}

static double hold(gm_engine *engine, size_t first, size_t rows, const gm_step_options *options)
{
    double loss;
    gm_error error;
    cr_assert_eq(gm_engine_hold(engine, inputs(first, rows), targets(first, rows), options, &loss, &error),
                 GM_OK, "%s", error.message);
    return loss;
}

static void step_held(gm_engine *engine)
{
    gm_error error;
    cr_assert_eq(gm_engine_step_held(engine, &error), GM_OK, "%s", error.message);
}

static void expect_same(gm_engine *a, gm_engine *b, const struct way *way, const char *what)
{
    const double most = net_difference(a, b);
    cr_expect(most < 1e-12, "%s: %s, %s, %zu threads, clip %g: parameters differ by %g", what, way->backend,
              gm_optimizer_name(way->kind), way->threads, way->clip_norm, most);
    net_free(a);
    net_free(b);
}

static void expect_weights_count_rows(const struct way *way)
{
    gm_engine *engine = engine_of(way), *rows = engine_of(way);
    const gm_step_options options = weighted(0, ROWS);
    for (int i = 0; i < STEPS; i++) {
        const double loss = net_step(rows, gm_array_f64(many_x, many, IN), gm_array_f64(many_y, many, OUT));
        const double weighted_loss = step_with(engine, &options);
        cr_expect_float_eq(weighted_loss, loss, 1e-12);
    }
    expect_same(engine, rows, way, "weights");
}

/* What is held is the gradient of all of these rows. To compute a gradient meanwhile does not change it. */
static void expect_held_gradient(gm_engine *engine, const struct way *way)
{
    const size_t count = gm_network_parameter_count(gm_engine_network(engine));
    double *held = calloc(count, sizeof *held), *gradient = calloc(count, sizeof *gradient), most = 0;
    gm_error error;
    cr_assert_eq(gm_engine_gradient(engine, inputs(0, ROWS), targets(0, ROWS),
                                    gm_mutable_f64(gradient, 1, count), NULL, &error),
                 GM_OK, "%s", error.message);
    cr_assert_eq(gm_engine_held_gradient(engine, gm_mutable_f64(held, 1, count), &error), GM_OK, "%s",
                 error.message);
    for (size_t i = 0; i < count; i++)
        most = fmax(most, fabs(held[i] - gradient[i]));
    cr_expect(most < 1e-13, "%s, %zu threads: the held gradient differs by %g", way->backend, way->threads,
              most);
    free(held);
    free(gradient);
}

static void expect_batches_add_up(const struct way *way)
{
    gm_engine *parts = engine_of(way), *whole = engine_of(way);
    for (int i = 0; i < STEPS; i++) {
        const double first = hold(parts, 0, 8, NULL), second = hold(parts, 8, 8, NULL),
                     third = hold(parts, 16, ROWS - 16, NULL);
        cr_expect_eq(gm_engine_held(parts), ROWS);
        expect_held_gradient(parts, way);
        step_held(parts);
        cr_expect_eq(gm_engine_held(parts), 0);
        const double loss = step_with(whole, NULL);
        cr_expect_float_eq((8 * first + 8 * second + (ROWS - 16) * third) / ROWS, loss, 1e-12);
    }
    expect_same(parts, whole, way, "batches");
}

/* The divisor is the sum of the weights over all batches, not one for each of them. */
static void expect_weighted_batches_add_up(const struct way *way)
{
    gm_engine *parts = engine_of(way), *whole = engine_of(way);
    const gm_step_options all = weighted(0, ROWS), some = weighted(0, 5), rest = weighted(5, ROWS - 5);
    for (int i = 0; i < STEPS; i++) {
        hold(parts, 0, 5, &some);
        hold(parts, 5, ROWS - 5, &rest);
        step_held(parts);
        step_with(whole, &all);
    }
    expect_same(parts, whole, way, "weighted batches");
}

static void every_way(void (*expect)(const struct way *way))
{
    for (size_t s = 0; s < SHAPES; s++) {
        for (size_t b = 0; b < sizeof backends / sizeof *backends; b++) {
            for (size_t threads = 1; threads <= 2; threads++) {
                for (gm_optimizer_kind kind = GM_SGD; kind < GM_OPTIMIZER_COUNT; kind += STRIDE)
                    expect(&(struct way){&shapes[s], backends[b], kind, threads, kind % 2 ? 0.1 : 0});
            }
        }
    }
}

Test(hold, a_row_of_weight_k_is_k_rows)
{
    every_way(expect_weights_count_rows);
}

Test(hold, batches_that_are_held_are_one_batch)
{
    every_way(expect_batches_add_up);
}

Test(hold, weights_are_divided_by_their_sum_over_all_batches)
{
    every_way(expect_weighted_batches_add_up);
}

static const struct way plain = {&shapes[0], "packed", GM_SGD, 1, 0};

/* Rows without any weight: nothing to learn, and no division by 0. */
Test(hold, weights_that_are_all_zero)
{
    gm_engine *engine = engine_of(&plain), *still = engine_of(&plain);
    memset(weights, 0, sizeof weights);
    const gm_step_options options = weighted(0, ROWS);
    const double of_step = step_with(engine, &options), of_hold = hold(engine, 0, ROWS, &options);
    cr_expect_eq(of_step, 0);
    cr_expect_eq(of_hold, 0);
    step_held(engine);
    expect_same(engine, still, &plain, "no weight");
}

Test(hold, a_step_forgets_what_is_held)
{
    gm_engine *engine = engine_of(&plain), *other = engine_of(&plain);
    hold(engine, 0, 8, NULL);
    step_with(engine, NULL);
    cr_expect_eq(gm_engine_held(engine), 0);
    step_with(other, NULL);
    hold(engine, 0, 8, NULL);
    gm_engine_drop_held(engine);
    hold(engine, 3, 5, NULL);
    hold(other, 3, 5, NULL);
    step_held(engine);
    step_held(other);
    expect_same(engine, other, &plain, "forgotten");
}

Test(hold, what_is_refused)
{
    gm_engine *engine = engine_of(&plain), *other = net_engine(net_make(&shapes[0], GM_F64, 3), NULL);
    gm_error error;
    cr_expect_eq(gm_engine_step_held(engine, &error), GM_USAGE);
    cr_expect(strstr(error.message, "no gradient is held"), "%s", error.message);
    cr_expect_eq(gm_engine_held_gradient(engine, gm_mutable_f64(x, 1, 1), &error), GM_USAGE);
    hold(engine, 0, 8, NULL);
    cr_expect_eq(gm_engine_held_gradient(engine, gm_mutable_f64(x, 1, 1), &error), GM_USAGE);
    cr_expect(strstr(error.message, "gradient: 1 x 1 numbers"), "%s", error.message);
    cr_expect_eq(gm_engine_hold(other, inputs(0, 8), targets(0, 8), NULL, NULL, &error), GM_USAGE);
    cr_expect(strstr(error.message, "without accumulates"), "%s", error.message);
    gm_step_options options = weighted(0, 8);
    cr_expect_eq(gm_engine_step_with(engine, inputs(0, ROWS), targets(0, ROWS), &options, NULL, &error),
                 GM_USAGE);
    cr_expect(strstr(error.message, "weights: 8 x 1 numbers"), "%s", error.message);
    const double bad[] = {-1, NAN, INFINITY};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        weights[3] = bad[i];
        options = weighted(0, ROWS);
        cr_expect_eq(gm_engine_step_with(engine, inputs(0, ROWS), targets(0, ROWS), &options, NULL, &error),
                     GM_USAGE);
        cr_expect(strstr(error.message, "row 3 of the weights"), "%s", error.message);
    }
    net_free(engine);
    net_free(other);
}

/* The fused step against the textbook loops of backend `naive`, for every instruction set that this CPU has:
 * all activations, losses and widths, with decay and without; then as a part of an engine, which must take it
 * when it may, and only then. Compiled once for each precision. */
#include "nets.h"

#include "backend/pack.h"
#include "backend/packed.h"
#include "base/denormals.h"
#include "base/memory.h"
#include "nn/engine.h"
#include "nn/fused.h"
#include "ulps.h"

#include <limits.h>
#include <string.h>

#define PRECISION (GM_REAL_BITS == 32 ? GM_F32 : GM_F64)
#define TOLERANCE (GM_REAL_BITS == 32 ? 2e-5 : 1e-13)

enum { STEPS = 20, MOST = 70 };

/* A sample for each step. Targets in [0, 1) are valid for every loss. */
struct samples {
    REAL x[STEPS][MOST], y[STEPS][MOST];
};

static void fill(struct samples *s)
{
    static double values[STEPS * MOST];
    net_fill(values, STEPS * MOST, -1, 1);
    for (size_t i = 0; i < STEPS * MOST; i++)
        s->x[i / MOST][i % MOST] = (REAL)values[i];
    net_fill(values, STEPS * MOST, 0, 2);
    for (size_t i = 0; i < STEPS * MOST; i++)
        s->y[i / MOST][i % MOST] = (REAL)values[i] / 2;
}

static gm_array row_of(const REAL *data, size_t cols)
{
    return gm_array_real(data, PRECISION, 1, cols);
}

static gm_engine *make_engine(const net_shape *shape, const gm_engine_options *options, const char *backend)
{
    gm_engine_options own = *options;
    own.backend = backend;
    return net_engine(net_make(shape, PRECISION, 3), &own);
}

static gm_engine_options options_of_one(void)
{
    gm_engine_options options = gm_engine_options_default();
    options.batch = 1;
    options.threads = 1;
    options.keep_z = true;
    return options;
}

/* A network and its numbers in the order of one packed backend, without an engine around them. */
struct bench {
    gm_network *network;
    gm_layout layout;
    gm_layer_layout places[NET_LAYERS];
    gm_pass_layer layers[NET_LAYERS];
    gm_pass pass;
    REAL *workspace;
    struct gm_fused *fused;
};

static size_t no_scratch(const char *backend, size_t in, size_t out)
{
    (void)backend, (void)in, (void)out;
    return 0;
}

static void place_layer(struct bench *b, size_t l)
{
    const gm_layer *layer = &b->network->layers[l];
    const gm_layer_layout *place = &b->places[l];
    const size_t in = layer->inputs, out = layer->outputs;
    const gm_mat block = {(REAL *)b->network->parameters + layer->weights, out, in, in};
    REAL *w = b->pass.parameters + place->weights;
    T(gm_pack)(b->pass.backend->order, block, w);
    memcpy(b->pass.parameters + place->biases, (REAL *)b->network->parameters + layer->biases,
           out * sizeof(REAL));
    b->layers[l] = (gm_pass_layer){
        .view = {.w = {w, out, in, in}},
        .z = {b->workspace + place->z, b->layout.batch, out, place->ld},
        .a = {b->workspace + place->a, b->layout.batch, out, place->ld},
        .d = {b->workspace + place->d, b->layout.batch, out, place->ld},
        .weights = place->weights,
        .biases = place->biases,
    };
}

/* False if the fused step does not apply. */
static bool bench_make(struct bench *b, const net_shape *shape, const gm_engine_options *options,
                       const gm_backend *backend)
{
    gm_network *n = net_make(shape, PRECISION, 3);
    const gm_layout_needs needs = {1, backend->order, no_scratch};
    gm_error error;
    *b = (struct bench){.network = n};
    cr_assert_eq(
        gm_layout_make(&b->layout, b->places, n->layers, n->layer_count, PRECISION, options, &needs, &error),
        GM_OK, "%s", error.message);
    b->workspace = gm_alloc(b->layout.workspace, sizeof(REAL));
    b->pass = (gm_pass){
        .backend = backend,
        .loss = &T(gm_loss_kernels)[n->loss],
        .layers = b->layers,
        .layer_count = n->layer_count,
        .optimizer = &options->optimizer,
        .network = n,
        .parameters = gm_alloc(b->layout.parameters, sizeof(REAL)),
    };
    cr_assert(b->workspace && b->pass.parameters);
    for (size_t l = 0; l < n->layer_count; l++)
        place_layer(b, l);
    b->fused = T(gm_fused_create)(&b->pass, options);
    return b->fused;
}

static void bench_free(struct bench *b)
{
    gm_free(b->fused);
    gm_free(b->workspace);
    gm_free(b->pass.parameters);
    gm_network_destroy(b->network);
}

/* The weights back to the network's block. */
static void bench_settle(struct bench *b)
{
    for (size_t l = 0; l < b->network->layer_count; l++) {
        const gm_layer *layer = &b->network->layers[l];
        const gm_mat block = {(REAL *)b->network->parameters + layer->weights, layer->outputs, layer->inputs,
                              layer->inputs};
        T(gm_unpack)(b->pass.backend->order, b->layers[l].view.w.data, block);
        memcpy((REAL *)b->network->parameters + layer->biases, b->pass.parameters + b->layers[l].biases,
               layer->outputs * sizeof(REAL));
    }
}

static bool close(double actual, double expected)
{
    return fabs(actual - expected) <= TOLERANCE * (1 + fabs(expected));
}

static size_t count_differences(const REAL *actual, const REAL *expected, size_t count)
{
    size_t differences = 0;
    for (size_t i = 0; i < count; i++)
        differences += !close((double)actual[i], (double)expected[i]);
    return differences;
}

/* Where a bench is tried, for messages. */
static const char *describe(const net_shape *shape, const gm_backend *backend)
{
    static char text[200];
    int length = snprintf(text, sizeof text, "%s f%d, %s, %s, %s, %zu", backend->kernels, GM_REAL_BITS,
                          gm_activation_name(shape->hidden), gm_activation_name(shape->output),
                          gm_loss_name(shape->loss), shape->sizes[0]);
    for (size_t l = 1; shape->sizes[l] != 0; l++)
        length += snprintf(text + length, sizeof text - (size_t)length, "-%zu", shape->sizes[l]);
    return text;
}

/* Row r of what a reference engine shows. */
static const REAL *row_of_view(gm_engine *reference, gm_view what, size_t l, size_t r)
{
    const gm_array view = gm_engine_view(reference, what, l);
    return (const REAL *)view.data + r * view.ld;
}

/* Z, A and D of every layer, and zeros in the padding of D. */
static void expect_same_row(struct bench *b, gm_engine *reference, size_t r, const char *where)
{
    for (size_t l = 0; l < b->network->layer_count; l++) {
        const gm_pass_layer *layer = &b->layers[l];
        const size_t out = layer->d.cols, padded = gm_order_padded(b->pass.backend->order, out);
        const REAL *z = row_of_view(reference, GM_VIEW_Z, l, r), *a = row_of_view(reference, GM_VIEW_A, l, r),
                   *d = row_of_view(reference, GM_VIEW_DELTA, l, r);
        cr_expect_eq(count_differences(gm_row(layer->z, r), z, out), 0, "%s: Z of layer %zu", where, l);
        cr_expect_eq(count_differences(gm_row(layer->a, r), a, out), 0, "%s: A of layer %zu", where, l);
        cr_expect_eq(count_differences(gm_row(layer->d, r), d, out), 0, "%s: D of layer %zu", where, l);
        for (size_t c = out; c < padded; c++)
            cr_expect_eq(gm_row(layer->d, r)[c], 0, "%s: D of layer %zu, padding", where, l);
    }
}

static void expect_same_parameters(struct bench *b, gm_engine *reference, const char *where)
{
    const gm_network *network = gm_engine_network(reference);
    const size_t count = gm_network_parameter_count(network);
    bench_settle(b);
    const size_t differences =
        count_differences(b->network->parameters, gm_network_parameters_const(network), count);
    cr_expect_eq(differences, 0, "%s: %zu of %zu parameters differ", where, differences, count);
}

/* Every other step goes without the loss. The samples lie MOST numbers apart. */
static void compare_step(struct bench *b, gm_engine *reference, const struct samples *s, size_t step,
                         size_t rows, const char *where)
{
    const size_t in = gm_network_inputs(b->network), out = gm_network_outputs(b->network);
    const gm_mat x = {(REAL *)s->x[step], rows, in, MOST}, y = {(REAL *)s->y[step], rows, out, MOST};
    gm_array xs = gm_array_real(x.data, PRECISION, rows, in),
             ys = gm_array_real(y.data, PRECISION, rows, out);
    xs.ld = ys.ld = MOST;
    double actual = 0, *loss = step % 2 ? NULL : &actual;
    const double expected = net_step(reference, xs, ys);
    if (rows == 1)
        b->fused->step(b->fused, x.data, y.data, loss);
    else
        b->fused->step_rows(b->fused, x, y, loss);
    cr_expect(!loss || close(actual, expected), "%s: loss %.9g; expected %.9g", where, actual, expected);
}

static void compare(struct bench *b, gm_engine *reference, const struct samples *s, size_t rows,
                    const char *where)
{
    for (size_t step = 0; step + rows <= STEPS; step++)
        compare_step(b, reference, s, step, rows, where);
    for (size_t r = 0; r < rows; r++)
        expect_same_row(b, reference, r, where);
    expect_same_parameters(b, reference, where);
}

/* Returns whether the shape has a fused step for this backend. */
static bool try(const net_shape *shape, const gm_optimizer *optimizer, const gm_backend *backend)
{
    static struct samples samples;
    struct bench b;
    gm_engine_options options = options_of_one();
    options.optimizer = *optimizer;
    fill(&samples);
    const bool applies = bench_make(&b, shape, &options, backend);
    if (applies) {
        gm_engine *reference = make_engine(shape, &options, "naive");
        compare(&b, reference, &samples, 1, describe(shape, backend));
        net_free(reference);
    }
    bench_free(&b);
    return applies;
}

/* The same in batches of as many rows as it takes. Returns how many these are. */
static size_t try_rows(const net_shape *shape, const gm_optimizer *optimizer, const gm_backend *backend)
{
    static struct samples samples;
    struct bench b;
    size_t rows = 0;
    gm_engine_options options = options_of_one();
    options.optimizer = *optimizer;
    options.batch = STEPS;
    fill(&samples);
    if (bench_make(&b, shape, &options, backend)) {
        gm_engine *reference = make_engine(shape, &options, "naive");
        rows = b.fused->most_rows;
        compare(&b, reference, &samples, rows, describe(shape, backend));
        if (rows > 2) { /* fewer, and then a single one: nothing of the batch before is left */
            compare_step(&b, reference, &samples, 1, 2, describe(shape, backend));
            compare_step(&b, reference, &samples, 2, 1, describe(shape, backend));
            expect_same_parameters(&b, reference, describe(shape, backend));
        }
        net_free(reference);
    }
    bench_free(&b);
    return rows;
}

static gm_optimizer optimizer_of(size_t variant)
{
    gm_optimizer o = gm_optimizer_default(GM_SGD);
    o.rate = 0.02; /* a step that is too long makes large errors of small ones */
    o.l2 = variant & 1 ? 0.01 : 0;
    o.decay = variant & 2 ? 0.02 : 0;
    o.freeze_bias = variant & 4;
    return o;
}

/* Inputs and outputs around the widths of vectors, and the depths; the first that applies nowhere would be
 * one of 65 outputs. */
static const size_t shapes[][NET_LAYERS] = {
    {2, 3, 1},  {1, 1},          {5, 4},      {3, 16, 17, 3}, {7, 30, 10},
    {9, 64, 8}, {4, 2, 5, 7, 6}, {16, 1, 33}, {65, 12, 1, 3}, {2, 9, 9, 9, 9, 2}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static bool is_within(const size_t *sizes, size_t most)
{
    for (size_t l = 1; sizes[l] != 0; l++)
        if (sizes[l] > most)
            return false;
    return true;
}

static bool belong(gm_loss loss, gm_activation output)
{
    const gm_activation needed = gm_loss_output_activation(loss);
    return needed == GM_IDENTITY || output == needed;
}

/* Every shape, hidden activation and optimizer for one pair of loss and output. */
static size_t try_pair(const gm_backend *backend, gm_loss loss, gm_activation output)
{
    size_t tried = 0;
    for (size_t i = 0; i < SHAPES * GM_SOFTMAX; i++) {
        net_shape shape = {.hidden = (gm_activation)(i % GM_SOFTMAX), .output = output, .loss = loss};
        memcpy(shape.sizes, shapes[i / GM_SOFTMAX], sizeof shapes[0]);
        const gm_optimizer optimizer = optimizer_of((i + (size_t)output) % 8);
        const bool applies = try(&shape, &optimizer, backend);
        cr_expect_eq(applies, is_within(shape.sizes, backend->order.band), "%s", describe(&shape, backend));
        cr_expect_eq(try_rows(&shape, &optimizer, backend) > 0, applies, "%s", describe(&shape, backend));
        tried += applies;
    }
    return tried;
}

Test(T(fused), every_combination)
{
    const gm_backend *backend;
    for (size_t i = 0; (backend = T(gm_backend_packed_at)(i)); i++) {
        size_t tried = 0;
        for (int loss = 0; loss < GM_LOSS_COUNT; loss++)
            for (int output = 0; output < GM_ACTIVATION_COUNT; output++)
                if (belong((gm_loss)loss, (gm_activation)output))
                    tried += try_pair(backend, (gm_loss)loss, (gm_activation)output);
        cr_expect_geq(tried, 26 * GM_SOFTMAX * 2, "%s: only %zu", backend->kernels, tried);
    }
}

/* Every number of outputs and of inputs. */
Test(T(fused), every_width)
{
    const gm_backend *backend;
    const gm_optimizer optimizer = optimizer_of(3);
    for (size_t i = 0; (backend = T(gm_backend_packed_at)(i)); i++) {
        for (size_t width = 1; width <= MOST; width++) {
            const net_shape shape = {{width, width, width}, GM_TANH, GM_IDENTITY, GM_HUBER};
            cr_expect_eq(try(&shape, &optimizer, backend), width <= backend->order.band, "%s",
                         describe(&shape, backend));
        }
    }
}

/* Padding may hold anything but in D: it is mixed with nothing. */
Test(T(fused), padding_stays_out_of_it)
{
    static struct samples samples;
    const net_shape shape = {{3, 5, 2, 1}, GM_SIGMOID, GM_SIGMOID, GM_LOGISTIC};
    const gm_engine_options options = options_of_one();
    const gm_backend *backend;
    fill(&samples);
    for (size_t i = 0; (backend = T(gm_backend_packed_at)(i)); i++) {
        struct bench b;
        if (!bench_make(&b, &shape, &options, backend)) {
            bench_free(&b);
            continue; /* five doubles are more than a band of two vectors of two */
        }
        for (size_t l = 0; l < 3; l++) {
            const gm_layer *layer = &b.network->layers[l];
            const size_t padded = gm_order_padded(backend->order, layer->outputs);
            for (size_t k = 0; k < layer->inputs; k++)
                for (size_t c = layer->outputs; c < padded; c++)
                    b.layers[l].view.w.data[k * padded + c] = (REAL)NAN;
        }
        gm_engine *reference = make_engine(&shape, &options, "naive");
        compare(&b, reference, &samples, 1, describe(&shape, backend));
        net_free(reference);
        bench_free(&b);
    }
}

/* One layer that makes of an input its function at 1, 4, -1, -4, 1, ... times the input; it does not learn.
 */
static bool make_curve(struct bench *b, gm_activation f, size_t units, const gm_backend *backend)
{
    static const REAL factors[] = {1, 4, -1, -4};
    const net_shape shape = {{1, units}, f, f, GM_HALF_SQUARES};
    static gm_engine_options options; /* the bench keeps its optimizer */
    options = options_of_one();
    options.optimizer.rate = 0;
    if (!bench_make(b, &shape, &options, backend))
        return false;
    for (size_t c = 0; c < units; c++) {
        b->layers[0].view.w.data[c] = factors[c % 4];
        b->pass.parameters[b->layers[0].biases + c] = 0;
    }
    return true;
}

/* The worst error of f at these factors times x. */
static double error_at(struct bench *b, REAL x, long double (*exact)(long double))
{
    const REAL y[MOST] = {0};
    const gm_pass_layer *layer = &b->layers[0];
    double worst = 0;
    b->fused->step(b->fused, &x, y, NULL);
    for (size_t c = 0; c < layer->z.cols; c++) {
        const long double value = exact((long double)layer->z.data[c]);
        worst = fmax(worst, ulps(layer->a.data[c], value, value));
    }
    return worst;
}

static void expect_ends(struct bench *b, REAL x, double at_plus, double at_minus)
{
    const REAL y[MOST] = {0};
    const gm_pass_layer *layer = &b->layers[0];
    b->fused->step(b->fused, &x, y, NULL);
    for (size_t c = 0; c < layer->a.cols; c++) {
        const double a = (double)layer->a.data[c], expected = c % 4 < 2 ? at_plus : at_minus;
        cr_expect(isnan(x) ? isnan(a) : a == expected, "f(%g) is %g", (double)layer->z.data[c], a);
    }
}

/* Sigmoid and tanh of few units, whatever their arithmetic: where something happens, at the borders of
 * segments, far out, and beyond. The bounds are those of vmath.h and segments.h. */
Test(T(fused), activations_are_exact)
{
    static const struct {
        gm_activation f;
        long double (*exact)(long double);
        double ulp, at_minus;
    } curves[] = {{GM_SIGMOID, sigmoidl, 2.75, 0}, {GM_TANH, tanhl, 3, -1}};
    enum { POINTS = 40000 };
    static double points[POINTS];
    net_fill(points, POINTS, -1, 4);
    for (size_t i = 0; i < POINTS; i++)
        points[i] *= i % 2 ? 10 : 100;
    for (size_t i = 0; i < 1000; i++) { /* eighths, and their neighbours */
        const double eighth = (double)(i / 5) / 8 - 12.5;
        points[i] = eighth * (1 + ((double)(i % 5) - 2) * (double)REAL_EPSILON);
    }
    points[1000] = -9.49611; /* where segments are worst */
    points[1001] = 0.548584;
    struct bench b;
    const gm_backend *backend;
    for (size_t i = 0; (backend = T(gm_backend_packed_at)(i)); i++) {
        for (size_t k = 0; k < 2 * 4; k++) {
            const size_t curve = k / 4, units = (const size_t[]){1, 3, 4, 16}[k % 4];
            double worst = 0;
            if (make_curve(&b, curves[curve].f, units, backend)) {
                for (size_t p = 0; p < POINTS; p++)
                    worst = fmax(worst, error_at(&b, (REAL)points[p], curves[curve].exact));
                cr_expect_leq(worst, curves[curve].ulp, "%s, %s of %zu units: %.2f ulp", backend->kernels,
                              gm_activation_name(curves[curve].f), units, worst);
                expect_ends(&b, (REAL)1e30, 1, curves[curve].at_minus);
                expect_ends(&b, (REAL)INFINITY, 1, curves[curve].at_minus);
            }
            bench_free(&b);
            if (make_curve(&b, curves[curve].f, units, backend))
                expect_ends(&b, (REAL)NAN, 0, 0);
            bench_free(&b);
        }
    }
}

/* An engine whose fused steps are counted. */
static gm_fused_step right;
static size_t steps_taken;

static void count_step(void *fused, const void *x, const void *y, double *loss)
{
    steps_taken++;
    right(fused, x, y, loss);
}

static size_t batches_taken;
static gm_fused_batch right_rows;

static void count_batch(struct gm_fused *f, gm_mat x, gm_mat y, double *loss)
{
    batches_taken++;
    right_rows(f, x, y, loss);
}

static struct gm_fused *fused_of(gm_engine *engine)
{
    return ((gm_pass *)engine->pass)->fused;
}

static void watch(gm_engine *engine)
{
    cr_assert_not_null(fused_of(engine));
    right = fused_of(engine)->step;
    fused_of(engine)->step = count_step;
    right_rows = fused_of(engine)->step_rows;
    fused_of(engine)->step_rows = count_batch;
    steps_taken = batches_taken = 0;
}

static void expect_same_engines(gm_engine *actual, gm_engine *expected, const char *what)
{
    const size_t count = gm_network_parameter_count(gm_engine_network(actual));
    cr_expect_eq(count_differences(gm_network_parameters_const(gm_engine_network(actual)),
                                   gm_network_parameters_const(gm_engine_network(expected)), count),
                 0, "%s", what);
}

static const net_shape small = {{2, 3, 2}, GM_SIGMOID, GM_SOFTMAX, GM_CROSS_ENTROPY};

/* A row in its own precision, in another one, or with a label: all take the fused step, in an engine for
 * larger batches as well, and a batch of two takes the one for some. */
Test(T(fused), an_engine_takes_it)
{
    const double x[4] = {.5, -.25, 1, .75}, y[4] = {0, 1, 1, 0};
    const REAL rx[2] = {.5, -.25}, ry[2] = {0, 1};
    const uint32_t label = 1;
    const gm_type other = PRECISION == GM_F32 ? GM_TYPE_F64 : GM_TYPE_F32;
    const float fx[2] = {.5F, -.25F};
    const gm_array converted = {other == GM_TYPE_F64 ? (const void *)x : (const void *)fx, other, 1, 2, 2};
    gm_engine_options options = options_of_one();
    for (options.batch = 1; options.batch <= 2; options.batch++) {
        gm_engine *engine = make_engine(&small, &options, "packed"),
                  *reference = make_engine(&small, &options, "naive");
        watch(engine);
        net_step(engine, row_of(rx, 2), row_of(ry, 2));
        net_step(engine, row_of(rx, 2), gm_array_labels(&label, 1));
        net_step(engine, converted, row_of(ry, 2));
        cr_expect_eq(steps_taken, 3);
        for (int i = 0; i < 3; i++)
            net_step(reference, row_of(rx, 2), row_of(ry, 2));
        expect_same_engines(engine, reference, "three kinds of rows");
        cr_expect_eq(gm_engine_view(engine, GM_VIEW_A, 1).rows, 1);
        if (options.batch == 2) {
            net_step(engine, gm_array_f64(x, 2, 2), gm_array_f64(y, 2, 2));
            net_step(reference, gm_array_f64(x, 2, 2), gm_array_f64(y, 2, 2));
            cr_expect_eq(steps_taken, 3, "two rows are no single row");
            cr_expect_eq(batches_taken, 1, "two rows of a small network are a small batch");
            cr_expect_eq(gm_engine_view(engine, GM_VIEW_A, 1).rows, 2);
            net_step(engine, row_of(rx, 2), row_of(ry, 2));
            net_step(reference, row_of(rx, 2), row_of(ry, 2));
            cr_expect_eq(steps_taken, 4);
            cr_expect_eq(gm_engine_view(engine, GM_VIEW_A, 1).rows, 1);
            expect_same_engines(engine, reference, "one row after two");
        }
        net_free(engine);
        net_free(reference);
    }
}

/* The rate may change between steps, others may write the weights, and the general way sees what the fused
 * one has done. */
Test(T(fused), an_engine_keeps_up)
{
    static struct samples s;
    double losses[2];
    const gm_engine_options options = options_of_one();
    fill(&s);
    gm_engine *engine = make_engine(&small, &options, "packed"),
              *reference = make_engine(&small, &options, "naive"), *both[] = {engine, reference};
    for (size_t step = 0; step < STEPS; step++) {
        for (int i = 0; i < 2; i++) {
            if (step == 5)
                gm_network_set_parameter(gm_engine_network(both[i]), 1, .5);
            if (step == 10)
                gm_engine_set_rate(both[i], .5);
            net_step(both[i], row_of(s.x[step], 2), row_of(s.y[step], 2));
            cr_assert_eq(
                gm_engine_loss(both[i], row_of(s.x[0], 2), row_of(s.y[0], 2), &losses[i], NULL, NULL), GM_OK);
        }
        cr_expect(close(losses[0], losses[1]), "step %zu: loss %.9g; expected %.9g", step, losses[0],
                  losses[1]);
    }
    expect_same_engines(engine, reference, "after changes");
    net_free(engine);
    net_free(reference);
}

/* The plan for one row is measured by steps of rate 0: no weight changes, and the engine's own rate is back
 * afterwards. */
Test(T(fused), a_plan_changes_nothing)
{
    static struct samples s;
    const net_shape shape = {{2, 3, 2}, GM_SIGMOID, GM_SIGMOID, GM_HALF_SQUARES};
    const gm_engine_options options = options_of_one();
    fill(&s);
    gm_engine *planned = make_engine(&shape, &options, "packed"),
              *reference = make_engine(&shape, &options, "naive");
    for (size_t step = 0; step < STEPS; step++) {
        if (step >= STEPS / 2) { /* when the engine has weights of its own */
            const gm_plan plan = gm_engine_plan(planned, 1);
            cr_expect_eq(plan.threads, 1);
            cr_expect_gt(plan.seconds, 0);
            cr_expect_eq(plan.seconds, ((gm_pass *)planned->pass)->costs.fused);
        }
        net_step(planned, row_of(s.x[step], 2), row_of(s.y[step], 2));
        net_step(reference, row_of(s.x[step], 2), row_of(s.y[step], 2));
    }
    expect_same_engines(planned, reference, "plans between the steps");
    net_free(planned);
    net_free(reference);
}

/* The weights after some steps of one row to several. */
static void train_on(size_t threads, const struct samples *s, REAL *parameters)
{
    gm_engine_options options = options_of_one();
    options.threads = threads;
    options.batch = 4;
    gm_engine *engine = make_engine(&small, &options, "packed");
    watch(engine);
    for (size_t step = 0; step + options.batch <= STEPS; step++) {
        const size_t rows = 1 + step % options.batch;
        gm_array xs = gm_array_real(s->x[step], PRECISION, rows, 2), ys = xs;
        xs.ld = ys.ld = MOST;
        ys.data = s->y[step];
        net_step(engine, xs, ys);
    }
    cr_expect_gt(steps_taken, 0, "%zu threads", threads);
    cr_expect_gt(batches_taken, 0, "%zu threads", threads);
    const gm_network *network = gm_engine_network(engine);
    memcpy(parameters, gm_network_parameters_const(network),
           gm_network_parameter_count(network) * sizeof *parameters);
    net_free(engine);
}

/* One thread takes it, however many were asked for: the general way groups sums differently. */
Test(T(fused), the_same_bits_for_any_number_of_threads)
{
    static struct samples s;
    REAL one[2 * 3 + 3 + 3 * 2 + 2], several[sizeof one / sizeof *one];
    fill(&s);
    train_on(1, &s, one);
    for (size_t threads = 2; threads <= 3; threads++) {
        train_on(threads, &s, several);
        cr_expect_arr_eq(one, several, sizeof one, "%zu threads", threads);
    }
}

/* The loss is only looked at. */
Test(T(fused), loss_changes_nothing)
{
    static struct samples s;
    const gm_engine_options options = options_of_one();
    fill(&s);
    for (int loss = 0; loss < GM_LOSS_COUNT; loss++) {
        const gm_activation output = gm_loss_output_activation((gm_loss)loss);
        const net_shape shape = {{3, 4, 2}, GM_SIGMOID, output, (gm_loss)loss};
        gm_engine *with = make_engine(&shape, &options, "packed"),
                  *without = make_engine(&shape, &options, "packed");
        for (size_t step = 0; step < STEPS; step++) {
            net_step(with, row_of(s.x[step], 3), row_of(s.y[step], 2));
            cr_assert_eq(gm_engine_step(without, row_of(s.x[step], 3), row_of(s.y[step], 2), NULL, NULL),
                         GM_OK);
        }
        const size_t count = gm_network_parameter_count(gm_engine_network(with));
        cr_expect_eq(memcmp(gm_network_parameters_const(gm_engine_network(with)),
                            gm_network_parameters_const(gm_engine_network(without)), count * sizeof(REAL)),
                     0, "%s", gm_loss_name((gm_loss)loss));
        net_free(with);
        net_free(without);
    }
}

static void expect_general(const net_shape *shape, const gm_engine_options *options, const char *backend,
                           const char *why)
{
    gm_engine *engine = make_engine(shape, options, backend);
    cr_expect_null(fused_of(engine), "%s", why);
    net_free(engine);
}

Test(T(fused), what_it_is_not_for)
{
    double seconds[GM_PHASE_COUNT * 3];
    gm_profile profile = {seconds, 1, 2};
    const net_shape wide = {{2, 1000, 2}, GM_SIGMOID, GM_SOFTMAX, GM_CROSS_ENTROPY};
    gm_engine_options options = options_of_one();
    expect_general(&small, &options, "blas", "backend blas");
    expect_general(&wide, &options, "packed", "more than a band");
    options.profile = &profile;
    expect_general(&small, &options, "packed", "a profile");
    options.profile = NULL;
    options.inference = true;
    expect_general(&small, &options, "packed", "inference");
    options.inference = false;
    for (int kind = GM_MOMENTUM; kind < GM_OPTIMIZER_COUNT; kind++) {
        options.optimizer = gm_optimizer_default((gm_optimizer_kind)kind);
        expect_general(&small, &options, "packed", gm_optimizer_name((gm_optimizer_kind)kind));
    }
}

/* What cannot be one plain row is refused with the same words as ever. */
Test(T(fused), refusals)
{
    const REAL x[3] = {0}, y[2] = {0};
    const gm_engine_options options = options_of_one();
    gm_engine *engine = make_engine(&small, &options, "packed");
    gm_error error;
    gm_array none = row_of(NULL, 2), narrow = row_of(x, 1), overlapping = row_of(x, 2), two = row_of(x, 2);
    narrow.ld = 2;
    overlapping.ld = 1;
    two.rows = 2;
    const gm_array bad[] = {none, narrow, row_of(x, 3), overlapping, two};
    watch(engine);
    net_step(engine, row_of(x, 2), row_of(y, 2)); /* opens the short way */
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_expect_eq(gm_engine_step(engine, bad[i], row_of(y, 2), NULL, &error), GM_USAGE);
        cr_expect_eq(strncmp(error.message, "inputs", 6), 0, "%s", error.message);
        cr_expect_eq(gm_engine_step(engine, row_of(x, 2), bad[i], NULL, &error), GM_USAGE);
        cr_expect_eq(strncmp(error.message, "targets", 7), 0, "%s", error.message);
    }
    cr_expect_eq(steps_taken, 1);
    net_free(engine);
}

#ifdef GM_FLUSH_BITS
/* z of the first unit after a step with denormal weights only. The caller's mode comes back; where it was
 * changed, with the flags of what has happened since. */
static REAL step_with_denormals(const net_shape *shape, double l2, unsigned kept)
{
    const REAL tiny = GM_REAL_BITS == 32 ? (REAL)0x1p-130 : (REAL)0x1p-1030;
    const REAL x[2] = {1, 1}, y[MOST] = {0, 1};
    gm_engine_options options = options_of_one();
    options.optimizer.l2 = l2;
    gm_engine *engine = make_engine(shape, &options, "packed");
    gm_network *network = gm_engine_network(engine);
    for (size_t i = 0; i < gm_network_parameter_count(network); i++)
        ((REAL *)gm_network_parameters(network))[i] = tiny;
    watch(engine);
    const unsigned mode = (unsigned)GM_READ_MODE() & kept;
    net_step(engine, row_of(x, 2), row_of(y, gm_network_outputs(network)));
    cr_expect_eq((unsigned)GM_READ_MODE() & kept, mode);
    cr_expect_eq(steps_taken, 1);
    const REAL z = ((const REAL *)gm_engine_view(engine, GM_VIEW_Z, 0).data)[0];
    net_free(engine);
    return z;
}

/* They count as 0, but where a step is so short that a change of the CPU's mode would be felt, and nothing
 * makes weights shrink to them. */
Test(T(fused), denormals)
{
    const net_shape tiny = {{2, 2}, GM_RELU, GM_IDENTITY, GM_HALF_SQUARES},
                    larger = {{2, 30}, GM_RELU, GM_IDENTITY, GM_HALF_SQUARES};
    cr_expect_eq(step_with_denormals(&larger, 0, UINT_MAX), 0);
    cr_expect_eq(step_with_denormals(&tiny, .01, UINT_MAX), 0);
    cr_expect_neq(step_with_denormals(&tiny, 0, GM_FLUSH_BITS), 0);
}
#endif

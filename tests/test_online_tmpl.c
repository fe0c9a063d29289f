/* Compares the step of src/online with the plain loops of backend `naive`, for every instruction set that
 * this CPU has: all activations, losses and widths, with and without decay. Compiled once for each precision.
 */
#include "online_samples.h"
#include "sanitized.h"

#include "backend/packed.h"
#include "base/memory.h"
#include "nn/pass.h"
#include "ulps.h"

#include <string.h>

#define SUITE GM_TYPED(online)

/* A network and its numbers in the layout of one packed backend, without an engine around them. */
struct bench {
    gm_network *network;
    gm_layout layout;
    gm_layer_layout layouts[NET_LAYERS];
    gm_pass_layer layers[NET_LAYERS];
    gm_bound bound;
    REAL *workspace;
    gm_online *online;
};

static size_t no_scratch(const char *backend, size_t in, size_t out)
{
    (void)backend, (void)in, (void)out;
    return 0;
}

static void place_layer(struct bench *b, size_t l)
{
    const gm_layer *layer = &b->network->layers[l];
    const gm_layer_layout *layout = &b->layouts[l];
    const size_t in = layer->inputs, out = layer->outputs;
    const gm_mat block = {(REAL *)b->network->parameters + layer->weights, out, in, in};
    REAL *w = b->bound.parameters + layout->weights;
    b->bound.backend->pack(block, w);
    memcpy(b->bound.parameters + layout->biases, (REAL *)b->network->parameters + layer->biases,
           out * sizeof(REAL));
    b->layers[l] = (gm_pass_layer){
        .view = {.w = {w, out, in, in}},
        .z = {b->workspace + layout->z, b->layout.batch, out, layout->ld},
        .a = {b->workspace + layout->a, b->layout.batch, out, layout->ld},
        .d = {b->workspace + layout->d, b->layout.batch, out, layout->ld},
        .weights = layout->weights,
        .biases = layout->biases,
    };
}

/* False if the step of online training does not apply. */
static bool bench_make(struct bench *b, const net_shape *shape, const gm_engine_options *options,
                       const gm_backend *backend)
{
    gm_network *n = net_make(shape, PRECISION, 3);
    const gm_layout_needs needs = {n->layers, n->layer_count,   PRECISION, options,
                                   1,         backend->storage, no_scratch};
    gm_error error;
    *b = (struct bench){.network = n};
    cr_assert_eq(gm_layout_make(&b->layout, b->layouts, &needs, &error), GM_OK, "%s", error.message);
    b->workspace = gm_alloc(b->layout.workspace, sizeof(REAL));
    b->bound = (gm_bound){
        .backend = backend,
        .loss = &gm_loss_kernels[n->loss],
        .layers = b->layers,
        .layer_count = n->layer_count,
        .optimizer = &options->optimizer,
        .network = n,
        .parameters = gm_alloc(b->layout.parameters, sizeof(REAL)),
        .own_x = {{.rows = options->batch}},
    };
    cr_assert(b->workspace && b->bound.parameters);
    for (size_t l = 0; l < n->layer_count; l++)
        place_layer(b, l);
    b->online = gm_pass_create_online(&b->bound, &options->optimizer);
    return b->online;
}

static void bench_free(struct bench *b)
{
    gm_free(b->online);
    gm_free(b->workspace);
    gm_free(b->bound.parameters);
    gm_network_destroy(b->network);
}

/* The weights back to the network's block. */
static void bench_settle(struct bench *b)
{
    for (size_t l = 0; l < b->network->layer_count; l++) {
        const gm_layer *layer = &b->network->layers[l];
        const gm_mat block = {(REAL *)b->network->parameters + layer->weights, layer->outputs, layer->inputs,
                              layer->inputs};
        b->bound.backend->unpack(b->layers[l].view.w.data, block);
        memcpy((REAL *)b->network->parameters + layer->biases, b->bound.parameters + b->layers[l].biases,
               layer->outputs * sizeof(REAL));
    }
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
        const size_t out = layer->d.cols, padded = gm_padded(b->bound.backend->storage, out);
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
        count_differences(b->network->parameters, gm_network_parameters_const(network).data, count);
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
        b->online->step(b->online, x.data, y.data, loss);
    else
        b->online->step_rows(b->online, x, y, loss);
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

/* Returns whether the shape has a step of online training for this backend. */
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
        rows = b.online->most_rows;
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

/* Squares of exponentials diverge within these steps, and with them all rounding errors. */
static bool belong(gm_loss loss, gm_activation output)
{
    const gm_activation needed = gm_loss_output_activation(loss);
    if (output == GM_EXP && (loss == GM_HALF_SQUARES || loss == GM_MEAN_SQUARES))
        return false;
    return needed == GM_IDENTITY || output == needed;
}

/* Every shape, hidden activation and optimizer for one pair of loss and output. */
static size_t try_pair(const gm_backend *backend, gm_loss loss, gm_activation output)
{
    size_t tried = 0;
    for (size_t i = 0; i < SHAPES * GM_EXP; i += STRIDE) {
        net_shape shape = {.hidden = (gm_activation)(i % GM_EXP), .output = output, .loss = loss};
        memcpy(shape.sizes, shapes[i / GM_EXP], sizeof shapes[0]);
        const gm_optimizer optimizer = optimizer_of((i + (size_t)output) % 8);
        const bool applies = try(&shape, &optimizer, backend);
        cr_expect_eq(applies, is_within(shape.sizes, backend->storage->grain.outputs), "%s",
                     describe(&shape, backend));
        cr_expect_eq(try_rows(&shape, &optimizer, backend) > 0, applies, "%s", describe(&shape, backend));
        tried += applies;
    }
    return tried;
}

Test(SUITE, every_combination)
{
    const gm_backend *backend;
    for (size_t i = 0; (backend = gm_backend_packed_at(i)); i++) {
        size_t tried = 0;
        for (int loss = 0; loss < GM_LOSS_COUNT; loss++)
            for (int output = 0; output < GM_ACTIVATION_COUNT; output++)
                if (belong((gm_loss)loss, (gm_activation)output))
                    tried += try_pair(backend, (gm_loss)loss, (gm_activation)output);
        cr_expect_geq(tried, 49 * GM_EXP * 2 / STRIDE, "%s: only %zu", backend->kernels, tried);
    }
}

/* Every number of outputs and of inputs. */
Test(SUITE, every_width)
{
    const gm_backend *backend;
    const gm_optimizer optimizer = optimizer_of(3);
    for (size_t i = 0; (backend = gm_backend_packed_at(i)); i++) {
        for (size_t width = 1; width <= MOST; width++) {
            const net_shape shape = {{width, width, width}, GM_TANH, GM_IDENTITY, GM_HUBER};
            cr_expect_eq(try(&shape, &optimizer, backend), width <= backend->storage->grain.outputs, "%s",
                         describe(&shape, backend));
        }
    }
}

/* Padding may hold anything but in D: it is mixed with nothing. */
Test(SUITE, padding_stays_out_of_it)
{
    static struct samples samples;
    const net_shape shape = {{3, 5, 2, 1}, GM_SIGMOID, GM_SIGMOID, GM_LOGISTIC};
    const gm_engine_options options = options_of_one();
    const gm_backend *backend;
    fill(&samples);
    for (size_t i = 0; (backend = gm_backend_packed_at(i)); i++) {
        struct bench b;
        if (!bench_make(&b, &shape, &options, backend)) {
            bench_free(&b);
            continue; /* five doubles are more than a band of two vectors of two */
        }
        for (size_t l = 0; l < 3; l++) {
            const gm_layer *layer = &b.network->layers[l];
            const size_t padded = gm_padded(backend->storage, layer->outputs);
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

/* One layer whose units compute the activation of 1, 4, -1, -4, 1, ... times the input. It does not learn. */
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
        b->bound.parameters[b->layers[0].biases + c] = 0;
    }
    return true;
}

/* The worst error of f at these factors times x. */
static double error_at(struct bench *b, REAL x, long double (*exact)(long double))
{
    const REAL y[MOST] = {0};
    const gm_pass_layer *layer = &b->layers[0];
    double worst = 0;
    b->online->step(b->online, &x, y, NULL);
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
    b->online->step(b->online, &x, y, NULL);
    for (size_t c = 0; c < layer->a.cols; c++) {
        const double a = (double)layer->a.data[c], expected = c % 4 < 2 ? at_plus : at_minus;
        cr_expect(isnan(x) ? isnan(a) : a == expected, "f(%g) is %g", (double)layer->z.data[c], a);
    }
}

/* Tests sigmoid and tanh of few units: in the curved part, at the borders of segments, and for large and very
 * large arguments. The bounds are those of vmath.h and segments.h. */
Test(SUITE, activations_are_exact)
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
    for (size_t i = 0; (backend = gm_backend_packed_at(i)); i++) {
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

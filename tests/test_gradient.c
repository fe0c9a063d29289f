/* Compares BP1 to BP4 with central differences: every activation, every valid pair of loss and output
 * activation, and every depth and batch size for which other code is used. Faults are planted, and the check
 * must find them. Compiled with GM_REAL_BITS = 64, because the test uses private parts of the engine. */
#include "nets.h"
#include "sanitized.h"

#include "nn/engine.h"
#include "nn/pass.h"

#include <gradmill/gradcheck.h>

enum { IN = 3, OUT = 3, MOST_ROWS = 7 };

static bool belong(gm_loss loss, gm_activation output)
{
    const gm_activation needed = gm_loss_output_activation(loss);
    return needed == GM_IDENTITY || output == needed;
}

/* A network IN -> 4 -> 5 -> 4 -> OUT, cut to `depth` layers. */
static net_shape shape_of(size_t depth, gm_activation hidden, gm_activation output, gm_loss loss)
{
    static const size_t widths[] = {4, 5, 4};
    net_shape shape = {.sizes = {IN}, .hidden = hidden, .output = output, .loss = loss};
    for (size_t l = 1; l < depth; l++)
        shape.sizes[l] = widths[l - 1];
    shape.sizes[depth] = OUT;
    return shape;
}

static gm_engine *make_engine(const net_shape *shape, const char *backend, size_t rows)
{
    gm_engine_options options = gm_engine_options_default();
    options.backend = backend;
    options.batch = rows;
    options.threads = 1;
    return net_engine(net_make(shape, GM_F64, 1), &options);
}

/* Targets in [0, 1): valid for every loss. */
static gm_gradcheck check(gm_engine *engine, size_t rows)
{
    double x[MOST_ROWS * IN], y[MOST_ROWS * OUT];
    net_fill(x, rows * IN, -1, 1);
    net_fill(y, rows * OUT, 0, 2);
    for (size_t i = 0; i < rows * OUT; i++)
        y[i] /= 2;
    const gm_gradcheck_options options = gm_gradcheck_options_default();
    gm_gradcheck result;
    gm_error error;
    cr_assert_eq(gm_gradcheck_run(engine, gm_array_f64(x, rows, IN), gm_array_f64(y, rows, OUT), &options,
                                  &result, &error),
                 GM_OK, "%s", error.message);
    cr_expect_eq(result.checked, gm_network_parameter_count(gm_engine_network(engine)));
    return result;
}

static void expect_passes(const net_shape *shape, const char *backend, size_t depth, size_t rows)
{
    gm_engine *engine = make_engine(shape, backend, rows);
    const gm_gradcheck result = check(engine, rows);
    cr_expect(result.passed && result.worst_error < 1e-6,
              "%s: %zu layers of %s, output %s, loss %s, %zu rows: layer %zu, error %g (%.10g, %.10g)",
              backend, depth, gm_activation_name(shape->hidden), gm_activation_name(shape->output),
              gm_loss_name(shape->loss), rows, result.worst_layer, result.worst_error, result.analytic,
              result.numeric);
    net_free(engine);
}

/* The numbers are compared in the plain build. Sanitizers, which are slow, look at every fifth combination:
 * those have all backends and all sizes of batch too, because 5 has no factor in common with 4 or 3. */
static bool is_due(size_t check)
{
    return !SANITIZED || check % 5 == 0;
}

/* Every hidden activation and depth for one pair of loss and output. */
static size_t check_pair(gm_loss loss, gm_activation output)
{
    static const size_t rows[] = {1, 2, MOST_ROWS};
    size_t checks = 0;
    for (size_t depth = 1; depth <= 4; depth++) {
        for (int hidden = 0; hidden < GM_EXP; hidden++) {
            const net_shape shape = shape_of(depth, (gm_activation)hidden, output, loss);
            for (size_t r = 0; r < sizeof rows / sizeof *rows; r++, checks++)
                if (is_due(checks))
                    expect_passes(&shape, gm_backend_name(checks % 4), depth, rows[r]);
        }
    }
    return checks;
}

Test(gradient, every_combination)
{
    size_t checks = 0;
    for (int loss = 0; loss < GM_LOSS_COUNT; loss++) {
        for (int output = 0; output < GM_ACTIVATION_COUNT; output++) {
            if (belong((gm_loss)loss, (gm_activation)output))
                checks += check_pair((gm_loss)loss, (gm_activation)output);
        }
    }
    /* 4 losses go with any output, 3 with one; 4 depths, 3 sizes of batch; 4 backends in turn. */
    cr_expect_eq(checks, (4 * GM_ACTIVATION_COUNT + 3) * 4 * GM_EXP * 3);
}

Test(gradient, every_backend)
{
    const char *backend;
    for (size_t i = 0; (backend = gm_backend_name(i)); i++) {
        for (size_t rows = 1; rows <= MOST_ROWS; rows++) {
            const net_shape shape = shape_of(4, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY);
            expect_passes(&shape, backend, 4, rows);
        }
    }
}

/* The planted faults. Each replaces one function of the engine, and calls the correct one with wrong
 * arguments. */
static const gm_backend *right;
static const gm_loss_kernel *right_loss;
static const gm_activation_kernel *right_f;

static void multiply(gm_mat m, double factor)
{
    for (size_t r = 0; r < m.rows; r++) {
        for (size_t c = 0; c < m.cols; c++)
            gm_row(m, r)[c] *= factor;
    }
}

static void bp1_double(gm_mat a, gm_mat y, double scale, gm_mat d)
{
    right_loss->delta(a, y, 2 * scale, d);
}

static void bp1_negative(gm_mat a, gm_mat y, double scale, gm_mat d)
{
    right_loss->delta(a, y, -scale, d);
}

/* BP1 without f', as if the loss and the activation cancelled it. */
static void no_chain(gm_mat z, gm_mat a, gm_mat d)
{
    (void)z, (void)a, (void)d;
}

/* f' computed from A in place of Z: sigmoid'(a) in place of sigmoid'(z). */
static void chain_of_a(gm_mat z, gm_mat a, gm_mat d)
{
    (void)z;
    for (size_t r = 0; r < d.rows; r++) {
        for (size_t c = 0; c < d.cols; c++) {
            const double s = 1 / (1 + exp(-gm_row(a, r)[c]));
            gm_row(d, r)[c] *= s * (1 - s);
        }
    }
}

static void bp2_negative(const gm_layer_view *l, gm_mat d, size_t first, double beta, gm_mat d_prev,
                         double *scratch)
{
    right->hidden_delta(l, d, first, beta, d_prev, scratch);
    multiply(d_prev, -1);
}

/* W in place of W^T. This would read out of bounds unless W is square, so indices of columns wrap around. */
static void bp2_transposed(const gm_layer_view *l, gm_mat d, size_t first, double beta, gm_mat d_prev,
                           double *scratch)
{
    (void)scratch, (void)first, (void)beta;
    for (size_t i = 0; i < d_prev.rows; i++) {
        for (size_t j = 0; j < d_prev.cols; j++) {
            double sum = 0;
            for (size_t k = 0; k < d.cols; k++)
                sum += gm_row(d, i)[k] * l->w.data[(j * d.cols + k) % (l->w.rows * l->w.cols)];
            gm_row(d_prev, i)[j] = sum;
        }
    }
}

static void bp3_half(const gm_layer_view *l, gm_mat d, double alpha, double beta, double *gb)
{
    right->bias_gradient(l, d, alpha / 2, beta, gb);
}

/* The first sample only. */
static void bp3_one_row(const gm_layer_view *l, gm_mat d, double alpha, double beta, double *gb)
{
    right->bias_gradient(l, gm_rows(d, 0, 1), alpha, beta, gb);
}

static void bp4_scaled(const gm_layer_view *l, gm_mat d, gm_mat a, double alpha, double beta, gm_mat gw,
                       double *scratch)
{
    right->weight_gradient(l, d, a, 1.001 * alpha, beta, gw, scratch);
}

static void bp4_transposed(const gm_layer_view *l, gm_mat d, gm_mat a, double alpha, double beta, gm_mat gw,
                           double *scratch)
{
    double product[8 * 8];
    const gm_mat swapped = {product, a.cols, d.cols, d.cols};
    right->weight_gradient(l, a, d, alpha, beta, swapped, scratch);
    for (size_t i = 0; i < gw.rows * gw.cols; i++)
        gw.data[i] = product[i];
}

static void bp4_one_row(const gm_layer_view *l, gm_mat d, gm_mat a, double alpha, double beta, gm_mat gw,
                        double *scratch)
{
    right->weight_gradient(l, gm_rows(d, 0, 1), gm_rows(a, 0, 1), alpha, beta, gw, scratch);
}

/* Functions that replace those of the engine. A function that is NULL is not replaced. */
struct fault {
    const char *name;
    void (*delta)(gm_mat a, gm_mat y, double scale, gm_mat d);
    void (*output_chain)(gm_mat z, gm_mat a, gm_mat d);
    void (*hidden_chain)(gm_mat z, gm_mat a, gm_mat d);
    void (*hidden_delta)(const gm_layer_view *l, gm_mat d, size_t first, double beta, gm_mat d_prev,
                         double *scratch);
    void (*bias_gradient)(const gm_layer_view *l, gm_mat d, double alpha, double beta, double *gb);
    void (*weight_gradient)(const gm_layer_view *l, gm_mat d, gm_mat a, double alpha, double beta, gm_mat gw,
                            double *scratch);
};

static const struct fault faults[] = {
    {.name = "BP1: twice the loss's derivative", .delta = bp1_double},
    {.name = "BP1: wrong sign", .delta = bp1_negative},
    {.name = "BP1: f' missing", .output_chain = no_chain},
    {.name = "BP2: wrong sign", .hidden_delta = bp2_negative},
    {.name = "BP2: W for its transpose", .hidden_delta = bp2_transposed},
    {.name = "BP2: f' missing", .hidden_chain = no_chain},
    {.name = "BP2: f' of a instead of z", .hidden_chain = chain_of_a},
    {.name = "BP3: factor missing", .bias_gradient = bp3_half},
    {.name = "BP3: first row only", .bias_gradient = bp3_one_row},
    {.name = "BP4: off by a thousandth", .weight_gradient = bp4_scaled},
    {.name = "BP4: transposed", .weight_gradient = bp4_transposed},
    {.name = "BP4: first row only", .weight_gradient = bp4_one_row},
};

/* The copies live as long as the engine, so the caller owns them. */
struct surgery {
    gm_backend backend;
    gm_loss_kernel loss;
    gm_activation_kernel hidden, output;
};

static void plant(gm_engine *engine, const struct fault *fault, struct surgery *s)
{
    gm_pass *pass = (gm_pass *)engine->pass;
    gm_pass_layer *out = &pass->bound.layers[pass->bound.layer_count - 1];
    *s = (struct surgery){*right, *right_loss, *right_f, *right_f};
    s->backend.hidden_delta = fault->hidden_delta ? fault->hidden_delta : right->hidden_delta;
    s->backend.bias_gradient = fault->bias_gradient ? fault->bias_gradient : right->bias_gradient;
    s->backend.weight_gradient = fault->weight_gradient ? fault->weight_gradient : right->weight_gradient;
    s->loss.delta = fault->delta ? fault->delta : right_loss->delta;
    s->output.chain = fault->output_chain ? fault->output_chain : right_f->chain;
    s->hidden.chain = fault->hidden_chain ? fault->hidden_chain : right_f->chain;
    for (size_t l = 0; l < pass->bound.layer_count; l++)
        pass->bound.layers[l].f = &s->hidden;
    out->f = &s->output;
    pass->bound.backend = &s->backend;
    pass->bound.loss = &s->loss;
}

/* Sigmoid throughout, so that one kernel serves hidden and output layers. */
static gm_gradcheck check_with(const struct fault *fault)
{
    const net_shape shape = shape_of(3, GM_SIGMOID, GM_SIGMOID, GM_HALF_SQUARES);
    gm_engine *engine = make_engine(&shape, "blas", MOST_ROWS);
    struct surgery surgery;
    right = ((gm_pass *)engine->pass)->bound.backend;
    right_loss = ((gm_pass *)engine->pass)->bound.loss;
    right_f = ((gm_pass *)engine->pass)->bound.layers[0].f;
    plant(engine, fault, &surgery);
    const gm_gradcheck result = check(engine, MOST_ROWS);
    net_free(engine);
    return result;
}

Test(gradient, planted_faults_are_found)
{
    const struct fault none = {.name = "none"};
    cr_expect(check_with(&none).passed, "without a fault");
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        const gm_gradcheck result = check_with(&faults[i]);
        cr_expect_not(result.passed, "not found: %s", faults[i].name);
        cr_expect_gt(result.worst_error, 1e-4, "%s: error %g only", faults[i].name, result.worst_error);
    }
}

/* The worst parameter shows which equation is wrong. */
Test(gradient, the_worst_parameter_is_named)
{
    const struct fault bias = {.name = "b", .bias_gradient = bp3_half},
                       weight = {.name = "W", .weight_gradient = bp4_scaled},
                       hidden = {.name = "h", .hidden_delta = bp2_negative};
    cr_expect(check_with(&bias).worst_is_bias);
    cr_expect_not(check_with(&weight).worst_is_bias);
    cr_expect_lt(check_with(&hidden).worst_layer, 2, "the output layer's gradient does not pass through BP2");
}

Test(gradient, samples_and_refusals)
{
    const net_shape shape = shape_of(4, GM_TANH, GM_IDENTITY, GM_HUBER);
    gm_network *f64 = net_make(&shape, GM_F64, 1), *f32 = net_make(&shape, GM_F32, 1);
    gm_engine_options options = gm_engine_options_default();
    gm_engine *engine = net_engine(f64, &options), *single = net_engine(f32, &options);
    const double x[IN] = {.1, .2, .3}, y[OUT] = {1, 0, -1};
    gm_gradcheck_options checks = gm_gradcheck_options_default();
    checks.samples = 10;
    gm_gradcheck result;
    gm_error error;
    const gm_array xs = gm_array_f64(x, 1, IN), ys = gm_array_f64(y, 1, OUT);
    cr_assert_eq(gm_gradcheck_run(engine, xs, ys, &checks, &result, &error), GM_OK);
    cr_expect(result.passed);
    cr_expect_eq(result.checked, 10);
    cr_expect_eq(gm_gradcheck_run(single, xs, ys, &checks, &result, &error), GM_USAGE);
    cr_expect_not_null(strstr(error.message, "f64"), "%s", error.message);
    net_free(engine);
    net_free(single);
}

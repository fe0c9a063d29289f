/* Compares the gradient of BP1 to BP4 with central differences of the loss. Each parameter that is checked is
 * moved up and down a little, which gives its derivative without any of the four equations. */
#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/random.h"
#include "nn/engine.h"

#include <float.h>
#include <gradmill/gradcheck.h>
#include <math.h>

/* Derivatives below this times the loss C cannot be told apart to 1e-6: the difference of two losses is known
 * to some 1e-16 C, and that over 2h, some 1e-5, leaves a noise of up to 1e-10 C. */
#define FLOOR 1e-3

void gm_gradcheck_options_fill(gm_gradcheck_options *options, size_t size)
{
    const gm_gradcheck_options defaults = {.tolerance = 1e-6, .seed = 1};
    gm_options_fill(options, size, &defaults, sizeof defaults);
}

/* One check of an engine on one batch. */
struct check {
    gm_engine *engine;
    gm_array x, y;
    const double *gradient; /* of all parameters, by BP1 to BP4 */
    double *scratch;        /* as much memory; NULL: no dropout, and the loss is that of gm_engine_loss */
    double least;           /* smaller derivatives are compared as if they were as large as this */
    gm_gradcheck *result;
};

/* The loss at other weights. With dropout it is the loss of one mask, which stays the same until a step is
 * taken, and which only a gradient has. */
static gm_status loss_at(const struct check *check, size_t index, double value, double *loss, gm_error *error)
{
    gm_network_set_parameter(gm_engine_network(check->engine), index, value);
    if (!check->scratch)
        return gm_engine_loss(check->engine, check->x, check->y, loss, gm_no_array(), error);
    const size_t count = gm_network_parameter_count(gm_engine_network(check->engine));
    return gm_engine_gradient(check->engine, check->x, check->y, gm_mutable_f64(check->scratch, 1, count),
                              loss, error);
}

/* (C(w + h) - C(w - h)) / 2h. Afterwards w has its old value. */
static gm_status central_difference(const struct check *check, size_t index, double *result, gm_error *error)
{
    gm_network *network = gm_engine_network(check->engine);
    const double w = gm_network_parameter(network, index);
    const double h = cbrt(DBL_EPSILON) * fmax(1, fabs(w));
    double above = 0, below = 0;
    gm_status status = loss_at(check, index, w + h, &above, error);
    if (status == GM_OK)
        status = loss_at(check, index, w - h, &below, error);
    gm_network_set_parameter(network, index, w);
    *result = (above - below) /
              ((w + h) - (w - h)); /* the distance that remains after rounding of w + h and w - h */
    return status;
}

static void compare(const struct check *check, size_t index, double numeric)
{
    gm_gradcheck *result = check->result;
    const double analytic = check->gradient[index];
    const double error = fabs(analytic - numeric) / fmax(fabs(analytic) + fabs(numeric), check->least);
    result->checked++;
    if (error <= result->worst_error) /* false for NaN, which so becomes the worst */
        return;
    result->worst_error = isnan(error) ? INFINITY : error;
    result->worst_index = index;
    result->analytic = analytic;
    result->numeric = numeric;
}

/* Converts the index in the block of parameters into a row and a column of W, or a row of b. */
static void locate(const gm_network *network, gm_gradcheck *result)
{
    size_t l = 0;
    while (l + 1 < gm_network_layer_count(network) &&
           gm_network_layer(network, l + 1).weights <= result->worst_index)
        l++;
    const gm_layer layer = gm_network_layer(network, l);
    result->worst_layer = l;
    result->worst_is_bias = result->worst_index >= layer.biases;
    if (result->worst_is_bias) {
        result->worst_row = result->worst_index - layer.biases;
    } else {
        result->worst_row = (result->worst_index - layer.weights) / layer.inputs;
        result->worst_col = (result->worst_index - layer.weights) % layer.inputs;
    }
}

static gm_status compare_all(const struct check *check, const gm_gradcheck_options *options, gm_error *error)
{
    const size_t count = gm_network_parameter_count(gm_engine_network(check->engine));
    const size_t checks = options->samples ? gm_min(options->samples, count) : count;
    gm_random random = gm_random_seed(options->seed, GM_STREAM_CHECK);
    for (size_t i = 0; i < checks; i++) {
        /* Takes one parameter from each of `checks` equal parts of the block, so that large layers are never
         * left out. */
        const size_t first = (size_t)((double)i * (double)count / (double)checks);
        const size_t next = (size_t)((double)(i + 1) * (double)count / (double)checks);
        const size_t index = first + (size_t)gm_random_below(&random, gm_max(next - first, 1));
        double numeric = 0;
        const gm_status status = central_difference(check, index, &numeric, error);
        if (status != GM_OK)
            return status;
        compare(check, index, numeric);
    }
    return GM_OK;
}

gm_status gm_gradcheck_run(gm_engine *engine, gm_array x, gm_array y, const gm_gradcheck_options *options,
                           gm_gradcheck *result, gm_error *error)
{
    const gm_network *network = gm_engine_network(engine);
    gm_gradcheck_options own = gm_gradcheck_options_default();
    gm_status status = gm_options_read(&own, sizeof own, options, "gm_gradcheck_options", error);
    *result = (gm_gradcheck){0};
    if (status != GM_OK)
        return status;
    if (gm_network_precision(network) != GM_F64)
        return gm_fail(error, GM_USAGE, "the gradient check needs precision f64, got f32");
    const size_t count = gm_network_parameter_count(network), blocks = engine->drops ? 2 : 1;
    double *gradient = gm_alloc(blocks * count, sizeof *gradient);
    if (!gradient)
        return gm_fail_memory(error, "the gradient", blocks * count * sizeof *gradient);
    double loss = 0;
    status = gm_engine_gradient(engine, x, y, gm_mutable_f64(gradient, 1, count), &loss, error);
    const struct check check = {.engine = engine,
                                .x = x,
                                .y = y,
                                .gradient = gradient,
                                .scratch = engine->drops ? gradient + count : NULL,
                                .least = FLOOR * fmax(1, loss),
                                .result = result};
    if (status == GM_OK)
        status = compare_all(&check, &own, error);
    gm_free(gradient);
    locate(network, result);
    result->passed = status == GM_OK && result->worst_error < own.tolerance;
    return status;
}

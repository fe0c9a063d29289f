/* Figures of one step of an epoch, which is taken as every other: before it, its gradient is computed once
 * more, with the same dropout, and the parameters are copied. So a step with figures gives the same bits, and
 * costs about as much as two steps and three passes over the parameters. A step of several batches holds its
 * gradient itself, so there it is only copied. */
#include "train/figures.h"
#include "base/element.h"
#include "base/error.h"
#include "base/memory.h"
#include "nn/network.h"
#include "train/findings.h"

#include <math.h>
#include <string.h>

gm_status gm_figures_create(gm_figures *figures, const gm_engine *engine, size_t step, gm_error *error)
{
    const gm_network *network = gm_engine_network((gm_engine *)engine);
    const gm_precision precision = gm_network_precision(network);
    const size_t count = gm_network_parameter_count(network), size = gm_precision_size(precision);
    *figures = (gm_figures){.gradient_norm = NAN, .step = step};
    if (step == 0)
        return GM_OK;
    figures->layer_count = gm_network_layer_count(network);
    figures->memory = gm_alloc(count, size);
    figures->layers = gm_alloc(figures->layer_count, sizeof *figures->layers);
    if (!figures->memory || !figures->layers)
        return gm_fail_memory(error, "the figures of the layers", count * size);
    figures->block = gm_mutable_real(figures->memory, precision, 1, count);
    return GM_OK;
}

void gm_figures_clear(gm_figures *figures)
{
    gm_free(figures->memory);
    gm_free(figures->layers);
    *figures = (gm_figures){0};
}

void gm_figures_begin(gm_figures *figures)
{
    figures->gradient_norm = NAN;
    for (size_t l = 0; l < figures->layer_count; l++)
        figures->layers[l] = (gm_layer_figures){NAN, NAN, NAN};
}

/* Sum of the squares of a layer's gradient; biases that are frozen have no part in it. */
static double gradient_squares(const gm_engine *engine, gm_array gradient, size_t l)
{
    const gm_layer layer = gm_network_layer(gm_engine_network((gm_engine *)engine), l);
    const size_t biases = gm_engine_optimizer(engine).freeze_bias ? 0 : layer.outputs;
    const size_t end = layer.biases + biases;
    double sum = 0;
    for (size_t i = layer.weights; i < end; i++) {
        const double g = gm_array_number(gradient, 0, i);
        sum += g * g;
    }
    return sum;
}

/* Share of the units of a layer whose activation is 0 in every row of the batch, and through which no
 * gradient flows. NaN unless its activation is ReLU. */
static double dead_share(const gm_engine *engine, size_t l)
{
    const gm_array a = gm_engine_view(engine, GM_VIEW_A, l);
    if (gm_network_layer(gm_engine_network((gm_engine *)engine), l).activation != GM_RELU || !a.data)
        return NAN;
    return (double)gm_zero_columns(a) / (double)a.cols;
}

/* The figures of the gradient in `block`, and of the activations that the engine has now. The block is then
 * used for the parameters before the step. */
static void take_figures(gm_figures *figures, const gm_engine *engine)
{
    const gm_network *network = gm_engine_network((gm_engine *)engine);
    double sum = 0;
    for (size_t l = 0; l < figures->layer_count; l++) {
        const double squares = gradient_squares(engine, gm_array_of(figures->block), l);
        figures->layers[l] = (gm_layer_figures){
            .gradient_norm = sqrt(squares), .update_ratio = NAN, .dead = dead_share(engine, l)};
        sum += squares;
    }
    figures->gradient_norm = sqrt(sum);
    memcpy(figures->memory, gm_network_parameters_const(network).data, gm_network_bytes(network));
}

gm_status gm_figures_before(gm_figures *figures, gm_engine *engine, const gm_batch_buffer *batch,
                            gm_array weights, gm_error *error)
{
    gm_gradient to = gm_gradient_default(figures->block);
    to.weights = weights;
    const gm_status status =
        gm_engine_gradient_to(engine, gm_array_of(batch->x), gm_array_of(batch->y), &to, NULL, error);
    if (status == GM_OK)
        take_figures(figures, engine);
    return status;
}

gm_status gm_figures_of_held(gm_figures *figures, const gm_engine *engine, gm_error *error)
{
    const gm_status status = gm_engine_held_gradient(engine, figures->block, error);
    if (status == GM_OK)
        take_figures(figures, engine);
    return status;
}

void gm_figures_after(gm_figures *figures, const gm_engine *engine)
{
    const gm_network *network = gm_engine_network((gm_engine *)engine);
    gm_array now = gm_array_of(figures->block);
    const gm_array before = now;
    now.data = gm_network_parameters_const(network).data;
    for (size_t l = 0; l < figures->layer_count; l++) {
        const gm_layer layer = gm_network_layer(network, l);
        double moved = 0, length = 0;
        for (size_t i = layer.weights; i < layer.weights + layer.inputs * layer.outputs; i++) {
            const double from = gm_array_number(before, 0, i), step = gm_array_number(now, 0, i) - from;
            moved += step * step;
            length += from * from;
        }
        figures->layers[l].update_ratio = length > 0 ? sqrt(moved / length) : NAN;
    }
}

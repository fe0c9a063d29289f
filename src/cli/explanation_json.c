/* An explanation as JSON: the same numbers, for machines. */
#include "cli/explanation.h"
#include "cli/json_out.h"

static json_t *row_json(const double *values, size_t count)
{
    json_t *row = json_array();
    for (size_t i = 0; i < count; i++)
        row = cli_json_push(row, gm_json_real(values[i]));
    return row;
}

static json_t *matrix_json(const double *values, size_t rows, size_t cols)
{
    json_t *matrix = json_array();
    for (size_t r = 0; r < rows; r++)
        matrix = cli_json_push(matrix, row_json(values + r * cols, cols));
    return matrix;
}

static json_t *layer_json(const cli_explanation *x, size_t l)
{
    const cli_explained_layer *layer = &x->layers[l];
    const gm_layer *s = &layer->shape;
    const size_t n = x->samples, in = s->inputs, out = s->outputs;
    json_t *root = json_pack("{s:I, s:I, s:s}", "inputs", (json_int_t)in, "outputs", (json_int_t)out,
                             "activation", gm_activation_name(s->activation));
    root = cli_json_put(root, "weights", matrix_json(x->old_parameters + s->weights, out, in));
    root = cli_json_put(root, "biases", row_json(x->old_parameters + s->biases, out));
    root = cli_json_put(root, "z", matrix_json(layer->z, n, out));
    root = cli_json_put(root, "a", matrix_json(layer->a, n, out));
    root = cli_json_put(root, "delta", matrix_json(layer->d, n, out));
    if (layer->dw)
        root = cli_json_put(root, "delta_times_weights", matrix_json(layer->dw, n, in));
    root = cli_json_put(root, "bias_gradient", row_json(x->gradient + s->biases, out));
    root = cli_json_put(root, "weight_gradient", matrix_json(x->gradient + s->weights, out, in));
    root = cli_json_put(root, "new_weights", matrix_json(x->new_parameters + s->weights, out, in));
    root = cli_json_put(root, "new_biases", row_json(x->new_parameters + s->biases, out));
    return root;
}

static json_t *calls_json(const gm_trace *trace)
{
    static const char *const equations[] = {
        [GM_FORWARD] = "forward",   [GM_OUTPUT_DELTA] = "BP1",    [GM_HIDDEN_DELTA] = "BP2",
        [GM_BIAS_GRADIENT] = "BP3", [GM_WEIGHT_GRADIENT] = "BP4",
    };
    json_t *calls = json_array();
    for (size_t i = 0; i < trace->count && i < trace->capacity; i++) {
        char text[400];
        cli_call_text(&trace->calls[i], text, sizeof text);
        calls =
            cli_json_push(calls, json_pack("{s:s, s:I, s:s}", "equation", equations[trace->calls[i].equation],
                                           "layer", (json_int_t)trace->calls[i].layer + 1, "call", text));
    }
    return calls;
}

static json_t *curve_json(const cli_explanation *x)
{
    json_t *curve = json_array();
    for (size_t i = 0; i < x->curve_count; i++)
        curve = cli_json_push(curve, json_pack("{s:I, s:o}", "step", (json_int_t)x->curve[i].step, "loss",
                                               gm_json_real(x->curve[i].loss)));
    return curve;
}

gm_status cli_explanation_print_json(const cli_explanation *x, gm_error *error)
{
    const gm_network *network = x->example->network;
    json_t *layers = json_array();
    for (size_t l = 0; l < x->layer_count; l++)
        layers = cli_json_push(layers, layer_json(x, l));
    json_t *root = json_pack("{s:s?, s:s, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                             "title", x->example->title, "loss_kind", gm_loss_name(gm_network_loss(network)),
                             "rate", gm_json_real(x->optimizer.rate), "freeze_bias", x->optimizer.freeze_bias,
                             "x", matrix_json(x->example->x, x->samples, gm_network_inputs(network)), "y",
                             matrix_json(x->example->y, x->samples, gm_network_outputs(network)), "layers",
                             layers, "loss", gm_json_real(x->loss), "gradient_calls",
                             calls_json(&x->gradient_trace), "step_calls", calls_json(&x->step_trace),
                             "loss_after_step", gm_json_real(x->next_loss), "losses", curve_json(x),
                             "outputs", matrix_json(x->last_outputs, x->samples, gm_network_outputs(network)),
                             "naive_difference", gm_json_real(x->difference));
    return cli_json_print(root, 17, error);
}

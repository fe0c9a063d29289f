/* An explanation as text: the equation, its shapes, the BLAS call that computed it, and the numbers. */
#include "base/number.h"
#include "cli/explanation.h"

#include <stdio.h>
#include <string.h>

/* Prints one number of a row, with enough digits to read the same double back. */
static void print_number(double value, bool last)
{
    char text[40];
    printf(last ? " %s" : " %-24s", gm_format_shortest(text, sizeof text, value));
}

static void print_matrix(const char *name, const double *values, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++) {
        printf("    %-8s", r == 0 ? name : "");
        for (size_t c = 0; c < cols; c++)
            print_number(values[r * cols + c], c + 1 == cols);
        putchar('\n');
    }
}

static void print_call(const gm_trace *trace, gm_equation equation, size_t layer)
{
    for (size_t i = 0; i < trace->count && i < trace->capacity; i++) {
        const gm_call *call = &trace->calls[i];
        if (call->equation == equation && call->layer == layer) {
            char text[400];
            cli_call_text(call, text, sizeof text);
            printf("    %s\n", text);
            return;
        }
    }
}

static void print_head(const cli_explanation *x)
{
    const gm_example *e = x->example;
    if (e->title)
        printf("%s\n", e->title);
    if (e->source)
        printf("source: %s\n", e->source);
    printf("network: %zu", gm_network_inputs(e->network));
    for (size_t l = 0; l < x->layer_count; l++)
        printf(" -> %zu %s", x->layers[l].shape.outputs, gm_activation_name(x->layers[l].shape.activation));
    printf("; loss %s; rate %g; biases %s; precision f64\n", gm_loss_name(gm_network_loss(e->network)),
           x->optimizer.rate, x->optimizer.freeze_bias ? "frozen" : "trained");
    printf("%zu %s; the loss is their mean\n", x->samples, x->samples == 1 ? "sample" : "samples");
    print_matrix("x", e->x, x->samples, gm_network_inputs(e->network));
    print_matrix("y", e->y, x->samples, gm_network_outputs(e->network));
}

static void print_forward(const cli_explanation *x, size_t l)
{
    const cli_explained_layer *layer = &x->layers[l];
    const size_t n = x->samples, in = layer->shape.inputs, out = layer->shape.outputs;
    printf(
        "\nFORWARD layer %zu    Z = A_prev W^T + 1 b^T    (%zu x %zu) = (%zu x %zu)(%zu x %zu)^T; Z begins as 1 b^T\n",
        l + 1, n, out, n, in, out, in);
    print_call(&x->gradient_trace, GM_FORWARD, l);
    print_matrix("W", x->old_parameters + layer->shape.weights, out, in);
    print_matrix("b", x->old_parameters + layer->shape.biases, 1, out);
    print_matrix("z", layer->z, n, out);
    printf("  A = %s(Z)\n", gm_activation_name(layer->shape.activation));
    print_matrix("a", layer->a, n, out);
}

/* Prints the terms of a sum of half squares, because books show them one by one. */
static void print_half_squares(const cli_explanation *x)
{
    const cli_explained_layer *out = &x->layers[x->layer_count - 1];
    const size_t cols = out->shape.outputs;
    for (size_t r = 0; r < x->samples; r++) {
        printf("    %-8s", r == 0 ? "each" : "");
        for (size_t c = 0; c < cols; c++) {
            const double e = x->example->y[r * cols + c] - out->a[r * cols + c];
            print_number(e * e / 2, c + 1 == cols);
        }
        putchar('\n');
    }
}

static void print_loss(const cli_explanation *x)
{
    printf("\nLOSS %s\n", gm_loss_name(gm_network_loss(x->example->network)));
    if (gm_network_loss(x->example->network) == GM_HALF_SQUARES)
        print_half_squares(x);
    print_matrix("C", &x->loss, 1, 1);
}

static void print_output_delta(const cli_explanation *x)
{
    const cli_explained_layer *out = &x->layers[x->layer_count - 1];
    printf("\nBP1 layer %zu        D = dC/dA (.) f'(Z)       (%zu x %zu), elementwise\n", x->layer_count,
           x->samples, out->shape.outputs);
    print_matrix("delta", out->d, x->samples, out->shape.outputs);
}

/* BP2 from layer l + 1 to layer l. */
static void print_hidden_delta(const cli_explanation *x, size_t l)
{
    const cli_explained_layer *from = &x->layers[l + 1];
    const size_t n = x->samples, in = from->shape.inputs, out = from->shape.outputs;
    printf(
        "\nBP2 layer %zu        D_prev = (D W) (.) f'(Z_prev)    (%zu x %zu) = (%zu x %zu)(%zu x %zu), the old W\n",
        l + 1, n, in, n, out, out, in);
    print_call(&x->gradient_trace, GM_HIDDEN_DELTA, l + 1);
    print_matrix("D W", from->dw, n, in);
    print_matrix("delta", x->layers[l].d, n, in);
}

static void print_gradients(const cli_explanation *x, size_t l)
{
    const gm_layer *shape = &x->layers[l].shape;
    const size_t n = x->samples, in = shape->inputs, out = shape->outputs;
    printf("\nBP3 layer %zu        dC/db = D^T 1             (%zu) = (%zu x %zu)^T (%zu)\n", l + 1, out, n,
           out, n);
    print_call(&x->gradient_trace, GM_BIAS_GRADIENT, l);
    print_matrix("dC/db", x->gradient + shape->biases, 1, out);
    printf("BP4 layer %zu        dC/dW = D^T A_prev        (%zu x %zu) = (%zu x %zu)^T (%zu x %zu)\n", l + 1,
           out, in, n, out, n, in);
    print_call(&x->gradient_trace, GM_WEIGHT_GRADIENT, l);
    print_matrix("dC/dW", x->gradient + shape->weights, out, in);
}

static void print_update(const cli_explanation *x, size_t l)
{
    const gm_layer *shape = &x->layers[l].shape;
    printf("\nUPDATE layer %zu     W = W - rate dC/dW, by the BP4 call itself: alpha = -rate, GW = W\n",
           l + 1);
    print_call(&x->step_trace, GM_WEIGHT_GRADIENT, l);
    print_matrix("W", x->new_parameters + shape->weights, shape->outputs, shape->inputs);
    if (x->optimizer.freeze_bias)
        printf("  b stays: the biases are frozen\n");
    else
        print_call(&x->step_trace, GM_BIAS_GRADIENT, l);
    print_matrix("b", x->new_parameters + shape->biases, 1, shape->outputs);
}

static void print_outcome(const cli_explanation *x)
{
    putchar('\n');
    for (size_t i = 0; i < x->curve_count; i++) {
        char loss[40];
        printf("LOSS after %6zu %s  %s\n", x->curve[i].step, x->curve[i].step == 1 ? "step " : "steps",
               gm_format_shortest(loss, sizeof loss, x->curve[i].loss));
    }
    if (x->steps > 1)
        print_matrix("outputs", x->last_outputs, x->samples, gm_network_outputs(x->example->network));
    printf("\nnaive loops agree to %.2g (largest relative difference of outputs and gradients)\n",
           x->difference);
}

static bool all_identity(const cli_explanation *x)
{
    for (size_t l = 0; l < x->layer_count; l++) {
        if (x->layers[l].shape.activation != GM_IDENTITY)
            return false;
    }
    return true;
}

void cli_explanation_print(const cli_explanation *x)
{
    print_head(x);
    for (size_t l = 0; l < x->layer_count; l++)
        print_forward(x, l);
    print_loss(x);
    print_output_delta(x);
    for (size_t l = x->layer_count - 1; l-- > 0;)
        print_hidden_delta(x, l);
    for (size_t l = x->layer_count; l-- > 0;)
        print_gradients(x, l);
    for (size_t l = x->layer_count; l-- > 0;)
        print_update(x, l);
    print_outcome(x);
    if (all_identity(x))
        printf(
            "note: every activation is the identity, so the network is one affine map whatever its depth;\n"
            "      it cannot learn XOR, nor anything else that is not linear\n");
    for (size_t i = 0; i < x->example->note_count; i++)
        printf("note: %s\n", x->example->notes[i]);
}

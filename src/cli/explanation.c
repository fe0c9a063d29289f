/* Runs one step of a small network and stores every number of it. */
#include "cli/explanation.h"
#include "base/error.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

/* Calls of one pass: at most forward, BP2, BP3, BP4 for each layer. */
#define CALLS_PER_LAYER 4

static gm_array samples_x(const gm_example *e)
{
    return gm_array_f64(e->x, e->sample_count, gm_network_inputs(e->network));
}

static gm_array samples_y(const gm_example *e)
{
    return gm_array_f64(e->y, e->sample_count, gm_network_outputs(e->network));
}

static gm_status reserve_layer(cli_explained_layer *layer, gm_layer shape, bool first, size_t samples,
                               gm_error *error)
{
    layer->shape = shape;
    layer->z = gm_alloc(samples * shape.outputs, sizeof(double));
    layer->a = gm_alloc(samples * shape.outputs, sizeof(double));
    layer->d = gm_alloc(samples * shape.outputs, sizeof(double));
    layer->dw = first ? NULL : gm_alloc(samples * shape.inputs, sizeof(double));
    if (layer->z && layer->a && layer->d && (first || layer->dw))
        return GM_OK;
    return gm_fail_memory(error, "an explanation", samples * shape.outputs * sizeof(double));
}

static gm_status reserve(cli_explanation *x, gm_error *error)
{
    const gm_network *network = x->example->network;
    const size_t block = gm_network_parameter_count(network), calls = x->layer_count * CALLS_PER_LAYER;
    x->layers = gm_alloc(x->layer_count, sizeof *x->layers);
    x->old_parameters = gm_alloc(block, sizeof(double));
    x->gradient = gm_alloc(block, sizeof(double));
    x->new_parameters = gm_alloc(block, sizeof(double));
    x->gradient_trace = (gm_trace){gm_alloc(calls, sizeof(gm_call)), calls, 0};
    x->step_trace = (gm_trace){gm_alloc(calls, sizeof(gm_call)), calls, 0};
    x->last_outputs = gm_alloc(x->samples * gm_network_outputs(network), sizeof(double));
    x->curve = gm_alloc(64 * 3, sizeof *x->curve); /* 1, 2, 5 for each power of ten of a size_t */
    if (!x->layers || !x->old_parameters || !x->gradient || !x->new_parameters || !x->gradient_trace.calls ||
        !x->step_trace.calls || !x->last_outputs || !x->curve)
        return gm_fail_memory(error, "an explanation", 3 * block * sizeof(double));
    gm_status status = GM_OK;
    for (size_t l = 0; l < x->layer_count && status == GM_OK; l++)
        status = reserve_layer(&x->layers[l], gm_network_layer(network, l), l == 0, x->samples, error);
    return status;
}

static gm_engine_options engine_options(const cli_explanation *x, const char *backend, gm_trace *trace)
{
    gm_engine_options options = gm_engine_options_default();
    options.backend = backend;
    options.batch = x->samples;
    options.threads = 1;
    options.optimizer = x->optimizer;
    options.keep_z = true;
    options.trace = trace;
    return options;
}

static void copy_view(const gm_engine *engine, gm_view what, size_t layer, double *out)
{
    const gm_array view = gm_engine_view(engine, what, layer);
    const double *data = view.data;
    for (size_t r = 0; r < view.rows; r++)
        memcpy(out + r * view.cols, data + r * view.ld, view.cols * sizeof *out);
}

/* Computes D W of one layer (n x in), which BP2 multiplies by f'. The engine's workspace has only the product
 * with f'. */
static void multiply_back(const cli_explanation *x, cli_explained_layer *layer)
{
    const size_t in = layer->shape.inputs, out = layer->shape.outputs;
    const double *w = x->old_parameters + layer->shape.weights;
    for (size_t i = 0; i < x->samples; i++) {
        for (size_t k = 0; k < in; k++) {
            double sum = 0;
            for (size_t j = 0; j < out; j++)
                sum += layer->d[i * out + j] * w[j * in + k];
            layer->dw[i * in + k] = sum;
        }
    }
}

static gm_mutable_array block_of(const cli_explanation *x, double *gradient)
{
    return gm_mutable_f64(gradient, 1, gm_network_parameter_count(x->example->network));
}

/* Computes the gradient and records its BLAS calls, with a separate engine. Z, A and D are copied from its
 * workspace. */
static gm_status explain_gradient(cli_explanation *x, gm_error *error)
{
    const gm_engine_options options = engine_options(x, "blas", &x->gradient_trace);
    gm_engine *engine;
    gm_status status = gm_engine_create(&engine, x->example->network, &options, error);
    if (status == GM_OK)
        status = gm_engine_gradient(engine, samples_x(x->example), samples_y(x->example),
                                    block_of(x, x->gradient), &x->loss, error);
    for (size_t l = 0; l < x->layer_count && status == GM_OK; l++) {
        copy_view(engine, GM_VIEW_Z, l, x->layers[l].z);
        copy_view(engine, GM_VIEW_A, l, x->layers[l].a);
        copy_view(engine, GM_VIEW_DELTA, l, x->layers[l].d);
        if (l > 0)
            multiply_back(x, &x->layers[l]);
    }
    gm_engine_destroy(engine);
    return status;
}

/* Raises *most to the largest |a - b|, and *scale to the largest |b|. */
static void widen_difference(const double *a, const double *b, size_t count, double *most, double *scale)
{
    for (size_t i = 0; i < count; i++) {
        const double difference = fabs(a[i] - b[i]);
        *most = isnan(difference) ? INFINITY : fmax(*most, difference); /* fmax ignores NaN */
        *scale = fmax(*scale, fabs(b[i]));
    }
}

/* Computes the same gradient with plain loops and compares. */
static gm_status compare_with_naive(cli_explanation *x, gm_error *error)
{
    const gm_engine_options options = engine_options(x, "naive", NULL);
    const size_t block = gm_network_parameter_count(x->example->network);
    double *gradient = gm_alloc(block, sizeof *gradient);
    gm_engine *engine = NULL;
    double loss, most = 0, scale = 0;
    gm_status status = gradient ? gm_engine_create(&engine, x->example->network, &options, error)
                                : gm_fail_memory(error, "the gradient", block * sizeof *gradient);
    if (status == GM_OK)
        status = gm_engine_gradient(engine, samples_x(x->example), samples_y(x->example),
                                    block_of(x, gradient), &loss, error);
    if (status == GM_OK) {
        const gm_array a = gm_engine_view(engine, GM_VIEW_A, x->layer_count - 1);
        for (size_t r = 0; r < a.rows; r++)
            widen_difference(x->layers[x->layer_count - 1].a + r * a.cols, (const double *)a.data + r * a.ld,
                             a.cols, &most, &scale);
        x->difference = most / fmax(scale, 1e-300);
        most = scale = 0;
        widen_difference(x->gradient, gradient, block, &most, &scale);
        x->difference = fmax(x->difference, most / fmax(scale, 1e-300));
    }
    gm_engine_destroy(engine);
    gm_free(gradient);
    return status;
}

/* 1, 2, 5, 10, 20, 50, ... */
static bool is_milestone(size_t step)
{
    while (step % 10 == 0)
        step /= 10;
    return step == 1 || step == 2 || step == 5;
}

static gm_status run_steps(cli_explanation *x, gm_engine *engine, gm_error *error)
{
    const gm_example *e = x->example;
    const gm_array y = samples_y(e);
    const size_t bytes = gm_network_parameter_count(e->network) * sizeof(double);
    gm_status status = GM_OK;
    for (size_t step = 1; step <= x->steps && status == GM_OK; step++) {
        status = gm_engine_step(engine, samples_x(e), samples_y(e), NULL, error);
        const bool shown = is_milestone(step) || step + 1 >= x->steps;
        if (status == GM_OK && shown) {
            struct cli_loss_at *here = &x->curve[x->curve_count++];
            here->step = step;
            status = gm_engine_loss(engine, samples_x(e), samples_y(e), &here->loss,
                                    gm_mutable_f64(x->last_outputs, y.rows, y.cols), error);
        }
        if (step == 1)
            memcpy(x->new_parameters, gm_network_parameters_const(e->network).data, bytes);
    }
    x->next_loss = x->curve[0].loss;
    x->last_loss = x->curve[x->curve_count - 1].loss;
    return status;
}

gm_status cli_explanation_make(cli_explanation *x, const gm_example *example, size_t steps,
                               const gm_optimizer *optimizer, gm_error *error)
{
    *x = (cli_explanation){
        .example = example,
        .optimizer = *optimizer,
        .layer_count = gm_network_layer_count(example->network),
        .samples = example->sample_count,
        .steps = steps,
    };
    gm_status status = reserve(x, error);
    if (status != GM_OK)
        return status;
    memcpy(x->old_parameters, gm_network_parameters_const(example->network).data,
           gm_network_parameter_count(example->network) * sizeof(double));
    status = explain_gradient(x, error);
    if (status == GM_OK)
        status = compare_with_naive(x, error);
    if (status != GM_OK)
        return status;
    const gm_engine_options options = engine_options(x, "blas", &x->step_trace);
    gm_engine *engine;
    status = gm_engine_create(&engine, example->network, &options, error);
    if (status == GM_OK)
        status = run_steps(x, engine, error);
    gm_engine_destroy(engine);
    return status;
}

static bool all_finite(const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i]))
            return false;
    }
    return true;
}

bool cli_explanation_is_finite(const cli_explanation *x)
{
    const size_t block = gm_network_parameter_count(x->example->network);
    bool finite = isfinite(x->loss) && isfinite(x->difference) && all_finite(x->gradient, block) &&
                  all_finite(x->new_parameters, block) &&
                  all_finite(x->last_outputs, x->samples * gm_network_outputs(x->example->network));
    for (size_t l = 0; l < x->layer_count; l++) {
        const size_t count = x->samples * x->layers[l].shape.outputs;
        finite = finite && all_finite(x->layers[l].z, count) && all_finite(x->layers[l].d, count);
    }
    for (size_t i = 0; i < x->curve_count; i++)
        finite = finite && isfinite(x->curve[i].loss);
    return finite;
}

void cli_explanation_clear(cli_explanation *x)
{
    for (size_t l = 0; x->layers && l < x->layer_count; l++) {
        gm_free(x->layers[l].z);
        gm_free(x->layers[l].a);
        gm_free(x->layers[l].d);
        gm_free(x->layers[l].dw);
    }
    gm_free(x->layers);
    gm_free(x->old_parameters);
    gm_free(x->gradient);
    gm_free(x->new_parameters);
    gm_free(x->gradient_trace.calls);
    gm_free(x->step_trace.calls);
    gm_free(x->last_outputs);
    gm_free(x->curve);
}

/* Makes an engine: checks its options, reserves its memory, starts its threads, and frees all of that. What
 * an engine then does is in engine_run.c. The arithmetic has a precision, and is behind the numerics table of
 * that precision (numerics.h). */
#include "nn/engine.h"
#include "machine/blas_info.h"
#include "machine/blas_library.h"
#include "base/append.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/names.h"
#include "base/options.h"
#include "nn/flop.h"
#include "nn/optimizer.h"

#include <limits.h>
#include <math.h>
#include <string.h>

static const gm_numerics *numerics_of(gm_precision precision)
{
    return precision == GM_F64 ? &gm_numerics_f64 : &gm_numerics_f32;
}

const char *gm_backend_name(size_t index)
{
    return gm_numerics_f32.backend_name(index);
}

const char *gm_backend_summary(size_t index)
{
    return gm_numerics_f32.backend_summary(index);
}

void gm_engine_options_fill(gm_engine_options *options, size_t size)
{
    const gm_engine_options defaults = {
        .backend = "packed", .batch = 128, .optimizer = gm_optimizer_default(GM_SGD)};
    gm_options_fill(options, size, &defaults, sizeof defaults);
}

static bool is_auto(const gm_engine_options *options)
{
    return strcmp(options->backend, "auto") == 0;
}

static gm_status check_backend(const char *wanted, gm_error *error)
{
    char known[200] = "";
    size_t used = 0;
    if (gm_backend_name(gm_find_listed(gm_backend_name, wanted)))
        return GM_OK;
    for (size_t i = 0; gm_backend_name(i); i++)
        used = gm_append(known, sizeof known, used, "%s%s", i ? ", " : "", gm_backend_name(i));
    return gm_fail(error, GM_USAGE, "unknown backend '%s'; expected auto or one of %s", wanted, known);
}

static gm_status check_bound(const char *what, double bound, gm_error *error)
{
    if (bound >= 0 && isfinite(bound))
        return GM_OK;
    return gm_fail(error, GM_USAGE, "%s is %g; expected a number above 0, or 0 for none", what, bound);
}

static gm_status check_dropout(const gm_engine_options *o, gm_error *error)
{
    if (o->dropout_count > 0 && !o->dropout)
        return gm_fail(error, GM_USAGE, "no probabilities of dropout; expected %zu", o->dropout_count);
    for (size_t i = 0; i < o->dropout_count; i++) {
        if (!(o->dropout[i] >= 0 && o->dropout[i] < 1))
            return gm_fail(error, GM_USAGE, "dropout is %g; expected a number from 0 to below 1",
                           o->dropout[i]);
    }
    return GM_OK;
}

/* Checks what a step does besides the optimizer. */
static gm_status check_features(const gm_engine_options *o, gm_error *error)
{
    gm_status status = check_bound("clip_norm", o->clip_norm, error);
    if (status == GM_OK)
        status = check_bound("clip_value", o->clip_value, error);
    if (status == GM_OK && !(o->average_decay >= 0 && o->average_decay < 1))
        return gm_fail(error, GM_USAGE, "average_decay is %g; expected a number from 0 to below 1",
                       o->average_decay);
    return status == GM_OK ? check_dropout(o, error) : status;
}

/* The caller's options as a struct of the library's own version, checked. */
static gm_status read_options(gm_engine_options *o, const gm_engine_options *options, gm_error *error)
{
    *o = gm_engine_options_default();
    gm_status status = gm_options_read(o, sizeof *o, options, "gm_engine_options", error);
    if (status == GM_OK && !o->backend)
        status = gm_fail(error, GM_USAGE, "no backend; expected its name");
    if (status == GM_OK && !is_auto(o))
        status = check_backend(o->backend, error);
    if (status != GM_OK)
        return status;
    if (o->batch == 0 || o->batch > INT_MAX)
        return gm_fail(error, GM_USAGE, "batch %zu; expected 1 to %d rows", o->batch, INT_MAX);
    if (o->threads > 4096)
        return gm_fail(error, GM_USAGE, "%zu threads; expected at most 4096", o->threads);
    status = check_features(o, error);
    return status == GM_OK ? gm_optimizer_check(&o->optimizer, error) : status;
}

/* Checks that there is a probability of dropout for each hidden layer, or one for all. */
static gm_status check_dropout_count(const gm_engine_options *o, size_t layer_count, gm_error *error)
{
    if (o->dropout_count <= 1 || o->dropout_count == layer_count - 1)
        return GM_OK;
    return gm_fail(
        error, GM_USAGE,
        "%zu probabilities of dropout; expected 1, or one for each of the hidden layers, which are %zu",
        o->dropout_count, layer_count - 1);
}

/* Checks that the profile and the trace, which the caller allocated, have room for all threads and layers. */
static gm_status check_records(const gm_network *network, const gm_engine_options *o, gm_error *error)
{
    const gm_profile *profile = o->profile;
    const size_t threads = gm_planned_threads(o), layers = network->layer_count;
    if (profile && (!profile->seconds || profile->threads < threads || profile->layers != layers))
        return gm_fail(
            error, GM_USAGE,
            "the profile has room for %zu threads and %zu layers; expected %zu threads and %zu layers",
            profile->seconds ? profile->threads : 0, profile->layers, threads, layers);
    if (o->trace && o->trace->capacity > 0 && !o->trace->calls)
        return gm_fail(error, GM_USAGE, "the trace has no room for its %zu calls", o->trace->capacity);
    return GM_OK;
}

static gm_layout_needs needs_of(const gm_numerics *numerics, const gm_engine_options *options,
                                const gm_layer *layers, size_t layer_count)
{
    return (gm_layout_needs){.layers = layers,
                             .layer_count = layer_count,
                             .precision = numerics == &gm_numerics_f64 ? GM_F64 : GM_F32,
                             .options = options,
                             .threads = gm_planned_threads(options),
                             .storage = numerics->storage(options->backend),
                             .scratch_size = numerics->scratch_size};
}

/* Returns the name of the next backend that `auto` considers, beginning at *index, or NULL if there is none.
 * Moves *index behind it. */
static const char *next_fast(const gm_numerics *numerics, size_t *index)
{
    const char *name;
    while ((name = numerics->backend_name((*index)++))) {
        if (numerics->fast(name))
            return name;
    }
    return NULL;
}

/* Computes the memory of an engine. With backend `auto` it is the memory of the candidate that needs most. */
static gm_status plan_memory(const gm_network_options *network, const gm_engine_options *engine,
                             const gm_layer *layers, gm_memory *memory, gm_error *error)
{
    const gm_layer *last = &layers[network->layer_count - 1];
    const size_t parameters = last->biases + last->outputs;
    const gm_numerics *numerics = numerics_of(network->precision);
    gm_engine_options options = *engine;
    gm_status status = GM_OK;
    *memory = (gm_memory){0};
    size_t index = 0;
    options.backend = is_auto(engine) ? next_fast(numerics, &index) : engine->backend;
    while (options.backend && status == GM_OK) {
        const gm_layout_needs needs = needs_of(numerics, &options, layers, network->layer_count);
        gm_layout layout;
        status = gm_layout_make(&layout, NULL, &needs, error);
        const gm_memory planned = gm_layout_memory(&layout, parameters, network->precision);
        if (status == GM_OK && planned.total > memory->total)
            *memory = planned;
        options.backend = is_auto(engine) ? next_fast(numerics, &index) : NULL;
    }
    return status;
}

gm_status gm_memory_plan(const gm_network_options *network, const gm_engine_options *engine,
                         gm_memory *memory, gm_error *error)
{
    gm_network_options shape;
    gm_engine_options options;
    gm_status status = gm_network_options_read(&shape, network, error);
    if (status == GM_OK)
        status = read_options(&options, engine, error);
    if (status == GM_OK)
        status = check_dropout_count(&options, shape.layer_count, error);
    if (status != GM_OK)
        return status;
    gm_layer *layers = gm_alloc(shape.layer_count, sizeof *layers);
    if (!layers)
        return gm_fail_memory(error, "the layers", shape.layer_count * sizeof *layers);
    size_t parameters = 0;
    status = gm_network_shape(&shape, layers, &parameters, error);
    if (status == GM_OK)
        status = plan_memory(&shape, &options, layers, memory, error);
    gm_free(layers);
    return status;
}

/* Allocates the copy of the weights of a backend that has a layout of its own. Engines for inference share
 * one copy. */
static gm_status reserve_own(gm_engine *e, gm_error *error)
{
    const size_t size = gm_precision_size(e->network->precision);
    if (e->layout.own == 0)
        return GM_OK;
    if (e->options.inference) {
        const gm_status status = gm_shared_take(
            &e->shared, e->network, e->numerics->storage(e->options.backend), e->layout.own * size, error);
        e->own = status == GM_OK ? e->shared->weights : NULL;
        return status;
    }
    e->own = gm_alloc(e->layout.own, size);
    return e->own ? GM_OK : gm_fail_memory(error, "the engine", e->layout.own * size);
}

/* Lays out the engine's memory and allocates all of it, before any thread is started. */
static gm_status reserve(gm_engine *e, gm_error *error)
{
    const gm_network *n = e->network;
    const size_t size = gm_precision_size(n->precision);
    e->layouts = gm_alloc(n->layer_count, sizeof *e->layouts);
    if (!e->layouts)
        return gm_fail_memory(error, "the engine", n->layer_count * sizeof *e->layouts);
    const gm_layout_needs needs = needs_of(e->numerics, &e->options, n->layers, n->layer_count);
    gm_status status = gm_layout_make(&e->layout, e->layouts, &needs, error);
    const size_t own = e->options.inference ? 0 : e->layout.own;
    const size_t bytes = (e->layout.workspace + e->layout.state + own) * size;
    if (status == GM_OK)
        status = gm_check_memory("the engine", bytes, error);
    if (status != GM_OK)
        return status;
    e->workspace = gm_alloc(e->layout.workspace, size);
    e->state = gm_alloc(e->layout.state, size);
    if (!e->workspace || !e->state)
        return gm_fail_memory(error, "the engine", bytes);
    return reserve_own(e, error);
}

static gm_status assemble(gm_engine *e, gm_error *error)
{
    const bool blas = e->numerics->calls_blas(e->options.backend);
    gm_status status = reserve(e, error);
    if (status == GM_OK && blas)
        status = gm_blas_load(error);
    if (status == GM_OK && blas)
        status = gm_blas_check_room(e->options.threads, error);
    if (status == GM_OK)
        status = gm_team_create(&e->team, e->options.threads, error);
    if (status != GM_OK)
        return status;
    const gm_binding binding = {e->network, &e->options, &e->layout, e->layouts, e->workspace,
                                e->state,   e->own,      e->team,    e->chooses};
    e->pass = e->numerics->create(&binding);
    if (!e->pass)
        return gm_fail_memory(error, "the engine", sizeof binding);
    for (size_t i = 0; i < 2; i++)
        e->buffer_x[i] = e->numerics->buffer(e->pass, i).x.data;
    if (blas) {
        gm_blas_borrow_threads();
        e->borrowed_blas = true;
    }
    return GM_OK;
}

static void give_weights(void *engine)
{
    gm_engine *e = engine;
    e->numerics->give_weights(e->pass);
}

/* Copies the probabilities of dropout, which belong to the caller. */
static gm_status take_dropout(gm_engine *e, gm_error *error)
{
    const size_t count = e->options.dropout_count, layers = e->network->layer_count;
    if (count == 0)
        return GM_OK;
    e->dropout = gm_alloc(count, sizeof *e->dropout);
    if (!e->dropout)
        return gm_fail_memory(error, "an engine", count * sizeof *e->dropout);
    memcpy(e->dropout, e->options.dropout, count * sizeof *e->dropout);
    e->options.dropout = e->dropout;
    for (size_t l = 0; l < layers; l++)
        e->drops |= gm_dropout_of(&e->options, l, layers) > 0;
    return GM_OK;
}

static gm_status create(gm_engine **result, gm_network *network, const gm_engine_options *options,
                        gm_error *error)
{
    gm_engine *e = gm_alloc(1, sizeof *e);
    if (!e)
        return gm_fail_memory(error, "an engine", sizeof *e);
    e->network = network;
    e->options = *options;
    e->options.threads = gm_planned_threads(options);
    e->chooses = options->threads == 0;
    e->inputs = gm_network_inputs(network);
    e->outputs = gm_network_outputs(network);
    e->numerics = numerics_of(network->precision);
    e->keeper.holder = e;
    e->keeper.give_back = give_weights;
    gm_status status = take_dropout(e, error);
    if (status == GM_OK)
        status = assemble(e, error);
    if (status != GM_OK)
        gm_engine_destroy(e);
    else
        *result = e;
    return status;
}

/* Whether a backend that calls BLAS has a library to call. */
static bool is_there(const gm_numerics *numerics, const char *backend)
{
    return !numerics->calls_blas(backend) || gm_blas_load(NULL) == GM_OK;
}

/* Creates an engine for each backend that `auto` considers, and keeps the one whose step is predicted to be
 * the fastest. A backend whose BLAS library cannot be loaded is left out, which is no error. */
static gm_status create_fastest(gm_engine **result, gm_network *network, const gm_engine_options *options,
                                gm_error *error)
{
    gm_engine *best = NULL;
    gm_engine_options one = *options;
    gm_status status = GM_OK;
    size_t index = 0;
    const gm_numerics *numerics = numerics_of(network->precision);
    while (status == GM_OK && (one.backend = next_fast(numerics, &index))) {
        gm_engine *engine = NULL;
        if (!is_there(numerics, one.backend))
            continue;
        status = create(&engine, network, &one, error);
        if (status != GM_OK)
            break;
        const bool faster =
            !best || gm_engine_plan(engine, one.batch).seconds < gm_engine_plan(best, one.batch).seconds;
        gm_engine_destroy(faster ? best : engine);
        best = faster ? engine : best;
    }
    if (status == GM_OK)
        *result = best;
    else
        gm_engine_destroy(best);
    return status;
}

gm_status gm_engine_create(gm_engine **result, gm_network *network, const gm_engine_options *options,
                           gm_error *error)
{
    *result = NULL;
    gm_engine_options own;
    gm_status status = read_options(&own, options, error);
    if (status == GM_OK)
        status = check_records(network, &own, error);
    if (status == GM_OK)
        status = check_dropout_count(&own, network->layer_count, error);
    if (status != GM_OK)
        return status;
    return is_auto(&own) ? create_fastest(result, network, &own, error)
                         : create(result, network, &own, error);
}

void gm_engine_destroy(gm_engine *e)
{
    if (!e)
        return;
    if (e->network->keeper == &e->keeper)
        gm_network_release(e->network);
    if (e->shared)
        gm_shared_give_back(e->shared, e->network);
    else
        gm_free(e->own);
    if (e->borrowed_blas)
        gm_blas_return_threads();
    e->numerics->destroy(e->pass);
    gm_team_destroy(e->team);
    gm_free(e->workspace);
    gm_free(e->state);
    gm_free(e->layouts);
    gm_free(e->dropout);
    gm_free(e);
}

gm_memory gm_engine_memory(const gm_engine *e)
{
    return gm_layout_memory(&e->layout, e->network->parameter_count, e->network->precision);
}

size_t gm_engine_batch(const gm_engine *e)
{
    return e->options.batch;
}

size_t gm_engine_threads(const gm_engine *e)
{
    return e->options.threads;
}

const char *gm_engine_backend(const gm_engine *e)
{
    return e->options.backend;
}

const char *gm_engine_kernels(const gm_engine *e)
{
    return e->numerics->kernels(e->options.backend);
}

gm_network *gm_engine_network(gm_engine *e)
{
    return e->network;
}

double gm_step_flop(const gm_network *network, size_t batch)
{
    double sum = 0;
    for (size_t i = 0; i < network->layer_count; i++)
        sum += gm_layer_flop(network->layers[i].inputs, network->layers[i].outputs, batch, i == 0);
    return sum;
}

double gm_step_traffic(const gm_network *network, gm_optimizer_kind optimizer)
{
    if ((unsigned)optimizer >= GM_OPTIMIZER_COUNT)
        return NAN;
    const double once = 1 + (double)gm_optimizer_traffic(optimizer); /* forward and the update */
    double numbers = (double)network->parameter_count * once;
    for (size_t i = 1; i < network->layer_count; i++) /* BP2 */
        numbers += (double)network->layers[i].inputs * (double)network->layers[i].outputs;
    return numbers * (double)gm_precision_size(network->precision);
}

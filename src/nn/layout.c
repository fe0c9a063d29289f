/* Computes the layout of an engine's memory (layout.h): how many numbers each matrix needs, and where it
 * begins. Rows and matrices begin on cache lines, and matrices that are used together must not compete for
 * the same places in a cache. */
#include "nn/layout.h"
#include "base/error.h"
#include "base/memory.h"
#include "function/facts.h"
#include "nn/network.h"
#include "nn/optimizer.h"

#include <gradmill/system.h>
#include <limits.h>

/* Half of a common L2 cache: the other half is for the panels of BP4. */
#define TILE_BYTES ((size_t)512 << 10)

/* With fewer rows than this, BP4 would be so thin a product that a BLAS copies more numbers than it
 * multiplies. */
#define TILE_ROWS_LEAST 32

/* Matrices, and copies of the parameters, that have at least this many bytes are kept apart by a gap
 * (step_aside). */
#define BESIDE_FROM ((size_t)16 << 10)
#define STATE_FROM  ((size_t)1 << 20)

bool gm_clips(const gm_engine_options *options)
{
    return options->clip_norm > 0 || options->clip_value > 0;
}

/* Bytes of parameters from which a pass over them costs more than arithmetic with rows that are in a cache.
 */
#define NORM_FROM ((size_t)1 << 20)

/* Operations of norm_tmpl.c for each weight, from which it takes longer than to store the gradient and to
 * read it twice (docs/kernels.md). */
#define NORM_MOST 64

/* Whether the norm of a gradient is computed from the rows of D and A (norm_tmpl.c), so that the gradient
 * need not be stored: if the parameters are too large for a cache, and the rows few enough. It depends on
 * nothing that is measured, because it changes the last bits. */
static bool takes_norm_of_rows(const gm_layout_needs *needs)
{
    const gm_engine_options *o = needs->options;
    double weights = 0, operations = 0;
    for (size_t l = 0; l < needs->layer_count; l++) {
        const double in = (double)needs->layers[l].inputs, out = (double)needs->layers[l].outputs;
        weights += in * out;
        operations += (double)o->batch * (double)o->batch * (in + out);
    }
    return !o->inference && o->clip_norm > 0 && o->clip_value <= 0 && operations <= NORM_MOST * weights &&
           weights * (double)gm_precision_size(needs->precision) >= (double)NORM_FROM;
}

/* Whether a gradient is stored before the step is taken. */
static bool stores_gradient(const gm_engine_options *options, bool norm_of_rows)
{
    return !options->inference && (options->accumulates || (gm_clips(options) && !norm_of_rows));
}

double gm_dropout_of(const gm_engine_options *options, size_t l, size_t layer_count)
{
    if (options->inference || options->dropout_count == 0 || l + 1 >= layer_count)
        return 0;
    return options->dropout[options->dropout_count == 1 ? 0 : l];
}

bool gm_averages(const gm_engine_options *options)
{
    return !options->inference && options->average_decay > 0;
}

bool gm_activation_needs_z(gm_activation activation)
{
    return gm_facts_of_activations[activation].derivative == FROM_Z;
}

size_t gm_tile_rows(const gm_layer *layer, gm_precision precision)
{
    const size_t rows = TILE_BYTES / (layer->inputs * gm_precision_size(precision));
    return gm_min(gm_max(rows - rows % 4, TILE_ROWS_LEAST), layer->outputs);
}

size_t gm_layout_row(size_t cols, gm_precision precision, const gm_storage *storage)
{
    const size_t line = GM_ALIGNMENT / gm_precision_size(precision);
    if (cols < 4 * line && storage->lanes == 1)
        return cols;
    const size_t ld = (cols + line - 1) / line * line;
    return ld % (64 * line) == 0 ? ld + line : ld;
}

/* Reserves `rows` x `ld` elements, rounded up to whole cache lines, at the end of a block of *total elements.
 * Sets *offset to where they begin. False on overflow. */
static bool reserve(size_t *total, size_t rows, size_t ld, size_t *offset)
{
    const size_t line = GM_ALIGNMENT / sizeof(float);
    size_t size;
    *offset = *total;
    if (!gm_mul(rows, ld, &size) || !gm_add(size, line, &size))
        return false;
    return gm_add(*total, size - size % line, total) && *total < SIZE_MAX / 2 / sizeof(double);
}

/* Keeps two blocks apart that are read and written side by side. If they lie a multiple of 4 KiB apart, give
 * or take a cache line, the processor mistakes a load from one for a load of what was just stored to the
 * other, and the load waits (docs/kernels.md has how long). Moves *total on so that what begins there lies 1
 * KiB further within its page than what begins at `beside`; false on overflow. */
static bool step_aside(size_t *total, size_t beside, gm_precision precision)
{
    const size_t size = gm_precision_size(precision), page = 4096 / size, gap = 1024 / size;
    return gm_add(*total, ((beside + gap) % page + page - *total % page) % page, total);
}

/* Reserves another matrix for a layer, apart from the last one. Small ones stay close together. */
static bool reserve_beside(gm_layout *layout, size_t last, size_t ld, gm_precision precision, size_t *offset)
{
    const bool large = layout->workspace - last >= BESIDE_FROM / gm_precision_size(precision);
    return (!large || step_aside(&layout->workspace, last, precision)) &&
           reserve(&layout->workspace, layout->batch, ld, offset);
}

/* X and Y of a whole batch. */
static bool reserve_buffer(gm_layout *layout, size_t index)
{
    return reserve(&layout->workspace, layout->batch, layout->x_ld, &layout->x[index]) &&
           reserve(&layout->workspace, layout->batch, layout->y_ld, &layout->y[index]);
}

/* What only an engine that trains needs: the other buffer, and the weights of the rows in both. */
static bool reserve_for_training(gm_layout *layout)
{
    return reserve_buffer(layout, 1) && reserve(&layout->workspace, layout->batch, 1, &layout->w[0]) &&
           reserve(&layout->workspace, layout->batch, 1, &layout->w[1]);
}

static bool reserve_layer(gm_layout *layout, gm_layer_layout *own, size_t l, const gm_layout_needs *needs)
{
    const gm_precision precision = needs->precision;
    const gm_layer *layer = &needs->layers[l];
    own->ld = gm_layout_row(layer->outputs, precision, needs->storage);
    bool fits = reserve(&layout->workspace, layout->batch, own->ld, &own->a);
    own->z = own->a;
    if (needs->options->keep_z || gm_activation_needs_z(layer->activation))
        fits = fits && reserve_beside(layout, own->a, own->ld, precision, &own->z);
    if (!needs->options->inference)
        fits = fits && reserve_beside(layout, own->z, own->ld, precision, &own->d);
    if (gm_dropout_of(needs->options, l, needs->layer_count) > 0)
        fits = fits && reserve_beside(layout, own->a, own->ld, precision, &own->dropped);
    return fits;
}

/* W and b, in the network's block or in a layout of the backend's own. */
static bool reserve_parameters(gm_layout *layout, gm_layer_layout *own, const gm_layer *layer,
                               const gm_storage *storage)
{
    const size_t outputs = gm_padded(storage, layer->outputs);
    if (storage->own)
        return reserve(&layout->parameters, storage->weights(layer->inputs, layer->outputs), 1,
                       &own->weights) &&
               reserve(&layout->parameters, 1, outputs, &own->biases);
    own->weights = layer->weights;
    own->biases = layer->biases;
    layout->parameters = layer->biases + outputs;
    return true;
}

/* Elements of a thread's tile of gradient. It must hold the largest part of W, and the gradient of all biases
 * of a layer. */
static size_t tile_size(const gm_layer *layer, gm_precision precision, const gm_storage *storage)
{
    const size_t most_outputs = gm_tile_rows(layer, precision);
    return gm_max(gm_largest_part(storage, layer->inputs, layer->outputs, most_outputs), layer->outputs);
}

static bool reserve_for_threads(gm_layout *layout, const gm_layout_needs *needs)
{
    return reserve(&layout->workspace, needs->threads, layout->tile_size, &layout->tile) &&
           reserve(&layout->workspace, needs->threads, layout->scratch_size, &layout->scratch);
}

/* Reserves copies of the parameters: `own` that the optimizer keeps, and `others` of the engine. Large
 * parameters begin on a page of memory. An optimizer reads them and its copies side by side, so the copies
 * are kept apart from them and from each other. */
static bool reserve_state(gm_layout *layout, gm_precision precision, size_t own, size_t others)
{
    const size_t copies = own + others;
    size_t copy = layout->parameters;
    if (copies == 0)
        return true;
    if (layout->parameters >= STATE_FROM / gm_precision_size(precision) &&
        (!step_aside(&layout->first_copy, 0, precision) || !step_aside(&copy, 0, precision)))
        return false;
    layout->next_copy = own > 1 ? copy : 0;
    layout->copy = copy;
    layout->average = layout->first_copy + own * copy;
    layout->gradient = layout->first_copy + (copies - 1) * copy;
    return gm_mul(copies, copy, &layout->state) && gm_add(layout->first_copy, layout->state, &layout->state);
}

/* Sets the sizes of a thread's tile and scratch memory, which must suffice for every layer. */
static void find_sizes(gm_layout *layout, const gm_layout_needs *needs)
{
    const gm_engine_options *options = needs->options;
    /* A gradient in a layout of the backend's own is always unpacked from tiles. */
    const bool tiles = needs->storage->own || gm_optimizer_needs_tile(options->optimizer.kind);
    for (size_t i = 0; i < needs->layer_count && !options->inference; i++) {
        const gm_layer *layer = &needs->layers[i];
        if (tiles)
            layout->tile_size = gm_max(layout->tile_size, tile_size(layer, needs->precision, needs->storage));
        layout->scratch_size = gm_max(layout->scratch_size,
                                      needs->scratch_size(options->backend, layer->inputs, layer->outputs));
    }
}

static bool reserve_all(gm_layout *layout, gm_layer_layout *layouts, const gm_layout_needs *needs)
{
    const gm_engine_options *options = needs->options;
    bool fits = reserve_buffer(layout, 0) && reserve(&layout->workspace, layout->batch, 1, &layout->ones);
    for (size_t i = 0; i < needs->layer_count && fits; i++) {
        gm_layer_layout here = {0}, *layer_layout = layouts ? &layouts[i] : &here;
        fits = reserve_layer(layout, layer_layout, i, needs) &&
               reserve_parameters(layout, layer_layout, &needs->layers[i], needs->storage);
    }
    const size_t copies = options->inference ? 0 : gm_optimizer_state(options->optimizer.kind);
    const size_t others = (size_t)gm_averages(options) + (size_t)layout->stores;
    return fits && reserve_for_threads(layout, needs) &&
           (options->inference || reserve_for_training(layout)) &&
           reserve_state(layout, needs->precision, copies, others);
}

gm_status gm_layout_make(gm_layout *layout, gm_layer_layout *layouts, const gm_layout_needs *needs,
                         gm_error *error)
{
    const gm_engine_options *options = needs->options;
    const size_t inputs = needs->layers[0].inputs, outputs = needs->layers[needs->layer_count - 1].outputs;
    const bool norm_of_rows = takes_norm_of_rows(needs);
    /* No backend pads the rows of X and Y, because they may be the caller's. */
    *layout = (gm_layout){.batch = options->batch,
                          .x_ld = gm_layout_row(inputs, needs->precision, &gm_row_major),
                          .y_ld = gm_layout_row(outputs, needs->precision, &gm_row_major),
                          .stores = stores_gradient(options, norm_of_rows),
                          .norm_of_rows = norm_of_rows};
    find_sizes(layout, needs);
    if (!reserve_all(layout, layouts, needs))
        return gm_fail(error, GM_LIMIT, "a batch of %zu rows needs more memory than any machine has",
                       options->batch);
    layout->own = needs->storage->own ? layout->parameters : 0;
    layout->shares = options->inference;
    return GM_OK;
}

gm_memory gm_layout_memory(const gm_layout *layout, size_t parameter_count, gm_precision precision)
{
    const size_t size = gm_precision_size(precision);
    gm_memory memory = {.parameters = parameter_count * size,
                        .packed = layout->own * size,
                        .optimizer = layout->state * size,
                        .workspace = layout->workspace * size};
    memory.total = memory.parameters + memory.packed + memory.optimizer + memory.workspace;
    memory.shared = memory.parameters + (layout->shares ? memory.packed : 0);
    return memory;
}

size_t gm_planned_threads(const gm_engine_options *options)
{
    if (options->trace)
        return 1;
    return options->threads ? options->threads : gm_system_threads().usable;
}

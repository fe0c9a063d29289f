/* The map of an engine's memory. */
#include "nn/layout.h"
#include "base/error.h"
#include "base/memory.h"
#include "nn/network.h"
#include "nn/optimizer.h"

#include <gradmill/system.h>
#include <limits.h>

/* Half of a common L2 cache: the other half is for the panels of BP4. */
#define TILE_BYTES ((size_t)512 << 10)

/* Fewer rows than this make BP4 a thin product that packs more than it multiplies. */
#define TILE_ROWS_LEAST 32

bool gm_activation_needs_z(gm_activation activation)
{
    return activation == GM_GELU;
}

size_t gm_tile_rows(const gm_layer *layer, gm_precision precision)
{
    const size_t rows = TILE_BYTES / (layer->inputs * gm_precision_size(precision));
    return gm_min(gm_max(rows - rows % 4, TILE_ROWS_LEAST), layer->outputs);
}

/* Elements from one row to the next. Wide rows begin on a cache line, and rows that would all begin at the
 * same place of a page (4 KiB) are moved apart, because they would share a handful of cache sets. Narrow rows
 * are left dense, so that small worked examples show the leading dimensions of the textbook. */
static size_t padded(size_t cols, gm_precision precision)
{
    const size_t line = GM_ALIGNMENT / gm_precision_size(precision);
    if (cols < 4 * line)
        return cols;
    const size_t ld = (cols + line - 1) / line * line;
    return ld % (64 * line) == 0 ? ld + line : ld;
}

/* Reserves `rows` x `ld` elements at the end of the map, to a whole cache line; false on overflow. */
static bool reserve(gm_layout *layout, size_t rows, size_t ld, size_t *place)
{
    const size_t line = GM_ALIGNMENT / sizeof(float);
    size_t size;
    *place = layout->workspace;
    if (!gm_mul(rows, ld, &size) || !gm_add(size, line, &size))
        return false;
    return gm_add(layout->workspace, size - size % line, &layout->workspace) &&
           layout->workspace < SIZE_MAX / 2 / sizeof(double);
}

static bool reserve_layer(gm_layout *layout, gm_layer_layout *place, const gm_layer *layer,
                          gm_precision precision, const gm_engine_options *options)
{
    place->ld = padded(layer->outputs, precision);
    bool fits = reserve(layout, layout->batch, place->ld, &place->a);
    place->z = place->a;
    if (options->keep_z || gm_activation_needs_z(layer->activation))
        fits = fits && reserve(layout, layout->batch, place->ld, &place->z);
    if (!options->inference)
        fits = fits && reserve(layout, layout->batch, place->ld, &place->d);
    return fits;
}

gm_status gm_layout_make(gm_layout *layout, gm_layer_layout *places, const gm_layer *layers,
                         size_t layer_count, gm_precision precision, size_t parameter_count,
                         const gm_engine_options *options, size_t threads, gm_error *error)
{
    const size_t inputs = layers[0].inputs, outputs = layers[layer_count - 1].outputs;
    const bool tiles = !options->inference && gm_optimizer_needs_tile(options->optimizer.kind);
    *layout = (gm_layout){
        .batch = options->batch, .x_ld = padded(inputs, precision), .y_ld = padded(outputs, precision)};
    bool fits = reserve(layout, layout->batch, layout->x_ld, &layout->x) &&
                reserve(layout, layout->batch, layout->y_ld, &layout->y) &&
                reserve(layout, layout->batch, 1, &layout->ones);
    for (size_t i = 0; i < layer_count && fits; i++) {
        gm_layer_layout here;
        fits = reserve_layer(layout, places ? &places[i] : &here, &layers[i], precision, options);
        if (tiles)
            layout->tile_size =
                gm_max(layout->tile_size, gm_tile_rows(&layers[i], precision) * layers[i].inputs);
    }
    fits = fits && reserve(layout, threads, layout->tile_size, &layout->tile);
    fits =
        fits && gm_mul(parameter_count, options->inference ? 0 : gm_optimizer_state(options->optimizer.kind),
                       &layout->state);
    if (!fits)
        return gm_fail(error, GM_LIMIT, "a batch of %zu rows needs more memory than any machine has",
                       options->batch);
    return GM_OK;
}

gm_memory gm_layout_memory(const gm_layout *layout, size_t parameter_count, gm_precision precision)
{
    const size_t size = gm_precision_size(precision);
    gm_memory memory = {parameter_count * size, layout->state * size, layout->workspace * size, 0};
    memory.total = memory.parameters + memory.optimizer + memory.workspace;
    return memory;
}

size_t gm_planned_threads(const gm_engine_options *options)
{
    if (options->trace)
        return 1;
    return options->threads ? options->threads : gm_system_threads().usable;
}

gm_status gm_memory_plan(const gm_network_options *network, const gm_engine_options *engine,
                         gm_memory *memory, gm_error *error)
{
    const gm_status sound = gm_optimizer_check(&engine->optimizer, error);
    if (sound != GM_OK)
        return sound;
    gm_layer *layers = gm_alloc(network->layer_count, sizeof *layers);
    if (!layers)
        return gm_fail_memory(error, "the layers", network->layer_count * sizeof *layers);
    size_t parameters = 0;
    gm_layout layout;
    gm_status status = gm_network_shape(network, layers, &parameters, error);
    if (status == GM_OK)
        status = gm_layout_make(&layout, NULL, layers, network->layer_count, network->precision, parameters,
                                engine, gm_planned_threads(engine), error);
    if (status == GM_OK)
        *memory = gm_layout_memory(&layout, parameters, network->precision);
    gm_free(layers);
    return status;
}

/* Decides whether a network can be trained by the step of src/online, chooses the functions for its layers,
 * and prepares their data. This happens once, when an engine is created. */
#include "online/sample.h"
#include "backend/packed.h"
#include "base/memory.h"
#include "function/facts.h"

#include <math.h>

/* A step of at most this many parameters does not change the CPU's mode for denormals: changing it twice
 * would take a tenth of the step. */
#define SMALL 64

static const struct {
    const gm_backend *backend;
    gm_online_taker take;
} takers[] = {
#ifdef GM_X86_ISAS
    {&gm_backend_packed_avx512, gm_online_avx512},
    {&gm_backend_packed_avx2, gm_online_avx2},
#endif
    {&gm_backend_packed_base, gm_online_base},
};

static gm_online_taker taker_of(const gm_backend *backend)
{
    for (size_t i = 0; i < sizeof takers / sizeof *takers; i++)
        if (takers[i].backend == backend)
            return takers[i].take;
    return NULL;
}

/* Whether the outputs of every layer are one band (backend/bands.h): then its W is one matrix, inputs x
 * outputs. */
static bool has_single_bands(const gm_online_problem *p)
{
    for (size_t l = 0; l < p->layer_count; l++)
        if (p->layers[l].outputs > p->backend->storage->grain.outputs)
            return false;
    return true;
}

/* A layer, with row r of its Z, A and D. */
static gm_online_layer layer_of(const gm_online_view *view, size_t r)
{
    return (gm_online_layer){
        .w = view->w,
        .b = view->b,
        .z = gm_row(view->z, r),
        .a = gm_row(view->a, r),
        .d = gm_row(view->d, r),
        .inputs = view->inputs,
        .outputs = view->outputs,
        .f = view->activation,
    };
}

/* Batches of at most this many rows are faster row by row than in the general pass, where each call has a
 * fixed cost. The fewer weights a network has, the larger this number is. Measurements: docs/kernels.md. */
static size_t most_rows(size_t parameters)
{
    const size_t few = gm_min(6, 1024 / parameters), tiny = gm_min(16, 256 / parameters);
    return gm_max(1, gm_max(few, tiny));
}

/* Prepares sample r of the array that begins with f. */
static void prepare(struct gm_online_sample *f, const gm_online_problem *p, size_t r)
{
    struct gm_online_sample *row = gm_online_row(f, r);
    row->optimizer = p->optimizer;
    row->loss = p->loss;
    row->from_z = p->loss_from_z;
    row->mean =
        gm_facts_of_losses[p->loss].over == MEAN ? 1 / (REAL)p->layers[p->layer_count - 1].outputs : 1;
    row->known_rate = NAN; /* none */
    row->layer_count = p->layer_count;
    for (size_t l = 0; l < p->layer_count; l++)
        row->layers[l] = layer_of(&p->layers[l], r);
}

gm_online *gm_online_create(const gm_online_problem *p)
{
    const gm_online_taker take = taker_of(p->backend);
    const bool plain = gm_facts_of_optimizers[p->optimizer->kind].target == INTO_WEIGHTS;
    if (!take || !plain || !has_single_bands(p))
        return NULL;
    const size_t rows = gm_min(p->batch, most_rows(p->parameter_count));
    const size_t size = sizeof(struct gm_online_sample) + p->layer_count * sizeof(gm_online_layer);
    struct gm_online_sample *f = gm_alloc(rows, size);
    if (!f)
        return NULL;
    f->small = p->parameter_count <= SMALL;
    f->face.most_rows = rows;
    f->size = size;
    for (size_t r = 0; r < rows; r++) {
        prepare(f, p, r);
        take(gm_online_row(f, r));
    }
    return &f->face;
}

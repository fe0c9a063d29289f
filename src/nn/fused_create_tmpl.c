/* Whether the fused step applies, which one, and its layers. */
#include "nn/fused.h"
#include "backend/packed.h"
#include "base/memory.h"
#include "nn/losses.h"

#include <math.h>

#define SMALL 64 /* parameters: in a step of these, two changes of the CPU's mode are a tenth of the time */

static const struct {
    const gm_backend *backend;
    gm_fused_taker take;
} takers[] = {
#ifdef GM_X86_ISAS
    {&gm_backend_packed_avx512, gm_fused_avx512},
    {&gm_backend_packed_avx2, gm_fused_avx2},
#endif
    {&gm_backend_packed_base, gm_fused_base},
};

static gm_fused_taker taker_of(const gm_backend *backend)
{
    for (size_t i = 0; i < sizeof takers / sizeof *takers; i++)
        if (takers[i].backend == backend)
            return takers[i].take;
    return NULL;
}

/* Whether the outputs of every layer are one band (backend/bands.h): then its W is one matrix, inputs x
 * outputs. */
static bool has_single_bands(const gm_pass *p)
{
    for (size_t l = 0; l < p->layer_count; l++)
        if (p->layers[l].view.w.rows > p->backend->storage->grain.outputs)
            return false;
    return true;
}

/* Layer l, and row r of its Z, A and D. */
static gm_fused_layer layer_of(const gm_pass *p, size_t l, size_t r)
{
    const gm_pass_layer *layer = &p->layers[l];
    return (gm_fused_layer){
        .w = p->parameters + layer->weights,
        .b = p->parameters + layer->biases,
        .z = gm_row(layer->z, r),
        .a = gm_row(layer->a, r),
        .d = gm_row(layer->d, r),
        .inputs = layer->view.w.cols,
        .outputs = layer->view.w.rows,
        .f = p->network->layers[l].activation,
    };
}

/* As many rows as are done one by one before the calls of the general way are through: with fewer weights
 * more of them. Measured from 2-3-1 to 30-10-2, where these are 1.1 to 5 times as fast. */
static size_t most_rows(size_t parameters)
{
    const size_t few = gm_min(6, 1024 / parameters), tiny = gm_min(16, 256 / parameters);
    return gm_max(1, gm_max(few, tiny));
}

/* Sample r of those that f is the first of. */
static void prepare(struct gm_fused *f, const gm_pass *p, size_t r)
{
    const gm_loss loss = p->network->loss;
    struct gm_fused *row = gm_fused_row(f, r);
    row->optimizer = p->optimizer;
    row->loss = loss;
    row->from_z = p->loss->from_z;
    row->mean = loss_is_mean(loss) ? 1 / (REAL)p->layers[p->layer_count - 1].view.w.rows : 1;
    row->known_rate = NAN; /* none */
    row->layer_count = p->layer_count;
    for (size_t l = 0; l < p->layer_count; l++)
        row->layers[l] = layer_of(p, l, r);
}

struct gm_fused *gm_fused_create(const gm_pass *p, const gm_engine_options *options)
{
    const gm_fused_taker take = taker_of(p->backend);
    if (!take || options->optimizer.kind != GM_SGD || options->inference || options->profile ||
        !has_single_bands(p))
        return NULL;
    const size_t rows = gm_min(options->batch, most_rows(p->network->parameter_count));
    const size_t size = sizeof(struct gm_fused) + p->layer_count * sizeof(gm_fused_layer);
    struct gm_fused *f = gm_alloc(rows, size);
    if (!f)
        return NULL;
    f->small = p->network->parameter_count <= SMALL;
    f->most_rows = rows;
    f->size = size;
    for (size_t r = 0; r < rows; r++) {
        prepare(f, p, r);
        take(gm_fused_row(f, r));
    }
    return f;
}

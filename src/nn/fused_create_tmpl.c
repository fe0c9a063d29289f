/* Whether the fused step applies, which one, and its layers. */
#include "nn/fused.h"
#include "backend/packed.h"
#include "base/memory.h"
#include "nn/losses.h"

#include <math.h>

#define SMALL 64 /* parameters: in a step of these, two changes of the mode are a tenth of the time */

static const struct {
    const gm_backend *backend;
    gm_fused_taker take;
} takers[] = {
#if defined(__x86_64__)
    {&T(gm_backend_packed_avx512), T(gm_fused_avx512)},
    {&T(gm_backend_packed_avx2), T(gm_fused_avx2)},
#endif
    {&T(gm_backend_packed_base), T(gm_fused_base)},
};

static gm_fused_taker taker_of(const gm_backend *backend)
{
    for (size_t i = 0; i < sizeof takers / sizeof *takers; i++)
        if (takers[i].backend == backend)
            return takers[i].take;
    return NULL;
}

/* Whether the outputs of every layer are one band: then its W is one matrix, inputs x outputs. */
static bool has_single_bands(const gm_pass *p)
{
    for (size_t l = 0; l < p->layer_count; l++)
        if (p->layers[l].view.w.rows > p->backend->order.band)
            return false;
    return true;
}

static gm_fused_layer layer_of(const gm_pass *p, size_t l)
{
    const gm_pass_layer *layer = &p->layers[l];
    return (gm_fused_layer){
        .w = p->parameters + layer->weights,
        .b = p->parameters + layer->biases,
        .z = layer->z.data,
        .a = layer->a.data,
        .d = layer->d.data,
        .inputs = layer->view.w.cols,
        .outputs = layer->view.w.rows,
        .f = p->network->layers[l].activation,
    };
}

struct gm_fused *T(gm_fused_create)(const gm_pass *p, const gm_engine_options *options)
{
    const gm_fused_taker take = taker_of(p->backend);
    const gm_loss loss = p->network->loss;
    if (!take || options->optimizer.kind != GM_SGD || options->inference || options->profile ||
        !has_single_bands(p))
        return NULL;
    struct gm_fused *f = gm_alloc(1, sizeof *f + p->layer_count * sizeof *f->layers);
    if (!f)
        return NULL;
    f->optimizer = p->optimizer;
    f->loss = loss;
    f->from_z = p->loss->from_z;
    f->scales = loss_is_mean(loss);
    f->scale = f->scales ? 1 / (REAL)p->layers[p->layer_count - 1].view.w.rows : 1;
    f->small = p->network->parameter_count <= SMALL;
    f->layer_count = p->layer_count;
    f->last = &f->layers[p->layer_count - 1];
    for (size_t l = 0; l < p->layer_count; l++)
        f->layers[l] = layer_of(p, l);
    f->known_rate = NAN; /* none */
    take(f);
    return f;
}

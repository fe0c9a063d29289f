/* Clips gradients as PyTorch does, so that the same numbers come out:
 *
 *     by value   g = min(max(g, -value), value)                       for each number
 *     by norm    G = G min(1, norm / (|G| + 1e-6))                    |G|: Euclidean norm over all layers
 *
 * (Pascanu, Mikolov and Bengio 2013, for the second.) Biases that are frozen have no part in it. */
#include "train/clip.h"
#include "base/error.h"
#include "base/memory.h"

#include <math.h>

#define GUARD 1e-6 /* PyTorch's, against a division by 0 */

static gm_status check(const char *what, double bound, gm_error *error)
{
    if (bound >= 0 && isfinite(bound))
        return GM_OK;
    return gm_fail(error, GM_USAGE, "%s is %g; expected a number above 0, or 0 for none", what, bound);
}

gm_status gm_clip_create(gm_clip *clip, const gm_network *network, double norm, double value, gm_error *error)
{
    const gm_precision precision = gm_network_precision(network);
    const size_t count = gm_network_parameter_count(network), size = gm_precision_size(precision);
    *clip = (gm_clip){.norm = norm, .value = value};
    gm_status status = check("clip_norm", norm, error);
    if (status == GM_OK)
        status = check("clip_value", value, error);
    if (status != GM_OK || !gm_clips(clip))
        return status;
    clip->memory = gm_alloc(count, size);
    clip->gradient = gm_mutable_real(clip->memory, precision, 1, count);
    return clip->memory ? GM_OK : gm_fail_memory(error, "a gradient to be clipped", count * size);
}

void gm_clip_clear(gm_clip *clip)
{
    gm_free(clip->memory);
    clip->memory = NULL;
}

/* Numbers of the gradient that stand one after the other. */
typedef struct range {
    size_t first, count;
} range;

/* Layer l: its weights, and its biases unless they are frozen. They stand side by side in the block. */
static range range_of(const gm_engine *engine, size_t l)
{
    const gm_layer layer = gm_network_layer(gm_engine_network((gm_engine *)engine), l);
    const size_t weights = layer.inputs * layer.outputs;
    return (range){layer.weights,
                   gm_engine_optimizer(engine).freeze_bias ? weights : weights + layer.outputs};
}

#define LANES 16 /* sums side by side: one sum would have each addition wait for the one before */

/* Sum of the squares, in a fixed order. Doubles hold those of floats without overflow. */
static double squares(gm_mutable_array gradient, range of)
{
    double sums[LANES] = {0}, sum = 0;
    const float *g32 = (const float *)gradient.data + of.first;
    const double *g64 = (const double *)gradient.data + of.first;
    const size_t whole = of.count / LANES * LANES;
    const bool wide = gradient.type == GM_TYPE_F64;
    for (size_t i = 0; i < whole && wide; i += LANES) {
        for (size_t k = 0; k < LANES; k++)
            sums[k] += g64[i + k] * g64[i + k];
    }
    for (size_t i = 0; i < whole && !wide; i += LANES) {
        for (size_t k = 0; k < LANES; k++)
            sums[k] += (double)g32[i + k] * (double)g32[i + k];
    }
    for (size_t i = whole; i < of.count; i++) {
        const double g = wide ? g64[i] : (double)g32[i];
        sums[i - whole] += g * g;
    }
    for (size_t k = 0; k < LANES; k++)
        sum += sums[k];
    return sum;
}

/* g = min(max(factor g, -most), most). A NaN stays. */
static void limit(gm_mutable_array gradient, range of, double factor, double most)
{
    float *g32 = (float *)gradient.data + of.first;
    double *g64 = (double *)gradient.data + of.first;
    const float factor32 = (float)factor, most32 = (float)most;
    if (gradient.type == GM_TYPE_F64) {
        for (size_t i = 0; i < of.count; i++) {
            const double g = factor * g64[i];
            g64[i] = g > most ? most : g < -most ? -most : g;
        }
    } else {
        for (size_t i = 0; i < of.count; i++) {
            const float g = factor32 * g32[i];
            g32[i] = g > most32 ? most32 : g < -most32 ? -most32 : g;
        }
    }
}

static void limit_all(const gm_clip *clip, const gm_engine *engine, double factor, double most)
{
    const size_t layers = gm_network_layer_count(gm_engine_network((gm_engine *)engine));
    for (size_t l = 0; l < layers; l++)
        limit(clip->gradient, range_of(engine, l), factor, most);
}

static double norm_of(const gm_clip *clip, const gm_engine *engine)
{
    const size_t layers = gm_network_layer_count(gm_engine_network((gm_engine *)engine));
    double sum = 0;
    for (size_t l = 0; l < layers; l++)
        sum += squares(clip->gradient, range_of(engine, l));
    return sqrt(sum);
}

gm_status gm_clip_step(const gm_clip *clip, gm_engine *engine, gm_array x, gm_array y, double *loss,
                       gm_error *error)
{
    const gm_status status = gm_engine_gradient(engine, x, y, clip->gradient, loss, error);
    if (status != GM_OK)
        return status;
    if (clip->value > 0)
        limit_all(clip, engine, 1, clip->value);
    const double factor = clip->norm > 0 ? clip->norm / (norm_of(clip, engine) + GUARD) : 1;
    if (!(factor >= 1)) /* a NaN gets on, so that training is seen to diverge */
        limit_all(clip, engine, factor, INFINITY);
    return gm_engine_apply(engine, gm_array_of(clip->gradient), error);
}

/* One sample through a whole step of plain SGD: forward, loss, BP1 to BP4 and the update, with nothing
 * between them but the numbers themselves. A step of a few units is over in less time than one call through a
 * table takes; what it waits for are chains of operations, from layer to layer and from step to step, and
 * they are kept short here.
 *
 * It takes the weights as backend `packed` keeps them, each layer within one band, and leaves Z, A and D in
 * row 0 of the workspace. Compiled once for each precision and instruction set (meson.build). */
#include "nn/fused.h"
#include "backend/tile.h"
#include "base/denormals.h"
#include "base/memory.h"
#include "nn/functions.h"
#include "nn/losses.h"

#define STRIDE(n) (((size_t)(n) + LANES - 1) / LANES * LANES) /* from one row of W to the next */
#define CHAINS    4                                           /* sums at once in a product */
#define EACH      _Pragma("omp simd") for (size_t i = 0; i < N; i++)

/* What a step leaves of the weights. */
struct decay {
    bool shrinks; /* keep is not 1 */
    REAL keep;
};

/* A_prev */
static const REAL *inputs_of(const struct gm_fused *f, const gm_fused_layer *l)
{
    return l == f->layers ? f->x : l[-1].a;
}

/* Narrow vectors: for layers of a few outputs, because a division of fewer numbers is done sooner, and for
 * BP2, whose sums go from lane to lane. */
#if VECTOR_BYTES * 8 >= 4 * GM_REAL_BITS
#define QUAD       4
#define LOW(a, b)  __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define HIGH(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#else
#define QUAD       2
#define LOW(a, b)  __builtin_shufflevector(a, b, 0, 2)
#define HIGH(a, b) __builtin_shufflevector(a, b, 1, 3)
#endif

#define N        QUAD
#define OF(name) name##_narrow
#define VEC      vector_narrow
#define VEC_AT   vector_at_narrow
#include "nn/fused_vector.h"
typedef VEC quad;

/* Element i of the result is the sum over vector i. */
ALWAYS quad sum_of_each(quad v[QUAD])
{
    UNROLLED for (int half = QUAD / 2; half > 0; half /= 2)
    {
        UNROLLED for (int i = 0; i < half; i++) v[i] = LOW(v[i], v[i + half]) + HIGH(v[i], v[i + half]);
    }
    return v[0];
}

/* Element i of the result is the first of vector i. */
ALWAYS quad first_of_each(quad v[QUAD])
{
    UNROLLED for (int half = QUAD / 2; half > 0; half /= 2)
    {
        UNROLLED for (int i = 0; i < half; i++) v[i] = LOW(v[i], v[i + half]);
    }
    return v[0];
}

/* The rest of BP2, for `count` units of a layer from unit k on: D = D W (.) f'(Z) */
ALWAYS void send_back(const gm_fused_layer *l, size_t k, size_t count, quad dw)
{
    const quad d = dw * activation_derivative_narrow(l->f, read_narrow(l->z + k), read_narrow(l->a + k));
    write_narrow(l->d + k, first_narrow(d, count));
}

ALWAYS quad quarters_narrow(quad v)
{
    return v;
}

#include "nn/fused_layer.h"

#undef N
#undef OF
#undef VEC
#undef VEC_AT
#define N        (VECTOR_BYTES * 8 / GM_REAL_BITS)
#define OF(name) name##_wide
#define VEC      vector_wide
#define VEC_AT   vector_at_wide
#include "nn/fused_vector.h"

/* The sum of its quads. */
ALWAYS quad quarters_wide(VEC v)
{
    REAL x[N];
    write_wide(x, v);
    quad sum = read_narrow(x);
    UNROLLED for (int i = QUAD; i < N; i += QUAD) sum += read_narrow(x + i);
    return sum;
}

#include "nn/fused_layer.h"

/* What is done with layers of one width: fused_layer.h, each function with its constant put in. */
struct layer_functions {
    void (*forward)(const struct gm_fused *f, const gm_fused_layer *l);
    void (*output)(const struct gm_fused *f, const gm_fused_layer *l);
    void (*hidden)(const struct gm_fused *f, const gm_fused_layer *l);
};

#define LAYERS_OF(WIDTH, VECTORS, FUNCTIONS)                                                                 \
    static void forward_##WIDTH##_##VECTORS(const struct gm_fused *f, const gm_fused_layer *l)               \
    {                                                                                                        \
        forward_##WIDTH(VECTORS, f, l);                                                                      \
    }                                                                                                        \
    static void output_##WIDTH##_##VECTORS(const struct gm_fused *f, const gm_fused_layer *l)                \
    {                                                                                                        \
        output_##WIDTH(VECTORS, f, l);                                                                       \
    }                                                                                                        \
    static void hidden_##WIDTH##_##VECTORS(const struct gm_fused *f, const gm_fused_layer *l)                \
    {                                                                                                        \
        hidden_##WIDTH(VECTORS, f, l);                                                                       \
    }                                                                                                        \
    static const struct layer_functions FUNCTIONS = {                                                        \
        forward_##WIDTH##_##VECTORS, output_##WIDTH##_##VECTORS, hidden_##WIDTH##_##VECTORS};
LAYERS_OF(narrow, 1, narrow)
LAYERS_OF(wide, 1, wide_1)
LAYERS_OF(wide, 2, wide_2)
#if TILE_VECTORS == 4
LAYERS_OF(wide, 3, wide_3)
LAYERS_OF(wide, 4, wide_4)
#endif

static const struct layer_functions *functions_of(const gm_fused_layer *l)
{
    static const struct layer_functions *const by_vectors[] = {
        &wide_1,
        &wide_2,
#if TILE_VECTORS == 4
        &wide_3,
        &wide_4,
#endif
    };
    return l->outputs <= QUAD ? &narrow : by_vectors[(l->outputs - 1) / N];
}

/* A = softmax(Z) and BP1 for any other loss than its own. */
static void softmax_output(const struct gm_fused *f, const gm_fused_layer *l)
{
    REAL loss = 0;
    softmax_row(l->z, l->a, l->outputs);
    for (size_t c = 0; c < l->outputs; c += N)
        write_wide(l->d + c, judge_wide(f, l, c, read_wide(l->z + c), read_wide(l->a + c), &loss));
    softmax_chain_row(l->a, l->d, l->outputs);
    if (f->value)
        *f->value = (double)(f->scale * loss);
}

static void cross_entropy_output(const struct gm_fused *f, const gm_fused_layer *l)
{
    if (f->value)
        *f->value = (double)cross_entropy_row(l->z, f->y, l->a, l->outputs);
    else
        softmax_row(l->z, l->a, l->outputs);
    cross_entropy_delta_row(l->a, f->y, 1, l->d, l->outputs);
}

static void begin(struct gm_fused *f, const REAL *x, const REAL *y, double *value)
{
    const gm_optimizer *o = f->optimizer;
    const double keep = 1 - o->rate * (o->decay + o->l2); /* for SGD they are the same thing */
    f->x = x;
    f->y = y;
    f->value = value;
    f->rate = (REAL)o->rate;
    f->keep = (REAL)keep;
    f->shrinks = keep != 1;
}

static void forward_and_backward(const struct gm_fused *f)
{
    const gm_fused_layer *l = f->layers, *last = l + f->layer_count - 1;
    for (; l < last; l++)
        functions_of(l)->forward(f, l);
    if (l->f == GM_SOFTMAX) {
        functions_of(l)->forward(f, l);
        if (f->loss == GM_CROSS_ENTROPY)
            cross_entropy_output(f, l);
        else
            softmax_output(f, l);
        functions_of(l)->hidden(f, l);
    } else {
        functions_of(l)->output(f, l);
    }
    while (l-- > f->layers)
        functions_of(l)->hidden(f, l);
}

void GM_FUSED(struct gm_fused *f, const REAL *x, const REAL *y, double *value)
{
    const unsigned mode = gm_flush_denormals();
    begin(f, x, y, value);
    forward_and_backward(f);
    gm_restore_denormals(mode);
}

/* A whole step of plain SGD for one sample in one function: forward, loss, BP1 to BP4 and the update.
 *
 * With a few units, such a step takes less time than a call through a table. Its time is determined by chains
 * of operations that depend on each other, from layer to layer and from step to step; the code keeps these
 * chains short. In a batch, the samples are computed one by one up to BP2, and then the weights are updated
 * with all of them.
 *
 * The weights are in the layout of backend `packed`, each layer in one band. Z, A and D are stored in the
 * workspace, one row for each sample. Compiled once for each precision and instruction set (meson.build). */
#include "online/sample.h"
#include "backend/tile.h"
#include "base/denormals.h"
#include "base/memory.h"
#include "function/activations.h"
#include "function/losses.h"
#include "online/segments.h"

#define STRIDE(n) (((size_t)(n) + LANES - 1) / LANES * LANES) /* from one row of W to the next */
#define CHAINS    4                                           /* sums at once in a product */
#define EACH      _Pragma("omp simd") for (size_t i = 0; i < N; i++)

/* The shrinking of weights in a step: W is multiplied by `keep` first. */
struct decay {
    bool shrinks; /* keep is not 1 */
    REAL keep;
};

/* A_prev */
static const REAL *inputs_of(const struct gm_online_sample *f, const gm_online_layer *l)
{
    return l == f->layers ? f->x : l[-1].a;
}

/* Narrow vectors. They are used for layers of a few outputs, because dividing fewer numbers has a shorter
 * latency, and for BP2, whose sums go across lanes. */
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
#define CHOSEN   ALWAYS
#include "online/vector.h"
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

ALWAYS quad first_quad_narrow(quad v)
{
    return v;
}

ALWAYS quad quarters_narrow(quad v)
{
    return v;
}

ALWAYS quad read_or_handed_narrow(const REAL *from, quad handed)
{
    (void)from;
    return handed;
}

#include "online/layer.h"

#undef N
#undef OF
#undef VEC
#undef VEC_AT
#undef CHOSEN
#define N        (VECTOR_BYTES * 8 / GM_REAL_BITS)
#define OF(name) name##_wide
#define VEC      vector_wide
#define VEC_AT   vector_at_wide
#define CHOSEN   static
#include "online/vector.h"

ALWAYS quad first_quad_wide(VEC v)
{
    REAL x[N];
    write_wide(x, v);
    return read_narrow(x);
}

ALWAYS VEC read_or_handed_wide(const REAL *from, quad handed)
{
    (void)handed;
    return read_wide(from);
}

/* The sum of its quads. */
ALWAYS quad quarters_wide(VEC v)
{
    REAL x[N];
    write_wide(x, v);
    quad sum = read_narrow(x);
    UNROLLED for (int i = QUAD; i < N; i += QUAD) sum += read_narrow(x + i);
    return sum;
}

#include "online/layer.h"

/* The functions of a layer: those of layer.h, with constants for its width and activation. The quad has the
 * numbers that the neighbouring layer passes on. */
struct gm_online_functions {
    quad (*forward)(const struct gm_online_sample *f, const gm_online_layer *l, quad a);
    quad (*output)(const struct gm_online_sample *f, const gm_online_layer *l, quad a);
    quad (*hidden)(const struct gm_online_sample *f, const gm_online_layer *l, quad d);
    void (*learn)(struct gm_online_sample *f, size_t layer, size_t rows);
};

#define BACKWARD(WIDTH, VECTORS, NAME)                                                                       \
    static quad hidden_##NAME(const struct gm_online_sample *f, const gm_online_layer *l, quad d)            \
    {                                                                                                        \
        return hidden_##WIDTH(VECTORS, f, l, d);                                                             \
    }                                                                                                        \
    static void learn_##NAME(struct gm_online_sample *f, size_t layer, size_t rows)                          \
    {                                                                                                        \
        learn_rows_##WIDTH(VECTORS, f, layer, rows);                                                         \
    }

#define FORWARD(WIDTH, VECTORS, ACT, NAME, BACK)                                                             \
    static quad forward_##NAME(const struct gm_online_sample *f, const gm_online_layer *l, quad a)           \
    {                                                                                                        \
        return forward_##WIDTH(VECTORS, ACT, f, l, a);                                                       \
    }                                                                                                        \
    static quad output_##NAME(const struct gm_online_sample *f, const gm_online_layer *l, quad a)            \
    {                                                                                                        \
        return output_##WIDTH(VECTORS, ACT, f, l, a);                                                        \
    }                                                                                                        \
    static const struct gm_online_functions NAME = {forward_##NAME, output_##NAME, hidden_##BACK,            \
                                                    learn_##BACK};

/* Narrow layers have a function for each activation, because choosing the activation at every step would take
 * too long. */
BACKWARD(narrow, 1, few)
#define ACTIVATION(VALUE, WORD, STEM, ...) FORWARD(narrow, 1, VALUE, narrow_##STEM, few)
#define ROW_ACTIVATION(...)
#include "function/activations.def"

BACKWARD(wide, 1, wide_1)
BACKWARD(wide, 2, wide_2)
FORWARD(wide, 1, l->f, wide_1, wide_1)
FORWARD(wide, 2, l->f, wide_2, wide_2)
#if TILE_VECTORS == 4
BACKWARD(wide, 3, wide_3)
BACKWARD(wide, 4, wide_4)
FORWARD(wide, 3, l->f, wide_3, wide_3)
FORWARD(wide, 4, l->f, wide_4, wide_4)
#endif

/* BP1 of softmax with a loss other than cross-entropy. */
static void judge_softmax(const struct gm_online_sample *f, const gm_online_layer *l)
{
    REAL loss = 0;
    softmax_row(l->z, l->a, l->outputs);
    for (size_t c = 0; c < l->outputs; c += N)
        write_wide(l->d + c, judge_wide(l->f, f, l, c, read_wide(l->z + c), read_wide(l->a + c), &loss));
    softmax_chain_row(l->a, l->d, l->outputs);
    if (f->value)
        *f->value = (double)(f->mean * loss);
}

static void judge_classes(const struct gm_online_sample *f, const gm_online_layer *l)
{
    if (f->value)
        *f->value = (double)cross_entropy_row(l->z, f->y, l->a, l->outputs);
    else
        softmax_row(l->z, l->a, l->outputs);
    cross_entropy_delta_row(l->a, f->y, f->scale, l->d, l->outputs);
}

/* The output layer with softmax, which needs a whole row: Z is stored, and D is loaded from memory. */
static quad output_softmax(const struct gm_online_sample *f, const gm_online_layer *l, quad a)
{
    l->functions->forward(f, l, a);
    if (f->loss == GM_CROSS_ENTROPY)
        judge_classes(f, l);
    else
        judge_softmax(f, l);
    return l->functions->hidden(f, l, read_narrow(l->d));
}

/* The same with cross-entropy, if the row is one vector. */
static quad output_narrow_classes(const struct gm_online_sample *f, const gm_online_layer *l, quad a)
{
    return classify_narrow(f, l, a);
}

static quad output_classes(const struct gm_online_sample *f, const gm_online_layer *l, quad a)
{
    return classify_wide(f, l, a);
}

static const struct gm_online_functions narrow_classes = {NULL, output_narrow_classes, hidden_few, learn_few};
static const struct gm_online_functions classes = {NULL, output_classes, hidden_wide_1, learn_wide_1};

#define SOFTMAX(VECTORS)                                                                                     \
    {                                                                                                        \
        forward_wide_##VECTORS, output_softmax, hidden_wide_##VECTORS, learn_wide_##VECTORS                  \
    }
static const struct gm_online_functions softmax_by_vectors[] = {
    SOFTMAX(1),
    SOFTMAX(2),
#if TILE_VECTORS == 4
    SOFTMAX(3),
    SOFTMAX(4),
#endif
};

static const struct gm_online_functions *softmax_functions_of(const struct gm_online_sample *f,
                                                              const gm_online_layer *l)
{
    if (f->loss == GM_CROSS_ENTROPY && l->outputs <= N)
        return l->outputs <= QUAD ? &narrow_classes : &classes;
    return &softmax_by_vectors[(l->outputs - 1) / N];
}

static const struct gm_online_functions *functions_of(const struct gm_online_sample *f,
                                                      const gm_online_layer *l)
{
    static const struct gm_online_functions *const by_activation[] = {
#define ACTIVATION(VALUE, WORD, STEM, ...) [VALUE] = &narrow_##STEM,
#define ROW_ACTIVATION(VALUE, ...)         [VALUE] = NULL, /* softmax_functions_of */
#include "function/activations.def"
    };
    static const struct gm_online_functions *const by_vectors[] = {
        &wide_1,
        &wide_2,
#if TILE_VECTORS == 4
        &wide_3,
        &wide_4,
#endif
    };
    if (l->f == GM_SOFTMAX)
        return softmax_functions_of(f, l);
    return l->outputs <= QUAD ? by_activation[l->f] : by_vectors[(l->outputs - 1) / N];
}

/* On other CPUs the status register does not show denormals, so every step flushes them. */
#ifdef GM_DENORMAL_FLAGS
#define CAN_WATCH true
#else
#define CAN_WATCH false
#endif

/* Computes the constants of the update again if the rate has changed. */
static void take_rate(struct gm_online_sample *f)
{
    const gm_optimizer *o = f->optimizer;
    if (o->rate == f->known_rate)
        return;
    const double keep = 1 - o->rate * (o->decay + o->l2); /* for SGD, decay and l2 have the same effect */
    f->known_rate = o->rate;
    f->rate = (REAL)o->rate;
    f->keep = (REAL)keep;
    f->shrinks = keep != 1;
    /* Weights that shrink in every step may become denormal. */
    f->flushes = f->shrinks || !f->small || f->met || !CAN_WATCH;
}

/* Forward, BP1 and backward, one call for each layer. */
static void through_layers(const struct gm_online_sample *f)
{
    const gm_online_layer *l = f->layers, *last = l + f->layer_count - 1;
    quad a = {0}, d;
    for (; l < last; l++)
        a = l->functions->forward(f, l, a);
    d = l->functions->output(f, l, a);
    while (l-- > f->layers)
        d = l->functions->hidden(f, l, d);
}

/* The same in one function for a narrow hidden layer and a narrow output layer. There are no calls, and
 * common values stay in registers. These are the pairs of activations that such networks usually have. */
#define PAIRS                                                                                                \
    PAIR(sigmoid, GM_SIGMOID, sigmoid, STEP(GM_SIGMOID))                                                     \
    PAIR(sigmoid, GM_SIGMOID, identity, STEP(GM_IDENTITY))                                                   \
    PAIR(sigmoid, GM_SIGMOID, classes, CLASSIFY)                                                             \
    PAIR(hyperbolic, GM_TANH, sigmoid, STEP(GM_SIGMOID))                                                     \
    PAIR(hyperbolic, GM_TANH, hyperbolic, STEP(GM_TANH))                                                     \
    PAIR(hyperbolic, GM_TANH, identity, STEP(GM_IDENTITY))                                                   \
    PAIR(hyperbolic, GM_TANH, classes, CLASSIFY)                                                             \
    PAIR(relu, GM_RELU, sigmoid, STEP(GM_SIGMOID))                                                           \
    PAIR(relu, GM_RELU, identity, STEP(GM_IDENTITY))                                                         \
    PAIR(relu, GM_RELU, classes, CLASSIFY)
#define STEP(F)  output_narrow(1, F, f, output, a)
#define CLASSIFY classify_narrow(f, output, a)

#define PAIR(HIDDEN, VALUE, OUTPUT, DELTA)                                                                   \
    static void HIDDEN##_##OUTPUT(const struct gm_online_sample *f)                                          \
    {                                                                                                        \
        const gm_online_layer *hidden = f->layers, *output = hidden + 1;                                     \
        const quad a = forward_narrow(1, VALUE, f, hidden, (quad){0});                                       \
        const quad d = DELTA;                                                                                \
        hidden_narrow(1, f, hidden, d);                                                                      \
    }
PAIRS
#undef PAIR

static gm_online_through *through_of(const struct gm_online_sample *f)
{
    static const struct {
        const struct gm_online_functions *hidden, *output;
        gm_online_through *through;
    } pairs[] = {
#define PAIR(HIDDEN, VALUE, OUTPUT, DELTA) {&narrow_##HIDDEN, &narrow_##OUTPUT, HIDDEN##_##OUTPUT},
        PAIRS
#undef PAIR
    };
    const gm_online_layer *l = f->layers;
    for (size_t i = 0; f->layer_count == 2 && i < sizeof pairs / sizeof *pairs; i++)
        if (pairs[i].hidden == l[0].functions && pairs[i].output == l[1].functions)
            return pairs[i].through;
    return through_layers;
}

/* Reading the CPU's status takes a tenth of the smallest step. Once denormals occur, they usually occur in
 * all later steps. So it is enough to check the first step and then every 16th. A count, and not the time,
 * decides, so that every run checks the same steps. */
#define WATCH_EVERY 16

/* Begins a step: switches flushing on, or clears the flags that show denormals. */
static unsigned begin(const struct gm_online_sample *f)
{
#ifdef GM_DENORMAL_FLAGS
    if (!f->flushes)
        return gm_watch_denormals();
#endif
    (void)f;
    return gm_flush_denormals();
}

static void end(struct gm_online_sample *f, unsigned mode)
{
#ifdef GM_DENORMAL_FLAGS
    if (!f->flushes) {
        if (__builtin_expect(gm_met_denormals(mode), false))
            f->met = f->flushes = true;
        return;
    }
#endif
    (void)f;
    gm_restore_denormals(mode);
}

/* Not inlined, so that steps that do not change the mode need no stack frame for it. */
__attribute__((noinline)) static void through_with_mode(struct gm_online_sample *f)
{
    f->unwatched = WATCH_EVERY - 1;
    const unsigned mode = begin(f);
    f->through(f);
    end(f, mode);
}

static void step(void *online, const void *x, const void *y, double *value)
{
    struct gm_online_sample *f = online;
    f->x = x;
    f->y = y;
    f->value = value;
    f->several = false;
    f->scale = f->mean;
    take_rate(f);
    if (!f->flushes && f->unwatched-- > 0)
        f->through(f);
    else
        through_with_mode(f);
}

/* Computes the rows one by one up to BP2, and then updates the weights with all of them. */
static void rows_and_weights(struct gm_online_sample *f, gm_mat x, gm_mat y, double *value)
{
    double loss = 0, sum = 0;
    for (size_t r = 0; r < x.rows; r++) {
        struct gm_online_sample *row = gm_online_row(f, r);
        row->x = gm_row(x, r);
        row->y = gm_row(y, r);
        row->value = value ? &loss : NULL;
        row->several = true;
        row->scale = row->mean / (REAL)x.rows;
        row->through(row);
        sum += loss;
    }
    for (size_t l = 0; l < f->layer_count; l++)
        f->layers[l].functions->learn(f, l, x.rows);
    if (value)
        *value = sum / (double)x.rows;
}

static void step_rows(gm_online *online, gm_mat x, gm_mat y, double *value)
{
    struct gm_online_sample *f = (struct gm_online_sample *)online;
    take_rate(f);
    const unsigned mode = begin(f);
    rows_and_weights(f, x, y, value);
    end(f, mode);
}

void GM_ONLINE(struct gm_online_sample *f)
{
    f->face.step = step;
    f->face.step_rows = step_rows;
    for (size_t l = 0; l < f->layer_count; l++)
        f->layers[l].functions = functions_of(f, &f->layers[l]);
    f->through = through_of(f);
}

/* Tests every function of every backend: small random shapes against plain sums in long double, and large
 * shapes with a random vector, which needs only O(n^2) operations. Compiled once for each precision. */
#include <criterion/criterion.h>

#include "machine/blas_library.h"
#include "backend/packed.h"
#include "backend/vectors.h"
#include "base/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define SUITE GM_TYPED(backend)

/* A matrix with a padded ld between guards; everything that a product must not touch is NaN. The first `own`
 * columns of a row are the product's: a packed backend reads and writes whole vectors. */
typedef struct padded {
    gm_mat m;
    size_t own;
    REAL *block;
    size_t size;
} padded;

static REAL draw(gm_random *random)
{
    return (REAL)(2 * gm_random_uniform(random) - 1);
}

static padded make(const gm_storage *storage, size_t rows, size_t cols, size_t pad)
{
    const size_t own = gm_padded(storage, cols);
    padded p = {.own = own, .size = rows * (own + pad) + 2};
    p.block = malloc(p.size * sizeof(REAL));
    cr_assert_not_null(p.block);
    for (size_t i = 0; i < p.size; i++)
        p.block[i] = (REAL)NAN;
    p.m = (gm_mat){p.block + 1, rows, cols, own + pad};
    return p;
}

/* Random numbers, and 0 in the rest of the last vector of each row. */
static padded make_random(const gm_storage *storage, size_t rows, size_t cols, size_t pad, gm_random *random)
{
    padded p = make(storage, rows, cols, pad);
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < p.own; c++)
            gm_row(p.m, r)[c] = c < cols ? draw(random) : 0;
    }
    return p;
}

/* The guards before, between and behind the rows are still NaN. */
static void expect_untouched(const padded *p, const char *what)
{
    size_t written = 0;
    for (size_t i = 0; i < p->size; i++) {
        const bool inside = i >= 1 && i + 1 < p->size && (i - 1) % p->m.ld < p->own;
        written += !inside && !isnan(p->block[i]);
    }
    cr_expect_eq(written, 0, "%s wrote %zu numbers outside of its target", what, written);
}

/* One layer with a batch, and targets that begin as NaN. */
struct layer {
    const gm_backend *backend;
    size_t n, in, out;
    padded w, a, d;       /* W, A_prev, D */
    padded z, d_prev, gw; /* targets */
    padded b, gb, ones;   /* vectors, as matrices of one row */
    REAL *packed;         /* W, then GW, in the backend's order if it has one */
    REAL *scratch;
    REAL *spare; /* n x out, for forward */
    gm_layer_view view;
    char name[120];
};

static struct layer make_layer(const gm_backend *backend, size_t n, size_t in, size_t out, size_t pad,
                               uint64_t seed)
{
    const gm_storage *storage = backend->storage, *plain = &gm_row_major;
    gm_random random = gm_random_seed(seed, GM_STREAM_CHECK);
    struct layer l = {.backend = backend, .n = n, .in = in, .out = out};
    l.w = make_random(plain, out, in, 0, &random); /* as in the parameter block: without padding */
    l.a = make_random(plain, n, in, pad, &random);
    l.d = make_random(storage, n, out, pad, &random);
    l.b = make_random(storage, 1, out, 0, &random);
    l.ones = make(plain, 1, n, 0);
    for (size_t i = 0; i < n; i++)
        l.ones.m.data[i] = 1;
    l.z = make(storage, n, out, pad);
    l.d_prev = make(storage, n, in, pad);
    l.gw = make(plain, out, in, pad);
    l.gb = make(plain, 1, out, 0);
    l.packed = calloc(2 * storage->weights(in, out), sizeof(REAL));
    l.scratch = malloc((1 + (backend->scratch_size ? backend->scratch_size(in, out) : 0)) * sizeof(REAL));
    l.spare = malloc(n * out * sizeof(REAL));
    cr_assert(l.packed && l.scratch && l.spare);
    l.view = (gm_layer_view){.w = l.w.m, .b = l.b.m.data, .ones = l.ones.m.data, .batch = n};
    if (storage->own) {
        backend->pack(l.w.m, l.packed);
        l.view.w.data = l.packed;
    }
    snprintf(l.name, sizeof l.name, "%s %s", backend->name, backend->kernels ? backend->kernels : "");
    return l;
}

static void free_layer(struct layer *l)
{
    padded *const all[] = {&l->w, &l->a, &l->d, &l->z, &l->d_prev, &l->gw, &l->b, &l->gb, &l->ones};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]->block);
    free(l->packed);
    free(l->scratch);
    free(l->spare);
}

/* All backends, and `packed` for every instruction set that this processor has, not only for its best. */
/* Here no engine loads the library before a backend calls it. */
__attribute__((constructor)) static void load_blas(void)
{
    gm_blas_load(NULL);
}

static const gm_backend *backend_at(size_t index)
{
    size_t count = 0;
    while (gm_backend_at(count))
        count++;
    return index < count ? gm_backend_at(index) : gm_backend_packed_at(index - count);
}

/* BP4 into l->gw, part by part by way of the backend's own layout. With `step` it is momentum's, alpha is 1
 * and beta the momentum, and l->w takes its step. */
static void bp4_by_parts(struct layer *l, REAL alpha, REAL beta, const gm_descent *step)
{
    const gm_storage *storage = l->backend->storage;
    const gm_block all = {{0, l->out}, {0, l->in}};
    REAL *gw = l->packed + storage->weights(l->in, l->out);
    l->backend->pack(l->gw.m, gw);
    for (size_t i = 0; i < gm_part_count(storage, all, l->out); i++) {
        const gm_part part = gm_part_at(storage, l->in, l->out, all, l->out, i);
        const gm_mat d = gm_cols(l->d.m, part.outputs.first, part.outputs.count);
        const gm_mat a = gm_cols(l->a.m, part.inputs.first, part.inputs.count);
        const gm_mat g = {gw + part.index, part.outputs.count, part.inputs.count, part.ld};
        if (step) {
            const gm_descent own = {l->packed + part.index, step->l2, step->keep, step->rate};
            l->backend->momentum_step(&l->view, d, a, beta, g, &own, l->scratch);
        } else {
            l->backend->weight_gradient(&l->view, d, a, alpha, beta, g, l->scratch);
        }
    }
    l->backend->unpack(gw, l->gw.m);
    l->backend->unpack(l->packed, l->w.m);
}

/* BP4 into l->gw: at once, or by parts. */
static void weight_gradient(struct layer *l, REAL alpha, REAL beta)
{
    if (!l->backend->storage->own)
        l->backend->weight_gradient(&l->view, l->d.m, l->a.m, alpha, beta, l->gw.m, l->scratch);
    else
        bp4_by_parts(l, alpha, beta, NULL);
}

/* The error of a sum of k products of numbers below 1 is at most k/2 units in the last place of k. Rounding
 * errors have random signs, so the real error is far smaller. */
static double tolerance(size_t k)
{
    return 4 * (double)REAL_EPSILON * ((double)k + 4);
}

static void expect_near(const struct layer *l, const char *what, REAL actual, long double expected, size_t k)
{
    const double error = fabs((double)((long double)actual - expected));
    cr_expect(error <= tolerance(k), "%s, %s %zu x (%zu -> %zu): off by %g; expected at most %g", l->name,
              what, l->n, l->in, l->out, error, tolerance(k));
}

static void expect_forward(const struct layer *l)
{
    for (size_t i = 0; i < l->n; i++) {
        for (size_t j = 0; j < l->out; j++) {
            long double sum = l->b.m.data[j];
            for (size_t k = 0; k < l->in; k++)
                sum += (long double)gm_row(l->a.m, i)[k] * gm_row(l->w.m, j)[k];
            expect_near(l, "forward", gm_row(l->z.m, i)[j], sum, l->in);
        }
    }
    expect_untouched(&l->z, "forward");
}

static void expect_hidden_delta(const struct layer *l, long double beta, long double old)
{
    for (size_t i = 0; i < l->n; i++) {
        for (size_t j = 0; j < l->in; j++) {
            long double sum = beta * old;
            for (size_t k = 0; k < l->out; k++)
                sum += (long double)gm_row(l->d.m, i)[k] * gm_row(l->w.m, k)[j];
            expect_near(l, "BP2", gm_row(l->d_prev.m, i)[j], sum, l->out);
        }
    }
    expect_untouched(&l->d_prev, "BP2");
}

/* Targets after alpha D^T (.) + beta old, where old is what they were before. */
static void expect_gradients(const struct layer *l, double alpha, double beta, double old)
{
    for (size_t j = 0; j < l->out; j++) {
        long double bias = 0;
        for (size_t i = 0; i < l->n; i++)
            bias += gm_row(l->d.m, i)[j];
        expect_near(l, "BP3", l->gb.m.data[j], alpha * bias + beta * old, l->n);
        for (size_t k = 0; k < l->in; k++) {
            long double sum = 0;
            for (size_t i = 0; i < l->n; i++)
                sum += (long double)gm_row(l->d.m, i)[j] * gm_row(l->a.m, i)[k];
            expect_near(l, "BP4", gm_row(l->gw.m, j)[k], alpha * sum + beta * old, l->n);
        }
    }
    expect_untouched(&l->gb, "BP3");
    expect_untouched(&l->gw, "BP4");
}

/* V = D^T A + momentum V + l2 W and W = keep W - rate V, from 1/4 everywhere in V and 1/2 in W. */
static void check_momentum(struct layer *l, const gm_descent *step)
{
    const long double momentum = 0.75L, v = 0.25L, w = 0.5L;
    for (size_t j = 0; j < l->out; j++) {
        for (size_t k = 0; k < l->in; k++) {
            gm_row(l->gw.m, j)[k] = (REAL)v;
            gm_row(l->w.m, j)[k] = (REAL)w;
        }
    }
    l->backend->pack(l->w.m, l->packed);
    bp4_by_parts(l, 1, (REAL)momentum, step);
    for (size_t j = 0; j < l->out; j++) {
        for (size_t k = 0; k < l->in; k++) {
            long double velocity = momentum * v + step->l2 * w;
            for (size_t i = 0; i < l->n; i++)
                velocity += (long double)gm_row(l->d.m, i)[j] * gm_row(l->a.m, i)[k];
            expect_near(l, "velocity", gm_row(l->gw.m, j)[k], velocity, l->n);
            expect_near(l, "weight", gm_row(l->w.m, j)[k], step->keep * w - step->rate * velocity, l->n);
        }
    }
    expect_untouched(&l->gw, "momentum");
}

/* BP3 and BP4 with alpha and beta, from 1/4 everywhere in their targets. */
static void check_gradients(struct layer *l, double alpha, double beta)
{
    for (size_t j = 0; j < l->out; j++) {
        l->gb.m.data[j] = (REAL)0.25;
        for (size_t k = 0; k < l->in; k++)
            gm_row(l->gw.m, j)[k] = (REAL)0.25;
    }
    l->backend->bias_gradient(&l->view, l->d.m, (REAL)alpha, (REAL)beta, l->gb.m.data);
    weight_gradient(l, (REAL)alpha, (REAL)beta);
    expect_gradients(l, alpha, beta, 0.25);
}

/* Checks all four equations: first with beta = 0 over NaN, then with other values of beta over 1/4. beta = 1,
 * which plain SGD uses, may be separate code. */
static void check_layer(struct layer *l)
{
    const gm_backend *backend = l->backend;
    backend->forward(&l->view, l->a.m, l->z.m, l->spare);
    expect_forward(l);
    backend->hidden_delta(&l->view, l->d.m, 0, 0, l->d_prev.m, l->scratch);
    expect_hidden_delta(l, 0, 0);
    backend->bias_gradient(&l->view, l->d.m, 1, 0, l->gb.m.data);
    weight_gradient(l, 1, 0);
    expect_gradients(l, 1, 0, 0);
    for (size_t i = 0; i < l->n; i++) {
        for (size_t k = 0; k < l->in; k++)
            gm_row(l->d_prev.m, i)[k] = (REAL)0.25;
    }
    backend->hidden_delta(&l->view, l->d.m, 0, (REAL)0.75, l->d_prev.m, l->scratch);
    expect_hidden_delta(l, 0.75, 0.25);
    check_gradients(l, -0.5, 0.75);
    check_gradients(l, -0.5, 1);
    if (backend->momentum_step) {
        check_momentum(l, &(gm_descent){.keep = 1, .rate = (REAL)0.125});
        check_momentum(l, &(gm_descent){.l2 = (REAL)0.25, .keep = (REAL)0.75, .rate = (REAL)0.5});
    }
}

static void check_shape(size_t n, size_t in, size_t out, size_t pad, uint64_t seed)
{
    const gm_backend *backend;
    for (size_t i = 0; (backend = backend_at(i)); i++) {
        struct layer l = make_layer(backend, n, in, out, pad, seed);
        check_layer(&l);
        free_layer(&l);
    }
}

Test(SUITE, chosen_shapes)
{
    static const size_t shapes[][3] = {
        {1, 1, 1},     {1, 5, 3},     {1, 64, 64},  {2, 1, 1},    {2, 2, 2},   {7, 13, 5},   {3, 1, 40},
        {3, 40, 1},    {64, 1, 1},    {100, 3, 2},  {4, 200, 9},  {4, 9, 200}, {33, 65, 17}, {16, 32, 64},
        {32, 71, 64},  {33, 71, 64},  {32, 71, 30}, {33, 71, 30}, /* both heights of tiles in BP4 */
        {130, 71, 64}, {20, 33, 200}, /* more samples than BP4 sums at once; more bands than BP2 */
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        for (size_t pad = 0; pad <= 5; pad += 5)
            check_shape(shapes[i][0], shapes[i][1], shapes[i][2], pad, i + 1);
    }
}

/* More inputs than any backend takes at once, in pieces of all sizes; and more rows. What a piece writes too
 * much falls on the next row, because there is no padding. */
Test(SUITE, wide_shapes)
{
    static const size_t shapes[][3] = {{7, 513, 70},  {40, 520, 17},  {17, 600, 5},  {40, 1000, 17},
                                       {5, 1001, 3},  {33, 1040, 20}, {66, 1072, 5}, {300, 520, 3},
                                       {8, 1024, 20}, {7, 1024, 20},  {260, 1024, 4}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        check_shape(shapes[i][0], shapes[i][1], shapes[i][2], 0, i + 1);
}

Test(SUITE, random_shapes)
{
    gm_random random = gm_random_seed(11, GM_STREAM_CHECK);
    for (uint64_t seed = 1; seed <= 60; seed++) {
        const size_t n = 1 + (size_t)gm_random_below(&random, 40),
                     in = 1 + (size_t)gm_random_below(&random, 50);
        const size_t out = 1 + (size_t)gm_random_below(&random, 50),
                     pad = (size_t)gm_random_below(&random, 9);
        check_shape(n, in, out, pad, seed);
    }
}

static void check_rows_of_weights(struct layer *l)
{
    l->backend->bias_gradient(&l->view, gm_cols(l->d.m, 4, 5), 1, 0, l->gb.m.data + 4);
    l->backend->weight_gradient(&l->view, gm_cols(l->d.m, 4, 5), l->a.m, 1, 0, gm_rows(l->gw.m, 4, 5),
                                l->scratch);
    for (size_t r = 0; r < 11; r++) {
        const bool mine = r >= 4 && r < 9;
        cr_expect_eq(!isnan(gm_row(l->gw.m, r)[8]), mine, "%s, GW row %zu", l->name, r);
        cr_expect_eq(!isnan(l->gb.m.data[r]), mine, "%s, gb %zu", l->name, r);
    }
    long double sum = 0;
    for (size_t r = 0; r < 11; r++)
        sum += (long double)gm_row(l->d.m, r)[8] * gm_row(l->a.m, r)[7];
    expect_near(l, "BP4 slab", gm_row(l->gw.m, 8)[7], sum, l->n);
}

/* BP2 partitioned by weights: each thread has its columns of D_prev, which end at whole vectors. */
Test(SUITE, slabs_of_inputs)
{
    enum { IN = 1040, FIRST = 528 };
    const gm_backend *backend;
    for (size_t i = 0; (backend = backend_at(i)); i++) {
        struct layer l = make_layer(backend, 9, IN, 12, 0, 5);
        backend->hidden_delta(&l.view, l.d.m, FIRST, 0, gm_cols(l.d_prev.m, FIRST, IN - FIRST), l.scratch);
        for (size_t r = 0; r < l.n; r++) {
            for (size_t c = 0; c < FIRST; c++)
                cr_assert(isnan(gm_row(l.d_prev.m, r)[c]), "%s, row %zu, input %zu", l.name, r, c);
        }
        backend->hidden_delta(&l.view, l.d.m, 0, 0, gm_cols(l.d_prev.m, 0, FIRST), l.scratch);
        expect_hidden_delta(&l, 0, 0);
        free_layer(&l);
    }
}

/* BP2 summed up from slab to slab of the outputs. */
Test(SUITE, slabs_of_outputs)
{
    enum { OUT = 330, FIRST = 256 }; /* a whole number of grains of every backend */
    static const size_t rows[] = {1, 5, 40};
    const gm_backend *backend;
    for (size_t i = 0; (backend = backend_at(i)); i++) {
        for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
            struct layer l = make_layer(backend, rows[k], 70, OUT, 0, 5);
            const gm_layer_view last = gm_view_outputs(&l.view, FIRST, OUT - FIRST),
                                others = gm_view_outputs(&l.view, 0, FIRST);
            backend->hidden_delta(&last, gm_cols(l.d.m, FIRST, OUT - FIRST), 0, 0, l.d_prev.m, l.scratch);
            backend->hidden_delta(&others, gm_cols(l.d.m, 0, FIRST), 0, 1, l.d_prev.m, l.scratch);
            expect_hidden_delta(&l, 0, 0);
            free_layer(&l);
        }
    }
}

/* The work of one thread: some rows of the batch, or some rows of W, which are columns of D. The rest of the
 * target belongs to other threads and must stay NaN. */
Test(SUITE, slabs)
{
    const gm_backend *backend;
    for (size_t i = 0; (backend = backend_at(i)); i++) {
        struct layer l = make_layer(backend, 11, 9, 12, 3, 5);
        backend->forward(&l.view, gm_rows(l.a.m, 4, 5), gm_rows(l.z.m, 4, 5), l.spare);
        backend->hidden_delta(&l.view, gm_rows(l.d.m, 4, 5), 0, 0, gm_rows(l.d_prev.m, 4, 5), l.scratch);
        for (size_t r = 0; r < 11; r++) {
            const bool mine = r >= 4 && r < 9;
            cr_expect_eq(!isnan(gm_row(l.z.m, r)[0]), mine, "%s, Z row %zu", backend->name, r);
            cr_expect_eq(!isnan(gm_row(l.d_prev.m, r)[8]), mine, "%s, D_prev row %zu", backend->name, r);
        }
        if (!backend->storage->own)
            check_rows_of_weights(&l);
        free_layer(&l);
    }
}

static void expect_call(const gm_trace *trace, gm_call expected)
{
    const gm_call got = trace->calls[0];
    cr_expect_eq(trace->count, 1);
    cr_expect_eq(got.equation, expected.equation);
    cr_expect_eq(got.layer, 7);
    cr_expect_str_eq(got.routine, expected.routine);
    cr_expect(got.trans_a == expected.trans_a && got.trans_b == expected.trans_b, "%s: %c, %c", got.routine,
              got.trans_a, got.trans_b);
    cr_expect(got.m == expected.m && got.n == expected.n && got.k == expected.k, "%s: %zu, %zu, %zu",
              got.routine, got.m, got.n, got.k);
    cr_expect(got.lda == expected.lda && got.ldb == expected.ldb && got.ldc == expected.ldc,
              "%s: %zu, %zu, %zu", got.routine, got.lda, got.ldb, got.ldc);
    cr_expect(got.alpha == expected.alpha && got.beta == expected.beta, "%s: alpha %g, beta %g", got.routine,
              got.alpha, got.beta);
}

#if GM_REAL_BITS == 32
#define ROUTINE(name) "cblas_s" name
#else
#define ROUTINE(name) "cblas_d" name
#endif

/* Checks that the recorded calls are those of the equations in row-major order. All sizes, leading dimensions
 * and factors differ, so that exchanged ones are found. */
static void check_trace(size_t n, const gm_call *expected)
{
    enum { IN = 5, OUT = 3, PAD = 8 };
    struct layer l = make_layer(&gm_backend_blas, n, IN, OUT, PAD, 12);
    gm_call call;
    gm_trace trace = {&call, 1, 0};
    l.view.trace = &trace;
    l.view.index = 7;
    l.backend->forward(&l.view, l.a.m, l.z.m, NULL);
    expect_call(&trace, expected[0]);
    trace.count = 0;
    l.backend->hidden_delta(&l.view, l.d.m, 0, 0, l.d_prev.m, NULL);
    expect_call(&trace, expected[1]);
    trace.count = 0;
    l.backend->bias_gradient(&l.view, l.d.m, (REAL)0.5, (REAL)0.25, l.gb.m.data);
    expect_call(&trace, expected[2]);
    trace.count = 0;
    l.backend->weight_gradient(&l.view, l.d.m, l.a.m, (REAL)0.5, (REAL)0.25, l.gw.m, NULL);
    expect_call(&trace, expected[3]);
    free_layer(&l);
}

Test(SUITE, the_trace_of_a_blas_says_what_was_called)
{
    /* With 5 inputs, 3 outputs and 8 numbers of padding: rows of A, D, Z, D_prev and GW lie 13, 11, 11, 13
     * and 13 apart, those of W 5. */
    check_trace(4, (const gm_call[]){
                       {GM_FORWARD, 7, ROUTINE("gemm"), 'N', 'T', 4, 3, 5, 13, 5, 11, 1, 1},
                       {GM_HIDDEN_DELTA, 7, ROUTINE("gemm"), 'N', 'N', 4, 5, 3, 11, 5, 13, 1, 0},
                       {GM_BIAS_GRADIENT, 7, ROUTINE("gemv"), 'T', 0, 4, 3, 0, 11, 1, 1, 0.5, 0.25},
                       {GM_WEIGHT_GRADIENT, 7, ROUTINE("gemm"), 'T', 'N', 3, 5, 4, 11, 13, 13, 0.5, 0.25},
                   });
    check_trace(1, (const gm_call[]){
                       {GM_FORWARD, 7, ROUTINE("gemv"), 'N', 0, 3, 5, 0, 5, 1, 1, 1, 1},
                       {GM_HIDDEN_DELTA, 7, ROUTINE("gemv"), 'T', 0, 3, 5, 0, 5, 1, 1, 1, 0},
                       {GM_BIAS_GRADIENT, 7, ROUTINE("gemv"), 'T', 0, 1, 3, 0, 11, 1, 1, 0.5, 0.25},
                       {GM_WEIGHT_GRADIENT, 7, ROUTINE("ger"), 0, 0, 3, 5, 0, 1, 1, 13, 0.5, 1},
                   });
}

/* Calls beyond the room of a trace are counted and not kept. */
Test(SUITE, a_trace_without_room_counts)
{
    struct layer l = make_layer(&gm_backend_blas, 4, 5, 3, 0, 12);
    gm_call calls[2] = {{.m = 99}, {.m = 99}};
    gm_trace trace = {calls, 1, 0};
    l.view.trace = &trace;
    for (int i = 0; i < 3; i++)
        l.backend->forward(&l.view, l.a.m, l.z.m, NULL);
    cr_expect_eq(trace.count, 3);
    cr_expect_eq(calls[0].m, 4);
    cr_expect_eq(calls[1].m, 99);
    free_layer(&l);
}

/* Z for `count` outputs from `first` on; the call that was made. */
static gm_call some_outputs(struct layer *l, size_t first, size_t count, REAL *spare)
{
    gm_call call = {0};
    gm_trace trace = {&call, 1, 0};
    gm_layer_view some = gm_view_outputs(&l->view, first, count);
    some.trace = &trace;
    l->backend->forward(&some, l->a.m, gm_cols(l->z.m, first, count), spare);
    cr_expect_eq(trace.count, 1);
    return call;
}

/* With room for Z^T, and where that is faster, weights stand on the left (blas_tmpl.c). Nothing is written
 * but what was asked for. */
static void check_some_outputs(struct layer *l, REAL *spare, bool transposed)
{
    enum { FIRST = LANES, COUNT = 2 * LANES, END = FIRST + COUNT };
    for (size_t i = 0; i < l->n * l->out; i++)
        l->spare[i] = (REAL)NAN;
    const gm_call call = some_outputs(l, FIRST, COUNT, spare);
    cr_expect_eq(call.m, transposed ? COUNT : l->n);
    cr_expect_eq(call.n, transposed ? l->n : COUNT);
    for (size_t r = 0; r < l->n; r++) {
        for (size_t o = 0; o < l->out; o++)
            cr_expect_eq(!isnan(gm_row(l->z.m, r)[o]), o >= FIRST && o < END, "Z (%zu, %zu)", r, o);
    }
    for (size_t i = 0; i < l->n * l->out; i++)
        cr_expect_eq(!isnan(l->spare[i]), transposed && i < l->n * COUNT, "spare %zu", i);
    some_outputs(l, 0, FIRST, spare);
    some_outputs(l, END, l->out - END, spare);
    expect_forward(l);
}

Test(SUITE, some_outputs_of_a_blas)
{
    static const struct {
        size_t n, in;
        bool transposed;
    } cases[] = {{3 * LANES, 2100, true},
                 {3 * LANES + 1, 2100, false},  /* no whole vectors */
                 {3 * LANES, 5 * LANES, false}, /* Z as large as W */
                 {LANES, 100, false},           /* small */
                 {64 + LANES, 1000, false},     /* many rows */
                 {64 + LANES, 1024, true},      /* rows of W whole pages apart */
                 {256, 2048, true},
                 {256 + LANES, 2048, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int room = 0; room < 2; room++) {
            struct layer l = make_layer(&gm_backend_blas, cases[i].n, cases[i].in, 5 * LANES + 1, 3, 6);
            check_some_outputs(&l, room ? l.spare : NULL, room && cases[i].transposed && GM_REAL_BITS == 32);
            free_layer(&l);
        }
    }
}

/* y = M t, or M^T t, in long double. */
static void multiply(gm_mat m, bool transposed, const long double *t, long double *y)
{
    for (size_t i = 0; i < (transposed ? m.cols : m.rows); i++)
        y[i] = 0;
    for (size_t r = 0; r < m.rows; r++) {
        for (size_t c = 0; c < m.cols; c++)
            y[transposed ? c : r] += gm_row(m, r)[c] * t[transposed ? r : c];
    }
}

/* Checks (first second) t = first (second t) for a random vector t. A wrong product is found with probability
 * 1, up to rounding. */
static void expect_product(const char *what, gm_mat product, gm_mat first, bool first_t, gm_mat second,
                           bool second_t, size_t inner)
{
    enum { MOST = 512 };
    static long double t[MOST], once[MOST], twice[MOST], through[MOST];
    gm_random random = gm_random_seed(3, GM_STREAM_CHECK);
    for (size_t i = 0; i < product.cols; i++)
        t[i] = draw(&random);
    multiply(product, false, t, once);
    multiply(second, second_t, t, through);
    multiply(first, first_t, through, twice);
    const double bound = tolerance(inner) * sqrt((double)product.cols);
    for (size_t r = 0; r < product.rows; r++)
        cr_expect(fabs((double)(once[r] - twice[r])) <= bound, "%s, row %zu: off by %g", what, r,
                  fabs((double)(once[r] - twice[r])));
}

Test(SUITE, large_products_by_a_random_vector)
{
    const gm_backend *backend;
    for (size_t i = 0; (backend = backend_at(i)); i++) {
        struct layer l = make_layer(backend, 123, 391, 257, 7, 9);
        for (size_t j = 0; j < l.out; j++)
            l.b.m.data[j] = 0;
        backend->forward(&l.view, l.a.m, l.z.m, NULL);
        expect_product(backend->name, l.z.m, l.a.m, false, l.w.m, true, l.in); /* A W^T */
        backend->hidden_delta(&l.view, l.d.m, 0, 0, l.d_prev.m, l.scratch);
        expect_product(backend->name, l.d_prev.m, l.d.m, false, l.w.m, false, l.out); /* D W */
        weight_gradient(&l, 1, 0);
        expect_product(backend->name, l.gw.m, l.d.m, true, l.a.m, false, l.n); /* D^T A */
        free_layer(&l);
    }
}

/* The parts of W, packed one by one into memory full of NaN, are W as it is packed at once, with zeros in the
 * padding. */
Test(SUITE, parts_of_weights_there_and_back)
{
    static const size_t outputs[] = {1, 63, 64, 130};
    const gm_backend *backend;
    for (size_t i = 0; (backend = backend_at(i)); i++) {
        for (size_t o = 0; backend->storage->own && o < sizeof outputs / sizeof *outputs; o++) {
            struct layer l = make_layer(backend, 1, 601, outputs[o], 0, 5);
            const gm_storage *storage = backend->storage;
            const size_t numbers = storage->weights(l.in, l.out);
            const gm_block all = {{0, l.out}, {0, l.in}};
            REAL *packed = l.packed + numbers;
            memset(packed, 0xff, numbers * sizeof *packed);
            for (size_t p = 0; p < gm_part_count(storage, all, l.out); p++) {
                const gm_part part = gm_part_at(storage, l.in, l.out, all, l.out, p);
                const gm_mat w = gm_cols(gm_rows(l.w.m, part.outputs.first, part.outputs.count),
                                         part.inputs.first, part.inputs.count);
                const gm_mat gw = gm_cols(gm_rows(l.gw.m, part.outputs.first, part.outputs.count),
                                          part.inputs.first, part.inputs.count);
                backend->pack_part(w, packed + part.index, part.ld);
                backend->unpack_part(packed + part.index, part.ld, gw);
            }
            cr_expect_eq(memcmp(packed, l.packed, numbers * sizeof *packed), 0, "%s, %zu outputs", l.name,
                         l.out);
            cr_expect_eq(memcmp(l.gw.m.data, l.w.m.data, l.in * l.out * sizeof *packed), 0,
                         "%s, %zu outputs: back", l.name, l.out);
            free_layer(&l);
        }
    }
}

/* A kernel loads whole vectors from the first output of a piece on, so a piece that began within a vector of
 * the padded rows would be read beyond their end. */
Test(SUITE, pieces_begin_at_whole_vectors)
{
    const gm_backend *backend;
    for (size_t i = 0; (backend = backend_at(i)); i++) {
        const gm_storage *s = backend->storage;
        cr_expect_eq(s->grain.outputs % s->lanes, 0, "%s: outputs", backend->name);
        cr_expect_eq(s->grain.biases % s->lanes, 0, "%s: biases", backend->name);
        cr_expect(!s->own || s->grain.inputs % s->lanes == 0, "%s: inputs", backend->name);
    }
}

Test(SUITE, names)
{
    for (size_t i = 0; gm_backend_at(i); i++) {
        cr_expect_str_eq(gm_backend_at(i)->name, gm_backend_name(i));
        cr_expect_eq(gm_backend_find(gm_backend_name(i)), gm_backend_at(i));
    }
    cr_expect_null(gm_backend_find("cuda"));
    cr_expect_null(gm_backend_name(4));
}

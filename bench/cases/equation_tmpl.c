/* One equation of one layer on one backend, compiled for each precision. equation.h says what it is for. */
#include "bench/cases/equation.h"
#include "backend/backend.h"
#include "machine/blas_library.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"
#include "nn/layout.h"

#include <math.h>

struct gm_equation_case {
    gm_equation equation;
    const gm_backend *backend;
    gm_layer_view layer;               /* W out x in in the backend's layout, b out */
    gm_mat w, x, d;                    /* out x in, n x in, n x out: operands */
    gm_mat c;                          /* the target: n x out, n x in, 1 x out or out x in */
    double *t, *middle, *left, *right; /* t, B t, C t and A (B t) */
    REAL *block;
    REAL *weights; /* W */
    REAL *packed;  /* W, or GW, in a layout of the backend's own if it has one */
    REAL *scratch; /* the backend's */
};

static size_t row_of(const gm_storage *storage, size_t cols)
{
    return gm_layout_row(cols, GM_REAL_BITS == 32 ? GM_F32 : GM_F64, storage);
}

/* Takes a matrix from the memory at *at, with rows padded as in an engine with this backend. The padding
 * stays 0. */
static gm_mat take(REAL **at, const gm_storage *storage, size_t rows, size_t cols)
{
    const gm_mat m = {*at, rows, cols, row_of(storage, cols)};
    *at += rows * m.ld;
    return m;
}

static void draw(gm_mat m, gm_random *random)
{
    for (size_t r = 0; r < m.rows; r++) {
        for (size_t c = 0; c < m.cols; c++)
            gm_row(m, r)[c] = (REAL)(2 * gm_random_uniform(random) - 1);
    }
}

static void destroy(struct gm_equation_case *e)
{
    if (!e)
        return;
    gm_free(e->block);
    gm_free(e->weights);
    gm_free(e->packed);
    gm_free(e->scratch);
    gm_free(e->t);
    gm_free(e->middle);
    gm_free(e->left);
    gm_free(e->right);
    gm_free(e);
}

static gm_status reserve(struct gm_equation_case *e, gm_equation_size size, gm_error *error)
{
    const size_t n = size.n, in = size.in, out = size.out;
    const gm_storage *storage = e->backend->storage;
    const size_t longest = gm_max(gm_max(n, in), out), x_row = row_of(storage, in),
                 d_row = row_of(storage, out);
    /* b, ones, X, D, and the largest target */
    const size_t all = d_row + row_of(storage, n) + n * (x_row + d_row) +
                       gm_max(gm_max(out * in, d_row), n * gm_max(x_row, d_row));
    e->block = gm_alloc(all, sizeof(REAL));
    e->weights = gm_alloc(out * in, sizeof(REAL));
    e->packed = gm_alloc(storage->own ? storage->weights(in, out) : 0, sizeof(REAL));
    e->scratch = gm_alloc(e->backend->scratch_size ? e->backend->scratch_size(in, out) : 0, sizeof(REAL));
    e->t = gm_alloc(longest, sizeof(double));
    e->middle = gm_alloc(longest, sizeof(double));
    e->left = gm_alloc(longest, sizeof(double));
    e->right = gm_alloc(longest, sizeof(double));
    if (e->block && e->weights && e->packed && e->scratch && e->t && e->middle && e->left && e->right)
        return GM_OK;
    return gm_fail_memory(error, "the operands of a product", (all + out * in) * sizeof(REAL));
}

/* Finds the backend, and allocates the memory. */
static gm_status prepare(struct gm_equation_case *e, const char *backend, gm_equation_size size,
                         gm_error *error)
{
    e->backend = gm_backend_find(backend);
    if (!e->backend)
        return gm_fail(error, GM_USAGE, "%s: no such backend", backend);
    const gm_status status = e->backend->calls_blas ? gm_blas_load(error) : GM_OK;
    return status == GM_OK ? reserve(e, size, error) : status;
}

/* Gives the operands their places in the block, and fills them. */
static void fill(struct gm_equation_case *e, gm_equation_size size)
{
    const gm_equation equation = e->equation;
    const size_t n = size.n, in = size.in, out = size.out;
    const gm_storage *storage = e->backend->storage;
    gm_random random = gm_random_seed(1, GM_STREAM_BENCH);
    REAL *at = e->block;
    e->w = (gm_mat){e->weights, out, in, in}; /* as in the block, without padding */
    const gm_mat b = take(&at, storage, 1, out), ones = take(&at, storage, 1, n);
    e->x = take(&at, storage, n, in);
    e->d = take(&at, storage, n, out);
    if (equation == GM_WEIGHT_GRADIENT)
        e->c = (gm_mat){at, out, in, in};
    else
        e->c =
            take(&at, storage, equation == GM_BIAS_GRADIENT ? 1 : n, equation == GM_HIDDEN_DELTA ? in : out);
    draw(e->w, &random);
    draw(b, &random);
    draw(e->x, &random);
    draw(e->d, &random);
    for (size_t i = 0; i < n; i++)
        ones.data[i] = 1;
    e->layer = (gm_layer_view){.w = e->w, .b = b.data, .ones = ones.data, .batch = n};
    if (storage->own) {
        e->backend->pack(e->w, e->packed);
        e->layer.w.data = e->packed;
    }
}

static struct gm_equation_case *create(gm_equation equation, const char *backend, gm_equation_size size,
                                       gm_error *error)
{
    struct gm_equation_case *e = gm_alloc(1, sizeof *e);
    if (!e) {
        gm_fail_memory(error, "a product", sizeof *e);
        return NULL;
    }
    e->equation = equation;
    if (prepare(e, backend, size, error) != GM_OK) {
        destroy(e);
        return NULL;
    }
    fill(e, size);
    return e;
}

/* GW = D^T X, part by part, as the backend divides W. */
static void weight_gradient(const struct gm_equation_case *e)
{
    const gm_storage *storage = e->backend->storage;
    const size_t in = e->x.cols, out = e->d.cols;
    const gm_block all = {{0, out}, {0, in}};
    REAL *target = storage->own ? e->packed : e->c.data;
    for (size_t i = 0; i < gm_part_count(storage, all, out); i++) {
        const gm_part part = gm_part_at(storage, in, out, all, out, i);
        const gm_range outputs = part.outputs, inputs = part.inputs;
        e->backend->weight_gradient(
            &e->layer, gm_cols(e->d, outputs.first, outputs.count), gm_cols(e->x, inputs.first, inputs.count),
            1, 0, (gm_mat){target + part.index, outputs.count, inputs.count, part.ld}, e->scratch);
    }
}

static void compute(const struct gm_equation_case *e)
{
    switch (e->equation) {
    case GM_FORWARD: /* Z = X W^T + 1 b^T; as in an engine D is free meanwhile */
        e->backend->forward(&e->layer, e->x, e->c, e->backend->wants_spare ? e->d.data : NULL);
        break;
    case GM_HIDDEN_DELTA: /* E = D W */
        e->backend->hidden_delta(&e->layer, e->d, 0, 0, e->c, e->scratch);
        break;
    case GM_BIAS_GRADIENT: /* gb = D^T 1 */
        e->backend->bias_gradient(&e->layer, e->d, 1, 0, e->c.data);
        break;
    default: /* GW = D^T X */
        weight_gradient(e);
    }
}

static gm_status run(void *context, size_t iterations, gm_error *error)
{
    (void)error;
    for (size_t i = 0; i < iterations; i++)
        compute(context);
    return GM_OK;
}

/* y = M v and y = M^T v in double */
static void times(gm_mat m, const double *v, double *y)
{
    for (size_t r = 0; r < m.rows; r++) {
        double sum = 0;
        for (size_t c = 0; c < m.cols; c++)
            sum += (double)gm_row(m, r)[c] * v[c];
        y[r] = sum;
    }
}

static void times_transposed(gm_mat m, const double *v, double *y)
{
    for (size_t c = 0; c < m.cols; c++)
        y[c] = 0;
    for (size_t r = 0; r < m.rows; r++) {
        for (size_t c = 0; c < m.cols; c++)
            y[c] += (double)gm_row(m, r)[c] * v[r];
    }
}

/* right = A (B t) for the equation's A and B, where C = A B; returns the length k of the sums in C. */
static size_t multiply_through(struct gm_equation_case *e)
{
    double *const middle = e->middle;
    switch (e->equation) {
    case GM_FORWARD: { /* X (W^T t) + 1 (b^T t) */
        double bias = 0;
        times_transposed(e->w, e->t, middle);
        times(e->x, middle, e->right);
        for (size_t j = 0; j < e->w.rows; j++)
            bias += (double)e->layer.b[j] * e->t[j];
        for (size_t i = 0; i < e->c.rows; i++)
            e->right[i] += bias;
        return e->x.cols;
    }
    case GM_HIDDEN_DELTA: /* D (W t) */
        times(e->w, e->t, middle);
        times(e->d, middle, e->right);
        return e->d.cols;
    case GM_BIAS_GRADIENT: /* 1^T (D t) */
        times(e->d, e->t, middle);
        e->right[0] = 0;
        for (size_t i = 0; i < e->d.rows; i++)
            e->right[0] += middle[i];
        return e->d.rows;
    default: /* D^T (X t) */
        times(e->x, e->t, middle);
        times_transposed(e->d, middle, e->right);
        return e->d.rows;
    }
}

static double residual(struct gm_equation_case *e)
{
    gm_random random = gm_random_seed(2, GM_STREAM_BENCH);
    double worst = 0;
    const gm_storage *storage = e->backend->storage;
    const bool packed = storage->own && e->equation == GM_WEIGHT_GRADIENT;
    REAL *target = packed ? e->packed : e->c.data;
    const size_t elements = packed ? storage->weights(e->c.cols, e->c.rows) : e->c.rows * e->c.ld;
    for (size_t i = 0; i < elements; i++)
        target[i] = (REAL)NAN;
    compute(e);
    if (packed)
        e->backend->unpack(e->packed, e->c);
    for (size_t c = 0; c < e->c.cols; c++)
        e->t[c] = 2 * gm_random_uniform(&random) - 1;
    times(e->c, e->t, e->left);
    const double k = (double)multiply_through(e);
    /* A sum of k products in [-1, 1] has a size of about sqrt(k), and a relative error of about sqrt(k)
     * epsilon. C t adds up `cols` of them. An error of more than eight such deviations is not due to
     * rounding. */
    const double allowed = 8 * (double)REAL_EPSILON * k * sqrt((double)e->c.cols);
    for (size_t r = 0; r < e->c.rows; r++) {
        const double error = fabs(e->left[r] - e->right[r]) / allowed;
        worst = error <= worst ? worst : isnan(error) ? INFINITY : error;
    }
    return worst;
}

const gm_equation_kit GM_TYPED(gm_equation_kit) = {create, destroy, run, residual};

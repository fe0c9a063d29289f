/* One equation of one layer on one backend, for one precision. */
#include "bench/equation.h"
#include "backend/backend.h"
#include "base/memory.h"
#include "base/random.h"

#include <math.h>

struct gm_equation_case {
    gm_equation equation;
    const gm_backend *backend;
    gm_layer_view layer; /* W out x in, b out */
    gm_mat x, d;         /* n x in, n x out: operands */
    gm_mat c;            /* the target: n x out, n x in, 1 x out or out x in */
    double *t, *left, *right;
    REAL *block;
};

static gm_mat take(REAL **at, size_t rows, size_t cols)
{
    const gm_mat m = {*at, rows, cols, cols};
    *at += rows * cols;
    return m;
}

static void destroy(struct gm_equation_case *e)
{
    if (!e)
        return;
    gm_free(e->block);
    gm_free(e->t);
    gm_free(e->left);
    gm_free(e->right);
    gm_free(e);
}

static struct gm_equation_case *create(gm_equation equation, const char *backend, size_t n, size_t in,
                                       size_t out)
{
    struct gm_equation_case *e = gm_alloc(1, sizeof *e);
    if (!e)
        return NULL;
    const size_t rows = equation == GM_WEIGHT_GRADIENT ? out : equation == GM_BIAS_GRADIENT ? 1 : n;
    const size_t cols = equation == GM_FORWARD || equation == GM_BIAS_GRADIENT ? out : in;
    const size_t operands = out * in + out + n + n * in + n * out, longest = gm_max(gm_max(n, in), out);
    e->equation = equation;
    e->backend = T(gm_backend_find)(backend);
    e->block = gm_alloc(operands + rows * cols, sizeof(REAL));
    e->t = gm_alloc(longest, sizeof(double));
    e->left = gm_alloc(longest, sizeof(double));
    e->right = gm_alloc(longest, sizeof(double));
    if (!e->backend || !e->block || !e->t || !e->left || !e->right) {
        destroy(e);
        return NULL;
    }
    gm_random random = gm_random_seed(1, GM_STREAM_BENCH);
    for (size_t i = 0; i < operands; i++)
        e->block[i] = (REAL)(2 * gm_random_uniform(&random) - 1);
    REAL *at = e->block;
    e->layer.w = take(&at, out, in);
    e->layer.b = take(&at, 1, out).data;
    REAL *ones = take(&at, 1, n).data;
    for (size_t i = 0; i < n; i++)
        ones[i] = 1;
    e->layer.ones = ones;
    e->x = take(&at, n, in);
    e->d = take(&at, n, out);
    e->c = take(&at, rows, cols);
    return e;
}

static void compute(const struct gm_equation_case *e)
{
    switch (e->equation) {
    case GM_FORWARD: /* Z = X W^T + 1 b^T */
        e->backend->forward(&e->layer, e->x, e->c);
        break;
    case GM_HIDDEN_DELTA: /* E = D W */
        e->backend->hidden_delta(&e->layer, e->d, e->c);
        break;
    case GM_BIAS_GRADIENT: /* gb = D^T 1 */
        e->backend->bias_gradient(&e->layer, e->d, 1, 0, e->c.data);
        break;
    default: /* GW = D^T X */
        e->backend->weight_gradient(&e->layer, e->d, e->x, 1, 0, e->c);
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
static size_t multiply_through(struct gm_equation_case *e, double *middle)
{
    switch (e->equation) {
    case GM_FORWARD: { /* X (W^T t) + 1 (b^T t) */
        double bias = 0;
        times_transposed(e->layer.w, e->t, middle);
        times(e->x, middle, e->right);
        for (size_t j = 0; j < e->layer.w.rows; j++)
            bias += (double)e->layer.b[j] * e->t[j];
        for (size_t i = 0; i < e->c.rows; i++)
            e->right[i] += bias;
        return e->x.cols;
    }
    case GM_HIDDEN_DELTA: /* D (W t) */
        times(e->layer.w, e->t, middle);
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
    const size_t longest = gm_max(gm_max(e->x.rows, e->x.cols), e->d.cols);
    double *middle = gm_alloc(longest, sizeof *middle), worst = 0;
    if (!middle)
        return INFINITY;
    for (size_t i = 0; i < e->c.rows * e->c.cols; i++)
        e->c.data[i] = (REAL)NAN;
    compute(e);
    for (size_t c = 0; c < e->c.cols; c++)
        e->t[c] = 2 * gm_random_uniform(&random) - 1;
    times(e->c, e->t, e->left);
    const double k = (double)multiply_through(e, middle);
    /* Each of the cols sums of k products in [-1, 1] is off by some sqrt(k) epsilon of its size sqrt(k); t
     * adds cols of them up. Eight such deviations are beyond chance. */
    const double allowed = 8 * (double)REAL_EPSILON * k * sqrt((double)e->c.cols);
    for (size_t r = 0; r < e->c.rows; r++) {
        const double error = fabs(e->left[r] - e->right[r]) / allowed;
        worst = error <= worst ? worst : isnan(error) ? INFINITY : error;
    }
    gm_free(middle);
    return worst;
}

const gm_equation_kit T(gm_equation_kit) = {create, destroy, run, residual};

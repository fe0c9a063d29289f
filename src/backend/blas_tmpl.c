/* Backend `blas`: each equation is one call of the BLAS library that is installed. machine/blas_library.h
 * loads the library and has its functions.
 *
 * A batch of one row calls gemv and ger in place of gemm: a matrix product would copy all of W for a single
 * vector, and that takes much longer than the product itself. */
#include "backend/backend.h"
#include "machine/blas_library.h"
#include "backend/shuffle.h"

#include <string.h>

#if GM_REAL_BITS == 32
#define GEMM   gm_cblas.sgemm
#define GEMV   gm_cblas.sgemv
#define GER    gm_cblas.sger
#define SCAL   gm_cblas.sscal
#define PREFIX "cblas_s"
#else
#define GEMM   gm_cblas.dgemm
#define GEMV   gm_cblas.dgemv
#define GER    gm_cblas.dger
#define SCAL   gm_cblas.dscal
#define PREFIX "cblas_d"
#endif

/* Records a call in the trace of the engine, with the layer that it belongs to. */
static void record(const gm_layer_view *l, gm_call call)
{
    gm_trace *t = l->trace;
    call.layer = l->index;
    if (t->count < t->capacity)
        t->calls[t->count] = call;
    t->count++;
}

/* Sizes fit into a 32-bit BLAS integer: gm_network_create and gm_engine_create refuse larger ones. */
static int len(size_t size)
{
    return (int)size;
}

static char letter(CBLAS_TRANSPOSE trans)
{
    return trans == CblasTrans ? 'T' : 'N';
}

/* C = alpha op(A) op(B) + beta C           m x n = (m x k)(k x n) */
static void gemm(const gm_layer_view *l, gm_equation equation, CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb,
                 REAL alpha, gm_mat a, gm_mat b, REAL beta, gm_mat c)
{
    const size_t k = ta == CblasTrans ? a.rows : a.cols;
    if (l->trace)
        record(l, (gm_call){equation, 0, PREFIX "gemm", letter(ta), letter(tb), c.rows, c.cols, k, a.ld, b.ld,
                            c.ld, (double)alpha, (double)beta});
    GEMM(CblasRowMajor, ta, tb, len(c.rows), len(c.cols), len(k), alpha, a.data, len(a.ld), b.data, len(b.ld),
         beta, c.data, len(c.ld));
}

/* y = alpha op(A) x + beta y               A m x n */
static void gemv(const gm_layer_view *l, gm_equation equation, CBLAS_TRANSPOSE ta, REAL alpha, gm_mat a,
                 const REAL *x, REAL beta, REAL *y)
{
    if (l->trace)
        record(l, (gm_call){equation, 0, PREFIX "gemv", letter(ta), 0, a.rows, a.cols, 0, a.ld, 1, 1,
                            (double)alpha, (double)beta});
    GEMV(CblasRowMajor, ta, len(a.rows), len(a.cols), alpha, a.data, len(a.ld), x, 1, beta, y, 1);
}

/* A = alpha x y^T + A                      A m x n */
static void ger(const gm_layer_view *l, gm_equation equation, REAL alpha, const REAL *x, const REAL *y,
                gm_mat a)
{
    if (l->trace)
        record(l,
               (gm_call){equation, 0, PREFIX "ger", 0, 0, a.rows, a.cols, 0, 1, 1, a.ld, (double)alpha, 1});
    GER(CblasRowMajor, len(a.rows), len(a.cols), alpha, x, 1, y, 1, a.data, len(a.ld));
}

/* A = beta A, row by row because there may be gaps between rows. If beta is 0, A is overwritten. */
static void scale(REAL beta, gm_mat a)
{
    for (size_t r = 0; r < a.rows && beta != 1; r++) {
        if (beta == 0)
            memset(gm_row(a, r), 0, a.cols * sizeof(REAL));
        else
            SCAL(len(a.cols), beta, gm_row(a, r), 1);
    }
}

/* Forward is computed as Z^T = W A^T if that is faster. OpenBLAS copies both factors of a product that is not
 * small, and copies a left factor in a better order than a transposed right one. With few rows in the batch
 * the copy of W is much of the time, so it is better to have W on the left, although Z^T must be transposed
 * afterwards. If the rows of W lie whole pages apart, the copy of W^T misses the level-1 cache, and W stands
 * on the left up to larger batches. In double precision this brings nothing. Measurements: docs/kernels.md.
 */
#define PAGE_BYTES          4096
#define TRANSPOSED_ROWS     64
#define TRANSPOSED_BY_PAGES 256
#define NOT_SMALL           200000 /* multiplications; smaller products gain nothing */

static bool is_better_transposed(gm_mat w, gm_mat z)
{
    const size_t most = w.ld * sizeof(REAL) % PAGE_BYTES == 0 ? TRANSPOSED_BY_PAGES : TRANSPOSED_ROWS;
    const bool few_rows =
        z.rows <= most && 2 * z.rows <= w.cols; /* so that transposing Z is cheap beside copying W */
    const bool whole_squares = z.rows % LANES == 0 && z.cols % LANES == 0; /* as transpose needs it */
    return GM_REAL_BITS == 32 && few_rows && whole_squares && z.rows * z.cols * w.cols > NOT_SMALL;
}

/* Z^T = W A^T + b 1^T       out x n = (out x in)(n x in)^T */
static void forward_transposed(const gm_layer_view *l, gm_mat a, gm_mat z, REAL *spare)
{
    const gm_mat transposed = {spare, z.cols, z.rows, z.rows};
    for (size_t o = 0; o < transposed.rows; o++) {
        for (size_t r = 0; r < transposed.cols; r++)
            gm_row(transposed, o)[r] = l->b[o];
    }
    gemm(l, GM_FORWARD, CblasNoTrans, CblasTrans, 1, l->w, a, 1, transposed);
    transpose(transposed, z.data, z.ld);
}

/* Z = A W^T + 1 b^T         n x out = (n x in)(out x in)^T
 * Z is set to the bias first, and the product is added to it (beta = 1). */
static void forward(const gm_layer_view *l, gm_mat a, gm_mat z, REAL *spare)
{
    if (spare && is_better_transposed(l->w, z)) {
        forward_transposed(l, a, z, spare);
        return;
    }
    for (size_t r = 0; r < z.rows; r++)
        memcpy(gm_row(z, r), l->b, z.cols * sizeof(REAL));
    if (z.rows == 1) /* z = W a + z        out = (out x in)(in) */
        gemv(l, GM_FORWARD, CblasNoTrans, 1, l->w, a.data, 1, z.data);
    else
        gemm(l, GM_FORWARD, CblasNoTrans, CblasTrans, 1, a, l->w, 1, z);
}

/* BP2: D_prev = D W + beta D_prev          n x in = (n x out)(out x in) */
static void hidden_delta(const gm_layer_view *l, gm_mat d, size_t first, REAL beta, gm_mat d_prev,
                         REAL *scratch)
{
    (void)scratch;
    const gm_mat w = gm_cols(l->w, first, d_prev.cols);
    if (d.rows == 1) /* d_prev = W^T d     in = (out x in)^T (out) */
        gemv(l, GM_HIDDEN_DELTA, CblasTrans, 1, w, d.data, beta, d_prev.data);
    else
        gemm(l, GM_HIDDEN_DELTA, CblasNoTrans, CblasNoTrans, 1, d, w, beta, d_prev);
}

/* BP3: gb = alpha D^T 1 + beta gb          out = (n x out)^T (n) */
static void bias_gradient(const gm_layer_view *l, gm_mat d, REAL alpha, REAL beta, REAL *gb)
{
    gemv(l, GM_BIAS_GRADIENT, CblasTrans, alpha, d, l->ones, beta, gb);
}

/* BP4: GW = alpha D^T A_prev + beta GW     out x in = (n x out)^T (n x in) */
static void weight_gradient(const gm_layer_view *l, gm_mat d, gm_mat a, REAL alpha, REAL beta, gm_mat gw,
                            REAL *scratch)
{
    (void)scratch;
    if (d.rows ==
        1) { /* GW = alpha d a^T + GW   out x in = (out)(in)^T; ger has no beta, so GW is scaled before */
        scale(beta, gw);
        ger(l, GM_WEIGHT_GRADIENT, alpha, d.data, a.data, gw);
    } else {
        gemm(l, GM_WEIGHT_GRADIENT, CblasTrans, CblasNoTrans, alpha, d, a, beta, gw);
    }
}

const gm_backend gm_backend_blas = {
    .name = "blas",
    .summary = "each equation one CBLAS call",
    .calls_blas = true,
    .fast = true,
    .wants_spare = true,
    .storage = &gm_row_major,
    .forward = forward,
    .hidden_delta = hidden_delta,
    .bias_gradient = bias_gradient,
    .weight_gradient = weight_gradient,
};

/* The product of two matrices: as textbook loops, and as one call of a BLAS library. Compiled once for each
 * precision. */
#include "backend/matrix.h"
#include "base/real.h"
#include "machine/blas_library.h"

/* Element (row, col) of a factor. */
static inline REAL element(const gm_factor *f, size_t row, size_t col)
{
    const REAL *numbers = f->matrix.data;
    return f->transposed ? numbers[col * f->matrix.ld + row] : numbers[row * f->matrix.ld + col];
}

/* c_ij = alpha sum_k a_ik b_kj + beta c_ij */
void GM_TYPED(gm_multiply_naive)(const gm_product *p)
{
    const REAL alpha = (REAL)p->alpha, beta = (REAL)p->beta;
    for (size_t i = 0; i < p->c.rows; i++) {
        for (size_t j = 0; j < p->c.cols; j++) {
            REAL *c = (REAL *)p->c.data + i * p->c.ld + j, sum = 0;
            for (size_t k = 0; k < p->terms; k++)
                sum += element(&p->a, i, k) * element(&p->b, k, j);
            *c = beta == 0 ? alpha * sum : alpha * sum + beta * *c;
        }
    }
}

static CBLAS_TRANSPOSE transpose(const gm_factor *f)
{
    return f->transposed ? CblasTrans : CblasNoTrans;
}

void GM_TYPED(gm_multiply_blas)(const gm_product *p)
{
    const REAL alpha = (REAL)p->alpha, beta = (REAL)p->beta;
    const REAL *a = p->a.matrix.data, *b = p->b.matrix.data;
    const int m = (int)p->c.rows, n = (int)p->c.cols, k = (int)p->terms;
    const int lda = (int)p->a.matrix.ld, ldb = (int)p->b.matrix.ld, ldc = (int)p->c.ld;
#if GM_REAL_BITS == 32
    gm_cblas.sgemm(CblasRowMajor, transpose(&p->a), transpose(&p->b), m, n, k, alpha, a, lda, b, ldb, beta,
                   p->c.data, ldc);
#else
    gm_cblas.dgemm(CblasRowMajor, transpose(&p->a), transpose(&p->b), m, n, k, alpha, a, lda, b, ldb, beta,
                   p->c.data, ldc);
#endif
}

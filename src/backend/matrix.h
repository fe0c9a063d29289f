/* The product of two matrices for gradmill/matrix.h, in both precisions. The arguments have been checked. */
#ifndef GM_BACKEND_MATRIX_H
#define GM_BACKEND_MATRIX_H

#include <gradmill/matrix.h>

/* The operands of C = alpha A B + beta C. */
typedef struct gm_product {
    gm_factor a, b;
    gm_mutable_array c;
    double alpha, beta;
    size_t terms; /* of each sum: the columns of A and the rows of B */
} gm_product;

void gm_multiply_naive_f32(const gm_product *p);
void gm_multiply_naive_f64(const gm_product *p);
/* Call gm_blas_load before. */
void gm_multiply_blas_f32(const gm_product *p);
void gm_multiply_blas_f64(const gm_product *p);

#endif

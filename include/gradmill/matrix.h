/* The product of two matrices, for those who write the equations themselves (examples/four_equations.c). An
 * engine does not use it: it goes through a backend's own forward, BP2 and BP4. */
#ifndef GRADMILL_MATRIX_H
#define GRADMILL_MATRIX_H

#include <gradmill/array.h>
#include <stdbool.h>

GM_BEGIN_DECLS

/* A factor: a matrix as it is, or its transpose. */
typedef struct gm_factor {
    gm_array matrix;
    bool transposed;
} gm_factor;

static inline gm_factor gm_plain(gm_array matrix)
{
    gm_factor factor = {matrix, false};
    return factor;
}

static inline gm_factor gm_transposed(gm_array matrix)
{
    gm_factor factor = {matrix, true};
    return factor;
}

/* C = alpha A B + beta C, where A is m x k, B is k x n and C is m x n. All three are F32, or all three F64. C
 * is not read if beta is 0; it must not overlap A or B. backend is "naive", which has the three loops of a
 * textbook, or "blas", which makes one call of gemm on as many threads as the BLAS library is set to use.
 * GM_USAGE: types, shapes or a backend that do not fit. GM_LIMIT, GM_IO: the BLAS library cannot be loaded.
 */
GM_API gm_status gm_matrix_multiply(const char *backend, double alpha, gm_factor a, gm_factor b, double beta,
                                    gm_mutable_array c, gm_error *error);

GM_END_DECLS

#endif

/* The public product of two matrices: checks the arguments and chooses precision and backend. */
#include "backend/matrix.h"
#include "base/error.h"
#include "machine/blas_library.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

/* Checks one matrix. Sizes must fit into an int, because a BLAS gets them as int. */
static gm_status check(const char *name, gm_array matrix, gm_type type, gm_error *error)
{
    if (!matrix.data || matrix.rows == 0 || matrix.cols == 0)
        return gm_fail(error, GM_USAGE, "%s: no numbers", name);
    if ((matrix.type != GM_TYPE_F32 && matrix.type != GM_TYPE_F64) || matrix.type != type)
        return gm_fail(error, GM_USAGE, "%s is of type %s, C of type %s; expected f32 or f64 for all", name,
                       gm_type_name(matrix.type), gm_type_name(type));
    if (matrix.ld < matrix.cols || matrix.ld > INT_MAX || matrix.rows > INT_MAX)
        return gm_fail(error, GM_USAGE,
                       "%s: %zu x %zu numbers, one row every %zu; expected at least %zu, at most %d", name,
                       matrix.rows, matrix.cols, matrix.ld, matrix.cols, INT_MAX);
    return GM_OK;
}

static size_t rows(gm_factor f)
{
    return f.transposed ? f.matrix.cols : f.matrix.rows;
}

static size_t cols(gm_factor f)
{
    return f.transposed ? f.matrix.rows : f.matrix.cols;
}

static gm_status check_shapes(gm_factor a, gm_factor b, gm_mutable_array c, gm_error *error)
{
    gm_status status = check("C", gm_array_of(c), c.type, error);
    if (status == GM_OK)
        status = check("A", a.matrix, c.type, error);
    if (status == GM_OK)
        status = check("B", b.matrix, c.type, error);
    if (status == GM_OK && (cols(a) != rows(b) || c.rows != rows(a) || c.cols != cols(b)))
        status = gm_fail(error, GM_USAGE,
                         "A is %zu x %zu, B is %zu x %zu and C is %zu x %zu; expected "
                         "(m x k)(k x n) = m x n",
                         rows(a), cols(a), rows(b), cols(b), c.rows, c.cols);
    return status;
}

gm_status gm_matrix_multiply(const char *backend, double alpha, gm_factor a, gm_factor b, double beta,
                             gm_mutable_array c, gm_error *error)
{
    const gm_product product = {.a = a, .b = b, .c = c, .alpha = alpha, .beta = beta, .terms = cols(a)};
    const bool blas = backend && strcmp(backend, "blas") == 0, wide = c.type == GM_TYPE_F64;
    if (!backend || (!blas && strcmp(backend, "naive") != 0))
        return gm_fail(error, GM_USAGE, "'%s' does not multiply single matrices; expected naive or blas",
                       backend ? backend : "");
    gm_status status = check_shapes(a, b, c, error);
    if (status == GM_OK && blas)
        status = gm_blas_load(error);
    if (status != GM_OK)
        return status;
    if (blas)
        (wide ? gm_multiply_blas_f64 : gm_multiply_blas_f32)(&product);
    else
        (wide ? gm_multiply_naive_f64 : gm_multiply_naive_f32)(&product);
    return GM_OK;
}

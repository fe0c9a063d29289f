/* Compares the public matrix product with sums that are written out. The numbers are whole, so that every
 * order of the sums gives the same bits. */
#include "nets.h"

#include <string.h>

enum { M = 5, N = 4, K = 7, GAP = 2, ROOM = 9 * 9 };

static const char *const backends[] = {"naive", "blas"};

/* A matrix in either precision, with gaps between its rows. */
struct matrix {
    double wide[ROOM];
    float narrow[ROOM];
    gm_mutable_array array;
};

static void make(struct matrix *m, gm_precision precision, size_t rows, size_t cols, uint64_t seed)
{
    gm_random random = gm_random_seed(seed, GM_STREAM_CHECK);
    cr_assert(rows * (cols + GAP) <= ROOM);
    for (size_t i = 0; i < ROOM; i++) {
        m->wide[i] = (double)gm_random_below(&random, 9) - 4;
        m->narrow[i] = (float)m->wide[i];
    }
    m->array =
        precision == GM_F64 ? gm_mutable_f64(m->wide, rows, cols) : gm_mutable_f32(m->narrow, rows, cols);
    m->array.ld = cols + GAP;
}

static double at(const struct matrix *m, size_t row, size_t col)
{
    const size_t i = row * m->array.ld + col;
    return m->array.type == GM_TYPE_F64 ? m->wide[i] : (double)m->narrow[i];
}

static double element(const struct matrix *m, bool transposed, size_t row, size_t col)
{
    return transposed ? at(m, col, row) : at(m, row, col);
}

static gm_factor factor(const struct matrix *m, bool transposed)
{
    return transposed ? gm_transposed(gm_array_of(m->array)) : gm_plain(gm_array_of(m->array));
}

static void expect_product(const char *backend, gm_precision precision, bool ta, bool tb, double beta)
{
    const double alpha = 0.5;
    struct matrix a, b, c, former;
    gm_error error;
    make(&a, precision, ta ? K : M, ta ? M : K, 1);
    make(&b, precision, tb ? N : K, tb ? K : N, 2);
    make(&c, precision, M, N, 3);
    former = c;
    for (size_t i = 0; beta == 0 && i < ROOM; i++) { /* it is not read */
        c.wide[i] = NAN;
        c.narrow[i] = NAN;
    }
    cr_assert_eq(gm_matrix_multiply(backend, alpha, factor(&a, ta), factor(&b, tb), beta, c.array, &error),
                 GM_OK, "%s", error.message);
    for (size_t i = 0; i < M; i++) {
        for (size_t j = 0; j < N; j++) {
            double sum = 0;
            for (size_t k = 0; k < K; k++)
                sum += element(&a, ta, i, k) * element(&b, tb, k, j);
            cr_expect_eq(at(&c, i, j), alpha * sum + beta * at(&former, i, j),
                         "%s, %s, A%s B%s, beta %g: %zu %zu", backend, gm_precision_name(precision),
                         ta ? "^T" : "", tb ? "^T" : "", beta, i, j);
        }
        for (size_t j = N; j < N + GAP && beta != 0; j++)
            cr_expect_eq(at(&c, i, j), at(&former, i, j), "the gap");
    }
}

Test(matrix, products)
{
    for (unsigned i = 0; i < 48; i++) {
        static const double betas[] = {0, 1, -2};
        expect_product(backends[i & 1], i & 2 ? GM_F32 : GM_F64, i & 4, i & 8, betas[i / 16]);
    }
}

Test(matrix, what_does_not_fit_is_refused)
{
    static double a[ROOM], b[ROOM], c[ROOM];
    static float narrow[ROOM];
    const gm_factor right_a = gm_plain(gm_array_f64(a, M, K)), right_b = gm_plain(gm_array_f64(b, K, N));
    const gm_mutable_array right_c = gm_mutable_f64(c, M, N);
    gm_array overlapping = gm_array_f64(a, M, K);
    overlapping.ld = K - 1;
    const struct {
        const char *backend;
        gm_factor a, b;
        gm_mutable_array c;
        const char *wanted;
    } wrong[] = {
        {"packed", right_a, right_b, right_c, "'packed' does not multiply single matrices"},
        {NULL, right_a, right_b, right_c, "expected naive or blas"},
        {"naive", right_a, right_b, gm_no_array(), "C: no numbers"},
        {"naive", gm_plain(gm_array_f64(NULL, M, K)), right_b, right_c, "A: no numbers"},
        {"blas", right_a, gm_plain(gm_array_f64(b, 0, N)), right_c, "B: no numbers"},
        {"blas", gm_transposed(gm_array_f64(a, M, K)), right_b, right_c,
         "A is 7 x 5, B is 7 x 4 and C is 5 x 4"},
        {"naive", right_a, gm_transposed(gm_array_f64(b, K, N)), right_c, "B is 4 x 7"},
        {"naive", right_a, right_b, gm_mutable_f64(c, N, M), "C is 4 x 5"},
        {"naive", right_a, gm_plain(gm_array_f32(narrow, K, N)), right_c, "B is of type f32, C of type f64"},
        {"naive", right_a, right_b, gm_mutable_f32(narrow, M, N), "A is of type f64, C of type f32"},
        {"naive", right_a, right_b, gm_mutable_labels((uint32_t *)narrow, M), "C is of type label"},
        {"naive", gm_plain(overlapping), right_b, right_c, "one row every 6"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        gm_error error = {0};
        cr_expect_eq(gm_matrix_multiply(wrong[i].backend, 1, wrong[i].a, wrong[i].b, 0, wrong[i].c, &error),
                     GM_USAGE);
        cr_expect(strstr(error.message, wrong[i].wanted), "%s: %s", wrong[i].wanted, error.message);
    }
}

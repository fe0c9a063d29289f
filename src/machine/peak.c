/* Measures the limits of this machine. */
#include "machine/peak.h"
#include "machine/blas_info.h"
#include "machine/blas_library.h"
#include "base/element.h"
#include "base/error.h"
#include "base/memory.h"
#include "machine/budget.h"
#include "machine/race.h"
#include "machine/reference.h"

#include <gradmill/system.h>
#include <dlfcn.h>
#include <math.h>
#include <stdint.h>

#define ROUNDS        15
#define ROUND_SECONDS 0.01 /* of the reference loop */

/* Size of the matrix product: each thread multiplies its own 512 x 1024 matrix A by a 1024 x 1024 matrix B,
 * which all threads share. */
#define GEMM_ROWS   512
#define GEMM_WIDTH  1024

#define TRIAD_BYTES ((size_t)192 << 20) /* three arrays together */

/* Shortens an amount of work as gm_bench_budget shortens its time. */
static size_t affordable(size_t amount)
{
    return gm_max((size_t)gm_bench_budget((double)amount), 1);
}

static double best_round(const gm_race *race)
{
    gm_race_run(race); /* warms caches, clocks and buffers of the library */
    double best = INFINITY;
    for (int i = 0; i < ROUNDS; i++)
        best = fmin(best, gm_race_run(race));
    return best;
}

gm_status gm_peak_fma(gm_precision precision, size_t threads, double *flops, gm_error *error)
{
    gm_reference *reference;
    const gm_status status = gm_reference_create(&reference, precision, threads, error);
    if (status != GM_OK)
        return status;
    *flops = 0;
    for (int i = 0; i < ROUNDS; i++)
        *flops = fmax(*flops, gm_reference_flops(reference, gm_bench_budget(ROUND_SECONDS)));
    gm_reference_destroy(reference);
    return GM_OK;
}

/* --- the matrix product --- */

/* The library that this process has loaded is called directly, not through a backend, and without its
 * <cblas.h>, because it may be any library. These two values are the same in every CBLAS. */
enum { ROW_MAJOR = 101, NO_TRANSPOSE = 111 };
typedef void sgemm(int order, int trans_a, int trans_b, int m, int n, int k, float alpha, const float *a,
                   int lda, const float *b, int ldb, float beta, float *c, int ldc);
typedef void dgemm(int order, int trans_a, int trans_b, int m, int n, int k, double alpha, const double *a,
                   int lda, const double *b, int ldb, double beta, double *c, int ldc);

struct gemm_job {
    sgemm *single; /* one of the two is set */
    dgemm *twofold;
    size_t size; /* bytes of an element */
    size_t rows; /* of each thread */
    char *a, *b, *c;
};

static void gemm_work(void *context, size_t thread)
{
    const struct gemm_job *job = context;
    const int m = (int)job->rows, n = GEMM_WIDTH;
    const size_t offset = thread * job->rows * GEMM_WIDTH * job->size;
    const void *a = job->a + offset, *b = job->b;
    void *c = job->c + offset;
    if (job->single)
        job->single(ROW_MAJOR, NO_TRANSPOSE, NO_TRANSPOSE, m, n, n, 1, a, n, b, n, 0, c, n);
    else
        job->twofold(ROW_MAJOR, NO_TRANSPOSE, NO_TRANSPOSE, m, n, n, 1, a, n, b, n, 0, c, n);
}

/* Fills a matrix with numbers. Products of zeros would heat the processor less, and so run at a higher clock.
 */
static void fill(const struct gemm_job *job, char *matrix, size_t rows)
{
    const gm_type type = job->single ? GM_TYPE_F32 : GM_TYPE_F64;
    for (size_t i = 0; i < rows * GEMM_WIDTH; i++)
        gm_put_number(matrix, type, i, (double)(i % 61) / 61 - 0.5);
}

static gm_status gemm_allocate(struct gemm_job *job, size_t threads, gm_error *error)
{
    const size_t row = GEMM_WIDTH * job->size;
    size_t rows;
    if (!gm_mul(threads, job->rows, &rows))
        return gm_fail(error, GM_LIMIT, "%zu threads are more than any machine has", threads);
    job->a = gm_alloc(rows, row);
    job->b = gm_alloc(GEMM_WIDTH, row);
    job->c = gm_alloc(rows, row);
    if (!job->a || !job->b || !job->c)
        return gm_fail_memory(error, "a matrix product", (2 * rows + GEMM_WIDTH) * row);
    fill(job, job->a, rows);
    fill(job, job->b, GEMM_WIDTH);
    return GM_OK;
}

static gm_status gemm_measure(struct gemm_job *job, size_t threads, double *flops, gm_error *error)
{
    gm_race race;
    gm_status status = gemm_allocate(job, threads, error);
    if (status == GM_OK)
        status = gm_blas_check_room(threads, error);
    if (status == GM_OK)
        status = gm_race_prepare(&race, threads, gemm_work, job, error);
    if (status == GM_OK) {
        gm_blas_borrow_threads();
        const double rows = (double)(job->rows * threads);
        *flops = 2 * rows * GEMM_WIDTH * GEMM_WIDTH / best_round(&race);
        gm_blas_return_threads();
        gm_race_clear(&race);
    }
    gm_free(job->a);
    gm_free(job->b);
    gm_free(job->c);
    return status;
}

gm_status gm_peak_gemm(gm_precision precision, size_t threads, double *flops, gm_error *error)
{
    struct gemm_job job = {.size = gm_precision_size(precision), .rows = affordable(GEMM_ROWS)};
    const gm_status status = gm_blas_load(error);
    if (status != GM_OK)
        return status;
    if (precision == GM_F32)
        job.single = (sgemm *)dlsym(RTLD_DEFAULT, "cblas_sgemm");
    else
        job.twofold = (dgemm *)dlsym(RTLD_DEFAULT, "cblas_dgemm");
    *flops = 0;
    return job.single || job.twofold ? gemm_measure(&job, threads, flops, error) : GM_OK;
}

/* --- memory --- */

struct triad_job {
    double *a, *b, *c;
    size_t count; /* numbers in each array */
    size_t threads;
};

static void triad_work(void *context, size_t thread)
{
    const struct triad_job *job = context;
    const gm_range own = gm_team_range(job->count, GM_ALIGNMENT, thread, job->threads);
    double *restrict a = job->a + own.first;
    const double *restrict b = job->b + own.first, *restrict c = job->c + own.first;
    for (size_t i = 0; i < own.count; i++)
        a[i] = b[i] + 3.0 * c[i];
}

static gm_status triad_measure(struct triad_job *job, double *bytes, gm_error *error)
{
    gm_race race;
    const gm_status status = gm_race_prepare(&race, job->threads, triad_work, job, error);
    if (status != GM_OK)
        return status;
    *bytes = 3.0 * sizeof *job->a * (double)job->count / best_round(&race);
    gm_race_clear(&race);
    return GM_OK;
}

gm_status gm_peak_bandwidth(size_t threads, double *bytes, gm_error *error)
{
    const size_t total =
        gm_min(affordable(TRIAD_BYTES),
               gm_system_memory() / 4); /* so that a small container does not run out of memory */
    struct triad_job job = {.count = gm_max(total / sizeof(double) / 3, 1), .threads = threads};
    double *memory = gm_alloc(3 * job.count, sizeof *memory);
    if (!memory)
        return gm_fail_memory(error, "the measurement of the memory", total);
    job.a = memory;
    job.b = job.a + job.count;
    job.c = job.b + job.count;
    const gm_status status = triad_measure(&job, bytes, error);
    gm_free(memory);
    return status;
}

/* A library that is preloaded and makes cblas_sgemm slower by GM_SLOW_PERCENT percent. scripts/check_gate.sh
 * uses it to check that `gradmill bench gate` finds such a change. */
#include <cblas.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void cblas_sgemm(enum CBLAS_ORDER order, CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, const int m, const int n,
                 const int k, const float alpha, const float *a, const int lda, const float *b, const int ldb,
                 const float beta, float *c, const int ldc)
{
    static __typeof__(&cblas_sgemm) real;
    static double share;
    if (!real) {
        const char *percent = getenv("GM_SLOW_PERCENT");
        share = percent ? atof(percent) / 100 : 0;
        *(void **)&real = dlsym(RTLD_NEXT, "cblas_sgemm");
    }
    const double start = seconds();
    real(order, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
    const double end = seconds() + share * (seconds() - start);
    while (seconds() < end)
        ;
}

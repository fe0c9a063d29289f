/* What this machine offers: threads, memory, CPU, and which BLAS was really loaded. Nothing here changes
 * anything; every answer is read afresh. */
#ifndef GRADMILL_SYSTEM_H
#define GRADMILL_SYSTEM_H

#include <gradmill/status.h>
#include <stdbool.h>
#include <stddef.h>

GM_BEGIN_DECLS

typedef struct gm_threads {
    size_t online;   /* processors that the kernel has online */
    size_t affinity; /* processors that this process may run on */
    double quota;    /* processors' worth of time from the cgroup (cpu.max); 0 = no quota */
    size_t usable;   /* min(affinity, quota rounded down), at least 1 */
} gm_threads;

GM_API gm_threads gm_system_threads(void);

/* Bytes that this process may still allocate: the least of available memory, the cgroup's limit less its use,
 * and RLIMIT_AS less the address space in use. */
GM_API size_t gm_system_memory(void);

typedef struct gm_cpu {
    char model[128];    /* "AMD EPYC 9755", empty if unknown */
    char features[256]; /* the vector extensions among the flags, separated by spaces: "avx2 fma avx512f" */
    const char *arch;   /* "x86-64", "arm64", or what the compiler calls it */
} gm_cpu;

GM_API gm_cpu gm_system_cpu(void);

typedef enum gm_blas_threading {
    GM_BLAS_UNKNOWN = -1,
    GM_BLAS_SERIAL = 0,
    GM_BLAS_PTHREADS = 1,
    GM_BLAS_OPENMP = 2,
} gm_blas_threading;

/* The library that cblas_sgemm resolves to in this process; gm_system_blas loads it. Unknown texts are empty.
 */
typedef struct gm_blas {
    char vendor[32];  /* "OpenBLAS", "BLIS", "Reference BLAS", "unknown" */
    char path[512];   /* the shared object, links resolved */
    char config[512]; /* the library's own description of its build */
    char core[64];    /* kernel set in use: "SkylakeX", "Haswell" */
    gm_blas_threading threading;
    int threads; /* threads that it is set to use; 0 = unknown */
} gm_blas;

GM_API gm_blas gm_system_blas(void);

GM_END_DECLS

#endif

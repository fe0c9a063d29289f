/* Loads the BLAS library when it is first needed, and holds its functions. The program is not linked with it,
 * because OpenBLAS starts threads and maps memory as soon as it is loaded, and it hangs or ends the process
 * if the system refuses. So a program that does not use backend `blas` cannot fail in this way. */
#ifndef GM_MACHINE_BLAS_LIBRARY_H
#define GM_MACHINE_BLAS_LIBRARY_H

#include <cblas.h>
#include <gradmill/status.h>

/* The functions of CBLAS that gradmill calls. */
typedef struct gm_blas_calls {
    __typeof__(&cblas_sgemm) sgemm;
    __typeof__(&cblas_sgemv) sgemv;
    __typeof__(&cblas_sger) sger;
    __typeof__(&cblas_sscal) sscal;
    __typeof__(&cblas_dgemm) dgemm;
    __typeof__(&cblas_dgemv) dgemv;
    __typeof__(&cblas_dger) dger;
    __typeof__(&cblas_dscal) dscal;
} gm_blas_calls;

/* Valid after gm_blas_load has succeeded. */
extern gm_blas_calls gm_cblas;

/* Uses the CBLAS that the process has already (linked, preloaded, or loaded by other code); otherwise loads
 * that of the system and makes its names visible to dlsym. It stays loaded. Any thread may call this, any
 * number of times. GM_LIMIT: there is too little address space, or too few threads, for OpenBLAS to be
 * loaded. GM_IO: there is no such library, or the program was linked with -static. */
gm_status gm_blas_load(gm_error *error);

#endif

/* Loads the BLAS library when it is first needed, and holds its functions. It is not linked, because OpenBLAS
 * starts threads and maps memory as soon as it is loaded, and hangs or ends the process if it gets neither. A
 * program that does not use backend `blas` is spared that. */
#ifndef GM_MACHINE_BLAS_LIBRARY_H
#define GM_MACHINE_BLAS_LIBRARY_H

#include <cblas.h>
#include <gradmill/status.h>

/* What is called of it. */
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

/* Filled by gm_blas_load; not to be read before that was done with success. */
extern gm_blas_calls gm_cblas;

/* Takes the CBLAS that the process has (linked, preloaded, loaded by others), else loads that of the system,
 * whose names are then visible to dlsym. It stays. Any thread may call, as often as it likes. GM_LIMIT: too
 * little address space or too few threads for what OpenBLAS takes when it is loaded. GM_IO: there is no such
 * library, or the program was linked with -static. */
gm_status gm_blas_load(gm_error *error);

#endif

/* Measures the limits of this machine: arithmetic, memory, and the matrix product of its BLAS library. */
#ifndef GM_MACHINE_PEAK_H
#define GM_MACHINE_PEAK_H

#include <gradmill/array.h>
#include <gradmill/status.h>
#include <stddef.h>

/* Each function measures several rounds, of some tens of milliseconds, on `threads` threads (>= 1) that start
 * together. The result is that of the best round, because other programs can only make a round slower.
 * GM_LIMIT: no threads or no memory. */

/* FLOP/s of independent fused multiply-adds in registers, on the widest vectors that the CPU has. Each counts
 * as two operations. A CPU without fused multiply-adds multiplies and adds separately. */
gm_status gm_peak_fma(gm_precision precision, size_t threads, double *flops, gm_error *error);

/* FLOP/s of C = A B by the cblas_sgemm or cblas_dgemm of this process. Each thread computes 512 rows of C; B
 * is 1024 x 1024. 0 if there is no such function. */
gm_status gm_peak_gemm(gm_precision precision, size_t threads, double *flops, gm_error *error);

/* Bytes/s of a(i) = b(i) + s c(i) over more memory than a core's own caches hold: For each element two reads
 * and one write are counted, as STREAM does. */
gm_status gm_peak_bandwidth(size_t threads, double *bytes, gm_error *error);

#endif

/* Measures the limits of this machine: arithmetic, memory, and the matrix product of its BLAS library. */
#ifndef GM_MACHINE_PEAK_H
#define GM_MACHINE_PEAK_H

#include <gradmill/array.h>
#include <gradmill/status.h>
#include <stddef.h>

/* Each measures on `threads` threads (>= 1) that start together, some tens of milliseconds a round, and gives
 * the best round, because anything else that runs can only make it slower. GM_LIMIT: no threads or no memory.
 */

/* FLOP/s of independent fused multiply-adds in registers, two operations each, on the widest vectors that the
 * CPU has (multiply and add apart, where it has no fused ones). */
gm_status gm_peak_fma(gm_precision precision, size_t threads, double *flops, gm_error *error);

/* FLOP/s of C = A B, cubes of about a thousand, through the cblas_sgemm or cblas_dgemm of this process; the
 * rows of C are dealt out to the threads. 0 if there is no such function. */
gm_status gm_peak_gemm(gm_precision precision, size_t threads, double *flops, gm_error *error);

/* Bytes/s of a(i) = b(i) + s c(i) over more memory than a core's own caches hold: two reads and one write an
 * element, as STREAM counts them. */
gm_status gm_peak_bandwidth(size_t threads, double *bytes, gm_error *error);

#endif

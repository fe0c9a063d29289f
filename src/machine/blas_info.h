/* The threads of the BLAS library: setting their number to one while an engine needs that, and whether the
 * library has buffers for the threads of an engine. Not public. */
#ifndef GM_MACHINE_BLAS_INFO_H
#define GM_MACHINE_BLAS_INFO_H

#include <gradmill/status.h>
#include <stddef.h>

/* From the first call of borrow to the last call of return, the BLAS library runs each of its functions on
 * the calling thread. Then its former number of threads is restored. Each borrow needs one return. Any thread
 * may call both. Nothing happens if the library has no function to set the number. */
void gm_blas_borrow_threads(void);
void gm_blas_return_threads(void);

/* GM_LIMIT if there is not enough address space for the buffers of the library when `threads` threads call it
 * at the same time. Call this before the first use: OpenBLAS maps a buffer for each such thread, and repeats
 * that forever if the system refuses (ulimit -v). */
gm_status gm_blas_check_room(size_t threads, gm_error *error);

#endif

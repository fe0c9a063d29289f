/* The threads of the BLAS library: setting their number to one while an engine needs that, and whether the
 * library has buffers for the threads of an engine. Not public. */
#ifndef GM_MACHINE_BLAS_INFO_H
#define GM_MACHINE_BLAS_INFO_H

#include <gradmill/status.h>
#include <stddef.h>

/* From the first borrow to the last return the BLAS library runs each call on the thread that makes it; then
 * it has its former number of threads again. Every borrow needs its return. Any thread may call. A library
 * without a switch is left as it is. */
void gm_blas_borrow_threads(void);
void gm_blas_return_threads(void);

/* GM_LIMIT if the library could not get its working memory for `threads` threads that call it at a time. To
 * be asked before the first call: OpenBLAS maps a buffer for each such thread, and where the system refuses
 * it (ulimit -v) it tries again for ever. */
gm_status gm_blas_check_room(size_t threads, gm_error *error);

#endif

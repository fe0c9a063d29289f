/* The locks of the whole library, which are free in the child of a fork, too. */
#ifndef GM_BASE_LOCK_H
#define GM_BASE_LOCK_H

typedef enum gm_lock {
    GM_LOCK_WEIGHTS,      /* weights that several engines share (nn/shared.h) */
    GM_LOCK_BLAS_THREADS, /* the number of threads of the BLAS library (machine/blas_info.c) */
    GM_LOCK_COUNT,
} gm_lock;

/* Waits until no other thread has the lock, and takes it. A thread takes one lock at a time, and does not
 * call fork before it has released it. */
void gm_lock_take(gm_lock lock);
void gm_lock_release(gm_lock lock);

#endif

/* Denormal numbers cost a hundred times a normal operation on many CPUs, and say nothing in training: inside
 * the team they are flushed to zero, and the caller's mode comes back afterwards. (A step of some dozen
 * weights, fused.h, is so short that the two changes of the mode would be a tenth of it, and goes without.)
 */
#ifndef GM_BASE_DENORMALS_H
#define GM_BASE_DENORMALS_H

#if defined(__SSE__)
#include <xmmintrin.h>
#define GM_FLUSH_BITS 0x8040U /* FTZ: results; DAZ: operands */
#define GM_READ_MODE  _mm_getcsr
#define GM_WRITE_MODE _mm_setcsr
#elif defined(__aarch64__) && defined(__GNUC__) && !defined(__clang__)
#define GM_FLUSH_BITS (1U << 24) /* FZ: both */
#define GM_READ_MODE  __builtin_aarch64_get_fpcr
#define GM_WRITE_MODE __builtin_aarch64_set_fpcr
#endif

/* Switches flushing on for the calling thread; returns the former mode for gm_restore_denormals. */
static inline unsigned gm_flush_denormals(void)
{
#ifdef GM_FLUSH_BITS
    const unsigned former = GM_READ_MODE();
    GM_WRITE_MODE(former | GM_FLUSH_BITS);
    return former;
#else
    return 0;
#endif
}

static inline void gm_restore_denormals(unsigned former)
{
#ifdef GM_FLUSH_BITS
    GM_WRITE_MODE(former);
#else
    (void)former;
#endif
}

#endif

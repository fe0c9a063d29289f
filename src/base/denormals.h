/* Denormal numbers are flushed to zero during a training step.
 *
 * On many CPUs an operation on denormal numbers takes a hundred times as long as others, and numbers that
 * small do not matter for training. So the CPU's mode is changed at the beginning of a step, and restored at
 * its end. For a step of a few dozen weights (src/online) the two changes would take a tenth of the time.
 * Such steps leave the mode alone until the status register of the CPU says that a denormal number has
 * occurred. */
#ifndef GM_BASE_DENORMALS_H
#define GM_BASE_DENORMALS_H

#include <stdbool.h>

#if defined(__SSE__)
#include <xmmintrin.h>
#define GM_DENORMAL_FLAGS 0x0012U /* DE: an operand was denormal; UE: a result was denormal and inexact */
#define GM_FLUSH_BITS     0x8040U /* FTZ: denormal results become 0; DAZ: denormal operands count as 0 */
#define GM_READ_MODE      _mm_getcsr
#define GM_WRITE_MODE     _mm_setcsr
#elif defined(__aarch64__) && defined(__GNUC__) && !defined(__clang__)
#define GM_FLUSH_BITS (1U << 24) /* FZ: both results and operands */
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

#ifdef GM_DENORMAL_FLAGS
/* Clears the flags with which the CPU remembers that a denormal number occurred. Pass the result to
 * gm_met_denormals. */
static inline unsigned gm_watch_denormals(void)
{
    const unsigned former = GM_READ_MODE();
    if (former & GM_DENORMAL_FLAGS)
        GM_WRITE_MODE(former & ~GM_DENORMAL_FLAGS);
    return former;
}

/* Whether a denormal number has occurred since gm_watch_denormals. Flags that were set before that call are
 * set again. */
static inline bool gm_met_denormals(unsigned former)
{
    const unsigned now = GM_READ_MODE();
    if (former & GM_DENORMAL_FLAGS)
        GM_WRITE_MODE(now | (former & GM_DENORMAL_FLAGS));
    return now & GM_DENORMAL_FLAGS;
}
#endif

#endif

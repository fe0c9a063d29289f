/* One binary that uses what the CPU has: a function marked GM_VECTOR is compiled for several instruction sets
 * and chosen when the program loads. Elsewhere (arm64) the baseline has its vectors already. Such a function
 * needs a name for each precision (GM_TYPED in base/real.h) even if it is static: clang gives the function
 * that chooses external linkage. */
#ifndef GM_BASE_VECTOR_H
#define GM_BASE_VECTOR_H

#if defined(__x86_64__) && !defined(GM_NO_CLONES)
#define GM_VECTOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define GM_VECTOR
#endif

#endif

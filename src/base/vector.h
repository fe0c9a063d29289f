/* GM_VECTOR marks a function that the compiler builds for several instruction sets; when the program is
 * loaded, the best one for this CPU is chosen. Where the baseline has vectors already (arm64), it does
 * nothing. Such a function needs a name for each precision (GM_TYPED in base/real.h) even if it is static,
 * because clang gives the function that chooses external linkage. */
#ifndef GM_BASE_VECTOR_H
#define GM_BASE_VECTOR_H

#if defined(__x86_64__) && !defined(GM_NO_CLONES)
#define GM_VECTOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define GM_VECTOR
#endif

#endif

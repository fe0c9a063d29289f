/* GM_VECTOR marks a function that gcc builds for several instruction sets; when the program is loaded, the
 * best one for this CPU is chosen. Where the baseline has vectors already (arm64), it does nothing. Such a
 * function has a name for each precision (GM_TYPED in base/real.h) even if it is static, because the function
 * that chooses need not be.
 *
 * With clang it does nothing either. The function that clang 14 makes to choose takes the baseline on every
 * CPU, since it does not know the levels of x86-64, and the library would export it. */
#ifndef GM_BASE_VECTOR_H
#define GM_BASE_VECTOR_H

#if defined(__x86_64__) && !defined(__clang__) && !defined(GM_NO_CLONES)
#define GM_VECTOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define GM_VECTOR
#endif

#endif

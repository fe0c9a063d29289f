/* SANITIZED is 1 in a build with AddressSanitizer or ThreadSanitizer, and 0 in others. */
#ifndef GM_TESTS_SANITIZED_H
#define GM_TESTS_SANITIZED_H

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* How far a loop over many combinations goes in one step. The plain build compares the numbers of all of
 * them. A sanitizer sees what it looks for in a third of them. */
#define STRIDE (SANITIZED ? 3 : 1)

#endif

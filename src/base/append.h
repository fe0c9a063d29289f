/* Builds text in a buffer of fixed size, piece by piece. */
#ifndef GM_BASE_APPEND_H
#define GM_BASE_APPEND_H

#include <stddef.h>

/* Writes the formatted text behind the `used` characters that are in the buffer already, and returns how many
 * are used then. What does not fit into `size` bytes is left off; the buffer always ends in '\0'. */
size_t gm_append(char *buffer, size_t size, size_t used, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif

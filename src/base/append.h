/* Builds text in a buffer of fixed size, piece by piece. */
#ifndef GM_BASE_APPEND_H
#define GM_BASE_APPEND_H

#include <stddef.h>

/* Appends formatted text after the `used` characters that the buffer has already. Returns how many characters
 * it has then. Text that does not fit into `size` bytes is cut off; the buffer always ends with '\0'. */
size_t gm_append(char *buffer, size_t size, size_t used, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif

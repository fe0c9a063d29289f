/* Builds text in a buffer of fixed size, piece by piece. */
#include "base/append.h"

#include <stdarg.h>
#include <stdio.h>

size_t gm_append(char *buffer, size_t size, size_t used, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(buffer + used, size - used, format, arguments);
    va_end(arguments);
    if (length < 0)
        return used;
    return (size_t)length < size - used ? used + (size_t)length : size - 1;
}

/* How the functions of the library report a failure: a status, and one line of text. Not public. */
#ifndef GM_BASE_ERROR_H
#define GM_BASE_ERROR_H

#include <gradmill/status.h>

/* Writes the formatted line into *error (which may be NULL) and returns status, so that a caller can write
 * `return gm_fail(error, GM_IO, "%s: cannot read: %s", path, strerror(errno));`. If the line is too long for
 * the message, the middle of its longest word is cut out. That word is usually a path, and the reason behind
 * it is kept. */
gm_status gm_fail(gm_error *error, gm_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The line for an allocation of `bytes` that the system refused; returns GM_LIMIT. */
gm_status gm_fail_memory(gm_error *error, const char *what, size_t bytes);

/* The line for a file that could not be opened, from errno; returns GM_IO. If there is no such file, the line
 * suggests a file of the same folder whose name is similar. */
gm_status gm_fail_open(gm_error *error, const char *path);

#endif

/* Writes all of a buffer, however little the system takes at a time. */
#ifndef GM_BASE_WRITE_H
#define GM_BASE_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The system call write, or a function of a test in its place. */
typedef ssize_t gm_write_call(int fd, const void *data, size_t size);

/* Calls `call` until `size` bytes are written; a call that a signal interrupted is repeated. Returns false,
 * with errno set, if that is not possible. A call that writes nothing and reports no error counts as EIO. */
bool gm_write_all(gm_write_call *call, int fd, const void *data, size_t size);

#endif

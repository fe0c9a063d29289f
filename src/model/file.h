/* Reads regular files. A read either gives all bytes that were requested, or fails. */
#ifndef GM_MODEL_FILE_H
#define GM_MODEL_FILE_H

#include <gradmill/status.h>
#include <stddef.h>

/* Opens a regular file for reading. GM_IO: missing, a directory, a pipe or device. *fd is -1 on failure. */
gm_status gm_file_open(const char *path, int *fd, size_t *size, gm_error *error);

/* Reads exactly `size` bytes from `offset`. GM_IO: also if the file has become shorter meanwhile. */
gm_status gm_file_read(int fd, const char *path, size_t offset, void *data, size_t size, gm_error *error);

/* Passes on the error of a function that worked on the contents of a file. If its status is GM_USAGE, the
 * contents were wrong, not the call; then the status becomes `bad`, and the path of the file is put before
 * the message. */
gm_status gm_file_blame(const char *path, gm_status status, gm_status bad, const gm_error *reason,
                        gm_error *error);

#endif

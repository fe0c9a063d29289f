/* Reads regular files. They are read with pread, not mapped into memory: if another program shortens the file
 * meanwhile, this is an error and not a SIGBUS. */
#include "model/file.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

gm_status gm_file_open(const char *path, int *fd, size_t *size, gm_error *error)
{
    struct stat about;
    *fd = open(path, O_RDONLY | O_CLOEXEC |
                         O_NONBLOCK); /* non-blocking, because opening a pipe would wait for a writer */
    if (*fd < 0)
        return gm_fail_open(error, path);
    const char *reason = NULL;
    if (fstat(*fd, &about) != 0)
        reason = strerror(errno);
    else if (S_ISDIR(about.st_mode))
        reason = "is a directory; expected a file";
    else if (!S_ISREG(about.st_mode))
        reason = "is a pipe or a device; expected a regular file";
    if (reason) {
        close(*fd);
        *fd = -1;
        return gm_fail(error, GM_IO, "%s: %s", path, reason);
    }
    *size = (size_t)about.st_size;
    return GM_OK;
}

gm_status gm_file_read(int fd, const char *path, size_t offset, void *data, size_t size, gm_error *error)
{
    char *to = data;
    while (size > 0) {
        const ssize_t got = pread(fd, to, size, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return gm_fail(error, GM_IO, "%s: cannot read: %s", path, strerror(errno));
        if (got == 0)
            return gm_fail(error, GM_IO,
                           "%s: ends at byte %zu, %zu bytes too early; it was cut while being read", path,
                           offset, size);
        to += got;
        offset += (size_t)got;
        size -= (size_t)got;
    }
    return GM_OK;
}

gm_status gm_file_blame(const char *path, gm_status status, gm_status bad, const gm_error *reason,
                        gm_error *error)
{
    if (status == GM_OK)
        return GM_OK;
    return gm_fail(error, status == GM_USAGE ? bad : status, "%s: %s", path, reason->message);
}

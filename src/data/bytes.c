/* Reads a file, a pipe or standard input through a buffer. */
#include "data/bytes.h"
#include "base/error.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_SIZE  ((size_t)1 << 18)
#define LARGEST_READ ((size_t)1 << 30) /* the system reads no more than 2 GiB at a time */

static int open_patiently(const char *path)
{
    int fd;
    if (strcmp(path, "-") == 0)
        return fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    do
        fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    return fd;
}

/* Sets *size to the bytes of a regular file that are still to be read. A pipe has no size; SIZE_MAX stands
 * for that. */
static gm_status measure(const gm_bytes *bytes, const char *path, size_t *size, gm_error *error)
{
    struct stat about;
    *size = SIZE_MAX;
    if (fstat(bytes->fd, &about) != 0)
        return gm_fail(error, GM_IO, "%s: cannot look at the file: %s", path, strerror(errno));
    if (S_ISDIR(about.st_mode))
        return gm_fail(error, GM_IO, "%s: is a directory; expected a file", path);
    if (!S_ISREG(about.st_mode))
        return GM_OK;
    const off_t at =
        lseek(bytes->fd, 0, SEEK_CUR); /* not 0 if another program has read from standard input */
    *size = (size_t)about.st_size - gm_min((size_t)about.st_size, at > 0 ? (size_t)at : 0);
    return GM_OK;
}

const char *gm_bytes_name(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

gm_status gm_bytes_open(gm_bytes *bytes, const char *path, size_t *size, gm_error *error)
{
    *bytes = (gm_bytes){.fd = open_patiently(path)};
    if (bytes->fd < 0)
        return gm_fail_open(error, gm_bytes_name(path));
    const gm_status status = measure(bytes, gm_bytes_name(path), size, error);
    if (status != GM_OK)
        return status;
    bytes->buffer = bytes->at = bytes->stop = gm_alloc(BUFFER_SIZE, 1);
    return bytes->buffer ? GM_OK : gm_fail_memory(error, "reading a file", BUFFER_SIZE);
}

void gm_bytes_close(gm_bytes *bytes)
{
    if (bytes->fd >= 0)
        close(bytes->fd);
    gm_free(bytes->buffer);
    *bytes = (gm_bytes){.fd = -1};
}

/* Like read, but goes on after an interruption by a signal. Standard input may be a non-blocking pipe; then
 * this waits until there is something to read. 0 at the end of the file, -1 with errno set. */
static ssize_t read_some(int fd, void *to, size_t size)
{
    for (;;) {
        const ssize_t got = read(fd, to, gm_min(size, LARGEST_READ));
        if (got >= 0 || (errno != EINTR && errno != EAGAIN))
            return got;
        if (errno == EAGAIN)
            poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, -1);
    }
}

bool gm_bytes_fill(gm_bytes *bytes, size_t least)
{
    size_t have = (size_t)(bytes->stop - bytes->at);
    if (have >= least || bytes->ended)
        return true;
    memmove(bytes->buffer, bytes->at, have);
    bytes->at = bytes->buffer;
    ssize_t got = 1;
    while (have < least && got > 0) {
        got = read_some(bytes->fd, bytes->buffer + have, BUFFER_SIZE - have);
        have += got > 0 ? (size_t)got : 0;
    }
    bytes->stop = bytes->buffer + have;
    bytes->ended = got == 0;
    return got >= 0;
}

bool gm_bytes_read(gm_bytes *bytes, void *to, size_t size, size_t *got)
{
    *got = gm_min(size, (size_t)(bytes->stop - bytes->at));
    memcpy(to, bytes->at, *got);
    bytes->at += *got;
    while (*got < size && !bytes->ended) {
        const ssize_t more = read_some(bytes->fd, (char *)to + *got, size - *got);
        if (more < 0)
            return false;
        bytes->ended = more == 0;
        *got += (size_t)more;
    }
    return true;
}

/* Resolves the path of a file that is to be written. */
#include "model/destination.h"
#include "base/error.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

gm_status gm_destination_fail(const gm_destination *destination, const char *what, gm_error *error)
{
    return gm_fail(error, GM_IO, "%s: cannot be written: %s", destination->path, what);
}

/* Follows symbolic links to the file that will be written. */
static gm_status resolve(gm_destination *destination, gm_error *error)
{
    struct stat about;
    /* This comes before the links are followed, because the link of /dev/stdout may lead to a pipe, which has
     * no path. */
    if (stat(destination->path, &about) == 0 && !S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode))
        return gm_destination_fail(destination, "it is not a regular file but a pipe or a device", error);
    if (lstat(destination->path, &about) == 0) {
        destination->resolved = realpath(destination->path, NULL);
        if (!destination->resolved && errno == ENOMEM)
            return gm_fail_memory(error, "a path", strlen(destination->path) + 1);
        if (!destination->resolved)
            return gm_destination_fail(
                destination, errno == ENOENT ? "it is a symbolic link that leads nowhere" : strerror(errno),
                error);
        return GM_OK;
    }
    if (errno != ENOENT)
        return gm_destination_fail(destination, strerror(errno), error);
    destination->resolved = gm_strdup(destination->path);
    if (!destination->resolved)
        return gm_fail_memory(error, "a path", strlen(destination->path) + 1);
    return GM_OK;
}

static gm_status open_folder(gm_destination *destination, gm_error *error)
{
    const char *folder = ".";
    char *slash = strrchr(destination->resolved, '/');
    destination->name = slash ? slash + 1 : destination->resolved;
    if (*destination->name == '\0' && slash != destination->resolved)
        return gm_destination_fail(destination, "the path ends without a file name", error);
    if (slash) {
        *slash = '\0';
        folder = slash == destination->resolved ? "/" : destination->resolved;
    }
    destination->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (destination->folder < 0)
        return gm_fail(error, GM_IO, "%s: cannot be written: folder %s: %s%s", destination->path, folder,
                       strerror(errno), errno == ENOENT ? "; create it first" : "");
    return GM_OK;
}

/* Checks an existing file: it must be regular, writable by this process, and of the kind. */
static gm_status look_at_old(gm_destination *destination, const gm_file_kind *kind, gm_error *error)
{
    struct stat about;
    if (*destination->name == '\0')
        return gm_destination_fail(destination, "it is a directory", error);
    if (fstatat(destination->folder, destination->name, &about, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? GM_OK : gm_destination_fail(destination, strerror(errno), error);
    if (S_ISDIR(about.st_mode))
        return gm_destination_fail(destination, "it is a directory", error);
    if (!S_ISREG(about.st_mode))
        return gm_destination_fail(destination, "it is not a regular file but a pipe or a device", error);
    if (faccessat(destination->folder, destination->name, W_OK, AT_EACCESS) != 0)
        return gm_destination_fail(destination, strerror(errno), error);
    destination->exists = true;
    destination->mode = about.st_mode & 0777;
    return kind ? gm_kind_check(kind, destination->folder, destination->name, destination->path, error)
                : GM_OK;
}

gm_status gm_destination_open(gm_destination *destination, const char *path, const gm_file_kind *kind,
                              gm_error *error)
{
    *destination = (gm_destination){.path = path, .folder = -1};
    gm_status status = resolve(destination, error);
    if (status == GM_OK)
        status = open_folder(destination, error);
    if (status == GM_OK)
        status = look_at_old(destination, kind, error);
    return status;
}

void gm_destination_close(gm_destination *destination)
{
    if (destination->folder >= 0)
        close(destination->folder);
    gm_free(destination->resolved);
}

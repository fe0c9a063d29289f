/* Resolves the path of a file that is to be written. */
#include "model/place.h"
#include "base/error.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

gm_status gm_place_fail(const gm_place *place, const char *what, gm_error *error)
{
    return gm_fail(error, GM_IO, "%s: cannot be written: %s", place->path, what);
}

/* Follows links to the file that is meant. */
static gm_status resolve(gm_place *place, gm_error *error)
{
    struct stat about;
    /* Before its links are followed: that of /dev/stdout leads to a pipe, which has no path. */
    if (stat(place->path, &about) == 0 && !S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode))
        return gm_place_fail(place, "it is not a regular file but a pipe or a device", error);
    if (lstat(place->path, &about) == 0) {
        place->resolved = realpath(place->path, NULL);
        if (!place->resolved && errno == ENOMEM)
            return gm_fail_memory(error, "a path", strlen(place->path) + 1);
        if (!place->resolved)
            return gm_place_fail(
                place, errno == ENOENT ? "it is a symbolic link that leads nowhere" : strerror(errno), error);
        return GM_OK;
    }
    if (errno != ENOENT)
        return gm_place_fail(place, strerror(errno), error);
    place->resolved = gm_strdup(place->path);
    if (!place->resolved)
        return gm_fail_memory(error, "a path", strlen(place->path) + 1);
    return GM_OK;
}

static gm_status open_folder(gm_place *place, gm_error *error)
{
    const char *folder = ".";
    char *slash = strrchr(place->resolved, '/');
    place->name = slash ? slash + 1 : place->resolved;
    if (*place->name == '\0' && slash != place->resolved)
        return gm_place_fail(place, "the path ends without a file name", error);
    if (slash) {
        *slash = '\0';
        folder = slash == place->resolved ? "/" : place->resolved;
    }
    place->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (place->folder < 0)
        return gm_fail(error, GM_IO, "%s: cannot be written: folder %s: %s%s", place->path, folder,
                       strerror(errno), errno == ENOENT ? "; create it first" : "");
    return GM_OK;
}

/* What is there already must be a regular file that we may write to. */
static gm_status look_at_old(gm_place *place, const gm_file_kind *kind, gm_error *error)
{
    struct stat about;
    if (*place->name == '\0')
        return gm_place_fail(place, "it is a directory", error);
    if (fstatat(place->folder, place->name, &about, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? GM_OK : gm_place_fail(place, strerror(errno), error);
    if (S_ISDIR(about.st_mode))
        return gm_place_fail(place, "it is a directory", error);
    if (!S_ISREG(about.st_mode))
        return gm_place_fail(place, "it is not a regular file but a pipe or a device", error);
    if (faccessat(place->folder, place->name, W_OK, AT_EACCESS) != 0)
        return gm_place_fail(place, strerror(errno), error);
    place->exists = true;
    place->mode = about.st_mode & 0777;
    return kind ? gm_kind_check(kind, place->folder, place->name, place->path, error) : GM_OK;
}

gm_status gm_place_open(gm_place *place, const char *path, const gm_file_kind *kind, gm_error *error)
{
    *place = (gm_place){.path = path, .folder = -1};
    gm_status status = resolve(place, error);
    if (status == GM_OK)
        status = open_folder(place, error);
    if (status == GM_OK)
        status = look_at_old(place, kind, error);
    return status;
}

void gm_place_close(gm_place *place)
{
    if (place->folder >= 0)
        close(place->folder);
    gm_free(place->resolved);
}

/* Durable writing. Each step is checked, and a failed fsync is never tried again: the kernel may have dropped
 * the pages that it could not write, and a second call would then claim success. */
#include "model/durable.h"
#include "base/error.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const gm_durable_calls gm_durable_system = {write, fsync, close, renameat};

/* The place of a file: everything happens relative to its open folder, so a folder that is moved meanwhile
 * does no harm. */
struct place {
    const char *path;   /* as the caller wrote it */
    char *resolved;     /* links followed; cut in two at its last slash */
    const char *name;   /* within the folder */
    int folder;         /* open, or -1 */
    bool exists;        /* something is there already */
    mode_t mode;        /* of what is there */
    char temporary[40]; /* not made from the name, so it fits wherever the name fits */
};

static gm_status fail(const struct place *place, const char *what, gm_error *error)
{
    return gm_fail(error, GM_IO, "%s: cannot be written: %s", place->path, what);
}

/* Follows links to the file that is meant. */
static gm_status resolve(struct place *place, gm_error *error)
{
    struct stat about;
    if (lstat(place->path, &about) == 0) {
        place->resolved = realpath(place->path, NULL);
        if (!place->resolved && errno == ENOMEM)
            return gm_fail_memory(error, "a path", strlen(place->path) + 1);
        if (!place->resolved)
            return fail(place, errno == ENOENT ? "it is a symbolic link that leads nowhere" : strerror(errno),
                        error);
        return GM_OK;
    }
    if (errno != ENOENT)
        return fail(place, strerror(errno), error);
    place->resolved = gm_strdup(place->path);
    if (!place->resolved)
        return gm_fail_memory(error, "a path", strlen(place->path) + 1);
    return GM_OK;
}

static gm_status open_folder(struct place *place, gm_error *error)
{
    const char *folder = ".";
    char *slash = strrchr(place->resolved, '/');
    place->name = slash ? slash + 1 : place->resolved;
    if (*place->name == '\0' && slash != place->resolved)
        return fail(place, "the path ends without a file name", error);
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
static gm_status look_at_old(struct place *place, gm_error *error)
{
    struct stat about;
    if (*place->name == '\0')
        return fail(place, "it is a directory", error);
    if (fstatat(place->folder, place->name, &about, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? GM_OK : fail(place, strerror(errno), error);
    if (S_ISDIR(about.st_mode))
        return fail(place, "it is a directory", error);
    if (!S_ISREG(about.st_mode))
        return fail(place, "it is not a regular file", error);
    if (faccessat(place->folder, place->name, W_OK, AT_EACCESS) != 0)
        return fail(place, strerror(errno), error);
    place->exists = true;
    place->mode = about.st_mode & 0777;
    return GM_OK;
}

static gm_status open_place(struct place *place, const char *path, gm_error *error)
{
    *place = (struct place){.path = path, .folder = -1};
    gm_status status = resolve(place, error);
    if (status == GM_OK)
        status = open_folder(place, error);
    if (status == GM_OK)
        status = look_at_old(place, error);
    return status;
}

static void close_place(struct place *place)
{
    if (place->folder >= 0)
        close(place->folder);
    gm_free(place->resolved);
}

static gm_status create_temporary(struct place *place, int *fd, gm_error *error)
{
    uint64_t tag; /* nobody can guess the name and put something there first */
    if (getentropy(&tag, sizeof tag) != 0)
        return fail(place, strerror(errno), error);
    snprintf(place->temporary, sizeof place->temporary, ".gradmill-%016" PRIx64 ".tmp", tag);
    *fd = openat(place->folder, place->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                 place->exists ? 0600 : 0666);
    if (*fd < 0)
        return gm_fail(error, GM_IO, "%s: cannot be written: no new file in its folder: %s", place->path,
                       strerror(errno));
    return GM_OK;
}

static bool write_part(const gm_durable_calls *calls, int fd, gm_part part)
{
    const char *from = part.data;
    while (part.size > 0) {
        const ssize_t done = calls->write(fd, from, part.size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done == 0)
            errno = EIO; /* no progress and no reason: not to be waited out */
        if (done <= 0)
            return false;
        from += done;
        part.size -= (size_t)done;
    }
    return true;
}

/* Fills and closes the temporary file. Returns the step that failed, with its errno, or NULL. */
static const char *fill(const gm_durable_calls *calls, const struct place *place, int fd,
                        const gm_part *parts, size_t part_count)
{
    const char *failed = NULL;
    if (place->exists && fchmod(fd, place->mode) != 0)
        failed = "set its mode";
    for (size_t i = 0; i < part_count && !failed; i++)
        if (!write_part(calls, fd, parts[i]))
            failed = "write";
    if (!failed && calls->fsync(fd) != 0)
        failed = "sync";
    const int reason = errno;
    if (calls->close(fd) != 0 && !failed)
        return "close";
    errno = reason;
    return failed;
}

/* Some file systems cannot sync a folder and say EINVAL: there is nothing more to do there. */
static gm_status sync_folder(const gm_durable_calls *calls, const struct place *place, gm_error *error)
{
    if (calls->fsync(place->folder) == 0 || errno == EINVAL)
        return GM_OK;
    return gm_fail(error, GM_IO,
                   "%s: cannot sync its folder: %s; the new file is there but may not outlive a power cut",
                   place->path, strerror(errno));
}

static gm_status replace(const gm_durable_calls *calls, struct place *place, const gm_part *parts,
                         size_t part_count, gm_error *error)
{
    int fd;
    const gm_status status = create_temporary(place, &fd, error);
    if (status != GM_OK)
        return status;
    const char *failed = fill(calls, place, fd, parts, part_count);
    if (!failed && calls->renameat(place->folder, place->temporary, place->folder, place->name) != 0)
        failed = "rename";
    if (failed) {
        gm_fail(error, GM_IO, "%s: cannot %s: %s; %s", place->path, failed, strerror(errno),
                place->exists ? "the former file is untouched" : "nothing was left behind");
        unlinkat(place->folder, place->temporary, 0);
        return GM_IO;
    }
    return sync_folder(calls, place, error);
}

gm_status gm_durable_write(const gm_durable_calls *calls, const char *path, const gm_part *parts,
                           size_t part_count, gm_error *error)
{
    struct place place;
    gm_status status = open_place(&place, path, error);
    if (status == GM_OK)
        status = replace(calls, &place, parts, part_count, error);
    close_place(&place);
    return status;
}

gm_status gm_durable_probe(const char *path, gm_error *error)
{
    struct place place;
    int fd;
    gm_status status = open_place(&place, path, error);
    if (status == GM_OK)
        status = create_temporary(&place, &fd, error);
    if (status == GM_OK) {
        close(fd);
        unlinkat(place.folder, place.temporary, 0);
    }
    close_place(&place);
    return status;
}

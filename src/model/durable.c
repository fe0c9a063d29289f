/* Writes files durably. Every step is checked. A failed fsync is never repeated: the kernel may have dropped
 * the pages that it could not write, and a second call would then report success. */
#include "model/durable.h"
#include "base/error.h"
#include "base/write.h"
#include "model/destination.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const gm_durable_calls gm_durable_system = {write, fsync, close, renameat};

static gm_status create_temporary(const gm_destination *destination, gm_held_name *name, int *fd,
                                  gm_error *error)
{
    *fd = gm_held_create(destination->folder, destination->exists ? 0600 : 0666, name);
    if (*fd < 0)
        return gm_fail(error, GM_IO, "%s: cannot be written: no file can be made in its folder: %s",
                       destination->path, strerror(errno));
    return GM_OK;
}

/* Fills and closes the temporary file. Returns the step that failed, with its errno, or NULL. */
static const char *fill(const gm_durable_calls *calls, const gm_destination *destination, int fd,
                        const gm_durable_parts *parts)
{
    const char *failed = NULL;
    if (destination->exists && fchmod(fd, destination->mode) != 0)
        failed = "set its mode";
    for (gm_buffer part; !failed && parts->next(parts->context, &part);)
        if (!gm_write_all(calls->write, fd, part.data, part.size))
            failed = "write";
    if (!failed && calls->fsync(fd) != 0)
        failed = "sync";
    const int reason = errno;
    if (calls->close(fd) != 0 && !failed)
        return "close";
    errno = reason;
    return failed;
}

/* Syncs the folder. Some file systems cannot do that and report EINVAL; this is not an error. */
static gm_status sync_folder(const gm_durable_calls *calls, const gm_destination *destination,
                             gm_error *error)
{
    if (calls->fsync(destination->folder) == 0 || errno == EINVAL)
        return GM_OK;
    return gm_fail(error, GM_IO,
                   "%s: cannot sync its folder: %s; the new file is there but may not outlive a power cut",
                   destination->path, strerror(errno));
}

/* Writes the temporary file and renames it. The file must stay locked until it has its final name. But its
 * descriptor must be closed before, because close can report a failed write. So a duplicate of the descriptor
 * keeps the lock. */
static const char *fill_and_rename(const gm_durable_calls *calls, const gm_destination *destination,
                                   const char *temporary, int fd, const gm_durable_parts *parts)
{
    const int held = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    const char *failed = fill(calls, destination, fd, parts);
    if (!failed &&
        calls->renameat(destination->folder, temporary, destination->folder, destination->name) != 0)
        failed = "rename";
    const int reason = errno;
    if (failed)
        unlinkat(destination->folder, temporary, 0);
    if (held >= 0)
        close(held);
    errno = reason;
    return failed;
}

static gm_status replace(const gm_durable_calls *calls, const gm_destination *destination,
                         const gm_durable_parts *parts, gm_error *error)
{
    int fd;
    gm_held_name temporary;
    gm_held_remove_leftovers(
        destination->folder); /* first of all, because they may take the space that is needed */
    const gm_status status = create_temporary(destination, &temporary, &fd, error);
    if (status != GM_OK)
        return status;
    const char *failed = fill_and_rename(calls, destination, temporary.text, fd, parts);
    if (failed)
        return gm_fail(error, GM_IO, "%s: cannot %s: %s; %s", destination->path, failed, strerror(errno),
                       destination->exists ? "the former file is untouched" : "nothing was left behind");
    return sync_folder(calls, destination, error);
}

gm_status gm_durable_write_parts(const gm_durable_calls *calls, const char *path, const gm_file_kind *kind,
                                 const gm_durable_parts *parts, gm_error *error)
{
    gm_destination destination;
    gm_status status = gm_destination_open(&destination, path, kind, error);
    if (status == GM_OK)
        status = replace(calls, &destination, parts, error);
    gm_destination_close(&destination);
    return status;
}

/* Buffers that are there already. */
typedef struct buffer_list {
    const gm_buffer *next;
    size_t count;
} buffer_list;

static bool next_buffer(void *context, gm_buffer *part)
{
    buffer_list *list = context;
    if (list->count == 0)
        return false;
    *part = *list->next++;
    list->count--;
    return true;
}

gm_status gm_durable_write(const gm_durable_calls *calls, const char *path, const gm_file_kind *kind,
                           const gm_buffer *parts, size_t part_count, gm_error *error)
{
    buffer_list list = {parts, part_count};
    const gm_durable_parts source = {next_buffer, &list};
    return gm_durable_write_parts(calls, path, kind, &source, error);
}

gm_status gm_durable_probe(const char *path, const gm_file_kind *kind, gm_error *error)
{
    gm_destination destination;
    gm_held_name temporary;
    int fd;
    gm_status status = gm_destination_open(&destination, path, kind, error);
    if (status == GM_OK)
        status = create_temporary(&destination, &temporary, &fd, error);
    if (status == GM_OK) {
        unlinkat(destination.folder, temporary.text, 0);
        close(fd);
    }
    gm_destination_close(&destination);
    return status;
}

static gm_status take_lock(gm_durable_lock *lock, const gm_destination *destination, gm_error *error)
{
    long owner;
    char process[40] = "";
    switch (gm_held_lock(destination->folder, destination->name, &lock->name, &lock->fd, &owner)) {
    case GM_HELD:
        lock->folder = fcntl(destination->folder, F_DUPFD_CLOEXEC, 0);
        return GM_OK;
    case GM_HELD_UNCERTAIN:
        return GM_OK;
    case GM_HELD_BY_OTHER:
        if (owner > 0)
            snprintf(process, sizeof process, " (process %ld)", owner);
        return gm_fail(
            error, GM_IO,
            "%s: another run of gradmill%s is writing this file; wait for its end, or give another "
            "name",
            destination->path, process);
    case GM_HELD_FAILED:
        break;
    }
    return gm_fail(error, GM_IO, "%s: cannot be written: no file can be made in its folder: %s",
                   destination->path, strerror(errno));
}

gm_status gm_durable_lock_take(gm_durable_lock *lock, const char *path, gm_error *error)
{
    gm_destination destination;
    *lock = (gm_durable_lock){.folder = -1, .fd = -1};
    gm_status status = gm_destination_open(&destination, path, NULL, error);
    if (status == GM_OK)
        status = take_lock(lock, &destination, error);
    gm_destination_close(&destination);
    return status;
}

void gm_durable_lock_release(gm_durable_lock *lock)
{
    if (lock->fd < 0)
        return;
    if (lock->folder >= 0) {
        unlinkat(lock->folder, lock->name.text,
                 0); /* while it is still locked, so that no other process can have locked it */
        close(lock->folder);
    }
    close(lock->fd);
    lock->folder = lock->fd = -1;
}

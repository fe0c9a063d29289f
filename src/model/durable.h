/* Replaces files durably: at every moment, even after a crash, the file is either the old one or the new one,
 * and complete. */
#ifndef GM_MODEL_DURABLE_H
#define GM_MODEL_DURABLE_H

#include "model/file_kind.h"
#include "model/held.h"

#include <stddef.h>
#include <sys/types.h>

/* One piece of the contents; a file is its parts one after the other. */
typedef struct gm_buffer {
    const void *data;
    size_t size;
} gm_buffer;

/* The system calls whose failure must leave the old file whole; tests hand in calls that fail. */
typedef struct gm_durable_calls {
    ssize_t (*write)(int fd, const void *data, size_t size);
    int (*fsync)(int fd);
    int (*close)(int fd);
    int (*renameat)(int from_folder, const char *from, int to_folder, const char *to);
} gm_durable_calls;

extern const gm_durable_calls gm_durable_system;

/* Writes path: a temporary file in the same folder, fsync, rename, fsync of the folder. A file that is
 * replaced must be of the kind (NULL: any), keeps its mode, and must be writable itself: a write-protected
 * file is respected. A symbolic link stays, the file that it leads to is replaced. Temporary files in that
 * folder that a killed process left are removed. GM_USAGE: a file of another kind; GM_IO. The file is then as
 * it was, except when only the last fsync failed. */
gm_status gm_durable_write(const gm_durable_calls *calls, const char *path, const gm_file_kind *kind,
                           const gm_buffer *parts, size_t part_count, gm_error *error);

/* Whether gm_durable_write could write there. Makes and removes a temporary file. */
gm_status gm_durable_probe(const char *path, const gm_file_kind *kind, gm_error *error);

/* The right to be the only run that writes a file. */
typedef struct gm_durable_lock {
    int folder, fd; /* -1: nothing is held */
    gm_held_name name;
} gm_durable_lock;

/* Takes it for as long as this process lives, or until it is released. A small hidden file in the folder
 * stands for it, so that it holds between machines that share the folder, too. GM_IO: another process has it.
 */
gm_status gm_durable_lock_take(gm_durable_lock *lock, const char *path, gm_error *error);

/* Removes that file. May be called twice, and by the handler of a signal. */
void gm_durable_lock_release(gm_durable_lock *lock);

#endif

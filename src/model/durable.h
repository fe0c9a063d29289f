/* Replaces files durably: at every moment, even after a crash, the file is either the old one or the new one,
 * and complete. */
#ifndef GM_MODEL_DURABLE_H
#define GM_MODEL_DURABLE_H

#include "base/write.h"
#include "model/file_kind.h"
#include "model/held.h"

#include <stdbool.h>
#include <stddef.h>

/* One piece of the contents. The file consists of its parts, one after the other. */
typedef struct gm_buffer {
    const void *data;
    size_t size;
} gm_buffer;

/* Contents that are made piece by piece, so that they need not be in memory as a whole. */
typedef struct gm_durable_parts {
    bool (*next)(void *context,
                 gm_buffer *part); /* false: there are no more; a part lives until the next call */
    void *context;
} gm_durable_parts;

/* The system calls that are used. If one fails, the old file must stay complete; tests pass functions that
 * fail. */
typedef struct gm_durable_calls {
    gm_write_call *write;
    int (*fsync)(int fd);
    int (*close)(int fd);
    int (*renameat)(int from_folder, const char *from, int to_folder, const char *to);
} gm_durable_calls;

extern const gm_durable_calls gm_durable_system;

/* Writes a file: a temporary file in the same folder, fsync, rename, fsync of the folder. An existing file is
 * replaced only if it is of the kind (NULL: any) and not write-protected; its mode is kept. If the path is a
 * symbolic link, the file that it points to is replaced. Temporary files that killed processes have left in
 * the folder are removed.
 *
 * No lock is needed, nor looked at: each writer has a temporary file of its own, so the contents of two never
 * mix, and the last rename wins. A run that must be the only one that writes a file takes the lock below.
 *
 * GM_USAGE: the existing file is of another kind; GM_IO. After an error the old file is unchanged, except if
 * only the last fsync failed. */
gm_status gm_durable_write(const gm_durable_calls *calls, const char *path, const gm_file_kind *kind,
                           const gm_buffer *parts, size_t part_count, gm_error *error);

/* The same for contents that are made while they are written. */
gm_status gm_durable_write_parts(const gm_durable_calls *calls, const char *path, const gm_file_kind *kind,
                                 const gm_durable_parts *parts, gm_error *error);

/* Checks whether gm_durable_write could write to this path. Creates and removes a temporary file. */
gm_status gm_durable_probe(const char *path, const gm_file_kind *kind, gm_error *error);

/* A lock that lets only one run at a time write a file. */
typedef struct gm_durable_lock {
    int folder, fd; /* -1: not locked */
    gm_held_name name;
} gm_durable_lock;

/* Takes the lock until it is released or the process ends: before the first of many writes of one run, such
 * as models and checkpoints during training. gm_durable_write does not take it, because the owner of the lock
 * writes too, and a second lock of the same file is refused even within one process. The path may be that of
 * a file that is not there yet. The lock is a small hidden file in the same folder, so it also works between
 * machines that share the folder. GM_IO: another process has the lock. */
gm_status gm_durable_lock_take(gm_durable_lock *lock, const char *path, gm_error *error);

/* Releases the lock and removes its file. It may be called twice, and in a signal handler. */
void gm_durable_lock_release(gm_durable_lock *lock);

#endif

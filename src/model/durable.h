/* Files that are either the old one or the new one, whole, whatever happens meanwhile. */
#ifndef GM_MODEL_DURABLE_H
#define GM_MODEL_DURABLE_H

#include <gradmill/status.h>
#include <stddef.h>
#include <sys/types.h>

/* One piece of the contents; a file is its parts one after the other. */
typedef struct gm_part {
    const void *data;
    size_t size;
} gm_part;

/* The system calls whose failure must leave the old file whole; tests hand in calls that fail. */
typedef struct gm_durable_calls {
    ssize_t (*write)(int fd, const void *data, size_t size);
    int (*fsync)(int fd);
    int (*close)(int fd);
    int (*renameat)(int from_folder, const char *from, int to_folder, const char *to);
} gm_durable_calls;

extern const gm_durable_calls gm_durable_system;

/* Writes path: a temporary file in the same folder, fsync, rename, fsync of the folder. A file that is
 * replaced keeps its mode, and must be writable itself: a write-protected file is respected. A symbolic link
 * stays, the file that it leads to is replaced. GM_IO; the file is then as it was, except when only the last
 * fsync failed. */
gm_status gm_durable_write(const gm_durable_calls *calls, const char *path, const gm_part *parts,
                           size_t part_count, gm_error *error);

/* Whether gm_durable_write could write there. Makes and removes a temporary file. */
gm_status gm_durable_probe(const char *path, gm_error *error);

#endif

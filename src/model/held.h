/* Files that gradmill puts into a user's folder for a while: temporary files, and locks of a run. Each is
 * locked by flock as long as its owner lives. A file that is not locked was left by a process that was
 * killed, and may be removed. */
#ifndef GM_MODEL_HELD_H
#define GM_MODEL_HELD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define GM_HELD_NAME 40

typedef struct gm_held_name {
    char text[GM_HELD_NAME]; /* ".gradmill-0123456789abcdef.tmp" */
} gm_held_name;

/* Creates a new temporary file and locks it. Returns its descriptor, open for writing, or -1 with errno set.
 */
int gm_held_create(int folder, mode_t mode, gm_held_name *name);

/* The result of an attempt to take a lock. */
typedef enum gm_held_outcome {
    GM_HELD,           /* this process has the lock until *fd is closed */
    GM_HELD_BY_OTHER,  /* another process has it; *owner is its process id, or 0 if it is not known */
    GM_HELD_UNCERTAIN, /* this file system has no locks */
    GM_HELD_FAILED,    /* errno tells why */
} gm_held_outcome;

/* Takes the lock that belongs to the file `target`. That file need not exist. */
gm_held_outcome gm_held_lock(int folder, const char *target, gm_held_name *name, int *fd, long *owner);

/* Removes temporary files and lock files in the folder that no process has locked. Failures are ignored,
 * because they only cost disk space. */
void gm_held_remove_leftovers(int folder);

#endif

/* The path of a file that is to be written, as an open folder and a name in it. */
#ifndef GM_MODEL_DESTINATION_H
#define GM_MODEL_DESTINATION_H

#include "model/file_kind.h"

#include <sys/types.h>

/* Everything happens relative to the open folder, so a folder that is moved meanwhile does no harm. */
typedef struct gm_destination {
    const char *path; /* as the caller wrote it */
    char *resolved;   /* links followed; cut in two at its last slash */
    const char *name; /* within the folder */
    int folder;       /* open, or -1 */
    bool exists;      /* a regular file that may be replaced is there already */
    mode_t mode;      /* of what is there */
} gm_destination;

/* Finds the destination of `path`, through symbolic links. What is there already must be a regular file that
 * this process may write to, and of the kind, unless that is NULL. GM_IO, GM_USAGE for a file of another
 * kind. To be closed even after a failure. */
gm_status gm_destination_open(gm_destination *destination, const char *path, const gm_file_kind *kind,
                              gm_error *error);
void gm_destination_close(gm_destination *destination);

/* The line "PATH: cannot be written: WHAT"; returns GM_IO. */
gm_status gm_destination_fail(const gm_destination *destination, const char *what, gm_error *error);

#endif

/* The path of a file that is to be written, as an open folder and a name in it. */
#ifndef GM_MODEL_DESTINATION_H
#define GM_MODEL_DESTINATION_H

#include "model/file_kind.h"

#include <sys/types.h>

/* The folder is opened once, and all work is done relative to it. So it does no harm if the folder is moved
 * meanwhile. */
typedef struct gm_destination {
    const char *path; /* as the caller wrote it */
    char *resolved;   /* the path with all links followed, divided into folder and name at its last slash */
    const char *name; /* within the folder */
    int folder;       /* open, or -1 */
    bool exists;      /* a regular file that may be replaced is there already */
    mode_t mode;      /* of the existing file */
} gm_destination;

/* Finds the destination of `path`, following symbolic links. A file that exists there must be regular,
 * writable by this process, and of the kind (NULL: any). GM_IO; GM_USAGE: a file of another kind. Close the
 * destination even after a failure. */
gm_status gm_destination_open(gm_destination *destination, const char *path, const gm_file_kind *kind,
                              gm_error *error);
void gm_destination_close(gm_destination *destination);

/* Writes the error line "PATH: cannot be written: WHAT". Returns GM_IO. */
gm_status gm_destination_fail(const gm_destination *destination, const char *what, gm_error *error);

#endif

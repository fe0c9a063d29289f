/* The BLAS libraries that compare knows by name, and their paths in Debian. */
#ifndef GM_BENCH_PEERS_LIBRARIES_H
#define GM_BENCH_PEERS_LIBRARIES_H

#include <gradmill/status.h>
#include <stddef.h>

typedef struct gm_library {
    const char *name;    /* "blis-openmp"; for a library given by its path, that path */
    const char *package; /* Debian's; NULL for a path */
    char path[512];      /* of the shared object; empty: not installed */
} gm_library;

/* A known library by its index; its name is NULL past the last. */
gm_library gm_library_known(size_t index);

/* Finds a library by its name, or by a path with a slash. GM_USAGE: it is neither; the message lists the
 * names. */
gm_status gm_library_find(gm_library *library, const char *name, gm_error *error);

#endif

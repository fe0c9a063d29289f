/* BLAS libraries by name. */
#include "bench/peers/libraries.h"
#include "base/error.h"
#include "base/suggest.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__x86_64__)
#define FOLDER "/usr/lib/x86_64-linux-gnu/"
#elif defined(__aarch64__)
#define FOLDER "/usr/lib/aarch64-linux-gnu/"
#else
#define FOLDER "/usr/lib/"
#endif

static const struct {
    const char *name, *package, *file;
} known[] = {
    {"openblas-pthread", "libopenblas0-pthread", "openblas-pthread/libopenblas.so.0"},
    {"openblas-openmp", "libopenblas0-openmp", "openblas-openmp/libopenblas.so.0"},
    {"openblas-serial", "libopenblas0-serial", "openblas-serial/libopenblas.so.0"},
    {"blis-openmp", "libblis4-openmp", "blis-openmp/libblis.so.4"},
    {"blis-pthread", "libblis4-pthread", "blis-pthread/libblis.so.4"},
    {"blis-serial", "libblis4-serial", "blis-serial/libblis.so.4"},
    {"reference", "libblas3", "blas/libblas.so.3"},
};
#define KNOWN (sizeof known / sizeof *known)

gm_library gm_library_known(size_t index)
{
    gm_library library = {0};
    if (index >= KNOWN)
        return library;
    library.name = known[index].name;
    library.package = known[index].package;
    snprintf(library.path, sizeof library.path, FOLDER "%s", known[index].file);
    if (access(library.path, R_OK) != 0)
        library.path[0] = '\0';
    return library;
}

static gm_status find_path(gm_library *library, const char *path, gm_error *error)
{
    char whole[PATH_MAX];
    *library = (gm_library){.name = path};
    if (realpath(path, whole) && strlen(whole) >= sizeof library->path)
        return gm_fail(error, GM_USAGE, "%s: the path is too long", path);
    if (realpath(path, whole))
        memcpy(library->path, whole, strlen(whole) + 1);
    return GM_OK;
}

gm_status gm_library_find(gm_library *library, const char *name, gm_error *error)
{
    char names[256] = "";
    const char *list[KNOWN];
    if (strchr(name, '/'))
        return find_path(library, name, error);
    const size_t length = strlen(name);
    *library = (gm_library){0};
    for (size_t i = 0; i < KNOWN; i++) { /* "blis" is the first blis-... that is installed */
        const gm_library candidate = gm_library_known(i);
        const bool whole = strcmp(candidate.name, name) == 0;
        const bool family =
            length > 0 && strncmp(candidate.name, name, length) == 0 && candidate.name[length] == '-';
        if (whole || (family && (!library->name || (!*library->path && *candidate.path))))
            *library = candidate;
        strcat(strcat(names, i ? ", " : ""), candidate.name);
        list[i] = candidate.name;
    }
    if (library->name)
        return GM_OK;
    const char *meant = gm_suggest(name, list, KNOWN);
    return gm_fail(error, GM_USAGE, "--blas %s: expected %s, or a path with a slash%s", name, names,
                   gm_did_you_mean(meant).text);
}

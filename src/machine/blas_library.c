/* Finds the BLAS library and its functions at run time. */
#include "machine/blas_library.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/team.h"

#include <gradmill/system.h>
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Names of libraries in distributions that contain a whole CBLAS. Another library can be linked or preloaded.
 */
static const char *const names[] = {"libopenblas.so.0", "libblas.so.3", "libblis.so.4", "libmkl_rt.so.2"};

/* Address space that OpenBLAS takes when it is loaded: its file with the libraries that it needs, and a
 * buffer (128 MiB) and a stack for each of its threads. */
#define FILE_BYTES   ((size_t)64 << 20)
#define THREAD_BYTES ((size_t)136 << 20)

gm_blas_calls gm_cblas;

static bool take(void *library, const char *name, void *function)
{
    void *found = dlsym(library, name);
    memcpy(function, &found, sizeof found);
    return found != NULL;
}

/* Fills gm_cblas with the functions of a library. False, and gm_cblas unchanged, if one of them is missing.
 */
static bool fill(void *library)
{
    gm_blas_calls c;
    const bool whole = take(library, "cblas_sgemm", &c.sgemm) && take(library, "cblas_sgemv", &c.sgemv) &&
                       take(library, "cblas_sger", &c.sger) && take(library, "cblas_sscal", &c.sscal) &&
                       take(library, "cblas_dgemm", &c.dgemm) && take(library, "cblas_dgemv", &c.dgemv) &&
                       take(library, "cblas_dger", &c.dger) && take(library, "cblas_dscal", &c.dscal);
    if (whole)
        gm_cblas = c;
    return whole;
}

/* Number of threads that OpenBLAS will have, the caller included: one for each processor, or as its
 * environment variables say. */
static size_t threads_of_openblas(void)
{
    static const char *const variables[] = {"OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS"};
    const size_t processors = gm_system_threads().affinity;
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *text = getenv(variables[i]);
        const long threads = text ? strtol(text, NULL, 10) : 0;
        if (threads > 0)
            return gm_min((size_t)threads, processors);
    }
    return processors;
}

/* OpenBLAS retries forever if it gets no memory, and ends the process if it gets no threads. So both are
 * tried before it is loaded. */
static gm_status check_limits(gm_error *error)
{
    const size_t threads = threads_of_openblas();
    char size[32];
    size_t bytes;
    if (!gm_mul(threads, THREAD_BYTES, &bytes) || !gm_add(bytes, FILE_BYTES, &bytes))
        bytes = SIZE_MAX / 2;
    void *trial =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (trial == MAP_FAILED)
        return gm_fail(
            error, GM_LIMIT,
            "no memory to load the BLAS library; needed %s of address space; raise ulimit -v, or use "
            "backend packed",
            gm_format_bytes(size, sizeof size, bytes));
    munmap(trial, bytes);
    gm_team *team = NULL;
    if (gm_team_create(&team, threads, NULL) != GM_OK)
        return gm_fail(error, GM_LIMIT,
                       "cannot start %zu threads, as many as OpenBLAS would; raise ulimit -u, set "
                       "OPENBLAS_NUM_THREADS=1, or use backend packed",
                       threads);
    gm_team_destroy(team);
    return GM_OK;
}

static int look_for_interpreter(struct dl_phdr_info *program, size_t size, void *found)
{
    (void)size;
    for (size_t i = 0; i < program->dlpi_phnum; i++)
        if (program->dlpi_phdr[i].p_type == PT_INTERP)
            *(bool *)found = true;
    return 1; /* ends the iteration: the first object is the program itself */
}

/* Whether the program was linked with -static. A shared library that such a program loads brings a second C
 * library with it, which is not initialised; the first call of its allocator crashes. */
static bool is_static_program(void)
{
    bool found = false;
    dl_iterate_phdr(look_for_interpreter, &found);
    return !found;
}

static gm_status load(gm_error *error)
{
    char reason[160] = "libopenblas.so.0 has no CBLAS";
    bool no_memory = false;
    if (is_static_program())
        return gm_fail(error, GM_IO,
                       "no BLAS library: a program that is linked with -static cannot load one; use backend "
                       "packed, or link the C library dynamically");
    if (fill(RTLD_DEFAULT))
        return GM_OK;
    const gm_status status = check_limits(error);
    if (status != GM_OK)
        return status;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        errno = 0;
        void *library = dlopen(names[i], RTLD_LAZY | RTLD_GLOBAL);
        if (library && fill(library))
            return GM_OK;
        no_memory |= errno == ENOMEM;
        const char *why = library ? NULL : dlerror();
        if (library)
            dlclose(library);
        if (why && i == 0)
            snprintf(reason, sizeof reason, "%s", why);
    }
    if (no_memory)
        return gm_fail(error, GM_LIMIT, "no memory to load the BLAS library; use backend packed");
    return gm_fail(error, GM_IO, "no BLAS library: %s; install libopenblas0, or use backend packed", reason);
}

gm_status gm_blas_load(gm_error *error)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static bool loaded;
    pthread_mutex_lock(&mutex);
    const gm_status status = loaded ? GM_OK : load(error);
    loaded = status == GM_OK;
    pthread_mutex_unlock(&mutex);
    return status;
}

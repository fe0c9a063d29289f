/* Which BLAS library is loaded, how it was built, and its threads.
 *
 * All functions of the library are looked up by name at run time. The library that provides cblas_sgemm may
 * be another one than at build time (alternatives of Debian, LD_PRELOAD), and each library describes itself
 * by functions of its own. */
#include "machine/blas_info.h"
#include "machine/blas_library.h"
#include "base/error.h"
#include "base/lock.h"
#include "base/memory.h"
#include "base/number.h"

#include <gradmill/system.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* A function without arguments that returns a number. BLIS returns 64 bits and the others 32. All are called
 * as if they returned long; then the upper half of an int is undefined, so callers use the lower half only.
 */
typedef long get_number(void);
typedef const char *get_text(void);
typedef void set_number(long);

/* BUFFER_SIZE of OpenBLAS on 64-bit machines. It is address space: most of its pages are never used. */
#define OPENBLAS_BUFFER ((size_t)128 << 20)

typedef struct library {
    const char *vendor;
    const char *marker;    /* a symbol that no other library has */
    const char *path_part; /* of the file or its folder, for builds that hide the marker; or NULL */
    const char *get_threads, *set_threads; /* NULL = no threads of its own */
    size_t buffer; /* bytes that it maps for each calling thread, retrying forever; 0 = none */
    void (*describe)(gm_blas *blas);
} library;

static void copy(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from ? from : "");
}

static const char *call_text(const char *name)
{
    get_text *function = (get_text *)dlsym(RTLD_DEFAULT, name);
    return function ? function() : NULL;
}

static int call_number(const char *name, int otherwise)
{
    get_number *function = (get_number *)dlsym(RTLD_DEFAULT, name);
    return function ? (int)function() : otherwise;
}

static void describe_openblas(gm_blas *blas)
{
    copy(blas->config, sizeof blas->config, call_text("openblas_get_config"));
    copy(blas->core, sizeof blas->core, call_text("openblas_get_corename"));
    const int parallel = call_number("openblas_get_parallel", -1);
    if (parallel >= GM_BLAS_SERIAL && parallel <= GM_BLAS_OPENMP)
        blas->threading = (gm_blas_threading)parallel;
}

static void describe_blis(gm_blas *blas)
{
    const char *version = call_text("bli_info_get_version_str");
    if (version)
        snprintf(blas->config, sizeof blas->config, "BLIS %s", version);
    const char *(*core)(int) = (const char *(*)(int))dlsym(RTLD_DEFAULT, "bli_arch_string");
    if (core)
        copy(blas->core, sizeof blas->core, core(call_number("bli_arch_query_id", 0)));
    if (call_number("bli_info_get_enable_openmp", 0))
        blas->threading = GM_BLAS_OPENMP;
    else if (call_number("bli_info_get_enable_pthreads", 0))
        blas->threading = GM_BLAS_PTHREADS;
    else if (call_number("bli_info_get_enable_threading", 1) == 0)
        blas->threading = GM_BLAS_SERIAL;
}

static void describe_mkl(gm_blas *blas)
{
    void (*version)(char *, int) = (void (*)(char *, int))dlsym(RTLD_DEFAULT, "MKL_Get_Version_String");
    if (version)
        version(blas->config, (int)sizeof blas->config - 1);
}

static void describe_reference(gm_blas *blas)
{
    blas->threading = GM_BLAS_SERIAL;
    blas->threads = 1;
}

/* The reference library comes last, because builds of BLIS have its marker, too. */
static const library libraries[] = {
    {
        .vendor = "OpenBLAS",
        .marker = "openblas_get_config",
        .path_part = "openblas",
        .get_threads = "openblas_get_num_threads",
        .set_threads = "openblas_set_num_threads",
        .buffer = OPENBLAS_BUFFER,
        .describe = describe_openblas,
    },
    {
        .vendor = "BLIS",
        .marker = "bli_info_get_version_str",
        .path_part = "blis",
        .get_threads = "bli_thread_get_num_threads",
        .set_threads = "bli_thread_set_num_threads",
        .describe = describe_blis,
    },
    {
        .vendor = "MKL",
        .marker = "MKL_Get_Version_String",
        .path_part = "libmkl",
        .get_threads = "MKL_Get_Max_Threads",
        .set_threads = "MKL_Set_Num_Threads",
        .describe = describe_mkl,
    },
    {
        .vendor = "Reference BLAS",
        .marker = "RowMajorStrg",
        .describe = describe_reference,
    },
};

/* Finds the shared object in which a name is defined; false if there is none. */
static bool object_of(const char *symbol, Dl_info *info)
{
    void *address = dlsym(RTLD_DEFAULT, symbol);
    return address && dladdr(address, info) != 0;
}

/* The last two parts of a path: "openblas-pthread/libblas.so.3". */
static const char *tail(const char *path)
{
    const char *end = path + strlen(path);
    for (int slashes = 0; end > path; end--) {
        slashes += end[-1] == '/';
        if (slashes == 2)
            break;
    }
    return end;
}

/* Finds the library that defines cblas_sgemm. A marker counts only if it is defined in the same shared
 * object: if another library was preloaded, the linked one is there but does not compute. */
static const library *find_library(char path[PATH_MAX])
{
    Dl_info gemm, marker;
    path[0] = '\0';
    if (!object_of("cblas_sgemm", &gemm))
        return NULL;
    if (!realpath(gemm.dli_fname, path))
        snprintf(path, PATH_MAX, "%s", gemm.dli_fname);
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        const library *candidate = &libraries[i];
        if (object_of(candidate->marker, &marker) && marker.dli_fbase == gemm.dli_fbase)
            return candidate;
        if (candidate->path_part && strstr(tail(path), candidate->path_part))
            return candidate;
    }
    return NULL;
}

gm_blas gm_system_blas(void)
{
    gm_blas blas = {.vendor = "unknown", .threading = GM_BLAS_UNKNOWN};
    char path[PATH_MAX];
    gm_blas_load(NULL); /* if there is no library, everything stays unknown */
    const library *found = find_library(path);
    snprintf(blas.path, sizeof blas.path, "%.*s", (int)sizeof blas.path - 1, path);
    if (!found)
        return blas;
    copy(blas.vendor, sizeof blas.vendor, found->vendor);
    if (found->get_threads) {
        const int threads = call_number(found->get_threads, 0);
        blas.threads = threads > 0 ? threads : 0; /* BLIS returns -1 until the number has been set */
    }
    found->describe(&blas);
    return blas;
}

/* Global, because the number of threads of the BLAS library is global, too. */
static struct {
    size_t borrowers;
    set_number *set; /* NULL: there is nothing to restore */
    int former;
} loan; /* GM_LOCK_BLAS_THREADS protects it */

static void take_threads(void)
{
    char path[PATH_MAX];
    const library *found = find_library(path);
    loan.set = NULL;
    if (!found || !found->set_threads || !dlsym(RTLD_DEFAULT, found->get_threads))
        return;
    loan.set = (set_number *)dlsym(RTLD_DEFAULT, found->set_threads);
    loan.former = call_number(found->get_threads, 1);
    if (loan.set)
        loan.set(1);
}

void gm_blas_borrow_threads(void)
{
    gm_lock_take(GM_LOCK_BLAS_THREADS);
    if (loan.borrowers++ == 0)
        take_threads();
    gm_lock_release(GM_LOCK_BLAS_THREADS);
}

void gm_blas_return_threads(void)
{
    gm_lock_take(GM_LOCK_BLAS_THREADS);
    if (--loan.borrowers == 0 && loan.set)
        loan.set(loan.former);
    gm_lock_release(GM_LOCK_BLAS_THREADS);
}

gm_status gm_blas_check_room(size_t threads, gm_error *error)
{
    char path[PATH_MAX];
    char size[32];
    size_t bytes;
    const library *found = find_library(path);
    if (!found || found->buffer == 0)
        return GM_OK;
    if (!gm_mul(threads, found->buffer, &bytes))
        return gm_fail(error, GM_LIMIT, "%zu threads are more than any machine has", threads);
    void *trial =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (trial == MAP_FAILED)
        return gm_fail(
            error, GM_LIMIT,
            "no memory for the buffers of OpenBLAS; needed %s; use fewer threads or raise ulimit -v",
            gm_format_bytes(size, sizeof size, bytes));
    munmap(trial, bytes);
    return GM_OK;
}

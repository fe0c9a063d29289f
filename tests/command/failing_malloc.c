/* Preloaded into the command by the tests: makes the n-th request for memory or for a thread fail.
 *
 * Requests are counted from the first look at the arguments on (argp_parse), because nothing before it is the
 * command's, and those of OpenBLAS are let through: it does not survive a refusal.
 * GM_FAIL_AT=N chooses the request, 0 or nothing refuses none; GM_FAIL_COUNT=FILE receives how many there
 * were. */
#include <argp.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* glibc's own, under the names that nobody replaces. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static atomic_bool counting;
static atomic_long requests;
static long fail_at;

/* Set while jansson reads: it aborts when a request is refused, so its reader is only called where the memory
 * for it was found beforehand. */
static _Thread_local bool reading;

static bool from_blas(const void *caller)
{
    Dl_info about;
    return dladdr(caller, &about) && about.dli_fname && strstr(about.dli_fname, "blas");
}

static bool refuse(const void *caller)
{
    if (!atomic_load(&counting) || reading || from_blas(caller))
        return false;
    if (atomic_fetch_add(&requests, 1) + 1 != fail_at)
        return false;
    errno = ENOMEM;
    return true;
}

#define CALLER __builtin_return_address(0)

void *malloc(size_t size)
{
    return refuse(CALLER) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return refuse(CALLER) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    return refuse(CALLER) ? NULL : __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return refuse(CALLER) ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    void *const found = refuse(CALLER) ? NULL : __libc_memalign(alignment, size);
    if (!found)
        return ENOMEM;
    *memory = found;
    return 0;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                   void *argument)
{
    typedef int create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    create *const real = (create *)dlsym(RTLD_NEXT, "pthread_create");
    return refuse(CALLER) ? EAGAIN : real(thread, attributes, start, argument);
}

error_t argp_parse(const struct argp *argp, int argc, char **argv, unsigned flags, int *index, void *input)
{
    typedef error_t parse(const struct argp *, int, char **, unsigned, int *, void *);
    parse *const real = (parse *)dlsym(RTLD_NEXT, "argp_parse");
    const char *const at = getenv("GM_FAIL_AT");
    fail_at = at ? strtol(at, NULL, 10) : 0;
    atomic_store(&counting, true);
    return real(argp, argc, argv, flags, index, input);
}

/* As in jansson.h, without its types. */
void *json_loadb(const char *text, size_t size, size_t flags, void *error);

void *json_loadb(const char *text, size_t size, size_t flags, void *error)
{
    typedef void *load(const char *, size_t, size_t, void *);
    load *const real = (load *)dlsym(RTLD_NEXT, "json_loadb");
    reading = true;
    void *const json = real(text, size, flags, error);
    reading = false;
    return json;
}

__attribute__((destructor)) static void report(void)
{
    const char *const path = getenv("GM_FAIL_COUNT");
    char text[32];
    atomic_store(&counting, false);
    const int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
    const int size = snprintf(text, sizeof text, "%ld\n", atomic_load(&requests));
    if (fd < 0 || write(fd, text, (size_t)size) != size)
        return;
    close(fd);
}

/* Fault injection: makes the n-th call of a kind fail, in the unchanged command.
 *
 * The library is preloaded, so its functions are called in place of those of the C library, or of the
 * sanitizers, which then check what the command does after a fault. It counts and fails the calls of the
 * command, of jansson and of zlib, from main on. Calls of OpenBLAS never fail, because OpenBLAS does not
 * survive that.
 *
 *   GM_INJECT=KIND:FAULT:N  The N-th call of KIND meets FAULT; with "N+" all later ones too. 0: none.
 *   GM_INJECT_REPORT=FILE   Receives "fired N CALL by MODULE+OFFSET" when that happens, and when main returns
 *                           "total N" (calls of KIND), "block SIZE by MODULE+OFFSET" for each allocation that
 *                           was not freed, "descriptor N" for each that was not closed.
 *
 * KIND is memory, open, read, write, fsync, rename, close, unlink, map or thread. FAULT is "short" (half of a
 * read or of a write, at least one byte) or the name of an error. The streams of glibc do not use the
 * functions here, so standard output and files of fopen are replaced by streams that do. */
#undef _FILE_OFFSET_BITS /* it would rename open to open64, and both are wanted here */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The next function of that name: the C library's or, in a build with sanitizers, theirs on its way there. */
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

enum kind { NONE, MEMORY, OPEN, READ, WRITE, FSYNC, RENAME, CLOSE, UNLINK, MAP, THREAD };

static const char *const kinds[] = {"none",   "memory", "open",   "read", "write", "fsync",
                                    "rename", "close",  "unlink", "map",  "thread"};

static const struct {
    const char *name;
    int number;
} faults[] = {{"short", 0},       {"EINTR", EINTR},   {"EIO", EIO},       {"ENOSPC", ENOSPC},
              {"ENOMEM", ENOMEM}, {"EMFILE", EMFILE}, {"EACCES", EACCES}, {"EAGAIN", EAGAIN}};

static struct {
    enum kind kind;
    int fault; /* 0: short */
    long at;   /* 0: never */
    bool stays;
    int report; /* descriptor, or -1 */
    atomic_bool counting;
    atomic_long calls;
} plan = {.report = -1};

/* Set while calls must not fail. This is while jansson parses, because it aborts or writes beyond its buffer
 * if it gets no memory (the command checks the memory before it calls jansson), and while the BLAS library is
 * loaded, because its initialisers do not survive a failure. */
static _Thread_local bool paused;

/* Set while a thread runs its function. Before that, calls come from a sanitizer, which looks for the
 * thread's stack. */
static _Thread_local bool at_work;

static void say(const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    const int size = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (plan.report >= 0 && size > 0)
        (void)!syscall(SYS_write, plan.report, line, (size_t)size);
}

typedef struct place {
    char text[256];
} place;

static place name_place(const void *caller)
{
    Dl_info about = {0};
    place result = {"?"};
    if (dladdr(caller, &about) && about.dli_fname) {
        const char *const slash = strrchr(about.dli_fname, '/');
        snprintf(result.text, sizeof result.text, "%s+%#tx", slash ? slash + 1 : about.dli_fname,
                 (const char *)caller - (const char *)about.dli_fbase);
    }
    return result;
}

static bool from_blas(const void *caller)
{
    Dl_info about;
    return dladdr(caller, &about) && about.dli_fname && strstr(about.dli_fname, "blas");
}

/* Whether this call is to fail; errno is then set, to 0 for a short one. */
static bool refuse(enum kind kind, const char *call, const void *caller)
{
    if (kind != plan.kind || !atomic_load(&plan.counting) || paused || !at_work || from_blas(caller))
        return false;
    const long number = atomic_fetch_add(&plan.calls, 1) + 1;
    if (plan.at == 0 || (plan.stays ? number < plan.at : number != plan.at))
        return false;
    if (number == plan.at)
        say("fired %ld %s by %s\n", number, call, name_place(caller).text);
    errno = plan.fault;
    return true;
}

#define CALLER __builtin_return_address(0)

/* The blocks in use, in a hash table that only grows. The leak checker of AddressSanitizer takes any number
 * that looks like an address for a reference to the block. So addresses are stored with all bits inverted. */
enum { BLOCKS = 1 << 16 };
static struct block {
    uintptr_t key; /* of the block's address; 0: never used; 1: used before */
    const void *caller;
    size_t size;
} blocks[BLOCKS];
static atomic_flag blocks_held = ATOMIC_FLAG_INIT;
static atomic_bool blocks_full;

static uintptr_t key_of(const void *memory)
{
    return ~(uintptr_t)memory;
}

static size_t first_slot(uintptr_t key)
{
    return (size_t)(key * 0x9E3779B97F4A7C15U >> 48) % BLOCKS;
}

static void hold_blocks(void)
{
    while (atomic_flag_test_and_set(&blocks_held))
        ;
}

static bool is_tracked(const void *caller)
{
    Dl_info about;
    return dladdr(caller, &about) && about.dli_fname &&
           (strstr(about.dli_fname, "gradmill") || strstr(about.dli_fname, "jansson") ||
            strstr(about.dli_fname, "libz."));
}

static void *add_block(void *memory, size_t size, const void *caller)
{
    if (!memory || !atomic_load(&plan.counting) || !is_tracked(caller))
        return memory;
    hold_blocks();
    size_t slot = first_slot(key_of(memory)), tried = 0;
    while (blocks[slot].key > 1 && tried++ < BLOCKS)
        slot = (slot + 1) % BLOCKS;
    if (tried < BLOCKS)
        blocks[slot] = (struct block){key_of(memory), caller, size};
    else
        atomic_store(&blocks_full, true);
    atomic_flag_clear(&blocks_held);
    return memory;
}

static void remove_block(const void *memory)
{
    if (!memory)
        return;
    hold_blocks();
    size_t slot = first_slot(key_of(memory));
    for (size_t tried = 0; blocks[slot].key != 0 && tried < BLOCKS; tried++) {
        if (blocks[slot].key == key_of(memory)) {
            blocks[slot].key = 1;
            break;
        }
        slot = (slot + 1) % BLOCKS;
    }
    atomic_flag_clear(&blocks_held);
}

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *memory, size_t size);
void *aligned_alloc(size_t alignment, size_t size);
int posix_memalign(void **memory, size_t alignment, size_t size);
void free(void *memory);

/* Looked up once, because dlsym itself frees what is left of its last error. */
static struct {
    __typeof__(&malloc) malloc;
    __typeof__(&calloc) calloc;
    __typeof__(&realloc) realloc;
    __typeof__(&aligned_alloc) aligned_alloc;
    __typeof__(&posix_memalign) posix_memalign;
    __typeof__(&free) free;
} next;
static atomic_bool allocators_found;

static void find_allocators(void)
{
    if (atomic_load(&allocators_found))
        return;
    next.malloc = REAL(malloc);
    next.calloc = REAL(calloc);
    next.realloc = REAL(realloc);
    next.aligned_alloc = REAL(aligned_alloc);
    next.posix_memalign = REAL(posix_memalign);
    next.free = REAL(free);
    atomic_store(&allocators_found, true);
}

#define ALLOCATOR(name) (find_allocators(), next.name)

void *malloc(size_t size)
{
    return refuse(MEMORY, "malloc", CALLER) ? NULL : add_block(ALLOCATOR(malloc)(size), size, CALLER);
}

void *calloc(size_t count, size_t size)
{
    return refuse(MEMORY, "calloc", CALLER) ? NULL
                                            : add_block(ALLOCATOR(calloc)(count, size), count * size, CALLER);
}

void *realloc(void *memory, size_t size)
{
    if (refuse(MEMORY, "realloc", CALLER))
        return NULL;
    remove_block(memory);
    void *const larger = ALLOCATOR(realloc)(memory, size);
    return add_block(larger ? larger : memory, size, CALLER), larger;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return refuse(MEMORY, "aligned_alloc", CALLER)
               ? NULL
               : add_block(ALLOCATOR(aligned_alloc)(alignment, size), size, CALLER);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    const int refused = refuse(MEMORY, "posix_memalign", CALLER)
                            ? ENOMEM
                            : ALLOCATOR(posix_memalign)(memory, alignment, size);
    if (refused == 0)
        add_block(*memory, size, CALLER);
    return refused;
}

void free(void *memory)
{
    remove_block(memory);
    ALLOCATOR(free)(memory);
}

int open(const char *path, int flags, ...);
int open64(const char *path, int flags, ...);
int openat(int folder, const char *path, int flags, ...);
int openat64(int folder, const char *path, int flags, ...);
DIR *opendir(const char *path);
ssize_t read(int fd, void *to, size_t size);
ssize_t pread(int fd, void *to, size_t size, off_t offset);
ssize_t pread64(int fd, void *to, size_t size, off_t offset);
ssize_t write(int fd, const void *from, size_t size);
int fsync(int fd);
int fdatasync(int fd);
int rename(const char *from, const char *to);
int renameat(int from_folder, const char *from, int to_folder, const char *to);
int close(int fd);
int unlink(const char *path);
int unlinkat(int folder, const char *path, int flags);
void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset);
void *mmap64(void *address, size_t size, int protection, int flags, int fd, off_t offset);

/* The half of a short read or write. */
static size_t half(size_t size)
{
    return size > 1 ? size / 2 : size;
}

static int open_at(int folder, const char *path, int flags, mode_t mode, const void *caller)
{
    return refuse(OPEN, "open", caller) ? -1 : REAL(openat64)(folder, path, flags, mode);
}

static ssize_t read_from(int fd, void *to, size_t size, const void *caller)
{
    if (refuse(READ, "read", caller)) {
        if (plan.fault != 0)
            return -1;
        size = half(size);
    }
    return REAL(read)(fd, to, size);
}

static ssize_t write_to(int fd, const void *from, size_t size, const void *caller)
{
    if (refuse(WRITE, "write", caller)) {
        if (plan.fault != 0)
            return -1;
        size = half(size);
    }
    return REAL(write)(fd, from, size);
}

/* The descriptor is closed even if close reports an error. */
static int close_it(int fd, const void *caller)
{
    const bool refused = refuse(CLOSE, "close", caller);
    const int result = REAL(close)(fd);
    if (!refused)
        return result;
    errno = plan.fault;
    return -1;
}

#define MODE_AFTER(flags)                                                                                    \
    va_list arguments;                                                                                       \
    va_start(arguments, flags);                                                                              \
    const mode_t mode = (flags) & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;                     \
    va_end(arguments)

int open(const char *path, int flags, ...)
{
    MODE_AFTER(flags);
    return open_at(AT_FDCWD, path, flags, mode, CALLER);
}

int open64(const char *path, int flags, ...)
{
    MODE_AFTER(flags);
    return open_at(AT_FDCWD, path, flags, mode, CALLER);
}

int openat(int folder, const char *path, int flags, ...)
{
    MODE_AFTER(flags);
    return open_at(folder, path, flags, mode, CALLER);
}

int openat64(int folder, const char *path, int flags, ...)
{
    MODE_AFTER(flags);
    return open_at(folder, path, flags, mode, CALLER);
}

DIR *opendir(const char *path)
{
    return refuse(OPEN, "opendir", CALLER) ? NULL : REAL(opendir)(path);
}

ssize_t read(int fd, void *to, size_t size)
{
    return read_from(fd, to, size, CALLER);
}

static ssize_t pread_from(int fd, void *to, size_t size, off_t offset, const void *caller)
{
    if (refuse(READ, "pread", caller)) {
        if (plan.fault != 0)
            return -1;
        size = half(size);
    }
    return REAL(pread64)(fd, to, size, offset);
}

ssize_t pread(int fd, void *to, size_t size, off_t offset)
{
    return pread_from(fd, to, size, offset, CALLER);
}

ssize_t pread64(int fd, void *to, size_t size, off_t offset)
{
    return pread_from(fd, to, size, offset, CALLER);
}

ssize_t write(int fd, const void *from, size_t size)
{
    return write_to(fd, from, size, CALLER);
}

int fsync(int fd)
{
    return refuse(FSYNC, "fsync", CALLER) ? -1 : REAL(fsync)(fd);
}

int fdatasync(int fd)
{
    return refuse(FSYNC, "fdatasync", CALLER) ? -1 : REAL(fdatasync)(fd);
}

int rename(const char *from, const char *to)
{
    return refuse(RENAME, "rename", CALLER) ? -1 : REAL(rename)(from, to);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    return refuse(RENAME, "renameat", CALLER) ? -1 : REAL(renameat)(from_folder, from, to_folder, to);
}

int close(int fd)
{
    return close_it(fd, CALLER);
}

int unlink(const char *path)
{
    return refuse(UNLINK, "unlink", CALLER) ? -1 : REAL(unlink)(path);
}

int unlinkat(int folder, const char *path, int flags)
{
    return refuse(UNLINK, "unlinkat", CALLER) ? -1 : REAL(unlinkat)(folder, path, flags);
}

void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    return refuse(MAP, "mmap", CALLER) ? MAP_FAILED
                                       : REAL(mmap)(address, size, protection, flags, fd, offset);
}

void *mmap64(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    return refuse(MAP, "mmap", CALLER) ? MAP_FAILED
                                       : REAL(mmap)(address, size, protection, flags, fd, offset);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                   void *argument);
int posix_spawn(pid_t *process, const char *path, const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[]);
int posix_spawnp(pid_t *process, const char *file, const posix_spawn_file_actions_t *actions,
                 const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[]);

struct beginning {
    void *(*start)(void *);
    void *argument;
};

static void *begin_work(void *memory)
{
    const struct beginning of = *(struct beginning *)memory;
    ALLOCATOR(free)(memory);
    at_work = true;
    return of.start(of.argument);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                   void *argument)
{
    if (refuse(THREAD, "pthread_create", CALLER))
        return plan.fault;
    struct beginning *const of = ALLOCATOR(malloc)(sizeof *of);
    if (!of)
        return EAGAIN;
    *of = (struct beginning){start, argument};
    const int failed = REAL(pthread_create)(thread, attributes, begin_work, of);
    if (failed)
        ALLOCATOR(free)(of);
    return failed;
}

int posix_spawn(pid_t *process, const char *path, const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[])
{
    return refuse(THREAD, "posix_spawn", CALLER)
               ? plan.fault
               : REAL(posix_spawn)(process, path, actions, attributes, arguments, environment);
}

int posix_spawnp(pid_t *process, const char *file, const posix_spawn_file_actions_t *actions,
                 const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[])
{
    return refuse(THREAD, "posix_spawnp", CALLER)
               ? plan.fault
               : REAL(posix_spawnp)(process, file, actions, attributes, arguments, environment);
}

/* Streams whose calls are counted. */
static ssize_t stream_read(void *cookie, char *to, size_t size)
{
    return read_from((int)(intptr_t)cookie, to, size, CALLER);
}

/* glibc goes on after a short write, and so does this; what it has written before an error counts. */
static ssize_t stream_write(void *cookie, const char *from, size_t size)
{
    size_t done = 0;
    while (done < size) {
        const ssize_t more = write_to((int)(intptr_t)cookie, from + done, size - done, CALLER);
        if (more < 0)
            break;
        done += (size_t)more;
    }
    return (ssize_t)done;
}

static int stream_seek(void *cookie, off64_t *offset, int whence)
{
    const off64_t at = lseek64((int)(intptr_t)cookie, *offset, whence);
    if (at < 0)
        return -1;
    *offset = at;
    return 0;
}

static int stream_close(void *cookie)
{
    return close_it((int)(intptr_t)cookie, CALLER);
}

static FILE *make_stream(int fd, const char *mode)
{
    const cookie_io_functions_t calls = {stream_read, stream_write, stream_seek, stream_close};
    return fopencookie((void *)(intptr_t)fd, mode, calls);
}

FILE *fopen(const char *path, const char *mode);
FILE *fopen64(const char *path, const char *mode);

static FILE *open_stream(const char *path, const char *mode, const void *caller)
{
    const bool both = strchr(mode, '+');
    int flags = mode[0] == 'r' ? 0 : O_CREAT | (mode[0] == 'a' ? O_APPEND : O_TRUNC);
    flags |= both ? O_RDWR : mode[0] == 'r' ? O_RDONLY : O_WRONLY;
    const int fd = open_at(AT_FDCWD, path, flags | O_CLOEXEC, 0666, caller);
    FILE *const stream = fd < 0 ? NULL : make_stream(fd, mode);
    if (fd >= 0 && !stream)
        REAL(close)(fd);
    return stream;
}

FILE *fopen(const char *path, const char *mode)
{
    return open_stream(path, mode, CALLER);
}

FILE *fopen64(const char *path, const char *mode)
{
    return open_stream(path, mode, CALLER);
}

/* As in jansson.h, without its types. */
void *json_loadb(const char *text, size_t size, size_t flags, void *error);

void *json_loadb(const char *text, size_t size, size_t flags, void *error)
{
    typedef void *load(const char *, size_t, size_t, void *);
    paused = true;
    void *const json = ((load *)dlsym(RTLD_NEXT, "json_loadb"))(text, size, flags, error);
    paused = false;
    return json;
}

/* Of the leak checker, where there is one. */
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

/* Memory that the loader keeps is not a leak. The checker does not know that, because it sees this file as
 * the caller. */
void *dlopen(const char *file, int mode)
{
    paused = true;
    if (__lsan_disable)
        __lsan_disable();
    void *const library = REAL(dlopen)(file, mode);
    if (__lsan_enable)
        __lsan_enable();
    paused = false;
    return library;
}

static void read_plan(const char *text)
{
    char kind[16], fault[16], sign = 0;
    if (!text || sscanf(text, "%15[^:]:%15[^:]:%ld%c", kind, fault, &plan.at, &sign) < 3)
        return;
    plan.stays = sign == '+';
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i], kind) == 0)
            plan.kind = (enum kind)i;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (strcmp(faults[i].name, fault) == 0)
            plan.fault = faults[i].number;
}

enum { DESCRIPTORS = 128 };
static bool open_before[DESCRIPTORS];

static bool is_open(int fd)
{
    return syscall(SYS_fcntl, fd, F_GETFD) >= 0;
}

/* Children of the command run as they are. */
static void begin(void)
{
    const char *const report = getenv("GM_INJECT_REPORT");
    read_plan(getenv("GM_INJECT"));
    if (report)
        plan.report =
            (int)syscall(SYS_openat, AT_FDCWD, report, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    unsetenv("GM_INJECT");
    unsetenv("GM_INJECT_REPORT");
    FILE *const out = make_stream(STDOUT_FILENO, "w");
    if (out)
        stdout = out;
    for (int fd = 0; fd < DESCRIPTORS; fd++)
        open_before[fd] = is_open(fd);
    at_work = true;
    atomic_store(&plan.counting, true);
}

static void report_rest(void)
{
    if (atomic_load(&blocks_full))
        say("blocks full\n");
    for (size_t i = 0; i < BLOCKS; i++)
        if (blocks[i].key > 1)
            say("block %zu by %s\n", blocks[i].size, name_place(blocks[i].caller).text);
    for (int fd = 0; fd < DESCRIPTORS; fd++)
        if (is_open(fd) && !open_before[fd])
            say("descriptor %d\n", fd);
}

/* Runs main and reports what was not freed when it returns. A command that calls exit need not free anything.
 */
static int run(int (*real)(int, char **, char **), int argc, char **argv, char **environment)
{
    begin();
    const int code = real(argc, argv, environment);
    report_rest();
    return code;
}

__attribute__((destructor)) static void end(void)
{
    atomic_store(&plan.counting, false);
    say("total %ld\n", atomic_load(&plan.calls));
}

/* coverage_exits.c calls this by its name, because writing coverage counters must not meet faults. */
void inject_stop(void);
void inject_stop(void)
{
    atomic_store(&plan.counting, false);
}

typedef int main_function(int, char **, char **);
typedef int start(main_function *, int, char **, void (*)(void), void (*)(void), void (*)(void), void *);
start __libc_start_main;

static main_function *real_main;

static int counted_main(int argc, char **argv, char **environment)
{
    return run(real_main, argc, argv, environment);
}

int __libc_start_main(main_function *main, int argc, char **argv, void (*init)(void), void (*fini)(void),
                      void (*rtld_fini)(void), void *stack_end)
{
    real_main = main;
    start *const real = (start *)dlsym(RTLD_NEXT, "__libc_start_main");
    return real(counted_main, argc, argv, init, fini, rtld_fini, stack_end);
}

/* Starts a child process, sends it commands, reads its answers, and ends it. child.h has the idea. */
#include "bench/contest/child.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PRELOAD "LD_PRELOAD="

/* Makes the text "LD_PRELOAD=LIBRARY:FORMER", which the caller frees. NULL on failure; *status says why. */
static char *preload_entry(const char *library, gm_error *error, gm_status *status)
{
    const char *former = getenv("LD_PRELOAD");
    char *entry;
    if (strpbrk(library, " :")) {
        *status = gm_fail(error, GM_USAGE, "%s: a path with a blank or a colon cannot be preloaded", library);
        return NULL;
    }
    if (asprintf(&entry, PRELOAD "%s%s%s", library, former ? ":" : "", former ? former : "") < 0) {
        *status = gm_fail_memory(error, "an environment", strlen(library));
        return NULL;
    }
    return entry;
}

/* A copy of the environment in which LD_PRELOAD is replaced by the entry. The strings are not copied. */
static char **environment_with(char *entry)
{
    size_t count = 0, kept = 0;
    while (environ[count])
        count++;
    char **copy = gm_alloc(count + 2, sizeof *copy);
    for (size_t i = 0; copy && i < count; i++)
        if (strncmp(environ[i], PRELOAD, strlen(PRELOAD)) != 0)
            copy[kept++] = environ[i];
    if (copy)
        copy[kept] = entry;
    return copy;
}

/* Moves a descriptor to a number above those that the child uses. This is needed because dup2 to the same
 * number does nothing, and the descriptor would be closed on exec. */
static int lift(int descriptor)
{
    return descriptor < 0 ? -1 : fcntl(descriptor, F_DUPFD_CLOEXEC, GM_CHILD_PROBLEM + 1);
}

static int spawn(gm_child *child, const gm_child_options *options, int socket, int problem,
                 char **environment)
{
    posix_spawn_file_actions_t actions;
    int fault = posix_spawn_file_actions_init(&actions);
    if (fault)
        return fault;
    fault = posix_spawn_file_actions_adddup2(&actions, socket, STDIN_FILENO);
    if (!fault)
        fault = posix_spawn_file_actions_adddup2(&actions, socket, STDOUT_FILENO);
    if (!fault)
        fault = posix_spawn_file_actions_adddup2(&actions, child->complaint, STDERR_FILENO);
    if (!fault && problem >= 0)
        fault = posix_spawn_file_actions_adddup2(&actions, problem, GM_CHILD_PROBLEM);
    if (!fault) /* arguments are not written to: the type is older than const */
        fault = posix_spawnp(&child->process, options->arguments[0], &actions, NULL,
                             (char *const *)(uintptr_t)options->arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    return fault;
}

static gm_status spawn_with_ends(gm_child *child, const gm_child_options *options, char **environment,
                                 gm_error *error)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return gm_fail(error, GM_IO, "cannot make a socket: %s", strerror(errno));
    child->line = ends[0];
    const int complaint = memfd_create("stderr", MFD_CLOEXEC), socket = lift(ends[1]),
              problem = lift(options->problem);
    child->complaint = lift(complaint);
    int fault = child->complaint < 0 || socket < 0 || (options->problem >= 0 && problem < 0) ? errno : 0;
    if (!fault)
        fault = spawn(child, options, socket, problem, environment);
    const int done[] = {ends[1], complaint, socket, problem};
    for (size_t i = 0; i < sizeof done / sizeof *done; i++)
        if (done[i] >= 0)
            close(done[i]);
    if (fault == 0)
        return GM_OK;
    child->process = 0;
    gm_child_stop(child);
    return gm_fail(error, GM_IO, "%s: cannot start: %s", options->arguments[0], strerror(fault));
}

gm_status gm_child_start(gm_child *child, const gm_child_options *options, gm_error *error)
{
    gm_status status = GM_OK;
    *child = (gm_child){.line = -1, .complaint = -1};
    if (!options->preload)
        return spawn_with_ends(child, options, environ, error);
    char *entry = preload_entry(options->preload, error, &status);
    if (!entry)
        return status;
    char **environment = environment_with(entry);
    status = environment ? spawn_with_ends(child, options, environment, error)
                         : gm_fail_memory(error, "an environment", 0);
    gm_free(environment);
    free(entry);
    return status;
}

/* The last line that the child wrote to stderr, or an empty text. */
static void last_complaint(const gm_child *child, char *line, size_t size)
{
    char text[2048];
    const off_t end = lseek(child->complaint, 0, SEEK_END);
    const off_t start = end > (off_t)sizeof text - 1 ? end - ((off_t)sizeof text - 1) : 0;
    ssize_t length = end > 0 ? pread(child->complaint, text, sizeof text - 1, start) : 0;
    while (length > 0 && text[length - 1] == '\n')
        length--;
    text[length > 0 ? length : 0] = '\0';
    const char *last = strrchr(text, '\n');
    snprintf(line, size, "%.*s", (int)size - 1, last ? last + 1 : text);
}

/* Waits for a child that has closed its connection, and writes the error line that says how it ended. */
static gm_status describe_end(gm_child *child, gm_error *error)
{
    int ended = 0;
    char line[400];
    last_complaint(child, line, sizeof line);
    const char *colon = *line ? ": " : "";
    while (waitpid(child->process, &ended, 0) < 0 && errno == EINTR)
        ;
    child->process = 0;
    gm_child_stop(child);
    if (WIFSIGNALED(ended))
        return gm_fail(error, GM_IO, "died of signal %d (%s)%s%s", WTERMSIG(ended),
                       strsignal(WTERMSIG(ended)), colon, line);
    return gm_fail(error, GM_IO, "ended with exit code %d%s%s", WEXITSTATUS(ended), colon, line);
}

/* Waits until the child ends, but not beyond the deadline. A child may close its connection and go on
 * running. */
static bool ends_by(const gm_child *child, uint64_t deadline)
{
    siginfo_t about = {0};
    while (waitid(P_PID, (id_t)child->process, &about, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           about.si_pid == 0) {
        if (gm_clock() >= deadline)
            return false;
        (void)poll(NULL, 0, 2);
    }
    return true;
}

static gm_status give_up(gm_child *child, double seconds, gm_error *error)
{
    char text[32];
    kill(child->process, SIGKILL);
    (void)describe_end(child, NULL);
    return gm_fail(error, GM_IO, "killed: no answer within %s s",
                   gm_format_double(text, sizeof text, seconds, 3));
}

/* Reads more bytes of the answer. Returns 1 if some came, 0 if the child has closed the connection, -1 if the
 * time is over. */
static int receive(gm_child *child, uint64_t deadline)
{
    for (;;) {
        const uint64_t now = gm_clock();
        struct pollfd wait = {.fd = child->line, .events = POLLIN};
        const int left = now < deadline ? (int)((deadline - now) / 1000000) + 1 : 0;
        const int ready = left > 0 ? poll(&wait, 1, left) : 0;
        if (ready == 0)
            return -1;
        const ssize_t got = ready < 0 ? -1
                                      : recv(child->line, child->answer + child->filled,
                                             sizeof child->answer - child->filled, 0);
        if (got < 0 && errno == EINTR)
            continue;
        child->filled += got > 0 ? (size_t)got : 0;
        return got > 0;
    }
}

static gm_status listen_for_line(gm_child *child, double seconds, uint64_t deadline, const char **answer,
                                 gm_error *error)
{
    for (;;) {
        char *end = memchr(child->answer, '\n', child->filled);
        if (end) {
            *end = '\0';
            child->consumed = (size_t)(end - child->answer) + 1;
            *answer = child->answer;
            return GM_OK;
        }
        const int state = child->filled < sizeof child->answer ? receive(child, deadline) : -1;
        if (state < 0 || (state == 0 && !ends_by(child, deadline)))
            return give_up(child, seconds, error);
        if (state == 0)
            return describe_end(child, error);
    }
}

gm_status gm_child_ask(gm_child *child, const char *command, double seconds, const char **answer,
                       gm_error *error)
{
    const uint64_t deadline = gm_clock() + (uint64_t)(seconds * 1e9);
    if (child->process == 0)
        return gm_fail(error, GM_IO, "not running");
    child->filled -= child->consumed;
    memmove(child->answer, child->answer + child->consumed, child->filled);
    child->consumed = 0;
    if (command) { /* that the child is dead is noticed when no answer comes */
        (void)send(child->line, command, strlen(command), MSG_NOSIGNAL);
        (void)send(child->line, "\n", 1, MSG_NOSIGNAL);
    }
    return listen_for_line(child, seconds, deadline, answer, error);
}

void gm_child_stop(gm_child *child)
{
    if (child->line >= 0)
        close(child->line);
    if (child->process > 0) {
        if (!ends_by(child, gm_clock() + 1000000000))
            kill(child->process, SIGKILL);
        waitpid(child->process, NULL, 0);
    }
    if (child->complaint >= 0)
        close(child->complaint);
    *child = (gm_child){.line = -1, .complaint = -1};
}

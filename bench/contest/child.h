/* A child process that answers each line of text with one line. Libraries and peers are measured in processes
 * of their own. If one of them crashes or hangs, its row has no result, and the others are not affected.
 *
 * The child's stdin and stdout are one end of a socket. Its stderr is stored; if the child dies, the error
 * message shows its last line. It is started by posix_spawn, because a fork would copy a process whose BLAS
 * has threads. */
#ifndef GM_BENCH_CONTEST_CHILD_H
#define GM_BENCH_CONTEST_CHILD_H

#include <gradmill/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The number of the descriptor from which a child reads its problem (problem.h). */
#define GM_CHILD_PROBLEM      3
#define GM_CHILD_PROBLEM_PATH "/dev/fd/3"

typedef struct gm_child {
    pid_t process; /* 0: not running */
    int line;      /* our end of the socket */
    int complaint; /* what the child wrote to stderr */
    char answer[4096];
    size_t filled;   /* bytes of answer that were received; there may be more than one line */
    size_t consumed; /* bytes of the line that was returned last, its end included */
} gm_child;

typedef struct gm_child_options {
    const char *const *arguments; /* NULL-terminated; [0] is the program, searched in PATH without a slash */
    const char *preload;          /* a library to load before all others; NULL: none */
    int problem;                  /* becomes the child's descriptor 3; -1: none */
} gm_child_options;

/* Starts the child with the environment of this process; only LD_PRELOAD is changed if there is a library to
 * preload. GM_IO: the program does not exist, or the system refuses to start it. GM_USAGE: LD_PRELOAD cannot
 * contain the path of the library. */
gm_status gm_child_start(gm_child *child, const gm_child_options *options, gm_error *error);

/* Sends `command` (NULL: sends nothing) and waits for one line of answer. *answer is valid until the next
 * call. GM_IO, with the reason: the child has ended, or did not answer in time and was killed. */
gm_status gm_child_ask(gm_child *child, const char *command, double seconds, const char **answer,
                       gm_error *error);

/* Closes the connection, gives the child a second to end, and then kills it. Does nothing if the child is not
 * running. */
void gm_child_stop(gm_child *child);

#endif

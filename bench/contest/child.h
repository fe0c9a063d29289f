/* A child process that answers one line to each line: libraries and peers are measured in processes of their
 * own, so that one that crashes or hangs costs its row and nothing else.
 *
 * The child's stdin and stdout are one end of a socket, its stderr is kept for the message if it dies. It is
 * started by posix_spawn, because a fork would copy a process whose BLAS has threads. */
#ifndef GM_BENCH_CONTEST_CHILD_H
#define GM_BENCH_CONTEST_CHILD_H

#include <gradmill/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The descriptor under which a child finds the problem it was given (problem.h). */
#define GM_CHILD_PROBLEM      3
#define GM_CHILD_PROBLEM_PATH "/dev/fd/3"

typedef struct gm_child {
    pid_t process; /* 0: not running */
    int line;      /* our end of the socket */
    int complaint; /* what the child wrote to stderr */
    char answer[4096];
    size_t filled;   /* bytes of answer that came, perhaps beyond its line */
    size_t consumed; /* bytes of the line that was handed out last, its end included */
} gm_child;

typedef struct gm_child_options {
    const char *const *arguments; /* NULL-terminated; [0] is the program, searched in PATH without a slash */
    const char *preload;          /* a library to load before all others; NULL: none */
    int problem;                  /* becomes the child's descriptor 3; -1: none */
} gm_child_options;

/* Everything in the environment stays as it is, but for LD_PRELOAD if there is a library to preload.
 * GM_IO: the system refuses; the program does not exist. GM_USAGE: a library that LD_PRELOAD cannot name. */
gm_status gm_child_start(gm_child *child, const gm_child_options *options, gm_error *error);

/* Sends `command` (NULL: nothing, only listens) and waits for one line, which is good until the next call.
 * GM_IO with the reason if the child ends or does not answer in time; it is then gone. */
gm_status gm_child_ask(gm_child *child, const char *command, double seconds, const char **answer,
                       gm_error *error);

/* Hangs up, gives the child a second to end by itself, then kills it. A child that is not running is fine. */
void gm_child_stop(gm_child *child);

#endif

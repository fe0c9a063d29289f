/* Which kernels OpenBLAS would choose by itself. To learn it, a second process of this program is started
 * without OPENBLAS_CORETYPE. */
#include "machine/unpinned_core.h"
#include "base/memory.h"

#include <fcntl.h>
#include <jansson.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIN "OPENBLAS_CORETYPE="

/* The environment without the pin; the strings are still the environment's own. NULL without memory. */
static char **environment_without_pin(void)
{
    size_t count = 0, kept = 0;
    while (environ[count])
        count++;
    char **copy = gm_alloc(count + 1, sizeof *copy);
    for (size_t i = 0; copy && i < count; i++)
        if (strncmp(environ[i], PIN, strlen(PIN)) != 0)
            copy[kept++] = environ[i];
    return copy;
}

/* Starts this program a second time, with its standard output connected to `out`. False if the system
 * refuses. */
static bool start_doctor(int out, pid_t *process)
{
    char *const arguments[] = {"gradmill", "doctor", "--quick", "--json", NULL};
    posix_spawn_file_actions_t actions;
    char **environment = environment_without_pin();
    if (!environment)
        return false;
    bool started = posix_spawn_file_actions_init(&actions) == 0;
    if (started) {
        started = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO) == 0 &&
                  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0) == 0 &&
                  posix_spawn(process, "/proc/self/exe", &actions, NULL, arguments, environment) == 0;
        posix_spawn_file_actions_destroy(&actions);
    }
    gm_free(environment);
    return started;
}

void gm_unpinned_core(char *core, size_t size)
{
    int ends[2];
    pid_t process;
    core[0] = '\0';
    if (pipe2(ends, O_CLOEXEC) != 0)
        return;
    const bool started = start_doctor(ends[1], &process);
    close(ends[1]);
    json_t *report = json_loadfd(ends[0], 0, NULL); /* NULL if the pipe is empty */
    close(ends[0]);
    const char *answer;
    if (json_unpack(report, "{s:{s:s}}", "blas", "core", &answer) == 0)
        snprintf(core, size, "%s", answer);
    json_decref(report);
    if (started)
        waitpid(process, NULL, 0);
}

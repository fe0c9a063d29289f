/* Signals that end a run. A signal that the parent process ignores, as nohup and a shell's background do,
 * stays ignored. */
#include "cli/interrupt.h"
#include "cli/files.h"

#include <signal.h>
#include <stddef.h>

/* Signals that end a process by default and occur in normal use. The first two are sent to stop a run. */
static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
enum { ASKED_FOR = 2, COUNT = sizeof numbers / sizeof *numbers };

static struct sigaction former[COUNT];
static bool guarded;
static volatile sig_atomic_t received; /* the signal's number, or 0 */

/* Removes the lock files of this run from the folders of its outputs, and then lets the signal end the
 * process. */
static void leave(int number)
{
    cli_files_release();
    signal(number, SIG_DFL);
    raise(number);
}

static void remember(int number)
{
    if (received)
        leave(number);
    received = number;
}

static void handle(size_t first, size_t end, void handler(int))
{
    const struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    for (size_t i = first; i < end; i++)
        if (former[i].sa_handler != SIG_IGN)
            sigaction(numbers[i], &action, NULL);
}

void cli_interrupt_guard(void)
{
    for (size_t i = 0; i < COUNT; i++)
        sigaction(numbers[i], NULL, &former[i]);
    guarded = true;
    handle(0, COUNT, leave);
}

void cli_interrupt_watch(void)
{
    handle(0, ASKED_FOR, remember);
}

void cli_interrupt_unwatch(void)
{
    handle(0, ASKED_FOR, leave);
}

void cli_interrupt_unguard(void)
{
    for (size_t i = 0; i < COUNT && guarded; i++)
        sigaction(numbers[i], &former[i], NULL);
    guarded = false;
}

bool cli_interrupted(void)
{
    return received != 0;
}

void cli_interrupt_reraise(void)
{
    if (received) {
        signal(received, SIG_DFL);
        raise(received);
    }
}

/* SIGINT and SIGTERM while training. */
#include "cli/interrupt.h"

#include <signal.h>

static volatile sig_atomic_t received; /* the signal's number, or 0 */

static void remember(int number)
{
    received = number;
}

void cli_interrupt_watch(void)
{
    /* The handler is gone once it has run: a second signal does what signals do. */
    const struct sigaction action = {.sa_handler = remember, .sa_flags = (int)(SA_RESETHAND | SA_RESTART)};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
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

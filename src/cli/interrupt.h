/* Signals that end a run. While training, the first SIGINT or SIGTERM asks the loop to finish its step, and
 * the second kills. */
#ifndef GM_CLI_INTERRUPT_H
#define GM_CLI_INTERRUPT_H

#include <stdbool.h>

/* From here on a signal releases the files of this run (cli/files.h) before it kills. To be called before
 * they are claimed; cli_interrupt_unguard, after they are released, restores the former actions. */
void cli_interrupt_guard(void);
void cli_interrupt_unguard(void);

/* Around the training, within the guard. */
void cli_interrupt_watch(void);
void cli_interrupt_unwatch(void);

/* Whether a signal has come while training. */
bool cli_interrupted(void);

/* Dies of the signal that came, so that the shell sees how the program ended; returns if none came. */
void cli_interrupt_reraise(void);

#endif

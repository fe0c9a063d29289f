/* Signals that end a run. During training, the first SIGINT or SIGTERM lets the loop finish its step and
 * save; the second ends the process at once. */
#ifndef GM_CLI_INTERRUPT_H
#define GM_CLI_INTERRUPT_H

#include <stdbool.h>

/* After this call, a signal releases the reserved files (cli/files.h) before it ends the process. Call it
 * before files are reserved. cli_interrupt_unguard restores the former actions; call it after the files are
 * released. */
void cli_interrupt_guard(void);
void cli_interrupt_unguard(void);

/* Call these two before and after training, between guard and unguard. */
void cli_interrupt_watch(void);
void cli_interrupt_unwatch(void);

/* Whether a signal has come during training. */
bool cli_interrupted(void);

/* If a signal has come, ends the process by that signal, so that the shell sees the reason. Otherwise
 * returns. */
void cli_interrupt_reraise(void);

#endif

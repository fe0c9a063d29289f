/* SIGINT and SIGTERM while training: the first one asks the loop to finish its step, the second one kills. */
#ifndef GM_CLI_INTERRUPT_H
#define GM_CLI_INTERRUPT_H

#include <stdbool.h>

void cli_interrupt_watch(void);
bool cli_interrupted(void);

/* Dies of the signal that came, so that the shell sees how the program ended; returns if none came. */
void cli_interrupt_reraise(void);

#endif

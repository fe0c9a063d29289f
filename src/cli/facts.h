/* The facts that doctor reports and that other verbs warn of. */
#ifndef GM_CLI_FACTS_H
#define GM_CLI_FACTS_H

#include "cli/findings.h"

/* Everything but the measurements. */
cli_facts cli_gather_facts(void);

/* One line on stderr for each thing that costs speed and can be seen without measuring, with its remedy. */
void cli_warn_of_setup(void);

#endif

/* Checks the options of a command line before argp parses them. The message of getopt for a misspelt option
 * has no suggestion; these messages do. */
#ifndef GM_CLI_ARGUMENTS_H
#define GM_CLI_ARGUMENTS_H

#include <argp.h>
#include <stdbool.h>

/* Ends the program with exit code 2 and a line on stderr if an option is unknown, ambiguous, has a value that
 * it does not take, or lacks its value, or if there is an argument that the verb does not take. Replaces -h
 * by --help. The line begins with argv[0]. */
void cli_check_arguments(const struct argp *argp, int argc, char **argv);

/* Whether the user gave the option of this long name, on the command line that was checked last. */
bool cli_given(const char *option);

#endif

/* The options on a command line, looked at before argp reads them: getopt would answer a misspelt one in
 * words of its own and without a suggestion. */
#ifndef GM_CLI_ARGUMENTS_H
#define GM_CLI_ARGUMENTS_H

#include <argp.h>
#include <stdbool.h>

/* Ends the program with exit code 2 after one line if an option is unknown, ambiguous, has a value that it
 * does not take, or lacks its value, or if
 * there is an argument that the verb does not take. Turns -h into --help. argv[0] is what the line begins
 * with. */
void cli_check_arguments(const struct argp *argp, int argc, char **argv);

/* Whether the option of this long name stood on the command line that was looked at last: a default is not
 * given, even if its value is the same. */
bool cli_given(const char *option);

#endif

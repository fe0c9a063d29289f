/* Checks the options of a command line before argp parses them. The message of getopt for a misspelt option
 * has no suggestion; these messages do. */
#ifndef GM_CLI_ARGUMENTS_H
#define GM_CLI_ARGUMENTS_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

/* Ends the program with exit code 2 and a line on stderr if an option is unknown, ambiguous, has a value that
 * it does not take, or lacks its value, or if there is an argument that the verb does not take. Replaces -h
 * by --help. The line begins with argv[0]. */
void cli_check_arguments(const struct argp *argp, int argc, char **argv);

/* Whether the user gave the option of this long name, on the command line that was checked last or in a file
 * of options. */
bool cli_given(const char *option);
/* Its value: the last one, if it was given several times. NULL: not given, or an option without a value. */
const char *cli_given_value(const char *option);

/* All that was given up to now was typed; what follows comes from a file of options. */
void cli_arguments_are_typed(void);
/* Whether the user typed the option on the command line itself. */
bool cli_typed(const char *option);

/* Whether an option does not change what a run computes: where files go, how many threads there are. */
bool cli_is_harmless(const char *option);
/* Whether options of a file were replaced, or added to, by typed ones that change what is computed. */
bool cli_typed_changes(void);

/* Forgets what was given. */
void cli_arguments_clear(void);

/* The options that a verb has: those of its argp and of all children, in their order. There is room for more
 * than any verb has. */
#define CLI_MOST_OPTIONS 96
typedef struct cli_option_list {
    const struct argp_option *options[CLI_MOST_OPTIONS];
    size_t count;
} cli_option_list;

void cli_list_options(const struct argp *argp, cli_option_list *list);
/* The option of exactly this name, or NULL. */
const struct argp_option *cli_find_option(const cli_option_list *list, const char *name);
/* The name that may have been meant, or NULL. */
const char *cli_suggest_option(const cli_option_list *list, const char *typed);

#endif

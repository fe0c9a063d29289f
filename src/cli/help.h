/* Help texts and completion words that follow from the lists of names. The help of an option may hold the
 * name of a list in braces, "{optimizers}"; --help shows the names instead, and a shell completes them. */
#ifndef GM_CLI_HELP_H
#define GM_CLI_HELP_H

#include "function/facts.h"

#include <argp.h>

#define CLI_HELP_SIZE 400

/* For argp's help_filter: the text with the names in place of the list's name. A text without a list is
 * returned as it is, another one is new, and argp frees it. */
char *cli_fill_names(int key, const char *text, void *input);

/* The help of the option of a setting: which optimizers read it, what it is, and its default. */
const char *cli_setting_help(char buffer[CLI_HELP_SIZE], gm_setting setting);

/* "momentum and nesterov": the optimizers that read a setting. */
const char *cli_setting_readers(char buffer[CLI_HELP_SIZE], gm_setting setting);

/* Prints one word a line: the options of the verb; or with `option` ("--optimizer") the words that its value
 * may be, if they are a list; or with the name of a list ("{cases}") its words. */
void cli_print_words(const struct argp *argp, const char *option);

#endif

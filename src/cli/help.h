/* Makes help texts and completion words from the lists of names. The help of an option may contain the name
 * of a list in braces, such as "{optimizers}". --help shows the names of the list in its place, and a shell
 * completes them. */
#ifndef GM_CLI_HELP_H
#define GM_CLI_HELP_H

#include "function/facts.h"

#include <argp.h>

#define CLI_HELP_SIZE 400

/* For argp's help_filter: replaces the name of a list by the names in it. A text without a list is returned
 * unchanged; otherwise the result is a new text, which argp frees. */
char *cli_fill_names(int key, const char *text, void *input);

/* Appends "a, b and c" to the text of length `used` in a buffer of this size; returns its length then. */
size_t cli_append_list(char *buffer, size_t size, size_t used, const char *const *names, size_t count);

/* The help of the option for a setting of optimizers: which optimizers use it, what it is, and its default.
 */
const char *cli_setting_help(char buffer[CLI_HELP_SIZE], gm_setting setting);

/* The optimizers that use a setting, as in "momentum and nesterov". */
const char *cli_setting_readers(char buffer[CLI_HELP_SIZE], gm_setting setting);

/* Prints words for completion, one in a line. If `option` is NULL, these are the options of the verb. If it
 * is an option ("--optimizer"), they are its possible values, if these are a list. If it is the name of a
 * list ("{cases}"), they are its words. */
void cli_print_words(const struct argp *argp, const char *option);

#endif

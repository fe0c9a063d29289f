/* Options as text, with the words of the long options: what --config reads, and what outputs print so that a
 * run can be repeated. One option a line:
 *
 *     # a comment has a line of its own
 *     data = data/iris.csv
 *     layers = 4,16,3
 *     quiet
 *
 * A value goes to the end of its line, without the blanks around it. One that begins or ends with a blank, is
 * empty, or begins with a quotation mark stands in quotation marks; in these, \" \\ \n \r and \t have their
 * usual meaning. Paths are relative to the folder that the command runs in. */
#ifndef GM_CLI_CONFIG_H
#define GM_CLI_CONFIG_H

#include <argp.h>
#include <gradmill/status.h>
#include <stdbool.h>
#include <stdio.h>

/* Puts the options of the files that were given (--resume, --config) before those of the command line, which
 * thereby win. The command line must have been checked (cli_check_arguments). *argv stays as it is if there
 * is no such file, else it is a new array that lives until cli_config_clear. A mistake in a file is GM_USAGE,
 * and names the file and the line. */
gm_status cli_config_insert(const struct argp *argp, int *argc, char ***argv, gm_error *error);
void cli_config_clear(void); /* frees that array */

/* Where an argument of that array comes from: "FILE:LINE: ", or an empty text if it was typed. */
typedef struct cli_config_origin {
    char text[256];
} cli_config_origin;
cli_config_origin cli_config_origin_of(int argument);

/* Writes the value that an option has in effect, whether it was given or chosen. False: none, or not known.
 */
typedef bool cli_config_value(const void *context, const char *option, FILE *out);

/* The options of this run as text, in the order of --help: each with the value that is in effect, or as it
 * was given if value_of does not know it; options that are not given and have no value are left out. So are
 * those that name a file of options. value_of NULL: the options that were given. NULL without memory. Free
 * with gm_free. */
char *cli_config_text(const struct argp *argp, cli_config_value *value_of, const void *context);

#endif

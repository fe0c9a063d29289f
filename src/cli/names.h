/* Options whose value is one of a few names. */
#ifndef GM_CLI_NAMES_H
#define GM_CLI_NAMES_H

#include <argp.h>
#include <stddef.h>

/* A list of names: the name of an index, NULL past the last. */
typedef const char *cli_names(size_t index);

/* In the order of their enumerations, so that the index is the value. */
cli_names cli_activation_names, cli_hidden_activation_names, cli_loss_names, cli_init_names,
    cli_precision_names, cli_optimizer_names, cli_schedule_names, cli_scaling_names, cli_format_names,
    cli_missing_names, cli_no_yes_names;

/* The cases of bench that have a name. */
cli_names cli_case_names;

/* The backends of the library, then "auto". */
cli_names cli_backend_names;

/* The index of `text` among the names. Another text ends the program through argp_error: with the option, the
 * names, and the one that was probably meant. */
size_t cli_choose(const char *option, const char *text, cli_names *names, struct argp_state *state);

/* "a, b or c" into buffer, cut if it does not fit. Returns buffer. */
const char *cli_list_names(char *buffer, size_t size, cli_names *names);

/* The name that resembles `text`, or NULL. */
const char *cli_suggest(const char *text, cli_names *names);

#endif

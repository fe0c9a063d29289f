/* Options whose value is one of a few names. */
#ifndef GM_CLI_NAMES_H
#define GM_CLI_NAMES_H

#include "base/names.h"

#include <argp.h>
#include <gradmill/dataset.h>
#include <stddef.h>

typedef gm_names cli_names;

/* Lists in the order of the enumerations, so that an index is the value of the enumeration. */
cli_names cli_activation_names, cli_hidden_activation_names, cli_loss_names, cli_init_names,
    cli_precision_names, cli_optimizer_names, cli_schedule_names, cli_scaling_names, cli_format_names,
    cli_missing_names, cli_no_yes_names, cli_keep_names, cli_monitor_names, cli_target_scaling_names;

/* What the names of cli_target_scaling_names stand for. */
gm_scaling_kind cli_target_scaling(size_t index);

/* The cases of bench that have a name. */
cli_names cli_case_names;

/* The backends of the library, then "auto". */
cli_names cli_backend_names;

/* The index of `text` among the names. If it is not one of them, the program ends with a message that has the
 * option, the names, and a suggestion. */
size_t cli_choose(const char *option, const char *text, cli_names *names, struct argp_state *state);

/* Writes "a, b or c" to buffer, cut off if it does not fit. Returns buffer. */
const char *cli_list_names(char *buffer, size_t size, cli_names *names);

/* The name that is similar to `text`, or NULL. */
const char *cli_suggest(const char *text, cli_names *names);

#endif

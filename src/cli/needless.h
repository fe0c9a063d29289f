/* Options that have no effect beside others, or on such data: what contradicts is refused, what is harmless
 * is noted; nothing is ignored in silence. */
#ifndef GM_CLI_NEEDLESS_H
#define GM_CLI_NEEDLESS_H

#include "cli/options.h"

/* GM_USAGE if one of `count` options was given: "--momentum has no effect WHY". */
gm_status cli_refuse_given(const char *const *options, size_t count, const char *why, gm_error *error);

/* One note that lists those of `count` options that were given: "--rate and --seed have no effect WHY". */
void cli_note_given(const char *const *options, size_t count, const char *why);

/* Settings of an optimizer that is not the chosen one. */
gm_status cli_check_optimizer_options(gm_optimizer_kind kind, gm_error *error);

/* Options of CSV for a folder or an IDX file, --labels for a folder or a CSV file. Looks at the head of the
 * file; says nothing of one that cannot be opened, or can be read only once. */
gm_status cli_check_data_options(const char *path, gm_error *error);

#endif

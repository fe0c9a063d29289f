/* Tells why a training diverged: as text for people, or as a JSON object. */
#ifndef GM_CLI_POST_MORTEM_REPORT_H
#define GM_CLI_POST_MORTEM_REPORT_H

#include <gradmill.h>
#include <jansson.h>

/* Prints what was found to stderr, in 80 columns; nothing if nothing was. `data` has the names of columns. */
void cli_post_mortem_print(const gm_post_mortem *post_mortem, const gm_dataset *data);

/* The same as an object; null if nothing was found. NULL without memory. */
json_t *cli_post_mortem_json(const gm_post_mortem *post_mortem, const gm_dataset *data);

#endif

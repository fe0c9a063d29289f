/* JSON on stdout. Building is a chain: NULL (no memory) goes through every step and is reported at the end.
 */
#ifndef GM_CLI_JSON_OUT_H
#define GM_CLI_JSON_OUT_H

#include "model/json_write.h"

#include <gradmill/status.h>
#include <jansson.h>

/* Take over the value and return the array or object; NULL, with everything released, if any part is NULL. */
json_t *cli_json_push(json_t *array, json_t *value);
json_t *cli_json_put(json_t *object, const char *key, json_t *value);

/* Prints root with indents, real numbers with up to `digits` digits (17 give a double back), and releases it.
 * GM_LIMIT if it is NULL or there is no memory to print it. */
gm_status cli_json_print(json_t *root, size_t digits, gm_error *error);

#endif

/* Builds JSON and prints it to stdout. The functions accept NULL, which stands for lack of memory, and pass
 * it on. So only the last call must be checked. */
#ifndef GM_CLI_JSON_OUT_H
#define GM_CLI_JSON_OUT_H

#include "model/json_write.h"

#include <gradmill/status.h>
#include <jansson.h>

/* Add the value, which then belongs to the array or object, and return the array or object. If any part is
 * NULL, everything is released and NULL is returned. */
json_t *cli_json_push(json_t *array, json_t *value);
json_t *cli_json_put(json_t *object, const char *key, json_t *value);

/* Prints root, indented, with numbers of up to `digits` digits (17 digits identify a double), and releases
 * it. GM_LIMIT if it is NULL or there is no memory to print it. */
gm_status cli_json_print(json_t *root, size_t digits, gm_error *error);

#endif

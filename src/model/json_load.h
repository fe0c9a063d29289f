/* The one call of jansson's parser, made safe for little memory and for every locale. */
#ifndef GM_MODEL_JSON_LOAD_H
#define GM_MODEL_JSON_LOAD_H

#include <gradmill/status.h>
#include <jansson.h>
#include <stddef.h>

/* Parses text[0 .. size), which holds `parts` brackets and commas and no key twice. *root is the caller's,
 * and NULL on failure. GM_LIMIT: no memory; GM_BAD_DATA: not JSON, and *wrong says what and where. */
gm_status gm_json_load(json_t **root, const char *text, size_t size, size_t parts, json_error_t *wrong);

#endif

/* Calls jansson's parser. All JSON is parsed through this function, because it is safe when memory is short,
 * and in every locale. */
#ifndef GM_MODEL_JSON_LOAD_H
#define GM_MODEL_JSON_LOAD_H

#include <gradmill/status.h>
#include <jansson.h>
#include <stddef.h>

/* Parses text[0 .. size), which contains `parts` brackets and commas. A key that occurs twice is refused. The
 * caller owns *root; it is NULL on failure. GM_LIMIT: no memory; GM_BAD_DATA: not JSON, and *wrong says what
 * is wrong and where. */
gm_status gm_json_load(json_t **root, const char *text, size_t size, size_t parts, json_error_t *wrong);

#endif

/* The text of a JSON value. */
#ifndef GM_MODEL_JSON_WRITE_H
#define GM_MODEL_JSON_WRITE_H

#include <jansson.h>

/* With jansson's flags; NULL without memory. Free with gm_free. In place of json_dumps, which does not notice
 * that its buffer could not grow for a key, and goes on without that key. */
char *gm_json_write(const json_t *json, size_t flags);

#endif

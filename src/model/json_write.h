/* JSON values: their text, and the numbers in them. */
#ifndef GM_MODEL_JSON_WRITE_H
#define GM_MODEL_JSON_WRITE_H

#include <jansson.h>

/* With jansson's flags; NULL without memory. Free with gm_free. In place of json_dumps, which does not notice
 * that its buffer could not grow for a key, and goes on without that key. */
char *gm_json_write(const json_t *json, size_t flags);

/* A number, or null if it is NaN or infinite, for which JSON has no word. Every number that may have a
 * fraction goes through this function: json_real and json_pack with "f" give NULL for such a value, which
 * looks like memory that ran out. NULL without memory. */
json_t *gm_json_real(double value);

#endif

/* Writes JSON values as text, and makes JSON numbers. */
#ifndef GM_MODEL_JSON_WRITE_H
#define GM_MODEL_JSON_WRITE_H

#include <jansson.h>

/* The text of a value, by jansson's flags. NULL without memory. Free it with gm_free. json_dumps is not used,
 * because it omits a key without an error if its buffer cannot grow. */
char *gm_json_write(const json_t *json, size_t flags);

/* A JSON number, or null if the value is NaN or infinite, which JSON cannot express. Every number that may
 * have a fraction is made by this function: json_real and json_pack with "f" return NULL for such values, as
 * if memory had run out. NULL without memory. */
json_t *gm_json_real(double value);

/* A JSON string. Bytes that are no UTF-8, which JSON cannot express, become question marks: json_string and
 * json_pack with "s" return NULL for such a text, as if memory had run out. NULL without memory. */
json_t *gm_json_printable(const char *text);

#endif

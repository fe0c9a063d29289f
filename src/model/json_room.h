/* Memory for a parsed JSON text. */
#ifndef GM_MODEL_JSON_ROOM_H
#define GM_MODEL_JSON_ROOM_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the system would give what a text of `size` bytes with `parts` brackets and commas may take. To be
 * asked before jansson parses it: its scanner does not notice that its buffer could not grow, and writes
 * beyond it. */
bool gm_json_room(size_t size, size_t parts);

#endif

/* Memory for a parsed JSON text: asked for and given back at once, never touched. */
#include "model/json_room.h"
#include "base/memory.h"

#include <stdlib.h>

/* An empty object, the dearest value for its two brackets, takes less than this; so do a key and its value.
 */
#define ROOM_FOR_PART 512
/* Text is copied, and the scanner's buffer doubles when it grows. */
#define ROOM_FOR_BYTE 4

bool gm_json_room(size_t size, size_t parts)
{
    size_t text, tree, room;
    if (!gm_mul(size, ROOM_FOR_BYTE, &text) || !gm_mul(parts, ROOM_FOR_PART, &tree) ||
        !gm_add(text, tree, &room))
        return false;
    void *volatile trial = malloc(room); /* volatile: the compiler may not leave out an unused allocation */
    const bool granted = trial != NULL;
    free(trial);
    return granted;
}

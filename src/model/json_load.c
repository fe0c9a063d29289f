/* Memory for a parsed JSON text is asked for before the parser runs, because jansson's scanner does not
 * notice that its buffer could not grow, and writes beyond it. Where an allocation fails all the same,
 * jansson reports whatever it was reading as a mistake of the text; only the allocator's errno tells. */
#include "model/json_load.h"
#include "base/memory.h"

#include <errno.h>
#include <locale.h>
#include <stdbool.h>
#include <stdlib.h>

/* An empty object, the dearest value for its two brackets, takes less than this; so do a key and its value.
 */
#define ROOM_FOR_PART 512
/* Text is copied, and the scanner's buffer doubles when it grows. */
#define ROOM_FOR_BYTE 4

/* Asks for the memory and gives it back at once, without touching it. */
static bool has_room(size_t size, size_t parts)
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

gm_status gm_json_load(json_t **root, const char *text, size_t size, size_t parts, json_error_t *wrong)
{
    *root = NULL;
    if (!has_room(size, parts))
        return GM_LIMIT;
    /* The parser reads numbers by the locale of the thread: for that long it is "C". */
    const locale_t plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    if (!plain)
        return GM_LIMIT;
    const locale_t former = uselocale(plain);
    errno = 0;
    *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, wrong);
    const bool no_memory = errno == ENOMEM || json_error_code(wrong) == json_error_out_of_memory;
    uselocale(former);
    freelocale(plain);
    if (*root)
        return GM_OK;
    return no_memory ? GM_LIMIT : GM_BAD_DATA;
}

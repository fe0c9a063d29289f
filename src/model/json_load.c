/* Calls jansson's parser so that a lack of memory is an error and nothing worse. If jansson's scanner cannot
 * enlarge its buffer, it does not notice and writes beyond it. So the memory that parsing may need is
 * allocated and freed before the parser runs. If an allocation fails nevertheless, jansson reports a mistake
 * in the text; errno shows that it was the memory. */
#include "model/json_load.h"
#include "base/memory.h"

#include <errno.h>
#include <locale.h>
#include <stdbool.h>
#include <stdlib.h>

/* An upper bound for the memory of one value. An empty object, which takes the most memory for two
 * characters, needs less than this, and so do a key and its value. */
#define ROOM_FOR_PART 512
/* Upper bound for each byte of text: it is copied, and the scanner's buffer is doubled when it grows. */
#define ROOM_FOR_BYTE 4

/* Allocates the memory and frees it at once, without writing to it. */
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
    /* The parser reads numbers by the locale of the thread, so the locale is "C" while it runs. */
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

/* Kept columns: all texts are in one block of memory, one behind the other, and a list says where each
 * begins. The names of the columns are the first of them. */
#include "data/kept.h"

#include "base/error.h"
#include "base/memory.h"

#include <string.h>

#define FIRST_CAPACITY ((size_t)4096)

struct gm_kept {
    size_t columns;
    char *text;
    size_t used, capacity;
    size_t *begins; /* of each text */
    size_t count, most;
};

gm_kept *gm_kept_create(size_t columns, gm_error *error)
{
    gm_kept *kept = gm_alloc(1, sizeof *kept);
    if (!kept)
        gm_fail_memory(error, "columns that are kept", sizeof *kept);
    else
        kept->columns = columns;
    return kept;
}

void gm_kept_destroy(gm_kept *kept)
{
    if (!kept)
        return;
    gm_free(kept->text);
    gm_free(kept->begins);
    gm_free(kept);
}

/* Makes room for `needed` elements of this size, at least twice as many as there are. */
static gm_status enlarge(void **memory, size_t used, size_t *capacity, size_t needed, size_t size,
                         gm_error *error)
{
    const size_t larger = gm_max(gm_max(needed, FIRST_CAPACITY), 2 * *capacity);
    void *made = gm_alloc(larger, size);
    if (!made)
        return gm_fail_memory(error, "columns that are kept", larger * size);
    if (used > 0)
        memcpy(made, *memory, used * size);
    gm_free(*memory);
    *memory = made;
    *capacity = larger;
    return GM_OK;
}

gm_status gm_kept_add(gm_kept *kept, const char *text, size_t length, gm_error *error)
{
    void *texts = kept->text, *begins = kept->begins;
    gm_status status = GM_OK;
    if (kept->capacity - kept->used <= length)
        status = enlarge(&texts, kept->used, &kept->capacity, kept->used + length + 1, 1, error);
    if (!status && kept->count == kept->most)
        status = enlarge(&begins, kept->count, &kept->most, kept->count + 1, sizeof *kept->begins, error);
    kept->text = texts;
    kept->begins = begins;
    if (status)
        return status;
    kept->begins[kept->count++] = kept->used;
    memcpy(kept->text + kept->used, text, length);
    kept->text[kept->used + length] = '\0';
    kept->used += length + 1;
    return GM_OK;
}

size_t gm_kept_columns(const gm_kept *kept)
{
    return kept->columns;
}

const char *gm_kept_name(const gm_kept *kept, size_t column)
{
    return kept->text + kept->begins[column];
}

const char *gm_kept_cell(const gm_kept *kept, size_t row, size_t column)
{
    return kept->text + kept->begins[(row + 1) * kept->columns + column];
}

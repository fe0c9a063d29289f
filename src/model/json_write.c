/* Writes JSON values as text: the length is counted first, and then the text is written into memory that is
 * large enough. */
#include "model/json_write.h"
#include "base/memory.h"

#include <math.h>
#include <stdint.h>

char *gm_json_write(const json_t *json, size_t flags)
{
    const size_t size = json_dumpb(json, NULL, 0, flags);
    char *text = size > 0 && size < SIZE_MAX ? gm_alloc(size + 1, 1) : NULL;
    if (text && json_dumpb(json, text, size, flags) == size)
        return text;
    gm_free(text);
    return NULL;
}

json_t *gm_json_real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

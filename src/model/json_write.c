/* Writes JSON values as text: the length is counted first, and then the text is written into memory that is
 * large enough. */
#include "model/json_write.h"
#include "base/memory.h"
#include "base/utf8.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

char *gm_json_write(const json_t *json, size_t flags)
{
    const size_t size = json_dumpb(json, NULL, 0, flags);
    char *text = size > 0 && size < SIZE_MAX ? gm_alloc(size + 1, 1) : NULL;
    if (text && json_dumpb(json, text, size, flags) == size)
        return text;
    gm_free(text);
    return NULL;
}

json_t *gm_json_printable(const char *text)
{
    const size_t length = strlen(text);
    if (gm_is_utf8(text))
        return json_string(text);
    char *plain = gm_strdup(text);
    for (size_t at = 0, size; plain && at < length; at += size) {
        size = gm_utf8_length(text + at, length - at);
        if (size == 0)
            plain[at] = '?', size = 1;
    }
    json_t *string = plain ? json_string(plain) : NULL;
    gm_free(plain);
    return string;
}

json_t *gm_json_real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

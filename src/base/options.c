/* Reads and fills option structs that may have another size than those of the library. options.h says why. */
#include "base/options.h"
#include "base/error.h"
#include "base/memory.h"

#include <stdbool.h>
#include <string.h>

void gm_options_fill(void *options, size_t size, const void *defaults, size_t known)
{
    memset(options, 0, size);
    memcpy(options, defaults, gm_min(size, known));
    if (size >= sizeof size)
        memcpy(options, &size, sizeof size);
}

static bool is_zero(const unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] != 0)
            return false;
    }
    return true;
}

gm_status gm_options_read(void *own, size_t known, const void *options, const char *name, gm_error *error)
{
    if (!options)
        return GM_OK;
    size_t size;
    memcpy(&size, options, sizeof size);
    if (size <= sizeof size || size > GM_OPTIONS_LARGEST)
        return gm_fail(error, GM_USAGE, "%s: its size is %zu; make it with %s_default()", name, size, name);
    if (size > known && !is_zero((const unsigned char *)options + known, size - known))
        return gm_fail(error, GM_USAGE,
                       "%s has %zu bytes, of which this library knows %zu, and the others are not 0: the "
                       "program uses an option of a newer gradmill",
                       name, size, known);
    memcpy(own, options, gm_min(size, known));
    memcpy(own, &known, sizeof known);
    return GM_OK;
}

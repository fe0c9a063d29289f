/* Looks names up one after the other, because all tables are short. */
#include "base/names.h"

#include <string.h>

static const char *name_at(const char *const *first, size_t stride, size_t index)
{
    return *(const char *const *)((const char *)first + index * stride);
}

size_t gm_find_name(const char *const *first, size_t count, size_t stride, const char *name)
{
    size_t index = 0;
    while (index < count && strcmp(name_at(first, stride, index), name) != 0)
        index++;
    return index;
}

const char *gm_name_at(const char *const *first, size_t count, size_t stride, size_t index)
{
    return index < count ? name_at(first, stride, index) : "unknown";
}

size_t gm_find_listed(gm_names *names, const char *name)
{
    size_t index = 0;
    while (names(index) && strcmp(names(index), name) != 0)
        index++;
    return index;
}

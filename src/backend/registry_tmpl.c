/* The list of backends. A new one is added here, and nowhere else. */
#include "backend/backend.h"

#include <string.h>

static const gm_backend *const backends[] = {
    &T(gm_backend_naive),
    &T(gm_backend_naive_ikj),
    &T(gm_backend_blas),
};

const gm_backend *T(gm_backend_at)(size_t index)
{
    return index < sizeof backends / sizeof *backends ? backends[index] : NULL;
}

const gm_backend *T(gm_backend_find)(const char *name)
{
    for (size_t i = 0; i < sizeof backends / sizeof *backends; i++) {
        if (strcmp(backends[i]->name, name) == 0)
            return backends[i];
    }
    return NULL;
}

/* The list of backends. A new backend gets a line here. */
#include "backend/packed.h"

#include <string.h>

/* __builtin_cpu_supports also checks that the operating system saves the wide registers. */
const gm_backend *gm_backend_packed_at(size_t index)
{
    const gm_backend *able[3];
    size_t count = 0;
#ifdef GM_X86_ISAS
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        able[count++] = &gm_backend_packed_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        able[count++] = &gm_backend_packed_avx2;
#endif
    able[count++] = &gm_backend_packed_base;
    return index < count ? able[index] : NULL;
}

const gm_backend *gm_backend_at(size_t index)
{
    switch (index) {
    case 0:
        return &gm_backend_naive;
    case 1:
        return &gm_backend_naive_ikj;
    case 2:
        return &gm_backend_blas;
    case 3:
        return gm_backend_packed_at(0);
    default:
        return NULL;
    }
}

const gm_backend *gm_backend_find(const char *name)
{
    const gm_backend *backend;
    for (size_t i = 0; (backend = gm_backend_at(i)); i++) {
        if (strcmp(backend->name, name) == 0)
            return backend;
    }
    return NULL;
}

/* Backend `packed` for each instruction set that it was compiled for. For *_tmpl.c only. */
#ifndef GM_BACKEND_PACKED_H
#define GM_BACKEND_PACKED_H

#include "backend/backend.h"

/* Each of these exists once for each precision. */
#define gm_backend_packed_avx512 GM_TYPED(gm_backend_packed_avx512)
#define gm_backend_packed_avx2   GM_TYPED(gm_backend_packed_avx2)
#define gm_backend_packed_base   GM_TYPED(gm_backend_packed_base)
#define gm_backend_packed_at     GM_TYPED(gm_backend_packed_at)

#ifdef GM_X86_ISAS
extern const gm_backend gm_backend_packed_avx512, gm_backend_packed_avx2;
#endif
extern const gm_backend gm_backend_packed_base;

/* Index 0, 1, ... gives those that this processor can run, the fastest first; NULL past the last. */
const gm_backend *gm_backend_packed_at(size_t index);

#endif

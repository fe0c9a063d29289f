/* Between row-major weights and bands (bands.h). For *_tmpl.c of this room only. */
#ifndef GM_BACKEND_PACK_H
#define GM_BACKEND_PACK_H

#include "backend/bands.h"
#include "base/real.h"

/* Each of these exists once for each precision. */
#define gm_pack        GM_TYPED(gm_pack)
#define gm_unpack      GM_TYPED(gm_unpack)
#define gm_unpack_part GM_TYPED(gm_unpack_part)

/* W (out x in, row-major) into `packed`, whose padding is left as it is: zero, from its allocation. */
void gm_pack(gm_bands bands, gm_mat w, REAL *packed);

/* And back. */
void gm_unpack(gm_bands bands, const REAL *packed, gm_mat w);

/* The first w.cols inputs of a band, `width` numbers apart, into w (w.rows <= width). */
void gm_unpack_part(const REAL *packed, size_t width, gm_mat w);

#endif

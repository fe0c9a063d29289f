/* Conversion of weights between row-major order and bands (bands.h). For *_tmpl.c of this room only. */
#ifndef GM_BACKEND_PACK_H
#define GM_BACKEND_PACK_H

#include "backend/bands.h"
#include "base/real.h"

/* Each of these exists once for each precision. */
#define gm_pack        GM_TYPED(gm_pack)
#define gm_unpack      GM_TYPED(gm_unpack)
#define gm_unpack_part GM_TYPED(gm_unpack_part)
#define gm_pack_part   GM_TYPED(gm_pack_part)

/* Copies W (out x in, row-major) into bands. The padding of `packed` is not written; it is zero from its
 * allocation. */
void gm_pack(gm_bands bands, gm_mat w, REAL *packed);

/* Copies the weights back; `w` is row-major. */
void gm_unpack(gm_bands bands, const REAL *packed, gm_mat w);

/* Copies the first w.cols inputs of one band, which lie `width` numbers apart, into w; w.rows <= width. */
void gm_unpack_part(const REAL *packed, size_t width, gm_mat w);

/* The way back: lanes that hold no output become zero. */
void gm_pack_part(gm_mat w, REAL *packed, size_t width);

#endif

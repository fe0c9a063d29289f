/* Between row-major weights and a backend's own order (order.h), which must be a packed one: its band is not
 * 0. For *_tmpl.c only. */
#ifndef GM_BACKEND_PACK_H
#define GM_BACKEND_PACK_H

#include "backend/order.h"
#include "base/real.h"

/* Each of these exists once for each precision. */
#define gm_pack        GM_TYPED(gm_pack)
#define gm_unpack      GM_TYPED(gm_unpack)
#define gm_unpack_part GM_TYPED(gm_unpack_part)

/* W (out x in, row-major) into `packed`, whose padding is left as it is: zero, from its allocation. */
void gm_pack(gm_order order, gm_mat w, REAL *packed);

/* And back. */
void gm_unpack(gm_order order, const REAL *packed, gm_mat w);

/* The part of a band with inputs 0 .. w.cols - 1, `width` elements apart, into w (w.rows <= width). */
void gm_unpack_part(const REAL *packed, size_t width, gm_mat w);

#endif

/* Between row-major weights and a backend's own order (order.h), which must be a packed one: its band is not
 * 0. For *_tmpl.c only. */
#ifndef GM_BACKEND_PACK_H
#define GM_BACKEND_PACK_H

#include "backend/order.h"
#include "base/real.h"

/* W (out x in, row-major) into `packed`, whose padding is left as it is: zero, from its allocation. */
void T(gm_pack)(gm_order order, gm_mat w, REAL *packed);

/* And back. */
void T(gm_unpack)(gm_order order, const REAL *packed, gm_mat w);

/* The part of a band with inputs 0 .. w.cols - 1, `width` elements apart, into w (w.rows <= width). */
void T(gm_unpack_part)(const REAL *packed, size_t width, gm_mat w);

#endif

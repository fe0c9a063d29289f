/* Packing and unpacking: once when an engine takes the weights over, and when somebody asks for them. */
#include "backend/pack.h"

void gm_pack(gm_order order, gm_mat w, REAL *packed)
{
    for (size_t first = 0; first < w.rows; first += order.band) {
        const size_t outputs = gm_order_outputs(order, w.rows, first);
        const size_t width = gm_order_width(order, w.rows, first);
        REAL *band = packed + first * w.cols;
        for (size_t i = 0; i < w.cols; i++) {
            for (size_t o = 0; o < outputs; o++)
                band[i * width + o] = gm_row(w, first + o)[i];
        }
    }
}

void gm_unpack_part(const REAL *packed, size_t width, gm_mat w)
{
    for (size_t o = 0; o < w.rows; o++) {
        for (size_t i = 0; i < w.cols; i++)
            gm_row(w, o)[i] = packed[i * width + o];
    }
}

void gm_unpack(gm_order order, const REAL *packed, gm_mat w)
{
    for (size_t first = 0; first < w.rows; first += order.band)
        gm_unpack_part(packed + first * w.cols, gm_order_width(order, w.rows, first),
                       gm_rows(w, first, gm_order_outputs(order, w.rows, first)));
}

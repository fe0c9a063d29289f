/* Converts weights between row-major order and bands (bands.h). This happens when an engine begins to train,
 * when the parameters of the network are read or written, and when a caller reads or gives a gradient; not in
 * every step. */
#include "backend/pack.h"

void gm_pack(gm_bands bands, gm_mat w, REAL *packed)
{
    for (size_t first = 0; first < w.rows; first += bands.band) {
        const size_t outputs = gm_bands_outputs(bands, w.rows, first);
        const size_t width = gm_bands_width(bands, w.rows, first);
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

void gm_pack_part(gm_mat w, REAL *packed, size_t width)
{
    for (size_t i = 0; i < w.cols; i++) {
        for (size_t o = 0; o < w.rows; o++)
            packed[i * width + o] = gm_row(w, o)[i];
        for (size_t o = w.rows; o < width; o++)
            packed[i * width + o] = 0;
    }
}

void gm_unpack(gm_bands bands, const REAL *packed, gm_mat w)
{
    for (size_t first = 0; first < w.rows; first += bands.band)
        gm_unpack_part(packed + first * w.cols, gm_bands_width(bands, w.rows, first),
                       gm_rows(w, first, gm_bands_outputs(bands, w.rows, first)));
}

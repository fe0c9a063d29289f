/* Numbers and bytes of a zip archive. */
#ifndef GM_DATA_ZIP_BYTES_H
#define GM_DATA_ZIP_BYTES_H

#include "data/zip.h"

/* A number of `width` bytes, the lowest first. */
static inline uint64_t gm_zip_number(const uint8_t *bytes, size_t width)
{
    uint64_t value = 0;
    while (width-- > 0)
        value = value << 8 | bytes[width];
    return value;
}

/* Reads exactly `size` bytes at a place that is within the archive. GM_BAD_DATA: the file has become shorter
 * meanwhile. GM_IO. */
gm_status gm_zip_read_at(const gm_zip_bytes *bytes, size_t at, void *to, size_t size, gm_error *error);

#endif

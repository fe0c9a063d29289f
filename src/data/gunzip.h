/* Decompression of gzip. zlib's own reader of files takes whatever follows the compressed data for rubbish to
 * be ignored, and a file that was joined from two for one; here everything in a file is accounted for. */
#ifndef GM_DATA_GUNZIP_H
#define GM_DATA_GUNZIP_H

#include "data/bytes.h"

#define GM_GZIP_RATIO 1032 /* deflate cannot do better (zlib's technical notes) */

typedef struct gm_gunzip gm_gunzip;

/* Whether bytes begin as a gzip file does. */
bool gm_gzip_recognise(const uint8_t *head, size_t size);

/* Decompresses what comes from `bytes`, which must outlive it. NULL without memory. */
gm_gunzip *gm_gunzip_create(gm_bytes *bytes);
void gm_gunzip_destroy(gm_gunzip *gunzip); /* NULL is fine */

/* Reads up to `size` decompressed bytes, fewer only at the end of the last member: several are one stream.
 * The end is not reached before the file has ended and every checksum has been compared. GM_BAD_DATA:
 * damaged, cut short, or with other data behind the end; GM_IO; GM_LIMIT. `path` is how messages call the
 * file. */
gm_status gm_gunzip_read(gm_gunzip *gunzip, void *to, size_t size, size_t *got, const char *path,
                         gm_error *error);

#endif

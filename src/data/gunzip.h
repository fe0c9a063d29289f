/* Decompression of gzip. The functions for files that zlib has (gzread) ignore data that follows the
 * compressed data. Here that is an error. */
#ifndef GM_DATA_GUNZIP_H
#define GM_DATA_GUNZIP_H

#include "data/bytes.h"

#define GM_GZIP_RATIO 1032 /* deflate cannot compress better than this (zlib's technical notes) */

typedef struct gm_gunzip gm_gunzip;

/* Whether bytes begin as a gzip file does. */
bool gm_gzip_recognise(const uint8_t *head, size_t size);

/* Makes a decompressor that reads from `bytes`, which must live longer. NULL without memory. */
gm_gunzip *gm_gunzip_create(gm_bytes *bytes);
void gm_gunzip_destroy(gm_gunzip *gunzip); /* NULL is fine */

/* Reads `size` decompressed bytes; *got is smaller only at the end of the file. Several members are read as
 * one stream. At the end every checksum has been compared. GM_BAD_DATA: the file is damaged, cut short, or
 * followed by other data; GM_IO; GM_LIMIT. `path` is the name of the file in messages. */
gm_status gm_gunzip_read(gm_gunzip *gunzip, void *to, size_t size, size_t *got, const char *path,
                         gm_error *error);

#endif

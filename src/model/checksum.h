/* The CRC-32 of a model file. It is stored in the metadata of the file itself. */
#ifndef GM_MODEL_CHECKSUM_H
#define GM_MODEL_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>

#define GM_CHECKSUM_KEY  "gradmill.crc32"
#define GM_CHECKSUM_NONE "00000000" /* its value while the sum is taken */

/* Both want the whole file: head (length field, JSON, padding) and data. The key must be the first one of the
 * metadata, and the metadata first in the header: so the digits stand at a fixed place, and every other byte
 * of the file goes into the sum as it is. */

/* Puts the sum in the place of GM_CHECKSUM_NONE. */
void gm_checksum_seal(char *head, size_t head_size, const void *data, size_t data_size);

/* Whether the place is there and holds the right sum. */
bool gm_checksum_holds(const char *head, size_t head_size, const void *data, size_t data_size);

#endif

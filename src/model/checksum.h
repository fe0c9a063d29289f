/* The CRC-32 of a model file, which shows whether the file was damaged. It is stored in the metadata of the
 * file itself. */
#ifndef GM_MODEL_CHECKSUM_H
#define GM_MODEL_CHECKSUM_H

#include "model/durable.h"

#include <stdbool.h>
#include <stddef.h>

#define GM_CHECKSUM_KEY  "gradmill.crc32"
#define GM_CHECKSUM_NONE "00000000" /* stands in its place while it is computed */

/* The beginning of a file with a checksum, from behind the length field to the digits. */
#define GM_CHECKSUM_OPENING "{\"__metadata__\":{\"" GM_CHECKSUM_KEY "\":\""

/* Both functions take the whole file: its head (length field, JSON, padding) and its data. The metadata must
 * be the first entry of the header, and the checksum the first key of the metadata. So its digits are at a
 * fixed place of the file. They count as GM_CHECKSUM_NONE in the sum; all other bytes count as they are. */

/* Computes the sum and writes it over GM_CHECKSUM_NONE. */
void gm_checksum_seal(char *head, size_t head_size, const void *data, size_t data_size);

/* The same for data that are in several places, and come one after the other in the file. */
void gm_checksum_seal_parts(char *head, size_t head_size, const gm_buffer *parts, size_t count);

/* Whether the head has a checksum at that place, and it is right. */
bool gm_checksum_holds(const char *head, size_t head_size, const void *data, size_t data_size);

#endif

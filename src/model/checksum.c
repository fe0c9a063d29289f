/* The CRC-32 of a model file. It detects every change that is confined to 32 neighbouring bits. */
#include "model/checksum.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

static const char opening[] = GM_CHECKSUM_OPENING;

enum { PLACE = 8 + sizeof opening - 1, DIGITS = sizeof GM_CHECKSUM_NONE - 1 };

static void sum(const char *head, size_t head_size, const gm_buffer *parts, size_t count,
                char digits[DIGITS + 1])
{
    const char *rest = head + PLACE + DIGITS;
    uLong crc = crc32_z(0, (const Bytef *)head, PLACE);
    crc = crc32_z(crc, (const Bytef *)GM_CHECKSUM_NONE, DIGITS);
    crc = crc32_z(crc, (const Bytef *)rest, head_size - PLACE - DIGITS);
    for (size_t i = 0; i < count; i++)
        crc = crc32_z(crc, parts[i].data, parts[i].size);
    snprintf(digits, DIGITS + 1, "%08lx", crc & 0xFFFFFFFFUL);
}

void gm_checksum_seal_parts(char *head, size_t head_size, const gm_buffer *parts, size_t count)
{
    char digits[DIGITS + 1];
    sum(head, head_size, parts, count, digits);
    memcpy(head + PLACE, digits, DIGITS);
}

void gm_checksum_seal(char *head, size_t head_size, const void *data, size_t data_size)
{
    gm_checksum_seal_parts(head, head_size, &(gm_buffer){data, data_size}, 1);
}

bool gm_checksum_holds(const char *head, size_t head_size, const void *data, size_t data_size)
{
    char digits[DIGITS + 1];
    if (head_size < PLACE + DIGITS || memcmp(head + 8, opening, sizeof opening - 1) != 0)
        return false;
    sum(head, head_size, &(gm_buffer){data, data_size}, 1, digits);
    return memcmp(head + PLACE, digits, DIGITS) == 0;
}

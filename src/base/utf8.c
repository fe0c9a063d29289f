/* UTF-8: which bytes form a character, and which characters may be printed. */
#include "base/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

size_t gm_utf8_length(const char *from, size_t left)
{
    const unsigned char *const text = (const unsigned char *)from;
    if (left == 0)
        return 0;
    if (text[0] < 0x80)
        return 1;
    const size_t length = text[0] >= 0xC2 && text[0] <= 0xDF   ? 2
                          : (text[0] & 0xF0) == 0xE0           ? 3
                          : text[0] >= 0xF0 && text[0] <= 0xF4 ? 4
                                                               : 0;
    if (length == 0 || length > left)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    }
    const bool overlong = (text[0] == 0xE0 && text[1] < 0xA0) || (text[0] == 0xF0 && text[1] < 0x90);
    const bool surrogate = text[0] == 0xED && text[1] > 0x9F, beyond = text[0] == 0xF4 && text[1] > 0x8F;
    return overlong || surrogate || beyond ? 0 : length;
}

bool gm_is_utf8(const char *text)
{
    for (size_t left = strlen(text), length; left > 0; text += length, left -= length) {
        length = gm_utf8_length(text, left);
        if (length == 0)
            return false;
    }
    return true;
}

/* The number of a character of `size` bytes. */
static uint32_t code_of(const char *text, size_t size)
{
    const unsigned char first = (unsigned char)*text;
    uint32_t code = size == 1 ? first : first & (0xFFU >> (size + 1));
    for (size_t i = 1; i < size; i++)
        code = code << 6 | ((unsigned char)text[i] & 0x3FU);
    return code;
}

typedef struct range {
    uint32_t first, last;
} range;

static bool lies_in(const range *ranges, size_t count, uint32_t code)
{
    for (size_t i = 0; i < count; i++) {
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    }
    return false;
}

size_t gm_utf8_columns(const char *text, size_t left, size_t *size)
{
    static const range none[] = {{0x300, 0x36F}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}};
    static const range wide[] = {{0x1100, 0x115F},   {0x2E80, 0xA4CF},  {0xAC00, 0xD7A3}, {0xF900, 0xFAFF},
                                 {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},  {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F},
                                 {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
    *size = gm_utf8_length(text, left);
    *size = *size > 0 ? *size : 1;
    const uint32_t code = code_of(text, *size);
    return lies_in(none, sizeof none / sizeof *none, code)   ? 0
           : lies_in(wide, sizeof wide / sizeof *wide, code) ? 2
                                                             : 1;
}

/* Whether a control character begins here. It has one byte, or two (U+0080 to U+009F). */
static bool is_control(const char *from)
{
    const unsigned char *const text = (const unsigned char *)from;
    return text[0] < 0x20 || text[0] == 0x7F || (text[0] == 0xC2 && text[1] < 0xA0);
}

void gm_make_printable(char *text, size_t length)
{
    for (size_t at = 0, size; at < length; at += size) {
        size = gm_utf8_length(text + at, length - at);
        if (size > 0 && !is_control(text + at))
            continue;
        size = size > 0 ? size : 1;
        memset(text + at, '?', size);
    }
}

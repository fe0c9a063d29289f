/* Text from a file, made fit for one line of an error message. */
#include "model/printable.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* UTF-8 by the number of bytes behind the first one: how that begins, and the smallest code so long. */
static const struct {
    unsigned char mask, lead;
    unsigned long least;
} forms[] = {{0x80, 0x00, 0x20}, {0xE0, 0xC0, 0xA0}, {0xF0, 0xE0, 0x800}, {0xF8, 0xF0, 0x10000}};

/* The length of the character at `text`; 0: it is a control character or not UTF-8. */
static size_t character(const unsigned char *text)
{
    size_t behind = 0;
    while (behind < sizeof forms / sizeof *forms && (text[0] & forms[behind].mask) != forms[behind].lead)
        behind++;
    if (behind == sizeof forms / sizeof *forms)
        return 0;
    unsigned long code = text[0] & (unsigned char)~forms[behind].mask;
    for (size_t i = 1; i <= behind; i++) {
        if ((text[i] & 0xC0) != 0x80) /* the final 0 as well */
            return 0;
        code = code << 6 | (text[i] & 0x3FU);
    }
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    return code < forms[behind].least || code == 0x7F || surrogate || code > 0x10FFFF ? 0 : behind + 1;
}

gm_printable_text gm_printable(const char *text)
{
    static const char cut[] = "...";
    gm_printable_text result;
    size_t length = 0, room_for_cut = 0; /* the last place where `cut` fits between two characters */
    while (*text) {
        const size_t found = character((const unsigned char *)text);
        const size_t size = found > 0 ? found : 1;
        if (length + size >= sizeof result.text) {
            strcpy(result.text + room_for_cut, cut);
            return result;
        }
        if (found > 0)
            memcpy(result.text + length, text, size);
        else
            result.text[length] = '?';
        length += size;
        text += size;
        if (length + sizeof cut <= sizeof result.text)
            room_for_cut = length;
    }
    result.text[length] = '\0';
    return result;
}

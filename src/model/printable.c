/* Text from a file, made fit for one line of an error message. */
#include "model/printable.h"

#include <string.h>

gm_printable_text gm_printable(const char *text)
{
    static const char cut[] = "...";
    gm_printable_text result;
    size_t length = strnlen(text, sizeof result.text);
    const char *end = "";
    if (length == sizeof result.text) {
        end = cut;
        length -= sizeof cut;
        while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
            length--; /* never through the middle of a UTF-8 character */
    }
    for (size_t i = 0; i < length; i++) {
        const unsigned char c = (unsigned char)text[i];
        result.text[i] = c < 0x20 || c == 0x7F ? '?' : text[i];
    }
    strcpy(result.text + length, end);
    return result;
}

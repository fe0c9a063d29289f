/* Makes text from a file fit for one line of an error message. */
#include "model/printable.h"
#include "base/utf8.h"

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
            length--; /* do not cut within a UTF-8 character */
    }
    memcpy(result.text, text, length);
    gm_make_printable(result.text, length);
    strcpy(result.text + length, end);
    return result;
}

/* UTF-8, for text that comes from outside and is shown in messages. */
#ifndef GM_BASE_UTF8_H
#define GM_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* The number of bytes of the character at the beginning of a text of `left` bytes. 0 if no valid character is
 * there (RFC 3629, section 4). */
size_t gm_utf8_length(const char *text, size_t left);

/* Whether the whole text is UTF-8. */
bool gm_is_utf8(const char *text);

/* How many columns of a terminal the character at the beginning of a text takes: 2 for those of East Asian
 * scripts and pictures, 0 for accents that join the one before, else 1. *size is the number of its bytes; a
 * byte that is no character is taken for one. left > 0. The ranges are the common ones of Unicode's
 * EastAsianWidth.txt. */
size_t gm_utf8_columns(const char *text, size_t left, size_t *size);

/* Makes text[0 .. length) fit for one line: control characters and bytes that are not UTF-8 become '?', so
 * that a name in a file cannot send commands to a terminal or break a log into false lines. */
void gm_make_printable(char *text, size_t length);

#endif

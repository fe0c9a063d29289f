/* UTF-8, for text that comes from outside and is shown in messages. */
#ifndef GM_BASE_UTF8_H
#define GM_BASE_UTF8_H

#include <stddef.h>

/* The bytes of the character that begins here, of which `left` are there; 0 if none does (RFC 3629, section
 * 4). */
size_t gm_utf8_length(const char *text, size_t left);

/* Makes text[0 .. length) fit for one line: control characters and bytes that are not UTF-8 become '?', so
 * that a hostile name can neither steer a terminal nor spoil a log. */
void gm_make_printable(char *text, size_t length);

#endif

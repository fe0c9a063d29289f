/* Letters of ASCII. The functions of <ctype.h> depend on the locale; these do not. */
#ifndef GM_BASE_ASCII_H
#define GM_BASE_ASCII_H

/* The lower-case letter of an upper-case one; any other character as it is. tolower would ask the locale. */
static inline char gm_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

#endif

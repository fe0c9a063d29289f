/* Letters of ASCII. The functions of <ctype.h> depend on the locale; these do not. */
#ifndef GM_BASE_ASCII_H
#define GM_BASE_ASCII_H

/* Returns the lower-case letter for an upper-case letter, and any other character unchanged. */
static inline char gm_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

#endif

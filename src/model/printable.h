/* Makes text from a file fit for one line of an error message. */
#ifndef GM_MODEL_PRINTABLE_H
#define GM_MODEL_PRINTABLE_H

/* Text of a limited length; names that people choose are shorter. */
typedef struct gm_printable_text {
    char text[96];
} gm_printable_text;

/* Replaces control characters and bytes that are not UTF-8 by '?', so that a name in a file cannot send
 * commands to a terminal or break a log into false lines. Longer text is cut and ends in "...". */
gm_printable_text gm_printable(const char *text);

#endif

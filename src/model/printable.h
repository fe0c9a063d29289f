/* Makes text from a file fit for one line of an error message. */
#ifndef GM_MODEL_PRINTABLE_H
#define GM_MODEL_PRINTABLE_H

/* Long enough for any name that a person gave. */
typedef struct gm_printable_text {
    char text[96];
} gm_printable_text;

/* Control characters and bytes that are not UTF-8 become '?', so that a hostile name can neither steer a
 * terminal nor spoil a log; what is too long ends in "...". */
gm_printable_text gm_printable(const char *text);

#endif

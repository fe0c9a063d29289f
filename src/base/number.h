/* Converts numbers to text and back, with a decimal point whatever the locale is. */
#ifndef GM_BASE_NUMBER_H
#define GM_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Parses a decimal number (digits, point, exponent; no hex, no underscores, no inf or nan) that fills
 * text[0 .. length) entirely. Underflow gives 0 or a denormal; overflow is refused. */
bool gm_parse_double(const char *text, size_t length, double *value);

/* Parses a whole decimal number that fills the string, without sign. */
bool gm_parse_u64(const char *text, uint64_t *value);

/* The separator in a list of widths as the user typed it: "784,128,10", "784x128x10" or "784-128-10". A text
 * with several of them is separated by the first of `,`, `x`, `-` that it contains; "," if it contains none.
 */
const char *gm_widths_separator(const char *text);

/* Prints `digits` significant digits, as %.*g does, with a decimal point whatever the locale is. 17 digits
 * are enough to read the same double back, 9 the same float. A value that is not finite is "inf", "-inf" or
 * "nan". Returns buffer. */
const char *gm_format_double(char *buffer, size_t size, double value, int digits);

/* Prints as few digits as are needed to read the same double back: "0.05", "0.39249999999999996". Returns
 * buffer. */
const char *gm_format_shortest(char *buffer, size_t size, double value);

/* Prints a fixed number of decimals. Numbers from 10,000 on have commas between the thousands: "1234.50",
 * "12,345". NaN gives an empty text. Returns buffer. */
const char *gm_format_grouped(char *buffer, size_t size, double value, int decimals);

/* Prints at least three significant digits. Numbers from 0.0001 on have no exponent: "0.0123", "98.7",
 * "1234". Returns buffer. */
const char *gm_format_short(char *buffer, size_t size, double value);

/* The ending of a noun after a number: "1 row", "2 rows". */
static inline const char *gm_plural(size_t count)
{
    return count == 1 ? "" : "s";
}

/* "640 B", "1.5 MiB", "31 GiB". Returns buffer. */
const char *gm_format_bytes(char *buffer, size_t size, size_t bytes);

#endif

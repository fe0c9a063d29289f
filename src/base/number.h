/* Converts numbers to text and back, with a decimal point in every locale. */
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

/* What separates the widths of a network as it is typed: "," in "784,128,10", "x" in "784x128x10", "-" in
 * "784-128-10"; the first of these three that occurs at all, "," if none does. */
const char *gm_widths_separator(const char *text);

/* Prints with `digits` significant digits (%.*g) and a decimal point whatever the locale; 17 digits give a
 * double back exactly, 9 a float. Not finite: "inf", "-inf", "nan". Returns buffer. */
const char *gm_format_double(char *buffer, size_t size, double value, int digits);

/* The fewest digits that give the same double back: "0.05", "0.39249999999999996". Returns buffer. */
const char *gm_format_shortest(char *buffer, size_t size, double value);

/* A fixed count of decimals, and from 10,000 on commas between the thousands: "1234.50", "12,345". NaN is
 * empty. Returns buffer. */
const char *gm_format_grouped(char *buffer, size_t size, double value, int decimals);

/* Three significant digits at least, and no exponent from 0.0001 on: "0.0123", "98.7", "1234". Returns
 * buffer. */
const char *gm_format_short(char *buffer, size_t size, double value);

/* What a noun takes after a count: "1 row", "2 rows". */
static inline const char *gm_plural(size_t count)
{
    return count == 1 ? "" : "s";
}

/* "640 B", "1.5 MiB", "31 GiB". Returns buffer. */
const char *gm_format_bytes(char *buffer, size_t size, size_t bytes);

#endif

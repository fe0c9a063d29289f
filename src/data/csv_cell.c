/* What a CSV cell says. */
#include "data/csv.h"

#include "base/number.h"

#include <string.h>

/* 15 digits are exact in a double, and so is a power of ten below 1e22: one division gives the nearest
 * double, as strtod would, many times faster (Clinger 1990, "How to read floating point numbers accurately").
 */
#define EXACT_DIGITS 15

static bool parse_short(const char *text, size_t length, double *value)
{
    static const double powers[EXACT_DIGITS + 1] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    const bool negative = length > 0 && *text == '-';
    uint64_t digits = 0;
    size_t count = 0, fraction = 0;
    bool point = false;
    for (size_t i = negative; i < length; i++) {
        const unsigned digit = (unsigned)(unsigned char)text[i] - '0';
        if (digit <= 9 && count < EXACT_DIGITS) {
            digits = digits * 10 + digit;
            count++;
            fraction += point;
        } else if (text[i] == '.' && !point) {
            point = true;
        } else {
            return false;
        }
    }
    const double size = (double)digits / powers[fraction];
    *value = negative ? -size : size;
    return count > 0;
}

bool gm_csv_number(const gm_csv_cell *cell, double *value)
{
    return parse_short(cell->text, cell->length, value) || gm_parse_double(cell->text, cell->length, value);
}

bool gm_csv_equals(const gm_csv_cell *cell, const char *text)
{
    return strlen(text) == cell->length && memcmp(cell->text, text, cell->length) == 0;
}

bool gm_csv_missing(const gm_csv_cell *cell)
{
    static const char *const spellings[] = {"",    "?",    "NA",   "na",   "N/A",
                                            "n/a", "#N/A", "NULL", "Null", "null"};
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        if (gm_csv_equals(cell, spellings[i]))
            return true;
    }
    return false;
}

/* tolower would ask the locale. */
static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool gm_csv_not_a_number(const gm_csv_cell *cell)
{
    static const char *const spellings[] = {"nan", "inf", "infinity"};
    char word[sizeof "infinity"];
    const size_t sign = cell->length > 0 && (*cell->text == '-' || *cell->text == '+');
    const size_t length = cell->length - sign;
    if (length >= sizeof word)
        return false;
    for (size_t i = 0; i < length; i++)
        word[i] = lower(cell->text[sign + i]);
    word[length] = '\0';
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        if (strcmp(word, spellings[i]) == 0)
            return true;
    }
    return false;
}

const char *gm_csv_show(const gm_csv_cell *cell, char buffer[GM_CSV_SHOWN])
{
    static const char dots[] = "...";
    const bool fits = cell->length < GM_CSV_SHOWN;
    size_t length = fits ? cell->length : GM_CSV_SHOWN - sizeof dots;
    while (!fits && length > 0 && ((unsigned char)cell->text[length] & 0xC0) == 0x80)
        length--; /* not within a UTF-8 character */
    for (size_t i = 0; i < length; i++) {
        const unsigned char c = (unsigned char)cell->text[i];
        buffer[i] = c < ' ' || c == 0x7F ? '?' : (char)c;
    }
    memcpy(buffer + length, fits ? "" : dots, fits ? 1 : sizeof dots);
    return buffer;
}

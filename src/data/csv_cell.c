/* Reads one cell of a CSV file: is it a number, a missing value, an infinity, a comment? */
#include "data/csv.h"

#include "base/ascii.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/utf8.h"

#include <string.h>

/* A fast way to read short numbers. A double holds every integer of 15 digits exactly, and every power of ten
 * up to 1e22. So one division of the two gives the nearest double, the same that strtod gives, in a fraction
 * of the time (Clinger 1990, "How to read floating point numbers accurately"). */
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

#define LONGEST_NUMBER                                                                                       \
    400 /* characters of a number with a decimal comma; more than any double has digits                      \
         */

/* Reads a number whose decimals follow a comma. */
static bool parse_with_comma(const gm_csv_cell *cell, double *value)
{
    char text[LONGEST_NUMBER];
    if (cell->length > sizeof text || memchr(cell->text, '.', cell->length))
        return false;
    memcpy(text, cell->text, cell->length);
    char *comma = memchr(text, ',', cell->length);
    if (comma)
        *comma = '.';
    return parse_short(text, cell->length, value) || gm_parse_double(text, cell->length, value);
}

bool gm_csv_number(const gm_csv_cell *cell, double *value)
{
    if (cell->decimal == ',')
        return parse_with_comma(cell, value);
    return parse_short(cell->text, cell->length, value) || gm_parse_double(cell->text, cell->length, value);
}

bool gm_csv_equals(const gm_csv_cell *cell, const char *text)
{
    return strlen(text) == cell->length && memcmp(cell->text, text, cell->length) == 0;
}

/* Whether the cell is one of the words. The list ends with NULL. */
static bool is_one_of(const gm_csv_cell *cell, const char *const *words)
{
    while (*words && !gm_csv_equals(cell, *words))
        words++;
    return *words != NULL;
}

/* Whether the cell is this word, in upper or lower case, with or without a sign before it. */
static bool is_signed_word(const gm_csv_cell *cell, const char *word)
{
    const size_t sign = cell->length > 0 && (*cell->text == '-' || *cell->text == '+');
    if (cell->length - sign != strlen(word))
        return false;
    for (size_t i = 0; word[i]; i++) {
        if (gm_lower(cell->text[sign + i]) != word[i])
            return false;
    }
    return true;
}

const char gm_csv_missing_spellings[] = "as an empty cell, ?, NA, N/A, #N/A, NULL or NaN";

bool gm_csv_missing(const gm_csv_cell *cell)
{
    static const char *const spellings[] = {"",     "?",    "NA",   "na",   "N/A", "n/a",
                                            "#N/A", "NULL", "Null", "null", NULL};
    return is_one_of(cell, spellings) || is_signed_word(cell, "nan");
}

bool gm_csv_missing_elsewhere(const gm_csv_cell *cell)
{
    static const char *const spellings[] = {
        "-",   "--",   "---",  ".",    "..",      "*",       "None",    "none",    "NONE",   "nil",
        "NaT", "<NA>", "N.A.", "n.a.", "missing", "#VALUE!", "#DIV/0!", "1.#QNAN", "1.#IND", NULL};
    return is_one_of(cell, spellings) || is_signed_word(cell, "nan(ind)");
}

bool gm_csv_infinite(const gm_csv_cell *cell)
{
    return is_signed_word(cell, "inf") || is_signed_word(cell, "infinity");
}

bool gm_csv_decimal_comma(const gm_csv_cell *cell)
{
    const gm_csv_cell other = {.text = cell->text, .length = cell->length, .decimal = ','};
    const char *comma = memchr(cell->text, ',', cell->length);
    double value;
    if (!comma || !gm_csv_number(&other, &value))
        return false;
    const size_t decimals = (size_t)(cell->text + cell->length - comma) - 1;
    return decimals != 3 || *cell->text == '0' || *cell->text == ','; /* 1,234 may be 1234 */
}

bool gm_csv_comment(const gm_csv_cell *cell)
{
    return cell->length > 0 && (*cell->text == '#' || *cell->text == '%' ||
                                (cell->length > 1 && memcmp(cell->text, "//", 2) == 0));
}

const char gm_csv_comment_hint[] =
    "this line is a comment: delete it, or say --comment and how such lines begin";

const char gm_csv_utf8_hint[] = "is the file in Latin-1? convert it with iconv -f latin1 -t utf8";

bool gm_csv_is_utf8(const gm_csv_cell *cell)
{
    size_t length;
    for (size_t i = 0; i < cell->length; i += length) {
        length = gm_utf8_length(cell->text + i, cell->length - i);
        if (length == 0)
            return false;
    }
    return true;
}

const char *gm_csv_show(const gm_csv_cell *cell, char buffer[GM_CSV_SHOWN])
{
    static const char dots[] = "...";
    const bool fits = cell->length < GM_CSV_SHOWN;
    size_t length = fits ? cell->length : GM_CSV_SHOWN - sizeof dots;
    while (!fits && length > 0 && ((unsigned char)cell->text[length] & 0xC0) == 0x80)
        length--; /* do not cut within a UTF-8 character */
    memcpy(buffer, cell->text, length);
    memcpy(buffer + length, fits ? "" : dots, fits ? 1 : sizeof dots);
    gm_make_printable(buffer, length);
    return buffer;
}

const char *gm_csv_show_text(const char *text, char buffer[GM_CSV_SHOWN])
{
    const gm_csv_cell cell = {.text = text, .length = strlen(text)};
    return gm_csv_show(&cell, buffer);
}

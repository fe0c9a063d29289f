/* Converts numbers to text and back. The functions of the C library depend on the locale of the program, so
 * they are given a "C" locale, which is made once. */
#include "base/number.h"

#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longer texts are refused. No program writes a number with so many characters. */
#define LONGEST_NUMBER 400

static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void make_c_locale(void)
{
    c_locale = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0); /* glibc has it built in: this cannot fail */
}

/* strtod also accepts hexadecimal numbers, "inf", "nan" and leading blanks. So only texts of these characters
 * are passed to it. */
static bool is_plain_decimal(const char *text, size_t length)
{
    bool digit = false;
    for (size_t i = 0; i < length; i++) {
        const char c = text[i];
        digit |= c >= '0' && c <= '9';
        if (!(c >= '0' && c <= '9') && c != '+' && c != '-' && c != '.' && c != 'e' && c != 'E')
            return false;
    }
    return digit;
}

bool gm_parse_double(const char *text, size_t length, double *value)
{
    char copy[LONGEST_NUMBER + 1];
    if (length == 0 || length > LONGEST_NUMBER || !is_plain_decimal(text, length))
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    pthread_once(&c_locale_once, make_c_locale);
    char *end;
    *value = strtod_l(copy, &end, c_locale);
    return *end == '\0' && isfinite(*value);
}

bool gm_parse_u64(const char *text, uint64_t *value)
{
    uint64_t sum = 0;
    if (*text == '\0')
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9' || __builtin_mul_overflow(sum, 10U, &sum) ||
            __builtin_add_overflow(sum, (uint64_t)(*text - '0'), &sum))
            return false;
    }
    *value = sum;
    return true;
}

const char *gm_widths_separator(const char *text)
{
    return strchr(text, ',') ? "," : strchr(text, 'x') ? "x" : strchr(text, '-') ? "-" : ",";
}

const char *gm_format_double(char *buffer, size_t size, double value, int digits)
{
    if (isnan(value))
        value = fabs(value); /* "nan": its sign means nothing */
    pthread_once(&c_locale_once, make_c_locale);
    const locale_t former = uselocale(c_locale); /* of this thread only */
    snprintf(buffer, size, "%.*g", digits, value);
    uselocale(former);
    return buffer;
}

/* A decimal number of 15 digits survives the conversion to double and back; 17 digits identify every double.
 */
const char *gm_format_shortest(char *buffer, size_t size, double value)
{
    for (int digits = 15; digits <= 17; digits++) {
        double again;
        gm_format_double(buffer, size, value, digits);
        if (gm_parse_double(buffer, strlen(buffer), &again) && again == value)
            break;
    }
    return buffer;
}

/* Whole numbers of five digits and more are grouped. */
#define FEWEST_GROUPED 5

/* From this value on, numbers are printed with an exponent. */
#define LARGEST_PLAIN 1e15

const char *gm_format_grouped(char *buffer, size_t size, double value, int decimals)
{
    if (isnan(value))
        return memset(buffer, 0, 1);
    if (fabs(value) >= LARGEST_PLAIN) /* true of infinity, too */
        return gm_format_double(buffer, size, value, 6);
    char plain[64];
    const size_t length = (size_t)snprintf(plain, sizeof plain, "%.*f", decimals, value);
    const size_t sign = plain[0] == '-', whole = strspn(plain + sign, "0123456789");
    size_t used = 0;
    for (size_t i = 0; i < sign + whole && used + 2 < size; i++) {
        const size_t left = sign + whole - i;
        if (whole >= FEWEST_GROUPED && i > sign && left % 3 == 0)
            buffer[used++] = ',';
        buffer[used++] = plain[i];
    }
    buffer[used] = '\0';
    if (decimals > 0) /* the locale's decimal point before them, of any length, is replaced by "." */
        snprintf(buffer + used, size - used, ".%s", plain + length - (size_t)decimals);
    return buffer;
}

const char *gm_format_short(char *buffer, size_t size, double value)
{
    return fabs(value) >= 100 ? gm_format_grouped(buffer, size, value, 0)
                              : gm_format_double(buffer, size, value, 3);
}

const char *gm_format_bytes(char *buffer, size_t size, size_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 1024 && unit + 1 < sizeof units / sizeof *units) {
        value /= 1024;
        unit++;
    }
    const double rounded = value < 10 && unit > 0 ? round(value * 10) / 10 : round(value);
    char digits[32];
    snprintf(buffer, size, "%s %s", gm_format_double(digits, sizeof digits, rounded, 6), units[unit]);
    return buffer;
}

/* Names of statuses, and the one function that writes error lines. */
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/utf8.h"

#include <gradmill/version.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define CUT_MARK  "..."
#define MARK_SIZE (sizeof CUT_MARK - 1)
#define LEAST_CUT 80 /* words that are not longer than this are not shortened */

/* The longest run of bytes without a blank: in a message that is too long this is a path. */
static size_t longest_word(const char *text, size_t *length)
{
    size_t best = 0;
    *length = 0;
    for (size_t at = 0; text[at];) {
        const size_t size = strcspn(text + at, " ");
        if (size > *length) {
            best = at;
            *length = size;
        }
        at += size + strspn(text + at + size, " ");
    }
    return best;
}

/* Whether a cut before this byte would divide a character of UTF-8. */
static bool within_character(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

/* Replaces the middle of text[first .. first + length) by a mark, so that about `excess` bytes are saved. */
static void cut_middle(char *text, size_t first, size_t length, size_t excess)
{
    const size_t kept = length - gm_min(length, excess + MARK_SIZE);
    size_t from = first + kept / 2, to = first + length - (kept - kept / 2);
    while (from > first && within_character(text[from]))
        from--;
    while (within_character(text[to]))
        to++;
    memcpy(text + from, CUT_MARK, MARK_SIZE);
    memmove(text + from + MARK_SIZE, text + to, strlen(text + to) + 1);
}

/* Shortens a text in place to fewer than `size` bytes. Long words, which are paths, lose their middle first,
 * because the reason of a failure stands behind the path. */
static void shorten(char *text, size_t size)
{
    for (size_t length; (length = strlen(text)) >= size;) {
        size_t word_length;
        const size_t word = longest_word(text, &word_length), excess = length - size + 1;
        if (word_length > LEAST_CUT)
            cut_middle(text, word, word_length, gm_min(excess, word_length - LEAST_CUT));
        else
            cut_middle(text, 0, length, excess);
    }
}

/* Writes a message that does not fit: formats all of it, then shortens it. If memory is refused, the message
 * keeps the beginning that gm_fail has written. */
static void write_shortened(gm_error *error, size_t length, const char *format, va_list arguments)
{
    char *whole = gm_alloc(length + 1, 1);
    if (!whole)
        return;
    vsnprintf(whole, length + 1, format, arguments);
    shorten(whole, sizeof error->message);
    memcpy(error->message, whole, strlen(whole) + 1);
    gm_free(whole);
}

gm_status gm_fail(gm_error *error, gm_status status, const char *format, ...)
{
    if (!error)
        return status;
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    error->status = status;
    const int length = vsnprintf(error->message, sizeof error->message, format, arguments);
    if (length >= (int)sizeof error->message)
        write_shortened(error, (size_t)length, format, again);
    gm_make_printable(error->message, strlen(error->message)); /* paths, names and cells come from outside */
    va_end(again);
    va_end(arguments);
    return status;
}

gm_status gm_fail_memory(gm_error *error, const char *what, size_t bytes)
{
    char size[32];
    return gm_fail(error, GM_LIMIT, "no memory for %s; needed %s", what,
                   gm_format_bytes(size, sizeof size, bytes));
}

const char *gm_status_text(gm_status status)
{
    switch (status) {
    case GM_OK:
        return "done";
    case GM_UNEXPECTED:
        return "unexpected failure";
    case GM_USAGE:
        return "wrong use";
    case GM_BAD_DATA:
        return "bad data file";
    case GM_BAD_MODEL:
        return "bad model file";
    case GM_IO:
        return "input/output error";
    case GM_LIMIT:
        return "out of memory or over a limit";
    case GM_DIVERGED:
        return "training diverged";
    case GM_CHECK:
        return "a check failed";
    }
    return "unknown status";
}

const char *gm_version(void)
{
    return GM_VERSION_STRING;
}

int gm_version_number(void)
{
    return GM_VERSION_NUMBER;
}

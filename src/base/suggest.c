/* Finds the name nearest to a misspelt one, by the optimal string alignment distance. */
#include "base/suggest.h"
#include "base/ascii.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Longer texts get no suggestion. Because of the limit the table's rows can be on the stack. */
#define LONGEST 64

static bool same(char a, char b)
{
    return gm_lower(a) == gm_lower(b);
}

/* The distance of a[0 .. n) and b[0 .. m), both at most LONGEST long. The table of distances between their
 * beginnings is made row by row; a row needs only the two before it. */
static size_t distance(const char *a, size_t n, const char *b, size_t m)
{
    size_t rows[3][LONGEST + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= m; j++)
        last[j] = j;
    for (size_t i = 1; i <= n; i++) {
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            const size_t replaced = last[j - 1] + !same(a[i - 1], b[j - 1]);
            row[j] = gm_min(replaced, gm_min(last[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
                row[j] = gm_min(row[j], before[j - 2] + 1);
        }
        size_t *const free_row = before;
        before = last;
        last = row;
        row = free_row;
    }
    return last[m];
}

static bool begins_with(const char *text, const char *beginning, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\0' || !same(text[i], beginning[i]))
            return false;
    }
    return true;
}

const char *gm_suggest(const char *typed, const char *const *candidates, size_t count)
{
    enum { PREFIX = 3 }; /* fewer letters are the beginning of too many names */
    const size_t length = strlen(typed);
    if (length == 0 || length > LONGEST)
        return NULL;
    const char *nearest = NULL, *beginning = NULL;
    size_t least = gm_max(length / 3, 1) + 1;
    for (size_t c = 0; c < count; c++) {
        const char *name = candidates[c];
        const size_t name_length = name ? strlen(name) : 0;
        if (name_length == 0 || name_length > LONGEST)
            continue;
        const size_t away = distance(typed, length, name, name_length);
        /* A name is no suggestion if not one letter would be kept: "ab" is not a misspelt "x". */
        if (away < least && away < gm_max(length, name_length)) {
            least = away;
            nearest = name;
        }
        if (!beginning && length >= PREFIX && begins_with(name, typed, length))
            beginning = name;
    }
    return nearest ? nearest : beginning;
}

gm_question gm_did_you_mean(const char *meant)
{
    gm_question question = {""};
    if (meant)
        snprintf(question.text, sizeof question.text, "; did you mean %s?", meant);
    return question;
}

/* Reads JSON from untrusted files. The text is checked before jansson parses it, because jansson also accepts
 * -0, 1.0, null and two thousand levels of nesting, and needs a hundred bytes of memory for each "[]". */
#include "model/strict_json.h"
#include "model/json_load.h"
#include "model/printable.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Whether the character may occur outside strings, besides brackets. */
static bool is_plain(char c)
{
    return (c >= '0' && c <= '9') || c == ',' || c == ':' || c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The index after the string that begins at text[i], a quote; `size` if it never ends. */
static size_t skip_string(const char *text, size_t size, size_t i)
{
    for (i++; i < size && text[i] != '"'; i++)
        if (text[i] == '\\')
            i++;
    return i < size ? i + 1 : size;
}

static gm_status refuse(gm_json_reason *reason, size_t at, const char *what)
{
    snprintf(reason->text, sizeof reason->text, "byte %zu: %s", at, what);
    return GM_BAD_MODEL;
}

/* Finds the end of the value and counts its parts. Refuses everything that this part of the language does not
 * have. */
static gm_status look_over(const char *text, size_t size, size_t depth, size_t *end, size_t *parts,
                           gm_json_reason *reason)
{
    size_t open = 0, i = 0;
    do {
        if (i == size)
            return refuse(reason, i, "the text ends before its last bracket");
        const char c = text[i];
        if (c == '"') {
            i = skip_string(text, size, i);
            continue;
        }
        const bool opens = c == '{' || c == '[', closes = c == '}' || c == ']';
        if (opens && ++open > depth)
            return refuse(reason, i, "nested too deep");
        if ((opens || c == ',') && ++*parts > GM_JSON_PARTS)
            return refuse(reason, i, "too many entries");
        if (!opens && !closes && !is_plain(c))
            return refuse(reason, i, "expected a string, a bracket or a whole number without sign");
        open -= closes;
        i++;
    } while (open > 0);
    *end = i;
    return GM_OK;
}

static gm_status parse(json_t **json, const char *text, size_t size, size_t parts, gm_json_reason *reason)
{
    json_error_t wrong = {0};
    const gm_status status = gm_json_load(json, text, size, parts, &wrong);
    if (status == GM_LIMIT)
        snprintf(reason->text, sizeof reason->text, "no memory for %zu entries", parts);
    else if (status != GM_OK)
        return refuse(reason, (size_t)wrong.position, gm_printable(wrong.text).text);
    return status;
}

gm_status gm_strict_json(json_t **json, const char *text, size_t size, size_t depth, gm_json_reason *reason)
{
    size_t end = 0, parts = 0;
    *json = NULL;
    if (size == 0 || (text[0] != '{' && text[0] != '['))
        return refuse(reason, 0, "expected an opening bracket");
    const gm_status status = look_over(text, size, depth, &end, &parts, reason);
    if (status != GM_OK)
        return status;
    for (size_t i = end; i < size; i++)
        if (text[i] != ' ')
            return refuse(reason, i, "expected nothing but spaces after the last bracket");
    return parse(json, text, end, parts, reason);
}

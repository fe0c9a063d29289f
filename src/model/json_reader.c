/* Reads JSON that a person wrote. It accepts all of JSON, for small files; strict_json.c is for files that
 * may be hostile. */
#include "model/json_reader.h"

#include "base/error.h"
#include "base/foreign.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "model/json_load.h"
#include "model/printable.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

gm_json_path gm_json_at(const char *format, ...)
{
    gm_json_path place;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(place.text, sizeof place.text, format, arguments);
    va_end(arguments);
    return place;
}

static const char *kind(const json_t *value)
{
    if (!value)
        return "nothing";
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "true or false";
    case JSON_NULL:
        break;
    }
    return "null";
}

gm_status gm_json_expect(const gm_json_source *from, const char *place, const char *expected,
                         const json_t *value)
{
    return gm_fail(from->error, from->bad, "%s: %s: expected %s, got %s", from->path, place, expected,
                   kind(value));
}

gm_status gm_json_keys(const gm_json_source *from, const char *place, json_t *object,
                       const char *const *known)
{
    const char *key;
    json_t *value;
    if (!json_is_object(object))
        return gm_json_expect(from, place, "an object", object);
    json_object_foreach(object, key, value)
    {
        size_t i = 0;
        while (known[i] && strcmp(known[i], key) != 0)
            i++;
        if (!known[i])
            return gm_fail(from->error, from->bad, "%s: %s: unknown key \"%s\"", from->path, place,
                           gm_printable(key).text);
    }
    return GM_OK;
}

gm_status gm_json_array(const gm_json_source *from, const char *place, const json_t *array, size_t count,
                        const char *items)
{
    if (!json_is_array(array))
        return gm_json_expect(from, place, "an array", array);
    if (count == 0 && json_array_size(array) == 0)
        return gm_fail(from->error, from->bad, "%s: %s: expected %s, got an empty array", from->path, place,
                       items);
    if (count != 0 && json_array_size(array) != count)
        return gm_fail(from->error, from->bad, "%s: %s: expected %zu %s, got %zu", from->path, place, count,
                       items, json_array_size(array));
    return GM_OK;
}

gm_status gm_json_number(const gm_json_source *from, const char *place, const json_t *value, double *number)
{
    if (!json_is_number(value))
        return gm_json_expect(from, place, "a number", value);
    *number = json_number_value(value); /* the parser refuses numbers that are not finite */
    return GM_OK;
}

gm_status gm_json_numbers(const gm_json_source *from, const char *place, const json_t *array, size_t count,
                          double *numbers)
{
    gm_status status = gm_json_array(from, place, array, count, count == 1 ? "number" : "numbers");
    for (size_t i = 0; i < count && status == GM_OK; i++)
        status =
            gm_json_number(from, gm_json_at("%s[%zu]", place, i).text, json_array_get(array, i), &numbers[i]);
    return status;
}

gm_status gm_json_text(const gm_json_source *from, const char *place, const json_t *value, char **text)
{
    if (!value)
        return GM_OK;
    if (!json_is_string(value))
        return gm_json_expect(from, place, "a string", value);
    *text = gm_strdup(json_string_value(value));
    if (!*text)
        return gm_fail_memory(from->error, place, json_string_length(value) + 1);
    gm_make_printable(*text, strlen(*text));
    return GM_OK;
}

gm_status gm_json_name(const gm_json_source *from, const char *place, const json_t *value, const char **name)
{
    *name = json_string_value(value);
    return *name ? GM_OK : gm_json_expect(from, place, "a name", value);
}

/* Counts brackets and commas. A text has at most one value more than these. */
static size_t count_parts(const char *text, size_t size)
{
    size_t count = 1;
    for (size_t i = 0; i < size; i++)
        count += text[i] == ',' || text[i] == '[' || text[i] == '{';
    return count;
}

gm_status gm_json_parse(const gm_json_source *from, const char *text, size_t size, json_t **root)
{
    json_error_t wrong = {0};
    const gm_status status = gm_json_load(root, text, size, count_parts(text, size), &wrong);
    if (status == GM_LIMIT)
        return gm_fail_memory(from->error, from->path, size);
    const gm_foreign *found = status != GM_OK ? gm_foreign_find(text, size) : NULL;
    if (found && *text != '{' && *text != '[')
        return gm_fail(from->error, from->bad, "%s: not JSON but %s", from->path, found->kind);
    if (status != GM_OK)
        return gm_fail(from->error, from->bad, "%s:%d:%d: not JSON: %s", from->path, wrong.line, wrong.column,
                       gm_printable(wrong.text).text);
    return GM_OK;
}

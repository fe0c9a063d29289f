/* Memory of tables: their arrays, and their lists of strings. */
#include "data/dataset.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool grow(gm_strings *list)
{
    const size_t capacity = gm_max(8, 2 * list->capacity);
    char **items = gm_alloc(capacity, sizeof *items);
    if (!items)
        return false;
    if (list->count > 0)
        memcpy(items, list->items, list->count * sizeof *items);
    gm_free(list->items);
    list->items = items;
    list->capacity = capacity;
    return true;
}

bool gm_strings_add(gm_strings *list, const char *text, size_t length)
{
    if (list->count == list->capacity && !grow(list))
        return false;
    size_t size;
    char *copy = gm_add(length, 1, &size) ? gm_alloc(size, 1) : NULL;
    if (!copy)
        return false;
    memcpy(copy, text, length);
    list->items[list->count++] = copy;
    return true;
}

bool gm_strings_split(gm_strings *list, const char *text, char separator)
{
    for (;;) {
        const char *end = strchrnul(text, separator), *stop = end;
        while (text < stop && *text == ' ')
            text++;
        while (stop > text && stop[-1] == ' ')
            stop--;
        if (!gm_strings_add(list, text, (size_t)(stop - text)))
            return false;
        if (*end == '\0')
            return true;
        text = end + 1;
    }
}

const char *gm_strings_get(const gm_strings *list, size_t index)
{
    return index < list->count ? list->items[index] : NULL;
}

void gm_strings_clear(gm_strings *list)
{
    for (size_t i = 0; i < list->count; i++)
        gm_free(list->items[i]);
    gm_free(list->items);
    *list = (gm_strings){0};
}

void gm_table_clear_texts(gm_table *table)
{
    for (size_t f = 0; table->texts && f < table->features; f++)
        gm_strings_clear(&table->texts[f]);
    gm_free(table->texts);
    table->texts = NULL;
}

void gm_table_clear(gm_table *table)
{
    gm_table_clear_texts(table);
    gm_free(table->binary);
    gm_free(table->x);
    gm_free(table->labels);
    gm_free(table->values);
    gm_free(table->groups);
    gm_free(table->weights);
    gm_strings_clear(&table->classes);
    gm_strings_clear(&table->feature_names);
    gm_strings_clear(&table->remarks);
    gm_kept_destroy(table->kept);
    gm_strings_clear(&table->target_names);
    gm_free(table->target_columns);
    *table = (gm_table){0};
}

void *gm_table_array(size_t rows, size_t cols, size_t size, const char *what, gm_error *error)
{
    size_t count, bytes;
    if (!gm_mul(rows, cols, &count) || !gm_mul(count, size, &bytes)) {
        gm_fail(error, GM_LIMIT, "%s: %zu x %zu numbers are more than any memory holds", what, rows, cols);
        return NULL;
    }
    void *array = gm_alloc(count, size);
    if (!array)
        gm_fail_memory(error, what, bytes);
    return array;
}

gm_status gm_table_place_target(gm_table *table, size_t column, gm_error *error)
{
    table->target_columns = gm_table_array(1, 1, sizeof *table->target_columns, "the target", error);
    if (!table->target_columns)
        return GM_LIMIT;
    table->target_columns[0] = column;
    table->target_places = 1;
    return GM_OK;
}

gm_status gm_table_remark(gm_table *table, gm_error *error, const char *format, ...)
{
    char line[500];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    gm_make_printable(line, strlen(line));
    return gm_strings_add(&table->remarks, line, strlen(line))
               ? GM_OK
               : gm_fail_memory(error, "a remark", sizeof line);
}

gm_status gm_table_name_classes(gm_table *table, const char *const *names, size_t count, gm_error *error)
{
    for (size_t c = 0; c < count; c++) {
        char number[24];
        snprintf(number, sizeof number, "%zu", c);
        const char *name = names ? names[c] : number;
        if (!gm_strings_add(&table->classes, name, strlen(name)))
            return gm_fail_memory(error, "the names of the classes", count * sizeof number);
    }
    return GM_OK;
}

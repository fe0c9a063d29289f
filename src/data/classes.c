/* Classes: names found by a hash table of a fixed size, sorted when all are known; or plain numbers. */
#include "data/classes.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS (2 * (size_t)GM_CLASS_LIMIT) /* a power of two, so at most half of them are taken */

/* Where the name is, or the free slot where it would be. FNV-1a, then the next slot, and so on. */
static uint32_t *slot_of(const gm_classes *classes, const char *name, size_t length)
{
    uint64_t hash = 0xcbf29ce484222325U;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)name[i]) * 0x100000001b3U;
    for (size_t slot = hash % SLOTS;; slot = (slot + 1) % SLOTS) {
        const uint32_t taken = classes->slots[slot];
        const char *other = taken ? classes->names.items[taken - 1] : NULL;
        if (!other || (strncmp(other, name, length) == 0 && other[length] == '\0'))
            return &classes->slots[slot];
    }
}

gm_status gm_classes_init(gm_classes *classes, const char *const *names, size_t count, gm_error *error)
{
    *classes = (gm_classes){0};
    classes->slots = gm_table_array(SLOTS, 1, sizeof *classes->slots, "the classes", error);
    if (!classes->slots)
        return GM_LIMIT;
    gm_status status = GM_OK;
    for (size_t c = 0; names && !status && c < count; c++)
        status = gm_classes_add(classes, names[c], strlen(names[c]), error);
    return status;
}

void gm_classes_clear(gm_classes *classes)
{
    gm_strings_clear(&classes->names);
    gm_free(classes->slots);
    classes->slots = NULL;
}

uint32_t gm_classes_find(const gm_classes *classes, const char *name, size_t length)
{
    const uint32_t taken = *slot_of(classes, name, length);
    return taken ? taken - 1 : GM_NO_CLASS;
}

gm_status gm_classes_add(gm_classes *classes, const char *name, size_t length, gm_error *error)
{
    if (classes->names.count == GM_CLASS_LIMIT)
        return gm_fail(error, GM_LIMIT, "too many classes; expected at most %d", GM_CLASS_LIMIT);
    uint32_t *slot = slot_of(classes, name, length);
    if (!gm_strings_add(&classes->names, name, length))
        return gm_fail_memory(error, "the name of a class", length);
    *slot = (uint32_t)classes->names.count;
    return GM_OK;
}

typedef struct ranked {
    char *name;
    double value;
    uint32_t number; /* before sorting */
} ranked;

static int by_name(const void *a, const void *b)
{
    const ranked *left = a, *right = b;
    return strcmp(left->name, right->name);
}

static int by_value(const void *a, const void *b)
{
    const ranked *left = a, *right = b;
    const int order = (left->value > right->value) - (left->value < right->value);
    return order ? order : by_name(a, b);
}

/* Sorts the names; new_number[old] tells where each went. */
static void sort_names(gm_strings *names, ranked *order, uint32_t *new_number)
{
    bool numbers = true;
    for (uint32_t c = 0; c < names->count; c++) {
        order[c] = (ranked){.name = names->items[c], .number = c};
        numbers &= gm_parse_double(order[c].name, strlen(order[c].name), &order[c].value);
    }
    qsort(order, names->count, sizeof *order, numbers ? by_value : by_name);
    for (uint32_t c = 0; c < names->count; c++) {
        names->items[c] = order[c].name;
        new_number[order[c].number] = c;
    }
}

gm_status gm_classes_sort(gm_classes *classes, uint32_t *labels, size_t rows, gm_error *error)
{
    const size_t count = classes->names.count;
    ranked *order = gm_table_array(count, 1, sizeof *order, "the order of the classes", error);
    uint32_t *new_number = gm_table_array(count, 1, sizeof *new_number, "the order of the classes", error);
    const gm_status status = order && new_number ? GM_OK : GM_LIMIT;
    if (!status) {
        sort_names(&classes->names, order, new_number);
        for (size_t r = 0; r < rows; r++)
            labels[r] = new_number[labels[r]];
    }
    gm_free(order);
    gm_free(new_number);
    return status;
}

/* class_of[label] for each label below the limit. */
static void index_numbers(uint32_t *class_of, const gm_dataset_options *options)
{
    for (size_t label = 0; label < GM_CLASS_LIMIT; label++)
        class_of[label] = GM_NO_CLASS;
    for (size_t c = 0; c < options->class_count; c++) {
        uint64_t label;
        if (gm_parse_u64(options->classes[c], &label) && label < GM_CLASS_LIMIT)
            class_of[label] = (uint32_t)c;
    }
}

gm_status gm_labels_map(gm_table *table, const char *path, const gm_dataset_options *options, gm_error *error)
{
    uint32_t *class_of = gm_table_array(GM_CLASS_LIMIT, 1, sizeof *class_of, "the classes", error);
    if (!class_of)
        return GM_LIMIT;
    index_numbers(class_of, options);
    gm_status status = GM_OK;
    for (size_t r = 0; !status && r < table->rows; r++) {
        const uint32_t label = table->labels[r];
        table->labels[r] = class_of[label];
        if (class_of[label] == GM_NO_CLASS)
            status = gm_fail(error, GM_BAD_DATA,
                             "%s: label of row %zu; expected one of the model's %zu classes, got %lu", path,
                             r + 1, options->class_count, (unsigned long)label);
    }
    gm_free(class_of);
    table->targets = options->class_count;
    return status ? status : gm_table_name_classes(table, options->classes, options->class_count, error);
}

/* The number of different labels; 0 without memory. */
static size_t count_distinct(const gm_table *table, gm_error *error)
{
    bool *met = gm_table_array(table->targets, 1, sizeof *met, "the classes", error);
    size_t distinct = 0;
    for (size_t r = 0; met && r < table->rows; r++) {
        distinct += !met[table->labels[r]];
        met[table->labels[r]] = true;
    }
    gm_free(met);
    return distinct;
}

gm_status gm_labels_count(gm_table *table, const char *path, gm_error *error)
{
    uint32_t largest = 0;
    for (size_t r = 0; r < table->rows; r++)
        largest = table->labels[r] > largest ? table->labels[r] : largest;
    if (largest == 0)
        return gm_fail(error, GM_BAD_DATA,
                       "%s: only one class; expected at least 2, got the label 0 in every row", path);
    table->targets = (size_t)largest + 1;
    const size_t distinct = count_distinct(table, error);
    gm_status status = distinct ? GM_OK : GM_LIMIT;
    if (!status && distinct < table->targets)
        status = gm_table_remark(table, error, "%s: labels go up to %lu, but only %zu different ones occur",
                                 path, (unsigned long)largest, distinct);
    return status ? status : gm_table_name_classes(table, NULL, table->targets, error);
}

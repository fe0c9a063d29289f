/* The classes of a data set. The classes of a CSV file are names: they are numbered in the order of their
 * first appearance, with a hash table, and sorted at the end of the file. The classes of an IDX
 * file are numbers. */
#include "data/classes.h"
#include "data/csv.h"

#include "base/append.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/suggest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A hint lists at most this many classes. */
#define MOST_LISTED ((size_t)6)

/* Slots of an empty list. There are always at least twice as many slots as names. */
#define FEWEST_SLOTS ((size_t)64)

/* Different whole numbers below this limit are different doubles. */
#define EXACT_LIMIT 0x1p53

/* The value of a name that is a number. NaN if it is not, or if names are compared as texts. */
static double value_of(const gm_classes *classes, const char *name, size_t length)
{
    const gm_csv_cell cell = {.text = name, .length = length};
    double value;
    if (classes->exact || !gm_csv_number(&cell, &value) || fabs(value) >= EXACT_LIMIT)
        return NAN;
    return value + 0.0; /* -0 becomes 0 */
}

/* FNV-1a. */
static uint64_t hash_bytes(const void *bytes, size_t length)
{
    uint64_t hash = 0xcbf29ce484222325U;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * 0x100000001b3U;
    return hash;
}

/* The slot of a name, or the free slot into which it belongs. Names with the same hash are in the slots
 * behind it (linear probing). */
static size_t slot_of(const gm_classes *classes, const char *name, size_t length, double value)
{
    const bool number = !isnan(value);
    const uint64_t hash = number ? hash_bytes(&value, sizeof value) : hash_bytes(name, length);
    for (size_t slot = hash % classes->capacity;; slot = (slot + 1) % classes->capacity) {
        const uint32_t taken = classes->slots[slot];
        if (!taken || (number && classes->values[slot] == value))
            return slot;
        const char *other = classes->names.items[taken - 1];
        if (!number && strncmp(other, name, length) == 0 && other[length] == '\0')
            return slot;
    }
}

static void put_in_slot(gm_classes *classes, uint32_t c)
{
    const char *name = classes->names.items[c];
    const size_t length = strlen(name);
    const double value = value_of(classes, name, length);
    const size_t slot = slot_of(classes, name, length, value);
    classes->slots[slot] = c + 1;
    classes->values[slot] = value;
}

/* Makes a hash table with so many slots, and puts the names that are there into it. After a failure the list
 * is as it was. */
static gm_status make_slots(gm_classes *classes, size_t capacity, gm_error *error)
{
    uint32_t *slots = gm_table_array(capacity, 1, sizeof *slots, "the classes", error);
    double *values = gm_table_array(capacity, 1, sizeof *values, "the classes", error);
    if (!slots || !values) {
        gm_free(slots);
        gm_free(values);
        return GM_LIMIT;
    }
    gm_free(classes->slots);
    gm_free(classes->values);
    classes->slots = slots;
    classes->values = values;
    classes->capacity = capacity;
    for (size_t c = 0; c < classes->names.count; c++)
        put_in_slot(classes, (uint32_t)c);
    return GM_OK;
}

gm_status gm_classes_init(gm_classes *classes, const char *const *names, size_t count, gm_error *error)
{
    *classes = (gm_classes){0};
    gm_status status = make_slots(classes, FEWEST_SLOTS, error);
    for (size_t c = 0; names && !status && c < count; c++)
        status = gm_classes_add(classes, names[c], strlen(names[c]), error);
    return status;
}

gm_status gm_classes_init_exact(gm_classes *classes, gm_error *error)
{
    *classes = (gm_classes){.exact = true};
    return make_slots(classes, FEWEST_SLOTS, error);
}

void gm_classes_clear(gm_classes *classes)
{
    gm_strings_clear(&classes->names);
    gm_free(classes->slots);
    gm_free(classes->values);
    *classes = (gm_classes){0};
}

uint32_t gm_classes_find(const gm_classes *classes, const char *name, size_t length)
{
    const uint32_t taken = classes->slots[slot_of(classes, name, length, value_of(classes, name, length))];
    return taken ? taken - 1 : GM_NO_CLASS;
}

gm_status gm_classes_add(gm_classes *classes, const char *name, size_t length, gm_error *error)
{
    if (classes->names.count == GM_CLASS_LIMIT)
        return gm_fail(error, GM_LIMIT, "too many classes; expected at most %d", GM_CLASS_LIMIT);
    if (2 * (classes->names.count + 1) > classes->capacity &&
        make_slots(classes, 2 * classes->capacity, error) != GM_OK)
        return GM_LIMIT;
    if (!gm_strings_add(&classes->names, name, length))
        return gm_fail_memory(error, "the name of a class", length);
    put_in_slot(classes, (uint32_t)classes->names.count - 1);
    return GM_OK;
}

const char *gm_classes_hint(const gm_dataset_options *options, const char *name, size_t length,
                            char hint[GM_CLASS_HINT])
{
    const gm_csv_cell cell = {.text = name, .length = length};
    char typed[GM_CSV_SHOWN], shown[GM_CSV_SHOWN];
    double number; /* no suggestion for a number: 10 is not a misspelt 1 */
    const char *nearest = gm_csv_number(&cell, &number)
                              ? NULL
                              : gm_suggest(gm_csv_show(&cell, typed), options->classes, options->class_count);
    size_t used = 0;
    if (nearest)
        used = gm_append(hint, GM_CLASS_HINT, used, "did you mean '%s'? ",
                         gm_csv_show(&(gm_csv_cell){.text = nearest, .length = strlen(nearest)}, shown));
    used = gm_append(hint, GM_CLASS_HINT, used, "the model knows");
    const size_t count = gm_min(options->class_count, MOST_LISTED);
    for (size_t c = 0; c < count; c++) {
        const gm_csv_cell known = {.text = options->classes[c], .length = strlen(options->classes[c])};
        used = gm_append(hint, GM_CLASS_HINT, used, "%s '%s'", c > 0 ? "," : "", gm_csv_show(&known, shown));
    }
    if (options->class_count > count)
        gm_append(hint, GM_CLASS_HINT, used, " and %zu more", options->class_count - count);
    return hint;
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

/* Sorts the names. new_number[c] is the place after sorting of the class that was number c. */
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

uint32_t *gm_classes_order(gm_classes *classes, gm_error *error)
{
    const size_t count = classes->names.count;
    ranked *order = gm_table_array(count, 1, sizeof *order, "the order of the classes", error);
    uint32_t *new_number = gm_table_array(count, 1, sizeof *new_number, "the order of the classes", error);
    if (order && new_number) {
        sort_names(&classes->names, order, new_number);
    } else {
        gm_free(new_number);
        new_number = NULL;
    }
    gm_free(order);
    return new_number;
}

gm_status gm_classes_sort(gm_classes *classes, uint32_t *labels, size_t rows, gm_error *error)
{
    uint32_t *new_number = gm_classes_order(classes, error);
    for (size_t r = 0; new_number && r < rows; r++)
        if (labels[r] != GM_NO_CLASS)
            labels[r] = new_number[labels[r]];
    gm_free(new_number);
    return new_number ? GM_OK : GM_LIMIT;
}

/* Fills class_of[label] for each label below GM_CLASS_LIMIT with the class of that name, or GM_NO_CLASS. */
static void index_numbers(uint32_t *class_of, const gm_dataset_options *options)
{
    for (size_t label = 0; label < GM_CLASS_LIMIT; label++)
        class_of[label] = GM_NO_CLASS;
    for (size_t c = 0; c < options->class_count; c++) {
        const char *name = options->classes[c];
        double label;
        if (gm_parse_double(name, strlen(name), &label) && label >= 0 && label < GM_CLASS_LIMIT &&
            label == floor(label))
            class_of[(size_t)label] = (uint32_t)c;
    }
}

static gm_status fail_unknown_label(const char *path, size_t row, uint32_t label,
                                    const gm_dataset_options *options, gm_error *error)
{
    char number[24], hint[GM_CLASS_HINT];
    const int length = snprintf(number, sizeof number, "%lu", (unsigned long)label);
    return gm_fail(error, GM_BAD_DATA,
                   "%s: label of row %zu; expected one of the model's %zu classes, got %s; %s", path, row + 1,
                   options->class_count, number, gm_classes_hint(options, number, (size_t)length, hint));
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
            status = fail_unknown_label(path, r, label, options, error);
    }
    gm_free(class_of);
    table->targets = options->class_count;
    return status ? status : gm_table_name_classes(table, options->classes, options->class_count, error);
}

/* The number of different labels in the table; `smallest` is the smallest of them. 0 if there is no memory.
 */
static size_t count_distinct(const gm_table *table, uint32_t smallest, gm_error *error)
{
    bool *met = gm_table_array(table->targets, 1, sizeof *met, "the classes", error);
    size_t distinct = 0;
    for (size_t r = 0; met && r < table->rows; r++) {
        distinct += !met[table->labels[r] - smallest];
        met[table->labels[r] - smallest] = true;
    }
    gm_free(met);
    return distinct;
}

static gm_status name_numbers(gm_table *table, uint32_t smallest, gm_error *error)
{
    for (size_t c = 0; c < table->targets; c++) {
        char number[24];
        const int length = snprintf(number, sizeof number, "%zu", smallest + c);
        if (!gm_strings_add(&table->classes, number, (size_t)length))
            return gm_fail_memory(error, "the names of the classes", table->targets * sizeof number);
    }
    return GM_OK;
}

gm_status gm_labels_count(gm_table *table, const char *path, gm_error *error)
{
    uint32_t smallest = UINT32_MAX, largest = 0;
    for (size_t r = 0; r < table->rows; r++) {
        smallest = table->labels[r] < smallest ? table->labels[r] : smallest;
        largest = table->labels[r] > largest ? table->labels[r] : largest;
    }
    if (smallest == largest)
        return gm_fail(error, GM_BAD_DATA,
                       "%s: only one class; expected at least 2, got the label %lu in every row", path,
                       (unsigned long)largest);
    table->targets = (size_t)(largest - smallest) + 1;
    const size_t distinct = count_distinct(table, smallest, error);
    gm_status status = distinct ? GM_OK : GM_LIMIT;
    if (!status && smallest > 0)
        status = gm_table_remark(table, error, "%s: labels begin at %lu: %zu classes, %lu to %lu", path,
                                 (unsigned long)smallest, table->targets, (unsigned long)smallest,
                                 (unsigned long)largest);
    if (!status && distinct < table->targets)
        status = gm_table_remark(table, error, "%s: labels go up to %lu, but only %zu different ones occur",
                                 path, (unsigned long)largest, distinct);
    for (size_t r = 0; r < table->rows; r++)
        table->labels[r] -= smallest;
    return status ? status : name_numbers(table, smallest, error);
}

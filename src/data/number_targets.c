/* Targets that a file has as numbers: labels, or values to be fitted. */
#include "data/number_targets.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "data/classes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define REMEMBERED   1024   /* labels from 0 on whose class is remembered, which saves the search */
#define EXACT_LIMIT  0x1p53 /* different whole numbers below this are different doubles */
#define NUMBER_SHOWN 32

/* The labels of a file on their way to classes. */
typedef struct labelling {
    const gm_number_targets *targets;
    const gm_dataset_options *options;
    gm_classes classes;
    uint32_t known[REMEMBERED]; /* the class of each small label, plus 1; 0: not yet met */
} labelling;

static gm_status fail_label(const labelling *l, size_t row, const char *expected, const char *hint,
                            gm_error *error)
{
    char number[NUMBER_SHOWN];
    return gm_fail(error, GM_BAD_DATA, "%s: label of row %zu; expected %s, got %s; %s", l->targets->path,
                   row + 1, expected, gm_format_shortest(number, sizeof number, l->targets->numbers[row]),
                   hint);
}

/* The class of a label that is not remembered. */
static gm_status search(labelling *l, size_t row, uint32_t *label, gm_error *error)
{
    static const char regression[] = "if these are numbers to be fitted, say --regression";
    const double value = l->targets->numbers[row];
    char name[NUMBER_SHOWN], hint[GM_CLASS_HINT];
    if (isnan(value)) {
        *label = GM_NO_CLASS;
        return GM_OK;
    }
    if (!(fabs(value) < EXACT_LIMIT) || value != floor(value))
        return fail_label(l, row, "a class, which is a whole number", regression, error);
    const size_t length = (size_t)snprintf(name, sizeof name, "%.0f", value + 0.0); /* -0 becomes 0 */
    *label = gm_classes_find(&l->classes, name, length);
    if (*label != GM_NO_CLASS)
        return GM_OK;
    if (l->options->classes)
        return fail_label(l, row, "one of the model's classes",
                          gm_classes_hint(l->options, name, length, hint), error);
    if (l->classes.names.count == GM_CLASS_LIMIT)
        return fail_label(l, row, "at most 65536 classes", regression, error);
    *label = (uint32_t)l->classes.names.count;
    return gm_classes_add(&l->classes, name, length, error);
}

static gm_status find_class(labelling *l, size_t row, uint32_t *label, gm_error *error)
{
    const double value = l->targets->numbers[row];
    const bool small = value >= 0 && value < REMEMBERED && value == floor(value);
    uint32_t *known = small ? &l->known[(size_t)value] : NULL;
    if (known && *known) {
        *label = *known - 1;
        return GM_OK;
    }
    const gm_status status = search(l, row, label, error);
    if (!status && known)
        *known = *label + 1;
    return status;
}

static gm_status finish(labelling *l, gm_table *table, gm_error *error)
{
    gm_strings *names = &l->classes.names;
    gm_status status = GM_OK;
    if (!l->options->classes && names->count < 2)
        return gm_fail(error, GM_BAD_DATA, "%s: only one class; expected at least 2, got %s in every row",
                       l->targets->path, names->count > 0 ? names->items[0] : "no label");
    if (!l->options->classes)
        status = gm_classes_sort(&l->classes, table->labels, table->rows, error);
    if (!status && l->targets->fractions && !l->options->classes)
        status = gm_table_remark(table, error,
                                 "%s: the targets are whole numbers, and taken for %zu classes: if they are "
                                 "numbers to be fitted, say --regression",
                                 l->targets->path, names->count);
    table->targets = names->count;
    table->classes = *names;
    *names = (gm_strings){0};
    return status;
}

static gm_status take_labels(gm_table *table, labelling *l, gm_error *error)
{
    gm_status status = gm_classes_init(&l->classes, l->options->classes, l->options->class_count, error);
    if (status)
        return status;
    table->labels = gm_table_array(table->rows, 1, sizeof *table->labels, "the labels", error);
    if (!table->labels)
        return GM_LIMIT;
    for (size_t row = 0; !status && row < table->rows; row++)
        status = find_class(l, row, &table->labels[row], error);
    return status ? status : finish(l, table, error);
}

gm_status gm_number_targets_take(gm_table *table, gm_number_targets *targets,
                                 const gm_dataset_options *options, gm_error *error)
{
    if (options->regression) {
        table->values = targets->numbers;
        table->value_type = GM_TYPE_F64;
        table->targets = targets->columns;
        targets->numbers = NULL;
        return GM_OK;
    }
    if (targets->columns != 1)
        return gm_fail(
            error, GM_BAD_DATA,
            "%s: %zu targets in each row; expected one label; if these are numbers to be fitted, say "
            "--regression; if they are one-hot rows, save y.argmax(axis=1)",
            targets->path, targets->columns);
    labelling l = {.targets = targets, .options = options};
    const gm_status status = take_labels(table, &l, error);
    gm_classes_clear(&l.classes);
    return status;
}

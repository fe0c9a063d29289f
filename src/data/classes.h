/* Classes of a data set: made from the texts of a CSV column, or from the numbers in an IDX file of labels.
 */
#ifndef GM_DATA_CLASSES_H
#define GM_DATA_CLASSES_H

#include "data/dataset.h"

#define GM_NO_CLASS UINT32_MAX

/* A list of names that can be searched. It must be made by gm_classes_init or gm_classes_init_exact. */
typedef struct gm_classes {
    gm_strings names;
    uint32_t *slots; /* hash table: each slot has the number of a class plus 1, or 0 if it is free */
    double *values;  /* for each slot in use: the value of the name if it is a number, else NaN */
    size_t capacity; /* number of slots; it grows with the names */
    bool exact;      /* names are compared as texts: "1" and "1.0" are different */
} gm_classes;

/* Makes a list of the given names (NULL: an empty list). Names that are the same number are one class: 1, 1.0
 * and 1.0e+00. The first spelling is kept. Clear the list even after a failure. */
gm_status gm_classes_init(gm_classes *classes, const char *const *names, size_t count, gm_error *error);
/* Makes an empty list that compares names as texts. It is used for names of columns. */
gm_status gm_classes_init_exact(gm_classes *classes, gm_error *error);
void gm_classes_clear(gm_classes *classes);

/* The number of the class of this name; GM_NO_CLASS if there is none. */
uint32_t gm_classes_find(const gm_classes *classes, const char *name, size_t length);
/* Adds a name that gm_classes_find did not find, at the end. GM_LIMIT: there are too many, or no memory. */
gm_status gm_classes_add(gm_classes *classes, const char *name, size_t length, gm_error *error);

/* The end of the message about a class that the model does not have: it suggests the nearest class of the
 * model, and lists the first ones. Returns hint. */
#define GM_CLASS_HINT 400
const char *gm_classes_hint(const gm_dataset_options *options, const char *name, size_t length,
                            char hint[GM_CLASS_HINT]);

/* Sorts the names, by value if all are numbers, else by bytes. Returns for each its new place, to be freed
 * with gm_free. The list cannot be searched any more. NULL: no memory. */
uint32_t *gm_classes_order(gm_classes *classes, gm_error *error);

/* The same for the classes of labels, and changes the labels to the new
 * numbers; GM_NO_CLASS stays. */
gm_status gm_classes_sort(gm_classes *classes, uint32_t *labels, size_t rows, gm_error *error);

/* Makes the classes of a table whose labels are numbers below GM_CLASS_LIMIT. `path` is for the error line.
 * gm_labels_map uses the classes of a model: label 7 becomes the class whose name in options->classes is "7";
 * if there is none, that is an error. gm_labels_count makes a class for each number from the smallest label
 * to the largest. */
gm_status gm_labels_map(gm_table *table, const char *path, const gm_dataset_options *options,
                        gm_error *error);
gm_status gm_labels_count(gm_table *table, const char *path, gm_error *error);

#endif

/* Classes: from the texts of a CSV column, or from the numbers of an IDX file of labels. */
#ifndef GM_DATA_CLASSES_H
#define GM_DATA_CLASSES_H

#include "data/dataset.h"

#define GM_NO_CLASS UINT32_MAX

/* Names with an index over them; all zeros is not valid, see gm_classes_init. */
typedef struct gm_classes {
    gm_strings names;
    uint32_t *slots; /* a hash table of class numbers + 1; 0 is free */
    double *values;  /* beside each slot that is taken: the number that the name is, or NaN */
    bool exact;      /* names that differ in any byte differ */
} gm_classes;

/* With the given names (NULL: none yet). Names that are equal as numbers are one: 1, 1.0 and 1.0e+00; the
 * first spelling stays. Clear it even after a failure. */
gm_status gm_classes_init(gm_classes *classes, const char *const *names, size_t count, gm_error *error);
/* The same for names of columns, of which "1" and "1.0" are two. */
gm_status gm_classes_init_exact(gm_classes *classes, gm_error *error);
void gm_classes_clear(gm_classes *classes);

/* The number of the class of this name; GM_NO_CLASS if there is none. */
uint32_t gm_classes_find(const gm_classes *classes, const char *name, size_t length);
/* Adds one that was not found, as the last; GM_LIMIT: there are too many, or no memory. */
gm_status gm_classes_add(gm_classes *classes, const char *name, size_t length, gm_error *error);

/* For a class that a model does not know: the nearest of those that it knows, and some of all of them.
 * Returns hint. */
#define GM_CLASS_HINT 400
const char *gm_classes_hint(const gm_dataset_options *options, const char *name, size_t length,
                            char hint[GM_CLASS_HINT]);

/* Sorts the classes (by value if all names are numbers, else by bytes) and renumbers the labels. */
gm_status gm_classes_sort(gm_classes *classes, uint32_t *labels, size_t rows, gm_error *error);

/* The same for a table whose labels are numbers below GM_CLASS_LIMIT; `path` is for the error line.
 * map: label 7 becomes the class that options->classes calls "7", and is refused if there is none.
 * count: there is a class for each number from the smallest label to the largest. */
gm_status gm_labels_map(gm_table *table, const char *path, const gm_dataset_options *options,
                        gm_error *error);
gm_status gm_labels_count(gm_table *table, const char *path, gm_error *error);

#endif

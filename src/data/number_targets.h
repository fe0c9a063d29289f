/* Targets that a file has as numbers. */
#ifndef GM_DATA_NUMBER_TARGETS_H
#define GM_DATA_NUMBER_TARGETS_H

#include "data/dataset.h"

/* The numbers of a file, one or more for each row of the table. */
typedef struct gm_number_targets {
    const char *path; /* for the error lines */
    double *numbers;  /* rows x columns */
    size_t columns;
    bool fractions; /* the file could have held fractions: its type is one of floats */
} gm_number_targets;

/* Makes them the targets of a table, whose rows are known. With options->regression they are its values, and
 * the table takes over the memory of the numbers. Otherwise they are labels: whole numbers, whose classes are
 * named by them, or those of options->classes; NaN becomes GM_NO_CLASS. Then there is one column.
 * GM_BAD_DATA, GM_LIMIT. */
gm_status gm_number_targets_take(gm_table *table, gm_number_targets *targets,
                                 const gm_dataset_options *options, gm_error *error);

#endif

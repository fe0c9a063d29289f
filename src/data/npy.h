/* Data sets of NPY arrays: one of features and, beside it, one of targets. */
#ifndef GM_DATA_NPY_H
#define GM_DATA_NPY_H

#include "data/dataset.h"
#include "data/source.h"

/* Fills an empty table from an array of features and, unless it is NULL, an array of targets. Without that,
 * a column of the features may be the target. */
gm_status gm_npy_read_arrays(gm_table *table, gm_source *features, gm_source *targets,
                             const gm_dataset_options *options, gm_error *error);

#endif

/* Missing values in formats that write them as NaN. (CSV has texts for them: csv.c.) */
#ifndef GM_DATA_MISSING_H
#define GM_DATA_MISSING_H

#include "data/dataset.h"

/* What is done with a missing value: options->missing, but never GM_MISSING_AUTO. */
gm_missing gm_missing_choose(const gm_dataset_options *options);

/* Goes through a table that was read from arrays. NaN among the features, among the targets, or GM_NO_CLASS
 * as a label, is a missing value; it is treated as the options say, with the remarks of gm_missing_remark.
 * With the columns of a model the table is encoded. A number that is infinite, or too large for the
 * precision, is GM_BAD_DATA; the error names its row and column, both counted from 1. `path` is for the error
 * line. */
gm_status gm_missing_settle(gm_table *table, const char *path, const gm_dataset_options *options,
                            gm_error *error);

/* Adds remarks about missing values: how many were replaced by what the model knows, how many are still to be
 * replaced (table->missing), in which way (`missing`), and how many rows were left out. */
gm_status gm_missing_remark(gm_table *table, gm_missing missing, size_t replaced, size_t dropped,
                            gm_error *error);

#endif

/* What the files that make, store and use gm_columns share. */
#ifndef GM_DATA_COLUMNS_H
#define GM_DATA_COLUMNS_H

#include "data/dataset.h"

/* Whether each column is one input, the number in its cell: no column has categories or an indicator. */
bool gm_columns_are_numbers(const gm_columns *columns);

/* Makes columns of numbers, without names and without replacements. *columns is NULL on failure: GM_LIMIT. */
gm_status gm_columns_create(gm_columns **columns, size_t count, gm_error *error);

/* Makes so many targets, without names and places. GM_LIMIT. */
gm_status gm_columns_make_targets(gm_columns *columns, size_t count, gm_error *error);

/* Sets the first input of each column, and the number of all inputs. GM_LIMIT. */
gm_status gm_columns_place(gm_columns *columns, gm_error *error);

/* Learns categories, replacements and indicators on the rows of `train`, which has as many features as there
 * are columns. GM_BAD_DATA, GM_LIMIT. */
gm_status gm_columns_learn(gm_columns *columns, const gm_dataset *train, const gm_columns_options *options,
                           gm_error *error);

/* GM_BAD_DATA: a column holds categories, which a file of numbers cannot have. */
gm_status gm_columns_check_numbers(const gm_columns *columns, const char *path, gm_error *error);

/* gm_dataset_encode of a table. */
gm_status gm_table_encode(gm_table *table, const gm_columns *columns, gm_error *error);

/* Marks the inputs of 0 and 1 of an encoded table, whose features are the inputs of these columns. GM_LIMIT.
 */
gm_status gm_table_mark_binary(gm_table *table, const gm_columns *columns, gm_error *error);

/* The value of a category column's cell that holds none of its categories. */
#define GM_NO_CATEGORY (-1.0)

/* Writes all inputs of a column for one row. `value` is the number of the cell, or the place of its category,
 * or GM_NO_CATEGORY, or NaN if it is missing; x[at] is the column's first input in the row. */
void gm_encode_cell(const gm_data_column *column, double value, void *x, gm_type type, size_t at);

#endif

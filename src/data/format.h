/* The readers of data files, one for each format. */
#ifndef GM_DATA_FORMAT_H
#define GM_DATA_FORMAT_H

#include "data/dataset.h"
#include "data/npy_head.h"
#include "data/source.h"

/* Each fills an empty table from the beginning of a source. The caller clears the table after a failure. */
gm_status gm_csv_read(gm_table *table, gm_source *source, const gm_dataset_options *options, gm_error *error);
gm_status gm_idx_read(gm_table *table, gm_source *source, const gm_dataset_options *options, gm_error *error);
gm_status gm_libsvm_read(gm_table *table, gm_source *source, const gm_dataset_options *options,
                         gm_error *error);
gm_status gm_npy_read(gm_table *table, gm_source *source, const gm_dataset_options *options, gm_error *error);
gm_status gm_npz_read(gm_table *table, gm_source *source, const gm_dataset_options *options, gm_error *error);

/* Whether the source begins as an IDX file does, in either byte order. (Little-endian files are recognised to
 * refuse them with a good message.) */
bool gm_idx_recognise(const gm_source *source);
/* Whether it begins as a zip archive does. */
bool gm_npz_recognise(const gm_source *source);
/* Whether its first row is LIBSVM text. */
bool gm_libsvm_recognise(const gm_source *source);

#endif

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
gm_status gm_sqlite_read(gm_table *table, gm_source *source, const gm_dataset_options *options,
                         gm_error *error);

/* Makes CSV text of the rows of a query, and sets the options with which it is read. Remarks go to the table.
 * Clear the texts even after a failure. */
gm_status gm_sqlite_read_texts(gm_table *table, gm_source *source, gm_dataset_options *options,
                               gm_source_texts *texts, gm_error *error);

/* Makes CSV text of the rows of a query, and sets the options with which it is read. Remarks go to the table.
 * Clear the texts even after a failure. */
gm_status gm_sqlite_read_texts(gm_table *table, gm_source *source, gm_dataset_options *options,
                               gm_source_texts *texts, gm_error *error);

/* Reads texts of CSV that are in memory already. They stay the caller's, and doubled quotes in them are
 * changed to single ones. */
gm_status gm_csv_read_texts(gm_table *table, const gm_source_texts *texts, const gm_dataset_options *options,
                            gm_error *error);

/* The caller's options as a struct of the library's own version, checked. GM_USAGE. */
gm_status gm_dataset_options_read(gm_dataset_options *chosen, const gm_dataset_options *options,
                                  gm_error *error);

/* Refuses what no reader reads, by its first bytes; an empty file; labels for a text. GM_BAD_DATA, GM_USAGE.
 */
gm_status gm_source_check(const gm_source *source, const gm_dataset_options *options, gm_error *error);
/* The format, by the first bytes and by what the caller says. CSV is what remains. */
gm_format gm_source_format(const gm_source *source, const gm_dataset_options *options);
/* Reads the whole source. *dataset is NULL on failure. */
gm_status gm_source_load(gm_dataset **dataset, gm_source *source, const gm_dataset_options *options,
                         gm_error *error);

/* Whether the source begins as an IDX file does, in either byte order. (Little-endian files are recognised to
 * refuse them with a good message.) */
bool gm_idx_recognise(const gm_source *source);
/* Whether it begins as a zip archive does. */
bool gm_npz_recognise(const gm_source *source);
/* Whether it begins as an SQLite database does. */
bool gm_sqlite_recognise(const gm_source *source);
/* Whether its first row is LIBSVM text. */
bool gm_libsvm_recognise(const gm_source *source);

#endif

/* Matching the columns of a CSV file with those of a model: by name (csv_columns.c) or by position
 * (csv_positions.c). */
#ifndef GM_DATA_CSV_MATCHING_H
#define GM_DATA_CSV_MATCHING_H

#include "data/csv_diagnosis.h"

/* A name of the header and its column. */
typedef struct gm_csv_heading {
    const char *text;
    size_t length, column;
} gm_csv_heading;

/* The data of one match. */
typedef struct gm_csv_matching {
    gm_csv_layout *layout;
    const char *path;
    const gm_csv_row *first;
    const gm_csv_head *head;
    const gm_dataset_options *options;
    const gm_columns *columns; /* of the options */
    gm_table *table;           /* for the remarks */
    gm_csv_heading *headings;  /* of the first row, sorted by their text */
} gm_csv_matching;

/* GM_BAD_DATA: the file lacks the target, or the targets. */
gm_status gm_csv_fail_no_target(const gm_csv_matching *m, gm_error *error);

/* Finds roles and targets of a file whose columns, or those of the model, have no names. The columns of
 * groups, weights and those that are ignored are known. GM_BAD_DATA, GM_LIMIT. */
gm_status gm_csv_match_positions(gm_csv_matching *m, gm_error *error);

#endif

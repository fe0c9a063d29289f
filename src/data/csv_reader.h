/* What the reader of a CSV file keeps while it reads (csv.c), and how it takes a row (csv_row.c). */
#ifndef GM_DATA_CSV_READER_H
#define GM_DATA_CSV_READER_H

#include "data/csv_categories.h"
#include "data/csv_diagnosis.h"

typedef struct gm_csv_reader {
    const gm_dataset_options *options;
    const gm_source_texts *texts;
    gm_csv_lexer lexer;
    gm_csv_diagnosis diagnosis;
    gm_csv_layout layout;
    gm_csv_row first, row;
    gm_classes classes;
    gm_csv_categories categories;
    gm_table *table;    /* table->rows grows */
    gm_missing missing; /* what is done with a missing cell; not GM_MISSING_AUTO */
    double largest;     /* largest number that the table can hold */
    size_t replaced_cells, dropped_rows;
} gm_csv_reader;

/* Writes reader->row, which is not blank, behind the rows of the table, or leaves it out if a value is
 * missing and that is wanted. GM_BAD_DATA, GM_LIMIT. */
gm_status gm_csv_take_row(gm_csv_reader *reader, gm_error *error);

#endif

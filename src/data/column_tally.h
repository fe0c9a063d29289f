/* What a survey counts of one column while its cells go by. The cells are given twice: the range of the
 * numbers must be known before the second time, in which the histogram is filled and different values are
 * counted. */
#ifndef GM_DATA_COLUMN_TALLY_H
#define GM_DATA_COLUMN_TALLY_H

#include "base/moments.h"
#include "data/csv_diagnosis.h"
#include "data/distinct.h"

#include <gradmill/survey.h>

typedef struct gm_column_tally {
    size_t kinds[GM_CSV_KINDS]; /* cells of each kind */
    size_t infinite;            /* of those that are odd */
    bool names;    /* it holds the names of classes: NA is one, and only an empty cell is missing */
    double origin; /* the first number: moments are of the distances from it, for accuracy */
    gm_moments moments;
    double least, most;
    size_t at_least, at_most;
    double after_least, before_most; /* the nearest other numbers; not finite: there are none */
    bool fraction;                   /* a number is not whole */
    bool falls;                      /* a number is not larger than the one before */
    double last;
    size_t bins[GM_SURVEY_BINS];
    gm_distinct distinct;
    size_t runs; /* of equal values one below the other */
    uint64_t last_key;
    gm_csv_cell first_other,
        first_number; /* the first cell that is no number, nor missing; that is a number */
} gm_column_tally;

/* The first time. `value` is that of a cell that is a number. */
void gm_column_tally_cell(gm_column_tally *tally, const gm_csv_cell *cell, gm_csv_kind kind, double value);
void gm_column_tally_number(gm_column_tally *tally, double value); /* a number that was no text */

/* Both times at once, for a column of bytes: counts[v] of them are v. */
void gm_column_tally_bytes(gm_column_tally *tally, const uint32_t counts[256]);

/* The second time. The text of the cell must live as long as the tally. */
void gm_column_tally_again(gm_column_tally *tally, const gm_csv_cell *cell);
void gm_column_tally_number_again(gm_column_tally *tally, double value);

/* Whether a cell has no value. */
bool gm_column_tally_lacks(const gm_column_tally *tally, const gm_csv_cell *cell);
size_t gm_column_tally_missing(const gm_column_tally *tally);
gm_survey_kind gm_column_tally_kind(const gm_column_tally *tally);

#endif

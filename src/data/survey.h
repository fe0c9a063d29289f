/* The parts of a survey:
 *
 *     survey.c            the public functions; opens the file
 *     survey_text.c       walks over the cells of a text
 *     survey_dataset.c    walks over the numbers of a data set, for all other formats
 *     survey_columns.c    makes the public columns of what was counted
 *     survey_target.c     what the target is, and with which options the file can be read
 *     survey_warnings.c, survey_warn_target.c   what should be known before training */
#ifndef GM_DATA_SURVEY_H
#define GM_DATA_SURVEY_H

#include "data/column_tally.h"
#include "data/dataset.h"
#include "data/source.h"

#include <gradmill/survey.h>

struct gm_survey {
    gm_survey_facts facts;
    gm_survey_column *columns;
    gm_column_tally *tallies; /* while the file is walked over */
    gm_survey_value **values; /* of each column */
    gm_strings names, texts;  /* of the columns ("": none), and of values and warnings */
    gm_strings cells;         /* of the first rows, one row after the other */
    gm_survey_warning *warnings;
    size_t warning_count, warning_room;
    size_t rows_wanted;
    bool regression_asked, target_asked; /* by the caller */
    bool counting;         /* the first row, which is taken for data, counts up from cell to cell */
    gm_distinct rows_seen; /* their hashes */
    gm_dataset *dataset;
    char comment[4];                                  /* facts.reading.comment, if the survey found it */
    char target[GM_CSV_SHOWN], *ignore, *categorical; /* the same for these */
};

/* Makes room for the columns. GM_LIMIT. */
gm_status gm_survey_begin(gm_survey *survey, size_t columns, gm_error *error);

/* Notes the hash of a row, and whether it is equal to an earlier one. */
void gm_survey_see_row(gm_survey *survey, uint64_t hash);

/* Keeps a text in one line, cut to the length that messages show. NULL without memory. */
const char *gm_survey_keep(gm_strings *list, const gm_csv_cell *cell);

/* Notes how the bytes of texts are to be understood: ASCII, UTF-8, or neither. */
void gm_survey_judge_texts(gm_survey *survey, const gm_source_texts *texts);
/* Fill the survey. After gm_survey_of_text the values still point into the texts, which the caller clears
 * when the columns are made. */
gm_status gm_survey_of_text(gm_survey *survey, const gm_source_texts *texts, gm_error *error);
gm_status gm_survey_of_dataset(gm_survey *survey, gm_source *source, gm_error *error);

/* During the first walk: counts roughly how many values a column has that may be the target. */
void gm_survey_probe(gm_column_tally *tally, const gm_csv_cell *cell, gm_csv_kind kind, double value);
/* Writes what an option calls a column: its number, or its name if a column is named like that number. */
const char *gm_survey_call_column(const gm_survey *survey, size_t column, char word[GM_CSV_SHOWN]);
/* After the first walk: chooses between classes and numbers, and perhaps another target. `options` are the
 * caller's. */
void gm_survey_choose_target(gm_survey *survey, const gm_dataset_options *options);
/* When the columns are made: chooses which ones are left out, which are categories, and what is done with
 * missing values. GM_LIMIT. */
gm_status gm_survey_choose_reading(gm_survey *survey, const gm_dataset_options *options, gm_error *error);

/* Adds a warning of a column, whose name its text begins with, or of the whole file. GM_LIMIT. */
#define GM_SURVEY_WHOLE_FILE SIZE_MAX
gm_status gm_survey_warn(gm_survey *survey, size_t column, const char *kind, gm_error *error,
                         const char *format, ...) __attribute__((format(printf, 5, 6)));

static inline bool gm_survey_holds_numbers(const gm_survey_column *column)
{
    return column->kind == GM_SURVEY_NUMBER || column->kind == GM_SURVEY_WHOLE;
}

/* After the second walk: the public columns, then the warnings. GM_LIMIT. */
gm_status gm_survey_make_columns(gm_survey *survey, gm_error *error);
gm_status gm_survey_warn_of_targets(gm_survey *survey, gm_error *error);
gm_status gm_survey_warn_all(gm_survey *survey, gm_error *error);

#endif

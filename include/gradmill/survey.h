/* Surveys: what a data file holds, before anything is trained on it. A survey tells how the file is read,
 * what each column contains, what is wrong with it, and with which options it can be read.
 *
 * A text file is walked over cell by cell. Its text is kept in memory while that lasts, but not its numbers,
 * and what is counted of each column is bounded. A file of another format is loaded as a data set. */
#ifndef GRADMILL_SURVEY_H
#define GRADMILL_SURVEY_H

#include <gradmill/dataset.h>

GM_BEGIN_DECLS

typedef struct gm_survey gm_survey;

/* What most cells of a column are. Missing ones do not count. */
typedef enum gm_survey_kind {
    GM_SURVEY_EMPTY,  /* no cell has a value */
    GM_SURVEY_NUMBER, /* nine cells in ten, or more, are numbers */
    GM_SURVEY_WHOLE,  /* the same, and all numbers are whole */
    GM_SURVEY_DATE,   /* more than half are dates or times of day in digits */
    GM_SURVEY_TEXT,   /* any other column */
    GM_SURVEY_KINDS
} gm_survey_kind;

GM_API const char *gm_survey_kind_name(gm_survey_kind kind); /* "empty", "number", "whole", "date", "text" */

/* A value that occurs in a column. */
typedef struct gm_survey_value {
    const char *text; /* in one line: control characters and bytes that are no UTF-8 are question marks */
    size_t count;     /* rows with it */
} gm_survey_value;

/* Bins of a histogram; neighbours can be joined to 12, 8, 6 or fewer. */
#define GM_SURVEY_BINS 24

/* What was found in one column. */
typedef struct gm_survey_column {
    const char *name; /* in one line, as the text of a value; NULL: no name */
    gm_survey_kind kind;
    bool constant;   /* there is one value in all rows that have any */
    bool identifier; /* every row has another value, which says nothing about other rows */
    bool grouped;   /* it seems to name groups of rows: rows of a value stand together, or its name says so */
    bool is_target; /* it is the target, or one of several */
    bool is_feature;  /* it is neither the target nor the group or the weight of a row */
    bool categorical; /* a feature whose values are categories, each of which becomes an input */
    bool refused;     /* as a feature it cannot be read, neither as numbers nor as categories */
    /* A feature that reading.ignore names: refused, empty, an identifier, or mostly missing where the rows
     * that lack a value have to be left out. */
    bool left_out;
    size_t missing;  /* cells without a value, in the spellings that are read as such */
    size_t numbers;  /* cells that are numbers */
    size_t unread;   /* "-", None and the like, which other programs write for a missing value */
    size_t distinct; /* different values; 1 and 1.0 are the same number */
    bool more;       /* there are more than that */
    /* Of the numbers; NaN if there are none. The deviation is that of the population, divided by n. */
    double least, most, mean, deviation;
    double after_least, before_most; /* the nearest other numbers; not finite: there are none */
    size_t at_least, at_most;        /* cells with the least and with the largest number */
    size_t
        bins[GM_SURVEY_BINS]; /* numbers in bins of equal width from least to most; the last has both ends */
    /* The most frequent values, the most frequent first; of the target all values, up to a thousand, sorted
     * by number or by name. None if there are `more`. */
    const gm_survey_value *values;
    size_t value_count;
    size_t other_line;      /* if it is refused: the line of the first cell that is no number; 0: none */
    const char *other_text; /* that cell; NULL: none */
} gm_survey_column;

/* What was found in the file as a whole. */
typedef struct gm_survey_facts {
    const char *format; /* "CSV", "IDX" */
    size_t bytes;       /* of the text, after decompression; 0: not a text */
    bool gzip;
    size_t rows, columns;
    /* How the file was read, and what gm_dataset_load needs to read it: delimiter, decimal, comment, target,
     * regression, missing, ignore and categorical are set where the caller left them to be found. */
    gm_dataset_options reading;
    bool header;
    const char *why;   /* why there is a header or not; "" if the caller said so */
    bool ascii, utf8;  /* all bytes are ASCII; are UTF-8 */
    bool mark;         /* the text begins with a byte order mark */
    size_t comments;   /* lines that were left out */
    size_t trailing;   /* empty cells at the end of each row, which are no columns */
    size_t target;     /* the column of the first target; equal to `columns`: there is none */
    bool by_name;      /* the target was chosen by its name */
    bool guessed;      /* it is not the one that gm_dataset_load takes by itself */
    size_t classes;    /* of the target, if it has classes; 0: numbers, or no target */
    size_t complete;   /* rows in which no feature, nor the target, is missing */
    size_t duplicates; /* rows that are equal to an earlier one, among the first `compared` */
    size_t compared;
    size_t dimensions; /* of an array, and its sizes; 0: a table */
    size_t sizes[8];
    gm_type type; /* of the features of a data set, as they are kept */
} gm_survey_facts;

/* Something that should be known before training, with what to do about it. */
typedef struct gm_survey_warning {
    const char *kind; /* one or two words, which do not change: "date", "identifier", "missing" */
    size_t column;    /* SIZE_MAX: it concerns the whole file */
    const char *text; /* a sentence without its capital and full stop */
} gm_survey_warning;

/* Surveys a file, or `count` files whose rows follow each other, as gm_dataset_load_files reads them; "-" is
 * standard input. options may be NULL; what they leave open is found out. At most `rows` rows are kept for
 * gm_survey_cell. Errors are those of gm_dataset_load for a file that is no table at all: rows of several
 * lengths, a quote that is never closed, no rows. A cell that cannot be read is no error, but a warning.
 * *survey is NULL on failure. */
GM_API gm_status gm_survey_create(gm_survey **survey, const char *const *paths, size_t count,
                                  const gm_dataset_options *options, size_t rows, gm_error *error);
GM_API void gm_survey_destroy(gm_survey *survey);

/* All of these are borrowed from the survey. */
GM_API const gm_survey_facts *gm_survey_get_facts(const gm_survey *survey);
GM_API const gm_survey_column *gm_survey_get_column(const gm_survey *survey, size_t column);
GM_API const gm_survey_warning *gm_survey_get_warning(const gm_survey *survey, size_t index); /* or NULL */
GM_API size_t gm_survey_preview_rows(const gm_survey *survey);
/* A cell of the first rows, in one line and cut if it is long. */
GM_API const char *gm_survey_cell(const gm_survey *survey, size_t row, size_t column);
/* The data set, if the file had to be loaded; NULL for a text. */
GM_API const gm_dataset *gm_survey_dataset(const gm_survey *survey);

GM_END_DECLS

#endif

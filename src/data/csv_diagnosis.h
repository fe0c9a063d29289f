/* What the first rows of a CSV file look like, learned before it is read: how its cells are separated, and
 * what its columns hold. The layout is decided by it, and each error of the reader takes its hint from here.
 */
#ifndef GM_DATA_CSV_DIAGNOSIS_H
#define GM_DATA_CSV_DIAGNOSIS_H

#include "data/csv.h"
#include "data/dataset.h"

/* What a cell holds, judged by the cell alone. */
typedef enum gm_csv_kind {
    GM_CSV_NUMBER,
    GM_CSV_EMPTY,   /* no characters at all */
    GM_CSV_MISSING, /* NA, nan and the other spellings of a missing value */
    GM_CSV_UNREAD,  /* -, None and the like: spellings of a missing value that are not read as one */
    GM_CSV_DATE,    /* a date or a time of day in digits */
    GM_CSV_ODD,     /* begins as a number and is none: 0x10, 1_0, inf, 5 %, 10-Mar-2004 */
    GM_CSV_TEXT,
} gm_csv_kind;
#define GM_CSV_KINDS 7

typedef struct gm_csv_column {
    gm_csv_kind first;           /* what the first row holds */
    uint8_t below[GM_CSV_KINDS]; /* how many of the rows below it hold each kind */
} gm_csv_column;

#define GM_CSV_HINT 256

typedef struct gm_csv_diagnosis {
    size_t columns, rows; /* cells of the first row (0: it is longer than the sample, or no CSV); rows of that
                             length below it */
    gm_csv_column *column;
    bool whole;    /* the numbers of the first row are plain digits, as in names of columns */
    bool counting; /* the first row counts: 0, 1, 2, ... or 1, 2, 3, ... */
    char likely; /* the delimiter by which rows have equally many cells, if it is not the one in use; 0: none
                  */
    size_t comment;         /* the line of the first comment; 0: none */
    char hint[GM_CSV_HINT]; /* what seems wrong with the text as a whole: "line 1 is a comment", or "" */
} gm_csv_diagnosis;

/* Looks at the first rows of what the lexer is about to read; the text stays as it is. What it cannot read it
 * passes over in silence: that is for the reader to report. GM_LIMIT: no memory. */
gm_status gm_csv_diagnose(gm_csv_diagnosis *diagnosis, const gm_csv_lexer *lexer, gm_error *error);
void gm_csv_diagnosis_clear(gm_csv_diagnosis *diagnosis);

/* Whether the first row is a header, and why it is or is not, in words. `label` is the column that may hold
 * text, `target_named` says that the first row holds the name that the user gave to the target. */
bool gm_csv_detect_header(const gm_csv_diagnosis *diagnosis, const gm_csv_row *first, size_t label,
                          bool target_named, const char **why);

/* The hint for a cell of a column of numbers that is none: why it may be so, and what helps; "" if nothing is
 * known. `target` is a column that may hold text, `first_line` says that the cell is in the first row, and
 * that was not taken for a header. Returns hint. */
const char *gm_csv_cell_hint(const gm_csv_diagnosis *diagnosis, const gm_csv_cell *cell, size_t column,
                             size_t target, bool first_line, char hint[GM_CSV_HINT]);

/* Whether the column holds text or dates where numbers were expected. */
bool gm_csv_column_of_text(const gm_csv_diagnosis *diagnosis, size_t column);

/* Remarks on how the file is read, and why: once the layout is found; and once all rows are read. */
gm_status gm_csv_remark_layout(gm_table *table, const gm_csv_layout *layout, const gm_csv_row *first,
                               const gm_dataset_options *options, gm_error *error);
gm_status gm_csv_remark_rows(gm_table *table, const gm_csv_layout *layout, const gm_csv_diagnosis *diagnosis,
                             const gm_dataset_options *options, gm_error *error);

/* What --delim is to be given: "blanks", "tab", "';'"; and the same in a sentence: "blanks", "tabs", "';'".
 */
const char *gm_csv_delimiter_name(char delimiter);
const char *gm_csv_delimiter_in_words(char delimiter);

#endif

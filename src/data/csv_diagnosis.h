/* What the first rows of a CSV file show before it is read: how cells are separated, and what the columns
 * contain. The layout depends on it, and the errors of the reader take their hints from it. */
#ifndef GM_DATA_CSV_DIAGNOSIS_H
#define GM_DATA_CSV_DIAGNOSIS_H

#include "data/csv.h"
#include "data/dataset.h"

/* The kind of a cell, judged by its text alone. */
typedef enum gm_csv_kind {
    GM_CSV_NUMBER,
    GM_CSV_EMPTY,   /* no characters at all */
    GM_CSV_MISSING, /* NA, nan and the other spellings of a missing value */
    GM_CSV_UNREAD,  /* -, None and the like, which other programs write for a missing value */
    GM_CSV_DATE,    /* a date or a time of day in digits */
    GM_CSV_ODD,     /* begins like a number but is not one: 0x10, 1_0, inf, 5 %, 10-Mar-2004 */
    GM_CSV_TEXT,
} gm_csv_kind;
#define GM_CSV_KINDS 7

gm_csv_kind gm_csv_kind_of(const gm_csv_cell *cell);

typedef struct gm_csv_column {
    gm_csv_kind first;           /* the kind of the cell in the first row */
    uint8_t below[GM_CSV_KINDS]; /* for each kind: number of rows below the first with a cell of this kind */
    bool first_recurs,
        second_recurs; /* the cell of the first row, of the second, is met again further below */
} gm_csv_column;

#define GM_CSV_HINT 256

typedef struct gm_csv_diagnosis {
    size_t columns, rows; /* of the first row (0: it is longer than the sample, or not CSV); below it */
    gm_csv_column *column;
    bool whole;    /* all numbers of the first row are plain digits; such numbers may be names of columns */
    bool counting; /* the first row counts: 0, 1, 2, ... or 1, 2, 3, ... */
    char likely;   /* another delimiter that gives all rows the same number of cells; 0: none */
    bool better;   /* the likely one separates cells that the one in use does not */
    size_t commas, points;  /* cells with decimals behind a comma, and numbers with a point */
    size_t comment;         /* the line of the first comment; 0: none */
    bool foreign;           /* the hint says that the text is no CSV */
    const char *mark;       /* what that line begins with */
    bool for_model;         /* a model says what the columns hold; no option can change it */
    char hint[GM_CSV_HINT]; /* what seems wrong with the whole text, as in "line 1 is a comment"; or "" */
} gm_csv_diagnosis;

/* Looks at the first rows that the lexer will read. The text is not changed. Rows that cannot be read are
 * ignored; the reader will report them. GM_LIMIT: no memory. */
gm_status gm_csv_diagnose(gm_csv_diagnosis *diagnosis, const gm_csv_lexer *lexer, gm_error *error);
void gm_csv_diagnosis_clear(gm_csv_diagnosis *diagnosis);

/* What gm_csv_diagnose takes from the lines of text, the sample from `text` to `end`. Whether this delimiter
 * gives all lines the same number of cells, at least 2; whether it occurs at all. The third finds comments,
 * and sets the hint; the likely delimiter must be known. */
bool gm_csv_splits_evenly(const char *text, const char *end, char delimiter);
bool gm_csv_occurs(const char *text, const char *end, char delimiter);
void gm_csv_judge_text(gm_csv_diagnosis *diagnosis, const char *text, const char *end,
                       const gm_csv_lexer *lexer);

/* Whether the first row is a header; *why gets the reason in words. `label` is the column in which text is
 * allowed. `target_named`: the first row contains the name that the user gave for the target. */
bool gm_csv_detect_header(const gm_csv_diagnosis *diagnosis, const gm_csv_row *first, size_t label,
                          bool target_named, const char **why);

/* The hint for a cell that is not a number in a column of numbers: the probable reason, and what to do; "" if
 * nothing is known. `target` is the column in which text is allowed. `first_line`: the cell is in the first
 * row, which was not taken for a header. Returns hint. */
const char *gm_csv_cell_hint(const gm_csv_diagnosis *diagnosis, const gm_csv_cell *cell, size_t column,
                             size_t target, bool first_line, char hint[GM_CSV_HINT]);

/* Whether most cells of the column are texts or dates. */
bool gm_csv_column_of_text(const gm_csv_diagnosis *diagnosis, size_t column);

/* Whether the column holds texts that become categories. `header`: the first row is one. */
bool gm_csv_column_of_categories(const gm_csv_diagnosis *diagnosis, size_t column, bool header);

/* Add remarks that tell the user how the file is read, and why: the first when the layout is known, the
 * second when all rows have been read. */
gm_status gm_csv_remark_layout(gm_table *table, const gm_csv_layout *layout, const gm_csv_row *first,
                               const gm_dataset_options *options, gm_error *error);
gm_status gm_csv_remark_rows(gm_table *table, const gm_csv_layout *layout, const gm_csv_diagnosis *diagnosis,
                             const gm_dataset_options *options, gm_error *error);

/* Adds the remarks on the columns of groups and weights, which are neither features nor the target. */
gm_status gm_csv_remark_sides(gm_table *table, const gm_csv_layout *layout, gm_error *error);

/* The argument of --delim for this delimiter: "blanks", "tab", "';'". The same for use in a sentence:
 * "blanks", "tabs", "';'". */
const char *gm_csv_delimiter_name(char delimiter);
const char *gm_csv_delimiter_in_words(char delimiter);

#endif

/* The parts of the CSV reader: text to rows of cells, cells to numbers, and what the columns are. */
#ifndef GM_DATA_CSV_H
#define GM_DATA_CSV_H

#include "data/dataset.h"

/* A cell: text[0 .. length) within the text of the file, quotes and outer blanks taken off. */
typedef struct gm_csv_cell {
    const char *text;
    size_t length;
    size_t line, column; /* of its first byte in the file, from 1 */
} gm_csv_cell;

typedef struct gm_csv_row {
    gm_csv_cell *cells;
    size_t count; /* 0: the text has ended */
    size_t capacity;
} gm_csv_row;

void gm_csv_row_clear(gm_csv_row *row);

/* The delimiter of a table whose cells are separated by any number of spaces and tabs. */
#define GM_CSV_BLANKS ' '

/* Where a reader stands in a text. */
typedef struct gm_csv_lexer {
    const char *path;
    char *at, *end; /* *end is '\0' */
    const char *line_start;
    size_t line;
    char delimiter;
    const char *hint; /* ends the lines of its errors; "" at first */
} gm_csv_lexer;

/* The text is changed in place where quotes are doubled, and must outlive the cells. GM_USAGE: a delimiter
 * that cannot be one. */
gm_status gm_csv_lexer_init(gm_csv_lexer *lexer, const char *path, char *text, size_t size, char delimiter,
                            gm_error *error);

/* Reads the next row that is not blank; it reuses the row's memory. */
gm_status gm_csv_next(gm_csv_lexer *lexer, gm_csv_row *row, gm_error *error);

/* A decimal number that fills the cell; outer blanks were taken off already. */
bool gm_csv_number(const gm_csv_cell *cell, double *value);
bool gm_csv_missing(const gm_csv_cell *cell); /* empty, NA, ?, null, nan and the like */
bool gm_csv_missing_elsewhere(
    const gm_csv_cell *cell);                  /* -, None and others that other programs write for it */
bool gm_csv_infinite(const gm_csv_cell *cell); /* inf and infinity in any case, with a sign or without */
bool gm_csv_comment(const gm_csv_cell *cell);  /* begins as comments do in other programs: #, % or // */
extern const char gm_csv_missing_spellings[];  /* in a sentence behind "is spelled" */
bool gm_csv_is_utf8(const gm_csv_cell *cell);
extern const char gm_csv_comment_hint[]; /* for a row that is one */
extern const char gm_csv_utf8_hint[];    /* for a name that is not: no model file can hold it */
bool gm_csv_equals(const gm_csv_cell *cell, const char *text);

/* The cell as it may be shown: shortened, control characters replaced. Returns buffer. */
#define GM_CSV_SHOWN 48
const char *gm_csv_show(const gm_csv_cell *cell, char buffer[GM_CSV_SHOWN]);
const char *gm_csv_show_text(const char *text, char buffer[GM_CSV_SHOWN]); /* the same for a string */

struct gm_csv_diagnosis;

/* The role of a column that is no feature: its cells are not looked at, unless it is the target. */
#define GM_CSV_UNUSED SIZE_MAX

/* What the columns are. */
typedef struct gm_csv_layout {
    size_t columns;
    size_t target;   /* its column, from 0; == columns: none is read */
    bool header;     /* the first row names the columns */
    bool by_name;    /* the target was not asked for: its name tells it */
    size_t trailing; /* cells at the end of a row that have neither name nor value: rows end in a delimiter */
    const char *why; /* why the first row is a header or not; "" if the options say so */
    size_t features; /* how many columns are features */
    size_t *role;    /* of each column: the number of its feature, from 0, or GM_CSV_UNUSED */
} gm_csv_layout;

void gm_csv_layout_clear(gm_csv_layout *layout);

/* The layout of training data, told by the options, the first two rows (the second may be empty) and the
 * diagnosis: every column but the target is a feature. To be cleared even after a failure. */
gm_status gm_csv_layout_find(gm_csv_layout *layout, const gm_csv_lexer *lexer,
                             const struct gm_csv_diagnosis *diagnosis, const gm_csv_row *first,
                             const gm_csv_row *second, const gm_dataset_options *options, gm_error *error);

/* The layout of data for a model, from options->columns: by name if both sides have names, else by position.
 * What was decided goes into the table's remarks. To be cleared even after a failure. */
gm_status gm_csv_layout_match(gm_csv_layout *layout, const gm_csv_lexer *lexer,
                              const struct gm_csv_diagnosis *diagnosis, const gm_csv_row *first,
                              const gm_dataset_options *options, gm_table *table, gm_error *error);

/* Takes the '#' off the first row if it can be nothing but a header: names without any number. numpy.savetxt
 * and others write it so. True: it was there. */
bool gm_csv_take_hash(gm_csv_row *first);

/* The steps that both take: how many columns there are; the column that an option names, into layout->target;
 * and the roles where all columns but the target are features, in the order of the file. */
void gm_csv_layout_measure(gm_csv_layout *layout, const struct gm_csv_diagnosis *diagnosis,
                           const gm_csv_row *first);
gm_status gm_csv_target_find(gm_csv_layout *layout, const char *path, const gm_csv_row *first,
                             const char *target, gm_error *error);
gm_status gm_csv_roles_all(gm_csv_layout *layout, gm_error *error);

/* Names of features and target of training data into the table, with remarks on those that look like a
 * mistake. GM_BAD_DATA: a name that is not UTF-8; GM_LIMIT. */
gm_status gm_csv_name_columns(gm_table *table, const gm_csv_layout *layout, const char *path,
                              const gm_csv_row *header, gm_error *error);

/* Takes the trailing cells off the row; GM_BAD_DATA: it has not as many cells as there are columns. */
gm_status gm_csv_layout_fit(const gm_csv_layout *layout, const gm_csv_lexer *lexer, gm_csv_row *row,
                            gm_error *error);

#endif

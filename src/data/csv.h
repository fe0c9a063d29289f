/* The parts of the CSV reader: text to rows of cells, cells to numbers, and what the columns are. */
#ifndef GM_DATA_CSV_H
#define GM_DATA_CSV_H

#include <gradmill/dataset.h>

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

/* Where a reader stands in a text. */
typedef struct gm_csv_lexer {
    const char *path;
    char *at, *end; /* *end is '\0' */
    const char *line_start;
    size_t line;
    char delimiter;
} gm_csv_lexer;

/* The text is changed in place where quotes are doubled, and must outlive the cells. GM_USAGE: a delimiter
 * that cannot be one. */
gm_status gm_csv_lexer_init(gm_csv_lexer *lexer, const char *path, char *text, size_t size, char delimiter,
                            gm_error *error);

/* Reads the next row that is not blank; it reuses the row's memory. */
gm_status gm_csv_next(gm_csv_lexer *lexer, gm_csv_row *row, gm_error *error);

/* A decimal number that fills the cell; outer blanks were taken off already. */
bool gm_csv_number(const gm_csv_cell *cell, double *value);
bool gm_csv_missing(const gm_csv_cell *cell);      /* empty, NA, ?, null and the like */
bool gm_csv_not_a_number(const gm_csv_cell *cell); /* nan, inf and -inf in their many spellings */
bool gm_csv_equals(const gm_csv_cell *cell, const char *text);

/* The cell as it may be shown: shortened, control characters replaced. Returns buffer. */
#define GM_CSV_SHOWN 48
const char *gm_csv_show(const gm_csv_cell *cell, char buffer[GM_CSV_SHOWN]);

/* What the columns are. */
typedef struct gm_csv_layout {
    size_t columns;
    size_t target; /* its column, from 0; == columns: there is none */
    bool header;   /* the first row names the columns */
} gm_csv_layout;

/* Told by the options and the first two rows; the second may be empty. */
gm_status gm_csv_layout_find(gm_csv_layout *layout, const gm_csv_lexer *lexer, const gm_csv_row *first,
                             const gm_csv_row *second, const gm_dataset_options *options, gm_error *error);

#endif

/* Divides LIBSVM text into rows, and rows into words. */
#ifndef GM_DATA_LIBSVM_LEXER_H
#define GM_DATA_LIBSVM_LEXER_H

#include "data/csv.h"

/* The position in a text. */
typedef struct gm_svm_lexer {
    const char *path;
    const char *at, *end, *line_start;
    size_t line;
    const gm_source_text *next; /* the texts that follow, and how many there are */
    size_t next_count;
} gm_svm_lexer;

/* A row: its label. The position is then before the first pair. */
typedef struct gm_svm_row {
    gm_csv_cell label;
} gm_svm_row;

typedef struct gm_svm_pair {
    uint64_t index;
    gm_csv_cell value;
} gm_svm_pair;

/* Begins to read texts, one after the other. */
gm_svm_lexer gm_svm_begin(const gm_source_text *texts, size_t count);

/* Goes to the next row that is not blank and not a comment, and takes its label. False at the end of the
 * text.
 */
bool gm_svm_next_row(gm_svm_lexer *lexer, gm_svm_row *row);

/* Whether the row ends here: at the end of its line, or at a comment. */
bool gm_svm_at_end_of_row(gm_svm_lexer *lexer);

/* The next word, up to a blank. */
gm_csv_cell gm_svm_take_word(gm_svm_lexer *lexer);

/* Divides a word into index and value. False: it is no pair. */
bool gm_svm_divide(gm_csv_cell word, gm_svm_pair *pair);
bool gm_svm_is_qid(gm_csv_cell word);         /* the number of a query, "qid:3" */
bool gm_svm_is_nan(const gm_csv_cell *value); /* in upper or lower case, with or without a sign */

#endif

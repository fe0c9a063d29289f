/* The parts of the CSV reader, which csv.c puts together:
 *
 *     csv_lexer.c                                divides the text into rows of cells
 *     csv_cell.c                                 reads a cell: a number, a missing value, ...
 *     csv_layout.c, csv_header.c, csv_columns.c  find the header, the target, and the role of each column
 *     csv_kinds.c, csv_sides.c                   which columns hold categories, and which are no features
 *     csv_row.c, csv_categories.c                take a row into the table
 *     csv_diagnosis.h, csv_text.c                what a sample of the file shows before it is read */
#ifndef GM_DATA_CSV_H
#define GM_DATA_CSV_H

#include "data/dataset.h"
#include "data/source.h"

/* A cell is text[0 .. length), a part of the text of the file, without quotes and without blanks at its ends.
 */
typedef struct gm_csv_cell {
    const char *text;
    size_t length;
    size_t line, column; /* position of its first byte in the file, counted from 1 */
    char decimal;        /* ',': decimals follow a comma, and a number has no point; else a point */
} gm_csv_cell;

typedef struct gm_csv_row {
    gm_csv_cell *cells;
    size_t count; /* 0: there are no more rows */
    size_t capacity;
} gm_csv_row;

void gm_csv_row_clear(gm_csv_row *row);

/* This delimiter means that cells are separated by one or more spaces or tabs. */
#define GM_CSV_BLANKS ' '

/* The position of the lexer in a text. */
typedef struct gm_csv_lexer {
    const char *path;
    char *at, *end; /* *end is '\0' */
    const char *line_start;
    size_t line;
    char delimiter, decimal;
    const char *comment; /* lines that begin with it are skipped; "": none */
    size_t comments;     /* how many were skipped */
    bool keep;           /* leave the text as it is, so that it can be read again: quotes stay doubled */
    const char *hint;    /* last part of its error messages; "" at first */
    const gm_source_text *next; /* the texts that follow, and how many there are */
    size_t next_count;
    bool begins_file; /* the row that was read last is the first one of a text that follows */
} gm_csv_lexer;

/* Begins to read texts, one after the other, with the delimiter, the decimal mark and the comments of the
 * options. Doubled quotes are changed to single ones in the texts themselves. They must live longer than the
 * cells. GM_USAGE: the character cannot be a delimiter or a decimal mark. */
gm_status gm_csv_lexer_init(gm_csv_lexer *lexer, const gm_source_texts *texts,
                            const gm_dataset_options *options, gm_error *error);

/* Reads the next row that is not blank into the memory of *row. Its count is 0 at the end of the text. */
gm_status gm_csv_next(gm_csv_lexer *lexer, gm_csv_row *row, gm_error *error);

/* Whether the whole cell is a decimal number, and its value. */
bool gm_csv_number(const gm_csv_cell *cell, double *value);
bool gm_csv_missing(const gm_csv_cell *cell); /* empty, NA, ?, null, nan and the like */
bool gm_csv_missing_elsewhere(
    const gm_csv_cell *cell); /* "-", "None" and others, which are not accepted as missing */
bool gm_csv_infinite(
    const gm_csv_cell *cell); /* inf or infinity in upper or lower case, with or without a sign */
bool gm_csv_decimal_comma(const gm_csv_cell *cell); /* a number with one comma, which parts no thousands */
bool gm_csv_comment(const gm_csv_cell *cell); /* begins with #, % or //, as comments do in other programs */
extern const char
    gm_csv_missing_spellings[]; /* the rest of a sentence that begins "a missing value is spelled" */
bool gm_csv_is_utf8(const gm_csv_cell *cell);
extern const char gm_csv_comment_hint[]; /* for a row that is a comment */
extern const char gm_csv_utf8_hint[];    /* for a name that is not UTF-8; a model file cannot store it */
bool gm_csv_equals(const gm_csv_cell *cell, const char *text);

/* The text of a cell for a message: shortened, and with control characters replaced. Returns buffer. */
#define GM_CSV_SHOWN 48
const char *gm_csv_show(const gm_csv_cell *cell, char buffer[GM_CSV_SHOWN]);
const char *gm_csv_show_text(const char *text, char buffer[GM_CSV_SHOWN]); /* the same for a string */

struct gm_csv_diagnosis;

/* The role of a column that is not a feature. Its cells are not read, unless it is the target. */
#define GM_CSV_UNUSED SIZE_MAX

/* What the columns are. */
typedef struct gm_csv_layout {
    size_t columns;
    size_t *targets; /* columns of the targets, from 0, in the order of the network's outputs; the array has
                        room for all columns */
    size_t target_count; /* 0: no target is read; above 1 only in a regression */
    size_t group;        /* column that names the group of each row; equal to `columns` if there is none */
    size_t weight;       /* column of the weight of each row; equal to `columns` if there is none */
    bool header;         /* the first row names the columns */
    bool by_name;        /* the target was recognised by its name; no option names it */
    size_t trailing;     /* number of empty cells at the end of each row, because rows end with a delimiter */
    const char *why;     /* why the first row is a header or not; "" if the options say so */
    size_t features;     /* how many columns are features */
    size_t *role;        /* for each column: the number of its feature, from 0, or GM_CSV_UNUSED */
    bool *ignored;       /* for each column: the options leave it out; NULL: none is left out */
    bool *kept;          /* for each column: its cells are kept as texts; NULL: there are no such columns */
    bool *category;      /* for each column: its cells are categories; NULL: there are no such columns */
} gm_csv_layout;

void gm_csv_layout_clear(gm_csv_layout *layout);

/* The column of labels, or of the first target; equal to `columns` if no target is read. */
static inline size_t gm_csv_first_target(const gm_csv_layout *layout)
{
    return layout->target_count > 0 ? layout->targets[0] : layout->columns;
}

static inline bool gm_csv_is_target(const gm_csv_layout *layout, size_t column)
{
    for (size_t t = 0; t < layout->target_count; t++)
        if (layout->targets[t] == column)
            return true;
    return false;
}

/* Whether a column is no feature and no target: it says something of the row itself, such as its group, or it
 * is left out. */
static inline bool gm_csv_is_side(const gm_csv_layout *layout, size_t column)
{
    return column == layout->group || column == layout->weight ||
           (layout->ignored && column < layout->columns && layout->ignored[column]);
}

/* The number of such columns before `end`. */
static inline size_t gm_csv_sides_before(const gm_csv_layout *layout, size_t end)
{
    size_t count = 0;
    for (size_t c = 0; c < end && c < layout->columns; c++)
        count += gm_csv_is_side(layout, c);
    return count;
}

/* What a layout is found from. */
typedef struct gm_csv_head {
    const gm_csv_lexer *lexer;
    const struct gm_csv_diagnosis *diagnosis;
    const gm_csv_row *first, *second; /* rows of the file; the second may be empty */
    const gm_dataset_options *options;
} gm_csv_head;

/* Finds the columns of groups and weights that the options name, and those that they leave out. Call it when
 * it is known whether there is a header. */
gm_status gm_csv_sides_find(gm_csv_layout *layout, const gm_csv_head *head, gm_error *error);

/* GM_BAD_DATA if the column of groups or of weights has another role as well. Call it when the target is
 * known. */
gm_status gm_csv_sides_check(const gm_csv_layout *layout, const gm_csv_head *head, gm_error *error);

/* Finds the layout of training data. Every column that has no other role is a feature. Clear the layout even
 * after a failure. */
gm_status gm_csv_layout_find(gm_csv_layout *layout, const gm_csv_head *head, gm_error *error);

/* Finds the layout of data for a model, whose columns are head->options->columns. Columns are matched by name
 * if both the model and the file have names, otherwise by position. The remarks of the table tell what was
 * decided. Clear the layout even after a failure. */
gm_status gm_csv_layout_match(gm_csv_layout *layout, const gm_csv_head *head, gm_table *table,
                              gm_error *error);

/* Finds the columns of categories among the features of training data: those of texts, and those that the
 * options name. GM_BAD_DATA: an option names a column that does not exist, or that is no feature; GM_LIMIT.
 */
gm_status gm_csv_kinds_find(gm_csv_layout *layout, const gm_csv_head *head, gm_error *error);

/* What the user calls a column, by name or number, and what it is to be: "target". */
typedef struct gm_csv_wanted {
    const char *text, *what;
} gm_csv_wanted;

/* Sets marks[c] for each column of a list such as "age,3,-1"; w.text is the list. GM_BAD_DATA: there is no
 * such column; GM_LIMIT. */
gm_status gm_csv_mark_columns(const gm_csv_layout *layout, const gm_csv_head *head, gm_csv_wanted w,
                              bool *marks, gm_error *error);

/* Finds such a column. `first` is the first row of the file, `path` is for the message. GM_BAD_DATA: there is
 * none, or there are several of that name. */
gm_status gm_csv_column_find(const gm_csv_layout *layout, const char *path, const gm_csv_row *first,
                             gm_csv_wanted w, size_t *column, gm_error *error);

/* Removes the '#' at the beginning of the first row, if the row contains no number and so can only be a
 * header. numpy.savetxt and other programs write such headers. Returns whether a '#' was removed. */
bool gm_csv_take_hash(gm_csv_row *first);

/* Compares the first row of a file that follows another one with the header of the first file. *header: it is
 * the same. A row that has none of its names is a row of data. GM_BAD_DATA: another header. */
gm_status gm_csv_match_header(const gm_csv_lexer *lexer, const gm_csv_row *first, gm_csv_row *row,
                              bool *header, gm_error *error);

/* Finds the columns that the options keep as texts, and adds them to the table. Call it when the layout is
 * known. */
gm_status gm_csv_kept_find(gm_csv_layout *layout, const gm_csv_head *head, gm_table *table, gm_error *error);

/* Steps that both functions share. measure: sets the number of columns, and makes room for the targets;
 * GM_LIMIT. gm_csv_target_find: finds the target that the options name, or the targets of a regression.
 * gm_csv_roles_all: makes every column except the targets a feature, in the order of the file. */
gm_status gm_csv_layout_measure(gm_csv_layout *layout, const struct gm_csv_diagnosis *diagnosis,
                                const gm_csv_row *first, gm_error *error);

/* The number of columns that measure finds. */
size_t gm_csv_count_columns(const struct gm_csv_diagnosis *diagnosis, const gm_csv_row *first);
gm_status gm_csv_target_find(gm_csv_layout *layout, const gm_csv_head *head, gm_error *error);
gm_status gm_csv_roles_all(gm_csv_layout *layout, gm_error *error);

/* Stores the names of features and target in the table, and adds remarks about names that look like a
 * mistake. GM_BAD_DATA: a name is not UTF-8; GM_LIMIT. */
gm_status gm_csv_name_columns(gm_table *table, const gm_csv_layout *layout, const char *path,
                              const gm_csv_row *header, gm_error *error);

/* Removes the trailing empty cells of a row. GM_BAD_DATA: the row does not have as many cells as there are
 * columns. */
gm_status gm_csv_layout_fit(const gm_csv_layout *layout, const gm_csv_lexer *lexer, gm_csv_row *row,
                            gm_error *error);

#endif

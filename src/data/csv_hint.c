/* The hint in the error message for a cell that is not a number: the probable reason, and what to do. */
#include "data/csv_diagnosis.h"

#include "base/append.h"
#include "base/number.h"

#include <string.h>

/* A hint names at most this many columns of text; a file may have hundreds. */
#define MOST_NAMED 6

static bool is_text(gm_csv_kind kind)
{
    return kind == GM_CSV_TEXT || kind == GM_CSV_DATE;
}

bool gm_csv_column_of_text(const gm_csv_diagnosis *diagnosis, size_t column)
{
    if (column >= diagnosis->columns)
        return false;
    const gm_csv_column *c = &diagnosis->column[column];
    if (diagnosis->rows == 0)
        return is_text(c->first);
    const size_t texts = c->below[GM_CSV_TEXT] + c->below[GM_CSV_DATE], numbers = c->below[GM_CSV_NUMBER];
    return texts > numbers || (numbers == 0 && c->below[GM_CSV_ODD] > 0);
}

/* Writes "column 2 holds text" or "columns 2, 4 and 5 hold text". It names all columns of text at once,
 * because the user must remove each of them. */
static void name_columns_of_text(const gm_csv_diagnosis *diagnosis, size_t target, char hint[GM_CSV_HINT])
{
    size_t count = 0, named = 0;
    for (size_t c = 0; c < diagnosis->columns; c++)
        count += c != target && gm_csv_column_of_text(diagnosis, c);
    size_t used = gm_append(hint, GM_CSV_HINT, 0, "column%s", gm_plural(count));
    for (size_t c = 0; c < diagnosis->columns && named < MOST_NAMED; c++) {
        if (c == target || !gm_csv_column_of_text(diagnosis, c))
            continue;
        named++;
        used = gm_append(hint, GM_CSV_HINT, used, "%s %zu",
                         named == 1       ? ""
                         : named == count ? " and"
                                          : ",",
                         c + 1);
    }
    if (count > named)
        used = gm_append(hint, GM_CSV_HINT, used, " and %zu more", count - named);
    used = gm_append(hint, GM_CSV_HINT, used, count == 1 ? " holds text" : " hold text");
    if (!diagnosis->for_model)
        gm_append(hint, GM_CSV_HINT, used, ": say --categorical, or leave %s out with --ignore",
                  count == 1 ? "it" : "them");
}

static void describe_column_of_text(const gm_csv_diagnosis *diagnosis, size_t column, size_t target,
                                    char hint[GM_CSV_HINT])
{
    const gm_csv_column *c = &diagnosis->column[column];
    const bool dates =
        diagnosis->rows == 0 ? c->first == GM_CSV_DATE : c->below[GM_CSV_DATE] > c->below[GM_CSV_TEXT];
    if (dates && diagnosis->for_model)
        gm_append(hint, GM_CSV_HINT, 0, "column %zu holds dates or times", column + 1);
    else if (dates)
        gm_append(hint, GM_CSV_HINT, 0,
                  "column %zu holds dates or times: leave it out with --ignore %zu, or make numbers of it",
                  column + 1, column + 1);
    else
        name_columns_of_text(diagnosis, target, hint);
}

static bool holds(const gm_csv_cell *cell, char c)
{
    return cell->length > 0 && memchr(cell->text, c, cell->length);
}

/* Whether the cell is a number with a comma in it: "1,5" or "1,234.5". */
static bool has_comma_between_digits(const gm_csv_cell *cell)
{
    for (size_t i = 0; i < cell->length; i++) {
        if (!strchr("0123456789+-.,", cell->text[i]))
            return false;
    }
    return holds(cell, ',');
}

/* Whether the cell would be a number if a point stood before its decimals. */
static bool has_point_between_digits(const gm_csv_cell *cell)
{
    const gm_csv_cell other = {.text = cell->text, .length = cell->length};
    double value;
    return gm_csv_number(&other, &value);
}

static bool holds_delimiter(const gm_csv_diagnosis *diagnosis, const gm_csv_cell *cell)
{
    if (diagnosis->likely == GM_CSV_BLANKS)
        return holds(cell, ' ') || holds(cell, '\t');
    return diagnosis->likely != 0 && holds(cell, diagnosis->likely);
}

const char *gm_csv_cell_hint(const gm_csv_diagnosis *diagnosis, const gm_csv_cell *cell, size_t column,
                             size_t target, bool first_line, char hint[GM_CSV_HINT])
{
    hint[0] = '\0';
    if (*diagnosis->hint && diagnosis->comment == 0)
        gm_append(hint, GM_CSV_HINT, 0, "%s", diagnosis->hint);
    else if (holds_delimiter(diagnosis, cell))
        gm_append(hint, GM_CSV_HINT, 0, "the cells seem to be separated by %s: say --delim %s",
                  gm_csv_delimiter_in_words(diagnosis->likely), gm_csv_delimiter_name(diagnosis->likely));
    else if (gm_csv_decimal_comma(cell))
        gm_append(hint, GM_CSV_HINT, 0,
                  "decimals are written with a point: where they follow a comma, say --decimal ,");
    else if (has_comma_between_digits(cell))
        gm_append(hint, GM_CSV_HINT, 0, "decimals are written with a point, and nothing separates thousands");
    else if (cell->decimal == ',' && has_point_between_digits(cell))
        gm_append(hint, GM_CSV_HINT, 0, "with --decimal , a number has no point");
    else if (gm_csv_column_of_text(diagnosis, column))
        describe_column_of_text(diagnosis, column, target, hint);
    else if (gm_csv_missing_elsewhere(cell))
        gm_append(hint, GM_CSV_HINT, 0, "a missing value is spelled %s, and needs --missing",
                  gm_csv_missing_spellings);
    else if (gm_csv_infinite(cell))
        gm_append(hint, GM_CSV_HINT, 0, "an infinity is no number to train on");
    else if (first_line)
        gm_append(hint, GM_CSV_HINT, 0, "if the first row is a header, say --header yes");
    else if (column != target && !diagnosis->for_model && is_text(gm_csv_kind_of(cell)))
        gm_append(hint, GM_CSV_HINT, 0, "if the column holds categories, say --categorical %zu", column + 1);
    return hint;
}

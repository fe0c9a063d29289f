/* Decides whether the first row of a CSV file is a header. If a row of data were taken for a header, it would
 * be lost without notice. So in doubt the row is data. If it was a header after all, the reader finds a name
 * in a column of numbers, and its error message says what to do. */
#include "data/csv_diagnosis.h"

#include "base/error.h"
#include "base/memory.h"

#include <string.h>

/* Whether the numbers of the first row may be names of columns: they increase by equal steps, as in 0, 1, 2
 * or 2019, 2020. */
static bool numbers_are_names(const gm_csv_diagnosis *diagnosis, const gm_csv_row *first)
{
    double before = 0, step = 0;
    size_t count = 0;
    for (size_t c = 0; c < diagnosis->columns && c < first->count; c++) {
        double value;
        if (diagnosis->column[c].first != GM_CSV_NUMBER || !gm_csv_number(&first->cells[c], &value))
            continue;
        if (value < 0 || value >= 1e15 || value != (double)(uint64_t)value ||
            (count > 0 && value <= before) || (count > 1 && value - before != step))
            return false;
        step = value - before;
        before = value;
        count++;
    }
    return count >= 2;
}

/* Evidence for and against a header. names: number of columns of numbers (or of dates, of decimals with a
 * comma and the like) whose first cell is a text. numbers: number of columns of numbers whose first cell is a
 * number. */
typedef struct votes {
    size_t names, numbers;
} votes;

static votes count_votes(const gm_csv_diagnosis *diagnosis)
{
    votes sum = {0};
    for (size_t c = 0; c < diagnosis->columns; c++) {
        const gm_csv_column *column = &diagnosis->column[c];
        const uint8_t *below = column->below;
        const size_t numbers = below[GM_CSV_NUMBER], others = below[GM_CSV_DATE] + below[GM_CSV_ODD];
        sum.names += column->first == GM_CSV_TEXT && numbers + others > below[GM_CSV_TEXT];
        sum.numbers += column->first == GM_CSV_NUMBER && numbers > below[GM_CSV_TEXT] + below[GM_CSV_DATE];
    }
    return sum;
}

/* Whether the first row contains only names, while below it all features are missing, or there are no rows.
 */
static bool only_names(const gm_csv_diagnosis *diagnosis, size_t label)
{
    size_t names = 0;
    for (size_t c = 0; c < diagnosis->columns; c++) {
        const gm_csv_column *column = &diagnosis->column[c];
        if (column->first != GM_CSV_TEXT && column->first != GM_CSV_EMPTY)
            return false;
        if (c != label && column->below[GM_CSV_TEXT] + column->below[GM_CSV_DATE] > 0)
            return false;
        names += column->first == GM_CSV_TEXT;
    }
    return names > 0;
}

/* Whether the first row stands apart from the texts below it: in no column does its cell occur again, while
 * in two columns at least that of the second row does, as categories do. (In a table without any numbers,
 * nothing else tells names from texts.) */
static bool stands_apart(const gm_csv_diagnosis *diagnosis)
{
    size_t repeats = 0;
    for (size_t c = 0; c < diagnosis->columns; c++) {
        const gm_csv_column *column = &diagnosis->column[c];
        if (column->first != GM_CSV_TEXT || column->first_recurs)
            return false;
        repeats += column->second_recurs;
    }
    return repeats >= 2;
}

bool gm_csv_detect_header(const gm_csv_diagnosis *diagnosis, const gm_csv_row *first, size_t label,
                          bool target_named, const char **why)
{
    const votes sum = count_votes(diagnosis);
    const bool header = sum.names + target_named > sum.numbers ||
                        (sum.names + target_named > 0 && numbers_are_names(diagnosis, first));
    if (header) {
        *why = sum.names > 0 ? "the first row holds names above numbers" : "the first row names the target";
        return true;
    }
    if (sum.names == 0 && sum.numbers == 0 && only_names(diagnosis, label)) {
        *why = "the first row holds nothing but names";
        return true;
    }
    if (sum.names == 0 && sum.numbers == 0 && stands_apart(diagnosis)) {
        *why = "the texts of the first row occur in no other row";
        return true;
    }
    *why = sum.numbers > 0 ? "the first row holds numbers like the rows below"
                           : "the first row is like the rows below";
    return false;
}

bool gm_csv_take_hash(gm_csv_row *first)
{
    gm_csv_cell name = first->cells[0];
    while (name.length > 0 && (*name.text == '#' || *name.text == ' ' || *name.text == '\t')) {
        name.text++;
        name.length--;
    }
    double value;
    if (*first->cells[0].text != '#' || first->count < 2 || name.length == 0 || gm_csv_number(&name, &value))
        return false;
    for (size_t c = 1; c < first->count; c++) {
        if (gm_csv_number(&first->cells[c], &value))
            return false;
    }
    first->cells[0] = name;
    return true;
}

static bool same_text(const gm_csv_cell *a, const gm_csv_cell *b)
{
    return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

/* Whether the row has a name of the header that cannot be data. */
static bool has_name_of(const gm_csv_row *row, const gm_csv_row *header)
{
    double value;
    for (size_t c = 0; c < row->count; c++) {
        const gm_csv_cell *cell = &row->cells[c];
        if (gm_csv_missing(cell) || gm_csv_number(cell, &value))
            continue;
        for (size_t h = 0; h < header->count; h++)
            if (same_text(cell, &header->cells[h]))
                return true;
    }
    return false;
}

gm_status gm_csv_match_header(const gm_csv_lexer *lexer, const gm_csv_row *first, gm_csv_row *row,
                              bool *header, gm_error *error)
{
    char shown[GM_CSV_SHOWN], expected[GM_CSV_SHOWN];
    if (!same_text(&row->cells[0], &first->cells[0]))
        (void)gm_csv_take_hash(row);
    size_t c = 0;
    while (c < row->count && c < first->count && same_text(&row->cells[c], &first->cells[c]))
        c++;
    *header = c == row->count && c == first->count;
    if (*header || !has_name_of(row, first))
        return GM_OK;
    if (c == gm_min(row->count, first->count))
        return gm_fail(error, GM_BAD_DATA,
                       "%s:%zu: a header of %zu columns; expected %zu, as in the first file", lexer->path,
                       row->cells[0].line, row->count, first->count);
    return gm_fail(error, GM_BAD_DATA,
                   "%s:%zu: another header than that of the first file; column %zu is '%s', expected '%s'",
                   lexer->path, row->cells[0].line, c + 1, gm_csv_show(&row->cells[c], shown),
                   gm_csv_show(&first->cells[c], expected));
}

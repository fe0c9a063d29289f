/* Whether the first row of a CSV file is a header, decided by evidence. A row of data that is taken for a
 * header is lost, so doubt decides for data: the reader then refuses the name that it meets in a column of
 * numbers, and says what to do if it is a header after all. */
#include "data/csv_diagnosis.h"

/* Names of columns that are numbers go up by equal steps: 0, 1, 2, or 2019, 2020. */
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

/* Columns of numbers (or of dates, of decimals with a comma and the like) that begin with a text, and columns
 * of numbers that begin with a number. */
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

/* Nothing but names, above rows whose features are missing, or above no rows at all. */
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

/* The diagnosis of a CSV file: what a sample of its first rows shows. The sample is read twice. First as raw
 * lines (csv_text.c), to find the character that separates cells, and whether these are rows of cells at all.
 * Then as cells, to find which columns contain text. Bad data is not an error here: the reader reports the
 * error, and uses the hints of the diagnosis. */
#include "data/csv_diagnosis.h"

#include "base/error.h"
#include "base/memory.h"

#include <string.h>

#define SAMPLE_LINES 20
#define FEWEST_LINES 3 /* even if they are longer than SAMPLE_BYTES */
#define SAMPLE_BYTES ((size_t)64 << 10)

/* Groups of one to four digits with single separators between them: 2004-03-10, 10/03/2004, 18:00, 18.00.00,
 * 2004-03-10T18:00:00Z. */
static bool is_date(const gm_csv_cell *cell)
{
    size_t groups = 0, digits = 0, colons = 0, points = 0;
    for (size_t i = 0; i < cell->length; i++) {
        const char c = cell->text[i];
        if (c >= '0' && c <= '9') {
            groups += digits == 0;
            if (++digits > 4)
                return false;
            continue;
        }
        const bool last_is_zone = c == 'Z' && i + 1 == cell->length;
        if (digits == 0 || !(strchr("-/:. T", c) || last_is_zone) || (c == '.' && digits < 2))
            return false;
        colons += c == ':';
        points += c == '.';
        digits = 0;
    }
    return groups >= 3 || (groups == 2 && colons == 1 && points == 0);
}

gm_csv_kind gm_csv_kind_of(const gm_csv_cell *cell)
{
    double value;
    if (cell->length == 0)
        return GM_CSV_EMPTY;
    if (gm_csv_number(cell, &value))
        return GM_CSV_NUMBER;
    if (gm_csv_missing(cell))
        return GM_CSV_MISSING;
    if (is_date(cell))
        return GM_CSV_DATE;
    if (gm_csv_missing_elsewhere(cell))
        return GM_CSV_UNREAD;
    return gm_csv_infinite(cell) || strchr("0123456789+-.", cell->text[0]) ? GM_CSV_ODD : GM_CSV_TEXT;
}

static bool row_counts(const gm_csv_row *row)
{
    double before = 0;
    for (size_t c = 0; c < row->count; c++) {
        double value;
        if (!gm_csv_number(&row->cells[c], &value) || (c > 0 && value != before + 1) ||
            (c == 0 && value > 1) || value < 0 || memchr(row->cells[c].text, '.', row->cells[c].length))
            return false;
        before = value;
    }
    return row->count >= 3;
}

/* Whether the number has digits only. Decimals, signs and exponents occur in data, not in names of columns.
 */
static bool is_whole(const gm_csv_cell *cell)
{
    size_t digits = 0;
    while (digits < cell->length && cell->text[digits] >= '0' && cell->text[digits] <= '9')
        digits++;
    return digits == cell->length;
}

static gm_status take_first_row(gm_csv_diagnosis *d, const gm_csv_row *row, gm_error *error)
{
    d->column = gm_alloc(gm_max(row->count, 1), sizeof *d->column);
    if (!d->column)
        return gm_fail_memory(error, "the kinds of the columns", row->count * sizeof *d->column);
    d->columns = row->count;
    d->counting = row_counts(row);
    d->whole = true;
    for (size_t c = 0; c < row->count; c++) {
        d->column[c].first = gm_csv_kind_of(&row->cells[c]);
        d->whole &= d->column[c].first != GM_CSV_NUMBER || is_whole(&row->cells[c]);
    }
    return GM_OK;
}

static void take_row_below(gm_csv_diagnosis *d, const gm_csv_row *row)
{
    d->rows++;
    for (size_t c = 0; c < row->count; c++) {
        const gm_csv_cell *cell = &row->cells[c];
        const gm_csv_kind kind = gm_csv_kind_of(cell);
        d->column[c].below[kind]++;
        d->commas += gm_csv_decimal_comma(cell);
        d->points += kind == GM_CSV_NUMBER && memchr(cell->text, '.', cell->length);
    }
}

static bool same_text(const gm_csv_cell *a, const gm_csv_cell *b)
{
    return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

/* Compares a row below with the cells of the first row and of the second, which is stored behind them. */
static void look_for_repeats(gm_csv_diagnosis *d, const gm_csv_row *row, gm_csv_cell *begin)
{
    for (size_t c = 0; c < row->count; c++) {
        const gm_csv_cell *cell = &row->cells[c];
        d->column[c].first_recurs |= same_text(cell, &begin[c]);
        if (d->rows == 1)
            begin[d->columns + c] = *cell;
        else
            d->column[c].second_recurs |= same_text(cell, &begin[d->columns + c]);
    }
}

static gm_status take_rows_below(gm_csv_diagnosis *d, gm_csv_lexer *lexer, gm_csv_row *row, gm_error *error)
{
    gm_csv_cell *begin = gm_alloc(gm_max(d->columns, 1), 2 * sizeof *begin);
    if (!begin)
        return gm_fail_memory(error, "the first rows", d->columns * sizeof *begin);
    memcpy(begin, row->cells, d->columns * sizeof *begin);
    gm_status status = gm_csv_next(lexer, row, NULL);
    for (; status == GM_OK && row->count > 0; status = gm_csv_next(lexer, row, NULL)) {
        if (row->count != d->columns)
            continue;
        take_row_below(d, row);
        look_for_repeats(d, row, begin);
    }
    gm_free(begin);
    /* A row that cannot be read ends the sample; the reader reports it. */
    return status == GM_LIMIT ? gm_fail_memory(error, "a row of cells", lexer->line) : GM_OK;
}

/* Reads the sample as rows of cells. The lexer keeps the text. */
static gm_status diagnose_columns(gm_csv_diagnosis *d, gm_csv_lexer *lexer, gm_error *error)
{
    gm_csv_row row = {0};
    gm_status status = gm_csv_next(lexer, &row, NULL);
    if (!status)
        status = take_first_row(d, &row, error);
    else
        status = status == GM_LIMIT ? gm_fail_memory(error, "a row of cells", lexer->line) : GM_OK;
    if (!status && d->columns > 0)
        status = take_rows_below(d, lexer, &row, error);
    gm_csv_row_clear(&row);
    return status;
}

/* How many columns would hold mostly cells that begin like numbers and are none, as cells do that were not
 * separated ("18.0   8   307.0"), if this were the delimiter, and this the mark before decimals. */
static gm_status count_odd(const gm_csv_lexer *sample, char delimiter, char decimal, size_t *odd,
                           gm_error *error)
{
    gm_csv_diagnosis d = {0};
    gm_csv_lexer lexer = *sample;
    lexer.delimiter = delimiter;
    lexer.decimal = decimal;
    const gm_status status = diagnose_columns(&d, &lexer, error);
    *odd = 0;
    for (size_t c = 0; c < d.columns; c++)
        *odd += d.column[c].below[GM_CSV_ODD] * 2 > d.rows;
    gm_csv_diagnosis_clear(&d);
    return status;
}

static gm_status count_odd_columns(const gm_csv_lexer *sample, char delimiter, size_t *odd, gm_error *error)
{
    size_t with_commas;
    gm_status status = count_odd(sample, delimiter, '.', odd, error);
    if (!status)
        status = count_odd(sample, delimiter, ',', &with_commas, error);
    if (!status)
        *odd = gm_min(*odd, with_commas);
    return status;
}

/* Finds a delimiter, other than the one in use, that gives every row the same number of cells. Of several the
 * one that leaves the fewest columns of unseparated cells is taken. Blanks occur in any text, so they are
 * considered only if the delimiter in use does not occur at all. */
static gm_status find_likely_delimiter(gm_csv_diagnosis *d, const gm_csv_lexer *sample, gm_error *error)
{
    static const char candidates[] = {'\t', '|', ';', ',', GM_CSV_BLANKS};
    const char in_use = sample->delimiter;
    size_t fewest = SIZE_MAX, odd;
    gm_status status = GM_OK;
    for (size_t i = 0; i < sizeof candidates && !status; i++) {
        const char delimiter = candidates[i];
        if (delimiter == in_use || !gm_csv_splits_evenly(sample->at, sample->end, delimiter) ||
            (delimiter == GM_CSV_BLANKS && gm_csv_occurs(sample->at, sample->end, in_use)))
            continue;
        status = count_odd_columns(sample, delimiter, &odd, error);
        if (status || (d->likely && odd >= fewest))
            continue;
        d->likely = delimiter;
        fewest = odd;
    }
    if (status || !d->likely)
        return status;
    status = count_odd_columns(sample, in_use, &odd, error);
    d->better = !gm_csv_splits_evenly(sample->at, sample->end, in_use) || fewest < odd;
    return status;
}

/* The end of the sample. It is the end of a line, or of the file. */
static const char *end_of_sample(const gm_csv_lexer *lexer)
{
    const char *at = lexer->at;
    for (size_t lines = 0; lines < SAMPLE_LINES; lines++) {
        if (lines >= FEWEST_LINES && (size_t)(at - lexer->at) >= SAMPLE_BYTES)
            break;
        const char *stop = memchr(at, '\n', (size_t)(lexer->end - at));
        if (!stop)
            return lexer->end;
        at = stop + 1;
    }
    return at;
}

gm_status gm_csv_diagnose(gm_csv_diagnosis *diagnosis, const gm_csv_lexer *lexer, gm_error *error)
{
    *diagnosis = (gm_csv_diagnosis){0};
    const size_t size = (size_t)(end_of_sample(lexer) - lexer->at);
    char *copy = gm_alloc(size + 1, 1);
    if (!copy)
        return gm_fail_memory(error, "a sample of the text", size + 1);
    memcpy(copy, lexer->at, size);
    gm_csv_lexer sample = *lexer;
    sample.next_count = 0;
    sample.at = copy;
    sample.line_start = copy;
    sample.end = copy + size;
    sample.keep = true;
    gm_status status = find_likely_delimiter(diagnosis, &sample, error);
    gm_csv_judge_text(diagnosis, copy, copy + size, lexer);
    if (!status)
        status = diagnose_columns(diagnosis, &sample, error);
    gm_free(copy);
    return status;
}

void gm_csv_diagnosis_clear(gm_csv_diagnosis *diagnosis)
{
    gm_free(diagnosis->column);
    *diagnosis = (gm_csv_diagnosis){0};
}

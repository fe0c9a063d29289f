/* The diagnosis of a CSV file: what a sample of its first rows shows. The sample is read twice. First as raw
 * lines, to find the character that separates cells, and whether these are rows of cells at all. Then as
 * cells, to find which columns contain text. Bad data is not an error here: the reader reports the error, and
 * uses the hints of the diagnosis. */
#include "data/csv_diagnosis.h"

#include "base/ascii.h"
#include "base/error.h"
#include "base/foreign.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

#define SAMPLE_LINES 20
#define FEWEST_LINES 3 /* even if they are longer than SAMPLE_BYTES */
#define SAMPLE_BYTES ((size_t)64 << 10)

/* ---- lines of raw text ---- */

/* A line of the sample, without its end. */
typedef struct raw_line {
    const char *text, *end;
} raw_line;

/* Gives the next line that is not blank, and moves *at behind it. False at the end of the text. *number
 * counts all lines, blank ones included. */
static bool next_line(const char **at, const char *end, raw_line *line, size_t *number)
{
    while (*at < end) {
        const char *stop = memchr(*at, '\n', (size_t)(end - *at));
        *line = (raw_line){*at, stop ? stop : end};
        *at = stop ? stop + 1 : end;
        ++*number;
        while (line->text < line->end && (*line->text == ' ' || *line->text == '\r'))
            line->text++;
        if (line->text < line->end)
            return true;
    }
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Counts the delimiters of a line that are not in quotes. If the delimiter is GM_CSV_BLANKS, a run of blanks
 * counts once, and runs at the ends of the line do not count. */
static size_t count_delimiters(raw_line line, char delimiter)
{
    size_t count = 0;
    bool quoted = false, in_run = true;
    for (const char *at = line.text; at < line.end && *at != '\r'; at++) {
        quoted ^= *at == '"';
        if (delimiter != GM_CSV_BLANKS) {
            count += !quoted && *at == delimiter;
            continue;
        }
        const bool blank = !quoted && is_blank(*at);
        count += blank && !in_run;
        in_run = blank;
    }
    return count - (delimiter == GM_CSV_BLANKS && in_run && count > 0);
}

static bool begins_as_comment(raw_line line)
{
    return gm_csv_comment(&(gm_csv_cell){.text = line.text, .length = (size_t)(line.end - line.text)});
}

/* The number of lines, and the range of their numbers of delimiters. */
typedef struct line_sums {
    size_t lines;
    size_t fewest, most; /* delimiters of a line */
} line_sums;

static line_sums sum_lines(const char *text, const char *end, char delimiter)
{
    line_sums sums = {.fewest = SIZE_MAX};
    raw_line line;
    for (size_t number = 0; next_line(&text, end, &line, &number);) {
        if (begins_as_comment(line))
            continue;
        const size_t count = count_delimiters(line, delimiter);
        sums.fewest = gm_min(sums.fewest, count);
        sums.most = gm_max(sums.most, count);
        sums.lines++;
    }
    return sums;
}

static bool all_equal(line_sums sums)
{
    return sums.lines > 0 && sums.fewest > 0 && sums.fewest == sums.most;
}

/* Finds a delimiter, other than the one in use, that gives every row the same number of cells; 0: there is
 * none. Blanks occur in any text, so they are considered only if the delimiter in use does not occur at all.
 */
static char find_likely_delimiter(const char *text, const char *end, char in_use)
{
    static const char candidates[] = {'\t', '|', ';', ','};
    for (size_t i = 0; i < sizeof candidates; i++) {
        if (candidates[i] != in_use && all_equal(sum_lines(text, end, candidates[i])))
            return candidates[i];
    }
    const bool unused = sum_lines(text, end, in_use).most == 0;
    return unused && all_equal(sum_lines(text, end, GM_CSV_BLANKS)) ? GM_CSV_BLANKS : 0;
}

/* The number of the first line that is a comment; 0: there is none. A line that begins like a comment but has
 * as many cells as the other lines is a header, not a comment. */
static size_t find_comment(const char *text, const char *end, char delimiter)
{
    const size_t common = sum_lines(text, end, delimiter).most;
    raw_line line;
    for (size_t number = 0; next_line(&text, end, &line, &number);) {
        if (begins_as_comment(line) && (common == 0 || count_delimiters(line, delimiter) != common))
            return number;
    }
    return 0;
}

/* "1 3:0.5 7:1": a label, then pairs of a whole number and a value. */
static bool is_libsvm_line(raw_line line)
{
    const char *at = line.text;
    size_t pairs = 0;
    while (at < line.end && !is_blank(*at))
        at++;
    while (at < line.end && *at != '\r') {
        while (at < line.end && is_blank(*at))
            at++;
        const char *digits = at;
        while (at < line.end && *at >= '0' && *at <= '9')
            at++;
        if (at == digits)
            break;
        if (at == line.end || *at != ':')
            return false;
        while (at < line.end && !is_blank(*at) && *at != '\r')
            at++;
        pairs++;
    }
    return pairs > 0 && (at == line.end || *at == '\r');
}

static bool is_libsvm(const char *text, const char *end)
{
    raw_line line;
    size_t number = 0;
    bool all = true;
    while (all && next_line(&text, end, &line, &number))
        all = is_libsvm_line(line);
    return all && number > 0;
}

static bool begins_with(raw_line line, const char *word)
{
    while (*word && line.text < line.end && gm_lower(*line.text) == *word) {
        word++;
        line.text++;
    }
    return *word == '\0';
}

/* Whether the first line that is not a comment is "@relation NAME". */
static bool is_arff(const char *text, const char *end)
{
    raw_line line;
    for (size_t number = 0; next_line(&text, end, &line, &number);) {
        if (!begins_as_comment(line))
            return begins_with(line, "@relation");
    }
    return false;
}

/* UTF-16 writes a plain letter in two bytes, and one of them is 0: the first in one byte order, the second in
 * the other. */
static bool is_utf16(const char *text, const char *end)
{
    size_t zeros[2] = {0};
    for (const char *at = text; at < end; at++)
        zeros[(at - text) & 1] += *at == '\0';
    const size_t many = gm_max(zeros[0], zeros[1]), few = gm_min(zeros[0], zeros[1]);
    return many > 0 && many * 3 >= (size_t)(end - text) && few * 8 <= many;
}

/* A single control character may be a mistake in a text. Two or more, and one in sixteen bytes, mean that it
 * is not a text. */
static bool is_binary(const char *text, const char *end)
{
    size_t odd = 0;
    for (const char *at = text; at < end; at++)
        odd += !gm_is_text(at, 1);
    return odd > 1 && odd * 16 >= (size_t)(end - text);
}

const char *gm_csv_delimiter_name(char delimiter)
{
    switch (delimiter) {
    case GM_CSV_BLANKS:
        return "blanks";
    case '\t':
        return "tab";
    case ';':
        return "';'";
    case '|':
        return "'|'";
    default:
        return "','";
    }
}

const char *gm_csv_delimiter_in_words(char delimiter)
{
    return delimiter == GM_CSV_BLANKS ? "blanks"
           : delimiter == '\t'        ? "tabs"
                                      : gm_csv_delimiter_name(delimiter);
}

/* Finds what is wrong with the text as a whole. Of several signs the most certain one gives the hint. */
static void diagnose_text(gm_csv_diagnosis *d, const char *text, const char *end, char in_use)
{
    d->likely = find_likely_delimiter(text, end, in_use);
    d->comment = find_comment(text, end, d->likely ? d->likely : in_use);
    if (is_utf16(text, end))
        snprintf(d->hint, sizeof d->hint,
                 "this looks like UTF-16 text: convert it with iconv -f utf16 -t utf8");
    else if (is_binary(text, end))
        snprintf(d->hint, sizeof d->hint, "this looks like a binary file, not like CSV");
    else if (is_arff(text, end))
        snprintf(d->hint, sizeof d->hint, "this looks like an ARFF file: delete the lines before the data");
    else if (is_libsvm(text, end))
        snprintf(
            d->hint, sizeof d->hint,
            "this looks like LIBSVM text (LABEL INDEX:VALUE ...): leave out --delim, and write only numbers behind "
            "the colons");
    else if (d->comment > 0)
        snprintf(d->hint, sizeof d->hint, "line %zu is a comment: delete such lines", d->comment);
    else if (d->likely && !all_equal(sum_lines(text, end, in_use)))
        snprintf(d->hint, sizeof d->hint, "the cells seem to be separated by %s: say --delim %s",
                 gm_csv_delimiter_in_words(d->likely), gm_csv_delimiter_name(d->likely));
}

/* ---- rows of cells ---- */

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

/* Reads the sample as rows of cells. It is a copy, because the lexer changes its text. */
static gm_status diagnose_columns(gm_csv_diagnosis *d, gm_csv_lexer *lexer, gm_error *error)
{
    gm_csv_row row = {0};
    gm_status status = gm_csv_next(lexer, &row, NULL);
    if (!status)
        status = take_first_row(d, &row, error);
    else
        status = status == GM_LIMIT ? gm_fail_memory(error, "a row of cells", lexer->line) : GM_OK;
    while (!status && d->column && gm_csv_next(lexer, &row, NULL) == GM_OK && row.count > 0) {
        if (row.count != d->columns)
            continue;
        d->rows++;
        for (size_t c = 0; c < row.count; c++)
            d->column[c].below[gm_csv_kind_of(&row.cells[c])]++;
    }
    gm_csv_row_clear(&row);
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
    diagnose_text(diagnosis, copy, copy + size, lexer->delimiter);
    gm_csv_lexer sample = *lexer;
    sample.next_count = 0;
    sample.at = copy;
    sample.line_start = copy;
    sample.end = copy + size;
    const gm_status status = diagnose_columns(diagnosis, &sample, error);
    gm_free(copy);
    return status;
}

void gm_csv_diagnosis_clear(gm_csv_diagnosis *diagnosis)
{
    gm_free(diagnosis->column);
    *diagnosis = (gm_csv_diagnosis){0};
}

/* What the lines of a CSV file show before they are divided into cells: which character separates the cells,
 * where comments are, and whether these are rows of cells at all. */
#include "data/csv_diagnosis.h"

#include "base/ascii.h"
#include "base/foreign.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

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

bool gm_csv_splits_evenly(const char *text, const char *end, char delimiter)
{
    const line_sums sums = sum_lines(text, end, delimiter);
    return sums.lines > 0 && sums.fewest > 0 && sums.fewest == sums.most;
}

bool gm_csv_occurs(const char *text, const char *end, char delimiter)
{
    return sum_lines(text, end, delimiter).most > 0;
}

/* Finds the first line that is a comment, and how it begins. A line that begins like a comment but has as
 * many cells as the other lines is a header, not a comment. */
static void find_comment(gm_csv_diagnosis *d, const char *text, const char *end, const gm_csv_lexer *lexer)
{
    const char delimiter = d->likely ? d->likely : lexer->delimiter;
    const size_t common = sum_lines(text, end, delimiter).most;
    raw_line line;
    for (size_t number = 0; d->comment == 0 && next_line(&text, end, &line, &number);) {
        if (!begins_as_comment(line) || (common > 0 && count_delimiters(line, delimiter) == common) ||
            (*lexer->comment && strncmp(line.text, lexer->comment, strlen(lexer->comment)) == 0))
            continue;
        d->comment = number;
        d->mark = *line.text == '#' ? "#" : *line.text == '%' ? "%" : "//";
    }
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
    size_t number = 0, lines = 0;
    bool all = true;
    for (; all && next_line(&text, end, &line, &number); lines++)
        all = is_libsvm_line(line);
    return all && lines > 0;
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

/* What the text seems to be instead of CSV, with what to do; "" if nothing is known. */
static const char *kind_of_text(const char *text, const char *end)
{
    if (is_utf16(text, end))
        return "this looks like UTF-16 text: convert it with iconv -f utf16 -t utf8";
    if (is_arff(text, end))
        return "this looks like an ARFF file: delete the lines before the data";
    return is_libsvm(text, end)
               ? "this looks like LIBSVM text (LABEL INDEX:VALUE ...): leave out --delim, and write only numbers "
                 "behind the colons"
               : "";
}

void gm_csv_judge_text(gm_csv_diagnosis *d, const char *text, const char *end, const gm_csv_lexer *lexer)
{
    const char *kind = kind_of_text(text, end);
    find_comment(d, text, end, lexer);
    d->foreign = *kind != '\0';
    if (*kind)
        snprintf(d->hint, sizeof d->hint, "%s", kind);
    else if (is_binary(text, end))
        snprintf(d->hint, sizeof d->hint, "this looks like a binary file, not like CSV");
    else if (d->comment > 0)
        snprintf(d->hint, sizeof d->hint, "line %zu is a comment: delete such lines, or say --comment '%s'",
                 d->comment, d->mark);
    else if (d->likely && !gm_csv_splits_evenly(text, end, lexer->delimiter))
        snprintf(d->hint, sizeof d->hint, "the cells seem to be separated by %s: say --delim %s",
                 gm_csv_delimiter_in_words(d->likely), gm_csv_delimiter_name(d->likely));
}

/* Divides CSV text into rows of cells, as RFC 4180 defines them: a cell in quotes may contain delimiters,
 * line ends and doubled quotes. The text is read once and not copied; a cell points into it. */
#include "data/csv.h"

#include "base/error.h"
#include "base/memory.h"

#include <string.h>

static void begin_text(gm_csv_lexer *lexer, const gm_source_text *text)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    const size_t mark = text->size >= 3 && memcmp(text->text, byte_order_mark, 3) == 0 ? 3 : 0;
    lexer->path = text->path;
    lexer->at = text->text + mark;
    lexer->line_start = lexer->at;
    lexer->end = text->text + text->size;
    lexer->line = 1;
}

gm_status gm_csv_lexer_init(gm_csv_lexer *lexer, const gm_source_texts *texts,
                            const gm_dataset_options *options, gm_error *error)
{
    const char delimiter = options->delimiter;
    static const char no_delimiters[] = "\"\r\n.+-0123456789";
    if (delimiter && strchr(no_delimiters, delimiter))
        return gm_fail(error, GM_USAGE, "a delimiter cannot be a quote, a line end or part of a number");
    if (options->decimal && options->decimal != '.' && options->decimal != ',')
        return gm_fail(error, GM_USAGE, "the decimal mark is a point or a comma");
    *lexer = (gm_csv_lexer){.delimiter = delimiter ? delimiter : ',',
                            .decimal = options->decimal,
                            .comment = options->comment ? options->comment : "",
                            .hint = "",
                            .next = texts->items + 1,
                            .next_count = texts->count - 1};
    begin_text(lexer, &texts->items[0]);
    return GM_OK;
}

void gm_csv_row_clear(gm_csv_row *row)
{
    gm_free(row->cells);
    *row = (gm_csv_row){0};
}

static gm_status fail_at(const gm_csv_lexer *lexer, size_t line, size_t column, const char *what,
                         gm_error *error)
{
    return gm_fail(error, GM_BAD_DATA, "%s:%zu:%zu: %s%s%s", lexer->path, line, column, what,
                   *lexer->hint ? "; " : "", lexer->hint);
}

static gm_status fail_here(const gm_csv_lexer *lexer, const char *what, gm_error *error)
{
    return fail_at(lexer, lexer->line, (size_t)(lexer->at - lexer->line_start) + 1, what, error);
}

static void start_line(gm_csv_lexer *lexer)
{
    lexer->line++;
    lexer->line_start = lexer->at;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_delimiter(const gm_csv_lexer *lexer, char c)
{
    return c == lexer->delimiter || (lexer->delimiter == GM_CSV_BLANKS && c == '\t');
}

/* Reads a cell in quotes, from its opening quote to its closing one. Doubled quotes are replaced by single
 * ones in the text itself. */
static gm_status read_quoted(gm_csv_lexer *lexer, gm_csv_cell *cell, gm_error *error)
{
    char *to = ++lexer->at;
    cell->text = to;
    for (;; lexer->at++) {
        if (lexer->at == lexer->end)
            return fail_at(lexer, cell->line, cell->column, "this quote is never closed", error);
        if (*lexer->at == '\0')
            return fail_here(lexer, "a NUL byte; expected text", error);
        if (*lexer->at == '"' && *++lexer->at != '"')
            break;
        if (!lexer->keep)
            *to = *lexer->at;
        to++;
        if (*lexer->at == '\n') {
            lexer->line++;
            lexer->line_start = lexer->at + 1;
        }
    }
    cell->length = (size_t)(to - cell->text);
    const char next = *lexer->at;
    if (!is_delimiter(lexer, next) && next != '\n' && next != '\r' && lexer->at != lexer->end)
        return fail_at(lexer, cell->line, cell->column,
                       "text behind the quoted cell that begins here; expected a delimiter or a line end",
                       error);
    return GM_OK;
}

/* The end of a cell without quotes. A caller with one delimiter passes it twice; the compiler then removes
 * the second comparison. */
static inline char *plain_end(char *at, char delimiter, char other)
{
    while (*at != delimiter && *at != other && *at != '\n' && *at != '\r' && *at != '"' && *at != '\0')
        at++;
    return at;
}

static gm_status read_plain(gm_csv_lexer *lexer, gm_csv_cell *cell, gm_error *error)
{
    const char *text = lexer->at;
    char *at = lexer->delimiter == GM_CSV_BLANKS ? plain_end(lexer->at, ' ', '\t')
                                                 : plain_end(lexer->at, lexer->delimiter, lexer->delimiter);
    lexer->at = at;
    if (*at == '"')
        return fail_here(
            lexer, "a quote within a cell; expected the whole cell in quotes, and quotes doubled", error);
    if (*at == '\0' && at != lexer->end)
        return fail_here(lexer, "a NUL byte; expected text", error);
    const char *end = at;
    while (text < end && is_blank(*text))
        text++;
    while (text < end && is_blank(end[-1]))
        end--;
    cell->text = text;
    cell->length = (size_t)(end - text);
    return GM_OK;
}

static gm_status add_cell(gm_csv_lexer *lexer, gm_csv_row *row, gm_error *error)
{
    if (row->count == row->capacity) {
        const size_t capacity = gm_max(16, 2 * row->capacity);
        gm_csv_cell *cells = gm_alloc(capacity, sizeof *cells);
        if (!cells)
            return gm_fail_memory(error, "a row of cells", capacity * sizeof *cells);
        if (row->count > 0)
            memcpy(cells, row->cells, row->count * sizeof *cells);
        gm_free(row->cells);
        row->cells = cells;
        row->capacity = capacity;
    }
    gm_csv_cell *cell = &row->cells[row->count++];
    cell->decimal = lexer->decimal;
    cell->line = lexer->line;
    cell->column = (size_t)(lexer->at - lexer->line_start) + 1;
    return *lexer->at == '"' ? read_quoted(lexer, cell, error) : read_plain(lexer, cell, error);
}

/* Moves over a line end, if there is one here. */
static gm_status end_line(gm_csv_lexer *lexer, gm_error *error)
{
    if (*lexer->at == '\r') {
        if (lexer->at[1] != '\n')
            return fail_here(lexer, "a carriage return alone; expected a line feed behind it", error);
        lexer->at++;
    }
    if (*lexer->at == '\n') {
        lexer->at++;
        start_line(lexer);
    }
    return GM_OK;
}

/* Skips a comment up to the end of its line, if one begins here. */
static void skip_comment(gm_csv_lexer *lexer, char **at)
{
    if (!*lexer->comment || strncmp(*at, lexer->comment, strlen(lexer->comment)) != 0)
        return;
    char *stop = memchr(*at, '\n', (size_t)(lexer->end - *at));
    *at = stop ? stop : lexer->end;
    lexer->comments++;
}

/* Skips empty lines, lines of spaces, and comments. */
static gm_status skip_blank_lines(gm_csv_lexer *lexer, gm_error *error)
{
    for (;;) {
        char *at = lexer->at;
        while (*at == ' ' || (*at == '\t' && lexer->delimiter == GM_CSV_BLANKS))
            at++;
        skip_comment(lexer, &at);
        if (*at != '\n' && *at != '\r' && at != lexer->end)
            return GM_OK;
        lexer->at = at;
        if (at == lexer->end)
            return GM_OK;
        const gm_status status = end_line(lexer, error);
        if (status)
            return status;
    }
}

static void skip_blanks(gm_csv_lexer *lexer)
{
    while (is_blank(*lexer->at))
        lexer->at++;
}

/* Skips the delimiter between two cells. False at the end of a line; blanks before the line end are not a
 * delimiter. */
static bool skip_delimiter(gm_csv_lexer *lexer)
{
    if (lexer->delimiter != GM_CSV_BLANKS) {
        const bool separates = *lexer->at == lexer->delimiter;
        lexer->at += separates;
        return separates;
    }
    skip_blanks(lexer);
    return *lexer->at != '\n' && *lexer->at != '\r' && lexer->at != lexer->end;
}

gm_status gm_csv_next(gm_csv_lexer *lexer, gm_csv_row *row, gm_error *error)
{
    row->count = 0;
    lexer->begins_file = false;
    gm_status status = skip_blank_lines(lexer, error);
    while (!status && lexer->at == lexer->end && lexer->next_count > 0) {
        begin_text(lexer, lexer->next++);
        lexer->next_count--;
        lexer->begins_file = true;
        status = skip_blank_lines(lexer, error);
    }
    if (status || lexer->at == lexer->end)
        return status;
    if (lexer->delimiter == GM_CSV_BLANKS)
        skip_blanks(lexer);
    for (;;) {
        status = add_cell(lexer, row, error);
        if (status)
            return status;
        if (lexer->at == lexer->end || !skip_delimiter(lexer))
            return end_line(lexer, error);
    }
}

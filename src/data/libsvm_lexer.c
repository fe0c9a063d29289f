/* The words of LIBSVM text, and how a file of it is recognised. */
#include "data/libsvm_lexer.h"

#include "base/ascii.h"
#include "data/format.h"

#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static void skip_blanks(gm_svm_lexer *lexer)
{
    while (lexer->at < lexer->end && is_blank(*lexer->at))
        lexer->at++;
}

bool gm_svm_at_end_of_row(gm_svm_lexer *lexer)
{
    skip_blanks(lexer);
    return lexer->at == lexer->end || *lexer->at == '\n' || *lexer->at == '#';
}

static void skip_line(gm_svm_lexer *lexer)
{
    const char *stop = memchr(lexer->at, '\n', (size_t)(lexer->end - lexer->at));
    lexer->at = lexer->line_start = stop ? stop + 1 : lexer->end;
    lexer->line++;
}

gm_csv_cell gm_svm_take_word(gm_svm_lexer *lexer)
{
    gm_csv_cell word = {
        .text = lexer->at, .line = lexer->line, .column = (size_t)(lexer->at - lexer->line_start) + 1};
    while (lexer->at < lexer->end && !is_blank(*lexer->at) && *lexer->at != '\n' && *lexer->at != '#')
        lexer->at++;
    word.length = (size_t)(lexer->at - word.text);
    return word;
}

static void begin_text(gm_svm_lexer *lexer)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    const gm_source_text *text = lexer->next++;
    const size_t mark = text->size >= 3 && memcmp(text->text, byte_order_mark, 3) == 0 ? 3 : 0;
    lexer->next_count--;
    lexer->path = text->path;
    lexer->at = lexer->line_start = text->text + mark;
    lexer->end = text->text + text->size;
    lexer->line = 1;
}

gm_svm_lexer gm_svm_begin(const gm_source_text *texts, size_t count)
{
    gm_svm_lexer lexer = {.next = texts, .next_count = count};
    begin_text(&lexer);
    return lexer;
}

bool gm_svm_next_row(gm_svm_lexer *lexer, gm_svm_row *row)
{
    while (lexer->at == lexer->end ? lexer->next_count > 0 : gm_svm_at_end_of_row(lexer)) {
        if (lexer->at < lexer->end)
            skip_line(lexer);
        else if (lexer->next_count > 0) /* if not, blanks end the last text */
            begin_text(lexer);
    }
    if (lexer->at == lexer->end)
        return false;
    row->label = gm_svm_take_word(lexer);
    return true;
}

bool gm_svm_divide(gm_csv_cell word, gm_svm_pair *pair)
{
    size_t digits = 0;
    pair->index = 0;
    while (digits < word.length && word.text[digits] >= '0' && word.text[digits] <= '9' && digits < 18)
        pair->index = pair->index * 10 + (uint64_t)(word.text[digits++] - '0');
    if (digits == 0 || digits == word.length || word.text[digits] != ':')
        return false;
    pair->value = (gm_csv_cell){.text = word.text + digits + 1,
                                .length = word.length - digits - 1,
                                .line = word.line,
                                .column = word.column + digits + 1};
    return true;
}

bool gm_svm_is_qid(gm_csv_cell word)
{
    return word.length > 4 && memcmp(word.text, "qid:", 4) == 0;
}

bool gm_svm_is_nan(const gm_csv_cell *value)
{
    const size_t sign = value->length == 4 && (*value->text == '-' || *value->text == '+');
    return value->length - sign == 3 && gm_lower(value->text[sign]) == 'n' &&
           gm_lower(value->text[sign + 1]) == 'a' && gm_lower(value->text[sign + 2]) == 'n';
}

bool gm_libsvm_recognise(const gm_source *source)
{
    char head[GM_SOURCE_HEAD + 1];
    const gm_source_text text = {.path = source->path, .text = head, .size = source->head_size};
    memcpy(head, source->head, source->head_size);
    gm_svm_lexer lexer = gm_svm_begin(&text, 1);
    gm_svm_row row;
    gm_svm_pair pair;
    double value;
    if (!gm_is_text(source->head, source->head_size))
        return false;
    while (gm_svm_next_row(&lexer, &row)) {
        if (memchr(row.label.text, ':', row.label.length))
            return false;
        for (size_t pairs = 0; !gm_svm_at_end_of_row(&lexer); pairs++) {
            const gm_csv_cell word = gm_svm_take_word(&lexer);
            if (lexer.at == lexer.end && source->head_size == GM_SOURCE_HEAD) /* it may go on */
                return pairs > 0;
            if (pairs == 0 && gm_svm_is_qid(word))
                continue;
            if (!gm_svm_divide(word, &pair) ||
                (!gm_csv_number(&pair.value, &value) && !gm_svm_is_nan(&pair.value)))
                return false;
            if (gm_svm_at_end_of_row(&lexer))
                return true;
        }
    }
    return false;
}

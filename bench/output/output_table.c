/* Output as a table for a terminal. It is made as narrow as the screen. */
#include "base/error.h"
#include "base/memory.h"
#include "bench/output/output_parts.h"

#include <string.h>

#define SCREEN       110
#define LEAST_COLUMN 8

/* The width of a UTF-8 text on the screen. Each character counts as one column. */
static size_t width_of(const char *text)
{
    size_t width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

static size_t column_width(const gm_result *result, size_t column)
{
    const gm_column *c = result->columns[column];
    size_t width = gm_max(width_of(c->head), width_of(c->unit));
    for (size_t i = 0; i < result->row_count; i++) {
        char text[96];
        width = gm_max(width, width_of(gm_cell_text(text, sizeof text, c, &result->rows[i].cells[column])));
    }
    return gm_column_is_used(result, column) ? width : 0;
}

/* The width of each column; 0: the column is left out, because no row has a value in it. */
typedef struct layout {
    size_t *widths;
    size_t gap;
} layout;

static size_t total(const layout *l, size_t count)
{
    size_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += l->widths[i] > 0 ? l->widths[i] + (sum > 0 ? l->gap : 0) : 0;
    return sum;
}

/* The widest column of texts that can still be made narrower; the number of columns if there is none. */
static size_t widest_text(const gm_result *result, const size_t *widths)
{
    size_t widest = result->column_count, width = LEAST_COLUMN;
    for (size_t i = 0; i < result->column_count; i++)
        if (result->columns[i]->decimals == GM_COLUMN_TEXT && widths[i] > width)
            width = widths[widest = i];
    return widest;
}

/* Makes the table fit the screen: first the gaps are made smaller, then texts are cut. Numbers are never cut.
 */
static void fit(const gm_result *result, layout *l)
{
    for (size_t i = 0; i < result->column_count; i++)
        l->widths[i] = column_width(result, i);
    l->gap = 2;
    if (total(l, result->column_count) > SCREEN)
        l->gap = 1;
    while (total(l, result->column_count) > SCREEN) {
        const size_t widest = widest_text(result, l->widths);
        if (widest == result->column_count)
            return;
        l->widths[widest]--;
    }
}

/* Cuts text to width columns, the last two of which then are dots. */
static void cut(char *text, size_t width)
{
    if (width_of(text) <= width)
        return;
    size_t kept = 0;
    char *end = text;
    for (; *end; end++)
        if (((unsigned char)*end & 0xC0) != 0x80 && kept++ == width - 2)
            break;
    strcpy(end, "..");
}

/* Writes one line. Blanks are written only if something follows them. */
typedef struct writer {
    FILE *out;
    size_t gap, blanks, column;
} writer;

static void put(writer *w, char *text, size_t width, bool right)
{
    if (width == 0)
        return;
    cut(text, width);
    const size_t pad = width - width_of(text);
    w->blanks += w->column > 0 ? w->gap : 0;
    if (*text)
        fprintf(w->out, "%*s%s", (int)(w->blanks + (right ? pad : 0)), "", text);
    w->blanks = *text ? (right ? 0 : pad) : w->blanks + pad;
    w->column += width;
}

static void end_line(writer *w)
{
    fputc('\n', w->out);
    *w = (writer){.out = w->out, .gap = w->gap};
}

static void put_heads(const gm_result *result, const layout *l, bool units, FILE *out)
{
    writer w = {.out = out, .gap = l->gap};
    for (size_t i = 0; i < result->column_count; i++) {
        const gm_column *c = result->columns[i];
        char text[96];
        snprintf(text, sizeof text, "%s", units ? c->unit : c->head);
        put(&w, text, l->widths[i], c->decimals != GM_COLUMN_TEXT);
    }
    end_line(&w);
}

static bool has_units(const gm_result *result, const layout *l)
{
    for (size_t i = 0; i < result->column_count; i++)
        if (result->columns[i]->unit[0] && l->widths[i] > 0)
            return true;
    return false;
}

static void put_rows(const gm_result *result, const layout *l, FILE *out)
{
    writer w = {.out = out, .gap = l->gap};
    for (size_t r = 0; r < result->row_count; r++) {
        for (size_t i = 0; i < result->column_count; i++) {
            const gm_column *c = result->columns[i];
            char text[96];
            gm_cell_text(text, sizeof text, c, &result->rows[r].cells[i]);
            put(&w, text, l->widths[i], c->decimals != GM_COLUMN_TEXT);
        }
        end_line(&w);
    }
}

/* Writes "LABEL text", with line breaks between words. Further lines are indented to the beginning of the
 * text. */
static void put_paragraph(FILE *out, const char *label, const char *text)
{
    const size_t indent = width_of(label) + 1;
    size_t column = indent;
    fprintf(out, "%s ", label);
    for (const char *word = text + strspn(text, " "); *word; word += strspn(word, " ")) {
        const size_t length = strcspn(word, " ");
        if (column > indent && column + 1 + length > SCREEN) {
            fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
        }
        column += (size_t)fprintf(out, "%s%.*s", column > indent ? " " : "", (int)length, word);
        word += length;
    }
    fputc('\n', out);
}

static void put_environment(const gm_environment *environment, FILE *out)
{
    gm_line lines[GM_MOST_LINES];
    const size_t count = gm_environment_lines(environment, lines);
    for (size_t i = 0; i < count; i++) {
        char label[16];
        snprintf(label, sizeof label, "%-5s", lines[i].label);
        put_paragraph(out, label, lines[i].text);
    }
}

gm_status gm_output_table(const gm_result *result, const gm_environment *environment, FILE *out,
                          gm_error *error)
{
    layout l = {.widths = gm_alloc(result->column_count, sizeof *l.widths)};
    if (!l.widths)
        return gm_fail_memory(error, "the table", result->column_count * sizeof *l.widths);
    fit(result, &l);
    put_environment(environment, out);
    fprintf(out, "\n%s\n\n", result->title);
    put_heads(result, &l, false, out);
    if (has_units(result, &l))
        put_heads(result, &l, true, out);
    put_rows(result, &l, out);
    if (result->note_count + environment->warning_count > 0)
        fputc('\n', out);
    for (size_t i = 0; i < result->note_count; i++)
        put_paragraph(out, "Note:", result->notes[i]);
    for (size_t i = 0; i < environment->warning_count; i++)
        put_paragraph(out, "Warning:", environment->warnings[i]);
    gm_free(l.widths);
    return GM_OK;
}

/* Output as a table in GitHub's Markdown. */
#include "bench/output/output_parts.h"

/* Writes a text with escapes: a bar would end the cell, and other characters would be read as markup. */
static void put_escaped(FILE *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '|':
        case '*':
        case '_':
        case '`':
        case '\\':
        case '<':
        case '>':
        case '[':
            fputc('\\', out);
            break;
        case '\n':
        case '\r':
            fputc(' ', out);
            continue;
        }
        fputc(*text, out);
    }
}

static void put_heads(const gm_result *result, FILE *out)
{
    for (size_t i = 0; i < result->column_count; i++) {
        const gm_column *c = result->columns[i];
        if (!gm_column_is_used(result, i))
            continue;
        fputs("| ", out);
        put_escaped(out, c->head);
        if (c->unit[0]) {
            fputs(c->head[0] ? ", " : "", out);
            put_escaped(out, c->unit);
        }
        fputc(' ', out);
    }
    fputs("|\n", out);
    for (size_t i = 0; i < result->column_count; i++)
        if (gm_column_is_used(result, i))
            fputs(result->columns[i]->decimals == GM_COLUMN_TEXT ? "|:---" : "|---:", out);
    fputs("|\n", out);
}

static void put_row(const gm_result *result, const gm_result_row *row, FILE *out)
{
    for (size_t i = 0; i < result->column_count; i++) {
        char text[96];
        if (!gm_column_is_used(result, i))
            continue;
        fputs("| ", out);
        put_escaped(out, gm_cell_text(text, sizeof text, result->columns[i], &row->cells[i]));
        fputc(' ', out);
    }
    fputs("|\n", out);
}

static void put_item(FILE *out, const char *label, const char *text)
{
    fprintf(out, "- %s: ", label);
    put_escaped(out, text);
    fputc('\n', out);
}

gm_status gm_output_markdown(const gm_result *result, const gm_environment *environment, FILE *out,
                             gm_error *error)
{
    (void)error;
    gm_line lines[GM_MOST_LINES];
    const size_t line_count = gm_environment_lines(environment, lines);
    fputs("### ", out);
    put_escaped(out, result->title);
    fputs("\n\n", out);
    for (size_t i = 0; i < line_count; i++)
        put_item(out, lines[i].label, lines[i].text);
    fputc('\n', out);
    put_heads(result, out);
    for (size_t i = 0; i < result->row_count; i++)
        put_row(result, &result->rows[i], out);
    if (result->note_count + environment->warning_count > 0)
        fputc('\n', out);
    for (size_t i = 0; i < result->note_count; i++)
        put_item(out, "Note", result->notes[i]);
    for (size_t i = 0; i < environment->warning_count; i++)
        put_item(out, "**Warning**", environment->warnings[i]);
    return GM_OK;
}

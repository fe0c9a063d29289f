/* The table of columns that gradmill data prints. Its widths come from the terminal and from what the columns
 * hold; names get the room that is left. */
#include "base/memory.h"
#include "base/number.h"
#include "cli/data_report.h"
#include "cli/terminal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MOST_SHOWN   40 /* columns; of more, the first and the last ones are shown */
#define FIRST_SHOWN  30
#define LAST_SHOWN   10
#define SHORT_NUMBER 7
#define LONG_NUMBER  9
#define WIDE         100 /* from so many columns of the terminal on, numbers are long */
#define LEAST_NAME   8

/* The widths of the parts of a line; one blank is between them. */
typedef struct widths {
    size_t number, name, kind, missing, distinct, value, histogram;
} widths;

const char *cli_column_word(const gm_survey_column *column)
{
    return column->constant     ? "constant"
           : column->identifier ? "id"
           : column->grouped    ? "group"
                                : gm_survey_kind_name(column->kind);
}

/* Takes the plus and the leading zeros from an exponent: "1e+06" becomes "1e6". */
static void shorten_exponent(char *text)
{
    char *mark = strchr(text, 'e');
    if (!mark)
        return;
    char *from = mark + 1, *to = from;
    if (*from == '-')
        to++;
    from += *from == '+' || *from == '-';
    while (*from == '0' && from[1])
        from++;
    memmove(to, from, strlen(from) + 1);
}

const char *cli_short_number(char buffer[32], double value, size_t width)
{
    if (isnan(value))
        return strcpy(buffer, "-");
    if (fabs(value) >= 1e5 && fabs(value) < 1e9) { /* without decimals, and without an exponent */
        snprintf(buffer, 32, "%.0f", value);
        if (strlen(buffer) <= width)
            return buffer;
    }
    for (int digits = 5; digits > 0; digits--) {
        gm_format_double(buffer, 32, value, digits);
        shorten_exponent(buffer);
        if (strlen(buffer) <= width)
            break;
    }
    return buffer;
}

/* Joins the bins, and prints each as a block whose height is its share of the fullest one. */
void cli_print_histogram(const size_t bins[GM_SURVEY_BINS], size_t width)
{
    static const char *const blocks[] = {"", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const ascii[] = {"", ".", ":", "-", "=", "+", "*", "#", "@"};
    const char *const *levels = cli_output_has_blocks() ? blocks : ascii;
    const size_t each = GM_SURVEY_BINS / width;
    size_t joined[GM_SURVEY_BINS] = {0}, most = 0;
    for (size_t b = 0; b < GM_SURVEY_BINS; b++) {
        joined[b / each] += bins[b];
        most = gm_max(most, joined[b / each]);
    }
    for (size_t b = 0; b < width; b++) {
        const double share = most > 0 ? (double)joined[b] / (double)most : 0;
        if (share > 0)
            cli_print_fitted(levels[(size_t)ceil(share * 8)], 1, CLI_LEFT);
        else
            cli_print_blanks(1);
    }
}

static const char *missing_text(char text[40], size_t missing, size_t rows)
{
    const double percent = 100 * (double)missing / (double)rows;
    if (missing == 0)
        snprintf(text, 40, "0");
    else if (percent < 0.5)
        snprintf(text, 40, "%zu <1%%", missing);
    else
        snprintf(text, 40, "%zu %.0f%%", missing, percent);
    return text;
}

static const char *distinct_text(char text[40], const gm_survey_column *column)
{
    snprintf(text, 40, "%s%zu", column->more ? "> " : "", column->distinct);
    return text;
}

/* Whether this column is shown. */
static bool is_shown(const gm_survey_facts *facts, size_t c, bool all)
{
    return all || facts->columns <= MOST_SHOWN || c < FIRST_SHOWN || c >= facts->columns - LAST_SHOWN ||
           c == facts->target;
}

static widths measure(const gm_survey *survey, bool all, size_t room)
{
    const gm_survey_facts *facts = gm_survey_get_facts(survey);
    char text[40];
    widths w = {1,
                strlen("name"),
                strlen("kind"),
                strlen("missing"),
                strlen("distinct"),
                room < WIDE ? SHORT_NUMBER : LONG_NUMBER,
                room < WIDE ? 8 : 12};
    for (size_t c = 0; c < facts->columns; c++) {
        const gm_survey_column *column = gm_survey_get_column(survey, c);
        if (!is_shown(facts, c, all))
            continue;
        w.name = gm_max(w.name, column->name ? cli_columns_of(column->name) : 0);
        w.kind = gm_max(w.kind, strlen(cli_column_word(column)));
        w.missing = gm_max(w.missing, strlen(missing_text(text, column->missing, facts->rows)));
        w.distinct = gm_max(w.distinct, strlen(distinct_text(text, column)));
    }
    w.number = (size_t)snprintf(NULL, 0, "%zu", facts->columns);
    const size_t others = w.number + w.kind + w.missing + w.distinct + 4 * w.value + w.histogram + 10;
    w.name = gm_min(w.name, room > others + LEAST_NAME ? room - others : LEAST_NAME);
    return w;
}

static void print_heads(const widths *w)
{
    static const char *const heads[] = {"least", "most", "mean", "dev."};
    printf("%*s  %-*s %-*s %*s %*s", (int)w->number, "#", (int)w->name, "name", (int)w->kind, "kind",
           (int)w->missing, "missing", (int)w->distinct, "distinct");
    for (size_t i = 0; i < 4; i++)
        printf(" %*s", (int)w->value, heads[i]);
    printf(" %s\n", w->histogram < strlen("histogram") ? "bins" : "histogram");
}

static void print_numbers(const gm_survey_column *column, const widths *w)
{
    const double values[] = {column->least, column->most, column->mean, column->deviation};
    for (size_t i = 0; i < 4; i++) {
        char text[32];
        printf(" %*s", (int)w->value, cli_short_number(text, values[i], w->value));
    }
    cli_print_blanks(1);
    cli_print_histogram(column->bins, w->histogram);
}

/* Prints as many of the most frequent values as there is room for. */
static void print_values(const gm_survey_column *column, const widths *w)
{
    const size_t room = 4 * (w->value + 1) + w->histogram;
    char text[512] = "";
    for (size_t v = 0, used = 0; v < column->value_count && used < room; v++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %zu", v > 0 ? ", " : "",
                                 column->values[v].text, column->values[v].count);
    cli_print_blanks(1);
    cli_print_fitted(text, room, CLI_LEFT);
}

static void print_column(const gm_survey *survey, size_t c, const widths *w)
{
    const gm_survey_facts *facts = gm_survey_get_facts(survey);
    const gm_survey_column *column = gm_survey_get_column(survey, c);
    char text[40];
    printf("%*zu%s", (int)w->number, c + 1, column->is_target ? "* " : "  ");
    cli_print_fitted(column->name ? column->name : "", w->name, CLI_LEFT);
    cli_print_blanks(1);
    cli_print_fitted(cli_column_word(column), w->kind, CLI_LEFT);
    cli_print_blanks(1);
    cli_print_fitted(missing_text(text, column->missing, facts->rows), w->missing, CLI_RIGHT);
    cli_print_blanks(1);
    cli_print_fitted(distinct_text(text, column), w->distinct, CLI_RIGHT);
    if (column->kind == GM_SURVEY_NUMBER || column->kind == GM_SURVEY_WHOLE)
        print_numbers(column, w);
    else if (column->value_count > 0)
        print_values(column, w);
    cli_end_line();
}

void cli_print_survey_columns(const gm_survey *survey, bool all)
{
    const gm_survey_facts *facts = gm_survey_get_facts(survey);
    const widths w = measure(survey, all, cli_output_columns());
    size_t hidden = 0;
    putchar('\n');
    print_heads(&w);
    for (size_t c = 0; c < facts->columns; c++) {
        if (!is_shown(facts, c, all)) {
            hidden++;
            continue;
        }
        if (hidden > 0)
            printf("%*s  (%zu more; --all shows them)\n", (int)w.number, "...", hidden);
        hidden = 0;
        print_column(survey, c, &w);
    }
}

/* What gradmill data prints: how the file is read, its columns, the target, the first rows, warnings, and the
 * command that would train on it. */
#include "cli/data_report.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/utf8.h"
#include "cli/terminal.h"
#include "data/csv_diagnosis.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LABEL          "%-11s"
#define LABEL_WIDTH    11
#define MOST_CLASSES   12
#define BAR            20
#define MOST_OF_A_KIND 6 /* warnings */

static const char *type_word(gm_type type)
{
    return type == GM_TYPE_U8 ? "bytes" : type == GM_TYPE_F32 ? "f32" : "f64";
}

/* The first line: "iris.csv: CSV, 150 rows, 5 columns, 3.6 KiB". */
static void print_first_line(const cli_survey *shown)
{
    const gm_survey_facts *facts = gm_survey_get_facts(shown->survey);
    const char *path = strcmp(shown->options->data, "-") == 0 ? "standard input" : shown->options->data;
    char name[512], rest[160], size[32];
    snprintf(name, sizeof name, "%s", path);
    gm_make_printable(name, strlen(name));
    size_t used = (size_t)snprintf(rest, sizeof rest, ": %s%s, %zu row%s", facts->format,
                                   facts->gzip ? " in gzip" : "", facts->rows, gm_plural(facts->rows));
    if (!gm_survey_dataset(shown->survey))
        used += (size_t)snprintf(rest + used, sizeof rest - used, ", %zu column%s", facts->columns,
                                 gm_plural(facts->columns));
    if (facts->bytes > 0)
        snprintf(rest + used, sizeof rest - used, ", %s", gm_format_bytes(size, sizeof size, facts->bytes));
    cli_print_fitted(name, gm_min(cli_columns_of(name), cli_output_columns() - strlen(rest)), CLI_LEFT);
    puts(rest);
}

static void print_label(const char *label, const char *text)
{
    printf(LABEL, label);
    cli_print_wrapped(text, LABEL_WIDTH, LABEL_WIDTH, cli_output_columns());
}

static const char *separator_word(char delimiter)
{
    switch (delimiter) {
    case GM_CSV_BLANKS:
        return "blanks, any number of them";
    case '\t':
        return "tab";
    case ';':
        return "semicolon";
    case '|':
        return "vertical bar";
    default:
        return "comma";
    }
}

/* "column 5 ('species'), 3 classes". */
static void describe_target(const gm_survey *survey, char *text, size_t size)
{
    const gm_survey_facts *facts = gm_survey_get_facts(survey);
    const gm_survey_column *target = gm_survey_get_column(survey, facts->target);
    char least[32], most[32];
    size_t others = 0;
    if (!target) {
        snprintf(text, size, "none");
        return;
    }
    for (size_t c = facts->target + 1; c < facts->columns; c++)
        others += gm_survey_get_column(survey, c)->is_target;
    for (size_t c = 0; c < facts->target; c++)
        others += gm_survey_get_column(survey, c)->is_target;
    if (others > 0) {
        snprintf(text, size, "%zu columns of numbers, marked with *", others + 1);
        return;
    }
    const int used = snprintf(text, size, "column %zu%s%s%s, ", facts->target + 1, target->name ? " ('" : "",
                              target->name ? target->name : "", target->name ? "')" : "");
    if (!facts->reading.regression)
        snprintf(text + used, size - (size_t)used, "%s%zu classes", target->more ? "more than " : "",
                 target->distinct);
    else
        snprintf(text + used, size - (size_t)used, "numbers from %s to %s",
                 cli_short_number(least, target->least, LABEL_WIDTH),
                 cli_short_number(most, target->most, LABEL_WIDTH));
}

static void print_encoding(const gm_survey_facts *facts)
{
    const char *name = facts->ascii ? "ASCII" : facts->utf8 ? "UTF-8" : "not UTF-8; perhaps Latin-1";
    char text[80];
    snprintf(text, sizeof text, "%s%s", facts->mark ? "UTF-8" : name,
             facts->mark ? ", with a byte order mark" : "");
    print_label("encoding", text);
}

/* How a text is read. */
static void print_reading(const gm_survey *survey)
{
    const gm_survey_facts *facts = gm_survey_get_facts(survey);
    const gm_dataset_options *reading = &facts->reading;
    if (facts->bytes == 0) { /* a table of a database, which has no text */
        char target[300];
        describe_target(survey, target, sizeof target);
        print_label("target", target);
        return;
    }
    char text[300], other[] = {'\'', reading->delimiter, '\'', '\0'};
    const bool known = !reading->delimiter || strchr(",; \t|", reading->delimiter);
    print_label("separator", known ? separator_word(reading->delimiter) : other);
    if (reading->decimal == ',')
        print_label("decimals", "behind a comma");
    snprintf(text, sizeof text, "%s%s%s", facts->header ? "yes" : "no", *facts->why ? ": " : "", facts->why);
    print_label("header", text);
    print_encoding(facts);
    if (facts->comments > 0) {
        snprintf(text, sizeof text, "%zu line%s that begin%s with '%s', left out", facts->comments,
                 gm_plural(facts->comments), facts->comments == 1 ? "s" : "", reading->comment);
        print_label("comments", text);
    }
    if (facts->trailing > 0) {
        snprintf(text, sizeof text, "%zu empty cell%s at the end of each row, left out", facts->trailing,
                 gm_plural(facts->trailing));
        print_label("trailing", text);
    }
    describe_target(survey, text, sizeof text);
    print_label("target", text);
}

/* "60000 x 28 x 28", from 0 to 255. */
static void print_arrays(const gm_survey *survey)
{
    const gm_survey_facts *facts = gm_survey_get_facts(survey);
    double least = INFINITY, most = -INFINITY;
    size_t constant = 0;
    char text[300], low[32], high[32];
    size_t used = 0;
    for (size_t c = 0; c < facts->columns; c++) {
        const gm_survey_column *column = gm_survey_get_column(survey, c);
        if (!column->is_feature)
            continue;
        least = fmin(least, column->least);
        most = fmax(most, column->most);
        constant += column->constant;
    }
    for (size_t i = 0; i < facts->dimensions; i++)
        used +=
            (size_t)snprintf(text + used, sizeof text - used, "%s%zu", i > 0 ? " x " : "", facts->sizes[i]);
    snprintf(text + used, sizeof text - used, ", %s from %s to %s", type_word(facts->type),
             cli_short_number(low, least, LABEL_WIDTH), cli_short_number(high, most, LABEL_WIDTH));
    print_label("shape", text);
    snprintf(text, sizeof text, "%zu in each row, %zu of them constant",
             gm_dataset_features(gm_survey_dataset(survey)), constant);
    print_label("features", text);
}

static void print_class(const gm_survey_value *value, size_t rows, size_t width, size_t largest)
{
    cli_print_fitted(value->text, width, CLI_LEFT);
    char text[64];
    snprintf(text, sizeof text, " %9zu %5.1f %%  ", value->count, 100 * (double)value->count / (double)rows);
    cli_print_fitted(text, strlen(text), CLI_LEFT);
    const char *block = cli_output_has_blocks() ? "█" : "#";
    const size_t bar = (size_t)ceil(BAR * (double)value->count / (double)largest);
    for (size_t i = 0; i < bar; i++)
        fputs(block, stdout);
    putchar('\n');
}

static void print_classes(const gm_survey *survey)
{
    const gm_survey_facts *facts = gm_survey_get_facts(survey);
    const gm_survey_column *target = gm_survey_get_column(survey, facts->target);
    size_t width = strlen("class"), largest = 1;
    if (!target || facts->reading.regression || target->value_count == 0)
        return;
    const size_t shown = gm_min(target->value_count, MOST_CLASSES);
    for (size_t v = 0; v < target->value_count; v++) {
        largest = gm_max(largest, target->values[v].count);
        if (v < shown)
            width = gm_max(width, gm_min(cli_columns_of(target->values[v].text), 40));
    }
    printf("\n%-*s %9s %7s\n", (int)width, "class", "rows", "share");
    for (size_t v = 0; v < shown; v++)
        print_class(&target->values[v], facts->rows, width, largest);
    if (target->distinct > shown)
        printf("... and %zu more\n", target->distinct - shown);
}

/* How many warnings of the same kind are before this one; counted only as far as they are shown. */
static size_t count_before(const gm_survey *survey, size_t index)
{
    const char *kind = gm_survey_get_warning(survey, index)->kind;
    size_t count = 0;
    for (size_t i = 0; i < index && count <= MOST_OF_A_KIND; i++)
        count += strcmp(gm_survey_get_warning(survey, i)->kind, kind) == 0;
    return count;
}

static void print_warnings(const gm_survey *survey)
{
    const size_t width = cli_output_columns();
    if (gm_survey_get_warning(survey, 0))
        puts("\nWarnings");
    for (size_t i = 0; gm_survey_get_warning(survey, i); i++) {
        const size_t before = count_before(survey, i);
        fputs(before <= MOST_OF_A_KIND ? "- " : "", stdout);
        if (before < MOST_OF_A_KIND)
            cli_print_wrapped(gm_survey_get_warning(survey, i)->text, 2, 2, width);
        else if (before == MOST_OF_A_KIND)
            puts("the same of further columns, which --json lists");
    }
}

/* The command, with a backslash where a line is broken. */
static void print_command(const cli_train_command *command)
{
    const size_t width = cli_output_columns();
    size_t used = 2;
    if (command->parts.count == 0) {
        printf("\n");
        fputs("No command trains on it as it is: ", stdout);
        cli_print_wrapped(command->why, strlen("No command trains on it as it is: "), 0, width);
        return;
    }
    fputs("\nTo train on it:\n ", stdout);
    for (size_t i = 0; i < command->parts.count; i++) {
        const size_t columns = cli_columns_of(command->parts.items[i]);
        if (i > 0 && used + 1 + columns + 2 > width) {
            fputs(" \\\n   ", stdout);
            used = 4;
        }
        printf(" %s", command->parts.items[i]);
        used += 1 + columns;
    }
    putchar('\n');
}

static void print_test_part(const gm_survey *test)
{
    const gm_survey_facts *facts = gm_survey_get_facts(test);
    const gm_survey_column *target = gm_survey_get_column(test, facts->target);
    printf(LABEL "%zu rows", "test part", facts->rows);
    if (target)
        printf(", %zu classes", target->distinct);
    puts("");
}

void cli_survey_print(const cli_survey *shown, const cli_train_command *command)
{
    const gm_survey *survey = shown->survey;
    const bool arrays = gm_survey_dataset(survey) != NULL;
    print_first_line(shown);
    puts("");
    if (arrays)
        print_arrays(survey);
    else
        print_reading(survey);
    if (shown->test)
        print_test_part(shown->test);
    if (!arrays || gm_survey_get_facts(survey)->dimensions < 3)
        cli_print_survey_columns(survey, shown->all);
    print_classes(survey);
    if (arrays)
        cli_print_survey_image(survey);
    else
        cli_print_survey_rows(survey);
    print_warnings(survey);
    print_command(command);
}

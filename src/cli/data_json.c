/* What gradmill data shows, as a JSON object. */
#include "base/error.h"
#include "base/memory.h"
#include "cli/data_report.h"
#include "cli/json_out.h"
#include "cli/names.h"

#include <string.h>

static json_t *count(size_t number)
{
    return json_integer((json_int_t)number);
}

static json_t *text_or_null(const char *text)
{
    return text ? gm_json_printable(text) : json_null();
}

static json_t *pack_values(const gm_survey_column *column)
{
    json_t *list = json_array();
    for (size_t v = 0; v < column->value_count; v++)
        list = cli_json_push(list, json_pack("{s:o, s:o}", "value", gm_json_printable(column->values[v].text),
                                             "rows", count(column->values[v].count)));
    return list;
}

static json_t *pack_bins(const gm_survey_column *column)
{
    json_t *list = json_array();
    for (size_t b = 0; column->numbers > 0 && b < GM_SURVEY_BINS; b++)
        list = cli_json_push(list, count(column->bins[b]));
    return list;
}

static json_t *pack_column(const gm_survey *survey, size_t c)
{
    const gm_survey_column *column = gm_survey_get_column(survey, c);
    const char *role = column->is_target ? "target" : column->is_feature ? "feature" : "other";
    json_t *json = json_pack(
        "{s:o, s:o, s:s, s:s, s:b, s:b, s:b, s:b, s:b, s:o, s:o, s:o, s:b}", "number", count(c + 1), "name",
        text_or_null(column->name), "kind", gm_survey_kind_name(column->kind), "role", role, "constant",
        column->constant, "identifier", column->identifier, "group", column->grouped, "categorical",
        column->categorical, "left_out", column->left_out, "missing", count(column->missing), "numbers",
        count(column->numbers), "distinct", count(column->distinct), "more_distinct", column->more);
    json = cli_json_put(json, "least", gm_json_real(column->least));
    json = cli_json_put(json, "most", gm_json_real(column->most));
    json = cli_json_put(json, "mean", gm_json_real(column->mean));
    json = cli_json_put(json, "deviation", gm_json_real(column->deviation));
    json = cli_json_put(json, "histogram", pack_bins(column));
    return cli_json_put(json, "values", pack_values(column));
}

static json_t *pack_columns(const gm_survey *survey)
{
    json_t *list = json_array();
    for (size_t c = 0; c < gm_survey_get_facts(survey)->columns; c++)
        list = cli_json_push(list, pack_column(survey, c));
    return list;
}

static json_t *pack_reading(const gm_survey_facts *facts)
{
    const gm_dataset_options *reading = &facts->reading;
    const char delimiter[] = {reading->delimiter ? reading->delimiter : ',', '\0'};
    const char decimal[] = {reading->decimal ? reading->decimal : '.', '\0'};
    return json_pack("{s:o, s:s, s:b, s:s, s:s, s:o, s:o, s:o, s:b, s:s}", "separator",
                     gm_json_printable(delimiter), "decimal", decimal, "header", facts->header, "why",
                     facts->why, "encoding",
                     facts->ascii  ? "ASCII"
                     : facts->utf8 ? "UTF-8"
                                   : "unknown",
                     "comment", text_or_null(reading->comment), "comments", count(facts->comments),
                     "trailing", count(facts->trailing), "regression", reading->regression, "missing",
                     cli_missing_names((size_t)reading->missing));
}

static json_t *pack_warnings(const gm_survey *survey)
{
    json_t *list = json_array();
    for (size_t i = 0; gm_survey_get_warning(survey, i); i++) {
        const gm_survey_warning *warning = gm_survey_get_warning(survey, i);
        list = cli_json_push(list,
                             json_pack("{s:s, s:o, s:o}", "kind", warning->kind, "column",
                                       warning->column == SIZE_MAX ? json_null() : count(warning->column + 1),
                                       "text", gm_json_printable(warning->text)));
    }
    return list;
}

static json_t *pack_rows(const gm_survey *survey)
{
    json_t *rows = json_array();
    for (size_t r = 0; r < gm_survey_preview_rows(survey); r++) {
        json_t *row = json_array();
        for (size_t c = 0; c < gm_survey_get_facts(survey)->columns; c++)
            row = cli_json_push(row, gm_json_printable(gm_survey_cell(survey, r, c)));
        rows = cli_json_push(rows, row);
    }
    return rows;
}

static json_t *pack_shape(const gm_survey_facts *facts)
{
    json_t *list = json_array();
    for (size_t i = 0; i < facts->dimensions; i++)
        list = cli_json_push(list, count(facts->sizes[i]));
    return list;
}

/* The command as one line; null if there is none. */
static json_t *pack_command(const cli_train_command *command)
{
    size_t length = 1;
    for (size_t i = 0; i < command->parts.count; i++)
        length += strlen(command->parts.items[i]) + 1;
    if (command->parts.count == 0)
        return json_null();
    char *text = gm_alloc(length, 1);
    for (size_t i = 0; text && i < command->parts.count; i++) {
        strcat(text, i > 0 ? " " : "");
        strcat(text, command->parts.items[i]);
    }
    json_t *json = text ? gm_json_printable(text) : NULL;
    gm_free(text);
    return json;
}

static json_t *pack_test(const gm_survey *test)
{
    if (!test)
        return json_null();
    const gm_survey_facts *facts = gm_survey_get_facts(test);
    const gm_survey_column *target = gm_survey_get_column(test, facts->target);
    return json_pack("{s:o, s:o}", "rows", count(facts->rows), "classes",
                     target ? pack_values(target) : json_array());
}

gm_status cli_survey_print_json(const cli_survey *shown, const cli_train_command *command, gm_error *error)
{
    const gm_survey *survey = shown->survey;
    const gm_survey_facts *facts = gm_survey_get_facts(survey);
    json_t *json =
        json_pack("{s:o, s:s, s:b, s:o, s:o}", "file", gm_json_printable(shown->options->data), "format",
                  facts->format, "gzip", facts->gzip, "rows", count(facts->rows), "shape", pack_shape(facts));
    json = cli_json_put(json, "reading", gm_survey_dataset(survey) ? json_null() : pack_reading(facts));
    json =
        cli_json_put(json, "target", facts->target < facts->columns ? count(facts->target + 1) : json_null());
    json = cli_json_put(json, "classes", count(facts->classes));
    json = cli_json_put(json, "complete_rows", count(facts->complete));
    json = cli_json_put(json, "duplicate_rows", count(facts->duplicates));
    json = cli_json_put(json, "compared_rows", count(facts->compared));
    json = cli_json_put(json, "columns", pack_columns(survey));
    json = cli_json_put(json, "first_rows", pack_rows(survey));
    json = cli_json_put(json, "test_part", pack_test(shown->test));
    json = cli_json_put(json, "warnings", pack_warnings(survey));
    json = cli_json_put(json, "command", pack_command(command));
    json =
        cli_json_put(json, "why_no_command", *command->why ? gm_json_printable(command->why) : json_null());
    return cli_json_print(json, 17, error);
}

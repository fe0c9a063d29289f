/* The command that would train on a file, with the options that it needs. A user can copy it into a shell. */
#include "base/append.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/utf8.h"
#include "cli/arguments.h"
#include "cli/data_report.h"
#include "cli/load.h"
#include "cli/names.h"
#include "data/csv_diagnosis.h"

#include <stdio.h>
#include <string.h>

#define LONGEST_PART 5000

/* Appends a word so that a POSIX shell reads it as it is. */
static size_t append_quoted(char *text, size_t used, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./,:=@%+-";
    if (*word && strspn(word, plain) == strlen(word))
        return gm_append(text, LONGEST_PART, used, "%s", word);
    used = gm_append(text, LONGEST_PART, used, "'");
    for (; *word; word++)
        used = gm_append(text, LONGEST_PART, used, "%s%c%s", *word == '\'' ? "'\\" : "", *word,
                         *word == '\'' ? "'" : "");
    return gm_append(text, LONGEST_PART, used, "'");
}

/* Adds "before word", with the word quoted. NULL: there is no word; "": nothing is before it. */
static gm_status add(cli_train_command *command, const char *before, const char *word, gm_error *error)
{
    char text[LONGEST_PART];
    size_t used = gm_append(text, sizeof text, 0, "%s%s", before, word && *before ? " " : "");
    if (word)
        used = append_quoted(text, used, word);
    gm_make_printable(text, used);
    return gm_strings_add(&command->parts, text, used) ? GM_OK
                                                       : gm_fail_memory(error, "the command", sizeof text);
}

static gm_status add_option(cli_train_command *command, const char *option, const char *value,
                            gm_error *error)
{
    char before[40];
    snprintf(before, sizeof before, "--%s", option);
    return cli_given(option) ? GM_OK : add(command, before, value, error);
}

/* Lists to which the survey may have added columns. They are not taken from the command line. */
static bool is_list(const char *option)
{
    return strcmp(option, "ignore") == 0 || strcmp(option, "categorical") == 0;
}

/* The options of reading that the user gave, as they were typed. */
static gm_status add_given(cli_train_command *command, gm_error *error)
{
    static const struct argp_child groups[] = {
        {&cli_data_argp, 0, NULL, 0}, {&cli_columns_argp, 0, NULL, 0}, {0}};
    static const struct argp all = {.children = groups};
    cli_option_list known;
    cli_list_options(&all, &known);
    gm_status status = GM_OK;
    for (size_t i = 0; status == GM_OK && i < known.count; i++) {
        const char *name = known.options[i]->name;
        char before[40];
        snprintf(before, sizeof before, "--%s", name);
        if (cli_given(name) && strcmp(name, "data") != 0 && !is_list(name))
            status = add(command, before, cli_given_value(name), error);
    }
    return status;
}

/* The options that the user left out and that are needed. */
static gm_status add_found(cli_train_command *command, const gm_survey_facts *facts, gm_error *error)
{
    const gm_dataset_options *reading = &facts->reading;
    gm_status status = GM_OK;
    if (reading->delimiter && reading->delimiter != ',') {
        const char mark[] = {reading->delimiter, '\0'};
        const char *name = reading->delimiter == '\t'            ? "tab"
                           : reading->delimiter == GM_CSV_BLANKS ? "blanks"
                                                                 : mark;
        status = add_option(command, "delim", name, error);
    }
    if (status == GM_OK && reading->decimal == ',')
        status = add_option(command, "decimal", ",", error);
    if (status == GM_OK && reading->comment && *reading->comment)
        status = add_option(command, "comment", reading->comment, error);
    if (status == GM_OK && facts->guessed)
        status = add_option(command, "target", reading->target, error);
    if (status == GM_OK && reading->regression)
        status = add_option(command, "regression", NULL, error);
    if (status == GM_OK && reading->missing != GM_MISSING_AUTO)
        status = add_option(command, "missing", cli_missing_names((size_t)reading->missing), error);
    if (status == GM_OK && reading->ignore)
        status = add(command, "--ignore", reading->ignore, error);
    if (status == GM_OK && reading->categorical)
        status = add(command, "--categorical", reading->categorical, error);
    return status;
}

/* The beginning: a text that is not UTF-8 is converted on the way. */
static gm_status add_beginning(cli_train_command *command, const cli_survey *shown, gm_error *error)
{
    const gm_survey_facts *facts = gm_survey_get_facts(shown->survey);
    const cli_data_options *options = shown->options;
    gm_status status = GM_OK;
    if (gm_survey_dataset(shown->survey) || facts->utf8) {
        status = add(command, "gradmill train", NULL, error);
        for (size_t i = 0; status == GM_OK && i < options->file_count; i++)
            status = add(command, i == 0 ? "--data" : "", options->files[i], error);
        return status;
    }
    status = add(command, facts->gzip ? "zcat" : "iconv -f latin1 -t utf8", options->files[0], error);
    if (status == GM_OK && facts->gzip)
        status = add(command, "| iconv -f latin1 -t utf8", NULL, error);
    if (status == GM_OK)
        status = add(command, "| gradmill train", NULL, error);
    return status == GM_OK ? add(command, "--data", "-", error) : status;
}

/* Whether the target can be learned. If not, it says why. */
static bool has_target(cli_train_command *command, const gm_survey *survey)
{
    const gm_survey_facts *facts = gm_survey_get_facts(survey);
    const gm_survey_column *target = gm_survey_get_column(survey, facts->target);
    const char *why = NULL;
    if (!target)
        why = "there are no targets: ";
    else if (target->distinct < 2 && !target->more)
        why = "the target has one value only";
    else if (facts->reading.regression && target->refused)
        why = "the target is to be fitted, and holds cells that are no numbers";
    else if (target->more && !facts->reading.regression)
        why = "the target has too many classes: name another one by --target, or say --regression";
    snprintf(command->why, sizeof command->why, "%s%s", why ? why : "",
             target                      ? ""
             : gm_survey_dataset(survey) ? cli_where_targets(gm_survey_dataset(survey))
                                         : "name their column by --target");
    return !why;
}

/* Whether there is anything to learn from. If not, it says why. */
static bool has_features(cli_train_command *command, const gm_survey *survey, size_t files)
{
    const gm_survey_facts *facts = gm_survey_get_facts(survey);
    size_t features = 0, all = 0;
    for (size_t c = 0; c < facts->columns; c++) {
        const gm_survey_column *column = gm_survey_get_column(survey, c);
        features += column->is_feature && !column->left_out;
        all += column->is_feature;
    }
    if (!gm_survey_dataset(survey) && !facts->utf8 && files > 1)
        snprintf(command->why, sizeof command->why,
                 "convert each file to UTF-8 with iconv -f latin1 -t utf8");
    else if (features == 0)
        snprintf(command->why, sizeof command->why, "no column is left that can be a feature");
    else if (facts->reading.missing == GM_MISSING_DROP && facts->complete == 0 && features == all)
        snprintf(command->why, sizeof command->why, "no row is complete");
    return !*command->why;
}

gm_status cli_command_make(cli_train_command *command, const cli_survey *shown, gm_error *error)
{
    const gm_survey_facts *facts = gm_survey_get_facts(shown->survey);
    if (!has_target(command, shown->survey) ||
        !has_features(command, shown->survey, shown->options->file_count))
        return GM_OK;
    gm_status status = add_beginning(command, shown, error);
    if (status == GM_OK)
        status = add_given(command, error);
    if (status == GM_OK)
        status = add_found(command, facts, error);
    return status;
}

void cli_command_clear(cli_train_command *command)
{
    gm_strings_clear(&command->parts);
}

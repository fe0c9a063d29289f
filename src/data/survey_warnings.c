/* What should be known of a file before training, each with what to do about it. */
#include "data/survey.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SCALES     1000 /* ratio of the largest deviation to the smallest */
#define MOST_NAMED 12   /* columns */
#define LIST_SIZE  400

static gm_status make_room(gm_survey *survey, gm_error *error)
{
    if (survey->warning_count < survey->warning_room)
        return GM_OK;
    const size_t room = gm_max(16, 2 * survey->warning_room);
    gm_survey_warning *list = gm_table_array(room, 1, sizeof *list, "the warnings", error);
    if (!list)
        return GM_LIMIT;
    if (survey->warning_count > 0)
        memcpy(list, survey->warnings, survey->warning_count * sizeof *list);
    gm_free(survey->warnings);
    survey->warnings = list;
    survey->warning_room = room;
    return GM_OK;
}

gm_status gm_survey_warn(gm_survey *survey, size_t column, const char *kind, gm_error *error,
                         const char *format, ...)
{
    char text[500];
    size_t used = 0;
    if (column != GM_SURVEY_WHOLE_FILE) {
        const char *name = survey->columns[column].name;
        used = (size_t)snprintf(text, sizeof text, "column %zu%s%s%s ", column + 1, name ? " ('" : "",
                                name ? name : "", name ? "')" : "");
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, sizeof text - used, format, arguments);
    va_end(arguments);
    gm_status status = make_room(survey, error);
    if (!status && !gm_strings_add(&survey->texts, text, strlen(text)))
        status = gm_fail_memory(error, "a warning", sizeof text);
    if (!status)
        survey->warnings[survey->warning_count++] =
            (gm_survey_warning){kind, column, survey->texts.items[survey->texts.count - 1]};
    return status;
}

static bool is_text_feature(const gm_survey_column *column)
{
    return column->is_feature && column->categorical && !column->left_out;
}

static bool is_constant_feature(const gm_survey_column *column)
{
    return column->is_feature && column->constant && !column->left_out;
}

/* Cells of a column of numbers that are none, which have to be changed in the file. */
static gm_status warn_of_cells(gm_survey *survey, size_t c, gm_error *error)
{
    const gm_survey_column *column = &survey->columns[c];
    const size_t others = survey->facts.rows - column->missing - column->numbers;
    if (column->unread == others)
        return gm_survey_warn(
            survey, c, "unread", error,
            "holds %zu cell%s like '%s' (line %zu), which may stand for a missing value: that is "
            "spelled %s, and needs --missing",
            others, gm_plural(others), column->other_text, column->other_line, gm_csv_missing_spellings);
    return gm_survey_warn(
        survey, c, "cells", error,
        "holds %zu cell%s that %s no number, the first in line %zu: '%s'; change %s, or leave the "
        "column out with --ignore %zu",
        others, gm_plural(others), others == 1 ? "is" : "are", column->other_line, column->other_text,
        others == 1 ? "it" : "them", c + 1);
}

/* Whether a number that is often written for a missing value stands apart from all others: by more than these
 * are spread, or below 0 while none of them is. */
static bool is_mark(const gm_survey_column *column, double mark)
{
    const bool least = column->least == mark && column->at_least > 1 && isfinite(column->after_least);
    const bool most = column->most == mark && column->at_most > 1 && isfinite(column->before_most);
    if (least)
        return column->after_least >= 0 || column->after_least - mark > column->most - column->after_least;
    return most && mark - column->before_most > column->before_most - column->least;
}

static gm_status warn_of_mark(gm_survey *survey, size_t c, gm_error *error)
{
    static const double marks[] = {-99, -100, -200, -999, -9999, -99999, 999, 9999, 99999};
    const gm_survey_column *column = &survey->columns[c];
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (is_mark(column, marks[i]))
            return gm_survey_warn(
                survey, c, "mark", error,
                "holds %.0f %zu times, far from all other numbers: if it stands for a missing value, "
                "make these cells empty",
                marks[i], marks[i] < 0 ? column->at_least : column->at_most);
    }
    return GM_OK;
}

static gm_status warn_of_kind(gm_survey *survey, size_t c, gm_error *error)
{
    const gm_survey_column *column = &survey->columns[c];
    switch (column->kind) {
    case GM_SURVEY_EMPTY:
        return gm_survey_warn(survey, c, "empty", error,
                              "has no value in any row: leave it out with --ignore %zu", c + 1);
    case GM_SURVEY_DATE:
        return gm_survey_warn(
            survey, c, "date", error,
            "holds dates or times: leave it out with --ignore %zu, or make numbers of it, such as the hour or the month",
            c + 1);
    case GM_SURVEY_TEXT:
        return column->refused ? warn_of_cells(survey, c, error) : GM_OK; /* see warn_of_texts */
    default:
        break;
    }
    if (column->categorical)
        return GM_OK;
    if (column->numbers + column->missing < survey->facts.rows)
        return warn_of_cells(survey, c, error);
    if (column->refused)
        return gm_survey_warn(survey, c, "large", error,
                              "holds numbers above 3.4e38: divide them, or say --precision f64");
    return warn_of_mark(survey, c, error);
}

static gm_status warn_of_feature(gm_survey *survey, size_t c, gm_error *error)
{
    const gm_survey_column *column = &survey->columns[c];
    const size_t rows = survey->facts.rows, missing = column->missing;
    gm_status status = warn_of_kind(survey, c, error);
    if (!status && column->identifier)
        status = gm_survey_warn(
            survey, c, "identifier", error,
            "has another value in every row, as a number or a name of the row has: leave it out with --ignore %zu",
            c + 1);
    if (!status && column->grouped)
        status = gm_survey_warn(
            survey, c, "group", error,
            "may say which rows belong together: then --group-column %zu keeps them on one side of the split",
            c + 1);
    if (!status && missing < rows && 2 * missing > rows)
        status = gm_survey_warn(survey, c, "missing", error,
                                "lacks %.0f %% of its values: consider leaving it out with --ignore %zu",
                                100 * (double)missing / (double)rows, c + 1);
    return status;
}

/* Writes "column 3" or "columns 1, 4 and 5" for the columns that `wanted` says yes to. Returns how many they
 * are. */
static size_t list_columns(const gm_survey *survey, bool wanted(const gm_survey_column *column),
                           char list[LIST_SIZE])
{
    size_t count = 0, named = 0;
    for (size_t c = 0; c < survey->facts.columns; c++)
        count += wanted(&survey->columns[c]);
    size_t used = (size_t)snprintf(list, LIST_SIZE, "column%s", gm_plural(count));
    for (size_t c = 0; c < survey->facts.columns && named < MOST_NAMED; c++) {
        if (!wanted(&survey->columns[c]))
            continue;
        named++;
        used += (size_t)snprintf(list + used, LIST_SIZE - used, "%s%zu",
                                 named == 1       ? " "
                                 : named == count ? " and "
                                                  : ", ",
                                 c + 1);
    }
    if (count > named)
        snprintf(list + used, LIST_SIZE - used, " and %zu more", count - named);
    return count;
}

/* Columns of text, and constant ones: all of a kind at once. Identifiers have warnings of their own. */
static gm_status warn_of_lists(gm_survey *survey, gm_error *error)
{
    char list[LIST_SIZE];
    gm_status status = GM_OK;
    const size_t texts = list_columns(survey, is_text_feature, list);
    if (texts > 0)
        status =
            gm_survey_warn(survey, GM_SURVEY_WHOLE_FILE, "text", error,
                           "%s hold%s text: the values become categories, each with an input of 0 or 1 (see "
                           "--categories)",
                           list, texts == 1 ? "s" : "");
    const size_t constant = list_columns(survey, is_constant_feature, list);
    if (!status && constant > 0 && survey->facts.rows > 1)
        status = gm_survey_warn(survey, GM_SURVEY_WHOLE_FILE, "constant", error,
                                "%s %s one value in all rows, and tell%s nothing; --ignore leaves %s out",
                                list, constant == 1 ? "has" : "have", constant == 1 ? "s" : "",
                                constant == 1 ? "it" : "them");
    return status;
}

/* Columns of very different spread, which is no harm with the default scaling. */
static gm_status warn_of_scales(gm_survey *survey, gm_error *error)
{
    double least = INFINITY, most = 0;
    for (size_t c = 0; c < survey->facts.columns; c++) {
        const gm_survey_column *column = &survey->columns[c];
        if (!column->is_feature || !gm_survey_holds_numbers(column) || column->identifier ||
            !(column->deviation > 0))
            continue;
        least = fmin(least, column->deviation);
        most = fmax(most, column->deviation);
    }
    if (!(most / least > SCALES) || (survey->dataset && survey->facts.type == GM_TYPE_U8))
        return GM_OK;
    return gm_survey_warn(
        survey, GM_SURVEY_WHOLE_FILE, "scale", error,
        "the deviations of the columns go from %.3g to %.3g; the default --scaling evens this out, so leave "
        "it as it is",
        least, most);
}

static gm_status warn_of_missing(gm_survey *survey, gm_error *error)
{
    const gm_survey_facts *facts = &survey->facts;
    size_t cells = 0, columns = 0;
    for (size_t c = 0; c < facts->columns; c++) {
        const gm_survey_column *column = &survey->columns[c];
        if (!column->is_feature || column->missing == 0 || column->kind == GM_SURVEY_EMPTY)
            continue;
        cells += column->missing;
        columns++;
    }
    if (cells == 0)
        return GM_OK;
    return gm_survey_warn(
        survey, GM_SURVEY_WHOLE_FILE, "missing", error,
        "%zu cell%s of %zu feature%s %s no value: --missing mean fills in the mean of the training rows, "
        "--missing drop leaves out the rows (%zu of %zu rows are complete)",
        cells, gm_plural(cells), columns, gm_plural(columns), cells == 1 ? "has" : "have", facts->complete,
        facts->rows);
}

/* Columns of a header that share a name, or have none. */
static gm_status warn_of_names(gm_survey *survey, gm_error *error)
{
    const gm_survey_facts *facts = &survey->facts;
    gm_distinct names = {.bound = SIZE_MAX};
    gm_status status = GM_OK;
    for (size_t c = 0; !status && facts->header && c < facts->columns; c++) {
        const char *name = survey->columns[c].name;
        if (!name && !survey->columns[c].identifier)
            status = gm_survey_warn(survey, c, "name", error, "has no name; if it is an index, leave it out");
        else if (name && gm_distinct_add(
                             &names, (gm_distinct_value){.key = gm_key_of_text(name, strlen(name))}, 1) > 1)
            status = gm_survey_warn(survey, c, "name", error,
                                    "has the name of another column: a model will match columns by position");
    }
    if (!status && names.failed)
        status = gm_fail_memory(error, "the names of the columns", facts->columns);
    gm_distinct_clear(&names);
    return status;
}

static gm_status warn_of_rows(gm_survey *survey, gm_error *error)
{
    const gm_survey_facts *facts = &survey->facts;
    gm_status status = GM_OK;
    if (!survey->dataset && !facts->utf8)
        status = gm_survey_warn(
            survey, GM_SURVEY_WHOLE_FILE, "encoding", error,
            "the text is not UTF-8, so perhaps Latin-1: convert it with iconv -f latin1 -t utf8");
    if (!status && survey->counting)
        status =
            gm_survey_warn(survey, GM_SURVEY_WHOLE_FILE, "header", error,
                           "row 1 counts up by one from cell to cell: if it is a header, say --header yes");
    if (!status && facts->duplicates > 0)
        status = gm_survey_warn(
            survey, GM_SURVEY_WHOLE_FILE, "duplicates", error,
            "%zu row%s equal to an earlier one%s: if they are no measurements of their own, leave them out, "
            "because copies on both sides of the split make the figures too good",
            facts->duplicates, facts->duplicates == 1 ? " is" : "s are",
            facts->compared < facts->rows ? " (among the first rows)" : "");
    return status;
}

gm_status gm_survey_warn_all(gm_survey *survey, gm_error *error)
{
    gm_status status = gm_survey_warn_of_targets(survey, error);
    for (size_t c = 0; !status && c < survey->facts.columns; c++) {
        if (survey->columns[c].is_feature && !survey->dataset)
            status = warn_of_feature(survey, c, error);
    }
    if (!status && !survey->dataset)
        status = warn_of_lists(survey, error);
    if (!status)
        status = warn_of_names(survey, error);
    if (!status)
        status = warn_of_missing(survey, error);
    if (!status)
        status = warn_of_rows(survey, error);
    return status ? status : warn_of_scales(survey, error);
}

/* Surveys: the public functions, and what text and data sets share. */
#include "data/survey.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/names.h"
#include "base/utf8.h"
#include "data/format.h"

#include <string.h>

/* Different values that are counted in all columns together, and bounds for one column. */
#define ALL_VALUES    ((size_t)1 << 20)
#define MOST_VALUES   ((size_t)10000)
#define FEWEST_VALUES ((size_t)64)
#define ROWS_COMPARED ((size_t)1 << 18)

const char *gm_survey_kind_name(gm_survey_kind kind)
{
    static const char *const names[] = {"empty", "number", "whole", "date", "text"};
    _Static_assert(GM_ROWS(names) == GM_SURVEY_KINDS, "each kind of column has a name");
    return GM_WORD_AT(names, kind);
}

gm_status gm_survey_begin(gm_survey *survey, size_t columns, gm_error *error)
{
    survey->facts.columns = columns;
    survey->columns = gm_table_array(columns, 1, sizeof *survey->columns, "the columns", error);
    survey->tallies = gm_table_array(columns, 1, sizeof *survey->tallies, "the columns", error);
    survey->values = gm_table_array(columns, 1, sizeof *survey->values, "the columns", error);
    if (!survey->columns || !survey->tallies || !survey->values)
        return GM_LIMIT;
    for (size_t c = 0; c < columns; c++)
        survey->tallies[c].distinct.bound = gm_min(gm_max(ALL_VALUES / columns, FEWEST_VALUES), MOST_VALUES);
    survey->rows_seen.bound = ROWS_COMPARED;
    return GM_OK;
}

void gm_survey_see_row(gm_survey *survey, uint64_t hash)
{
    const size_t times = gm_distinct_add(&survey->rows_seen, (gm_distinct_value){.key = hash}, 1);
    survey->facts.compared += times > 0;
    survey->facts.duplicates += times > 1;
}

const char *gm_survey_keep(gm_strings *list, const gm_csv_cell *cell)
{
    char shown[GM_CSV_SHOWN];
    gm_csv_show(cell, shown);
    return gm_strings_add(list, shown, strlen(shown)) ? list->items[list->count - 1] : NULL;
}

/* The texts of CSV files. */
static gm_status survey_csv(gm_survey *survey, gm_source *source, gm_source_texts *texts, gm_error *error)
{
    const gm_status status = gm_source_read_texts(source, texts, error);
    if (status)
        return status;
    gm_survey_judge_texts(survey, texts);
    return gm_survey_of_text(survey, texts, error);
}

/* The rows of a database, as text of which nothing has to be found out. */
static gm_status survey_query(gm_survey *survey, gm_source *source, gm_source_texts *texts, gm_error *error)
{
    gm_table remarks = {0};
    const gm_status status = gm_sqlite_read_texts(&remarks, source, &survey->facts.reading, texts, error);
    gm_table_clear(&remarks);
    survey->facts.reading.comment = "";
    survey->facts.ascii = survey->facts.utf8 = true;
    return status ? status : gm_survey_of_text(survey, texts, error);
}

static gm_status read_source(gm_survey *survey, gm_source *source, const gm_dataset_options *options,
                             gm_error *error)
{
    gm_source_texts texts = {0};
    gm_status status = gm_source_check(source, options, error);
    const gm_format format = status ? GM_FORMAT_CSV : gm_source_format(source, options);
    survey->facts.gzip = source->gunzip != NULL;
    survey->facts.format = gm_data_format_name(format);
    if (!status)
        status = format == GM_FORMAT_CSV      ? survey_csv(survey, source, &texts, error)
                 : format == GM_FORMAT_SQLITE ? survey_query(survey, source, &texts, error)
                                              : gm_survey_of_dataset(survey, source, error);
    if (!status)
        status = gm_survey_make_columns(survey, error);
    gm_source_texts_clear(&texts);
    if (!status)
        status = gm_survey_choose_reading(survey, options, error);
    return status ? status : gm_survey_warn_all(survey, error);
}

static gm_status read_files(gm_survey *survey, const char *const *paths, size_t count,
                            const gm_dataset_options *options, gm_error *error)
{
    gm_source source;
    gm_status status = gm_source_open(&source, paths[0], error);
    source.more = paths + 1;
    source.more_count = count - 1;
    if (!status)
        status = read_source(survey, &source, options, error);
    gm_source_close(&source);
    return status;
}

/* Makes a survey with facts.reading as the caller's options. On failure it is destroyed. */
static gm_status make(gm_survey **survey, const char *const *paths, size_t count, const gm_survey *begin,
                      gm_error *error)
{
    gm_survey *made = gm_alloc(1, sizeof *made);
    if (!made)
        return gm_fail_memory(error, "a survey", sizeof *made);
    *made = *begin;
    const gm_dataset_options options = begin->facts.reading;
    const gm_status status = read_files(made, paths, count, &options, error);
    *survey = made;
    if (status) {
        gm_survey_destroy(made);
        *survey = NULL;
    }
    return status;
}

/* Arrays whose targets are not whole numbers are refused as classes. Then they are numbers to be fitted, if
 * that can be read. */
gm_status gm_survey_create(gm_survey **survey, const char *const *paths, size_t count,
                           const gm_dataset_options *options, size_t rows, gm_error *error)
{
    gm_survey begin = {.facts.why = "", .rows_wanted = rows};
    gm_dataset_options *reading = &begin.facts.reading;
    *survey = NULL;
    gm_status status = count > 0 ? gm_dataset_options_read(reading, options, error)
                                 : gm_fail(error, GM_USAGE, "a survey of no files");
    if (status)
        return status;
    gm_error first = {0};
    begin.regression_asked = reading->regression;
    begin.target_asked = reading->target != NULL;
    status = make(survey, paths, count, &begin, &first);
    if (status == GM_BAD_DATA && !reading->regression && strcmp(paths[0], "-") != 0) {
        reading->regression = true;
        if (make(survey, paths, count, &begin, NULL) == GM_OK)
            return GM_OK;
    }
    return status ? gm_fail(error, status, "%s", first.message) : GM_OK;
}

void gm_survey_destroy(gm_survey *survey)
{
    if (!survey)
        return;
    for (size_t c = 0; c < survey->facts.columns; c++) {
        if (survey->tallies)
            gm_distinct_clear(&survey->tallies[c].distinct);
        if (survey->values)
            gm_free(survey->values[c]);
    }
    gm_free(survey->columns);
    gm_free(survey->tallies);
    gm_free(survey->values);
    gm_strings_clear(&survey->names);
    gm_strings_clear(&survey->texts);
    gm_strings_clear(&survey->cells);
    gm_free(survey->warnings);
    gm_distinct_clear(&survey->rows_seen);
    gm_dataset_destroy(survey->dataset);
    gm_free(survey->ignore);
    gm_free(survey->categorical);
    gm_free(survey);
}

const gm_survey_facts *gm_survey_get_facts(const gm_survey *survey)
{
    return &survey->facts;
}

const gm_survey_column *gm_survey_get_column(const gm_survey *survey, size_t column)
{
    return column < survey->facts.columns ? &survey->columns[column] : NULL;
}

const gm_survey_warning *gm_survey_get_warning(const gm_survey *survey, size_t index)
{
    return index < survey->warning_count ? &survey->warnings[index] : NULL;
}

size_t gm_survey_preview_rows(const gm_survey *survey)
{
    return survey->facts.columns > 0 ? survey->cells.count / survey->facts.columns : 0;
}

const char *gm_survey_cell(const gm_survey *survey, size_t row, size_t column)
{
    return column < survey->facts.columns
               ? gm_strings_get(&survey->cells, row * survey->facts.columns + column)
               : NULL;
}

const gm_dataset *gm_survey_dataset(const gm_survey *survey)
{
    return survey->dataset;
}

/* Chooses what the target is, whether it has classes or numbers, and what is done with missing values, as far
 * as the caller has left it open. */
#include "data/survey.h"

#include "base/append.h"
#include "base/error.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

/* Whole numbers with more different values than this are fitted, and not taken for classes. So are those with
 * more than the smaller number, if there are not three rows for each. */
#define MANY_CLASSES 30
#define SOME_CLASSES 10

void gm_survey_probe(gm_column_tally *tally, const gm_csv_cell *cell, gm_csv_kind kind, double value)
{
    if (kind == GM_CSV_EMPTY || tally->distinct.more)
        return;
    const uint64_t key =
        kind == GM_CSV_NUMBER ? gm_key_of_number(value) : gm_key_of_text(cell->text, cell->length);
    gm_distinct_add(&tally->distinct, (gm_distinct_value){.key = key}, 1);
}

/* Whether nothing can be learned that would foretell this column. */
static bool is_no_target(const gm_column_tally *tally, size_t rows)
{
    const gm_survey_kind kind = gm_column_tally_kind(tally);
    const size_t count = tally->distinct.count;
    return kind == GM_SURVEY_EMPTY || kind == GM_SURVEY_DATE || count < 2 ||
           (kind == GM_SURVEY_TEXT && rows > 2 && 2 * count > rows);
}

const char *gm_survey_call_column(const gm_survey *survey, size_t column, char word[GM_CSV_SHOWN])
{
    snprintf(word, GM_CSV_SHOWN, "%zu", column + 1);
    for (size_t c = 0; survey->facts.header && c < survey->facts.columns; c++) {
        if (strcmp(survey->names.items[c], word) == 0)
            return strcpy(word, survey->names.items[column]);
    }
    return word;
}

/* If the last column cannot be the target, the first one may be it. */
static void try_first_column(gm_survey *survey, const gm_dataset_options *options)
{
    gm_survey_facts *facts = &survey->facts;
    if (options->target || facts->by_name || facts->target >= facts->columns || facts->target == 0 ||
        !survey->columns[0].is_feature || !is_no_target(&survey->tallies[facts->target], facts->rows) ||
        is_no_target(&survey->tallies[0], facts->rows))
        return;
    const gm_column_tally *first = &survey->tallies[0];
    if (gm_column_tally_kind(first) == GM_SURVEY_WHOLE && !first->falls)
        return; /* the number of the row */
    survey->columns[facts->target].is_feature = survey->columns[0].is_target = true;
    survey->columns[0].is_feature = survey->columns[facts->target].is_target = false;
    facts->target = 0;
    facts->guessed = true;
    facts->reading.target = gm_survey_call_column(survey, 0, survey->target);
}

/* Whether the target holds numbers to be fitted, and not the numbers of classes. */
static bool holds_numbers(const gm_column_tally *tally, size_t rows)
{
    const gm_survey_kind kind = gm_column_tally_kind(tally);
    const size_t count = tally->distinct.count;
    if (kind == GM_SURVEY_NUMBER)
        return true;
    return kind == GM_SURVEY_WHOLE &&
           (count > MANY_CLASSES || tally->distinct.more || (count > SOME_CLASSES && 3 * count > rows));
}

void gm_survey_choose_target(gm_survey *survey, const gm_dataset_options *options)
{
    gm_survey_facts *facts = &survey->facts;
    try_first_column(survey, options);
    if (facts->target < facts->columns) {
        gm_column_tally *target = &survey->tallies[facts->target];
        facts->reading.regression |= holds_numbers(target, facts->rows);
        target->names = !facts->reading.regression;
    }
    for (size_t c = 0; c < facts->columns; c++)
        gm_distinct_clear(&survey->tallies[c].distinct);
}

/* Makes a list of the columns that `wanted` says yes to, behind what the caller has named. NULL: there are
 * none. */
static gm_status list_columns(const gm_survey *survey, bool wanted(const gm_survey_column *column),
                              const char *before, char **list, gm_error *error)
{
    size_t count = 0, used = 0;
    for (size_t c = 0; c < survey->facts.columns; c++)
        count += wanted(&survey->columns[c]);
    if (count == 0)
        return GM_OK;
    const size_t size = (before ? strlen(before) + 1 : 0) + count * GM_CSV_SHOWN;
    *list = gm_alloc(size, 1);
    if (!*list)
        return gm_fail_memory(error, "a list of columns", size);
    used = gm_append(*list, size, 0, "%s", before ? before : "");
    for (size_t c = 0; c < survey->facts.columns; c++) {
        char word[GM_CSV_SHOWN];
        if (wanted(&survey->columns[c]))
            used = gm_append(*list, size, used, "%s%s", used > 0 ? "," : "",
                             gm_survey_call_column(survey, c, word));
    }
    return GM_OK;
}

static bool is_left_out(const gm_survey_column *column)
{
    return column->left_out;
}

/* Whether the reader does not see by itself that the column holds categories. */
static bool is_unseen_text(const gm_survey_column *column)
{
    return column->is_feature && !column->left_out && column->kind == GM_SURVEY_TEXT && !column->categorical;
}

static gm_status choose_columns(gm_survey *survey, const gm_dataset_options *options, gm_error *error)
{
    gm_dataset_options *reading = &survey->facts.reading;
    bool drops = false; /* a target is missing, and with it other values of the row */
    for (size_t c = 0; c < survey->facts.columns; c++)
        drops |= survey->columns[c].is_target && survey->columns[c].missing > 0;
    for (size_t c = 0; c < survey->facts.columns; c++) {
        gm_survey_column *column = &survey->columns[c];
        const bool asked = column->categorical && options->categorical;
        column->left_out = column->is_feature && (column->refused || (column->identifier && !asked) ||
                                                  (drops && 2 * column->missing > survey->facts.rows));
    }
    gm_status status = list_columns(survey, is_left_out, options->ignore, &survey->ignore, error);
    if (!status && !options->numeric)
        status = list_columns(survey, is_unseen_text, options->categorical, &survey->categorical, error);
    reading->ignore = survey->ignore ? survey->ignore : options->ignore;
    reading->categorical = survey->categorical ? survey->categorical : options->categorical;
    for (size_t c = 0; c < survey->facts.columns; c++)
        survey->columns[c].categorical |= survey->categorical && is_unseen_text(&survey->columns[c]);
    return status;
}

static void choose_missing(gm_survey *survey, const gm_dataset_options *options)
{
    gm_survey_facts *facts = &survey->facts;
    bool features = false, targets = false;
    for (size_t c = 0; c < facts->columns; c++) {
        const gm_survey_column *column = &survey->columns[c];
        features |= column->is_feature && !column->left_out && column->missing > 0;
        targets |= column->is_target && column->missing > 0;
    }
    if (options->missing == GM_MISSING_AUTO)
        facts->reading.missing = targets ? GM_MISSING_DROP : features ? GM_MISSING_MEAN : GM_MISSING_AUTO;
}

gm_status gm_survey_choose_reading(gm_survey *survey, const gm_dataset_options *options, gm_error *error)
{
    const gm_status status = survey->dataset ? GM_OK : choose_columns(survey, options, error);
    choose_missing(survey, options);
    return status;
}

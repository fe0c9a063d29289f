/* Walks over the numbers of a data set, twice: see column_tally.h. The columns are its features, and behind
 * them the target: one column of classes, or one for each number. */
#include "data/survey.h"

#include "base/error.h"
#include "base/memory.h"
#include "data/format.h"

#include <math.h>
#include <string.h>

static void take_number(gm_column_tally *tally, double value, bool again)
{
    if (isnan(value))
        tally->kinds[GM_CSV_MISSING] += !again;
    else if (again)
        gm_column_tally_number_again(tally, value);
    else
        gm_column_tally_number(tally, value);
}

/* The features of a data set whose numbers are no bytes. A missing one is NaN. */
static void walk_over_features(gm_survey *survey, bool again)
{
    const gm_table *table = survey->dataset->table;
    for (size_t r = 0; r < table->rows; r++) {
        bool whole = true;
        for (size_t f = 0; f < table->features; f++) {
            const double value = gm_get_number(table->x, table->type, r * table->features + f);
            take_number(&survey->tallies[f], value, again);
            whole &= !isnan(value);
        }
        survey->facts.complete += again && whole;
    }
}

static gm_status count_bytes(gm_survey *survey, gm_error *error)
{
    const gm_table *table = survey->dataset->table;
    const uint8_t *x = table->x;
    uint32_t *counts = gm_table_array(table->features, 256, sizeof *counts, "the counts of bytes", error);
    if (!counts)
        return GM_LIMIT;
    for (size_t r = 0; r < table->rows; r++) {
        for (size_t f = 0; f < table->features; f++)
            counts[f * 256 + x[r * table->features + f]]++;
    }
    for (size_t f = 0; f < table->features; f++)
        gm_column_tally_bytes(&survey->tallies[f], counts + f * 256);
    survey->facts.complete = table->rows;
    gm_free(counts);
    return GM_OK;
}

/* The classes, or the columns of numeric targets, which stand behind the features. */
static void walk_over_targets(gm_survey *survey, bool again)
{
    const gm_table *table = survey->dataset->table;
    gm_column_tally *tallies = survey->tallies + table->features;
    for (size_t r = 0; r < table->rows; r++) {
        if (table->labels)
            take_number(&tallies[0], table->labels[r], again);
        for (size_t t = 0; table->values && t < table->targets; t++)
            take_number(&tallies[t], gm_table_value(table, r, t), again);
    }
}

/* The hash of a row takes its features and its class; numeric targets of equal features may differ by noise.
 */
static void compare_rows(gm_survey *survey)
{
    const gm_table *table = survey->dataset->table;
    const size_t bytes = table->features * gm_type_size(table->type);
    for (size_t r = 0; r < table->rows && !survey->rows_seen.more; r++) {
        const uint64_t hash = gm_key_of_text((const char *)table->x + r * bytes, bytes);
        gm_survey_see_row(survey, table->labels ? hash ^ gm_key_of_number(table->labels[r]) : hash);
    }
}

/* The sizes of an IDX file, from its head, which the reader has checked. */
static void note_shape(gm_survey *survey, const gm_source *source)
{
    gm_survey_facts *facts = &survey->facts;
    facts->dimensions = 2;
    facts->sizes[0] = facts->rows;
    facts->sizes[1] = gm_dataset_features(survey->dataset);
    if (!gm_idx_recognise(source))
        return;
    facts->dimensions = source->head[3];
    for (size_t i = 0; i < facts->dimensions && i < sizeof facts->sizes / sizeof *facts->sizes; i++) {
        const uint8_t *at = source->head + 4 + 4 * i;
        facts->sizes[i] = (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
    }
}

static gm_status name_columns(gm_survey *survey, gm_error *error)
{
    const gm_dataset *dataset = survey->dataset;
    for (size_t c = 0; c < survey->facts.columns; c++) {
        const size_t features = gm_dataset_features(dataset);
        const bool feature = c < features;
        const char *name =
            feature ? gm_dataset_feature_name(dataset, c) : gm_dataset_target_name(dataset, c - features);
        const gm_csv_cell cell = {.text = name ? name : "", .length = name ? strlen(name) : 0};
        survey->columns[c].is_feature = feature;
        survey->columns[c].is_target = !feature;
        if (!gm_survey_keep(&survey->names, &cell))
            return gm_fail_memory(error, "the names of the columns", cell.length);
    }
    return GM_OK;
}

static gm_status note_facts(gm_survey *survey, const gm_source *source, gm_error *error)
{
    gm_survey_facts *facts = &survey->facts;
    const gm_dataset *dataset = survey->dataset;
    const size_t features = gm_dataset_features(dataset), targets = gm_dataset_targets(dataset);
    const bool labels = gm_dataset_has_labels(dataset);
    facts->rows = gm_dataset_rows(dataset);
    facts->type = gm_dataset_type(dataset);
    facts->target = features;
    facts->reading.regression = !labels && targets > 0;
    note_shape(survey, source);
    const gm_status status = gm_survey_begin(survey, features + (labels ? 1 : targets), error);
    return status ? status : name_columns(survey, error);
}

gm_status gm_survey_of_dataset(gm_survey *survey, gm_source *source, gm_error *error)
{
    gm_dataset_options options = survey->facts.reading;
    if (options.missing == GM_MISSING_AUTO)
        options.missing = GM_MISSING_KEEP; /* they stay NaN, and are counted */
    gm_status status = gm_source_load(&survey->dataset, source, &options, error);
    if (!status)
        status = note_facts(survey, source, error);
    if (status)
        return status;
    if (survey->facts.type == GM_TYPE_U8) {
        status = count_bytes(survey, error);
    } else {
        walk_over_features(survey, false);
        walk_over_features(survey, true);
    }
    walk_over_targets(survey, false);
    walk_over_targets(survey, true);
    compare_rows(survey);
    return status;
}

/* Fuzz target: the survey of any bytes. Four bytes choose the options, the rest is the file. What it finds
 * out about the reading must be true: the file can then be loaded, or is refused for what a warning says. */
#include "fuzz.h"

#include <math.h>

static gm_dataset_options choose(fuzz_input *input)
{
    static const char delimiters[] = {'\0', ';', '\t', '|', ' '};
    static const char *const targets[] = {NULL, "1", "class", "none", "-1", "2"};
    static const char *const lists[] = {NULL, "1", "2,1", "x"};
    gm_dataset_options options = gm_dataset_options_default();
    options.delimiter = delimiters[fuzz_choice(input, sizeof delimiters)];
    options.header = (int)fuzz_choice(input, 3) - 1;
    options.target = targets[fuzz_choice(input, sizeof targets / sizeof *targets)];
    /* Its bits: regression, a decimal comma, comments, and a list of columns. */
    const unsigned more = fuzz_choice(input, 32);
    options.regression = more & 1;
    options.decimal = more & 2 ? ',' : '\0';
    options.comment = more & 4 ? "#" : NULL;
    options.ignore = lists[more >> 3];
    return options;
}

static void check_column(const gm_survey_facts *facts, const gm_survey_column *column)
{
    size_t binned = 0, valued = 0;
    for (size_t b = 0; b < GM_SURVEY_BINS; b++)
        binned += column->bins[b];
    for (size_t v = 0; v < column->value_count; v++)
        valued += column->values[v].count;
    FUZZ_REQUIRE(binned == column->numbers);
    FUZZ_REQUIRE(column->numbers + column->missing <= facts->rows);
    FUZZ_REQUIRE(valued + column->missing <= facts->rows);
    FUZZ_REQUIRE(column->distinct + column->missing <= facts->rows);
    FUZZ_REQUIRE(!column->left_out || column->is_feature);
    if (column->numbers == 0) {
        FUZZ_REQUIRE(isnan(column->mean) && isnan(column->least));
        return;
    }
    FUZZ_REQUIRE(column->least <= column->most && column->at_least >= 1 && column->at_most >= 1);
    FUZZ_REQUIRE(!(column->deviation < 0));
}

static void check(const gm_survey *survey)
{
    const gm_survey_facts *facts = gm_survey_get_facts(survey);
    FUZZ_REQUIRE(facts->rows > 0 && facts->columns > 0 && facts->target <= facts->columns);
    FUZZ_REQUIRE(facts->complete <= facts->rows && facts->duplicates < facts->rows);
    for (size_t c = 0; c < facts->columns; c++)
        check_column(facts, gm_survey_get_column(survey, c));
    for (size_t r = 0; r < gm_survey_preview_rows(survey); r++) {
        for (size_t c = 0; c < facts->columns; c++)
            FUZZ_REQUIRE(gm_survey_cell(survey, r, c));
    }
    for (size_t i = 0; gm_survey_get_warning(survey, i); i++)
        FUZZ_REQUIRE(*gm_survey_get_warning(survey, i)->text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input input = {bytes, size};
    const gm_dataset_options options = choose(&input);
    fuzz_file file = fuzz_file_make(input.bytes, input.size);
    const char *const path = file.path;
    gm_survey *survey;
    gm_error error = {0};
    const gm_status status = gm_survey_create(&survey, &path, 1, &options, 3, &error);
    fuzz_check_status(status, FUZZ_READER, &error);
    FUZZ_REQUIRE((status == GM_OK) == (survey != NULL));
    if (survey) {
        check(survey);
        (void)fuzz_load_dataset(path, &gm_survey_get_facts(survey)->reading);
    }
    gm_survey_destroy(survey);
    fuzz_file_close(&file);
    return 0;
}

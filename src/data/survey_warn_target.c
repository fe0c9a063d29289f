/* What should be known of the target before training, each with what to do about it. */
#include "data/survey.h"

#include "base/number.h"

#include <stdio.h>

#define MANY_CLASSES 100
#define IMBALANCE    0.9 /* share of the most frequent class */
#define LISTED       3

/* Classes with one row, named up to a few. */
static gm_status warn_of_rare_classes(gm_survey *survey, const gm_survey_column *target, gm_error *error)
{
    size_t rare = 0, used = 0;
    char list[LISTED * (GM_CSV_SHOWN + 4)] = "";
    for (size_t v = 0; v < target->value_count; v++) {
        if (target->values[v].count > 1 || ++rare > LISTED)
            continue;
        used += (size_t)snprintf(list + used, sizeof list - used, "%s'%s'", used > 0 ? ", " : "",
                                 target->values[v].text);
    }
    if (rare == 0)
        return GM_OK;
    return gm_survey_warn(survey, survey->facts.target, "rare", error,
                          "has %zu class%s with one row only (%s%s): leave %s out, or join %s with another",
                          rare, rare == 1 ? "" : "es", list, rare > LISTED ? ", ..." : "",
                          rare == 1 ? "it" : "them", rare == 1 ? "it" : "them");
}

static gm_status warn_of_classes(gm_survey *survey, const gm_survey_column *target, gm_error *error)
{
    const size_t c = survey->facts.target, rows = survey->facts.rows;
    size_t largest = 0, numbers = 0;
    for (size_t v = 1; v < target->value_count; v++)
        largest = target->values[v].count > target->values[largest].count ? v : largest;
    numbers = target->numbers;
    if (target->distinct < 2 && !target->more)
        return gm_survey_warn(survey, c, "constant", error,
                              "is the target, and has one class only: there is nothing to learn");
    if (target->more || target->distinct > MANY_CLASSES || 2 * target->distinct > rows)
        return gm_survey_warn(survey, c, "classes", error,
                              "is the target, and has %s%zu classes in %zu rows: %s",
                              target->more ? "more than " : "", target->distinct, rows,
                              numbers == rows ? "if it holds numbers to be fitted, say --regression"
                                              : "if another column is the target, name it by --target");
    gm_status status = warn_of_rare_classes(survey, target, error);
    if (!status && target->value_count > 1 &&
        (double)target->values[largest].count >= IMBALANCE * (double)rows)
        status = gm_survey_warn(
            survey, c, "imbalance", error,
            "has class '%s' in %.1f %% of the rows: compare the accuracy with that, and see "
            "--class-weights balanced",
            target->values[largest].text, 100 * (double)target->values[largest].count / (double)rows);
    return status;
}

static gm_status warn_of_numbers(gm_survey *survey, const gm_survey_column *target, bool asked,
                                 gm_error *error)
{
    const size_t c = (size_t)(target - survey->columns);
    if (!gm_survey_holds_numbers(target) || target->numbers + target->missing < survey->facts.rows)
        return gm_survey_warn(survey, c, "target", error,
                              "is the target, and is to be fitted, but holds cells that are no numbers");
    if (target->constant)
        return gm_survey_warn(survey, c, "constant", error,
                              "is the target, and has one value only: there is nothing to learn");
    if (!asked && target->kind == GM_SURVEY_WHOLE)
        return gm_survey_warn(
            survey, c, "regression", error,
            "has %s%zu different whole numbers and is taken for numbers to be fitted (--regression); if they are "
            "classes, leave that out",
            target->more ? "more than " : "", target->distinct);
    return GM_OK;
}

static gm_status warn_of_one_target(gm_survey *survey, size_t c, gm_error *error)
{
    const gm_survey_column *target = &survey->columns[c];
    gm_status status = GM_OK;
    if (target->missing > 0)
        status = gm_survey_warn(survey, c, "missing", error,
                                "is the target, and lacks %zu value%s: --missing drop leaves these rows out",
                                target->missing, gm_plural(target->missing));
    if (status)
        return status;
    return survey->facts.reading.regression ? warn_of_numbers(survey, target, survey->regression_asked, error)
                                            : warn_of_classes(survey, target, error);
}

/* Whether the first column looks like classes, while the last one, which is taken, holds decimals. */
static bool first_may_be_target(const gm_survey *survey)
{
    const gm_survey_facts *facts = &survey->facts;
    const gm_survey_column *first = &survey->columns[0];
    return !survey->dataset && !survey->target_asked && !facts->by_name && facts->target > 0 &&
           facts->target < facts->columns && survey->columns[facts->target].kind == GM_SURVEY_NUMBER &&
           first->kind == GM_SURVEY_WHOLE && !first->more && first->distinct > 1 && first->distinct <= 10 &&
           first->least >= 0 && facts->rows >= 5 * first->distinct;
}

gm_status gm_survey_warn_of_targets(gm_survey *survey, gm_error *error)
{
    const gm_survey_facts *facts = &survey->facts;
    gm_status status = GM_OK;
    if (facts->target >= facts->columns && facts->columns == 1 && !survey->dataset)
        return gm_survey_warn(
            survey, GM_SURVEY_WHOLE_FILE, "target", error,
            "there is one column only, and nothing to learn from: if its cells hold several values, "
            "name what separates them by --delim");
    if (facts->guessed)
        status = gm_survey_warn(
            survey, facts->target, "target", error,
            "is taken for the target, because the last column cannot be it; name another by --target");
    for (size_t c = 0; !status && c < facts->columns; c++) {
        if (survey->columns[c].is_target)
            status = warn_of_one_target(survey, c, error);
    }
    if (!status && first_may_be_target(survey))
        status = gm_survey_warn(
            survey, 0, "target", error,
            "has %zu different whole numbers, as classes have: if it is the target, say --target 1",
            survey->columns[0].distinct);
    return status;
}

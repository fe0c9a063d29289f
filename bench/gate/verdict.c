/* Rows of verdicts: "same", "slower", "faster", "undecided", "only old", "only new". */
#include "bench/gate/verdict.h"
#include "base/error.h"
#include "base/memory.h"
#include "bench/measure/statistics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const gm_column *const columns[] = {&gm_column_benchmark, &gm_column_old_us,   &gm_column_new_us,
                                           &gm_column_change,    &gm_column_interval, &gm_column_p,
                                           &gm_column_verdict};

gm_gate_options gm_gate_options_default(void)
{
    return (gm_gate_options){.level = 0.01, .threshold = 0.03};
}

gm_status gm_gate_options_check(const gm_gate_options *options, gm_error *error)
{
    if (!(options->level > 0 && options->level < 1))
        return gm_fail(error, GM_USAGE, "--level: %g; expected a number between 0 and 1", options->level);
    if (!(options->threshold >= 0 && isfinite(options->threshold)))
        return gm_fail(error, GM_USAGE, "--threshold: %g; expected a number >= 0, 0.03 for 3 %%",
                       options->threshold);
    return GM_OK;
}

gm_result gm_verdicts_make(const gm_gate_options *options)
{
    gm_result result = gm_result_make("gate", columns, sizeof columns / sizeof *columns);
    snprintf(result.title, sizeof result.title,
             "Time of one iteration; a change counts beyond %g %% at p < %g", 100 * options->threshold,
             options->level);
    return result;
}

static gm_status show_median(gm_result *result, gm_result_row *row, const gm_column *column,
                             gm_samples samples, gm_error *error)
{
    if (samples.count == 0)
        return GM_OK;
    double *copy = gm_alloc(samples.count, sizeof *copy);
    if (!copy)
        return gm_fail_memory(error, "samples", samples.count * sizeof *copy);
    memcpy(copy, samples.seconds, samples.count * sizeof *copy);
    gm_result_number(result, row, column, gm_statistics_of(copy, samples.count).median * 1e6);
    gm_free(copy);
    return GM_OK;
}

gm_status gm_verdict_times(gm_result *result, gm_result_row *row, gm_samples before, gm_samples after,
                           gm_error *error)
{
    gm_result_text(result, row, &gm_column_benchmark, "%s", row->name);
    gm_status status = show_median(result, row, &gm_column_old_us, before, error);
    if (status == GM_OK)
        status = show_median(result, row, &gm_column_new_us, after, error);
    if (!before.count || !after.count)
        gm_result_text(result, row, &gm_column_verdict, "%s", before.count ? "only old" : "only new");
    return status;
}

/* Whether there are too few samples to show a change of any size. */
static bool decides_nothing(const gm_rank_test *test)
{
    return !isfinite(test->high);
}

static const char *judge(const gm_rank_test *test, const gm_gate_options *options)
{
    if (decides_nothing(test))
        return "undecided";
    if (test->p >= options->level || fabs(test->ratio - 1) <= options->threshold)
        return "same";
    if (test->low > 1)
        return "slower";
    return test->high < 1 ? "faster" : "same";
}

static void show_interval(gm_result *result, gm_result_row *row, const gm_rank_test *test)
{
    if (decides_nothing(test))
        gm_result_text(result, row, &gm_column_interval, "too few samples");
    else
        gm_result_text(result, row, &gm_column_interval, "%+.2f to %+.2f", 100 * (test->low - 1),
                       100 * (test->high - 1));
}

void gm_verdict_give(gm_result *result, gm_result_row *row, const gm_rank_test *test,
                     const gm_gate_options *options, size_t *regressions)
{
    const char *verdict = judge(test, options);
    gm_result_number(result, row, &gm_column_change, 100 * (test->ratio - 1));
    show_interval(result, row, test);
    gm_result_number(result, row, &gm_column_p, test->p);
    gm_result_text(result, row, &gm_column_verdict, "%s", verdict);
    if (strcmp(verdict, "slower") == 0) {
        ++*regressions;
        gm_result_note(result, "slower: %s", row->name); /* the table may cut it */
    }
}

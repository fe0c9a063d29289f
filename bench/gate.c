/* The gate: two JSON outputs in, one row for each benchmark of either, and what changed beyond noise. */
#include "bench/gate.h"
#include "base/error.h"
#include "base/memory.h"
#include "bench/gate_file.h"
#include "bench/rank_test.h"
#include "bench/statistics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const gm_column columns[] = {
    {"benchmark", "benchmark", "", GM_COLUMN_TEXT},
    {"old_ms", "old", "ms", 4},
    {"new_ms", "new", "ms", 4},
    {"change", "change", "%", 2},
    {"interval", "interval", "%", GM_COLUMN_TEXT},
    {"p", "p", "", 4},
    {"verdict", "verdict", "", GM_COLUMN_TEXT},
};

gm_gate_options gm_gate_options_default(void)
{
    return (gm_gate_options){.level = 0.01, .threshold = 0.03};
}

/* Both sides of one row. */
struct sides {
    gm_gate_series before, after;
};

/* The gate's own medians: of the times as they are, whatever the test compares. */
static gm_status show_median(gm_result *result, gm_result_row *row, const char *key,
                             const gm_gate_series *series, gm_error *error)
{
    double *copy = gm_alloc(series->count, sizeof *copy);
    if (!copy)
        return gm_fail_memory(error, "samples", series->count * sizeof *copy);
    memcpy(copy, series->seconds, series->count * sizeof *copy);
    gm_result_number(result, row, key, gm_statistics_of(copy, series->count).median * 1e3);
    gm_free(copy);
    return GM_OK;
}

static void divide_by_reference(gm_gate_series *series)
{
    for (size_t i = 0; i < series->count; i++)
        series->seconds[i] /= series->reference[i];
}

/* All three must say so: the test, the size of the change, and the interval. */
static const char *judge(const gm_rank_test *test, const gm_gate_options *options)
{
    if (test->p >= options->level || fabs(test->ratio - 1) <= options->threshold)
        return "same";
    if (test->low > 1)
        return "slower";
    return test->high < 1 ? "faster" : "same";
}

static void show_interval(gm_result *result, gm_result_row *row, const gm_rank_test *test)
{
    if (isfinite(test->high))
        gm_result_text(result, row, "interval", "%+.2f to %+.2f", 100 * (test->low - 1),
                       100 * (test->high - 1));
    else
        gm_result_text(result, row, "interval", "too few samples");
}

static gm_status compare_row(gm_result *result, gm_result_row *row, struct sides *sides,
                             const gm_gate_options *options, size_t *regressions, gm_error *error)
{
    gm_rank_test test;
    if (sides->before.reference && sides->after.reference) {
        divide_by_reference(&sides->before);
        divide_by_reference(&sides->after);
    }
    const gm_status status =
        gm_rank_test_run(&test, sides->before.seconds, sides->before.count, sides->after.seconds,
                         sides->after.count, options->level, error);
    if (status != GM_OK)
        return status;
    const char *verdict = judge(&test, options);
    gm_result_number(result, row, "change", 100 * (test.ratio - 1));
    show_interval(result, row, &test);
    gm_result_number(result, row, "p", test.p);
    gm_result_text(result, row, "verdict", "%s", verdict);
    if (strcmp(verdict, "slower") == 0) {
        ++*regressions;
        gm_result_note(result, "slower: %s", row->name); /* the table may cut it */
    }
    if (gm_rank_test_least(sides->before.count, sides->after.count) >= options->level)
        gm_result_note(result, "%s: %zu and %zu samples can show no change at level %g: take more rounds",
                       row->name, sides->before.count, sides->after.count, options->level);
    return GM_OK;
}

/* The row that this benchmark has in either file. */
static gm_status add_row(gm_result *result, const char *name, struct sides *sides,
                         const gm_gate_options *options, size_t *regressions, gm_error *error)
{
    gm_status status = GM_OK;
    gm_result_row *row = gm_result_add(result, error, "%s", name);
    if (!row)
        return GM_LIMIT;
    gm_result_text(result, row, "benchmark", "%s", name);
    if (sides->before.count)
        status = show_median(result, row, "old_ms", &sides->before, error);
    if (sides->after.count && status == GM_OK)
        status = show_median(result, row, "new_ms", &sides->after, error);
    if (status == GM_OK && sides->before.count && sides->after.count)
        return compare_row(result, row, sides, options, regressions, error);
    gm_result_text(result, row, "verdict", "%s", sides->before.count ? "only old" : "only new");
    return status;
}

/* One row for `name`; each side may lack it. */
static gm_status take_row(gm_result *result, const gm_gate_file *old_file, const gm_gate_file *new_file,
                          const char *name, const gm_gate_options *options, size_t *regressions,
                          gm_error *error)
{
    struct sides sides = {0};
    gm_status status = gm_gate_file_series(old_file, name, &sides.before, error);
    if (status == GM_OK)
        status = gm_gate_file_series(new_file, name, &sides.after, error);
    if (status == GM_OK)
        status = add_row(result, name, &sides, options, regressions, error);
    gm_gate_series_clear(&sides.before);
    gm_gate_series_clear(&sides.after);
    return status;
}

static gm_status check_options(const gm_gate_options *options, gm_error *error)
{
    if (!(options->level > 0 && options->level < 1))
        return gm_fail(error, GM_USAGE, "--level: %g; expected a number between 0 and 1", options->level);
    if (!(options->threshold >= 0 && isfinite(options->threshold)))
        return gm_fail(error, GM_USAGE, "--threshold: %g; expected a number >= 0, 0.03 for 3 %%",
                       options->threshold);
    return GM_OK;
}

gm_status gm_gate_compare(gm_result *result, const char *old_path, const char *new_path,
                          const gm_gate_options *options, size_t *regressions, gm_error *error)
{
    gm_gate_file old_file = {0}, new_file = {0};
    *result = gm_result_make("gate", columns, sizeof columns / sizeof *columns);
    *regressions = 0;
    gm_status status = check_options(options, error);
    if (status == GM_OK)
        status = gm_gate_file_load(&old_file, old_path, error);
    if (status == GM_OK)
        status = gm_gate_file_load(&new_file, new_path, error);
    snprintf(result->title, sizeof result->title,
             "Time of one iteration; a change counts beyond %g %% at p < %g", 100 * options->threshold,
             options->level);
    const char *name;
    for (size_t i = 0; status == GM_OK && (name = gm_gate_file_name(&old_file, i)); i++)
        status = take_row(result, &old_file, &new_file, name, options, regressions, error);
    for (size_t i = 0; status == GM_OK && (name = gm_gate_file_name(&new_file, i)); i++)
        if (!gm_gate_file_has(&old_file, name))
            status = take_row(result, &old_file, &new_file, name, options, regressions, error);
    gm_gate_file_clear(&old_file);
    gm_gate_file_clear(&new_file);
    return status;
}

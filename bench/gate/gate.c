/* The gate: two JSON outputs in, one row for each benchmark of either, and what changed beyond noise. */
#include "bench/gate/gate.h"
#include "base/error.h"
#include "bench/gate/gate_file.h"

/* What the rows come to. */
struct tally {
    size_t slower;
    size_t telling; /* rows with samples enough to show a change at all */
};

/* Both sides of one row. */
struct sides {
    gm_gate_series before, after;
};

/* What the peak beside it would have done meanwhile, in place of seconds. */
static void weigh_by_peak(gm_gate_series *series)
{
    for (size_t i = 0; i < series->count; i++)
        series->seconds[i] *= series->peaks[i];
}

/* The row shows the times as they are, whatever the test compares. */
static gm_status add_row(gm_result *result, const char *name, struct sides *sides,
                         const gm_gate_options *options, struct tally *tally, gm_error *error)
{
    gm_gate_series *before = &sides->before, *after = &sides->after;
    gm_rank_test test;
    gm_result_row *row = gm_result_add(result, error, "%s", name);
    if (!row)
        return GM_LIMIT;
    gm_status status =
        gm_verdict_times(result, row, before->seconds, before->count, after->seconds, after->count, error);
    if (status != GM_OK)
        return status;
    if (!before->count || !after->count)
        return GM_OK;
    if (before->peaks && after->peaks) {
        weigh_by_peak(before);
        weigh_by_peak(after);
    }
    status = gm_rank_test_run(&test, before->seconds, before->count, after->seconds, after->count,
                              options->level, error);
    if (status != GM_OK)
        return status;
    gm_verdict_give(result, row, &test, options, &tally->slower);
    if (gm_rank_test_least(before->count, after->count) < options->level)
        tally->telling++;
    else
        gm_result_note(result, "%s: %zu and %zu samples can show no change at level %g: take more rounds",
                       name, before->count, after->count, options->level);
    return GM_OK;
}

/* One row for `name`; each side may lack it. */
static gm_status take_row(gm_result *result, const gm_gate_file *old_file, const gm_gate_file *new_file,
                          const char *name, const gm_gate_options *options, struct tally *tally,
                          gm_error *error)
{
    struct sides sides = {0};
    gm_status status = gm_gate_file_series(old_file, name, &sides.before, error);
    if (status == GM_OK)
        status = gm_gate_file_series(new_file, name, &sides.after, error);
    if (status == GM_OK)
        status = add_row(result, name, &sides, options, tally, error);
    gm_gate_series_clear(&sides.before);
    gm_gate_series_clear(&sides.after);
    return status;
}

/* What the files do not have in common. */
static void note_untimed(gm_result *result, const gm_gate_file *file)
{
    const char *name;
    for (size_t i = 0; (name = gm_gate_file_untimed(file, i)); i++)
        gm_result_note(result, "%s: no sample of %s", file->path, name);
}

static size_t note_missing(gm_result *result, const gm_gate_file *file, const gm_gate_file *other)
{
    size_t common = 0;
    const char *name;
    for (size_t i = 0; (name = gm_gate_file_name(file, i)); i++) {
        if (gm_gate_file_has(other, name))
            common++;
        else
            gm_result_note(result, "only in %s: %s", file->path, name);
    }
    return common;
}

/* A gate that compared nothing has let nothing pass. */
static gm_status check_overlap(gm_result *result, const gm_gate_file *old_file, const gm_gate_file *new_file,
                               gm_error *error)
{
    const size_t common = note_missing(result, old_file, new_file);
    note_missing(result, new_file, old_file);
    note_untimed(result, old_file);
    note_untimed(result, new_file);
    if (common > 0)
        return GM_OK;
    return gm_fail(
        error, GM_CHECK,
        "nothing to compare: %s and %s have no row in common; were both made by the same case with "
        "the same networks?",
        old_file->path, new_file->path);
}

gm_status gm_gate_compare(gm_result *result, const char *old_path, const char *new_path,
                          const gm_gate_options *options, size_t *regressions, gm_error *error)
{
    gm_gate_file old_file = {0}, new_file = {0};
    const char *name;
    *result = gm_verdicts_make(options);
    struct tally tally = {0, 0};
    gm_status status = gm_gate_options_check(options, error);
    if (status == GM_OK)
        status = gm_gate_file_load(&old_file, old_path, error);
    if (status == GM_OK)
        status = gm_gate_file_load(&new_file, new_path, error);
    for (size_t i = 0; status == GM_OK && (name = gm_gate_file_name(&old_file, i)); i++)
        status = take_row(result, &old_file, &new_file, name, options, &tally, error);
    for (size_t i = 0; status == GM_OK && (name = gm_gate_file_name(&new_file, i)); i++)
        if (!gm_gate_file_has(&old_file, name))
            status = take_row(result, &old_file, &new_file, name, options, &tally, error);
    if (status == GM_OK)
        status = check_overlap(result, &old_file, &new_file, error);
    if (status == GM_OK && tally.telling == 0)
        status = gm_fail(
            error, GM_CHECK,
            "nothing to compare: no row of %s and %s has samples enough to show a change at level %g; "
            "take more rounds",
            old_path, new_path, options->level);
    *regressions = tally.slower;
    gm_gate_file_clear(&old_file);
    gm_gate_file_clear(&new_file);
    return status;
}

/* Compares two JSON outputs: one row for each benchmark that is in either file, with a verdict whether it
 * became slower or faster by more than noise. */
#include "bench/gate/gate.h"
#include "base/error.h"
#include "bench/gate/gate_file.h"

/* The two files, and the counts for the final verdict. */
struct comparison {
    gm_result *result;
    const gm_gate_options *options;
    gm_gate_file old_file, new_file;
    size_t slower;
    size_t telling; /* rows with enough samples to show a change */
};

/* Both sides of one row. */
struct sides {
    gm_gate_series before, after;
};

/* Replaces the seconds of each sample by the FLOP that the reference loop would have done in that time. */
static void weigh_by_peak(gm_gate_series *series)
{
    for (size_t i = 0; i < series->count; i++)
        series->seconds[i] *= series->peaks[i];
}

static gm_samples samples_of(const gm_gate_series *series)
{
    return (gm_samples){series->seconds, series->count};
}

/* Adds a row. It shows the measured times, even if the test compares times weighted by the peak. */
static gm_status add_row(struct comparison *c, const char *name, struct sides *sides, gm_error *error)
{
    gm_gate_series *before = &sides->before, *after = &sides->after;
    gm_rank_test test;
    gm_result_row *row = gm_result_add(c->result, error, "%s", name);
    if (!row)
        return GM_LIMIT;
    gm_status status = gm_verdict_times(c->result, row, samples_of(before), samples_of(after), error);
    if (status != GM_OK)
        return status;
    if (!before->count || !after->count)
        return GM_OK;
    if (before->peaks && after->peaks) {
        weigh_by_peak(before);
        weigh_by_peak(after);
    }
    status = gm_rank_test_run(&test, samples_of(before), samples_of(after), c->options->level, error);
    if (status != GM_OK)
        return status;
    gm_verdict_give(c->result, row, &test, c->options, &c->slower);
    if (gm_rank_test_least(before->count, after->count) < c->options->level)
        c->telling++;
    else
        gm_result_note(c->result, "%s: %zu and %zu samples can show no change at level %g: take more rounds",
                       name, before->count, after->count, c->options->level);
    return GM_OK;
}

/* Compares the benchmark `name`, which one of the files may lack. */
static gm_status take_row(struct comparison *c, const char *name, gm_error *error)
{
    struct sides sides = {0};
    gm_status status = gm_gate_file_series(&c->old_file, name, &sides.before, error);
    if (status == GM_OK)
        status = gm_gate_file_series(&c->new_file, name, &sides.after, error);
    if (status == GM_OK)
        status = add_row(c, name, &sides, error);
    gm_gate_series_clear(&sides.before);
    gm_gate_series_clear(&sides.after);
    return status;
}

/* Adds a note for each row of a file that was not timed. */
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

/* Fails if nothing was compared. Otherwise the gate would pass without having checked anything. */
static gm_status check_overlap(const struct comparison *c, gm_error *error)
{
    gm_result *result = c->result;
    const gm_gate_file *old_file = &c->old_file, *new_file = &c->new_file;
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
    struct comparison c = {.result = result, .options = options};
    const char *name;
    *result = gm_verdicts_make(options);
    gm_status status = gm_gate_options_check(options, error);
    if (status == GM_OK)
        status = gm_gate_file_load(&c.old_file, old_path, error);
    if (status == GM_OK)
        status = gm_gate_file_load(&c.new_file, new_path, error);
    for (size_t i = 0; status == GM_OK && (name = gm_gate_file_name(&c.old_file, i)); i++)
        status = take_row(&c, name, error);
    for (size_t i = 0; status == GM_OK && (name = gm_gate_file_name(&c.new_file, i)); i++)
        if (!gm_gate_file_has(&c.old_file, name))
            status = take_row(&c, name, error);
    if (status == GM_OK)
        status = check_overlap(&c, error);
    if (status == GM_OK && c.telling == 0)
        status = gm_fail(
            error, GM_CHECK,
            "nothing to compare: no row of %s and %s has samples enough to show a change at level %g; "
            "take more rounds",
            old_path, new_path, options->level);
    *regressions = c.slower;
    gm_gate_file_clear(&c.old_file);
    gm_gate_file_clear(&c.new_file);
    return status;
}

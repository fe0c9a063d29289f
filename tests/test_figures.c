/* Tests the figures that are published (bench/measure/figures.h), with simple numbers whose results were
 * computed by hand. */
#include "bench/cases/cases.h"
#include "bench/measure/figures.h"
#include "bench/gate/verdict.h"
#include "bench/output/output.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

/* A batch of 10 rows, 3 inputs, 4 outputs, so that W has 12 numbers, A_prev 30, Z 40: no two terms are alike.
 */
Test(figures, work_of_each_part)
{
    static const struct {
        gm_phase phase;
        gm_optimizer_kind optimizer;
        bool joined;
        double flop, numbers;
    } parts[] = {
        {GM_PHASE_FORWARD, GM_SGD, true, 240, 30 + 12 + 40},
        {GM_PHASE_BP2, GM_SGD, true, 240, 40 + 12 + 30},
        {GM_PHASE_BP4, GM_SGD, true, 240, 40 + 30 + 2 * 12},      /* W is read and written */
        {GM_PHASE_BP4, GM_MOMENTUM, true, 240, 40 + 30 + 4 * 12}, /* and V */
        {GM_PHASE_BP4, GM_ADAM, true, 240, 40 + 30 + 6 * 12},     /* and two moments */
        {GM_PHASE_BP4, GM_ADAM, false, 240, 40 + 30 + 2 * 12},    /* G */
        {GM_PHASE_BP3, GM_SGD, true, 40, 40},
        {GM_PHASE_ACTIVATION, GM_SGD, true, 0, 80},
        {GM_PHASE_LOSS, GM_SGD, true, 0, 120},
        {GM_PHASE_BP2_FACTOR, GM_SGD, true, 0, 120},
        {GM_PHASE_UPDATE, GM_SGD, false, 0, 3 * 12},      /* G and W read, W written */
        {GM_PHASE_UPDATE, GM_MOMENTUM, false, 0, 3 * 12}, /* BP4 wrote V: V and W read, W written */
        {GM_PHASE_UPDATE, GM_ADAM, false, 0, 7 * 12},     /* G read; M, V and W read and written */
        {GM_PHASE_WAIT, GM_SGD, true, 0, 0},
    };
    const gm_layer layer = {.inputs = 3, .outputs = 4};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const gm_work work = gm_work_of(parts[i].phase, &layer, 10, parts[i].optimizer, parts[i].joined);
        cr_expect_eq(work.flop, parts[i].flop, "part %zu: %g FLOP", i, work.flop);
        cr_expect_eq(work.numbers, parts[i].numbers, "part %zu: %g numbers", i, work.numbers);
    }
}

/* With 2 seconds, a peak of 100 FLOP/s and a bandwidth of 10 bytes/s: the limits are 100 and 40 FLOP, 24 and
 * 10 bytes; what lies on a limit is not above it. */
Test(figures, what_bounds_a_part)
{
    static const struct {
        double flop, bytes;
        const char *bound;
    } parts[] = {
        {101, 0, "compute"}, {101, 1000, "compute"}, {100, 0, "kernel"}, {41, 0, "kernel"},
        {40, 0, "overhead"}, {0, 0, "overhead"},     {0, 25, "cache"},   {100, 25, "kernel"},
        {0, 24, "memory"},   {100, 24, "memory"},    {0, 11, "memory"},  {39, 11, "memory"},
        {0, 10, "overhead"}, {41, 10, "kernel"},     {1, 25, "kernel"},  {39, 10, "overhead"},
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const char *bound = gm_bound_by(parts[i].flop, parts[i].bytes, 2, 100, 10);
        cr_expect_str_eq(bound, parts[i].bound, "%g FLOP, %g bytes: %s; expected %s", parts[i].flop,
                         parts[i].bytes, bound, parts[i].bound);
    }
}

/* Thread t spent 100 t + 10 layer + phase seconds, in 5 steps: the mean over 3 threads is that of thread 1.
 */
Test(figures, seconds_of_a_part)
{
    enum { THREADS = 3, LAYERS = 2 };
    double seconds[THREADS * LAYERS * GM_PHASE_COUNT];
    for (size_t t = 0; t < THREADS; t++)
        for (size_t l = 0; l < LAYERS; l++)
            for (size_t phase = 0; phase < GM_PHASE_COUNT; phase++)
                seconds[(t * LAYERS + l) * GM_PHASE_COUNT + phase] = (double)(100 * t + 10 * l + phase);
    const gm_profile profile = {seconds, THREADS, LAYERS};
    for (size_t l = 0; l < LAYERS; l++)
        for (size_t phase = 0; phase < GM_PHASE_COUNT; phase++)
            cr_expect_float_eq(gm_part_seconds(&profile, l, (gm_phase)phase, 5),
                               (double)(100 + 10 * l + phase) / 5, 1e-12, "layer %zu, phase %zu", l, phase);
}

Test(figures, speedup_and_efficiency)
{
    cr_expect_eq(gm_speedup(6, 2), 3);
    cr_expect_eq(gm_efficiency(3, 4), 75);
    cr_expect_eq(gm_efficiency(1, 1), 100);
    cr_expect_eq(gm_efficiency(gm_speedup(1, 2), 2), 25); /* two threads that take twice as long */
}

Test(figures, the_fastest_wherever_it_stands)
{
    const double least_first[] = {1, 2, 3}, least_last[] = {3, 2, 1}, between[] = {3, 1, 2},
                 equal[] = {2, 1, 1};
    cr_expect_eq(gm_fastest(least_first, 3), 0);
    cr_expect_eq(gm_fastest(least_last, 3), 2);
    cr_expect_eq(gm_fastest(between, 3), 1);
    cr_expect_eq(gm_fastest(equal, 3), 1);
    cr_expect_eq(gm_fastest(least_last, 1), 0);
}

static void expect_among(const double *medians, const double *deviations, size_t count, const char *expected)
{
    bool among[4];
    size_t marked = 0;
    const size_t told = gm_among_fastest(medians, deviations, count, among);
    for (size_t i = 0; i < count; i++) {
        cr_expect_eq(among[i], expected[i] == 'x', "%s: row %zu", expected, i);
        marked += among[i];
    }
    cr_expect_eq(told, marked, "%s", expected);
}

/* Rows whose intervals overlap cannot be told apart: 0.4 % at a spread of 5 % is no lead. */
Test(figures, nobody_is_the_fastest_by_less_than_the_spread)
{
    expect_among((const double[]){1.004, 1}, (const double[]){0.05, 0.05}, 2, "xx");
    expect_among((const double[]){1, 1.25, 2}, (const double[]){0.125, 0.0625, 0}, 3, "x  ");
    expect_among((const double[]){2, 1, 1.5}, (const double[]){0.25, 0.25, 0.25}, 3, " xx"); /* they touch */
    expect_among((const double[]){2, 1, 1.5}, (const double[]){0.25, 0.125, 0.25}, 3, " x ");
    expect_among((const double[]){3, 1}, (const double[]){5, 0}, 2, "xx"); /* one that may be anything */
    expect_among((const double[]){1, 1, 1}, (const double[]){0, 0, 0}, 3, "xxx");
    expect_among((const double[]){7}, (const double[]){1}, 1, "x");
}

Test(figures, no_share_of_the_peak_is_above_105_percent)
{
    cr_expect_eq(gm_peak_percent(0.5), 50);
    cr_expect_eq(gm_peak_percent(0), 0);
    cr_expect_eq(gm_peak_percent(1.03125), 103.125);
    cr_expect(isnan(gm_peak_percent(1.0625)));
    cr_expect(isnan(gm_peak_percent(17.2)));
    cr_expect(isnan(gm_peak_percent(INFINITY)));
    cr_expect(isnan(gm_peak_percent(NAN)));
}

static const gm_column *const share_columns[] = {&gm_column_peak_share};

Test(figures, a_share_that_cannot_be_is_left_out_with_a_note)
{
    gm_result result = gm_result_make("test", share_columns, 1);
    gm_result_row *row = gm_result_add(&result, NULL, "good");
    gm_result_peak_share(&result, row, 0.75);
    cr_expect_eq(row->cells[0].number, 75);
    cr_expect_eq(result.note_count, 0U);
    row = gm_result_add(&result, NULL, "bad");
    gm_result_peak_share(&result, row, 17.2);
    cr_expect(isnan(row->cells[0].number));
    cr_assert_eq(result.note_count, 1U);
    cr_expect_not_null(strstr(result.notes[0], "bad: no share of FMA: it would be 1720 %"), "%s",
                       result.notes[0]);
    gm_result_clear(&result);
}

static size_t column_of(const gm_result *result, const char *key)
{
    size_t i = 0;
    while (i < result->column_count && strcmp(result->columns[i]->key, key) != 0)
        i++;
    cr_assert_lt(i, result->column_count, "no column %s", key);
    return i;
}

/* One verdict, for a test whose numbers are given. Level 0.01, threshold 1/32, which is exact. */
static void expect_verdict(double p, double ratio, double low, double high, const char *expected)
{
    const gm_gate_options options = {.level = 0.01, .threshold = 0.03125};
    const gm_rank_test test = {.p = p, .ratio = ratio, .low = low, .high = high};
    gm_result result = gm_verdicts_make(&options);
    gm_error error;
    gm_result_row *row = gm_result_add(&result, &error, "row");
    cr_assert_not_null(row);
    size_t regressions = 0;
    gm_verdict_give(&result, row, &test, &options, &regressions);
    const char *verdict = row->cells[column_of(&result, "verdict")].text;
    cr_expect_str_eq(verdict, expected, "p %g, ratio %g, %g to %g: %s", p, ratio, low, high, verdict);
    cr_expect_eq(regressions, strcmp(expected, "slower") == 0 ? 1 : 0);
    gm_result_clear(&result);
}

/* A verdict needs three conditions: p is below the level, the change is above the threshold, and the interval
 * does not contain 1. */
Test(figures, a_verdict_needs_all_three)
{
    expect_verdict(0.001, 1.5, 1.25, 1.75, "slower");
    expect_verdict(0.001, 0.5, 0.25, 0.75, "faster");
    expect_verdict(0.01, 1.5, 1.25, 1.75, "same"); /* p on the level */
    expect_verdict(0.5, 0.5, 0.25, 0.75, "same");
    expect_verdict(0.001, 1.03125, 1.015625, 1.0625, "same"); /* on the threshold */
    expect_verdict(0.001, 0.96875, 0.9375, 0.984375, "same");
    expect_verdict(0.001, 1.5, 1, 1.75, "same"); /* the interval holds 1, or begins there */
    expect_verdict(0.001, 1.5, 0.75, 1.75, "same");
    expect_verdict(0.001, 0.5, 0.25, 1, "same");
    expect_verdict(0.001, 0.5, 0.25, 1.25, "same");
}

/* The row of one verdict, for a test whose numbers are given; the result is to be cleared. */
static gm_result verdict_of(const gm_rank_test *test)
{
    const gm_gate_options options = gm_gate_options_default();
    gm_result result = gm_verdicts_make(&options);
    gm_error error;
    size_t regressions = 0;
    const double before[] = {3e-6, 1e-6, 2e-6}, after[] = {4e-6, 2e-6};
    gm_result_row *row = gm_result_add(&result, &error, "row");
    cr_assert_not_null(row);
    cr_assert_eq(gm_verdict_times(&result, row, (gm_samples){before, 3}, (gm_samples){after, 2}, &error),
                 GM_OK);
    gm_verdict_give(&result, row, test, &options, &regressions);
    return result;
}

static const gm_cell *cell_of(const gm_result *result, const char *key)
{
    return &result->rows[0].cells[column_of(result, key)];
}

/* A ratio of 1.5 is a change of + 50 %. */
Test(figures, the_numbers_of_a_verdict)
{
    gm_result slower = verdict_of(&(gm_rank_test){.p = 0.001, .ratio = 1.5, .low = 1.25, .high = 1.75});
    cr_expect_eq(cell_of(&slower, "change")->number, 50);
    cr_expect_eq(cell_of(&slower, "p")->number, 0.001);
    cr_expect_str_eq(cell_of(&slower, "interval")->text, "+25.00 to +75.00");
    cr_expect_float_eq(cell_of(&slower, "old_us")->number, 2, 1e-12);
    cr_expect_float_eq(cell_of(&slower, "new_us")->number, 3, 1e-12);
    cr_expect(slower.note_count == 1 && strcmp(slower.notes[0], "slower: row") == 0);
    gm_result faster = verdict_of(&(gm_rank_test){.p = 0.001, .ratio = 0.5, .low = 0.25, .high = INFINITY});
    cr_expect_eq(cell_of(&faster, "change")->number, -50);
    cr_expect_str_eq(cell_of(&faster, "interval")->text, "too few samples");
    cr_expect_eq(faster.note_count, 0U);
    gm_result_clear(&slower);
    gm_result_clear(&faster);
}

/* A microsecond to the nanosecond, a change to a hundredth of a percent, p to four digits. */
Test(figures, a_verdict_in_the_table)
{
    gm_result result = verdict_of(&(gm_rank_test){.p = 0.00125, .ratio = 1.5, .low = 1.25, .high = 1.75});
    char *text = NULL;
    size_t size;
    gm_error error;
    FILE *out = open_memstream(&text, &size);
    const gm_environment environment = {.date = "today"};
    cr_assert_eq(gm_output_write(&result, &environment, GM_FORMAT_TABLE, out, &error), GM_OK);
    cr_assert_eq(fclose(out), 0);
    const char *line = strstr(text, "\nrow ");
    cr_assert_not_null(line, "%s", text);
    char name[8], before[16], after[16], change[16], p[16];
    cr_assert_eq(
        sscanf(line, "%7s %15s %15s %15s +25.00 to +75.00 %15s slower", name, before, after, change, p), 5,
        "%s", line);
    cr_expect_str_eq(before, "2.000");
    cr_expect_str_eq(after, "3.000");
    cr_expect_str_eq(change, "50.00");
    cr_expect_str_eq(p, "0.0013");
    free(text);
    gm_result_clear(&result);
}

Test(figures, options_of_the_gate)
{
    const gm_gate_options options = gm_gate_options_default();
    cr_expect_eq(options.level, 0.01);
    cr_expect_eq(options.threshold, 0.03);
    cr_expect_eq(gm_gate_options_check(&(gm_gate_options){0.5, 0}, NULL), GM_OK, "any change counts");
    cr_expect_eq(gm_gate_options_check(&(gm_gate_options){0.01, INFINITY}, NULL), GM_USAGE);
}

/* More samples than any machine has the memory for; none of them is read. */
Test(figures, times_without_memory)
{
    const gm_gate_options options = gm_gate_options_default();
    gm_result result = gm_verdicts_make(&options);
    gm_error error = {0};
    gm_result_row *row = gm_result_add(&result, &error, "row");
    cr_assert_not_null(row);
    cr_expect_eq(
        gm_verdict_times(&result, row, (gm_samples){&(double){1}, (size_t)1 << 50}, (gm_samples){0}, &error),
        GM_LIMIT);
    cr_expect_str_eq(error.message, "no memory for samples; needed 8 PiB");
    gm_result_clear(&result);
}

/* The title gives the threshold in percent and the level as it is. */
Test(figures, the_title_of_verdicts)
{
    const gm_gate_options options = {.level = 0.005, .threshold = 0.03125};
    gm_result result = gm_verdicts_make(&options);
    cr_expect_str_eq(result.title, "Time of one iteration; a change counts beyond 3.125 % at p < 0.005");
    gm_result_clear(&result);
}

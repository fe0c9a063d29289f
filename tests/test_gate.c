/* Tests the gate: its rank tests against numbers of SciPy, and its verdicts on files. */
#include "bench/gate/gate.h"
#include "bench/measure/rank_test.h"
#include "scratch.h"

#include <math.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define MOST         7
#define MOST_CHANGES 12

/* p by scipy.stats.mannwhitneyu, method exact without ties, else asymptotic with continuity; the ratio by
 * exp(numpy.median) of all differences of logarithms; the interval from the counts of U by the recursion of
 * Mann and Whitney. */
static const struct {
    double before[MOST], after[MOST];
    size_t before_count, after_count;
    double p, ratio, low, high;
} sets[] = {
    {{1.0, 1.1, 1.2, 1.3, 1.4},
     {1.25, 1.35, 1.45, 1.55, 1.65},
     5,
     5,
     0.05555555555555555,
     1.2083333333333333,
     0.9642857142857144,
     1.5},
    {{1.00, 1.01, 1.02, 1.03, 1.04, 1.05, 1.06},
     {2.00, 2.03, 2.05, 2.06, 2.09, 2.11},
     7,
     6,
     0.0011655011655011655,
     1.9952774432323188,
     1.941747572815534,
     2.05},
    {{3}, {4}, 1, 1, 1, 4.0 / 3, 0, INFINITY},
    {{2, 2, 2}, {2, 2, 2}, 3, 3, 1, 1, 1, 1},
};

static void expect_near(double value, double expected, const char *what, size_t set)
{
    cr_expect(value == expected || fabs(value - expected) <= 1e-12 * fabs(expected),
              "set %zu: %s is %.17g; expected %.17g", set, what, value, expected);
}

Test(gate, ranks_as_scipy_does)
{
    for (size_t i = 0; i < COUNT(sets); i++) {
        gm_rank_test test;
        gm_error error;
        cr_assert_eq(gm_rank_test_run(&test, (gm_samples){sets[i].before, sets[i].before_count},
                                      (gm_samples){sets[i].after, sets[i].after_count}, 0.05, &error),
                     GM_OK);
        expect_near(test.p, sets[i].p, "p", i);
        expect_near(test.ratio, sets[i].ratio, "ratio", i);
        expect_near(test.low, sets[i].low, "low", i);
        expect_near(test.high, sets[i].high, "high", i);
    }
}

Test(gate, ranks_with_ties_as_scipy_does)
{
    const double before[] = {1, 1, 2, 2, 3, 4}, after[] = {2, 2, 3, 4, 5, 5, 6};
    gm_rank_test test;
    gm_error error;
    cr_assert_eq(gm_rank_test_run(&test, (gm_samples){before, 6}, (gm_samples){after, 7}, 0.05, &error),
                 GM_OK);
    cr_expect_not(test.exact);
    expect_near(test.p, 0.06859494051527937, "p", 0);
    expect_near(test.ratio, 2, "ratio", 0);
}

/* 30 a side are beyond the exact counts, 25 are the most that are within them. */
Test(gate, ranks_of_many_samples_as_scipy_does)
{
    static const struct {
        size_t count;
        double shift, p, ratio;
    } many[] = {{30, 1.035, 0.051877131053959046, 1.0446372170640414},
                {25, 1.0055, 0.4410381393913312, 1.0168154761904762}};
    for (size_t i = 0; i < COUNT(many); i++) {
        double before[30], after[30];
        gm_rank_test test;
        gm_error error;
        for (size_t j = 0; j < many[i].count; j++) {
            before[j] = 1 + (double)(j * 7 % many[i].count) / 100;
            after[j] = many[i].shift + (double)(j * 11 % many[i].count) / 90;
        }
        cr_assert_eq(gm_rank_test_run(&test, (gm_samples){before, many[i].count},
                                      (gm_samples){after, many[i].count}, 0.05, &error),
                     GM_OK);
        cr_expect_eq(test.exact, many[i].count <= 25);
        cr_expect_float_eq(test.p, many[i].p, 1e-10, "%.17g", test.p);
        cr_expect_float_eq(test.ratio, many[i].ratio, 1e-12, "%.17g", test.ratio);
    }
}

/* Turning old and new around gives the same p and the inverse ratio. */
Test(gate, both_directions_agree)
{
    for (size_t i = 0; i < COUNT(sets); i++) {
        gm_rank_test there, back;
        cr_assert_eq(gm_rank_test_run(&there, (gm_samples){sets[i].before, sets[i].before_count},
                                      (gm_samples){sets[i].after, sets[i].after_count}, 0.05, NULL),
                     GM_OK);
        cr_assert_eq(gm_rank_test_run(&back, (gm_samples){sets[i].after, sets[i].after_count},
                                      (gm_samples){sets[i].before, sets[i].before_count}, 0.05, NULL),
                     GM_OK);
        expect_near(back.p, there.p, "p", i);
        expect_near(back.ratio, 1 / there.ratio, "ratio", i);
        expect_near(back.low, 1 / there.high, "low", i);
    }
}

static gm_rank_test signed_ranks(const double *changes, size_t count, double level)
{
    gm_rank_test test;
    gm_error error;
    cr_assert_eq(gm_signed_rank_test_run(&test, changes, count, level, &error), GM_OK);
    return test;
}

/* Depression scores of nine patients before and after therapy: Hollander and Wolfe 1973, pages 29 f., which
 * R's wilcox.test has as its example: T = 5, estimate -0.46, interval -0.786 to -0.010. */
Test(gate, signed_ranks_as_hollander_and_wolfe)
{
    static const double before[] = {1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30},
                        after[] = {0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29};
    double changes[COUNT(before)];
    for (size_t i = 0; i < COUNT(before); i++)
        changes[i] = after[i] - before[i];
    const gm_rank_test test = signed_ranks(changes, COUNT(before), 0.04);
    cr_expect(test.exact);
    cr_expect_float_eq(test.p, 2 * 10.0 / 512, 1e-15, "%.17g", test.p);
    cr_expect_float_eq(log(test.ratio), -0.46, 1e-12, "%.17g", log(test.ratio));
    cr_expect_float_eq(log(test.low), -0.786, 1e-12, "%.17g", log(test.low));
    cr_expect_float_eq(log(test.high), -0.010, 1e-12, "%.17g", log(test.high));
}

/* T by its definition, the sum of the ranks of negative changes, for each of the 2^7 signs of seven changes.
 */
Test(gate, signed_ranks_by_counting)
{
    enum { N = 7, ALL = 1 << N };
    size_t sums[ALL];
    for (size_t signs = 0; signs < ALL; signs++) {
        sums[signs] = 0;
        for (size_t i = 0; i < N; i++)
            sums[signs] += signs >> i & 1 ? i + 1 : 0;
    }
    for (size_t signs = 0; signs < ALL; signs++) {
        double changes[N];
        size_t as_far = 0;
        const size_t top = N * (N + 1) / 2,
                     least = sums[signs] < top - sums[signs] ? sums[signs] : top - sums[signs];
        for (size_t i = 0; i < N; i++)
            changes[i] = (signs >> i & 1 ? -1 : 1) * (0.01 * (double)(i + 1) + 0.0001 * (double)(i * i));
        for (size_t i = 0; i < ALL; i++)
            as_far += sums[i] <= least;
        const double p = fmin(1, 2.0 * (double)as_far / ALL);
        cr_expect_float_eq(signed_ranks(changes, N, 0.1).p, p, 1e-15, "signs %zu", signs);
    }
}

/* p of the normal approximation from first principles: each size that is not 0 has its mean rank r, a sign
 * thrown by a coin, and so adds r / 2 to the mean of T and r^2 / 4 to its variance. Continuity takes 1/2 off.
 */
static double p_from_coins(const double *changes, size_t count)
{
    double mean = 0, variance = 0, t = 0;
    for (size_t i = 0; i < count; i++) {
        double rank = 0.5;
        for (size_t j = 0; j < count; j++)
            rank += fabs(changes[j]) < fabs(changes[i]) ? 1 : fabs(changes[j]) == fabs(changes[i]) ? 0.5 : 0;
        mean += changes[i] != 0 ? rank / 2 : 0;
        variance += changes[i] != 0 ? rank * rank / 4 : 0;
        t += changes[i] < 0 ? rank : 0;
    }
    const double distance = fmax(0, fabs(t - mean) - 0.5);
    return erfc(distance / sqrt(2 * variance));
}

/* Not in the order of their sizes; runs of one, two and three equal ones; none, one, two and three zeros. */
Test(gate, signed_ranks_with_ties_and_zeros)
{
    static const struct {
        size_t count;
        double changes[MOST_CHANGES];
    } lists[] = {
        {9, {0.5, -0.25, 1, 0.5, 2, -0.125, 4, 1, 1}},
        {8, {3, 0, 1, -0.5, 0.25, 2, 4, 8}},
        {10, {0, 0.75, -0.75, 0.5, 0, 1, 2, 3, 1.5, 2}},
        {12, {0, 5, 0, -1, 1, 2, 0, 3, 3, -4, 6, 7}},
        {7, {-1, -1, -2, 1, -3, -4, 2}},
    };
    for (size_t i = 0; i < COUNT(lists); i++) {
        const gm_rank_test test = signed_ranks(lists[i].changes, lists[i].count, 0.1);
        cr_expect_not(test.exact, "list %zu", i);
        cr_expect_float_eq(test.p, p_from_coins(lists[i].changes, lists[i].count), 1e-12, "list %zu: %.15g",
                           i, test.p);
    }
}

/* Beyond the exact counts, and with ties: T = 0 of 60, and equal changes in both directions. */
Test(gate, signed_ranks_of_many_and_of_ties)
{
    double changes[60];
    for (size_t i = 0; i < 60; i++)
        changes[i] = 0.05 + 0.001 * (double)i;
    const gm_rank_test many = signed_ranks(changes, 60, 0.01);
    cr_expect_not(many.exact);
    cr_expect_float_eq(many.p, erfc((915 - 0.5) / sqrt(60 * 61 * 121 / 24.0) / sqrt(2)), 1e-18, "%.17g",
                       many.p);
    cr_expect(many.low > exp(0.05) && many.high < exp(0.109) && many.low < many.ratio &&
              many.ratio < many.high);
    for (size_t i = 0; i < 10; i++)
        changes[i] = i % 2 ? 0.02 : -0.02;
    const gm_rank_test even = signed_ranks(changes, 10, 0.01);
    cr_expect_not(even.exact);
    cr_expect_eq(even.p, 1);
    cr_expect_eq(even.ratio, 1);
    memset(changes, 0, sizeof changes);
    cr_expect_eq(signed_ranks(changes, 10, 0.01).p, 1);
}

static bool excludes_1(const gm_rank_test *test)
{
    return test->low > 1 || test->high < 1;
}

/* Beyond the exact counts: the interval is without 1 exactly where p is at most the level. */
Test(gate, the_interval_agrees_with_p)
{
    enum { SHIFTS = 200, SIDE = 30, PAIRS = 60 };
    size_t changed[2] = {0, 0};
    for (size_t s = 0; s < SHIFTS; s++) {
        double before[SIDE], after[SIDE], changes[PAIRS];
        const double shift = (double)s / SHIFTS;
        gm_rank_test test;
        for (size_t j = 0; j < SIDE; j++) {
            before[j] = 1 + (double)(j * 7 % SIDE) / SIDE;
            after[j] = 1.0003 + shift + (double)(j * 11 % SIDE) / (SIDE + 1);
        }
        for (size_t j = 0; j < PAIRS; j++)
            changes[j] = 0.0003 + shift + (j % 2 ? 1 : -1) * (double)(j + 1) / 40;
        cr_assert_eq(
            gm_rank_test_run(&test, (gm_samples){before, SIDE}, (gm_samples){after, SIDE}, 0.05, NULL),
            GM_OK);
        cr_expect_eq(excludes_1(&test), test.p <= 0.05, "shift %g: p %g, [%g, %g]", shift, test.p, test.low,
                     test.high);
        changed[0] += excludes_1(&test);
        test = signed_ranks(changes, PAIRS, 0.05);
        cr_expect_eq(excludes_1(&test), test.p <= 0.05, "shift %g: p %g, [%g, %g] of changes", shift, test.p,
                     test.low, test.high);
        changed[1] += excludes_1(&test);
    }
    for (size_t i = 0; i < 2; i++)
        cr_expect(changed[i] > 0 && changed[i] < SHIFTS, "test %zu: always the same", i);
}

/* The smallest samples that have an interval at all: it goes from the least to the largest ratio. With one
 * sample less, P(U = 0) = 1/20 and P(T = 0) = 1/32 are above half the level. */
Test(gate, the_interval_of_the_smallest_samples)
{
    static const double before[] = {1, 2, 3, 4}, after[] = {5, 6.5, 8, 9},
                        changes[] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6};
    gm_rank_test test;
    cr_assert_eq(gm_rank_test_run(&test, (gm_samples){before, 4}, (gm_samples){after, 4}, 0.05, NULL), GM_OK);
    cr_expect_float_eq(test.p, 2.0 / 70, 1e-15);
    expect_near(test.low, 5.0 / 4, "low", 0);
    expect_near(test.high, 9, "high", 0);
    cr_assert_eq(gm_rank_test_run(&test, (gm_samples){before, 3}, (gm_samples){after, 3}, 0.05, NULL), GM_OK);
    cr_expect(test.low == 0 && test.high == INFINITY);
    test = signed_ranks(changes, 6, 0.05);
    cr_expect_float_eq(test.p, 2.0 / 64, 1e-15);
    expect_near(log(test.low), 0.1, "low", 1);
    expect_near(log(test.high), 0.6, "high", 1);
    test = signed_ranks(changes, 5, 0.05);
    cr_expect(test.low == 0 && test.high == INFINITY);
}

Test(gate, least_p_of_so_many_samples)
{
    cr_expect_float_eq(gm_rank_test_least(3, 3), 0.1, 1e-15);
    cr_expect_float_eq(gm_rank_test_least(5, 5), 2.0 / 252, 1e-15);
    cr_expect_float_eq(gm_rank_test_least(1, 1), 1, 1e-15);
    cr_expect_float_eq(gm_signed_rank_test_least(1), 1, 1e-15);
    cr_expect_float_eq(gm_signed_rank_test_least(8), 2.0 / 256, 1e-15);
}

/* 11 repetitions of each row: milliseconds `base` with some spread; the peaks beside them, if any, are those
 * of a clock that is `clock` times slower. */
struct row {
    const char *name;
    double base, clock;
};

static scratch_text write_rows(const char *file, const struct row *rows, size_t count)
{
    const scratch_text path = scratch_path(file);
    FILE *out = fopen(path.text, "w");
    cr_assert_not_null(out);
    fputs("{\"context\": {}, \"benchmarks\": [{\"name\": \"x_mean\", \"run_type\": \"aggregate\"}", out);
    for (size_t i = 0; i < count; i++) {
        for (int j = 0; j < 11; j++) {
            fprintf(out,
                    ",\n{\"name\": \"%s/r\", \"run_name\": \"%s\", \"run_type\": \"iteration\", "
                    "\"real_time\": %.9g, \"time_unit\": \"ms\"",
                    rows[i].name, rows[i].name, rows[i].base * (1 + 0.001 * (j * 7 % 11)));
            if (rows[i].clock > 0)
                fprintf(out, ", \"peak_flops\": %.9g", 1e11 / rows[i].clock);
            fputs("}", out);
        }
    }
    fputs("]}\n", out);
    cr_assert_eq(fclose(out), 0);
    return path;
}

static const gm_cell *cell(const gm_result *result, const char *name, const char *key)
{
    for (size_t i = 0; i < result->row_count; i++)
        for (size_t j = 0; j < result->column_count; j++)
            if (strcmp(result->rows[i].name, name) == 0 && strcmp(result->columns[j]->key, key) == 0)
                return &result->rows[i].cells[j];
    cr_assert_fail("no row %s with %s", name, key);
    return NULL;
}

Test(gate, verdicts, .init = scratch_make, .fini = scratch_remove)
{
    const struct row before[] = {{"same", 2, 0},     {"slower", 2, 0}, {"faster", 2, 0},
                                 {"a little", 2, 0}, {"drift", 2, 1},  {"gone", 1, 0}};
    const struct row after[] = {{"same", 2.0001, 0},   {"slower", 2.5, 0}, {"faster", 1.5, 0},
                                {"a little", 2.04, 0}, {"drift", 3, 1.5},  {"new", 1, 0}};
    static const char *const verdicts[][2] = {
        {"same", "same"},  {"slower", "slower"}, {"faster", "faster"}, {"a little", "same"},
        {"drift", "same"}, {"gone", "only old"}, {"new", "only new"}};
    const scratch_text a = write_rows("a", before, COUNT(before)), b = write_rows("b", after, COUNT(after));
    const gm_gate_options options = gm_gate_options_default();
    gm_result result;
    gm_error error = {0};
    size_t regressions;
    cr_assert_eq(gm_gate_compare(&result, a.text, b.text, &options, &regressions, &error), GM_OK, "%s",
                 error.message);
    cr_expect_eq(regressions, 1);
    cr_expect_eq(result.row_count, COUNT(verdicts));
    for (size_t i = 0; i < COUNT(verdicts); i++)
        cr_expect_str_eq(cell(&result, verdicts[i][0], "verdict")->text, verdicts[i][1], "%s",
                         verdicts[i][0]);
    cr_expect_float_eq(cell(&result, "slower", "change")->number, 25, 0.5);
    cr_expect_float_eq(cell(&result, "slower", "old_us")->number, 2010, 1e-9);
    cr_expect(isnan(cell(&result, "gone", "new_us")->number), "a time that nobody took");
    cr_expect(isnan(cell(&result, "new", "old_us")->number));
    cr_expect_float_eq(cell(&result, "gone", "old_us")->number, 1005, 1e-9);
    cr_expect_float_eq(cell(&result, "new", "new_us")->number, 1005, 1e-9);
    gm_result_clear(&result);
}

static bool has_note(const gm_result *result, const char *begin, const char *end)
{
    for (size_t i = 0; i < result->note_count; i++) {
        const size_t length = strlen(result->notes[i]);
        if (strncmp(result->notes[i], begin, strlen(begin)) == 0 && length >= strlen(end) &&
            strcmp(result->notes[i] + length - strlen(end), end) == 0)
            return true;
    }
    return false;
}

/* A gate that had nothing to compare must not pass. */
Test(gate, files_without_a_row_in_common, .init = scratch_make, .fini = scratch_remove)
{
    const struct row before[] = {{"x", 2, 0}, {"y", 2, 0}}, after[] = {{"z", 2, 0}};
    const scratch_text a = write_rows("a", before, COUNT(before)), b = write_rows("b", after, COUNT(after));
    const gm_gate_options options = gm_gate_options_default();
    gm_result result;
    gm_error error;
    size_t regressions;
    cr_expect_eq(gm_gate_compare(&result, a.text, b.text, &options, &regressions, &error), GM_CHECK);
    cr_expect_not_null(strstr(error.message, "nothing to compare"), "%s", error.message);
    cr_expect_eq(result.row_count, 3U, "the rows are shown none the less");
    cr_expect(has_note(&result, "only in ", "a: x") && has_note(&result, "only in ", "b: z"));
    gm_result_clear(&result);
}

Test(gate, rows_without_a_partner_or_a_sample_are_named, .init = scratch_make, .fini = scratch_remove)
{
    static const char text[] =
        "{\"benchmarks\": [{\"name\": \"x\", \"real_time\": 1}, {\"name\": \"x_mean\", \"run_type\": \"aggregate\"},"
        "{\"name\": \"absent\", \"run_type\": \"iteration\", \"iterations\": 0, \"real_time\": 0},"
        "{\"name\": \"failed\", \"error_occurred\": true}, {\"name\": \"x\", \"iterations\": 0}]}";
    const struct row after[] = {{"x", 2, 0}, {"new", 2, 0}};
    const scratch_text a = scratch_path("a"), b = write_rows("b", after, COUNT(after));
    scratch_write(a.text, text, strlen(text));
    const gm_gate_options options = gm_gate_options_default();
    gm_result result;
    gm_error error;
    size_t regressions;
    cr_expect_eq(gm_gate_compare(&result, a.text, b.text, &options, &regressions, &error), GM_CHECK);
    cr_expect_not_null(strstr(error.message, "samples enough"), "one sample of x can show no change: %s",
                       error.message);
    cr_expect_str_eq(cell(&result, "x", "verdict")->text, "undecided");
    cr_expect(has_note(&result, "only in ", "b: new"));
    cr_expect(has_note(&result, a.text, ": no sample of absent"));
    cr_expect(has_note(&result, a.text, ": no sample of failed"));
    cr_expect_not(has_note(&result, a.text, ": no sample of x"), "another entry of it was timed");
    cr_expect_not(has_note(&result, a.text, ": no sample of x_mean"), "an aggregate has none");
    gm_result_clear(&result);
}

Test(gate, a_file_against_itself_is_the_same, .init = scratch_make, .fini = scratch_remove)
{
    const struct row rows[] = {{"x", 2, 0}, {"y", 3, 1}};
    const scratch_text a = write_rows("a", rows, COUNT(rows));
    const gm_gate_options options = gm_gate_options_default();
    gm_result result;
    size_t regressions;
    cr_assert_eq(gm_gate_compare(&result, a.text, a.text, &options, &regressions, NULL), GM_OK);
    cr_expect_eq(regressions, 0);
    cr_expect_float_eq(cell(&result, "x", "change")->number, 0, 1e-12);
    gm_result_clear(&result);
}

Test(gate, files_that_are_none, .init = scratch_make, .fini = scratch_remove)
{
    static const struct {
        const char *text;
        gm_status status;
        const char *line;
    } faults[] = {
        {"", GM_BAD_DATA, "not JSON"},
        {"{", GM_BAD_DATA, "not JSON"},
        {"[]", GM_BAD_DATA, "no list"},
        {"{\"benchmarks\": 1}", GM_BAD_DATA, "no list"},
        {"{\"benchmarks\": []}", GM_BAD_DATA, "no timings"},
        {"{\"benchmarks\": [1, null, \"x\"]}", GM_BAD_DATA, "no timings"},
        {"{\"benchmarks\": [{\"real_time\": 1}]}", GM_BAD_DATA, "has no name"},
        {"{\"benchmarks\": [{\"name\": \"x\"}]}", GM_BAD_DATA, "no time"},
        {"{\"benchmarks\": [{\"name\": \"x\", \"real_time\": -1}]}", GM_BAD_DATA, "no time"},
        {"{\"benchmarks\": [{\"name\": \"x\", \"real_time\": 1, \"time_unit\": \"h\"}]}", GM_BAD_DATA,
         "no time"},
    };
    const gm_gate_options options = gm_gate_options_default();
    const scratch_text path = scratch_path("x");
    size_t regressions;
    gm_result result;
    gm_error error;
    for (size_t i = 0; i < COUNT(faults); i++) {
        scratch_write(path.text, faults[i].text, strlen(faults[i].text));
        const gm_status status =
            gm_gate_compare(&result, path.text, path.text, &options, &regressions, &error);
        cr_expect_eq(status, faults[i].status, "%s: %d", faults[i].text, status);
        cr_expect_not_null(strstr(error.message, faults[i].line), "%s: %s", faults[i].text, error.message);
        gm_result_clear(&result);
    }
    cr_expect_eq(gm_gate_compare(&result, "/nowhere/x", path.text, &options, &regressions, &error), GM_IO);
    gm_result_clear(&result);
}

Test(gate, options_that_mean_nothing)
{
    static const gm_gate_options wrong[] = {{0, 0.03}, {1, 0.03}, {NAN, 0.03}, {0.01, -1}, {0.01, NAN}};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        gm_result result;
        size_t regressions;
        cr_expect_eq(gm_gate_compare(&result, "x", "x", &wrong[i], &regressions, NULL), GM_USAGE, "%zu", i);
        gm_result_clear(&result);
    }
}

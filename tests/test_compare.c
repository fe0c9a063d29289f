/* Tests child processes and contests, and their failures. The children are shell scripts that answer as
 * bench/contest/problem.h describes, so that a test can have a child that crashes, hangs, or computes another
 * result. */
#include "base/clock.h"
#include "bench/contest/child.h"
#include "bench/peers/compare.h"
#include "bench/contest/contest.h"
#include "bench/contest/contest_result.h"
#include "bench/peers/libraries.h"
#include "bench/peers/peers.h"
#include "bench/contest/problem.h"
#include "nets.h"

#include <jansson.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#define SHELL(script) ((const char *const[]){"/bin/sh", "-c", script, NULL})
#define HELLO         "echo '{\"ready\": true, \"name\": \"x\"}'; "
#define ANSWERS(loss) HELLO "while read a; do echo '{\"seconds\": 0.1, \"loss\": " loss "}'; done"
#define COUNT(array)  (sizeof(array) / sizeof *(array))

static gm_child start(const char *script)
{
    gm_child child;
    gm_error error;
    const gm_child_options options = {.arguments = SHELL(script), .problem = -1};
    cr_assert_eq(gm_child_start(&child, &options, &error), GM_OK, "%s", error.message);
    return child;
}

Test(compare, a_child_answers_line_by_line)
{
    gm_child child = start("while read a; do echo \"got $a\"; done");
    const char *answer;
    gm_error error;
    cr_assert_eq(gm_child_ask(&child, "one", 10, &answer, &error), GM_OK, "%s", error.message);
    cr_expect_str_eq(answer, "got one");
    cr_assert_eq(gm_child_ask(&child, "two", 10, &answer, &error), GM_OK, "%s", error.message);
    cr_expect_str_eq(answer, "got two");
    gm_child_stop(&child);
    cr_expect_eq(child.process, 0);
}

Test(compare, answers_that_come_together_are_read_apart)
{
    gm_child child = start("printf 'a\\nb\\n'; read x");
    const char *answer;
    cr_assert_eq(gm_child_ask(&child, NULL, 10, &answer, NULL), GM_OK);
    cr_expect_str_eq(answer, "a");
    cr_assert_eq(gm_child_ask(&child, NULL, 10, &answer, NULL), GM_OK);
    cr_expect_str_eq(answer, "b");
    gm_child_stop(&child);
}

Test(compare, ends_of_a_child_are_told_apart)
{
    static const struct {
        const char *script, *line;
    } ends[] = {
        {"exit 3", "exit code 3"},
        {"echo first >&2; echo no good >&2; exit 1", "exit code 1: no good"},
        {"kill -SEGV $$", "died of signal 11"},
        {"sleep 30", "killed: no answer within 0.3 s"},
        {"exec >&- <&-; exec sleep 30", "killed: no answer within 0.3 s"},
        {"while :; do printf xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done", "killed"},
    };
    for (size_t i = 0; i < COUNT(ends); i++) {
        gm_child child = start(ends[i].script);
        const char *answer;
        gm_error error;
        const double patience = strstr(ends[i].line, "killed") ? 0.3 : 10;
        cr_expect_eq(gm_child_ask(&child, "step 1", patience, &answer, &error), GM_IO, "%s", ends[i].script);
        cr_expect_not_null(strstr(error.message, ends[i].line), "%s: %s", ends[i].script, error.message);
        cr_expect_eq(gm_child_ask(&child, "step 1", 10, &answer, &error), GM_IO);
        gm_child_stop(&child);
    }
}

Test(compare, a_program_that_is_not_there)
{
    gm_child child;
    gm_error error;
    const gm_child_options options = {.arguments = (const char *const[]){"/nowhere/x", NULL}, .problem = -1};
    cr_expect_eq(gm_child_start(&child, &options, &error), GM_IO);
    cr_expect_not_null(strstr(error.message, "/nowhere/x"));
}

Test(compare, only_the_preloaded_library_is_added_to_the_environment)
{
    gm_child child;
    const char *answer;
    setenv("OPENBLAS_CORETYPE", "Haswell", 1);
    const gm_child_options options = {
        .arguments = SHELL("echo $LD_PRELOAD $OPENBLAS_CORETYPE"), .preload = "/nowhere/x.so", .problem = -1};
    cr_assert_eq(gm_child_start(&child, &options, NULL), GM_OK);
    cr_assert_eq(gm_child_ask(&child, NULL, 10, &answer, NULL), GM_OK);
    cr_expect_not_null(strstr(answer, "/nowhere/x.so"));
    cr_expect_not_null(strstr(answer, "Haswell"));
    gm_child_stop(&child);
    const gm_child_options blank = {.arguments = SHELL(""), .preload = "/a b.so", .problem = -1};
    cr_expect_eq(gm_child_start(&child, &blank, NULL), GM_USAGE);
}

Test(compare, one_that_fails_costs_its_row_only)
{
    static const struct {
        const char *script, *fault; /* NULL: none */
    } entries[] = {
        {ANSWERS("1.0"), NULL},
        {ANSWERS("1.00001"), NULL},
        {ANSWERS("1.01"), "wrong result"},
        {ANSWERS("NaN"), "not JSON"},
        {HELLO "read a; kill -SEGV $$", "died of signal 11"},
        {HELLO "sleep 30", "killed"},
        {"echo '{\"missing\": \"python3-torch\"}'", "not installed (package python3-torch)"},
        {"echo '{\"unsuitable\": \"no softmax\"}'", "not comparable: no softmax"},
        {"echo garbage", "not JSON"},
        {HELLO "read a; echo '{\"error\": \"no memory\"}'", "no memory"},
        {HELLO "read a; echo '{\"loss\": 1}'", "without a time"},
    };
    static gm_contestant all[COUNT(entries)];
    gm_contest_options options = gm_contest_options_default();
    options.rounds = 3;
    options.patience = 0.5;
    gm_error error = {0};
    const char *arguments[COUNT(entries)][4];
    for (size_t i = 0; i < COUNT(entries); i++) {
        memcpy(arguments[i], SHELL(entries[i].script), sizeof arguments[i]);
        all[i] = (gm_contestant){.label = "x", .options = {.arguments = arguments[i]}};
    }
    gm_contest_start(all, COUNT(all), -1, options.patience);
    gm_contest_check(all, COUNT(all), &options);
    cr_expect_eq(gm_contest_time(all, COUNT(all), &options, &error), GM_OK);
    gm_contest_stop(all, COUNT(all));
    for (size_t i = 0; i < COUNT(entries); i++) {
        cr_expect_eq(all[i].candidate.count, entries[i].fault ? 0 : 3, "%s: %zu", entries[i].script,
                     all[i].candidate.count);
        for (size_t j = 0; j < all[i].candidate.count; j++)
            cr_expect(all[i].candidate.peaks[j] > 1e6 && isfinite(all[i].candidate.peaks[j]), "%g FLOP/s",
                      all[i].candidate.peaks[j]);
        cr_expect(entries[i].fault ? strstr(all[i].fault, entries[i].fault) != NULL : !*all[i].fault,
                  "%s: %s", entries[i].script, all[i].fault);
    }
}

Test(compare, a_problem_survives_its_file)
{
    gm_problem before = {.widths = {5, 4, 3},
                         .width_count = 3,
                         .hidden = GM_TANH,
                         .output = GM_SOFTMAX,
                         .loss = GM_CROSS_ENTROPY,
                         .optimizer = gm_optimizer_default(GM_ADAM),
                         .precision = GM_F64,
                         .threads = 2,
                         .batch = 6,
                         .batches = 3,
                         .backend = "naive"},
               after;
    gm_error error;
    int descriptor;
    char path[64];
    cr_assert_eq(gm_problem_draw(&before, &error), GM_OK, "%s", error.message);
    cr_assert_eq(gm_problem_write(&before, &descriptor, &error), GM_OK, "%s", error.message);
    snprintf(path, sizeof path, "/dev/fd/%d", descriptor);
    for (int twice = 0; twice < 2; twice++) { /* each reader has a position of its own */
        cr_assert_eq(gm_problem_read(&after, path, &error), GM_OK, "%s", error.message);
        cr_expect_eq(after.hidden, GM_TANH);
        cr_expect_eq(after.optimizer.kind, GM_ADAM);
        cr_expect_eq(after.optimizer.rate, before.optimizer.rate);
        cr_expect_eq(after.precision, GM_F64);
        cr_expect_eq(after.parameter_count, 5 * 4 + 4 + 4 * 3 + 3);
        cr_expect_arr_eq(after.parameters, before.parameters, before.parameter_count * sizeof(float));
        cr_expect_arr_eq(after.x, before.x, 6 * 3 * 5 * sizeof(float));
        cr_expect_arr_eq(after.y, before.y, 6 * 3 * 3 * sizeof(float));
        gm_problem_clear(&after);
    }
    cr_expect_eq(ftruncate(descriptor, 300), 0);
    cr_expect_eq(gm_problem_read(&after, path, &error), GM_BAD_DATA);
    cr_expect_eq(gm_problem_read(&after, "/dev/null", &error), GM_BAD_DATA);
    close(descriptor);
    gm_problem_clear(&before);
}

Test(compare, libraries_by_name)
{
    gm_library library;
    gm_error error;
    cr_expect_eq(gm_library_find(&library, "reference", &error), GM_OK);
    cr_expect_str_eq(library.package, "libblas3");
    cr_expect_eq(gm_library_find(&library, "blis", &error), GM_OK);
    cr_expect_eq(strncmp(library.name, "blis-", 5), 0);
    cr_expect_eq(gm_library_find(&library, "/nowhere/x.so", &error), GM_OK);
    cr_expect_str_empty(library.path);
    cr_expect_eq(gm_library_find(&library, "atlas", &error), GM_USAGE);
    cr_expect_not_null(strstr(error.message, "openblas-openmp"));
    cr_expect_eq(gm_library_find(&library, "", &error), GM_USAGE);
}

Test(compare, a_library_that_is_not_there_keeps_its_row)
{
    const char *const libraries[] = {"/nowhere/x.so"};
    gm_bench_options sweep = {.net_count = 1, .seconds = 0.1};
    cr_assert_eq(gm_net_parse(&sweep.nets[0], "3-2-2", NULL), GM_OK);
    const gm_compare_options options = {
        .libraries = libraries, .count = 1, .sweep = &sweep, .child = SHELL(ANSWERS("1"))};
    gm_environment environment = gm_environment_read(0, NULL);
    gm_result result;
    gm_error error;
    cr_assert_eq(gm_bench_compare(&result, &environment, &options, &error), GM_OK, "%s", error.message);
    cr_expect_eq(result.row_count, 1);
    cr_expect_eq(result.rows[0].sample_count, 0);
    cr_expect_str_eq(result.rows[0].cells[result.column_count - 1].text, "no such file");
    gm_result_clear(&result);
}

/* At rate 0.1 a wide network saturates in one step, and the peers, which cut there, seem to be wrong. */
Test(compare, wide_networks_learn_gently_in_a_contest)
{
    static const struct {
        const char *net;
        double rate;
    } entries[] = {{"3-40-2", 1.0 / 40}, {"2-3-1", 0.1}};
    for (size_t i = 0; i < COUNT(entries); i++) {
        gm_contestant child = {.label = "x", .options = {.arguments = SHELL(ANSWERS("1"))}};
        gm_contest_options options = gm_contest_options_default();
        options.seconds = 0.1;
        const gm_bench_options sweep = {0};
        gm_net net;
        gm_error error;
        cr_assert_eq(gm_net_parse(&net, entries[i].net, &error), GM_OK, "%s", error.message);
        gm_problem problem = gm_contest_problem(&net, &sweep, GM_HALF_SQUARES);
        cr_assert_eq(gm_contest_run(&child, 1, &problem, &options, &error), GM_OK, "%s", error.message);
        cr_expect_eq(problem.optimizer.rate, entries[i].rate, "%s: %g", entries[i].net,
                     problem.optimizer.rate);
    }
}

/* An answer that comes too late is none, and one in time is taken. */
Test(compare, a_child_is_waited_for_as_long_as_told)
{
    gm_child child = start("read a; sleep 0.5; echo in time; read a; sleep 1.4; echo late; read a");
    const char *answer;
    gm_error error;
    cr_assert_eq(gm_child_ask(&child, "one", 10, &answer, &error), GM_OK, "%s", error.message);
    cr_expect_str_eq(answer, "in time");
    const uint64_t begin = gm_clock();
    cr_assert_eq(gm_child_ask(&child, "two", 1, &answer, &error), GM_IO);
    cr_expect_geq(gm_clock_seconds(begin, gm_clock()), 1);
    cr_expect_str_eq(error.message, "killed: no answer within 1 s");
    gm_child_stop(&child);
}

static double number_of(const gm_result *result, const gm_column *column)
{
    size_t i = 0;
    while (result->columns[i] != column)
        i++;
    return result->rows[0].cells[i].number;
}

/* Steps of half a second, where the first contestant takes one. */
Test(compare, the_numbers_of_a_contestant)
{
    static const gm_column *const columns[] = {GM_CONTEST_COLUMNS};
    gm_result result = gm_result_make("compare", columns, COUNT(columns));
    const gm_contestant first = {.candidate.statistics.median = 1};
    const gm_contestant second = {
        .loss = 0.75,
        .candidate = {.samples = {0.375, 0.5, 0.625},
                      .count = 3,
                      .iterations = 7,
                      .statistics = {.median = 0.5, .deviation = 0.125}},
    };
    const gm_bench_options sweep = {0};
    gm_net net;
    gm_error error;
    cr_assert_eq(gm_net_parse(&net, "2-3-1", &error), GM_OK, "%s", error.message);
    gm_problem problem = gm_contest_problem(&net, &sweep, GM_HALF_SQUARES);
    problem.batch = 64;
    problem.threads = 2;
    gm_result_row *row = gm_result_add(&result, &error, "row");
    cr_assert_not_null(row);
    cr_assert_eq(gm_contest_cells(&result, row, &second, &first, &problem, &error), GM_OK);
    cr_expect_eq(number_of(&result, &gm_column_samples_per_second), 128);
    cr_expect_eq(number_of(&result, &gm_column_milliseconds), 500);
    cr_expect_eq(number_of(&result, &gm_column_spread), 25);
    expect_relative(number_of(&result, &gm_column_gflops), gm_contest_flop(&problem) / 0.5e9, 1e-15,
                    "GFLOP/s");
    cr_expect_eq(number_of(&result, &gm_column_times), 2);
    cr_expect_eq(number_of(&result, &gm_column_loss), 0.75);
    cr_expect_str_eq(row->cells[COUNT(columns) - 1].text, "ok");
    cr_expect(row->threads == 2 && row->sample_count == 3 && row->iterations == 7);
    cr_expect_arr_eq(row->samples, second.candidate.samples, 3 * sizeof(double));
    gm_result_clear(&result);
}

/* A library to be preloaded stands before one that was preloaded already, in the only entry of that name;
 * nothing else is changed. */
Test(compare, a_library_is_preloaded_once)
{
    gm_error error;
    gm_child child;
    const char *line;
    size_t preloads = 0, kept = 0;
    const gm_child_options options = {
        .arguments = (const char *const[]){"env", NULL}, .preload = "libm.so.6", .problem = -1};
    setenv("LD_PRELOAD", "libdl.so.2", 1);
    setenv("KEPT", "as it is", 1);
    cr_assert_eq(gm_child_start(&child, &options, &error), GM_OK, "%s", error.message);
    while (gm_child_ask(&child, NULL, 10, &line, &error) == GM_OK) {
        preloads += strncmp(line, "LD_PRELOAD=", 11) == 0;
        kept += strcmp(line, "KEPT=as it is") == 0 || strcmp(line, "LD_PRELOAD=libm.so.6:libdl.so.2") == 0;
    }
    cr_expect(preloads == 1 && kept == 2, "%zu entries, %zu right", preloads, kept);
    gm_child_stop(&child);
}

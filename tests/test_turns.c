/* Tests the gate with two programs. The programs are shell scripts that answer as bench/contest/problem.h
 * describes, so that their speed does not depend on the machine. */
#include "bench/gate/turns.h"
#include "scratch.h"

#include <gradmill.h>
#include <sys/stat.h>

TestSuite(turns, .init = scratch_make, .fini = scratch_remove);

/* A build whose steps take so many microseconds, and up to 0.1 % more in one process than in another. */
static scratch_text build(const char *name, int microseconds, const char *loss)
{
    const scratch_text path = scratch_path(name);
    char script[512];
    const int size = snprintf(script, sizeof script,
                              "#!/bin/sh\n"
                              "echo '{\"ready\": true, \"name\": \"x\"}'\n"
                              "while read -r word count; do\n"
                              "    echo \"{\\\"seconds\\\": $((count * (%d000 + $$ %% 101 * %d / 100)))e-9, "
                              "\\\"loss\\\": %s}\"\n"
                              "done\n",
                              microseconds, microseconds, loss);
    scratch_write(path.text, script, (size_t)size);
    cr_assert_eq(chmod(path.text, 0700), 0);
    return path;
}

static gm_status take_turns(gm_result *result, const scratch_text *before, const scratch_text *after,
                            double seconds, size_t *regressions, gm_error *error)
{
    const gm_gate_options gate = gm_gate_options_default();
    gm_bench_options sweep = {.net_count = 1, .seconds = seconds};
    cr_assert_eq(gm_net_parse(&sweep.nets[0], "2-3-1", error), GM_OK);
    const gm_turns_options options = {before->text, after->text, &gate, &sweep, .patience = 20};
    return gm_bench_turns(result, &options, regressions, error);
}

static const gm_cell *cell(const gm_result *result, const char *key)
{
    size_t c = 0;
    while (strcmp(result->columns[c]->key, key) != 0)
        c++;
    return &result->rows[0].cells[c];
}

Test(turns, a_change_is_found_and_its_size)
{
    static const struct {
        int before, after;
        const char *verdict;
    } cases[] = {
        {20000, 21000, "slower"}, {21000, 20000, "faster"}, {20000, 20000, "same"}, {20000, 20300, "same"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const scratch_text before = build("before", cases[i].before, "1.0"),
                           after = build("after", cases[i].after, "1.0");
        gm_result result;
        gm_error error = {0};
        size_t regressions;
        cr_assert_eq(take_turns(&result, &before, &after, 60, &regressions, &error), GM_OK, "%s",
                     error.message);
        cr_assert_eq(result.row_count, 1);
        cr_expect_str_eq(cell(&result, "verdict")->text, cases[i].verdict, "case %zu", i);
        cr_expect_eq(regressions, strcmp(cases[i].verdict, "slower") == 0);
        cr_expect_float_eq(cell(&result, "change")->number,
                           100.0 * (cases[i].after - cases[i].before) / cases[i].before, 0.1,
                           "case %zu: %g %%", i, cell(&result, "change")->number);
        cr_expect_float_eq(cell(&result, "old_us")->number, cases[i].before, 0.001 * cases[i].before);
        cr_expect_eq(strncmp(result.rows[0].name, "step/2-3-1/batch:64/packed/threads:", 35), 0);
        cr_expect_null(strstr(result.notes[result.note_count - 1], "not enough"), "the time was not needed");
        gm_result_clear(&result);
    }
}

Test(turns, too_little_time_decides_nothing)
{
    const scratch_text before = build("before", 20000, "1.0"), after = build("after", 40000, "1.0");
    gm_result result;
    gm_error error = {0};
    size_t regressions;
    cr_assert_eq(take_turns(&result, &before, &after, 1e-3, &regressions, &error), GM_CHECK);
    cr_expect_not_null(strstr(error.message, "nothing decided: "), "%s", error.message);
    cr_expect_str_eq(cell(&result, "verdict")->text, "undecided");
    cr_expect_str_eq(cell(&result, "interval")->text, "too few samples");
    cr_expect_not_null(strstr(result.notes[0], "1 sittings; not enough"), "%s", result.notes[0]);
    cr_expect_eq(regressions, 0);
    gm_result_clear(&result);
}

static void expect_refused(const scratch_text *before, const scratch_text *after, gm_status expected,
                           const char *said)
{
    gm_result result;
    gm_error error = {0};
    size_t regressions;
    cr_expect_eq(take_turns(&result, before, after, 1, &regressions, &error), expected);
    cr_expect_not_null(strstr(error.message, said), "%s", error.message);
    gm_result_clear(&result);
}

Test(turns, a_build_that_computes_something_else)
{
    const scratch_text before = build("before", 20000, "1.0"), after = build("after", 20000, "1.001");
    expect_refused(&before, &after, GM_CHECK, "new program: ");
    expect_refused(&before, &after, GM_CHECK, "wrong result: loss 1.001 after 10 steps, that of old is 1");
}

Test(turns, a_program_that_is_none_of_ours)
{
    const scratch_text before = build("before", 20000, "1.0"), after = scratch_path("after");
    static const char script[] = "#!/bin/sh\necho no such case >&2\nexit 2\n";
    expect_refused(&before, &after, GM_IO, "after: No such file");
    scratch_write(after.text, script, sizeof script - 1);
    cr_expect_not(gm_turns_is_program(after.text), "not executable yet");
    cr_assert_eq(chmod(after.text, 0700), 0);
    cr_expect(gm_turns_is_program(after.text));
    cr_expect_not(gm_turns_is_program(scratch), "a folder is none");
    expect_refused(&before, &after, GM_CHECK, "exit code 2: no such case");
}

/* As the shell would not do, a name without a slash is a file of this folder. */
Test(turns, programs_of_this_folder)
{
    build("before", 20000, "1.0");
    build("after", 20000, "1.0");
    cr_assert_eq(chdir(scratch), 0);
    const scratch_text before = {"before"}, after = {"after"};
    gm_result result;
    gm_error error = {0};
    size_t regressions;
    cr_expect_eq(take_turns(&result, &before, &after, 1e-3, &regressions, &error), GM_CHECK);
    cr_expect_not_null(strstr(error.message, "nothing decided: "), "both took part: %s", error.message);
    gm_result_clear(&result);
}

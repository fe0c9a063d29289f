/* Tests the outputs of benchmarks if jansson gets no memory: each of its allocations fails once. Either the
 * whole output is written, or nothing is written and the status is an error. */
#include "bench/measure/environment.h"
#include "bench/output/output.h"
#include "bench/output/result.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static size_t until_failure = SIZE_MAX; /* allocations that still succeed */
static bool once;                       /* one allocation fails, and not all those after it */
static size_t in_use;

static void *allocate(size_t size)
{
    if (until_failure == 0) {
        until_failure = once ? SIZE_MAX : 0;
        return NULL;
    }
    until_failure--;
    in_use++;
    return malloc(size);
}

static void release(void *memory)
{
    in_use -= memory != NULL;
    free(memory);
}

static gm_result make_result(void)
{
    static const gm_column *const columns[] = {&gm_column_net, &gm_column_gflops};
    static const double samples[] = {3, 1, 2};
    gm_result result = gm_result_make("step", columns, 2);
    gm_error error;
    gm_result_row *row = gm_result_add(&result, &error, "timed");
    cr_assert_not_null(row);
    gm_result_text(&result, row, &gm_column_net, "2-3-1");
    gm_result_number(&result, row, &gm_column_gflops, 5);
    cr_assert_eq(gm_result_samples(row, samples, NULL, 3, 1, &error), GM_OK);
    row = gm_result_add(&result, &error, "failed");
    cr_assert_not_null(row);
    gm_result_fault(row, "not installed");
    gm_result_note(&result, "a note of Zürich");
    return result;
}

static gm_status write_json(const gm_result *result, const gm_environment *environment, FILE *out,
                            gm_error *error)
{
    return gm_output_write(result, environment, GM_FORMAT_JSON, out, error);
}

typedef gm_status write_output(const gm_result *result, const gm_environment *environment, FILE *out,
                               gm_error *error);

/* The text, to be freed, if the first `successes` allocations succeed. */
static char *written(write_output *write, const gm_result *result, const gm_environment *environment,
                     size_t successes, gm_status *status)
{
    char *text = NULL;
    size_t size;
    gm_error error = {0};
    FILE *out = open_memstream(&text, &size);
    cr_assert_not_null(out);
    until_failure = successes;
    *status = write(result, environment, out, &error);
    until_failure = SIZE_MAX;
    cr_assert_eq(fclose(out), 0);
    cr_expect(*status == GM_OK || strstr(error.message, "no memory for the re"), "%s", error.message);
    return text;
}

static void fail_each_allocation(write_output *write, bool alone)
{
    once = alone;
    gm_environment environment = gm_environment_read(1, (char *[]){"gradmill"});
    gm_result result = make_result();
    gm_status status;
    json_set_alloc_funcs(allocate, release);
    char *whole = written(write, &result, &environment, SIZE_MAX, &status);
    cr_assert_eq(status, GM_OK);
    size_t n = 0;
    for (status = GM_LIMIT; status != GM_OK; n++) {
        char *text = written(write, &result, &environment, n, &status);
        cr_assert(status == GM_OK || status == GM_LIMIT, "allocation %zu: status %d", n, (int)status);
        cr_assert_str_eq(text, status == GM_OK ? whole : "", "allocation %zu", n);
        cr_assert_eq(in_use, 0, "allocation %zu: %zu blocks are left", n, in_use);
        free(text);
    }
    cr_expect_gt(n, 100);
    free(whole);
    gm_result_clear(&result);
}

Test(bench_output, json_without_memory)
{
    fail_each_allocation(write_json, false);
    fail_each_allocation(write_json, true);
}

Test(bench_output, report_without_memory)
{
    fail_each_allocation(gm_output_report, false);
    fail_each_allocation(gm_output_report, true);
}

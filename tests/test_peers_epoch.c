/* Tests the case `peers` with whole epochs. Scripts replace the peers' programs, and answer with numbers for
 * which the results are known. */
#include "bench/peers/peers.h"
#include "nets.h"
#include "scratch.h"

#include <string.h>
#include <sys/stat.h>

TestSuite(peers_epoch, .init = scratch_make, .fini = scratch_remove);

/* Greets, then answers the n-th epoch with the n-th of its words, "SECONDS LOSS ACCURACY", of 1000 rows. */
#define EPOCHS_OF(words)                                                                                     \
    "echo '{\"ready\": true, \"name\": \"x\"}'\n"                                                            \
    "set -- " words "\n"                                                                                     \
    "while read command; do\n"                                                                               \
    "  [ \"$command\" = epoch ] || exit 9\n"                                                                 \
    "  echo \"{\\\"seconds\\\": $1, \\\"loss\\\": $2, \\\"accuracy\\\": $3, \\\"rows\\\": 1000}\"\n"         \
    "  shift 3\n"                                                                                            \
    "done\n"

#define OURS "0.5 2.0 0.25  0.2 1.5 0.5  0.3 1.0 0.75  0.4 0.5 0.875"

/* What is called instead of Python: PyTorch is slower and never gets beyond 60 %, scikit-learn gives up in
 * its second epoch. */
static const char other_python[] =
    "#!/bin/sh\n"
    "case $2 in\n"
    "*torch*) set -- ;;\n"
    "*) echo '{\"ready\": true, \"name\": \"y\"}'; read a; "
    "echo '{\"seconds\": 1, \"loss\": 1, \"accuracy\": 0.1, \"rows\": 1000}'; read a; "
    "echo '{\"error\": \"tired\"}'; exit 0 ;;\n"
    "esac\n" EPOCHS_OF("1.0 3 0.1  0.6 2 0.2  1.2 1 0.5  0.8 1 0.6");

static gm_result run(double accuracy, size_t epochs)
{
    const char *const child[] = {"/bin/sh", "-c", EPOCHS_OF(OURS), NULL};
    const scratch_text python = scratch_path("python");
    scratch_write(python.text, other_python, sizeof other_python - 1);
    cr_assert_eq(chmod(python.text, 0700), 0);
    gm_bench_options sweep = {.net_count = 1, .threads = {.count = 1, .sizes = {1}}};
    const net_path digits = net_source("data/digits");
    const gm_peers_options options = {.sweep = &sweep,
                                      .child = child,
                                      .python = python.text,
                                      .data = digits.text,
                                      .accuracy = accuracy,
                                      .epochs = epochs};
    gm_environment environment = {0};
    gm_result result;
    gm_error error;
    cr_assert_eq(gm_net_parse(&sweep.nets[0], "64-8-10", &error), GM_OK, "%s", error.message);
    cr_assert_eq(gm_bench_peers_epoch(&result, &environment, &options, &error), GM_OK, "%s", error.message);
    cr_assert_eq(result.row_count, GM_PEERS);
    return result;
}

static const gm_result_row *row_of(const gm_result *result, const char *label)
{
    for (size_t i = 0; i < result->row_count; i++) {
        const char *name = strrchr(result->rows[i].name, '/');
        if (strcmp(name + 1, label) == 0)
            return &result->rows[i];
    }
    cr_assert_fail("no row of %s", label);
    return NULL;
}

static const gm_cell *cell(const gm_result *result, const gm_result_row *row, const char *key)
{
    for (size_t i = 0; i < result->column_count; i++)
        if (strcmp(result->columns[i]->key, key) == 0)
            return &row->cells[i];
    cr_assert_fail("no column %s", key);
    return NULL;
}

/* epochs, seconds, samples_per_second, times, loss, accuracy, reached; NaN: an empty cell. */
static void expect_row(const gm_result *result, const char *label, const double *expected)
{
    static const char *const keys[] = {"epochs",   "seconds", "samples_per_second", "times", "loss",
                                       "accuracy", "reached"};
    const gm_result_row *row = row_of(result, label);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const double value = cell(result, row, keys[i])->number;
        if (isnan(expected[i]))
            cr_expect(isnan(value), "%s: %s is %g", label, keys[i], value);
        else
            cr_expect_float_eq(value, expected[i], 1e-9 * fabs(expected[i]),
                               "%s: %s is %.12g; expected %.12g", label, keys[i], value, expected[i]);
    }
    cr_expect_eq(row->sample_count, (size_t)expected[0]);
}

Test(peers_epoch, figures_of_three_epochs)
{
    gm_result result = run(0, 0);
    /* Medians of 0.5, 0.2, 0.3 and of 1.0, 0.6, 1.2 seconds. */
    expect_row(&result, "gradmill", (const double[]){3, 0.3, 1000 / 0.3, 1, 1, 75, NAN});
    expect_row(&result, "PyTorch", (const double[]){3, 1, 1000, 0.3, 1, 50, NAN});
    cr_expect_str_eq(cell(&result, row_of(&result, "gradmill"), "status")->text, "ok");
    cr_expect_str_eq(cell(&result, row_of(&result, "gradmill"), "net")->text, "64-8-10");
    cr_expect_eq(cell(&result, row_of(&result, "gradmill"), "batch")->number, 128);
    cr_expect_str_eq(cell(&result, row_of(&result, "PyTorch"), "peer")->text, "x");
    gm_result_clear(&result);
}

/* Who has reached the accuracy stops, and the time to it is that of all its epochs; the others go on. */
Test(peers_epoch, time_to_an_accuracy)
{
    gm_result result = run(0.5, 4);
    expect_row(&result, "gradmill", (const double[]){2, 0.35, 1000 / 0.35, 1, 1.5, 50, 0.7});
    expect_row(&result, "PyTorch", (const double[]){3, 1, 1000, 0.35, 1, 50, 2.8});
    gm_result_clear(&result);
    result = run(0.875, 4);
    expect_row(&result, "gradmill", (const double[]){4, 0.35, 1000 / 0.35, 1, 0.5, 87.5, 1.4});
    expect_row(&result, "PyTorch", (const double[]){4, 0.9, 1000 / 0.9, 0.35 / 0.9, 1, 60, NAN});
    gm_result_clear(&result);
}

Test(peers_epoch, a_peer_that_fails_says_why)
{
    gm_result result = run(0, 0);
    cr_expect_str_eq(row_of(&result, "gradmill")->fault, "");
    cr_expect_str_eq(row_of(&result, "PyTorch")->fault, "");
    cr_expect_not_null(strstr(row_of(&result, "scikit-learn")->fault, "tired"), "%s",
                       row_of(&result, "scikit-learn")->fault);
    cr_expect_str_not_empty(row_of(&result, "plain CBLAS")->fault); /* it has no epochs, or is not built */
    gm_result_clear(&result);
}

Test(peers_epoch, data_that_are_not_there_are_refused)
{
    const gm_bench_options sweep = {0};
    const gm_peers_options options = {.sweep = &sweep, .data = "/nowhere"};
    gm_environment environment = {0};
    gm_result result;
    gm_error error;
    cr_expect_eq(gm_bench_peers_epoch(&result, &environment, &options, &error), GM_IO);
    cr_expect_not_null(strstr(error.message, "/nowhere"), "%s", error.message);
    gm_result_clear(&result);
}

/* Tests the report of doctor, on invented machines: every fact is shown with its value, and percentages refer
 * to the peak on the same number of threads. */
#include "cli/doctor_report.h"
#include "scratch.h"

#include <jansson.h>
#include <regex.h>
#include <stdint.h>
#include <unistd.h>

TestSuite(doctor_report, .init = scratch_make, .fini = scratch_remove);

static gm_facts machine(void)
{
    return (gm_facts){
        .compiler = "GCC 12.2.0",
        .optimised = true,
        .cpu = {.model = "Some CPU", .features = "sse4.2 avx2", .arch = "x86-64"},
        .threads = {.online = 16, .affinity = 12, .usable = 8, .quota = 2.5},
        .memory = (size_t)3 << 30,
        .blas = {.vendor = "OpenBLAS",
                 .path = "/usr/lib/libopenblas.so",
                 .config = "OpenBLAS 0.3.21 DYNAMIC_ARCH",
                 .core = "SkylakeX",
                 .threading = GM_BLAS_PTHREADS,
                 .threads = 4},
        .variables = {{"OPENBLAS_NUM_THREADS", "4"}, {"OMP_NUM_THREADS", "2"}},
        .variable_count = 2,
        .governor = "powersave",
        .huge_pages = "madvise",
        .load = 0.25,
        .measured = true,
        .fma = {{100e9, 800e9}, {50e9, 400e9}},
        .gemm = {{75e9, 200e9}, {40e9, 300e9}},
        .bandwidth = {10e9, 20e9},
    };
}

/* A machine of which little is known. */
static gm_facts stranger(void)
{
    return (gm_facts){.compiler = "",
                      .cpu = {.arch = "riscv64"},
                      .threads = {.online = 1, .affinity = 1, .usable = 1},
                      .memory = 1024,
                      .blas = {.vendor = "unknown", .threading = GM_BLAS_UNKNOWN},
                      .load = -1};
}

typedef struct output {
    char text[8192];
} output;

/* What is printed between begin() and end(). */
static int kept;

static void begin(void)
{
    fflush(stdout);
    kept = dup(STDOUT_FILENO);
    cr_assert_not_null(freopen(scratch_path("out").text, "w", stdout));
}

static output end(void)
{
    output result = {{0}};
    size_t size;
    fflush(stdout);
    char *text = scratch_read(scratch_path("out").text, &size);
    cr_assert_lt(size, sizeof result.text);
    memcpy(result.text, text, size);
    free(text);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    return result;
}

static output report(const gm_facts *facts)
{
    begin();
    cli_print_facts(facts);
    return end();
}

static void expect_lines(const output *out, const char *const *lines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        regex_t pattern;
        cr_assert_eq(regcomp(&pattern, lines[i], REG_EXTENDED | REG_NEWLINE | REG_NOSUB), 0, "%s", lines[i]);
        cr_expect_eq(regexec(&pattern, out->text, 0, NULL, 0), 0, "no line '%s' in:\n%s", lines[i],
                     out->text);
        regfree(&pattern);
    }
}

#define EXPECT_LINES(out, ...)                                                                               \
    expect_lines(&(out), (const char *const[]){__VA_ARGS__},                                                 \
                 sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void expect_none(const output *out, const char *text)
{
    cr_expect_null(strstr(out->text, text), "'%s' in:\n%s", text, out->text);
}

Test(doctor_report, every_fact_is_shown)
{
    const gm_facts facts = machine();
    const output out = report(&facts);
    EXPECT_LINES(out, "^gradmill +[0-9.]+, GCC 12\\.2\\.0$", "^CPU +Some CPU \\(x86-64\\)$",
                 "^ +sse4\\.2 avx2$", "^Threads +8 usable: 16 online, 12 allowed by affinity, quota 2\\.50?$",
                 "^Memory +3 GiB free to use$",
                 "^BLAS +OpenBLAS, SkylakeX kernels, pthreads, set to 4 threads$",
                 "^ +/usr/lib/libopenblas\\.so$", "^ +OpenBLAS 0\\.3\\.21 DYNAMIC_ARCH$",
                 "^System +huge pages madvise, clock governor powersave, load 0\\.25",
                 "^Environment +OPENBLAS_NUM_THREADS=4$", "^ +OMP_NUM_THREADS=2$");
}

Test(doctor_report, what_is_not_known_is_not_invented)
{
    const gm_facts facts = stranger();
    const output out = report(&facts);
    EXPECT_LINES(out, "not optimised$", "^CPU +model unknown \\(riscv64\\)$",
                 "^Threads +1 usable: 1 online, 1 allowed by affinity, no quota$",
                 "^Memory +1(\\.0+)? KiB free to use$", "^BLAS +unknown$", "^System +huge pages unknown$");
    static const char *const absent[] = {"kernels", "set to", "governor", "load", "Environment", "Measured"};
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        expect_none(&out, absent[i]);
}

/* How a BLAS shares its work: serial ones have no number of threads to show, one thread is no plural. */
Test(doctor_report, threading_of_the_blas)
{
    gm_facts facts = machine();
    facts.blas.threads = 1;
    output out = report(&facts);
    EXPECT_LINES(out, "pthreads, set to 1 thread$");
    facts.blas.threading = GM_BLAS_OPENMP;
    facts.blas.threads = 0;
    out = report(&facts);
    EXPECT_LINES(out, "SkylakeX kernels, OpenMP$");
    facts.blas.threading = GM_BLAS_SERIAL;
    facts.blas.threads = 1;
    out = report(&facts);
    EXPECT_LINES(out, "SkylakeX kernels, single-threaded$");
}

/* 75 of 100 and 200 of 800 GFLOP/s; 40 of 50 and 300 of 400. */
Test(doctor_report, shares_are_of_the_peak_on_as_many_threads)
{
    gm_facts facts = machine();
    output out = report(&facts);
    EXPECT_LINES(out, "^Measured +one thread +8 threads$", "^ +FMA f32, GFLOP/s +100(\\.0)? +800(\\.0)?$",
                 "^ +sgemm, share of FMA +75(\\.0)? +75 % +200(\\.0)? +25 %$",
                 "^ +FMA f64, GFLOP/s +50(\\.0)? +400(\\.0)?$",
                 "^ +dgemm, share of FMA +40(\\.0)? +80 % +300(\\.0)? +75 %$",
                 "^ +memory, GB/s +10(\\.0)? +20(\\.0)?$");
    facts.threads.usable = 1;
    out = report(&facts);
    EXPECT_LINES(out, "^Measured +one thread$", "^ +sgemm, share of FMA +75(\\.0)? +75 %$",
                 "^ +memory, GB/s +10(\\.0)?$");
    facts.measured = false;
    out = report(&facts);
    expect_none(&out, "GFLOP");
    expect_none(&out, "Measured");
}

Test(doctor_report, speeds_that_were_not_measured)
{
    gm_facts facts = machine();
    facts.gemm[GM_F32] = (gm_speed){0, 0};
    facts.fma[GM_F64] = (gm_speed){0, 0};
    const output out = report(&facts);
    EXPECT_LINES(out, "^ +sgemm, share of FMA +- +-$", "^ +FMA f64, GFLOP/s +- +-$",
                 "^ +dgemm, share of FMA +40(\\.0)? +300(\\.0)?$");
}

Test(doctor_report, findings_with_and_without_a_fix)
{
    const gm_finding findings[] = {{"slow", GM_WARNING, true, "it is slow", "make it fast"},
                                   {"odd", GM_NOTE, false, "it is odd", ""}};
    begin();
    cli_print_findings(findings, 2);
    output out = end();
    EXPECT_LINES(out, "^Findings$", "^ +warning +it is slow$", "^ +make it fast$", "^ +note +it is odd$");
    begin();
    cli_print_findings(findings, 0);
    out = end();
    EXPECT_LINES(out, "^No findings: nothing to change\\.$");
    expect_none(&out, "slow");
}

/* What is printed as JSON; empty if it fails, which must be by want of memory. */
static output json_of(const gm_facts *facts, gm_status *status)
{
    const gm_finding findings[] = {{"slow", GM_WARNING, true, "it is slow", "make it fast"}};
    gm_error error = {0};
    begin();
    *status = cli_dump_facts(facts, findings, 1, &error);
    cr_expect(*status == GM_OK || *status == GM_LIMIT, "%s", error.message);
    return end();
}

static void expect_speeds(const json_t *measured, const char *key, double one, double all)
{
    double one_thread, all_threads;
    cr_assert_eq(json_unpack(json_object_get(measured, key), "{s:F, s:F}", "one_thread", &one_thread,
                             "all_threads", &all_threads),
                 0, "%s", key);
    cr_expect(one_thread == one && all_threads == all, "%s: %g, %g", key, one_thread, all_threads);
}

Test(doctor_report, json_of_every_fact)
{
    gm_facts facts = machine();
    strcpy(facts.governor, "bad \xff");
    gm_status status;
    const output out = json_of(&facts, &status);
    json_t *root = json_loads(out.text, 0, NULL);
    cr_assert(status == GM_OK && root, "%s", out.text);
    const json_t *measured = json_object_get(root, "measured");
    expect_speeds(measured, "fma_f32_gflops", 100, 800);
    expect_speeds(measured, "sgemm_gflops", 75, 200);
    expect_speeds(measured, "fma_f64_gflops", 50, 400);
    expect_speeds(measured, "dgemm_gflops", 40, 300);
    expect_speeds(measured, "memory_gbytes", 10, 20);
    const char *core, *threads, *first, *second, *finding;
    cr_assert_eq(json_unpack(root, "{s:{s:s}, s:{s:s}, s:{s:[s, s!]}, s:[{s:s}!]}", "blas", "core", &core,
                             "environment", "OMP_NUM_THREADS", &threads, "cpu", "features", &first, &second,
                             "findings", "name", &finding),
                 0);
    cr_expect(strcmp(core, "SkylakeX") == 0 && strcmp(threads, "2") == 0 && strcmp(finding, "slow") == 0);
    cr_expect(strcmp(first, "sse4.2") == 0 && strcmp(second, "avx2") == 0);
    cr_expect(json_is_null(json_object_get(json_object_get(root, "system"), "governor")), "no UTF-8");
    json_decref(root);
}

static size_t successes = SIZE_MAX; /* allocations of jansson before the one that fails */

static void *fail_once(size_t size)
{
    return successes-- == 0 ? NULL : malloc(size);
}

/* Each allocation fails in turn, and only that one: nothing that is known becomes null. */
Test(doctor_report, json_without_memory)
{
    const gm_facts facts = machine();
    gm_status status;
    json_set_alloc_funcs(fail_once, free);
    const output whole = json_of(&facts, &status);
    cr_assert_eq(status, GM_OK);
    size_t n = 0, failed = 0;
    for (bool reached = true; reached; n++) {
        successes = n;
        const output out = json_of(&facts, &status);
        reached = successes > n;
        failed += status != GM_OK;
        cr_assert_str_eq(out.text, status == GM_OK ? whole.text : "", "allocation %zu", n);
    }
    cr_expect(n > 50 && failed + 10 > n, "%zu of %zu allocations are missed", failed, n);
}

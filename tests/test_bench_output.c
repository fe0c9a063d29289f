/* Tests the outputs of benchmarks: writes one invented result in each format, and reads it back field by
 * field. */
#include "bench/measure/environment.h"
#include "bench/output/output.h"
#include "bench/output/output_parts.h"
#include "bench/output/result.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <gradmill/version.h>
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static const gm_column net = {"net", "network", "", GM_COLUMN_TEXT}, threads = {"threads", "threads", "", 0},
                       samples_per_second = {"samples_per_second", "samples", "1/s", 0},
                       gflops = {"gflops", "speed", "GFLOP/s", 1},
                       core = {"core", "kernels", "", GM_COLUMN_TEXT}, unused = {"unused", "never", "x", 2};
static const gm_column *const columns[] = {&net, &threads, &samples_per_second, &gflops, &core, &unused};

static gm_environment environment;

static gm_environment made_up_environment(void)
{
    gm_environment e = {.date = "2026-01-02T03:04:05+00:00",
                        .host = "host",
                        .command = "gradmill bench step",
                        .flags = "-O3",
                        .cache = {0, 49152, 1048576, 0}};
    e.facts.compiler = "a compiler";
    e.facts.optimised = true;
    e.facts.load = 0.5;
    e.facts.threads = (gm_threads){.online = 4, .affinity = 3, .quota = 2.5, .usable = 2};
    e.facts.cpu = (gm_cpu){.model = "CPU \"X\", fast", .features = "avx2 fma", .arch = "x86-64"};
    e.facts.blas = (gm_blas){.vendor = "OpenBLAS", .core = "Haswell", .threading = GM_BLAS_PTHREADS};
    e.facts.variables[e.facts.variable_count++] = (gm_variable){"OMP_NUM_THREADS", "3"};
    return e;
}

static const double samples[] = {0.004, 0.002, 0.003, 0.007}, peaks[] = {1e11, 2e11, 3e11, 4e11};

static gm_result made_up_result(void)
{
    gm_error error = {0};
    gm_result result = gm_result_make("step", columns, sizeof columns / sizeof *columns);
    strcpy(result.title, "A title");
    gm_result_row *row = gm_result_add(&result, &error, "step/%s/threads:%d", "784-10", 2);
    cr_assert_not_null(row);
    row->threads = 2;
    gm_result_text(&result, row, &net, "784|10, \"wide\"");
    gm_result_number(&result, row, &threads, 2);
    gm_result_number(&result, row, &samples_per_second, 1234567);
    gm_result_number(&result, row, &gflops, 0.1);
    gm_result_text(&result, row, &core, "SkylakeX");
    cr_assert_eq(gm_result_samples(row, samples, peaks, 4, 10, &error), GM_OK);
    row = gm_result_add(&result, &error, "step/missing");
    cr_assert_not_null(row);
    gm_result_text(&result, row, &net, "not installed");
    gm_result_fault(row, "not installed (package %s)", "python3-torch");
    gm_result_number(&result, row, &gflops, INFINITY);
    gm_result_note(&result, "the first note");
    gm_result_note(&result, "note %d", 2);
    return result;
}

/* What a format writes; to be freed. */
static char *written(const gm_result *result, const char *name)
{
    gm_error error = {0};
    gm_format format;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    cr_assert(gm_format_from_name(name, &format), "%s", name);
    cr_assert_eq(gm_output_write(result, &environment, format, out, &error), GM_OK, "%s", error.message);
    cr_assert_eq(fclose(out), 0);
    return text;
}

static char *written_of(const char *name)
{
    environment = made_up_environment();
    gm_result result = made_up_result();
    char *text = written(&result, name);
    gm_result_clear(&result);
    return text;
}

static json_t *parsed(const char *text)
{
    json_error_t fault;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &fault);
    cr_assert_not_null(root, "%s in line %d", fault.text, fault.line);
    return root;
}

#define expect_line(text, line)                                                                              \
    cr_expect_not_null(strstr(text, "\n" line "\n"), "no line \"%s\" in:\n%s", line, text)

static void expect_text(const json_t *object, const char *key, const char *wanted)
{
    const char *got = json_string_value(json_object_get(object, key));
    cr_expect(got && strcmp(got, wanted) == 0, "%s: got %s, wanted %s", key, got ? got : "nothing", wanted);
}

static void expect_number(const json_t *object, const char *key, double wanted)
{
    const json_t *got = json_object_get(object, key);
    cr_expect(json_is_number(got) && fabs(json_number_value(got) - wanted) <= 1e-9 * fabs(wanted),
              "%s: got %g, wanted %g", key, json_number_value(got), wanted);
}

Test(bench_output, formats_have_names)
{
    gm_format format = GM_FORMAT_TABLE;
    cr_expect(gm_format_from_name("json", &format));
    cr_expect_eq(format, GM_FORMAT_JSON);
    cr_expect_not(gm_format_from_name("yaml", &format));
    cr_expect_not(gm_format_from_name("", &format));
}

Test(bench_output, the_table_is_aligned_and_leaves_out_what_is_empty)
{
    char *text = written_of("table");
    expect_line(text, "A title");
    expect_line(text, "network         threads    samples    speed  kernels");
    expect_line(text, "                               1/s  GFLOP/s");
    expect_line(text, "784|10, \"wide\"        2  1,234,567      0.1  SkylakeX");
    expect_line(text, "not installed                           inf");
    expect_line(text, "Note: the first note");
    cr_expect(strncmp(text, "CPU   CPU \"X\", fast (x86-64), 2 of 4 threads usable, L1 48 KiB, L2 1 MiB\n",
                      73) == 0,
              "%s", text);
    expect_line(text, "BLAS  OpenBLAS, Haswell kernels, pthreads");
    cr_expect_null(strstr(text, "never"));
    free(text);
}

Test(bench_output, the_table_fits_a_screen)
{
    static const gm_column a = {"a", "a", "", GM_COLUMN_TEXT}, b = {"b", "b", "", GM_COLUMN_TEXT},
                           c = {"c", "c", "", GM_COLUMN_TEXT}, n = {"n", "n", "", 3};
    static const gm_column *const wide[] = {&a, &b, &c, &n};
    gm_error error;
    environment = made_up_environment();
    memset(environment.command, 'x', sizeof environment.command - 1);
    for (size_t i = 0; i < GM_MOST_WARNINGS + 3; i++)
        gm_environment_warn(&environment, "%zu: %0150d", i, 0);
    cr_expect_eq(environment.warning_count, GM_MOST_WARNINGS);
    environment.warning_count = 0;
    gm_result result = gm_result_make("step", wide, 4);
    gm_result_row *row = gm_result_add(&result, &error, "row");
    for (size_t i = 0; i < 3; i++)
        gm_result_text(&result, row, wide[i], "%s",
                       "\xc3\xa4_456789_123456789_123456789_123456789_123456789");
    gm_result_number(&result, row, &n, -12345.6789);
    for (size_t i = 0; i < 40; i++)
        gm_result_note(&result, "words and words and words and words and words and words and words and words "
                                "and words and words and words and words and words");
    char *text = written(&result, "table"), *rest = text;
    cr_expect_not_null(strstr(text, "-12,345.679\n"));
    for (const char *line; (line = strsep(&rest, "\n")) != NULL;) {
        size_t width = 0;
        for (const char *at = line; *at; at++)
            width += (*at & 0xC0) != 0x80;
        cr_expect_leq(width, 110U, "%s", line);
    }
    free(text);
    gm_result_clear(&result);
}

Test(bench_output, markdown_escapes_what_would_end_a_cell)
{
    char *text = written_of("markdown");
    expect_line(text, "| network | threads | samples, 1/s | speed, GFLOP/s | kernels |");
    expect_line(text, "|:---|---:|---:|---:|:---|");
    expect_line(text, "| 784\\|10, \"wide\" | 2 | 1,234,567 | 0.1 | SkylakeX |");
    free(text);
}

/* A heading, the environment, the table, and below it what is to be known of it. */
Test(bench_output, markdown_has_all_parts)
{
    environment = made_up_environment();
    gm_environment_warn(&environment, "the machine is busy");
    gm_result result = made_up_result();
    char *text = written(&result, "markdown");
    static const char *const parts[] = {
        "### A title\n\n- CPU: ",
        "\n- BLAS: OpenBLAS, Haswell kernels, pthreads\n",
        "\n- Build: gradmill ",
        "\n- Run: 2026-01-02T03:04:05+00:00 on host, OMP\\_NUM\\_THREADS=3\n\n| network |",
        "\n| not installed |",
        "\n\n- Note: the first note\n- Note: note 2\n- **Warning**: the machine is busy\n"};
    const char *at = text;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const char *found = strstr(at, parts[i]);
        cr_assert_not_null(found, "no '%s' behind '%s' in:\n%s", parts[i], i ? parts[i - 1] : "", text);
        cr_expect(i > 0 || found == text, "%s", text);
        at = found + 1;
    }
    free(text);
    gm_result_clear(&result);
}

Test(bench_output, csv_is_quoted_and_exact)
{
    char *text = written_of("csv");
    cr_expect_str_eq(
        text, "row,net,threads,samples_per_second,gflops,core,unused,env_date,env_cpu,env_blas,env_core,"
              "env_threads,env_version\r\n"
              "step/784-10/threads:2,\"784|10, \"\"wide\"\"\",2,1234567,0.1,SkylakeX,,"
              "2026-01-02T03:04:05+00:00,\"CPU \"\"X\"\", fast\",OpenBLAS,Haswell,2," GM_VERSION_STRING "\r\n"
              "step/missing,not installed,,,,,,2026-01-02T03:04:05+00:00,\"CPU \"\"X\"\", fast\","
              "OpenBLAS,Haswell,2," GM_VERSION_STRING "\r\n");
    free(text);
}

/* The fields that tools/compare.py of Google Benchmark reads, and those that its files have. */
Test(bench_output, json_entries_have_the_shape_of_google_benchmark)
{
    static const struct {
        const char *name, *type, *aggregate, *unit;
        double time; /* ns; statistics.stdev of Python for the deviation */
    } entries[] = {
        {"step/784-10/threads:2", "iteration", NULL, NULL, 4e6},
        {"step/784-10/threads:2", "iteration", NULL, NULL, 2e6},
        {"step/784-10/threads:2", "iteration", NULL, NULL, 3e6},
        {"step/784-10/threads:2", "iteration", NULL, NULL, 7e6},
        {"step/784-10/threads:2_mean", "aggregate", "mean", "time", 4e6},
        {"step/784-10/threads:2_median", "aggregate", "median", "time", 3.5e6},
        {"step/784-10/threads:2_stddev", "aggregate", "stddev", "time", 2160246.8994692863},
        {"step/784-10/threads:2_cv", "aggregate", "cv", "percentage", 0.5400617248673217},
        {"step/missing", "iteration", NULL, NULL, 0},
    };
    char *text = written_of("json");
    json_t *root = parsed(text);
    const json_t *list = json_object_get(root, "benchmarks");
    cr_assert_eq(json_array_size(list), sizeof entries / sizeof *entries);
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        const json_t *entry = json_array_get(list, i);
        const bool missing = i == 8;
        expect_text(entry, "name", entries[i].name);
        expect_text(entry, "run_name", missing ? "step/missing" : "step/784-10/threads:2");
        expect_text(entry, "run_type", entries[i].type);
        expect_text(entry, "time_unit", "ns");
        expect_number(entry, "real_time", entries[i].time);
        expect_number(entry, "cpu_time", entries[i].time);
        expect_number(entry, "family_index", 0);
        expect_number(entry, "per_family_instance_index", missing);
        expect_number(entry, "repetitions", missing ? 1 : 4);
        expect_number(entry, "threads", missing ? 1 : 2);
        expect_number(entry, "iterations", missing ? 0 : entries[i].aggregate ? 4 : 10);
        cr_expect_eq(json_object_get(entry, "repetition_index") == NULL, entries[i].aggregate != NULL);
        cr_expect_eq(json_is_true(json_object_get(entry, "error_occurred")), missing);
        if (entries[i].aggregate) {
            expect_text(entry, "aggregate_name", entries[i].aggregate);
            expect_text(entry, "aggregate_unit", entries[i].unit);
        } else if (!missing) {
            expect_number(entry, "repetition_index", (double)i);
            expect_number(entry, "peak_flops", peaks[i]);
        }
    }
    json_decref(root);
    free(text);
}

Test(bench_output, json_says_what_has_no_time)
{
    gm_error error = {0};
    environment = made_up_environment();
    gm_result result = made_up_result();
    gm_result_row *row = gm_result_add(&result, &error, "gate/verdict");
    gm_result_text(&result, row, &net, "slower");
    char *text = written(&result, "json");
    json_t *root = parsed(text);
    const json_t *list = json_object_get(root, "benchmarks"), *failed = json_array_get(list, 8),
                 *verdict = json_array_get(list, 9);
    expect_text(failed, "error_message", "not installed (package python3-torch)");
    expect_text(verdict, "net", "slower");
    cr_expect_null(json_object_get(verdict, "real_time"), "nobody shall take 0 for a time");
    cr_expect_null(json_object_get(verdict, "error_occurred"), "a verdict is no failure");
    cr_expect_null(json_object_get(json_array_get(list, 0), "error_message"));
    json_decref(root);
    free(text);
    gm_result_clear(&result);
}

Test(bench_output, json_counters_stand_on_the_median)
{
    char *text = written_of("json");
    json_t *root = parsed(text);
    const json_t *list = json_object_get(root, "benchmarks"), *median = json_array_get(list, 5);
    expect_number(median, "samples_per_second", 1234567);
    expect_number(median, "gflops", 0.1);
    expect_number(median, "column_threads", 2); /* "threads" is Google Benchmark's own */
    expect_text(median, "core", "SkylakeX");
    expect_text(median, "label", "784|10, \"wide\" SkylakeX");
    cr_expect_null(json_object_get(median, "unused"));
    cr_expect_null(json_object_get(json_array_get(list, 0), "gflops"));
    cr_expect_null(json_object_get(json_array_get(list, 8), "gflops"), "infinity is no JSON");
    expect_text(json_array_get(list, 8), "net", "not installed");
    json_decref(root);
    free(text);
}

Test(bench_output, json_context_says_where_and_how)
{
    char *text = written_of("json");
    json_t *root = parsed(text);
    const json_t *context = json_object_get(root, "context"), *ours = json_object_get(context, "gradmill");
    expect_text(context, "date", "2026-01-02T03:04:05+00:00");
    expect_text(context, "host_name", "host");
    expect_text(context, "executable", "gradmill bench step");
    expect_text(context, "library_build_type", "release");
    expect_text(context, "library_version", GM_VERSION_STRING);
    expect_number(context, "num_cpus", 4);
    cr_expect(json_is_integer(json_object_get(context, "mhz_per_cpu")));
    cr_expect(json_is_false(json_object_get(context, "cpu_scaling_enabled")));
    const json_t *caches = json_object_get(context, "caches");
    cr_assert_eq(json_array_size(caches), 2U);
    expect_text(json_array_get(caches, 0), "type", "Data");
    expect_number(json_array_get(caches, 1), "level", 2);
    expect_number(json_array_get(caches, 1), "size", 1048576);
    cr_expect_eq(json_number_value(json_array_get(json_object_get(context, "load_avg"), 0)), 0.5);
    expect_number(ours, "schema_version", 1);
    expect_text(ours, "benchmark", "step");
    expect_text(ours, "flags", "-O3");
    expect_text(json_object_get(ours, "variables"), "OMP_NUM_THREADS", "3");
    expect_number(json_object_get(ours, "threads"), "quota", 2.5);
    expect_text(json_array_get(json_object_get(ours, "columns"), 3), "unit", "GFLOP/s");
    cr_expect_eq(json_array_size(json_object_get(ours, "notes")), 2U);
    cr_expect(json_is_null(
        json_object_get(json_object_get(json_object_get(ours, "peaks"), "fma_f32_flops"), "one_thread")));
    json_decref(root);
    free(text);
}

Test(bench_output, the_locale_changes_nothing)
{
    static const char *const names[] = {"table", "markdown", "csv", "json"};
    char *plain[4];
    scratch_make();
    for (size_t i = 0; i < 4; i++)
        plain[i] = written_of(names[i]);
    scratch_comma_locale();
    for (size_t i = 0; i < 4; i++) {
        char *again = written_of(names[i]);
        cr_expect_str_eq(again, plain[i]);
        free(again);
        free(plain[i]);
    }
    scratch_remove();
}

Test(bench_output, a_result_without_rows_has_every_format)
{
    static const char *const names[] = {"table", "markdown", "csv", "json"};
    environment = made_up_environment();
    gm_result result = gm_result_make("step", columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < 4; i++)
        free(written(&result, names[i]));
    gm_result_clear(&result);
}

Test(bench_output, the_report_holds_data_that_no_text_can_leave)
{
    gm_error error = {0};
    char *text = NULL;
    size_t size;
    environment = made_up_environment();
    strcpy(environment.host, "</script><!-- \xff");
    gm_result result = made_up_result();
    gm_result_note(&result, "</script><b>");
    FILE *out = open_memstream(&text, &size);
    cr_assert_eq(gm_output_report(&result, &environment, out, &error), GM_OK, "%s", error.message);
    fclose(out);
    char *data = strstr(text, "id=\"data\">");
    cr_assert_not_null(data);
    data += strlen("id=\"data\">");
    char *end = strstr(data, "</script>");
    cr_assert_not_null(end);
    *end = '\0';
    cr_expect_null(strchr(data, '<'));
    json_t *root = parsed(data);
    const json_t *context = json_object_get(root, "context"), *rows = json_object_get(root, "rows");
    expect_text(context, "host_name", "</script><!-- ?");
    cr_assert_eq(json_array_size(rows), 2U);
    expect_number(json_object_get(json_array_get(rows, 0), "seconds"), "median", 0.0035);
    expect_number(json_object_get(json_array_get(rows, 0), "seconds"), "low", 0.00275);
    cr_expect(json_is_null(json_object_get(json_array_get(rows, 1), "seconds")));
    expect_text(json_array_get(rows, 0), "fault", "");
    expect_text(json_array_get(rows, 1), "fault", "not installed (package python3-torch)");
    cr_expect_null(strstr(end + 1, "://fonts"), "the page loads nothing");
    json_decref(root);
    free(text);
    gm_result_clear(&result);
}

Test(bench_output, many_rows_keep_their_contents)
{
    gm_error error = {0};
    gm_result result = gm_result_make("step", columns, sizeof columns / sizeof *columns);
    for (int i = 0; i < 1000; i++) {
        gm_result_row *row = gm_result_add(&result, &error, "row %d", i);
        cr_assert_not_null(row);
        cr_expect(isnan(row->cells[1].number) && row->cells[0].text[0] == '\0');
        gm_result_number(&result, row, &threads, i);
    }
    cr_expect_str_eq(result.rows[7].name, "row 7");
    cr_expect_eq(result.rows[999].cells[1].number, 999);
    gm_result_clear(&result);
    cr_expect_eq(result.row_count, 0U);
}

/* A result whose rows have these spreads. */
static gm_result noisy_result(const double *spreads, size_t count)
{
    static const gm_column *const spread[] = {&gm_column_spread};
    gm_result result = gm_result_make("step", spread, 1);
    gm_error error;
    for (size_t i = 0; i < count; i++) {
        gm_result_row *row = gm_result_add(&result, &error, "row %zu", i);
        cr_assert_not_null(row);
        gm_result_number(&result, row, &gm_column_spread, spreads[i]);
    }
    gm_result_note_noise(&result);
    return result;
}

Test(bench_output, noise_is_told_once)
{
    static const double quiet[] = {0, 5, NAN}, noisy[] = {5.1, 2, NAN, 17.6};
    gm_result result = noisy_result(quiet, 3);
    cr_expect_eq(result.note_count, 0);
    gm_result_clear(&result);
    result = noisy_result(noisy, 4);
    cr_assert_eq(result.note_count, 1);
    cr_expect_str_eq(result.notes[0],
                     "2 of 4 rows have rounds that differ by more than 5 %, up to 18 %: the machine "
                     "was not quiet");
    gm_result_clear(&result);
}

Test(bench_output, a_column_that_a_result_lacks_stops_the_program, .signal = SIGABRT)
{
    gm_result result = made_up_result();
    gm_result_number(&result, result.rows, &gm_column_gflops, 1);
}

Test(bench_output, a_number_in_a_column_of_texts_stops_the_program, .signal = SIGABRT)
{
    gm_result result = made_up_result();
    gm_result_number(&result, result.rows, &net, 1);
}

Test(bench_output, the_environment_is_read_and_said_once)
{
    char *const arguments[] = {"gradmill bench", "--net", "it's wide", "", NULL};
    gm_environment e = gm_environment_read(4, (char **)arguments);
    int year, month, day, hour, minute, second, zone_hour, zone_minute;
    cr_expect_eq(sscanf(e.date, "%4d-%2d-%2dT%2d:%2d:%2d%3d:%2d", &year, &month, &day, &hour, &minute,
                        &second, &zone_hour, &zone_minute),
                 8, "%s", e.date);
    cr_expect_str_eq(e.command, "gradmill bench --net 'it'\\''s wide' ''");
    cr_expect_str_not_empty(e.flags);
    const size_t before = e.warning_count;
    gm_environment_warn(&e, "the same %s", "line");
    gm_environment_warn(&e, "the same line");
    cr_expect_eq(e.warning_count, before + 1);
    gm_environment_close(&e);
}

/* The text of the line that begins with this label, the n-th of them from 0. */
static const char *line_of(const gm_line *lines, size_t count, const char *label, size_t n)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(lines[i].label, label) == 0 && n-- == 0)
            return lines[i].text;
    return "";
}

Test(bench_output, the_environment_in_lines)
{
    gm_environment e = made_up_environment();
    gm_line lines[GM_MOST_LINES];
    e.peak_one[GM_F32] = 1.5e11;
    e.peak_all[GM_F32] = 3e11;
    e.gemm_one[GM_F32] = 9.87e10;
    e.gemm_all[GM_F32] = 1.97e11;
    e.peak_one[GM_F64] = 7.5e10;
    e.peak_all[GM_F64] = 1.5e11;
    e.bandwidth_one = 1.25e10;
    e.bandwidth_all = 2e10;
    size_t count = gm_environment_lines(&e, lines);
    cr_expect_str_eq(line_of(lines, count, "BLAS", 0), "OpenBLAS, Haswell kernels, pthreads");
    cr_expect_str_eq(
        line_of(lines, count, "Peak", 0),
        "f32 FMA 150 / 300, sgemm 98.7 / 197 GFLOP/s, memory 12.5 / 20.0 GB/s (one thread / all)");
    cr_expect_str_eq(line_of(lines, count, "Peak", 1),
                     "f64 FMA 75.0 / 150 GFLOP/s, memory 12.5 / 20.0 GB/s (one thread / all)");
    cr_expect_str_eq(line_of(lines, count, "Run", 0), "2026-01-02T03:04:05+00:00 on host, OMP_NUM_THREADS=3");
    e.facts.threads.usable = 1;
    e.facts.variable_count = 0;
    e.host[0] = '\0';
    e.peak_one[GM_F32] = 0;
    count = gm_environment_lines(&e, lines);
    cr_expect_str_eq(line_of(lines, count, "Peak", 0), "f64 FMA 75.0 GFLOP/s, memory 12.5 GB/s (one thread)");
    cr_expect_str_eq(line_of(lines, count, "Run", 0), "2026-01-02T03:04:05+00:00");
}

Test(bench_output, an_endless_command_is_cut)
{
    char *arguments[400];
    for (size_t i = 0; i < 400; i++)
        arguments[i] = "'''''";
    const gm_environment e = gm_environment_read(400, arguments);
    cr_expect_lt(strlen(e.command), sizeof e.command);
}

Test(bench_output, a_quota_that_did_not_stop_us_is_not_told)
{
    gm_environment e = made_up_environment();
    e.throttled = SIZE_MAX; /* a counter never falls: nothing to tell */
    e.facts.threads.usable = 100000;
    gm_environment_close(&e);
    cr_expect_eq(e.warning_count, 0U);
}

Test(bench_output, stolen_ticks_are_read)
{
    static const struct {
        const char *text;
        uint64_t all, stolen;
    } texts[] = {
        {"cpu  10 20 30 400 5 6 7 80 9 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n", 558, 80},
        {"cpu  10 20 30 400 5 6 7 0\n", 478, 0},
        {"cpu  10 20 30 400\n", 0, 0}, /* before Linux 2.6.11 */
        {"intr 5\n", 0, 0},
        {"", 0, 0},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const gm_ticks ticks = gm_ticks_parse(texts[i].text);
        cr_expect(ticks.all == texts[i].all && ticks.stolen == texts[i].stolen, "text %zu", i);
    }
}

/* All that was stolen since the system started counts, or nothing where there is no host. */
Test(bench_output, stolen_time_is_a_share)
{
    gm_environment e = made_up_environment();
    e.ticks = (gm_ticks){.all = 1};
    e.facts.threads.usable = 100000;
    gm_environment_close(&e);
    cr_expect(e.stolen >= 0 && e.stolen < 1, "%g", e.stolen);
    cr_expect_eq(e.warning_count, e.stolen > 0.02 ? 1U : 0U);
}

Test(bench_output, peaks_become_known)
{
    gm_error error = {0};
    char *arguments[] = {"gradmill"};
    gm_environment e = gm_environment_read(1, arguments);
    cr_expect_eq(e.peak_one[GM_F32], 0);
    cr_assert_eq(gm_environment_measure(&e, GM_F32, &error), GM_OK, "%s", error.message);
    cr_expect(e.peak_one[GM_F32] > 0 && e.peak_all[GM_F32] > 0 && e.gemm_one[GM_F32] > 0 &&
              e.gemm_all[GM_F32] > 0 && e.bandwidth_one > 0 && e.bandwidth_all > 0);
    cr_expect_eq(e.peak_one[GM_F64], 0);
}

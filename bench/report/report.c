/* The HTML page of a benchmark: its results as JSON, which bench.js shows. */
#include "base/error.h"
#include "base/memory.h"
#include "bench/output/output_json.h"
#include "bench/output/output_parts.h"
#include "bench/report_page.h"
#include "bench/measure/statistics.h"
#include "page/page.h"

#include <string.h>

static json_t *pack_cells(const gm_result *result, const gm_result_row *row)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < result->column_count; i++) {
        if (json_array_append_new(array, gm_json_cell(result->columns[i], &row->cells[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

/* The quartiles of a row's samples; null if nothing was timed. */
static json_t *pack_seconds(const gm_result_row *row)
{
    if (row->sample_count == 0)
        return json_null();
    double *sorted = gm_alloc(row->sample_count, sizeof *sorted);
    if (!sorted)
        return NULL;
    memcpy(sorted, row->samples, row->sample_count * sizeof *sorted);
    gm_sort(sorted, row->sample_count);
    json_t *object = json_pack("{s:I, s:o, s:o, s:o}", "count", (json_int_t)row->sample_count, "low",
                               gm_json_real(gm_quantile(sorted, row->sample_count, 0.25)), "median",
                               gm_json_real(gm_quantile(sorted, row->sample_count, 0.5)), "high",
                               gm_json_real(gm_quantile(sorted, row->sample_count, 0.75)));
    gm_free(sorted);
    return object;
}

static json_t *pack_rows(const gm_result *result)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < result->row_count; i++) {
        const gm_result_row *row = &result->rows[i];
        json_t *object =
            json_pack("{s:o, s:I, s:o, s:o, s:o}", "name", gm_json_printable(row->name), "threads",
                      (json_int_t)row->threads, "fault", gm_json_printable(row->fault), "cells",
                      pack_cells(result, row), "seconds", pack_seconds(row));
        if (json_array_append_new(array, object) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *pack_lines(const gm_environment *environment)
{
    gm_line lines[GM_MOST_LINES];
    const size_t count = gm_environment_lines(environment, lines);
    json_t *array = json_array();
    for (size_t i = 0; array && i < count; i++) {
        if (json_array_append_new(
                array, json_pack("[s, o]", lines[i].label, gm_json_printable(lines[i].text))) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static const gm_page page = {.title = GM_BENCH_REPORT_TITLE,
                             .main = {bench_main, sizeof bench_main},
                             .script = {bench_script, sizeof bench_script}};

gm_status gm_output_report(const gm_result *result, const gm_environment *environment, FILE *out,
                           gm_error *error)
{
    json_t *data = json_pack("{s:o, s:o, s:o}", "context", gm_json_context(result, environment), "lines",
                             pack_lines(environment), "rows", pack_rows(result));
    char *text = data ? gm_json_write(data, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
    json_decref(data);
    if (!text)
        return gm_fail_memory(error, "the report", result->row_count * sizeof *result->rows);
    gm_page_write(&page, text, out);
    gm_free(text);
    return GM_OK;
}

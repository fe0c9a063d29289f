/* Results as table, Markdown, CSV, JSON (the shape of Google Benchmark), or one HTML page. */
#ifndef GM_BENCH_OUTPUT_OUTPUT_H
#define GM_BENCH_OUTPUT_OUTPUT_H

#include "bench/measure/environment.h"
#include "bench/output/result.h"
#include "model/file_kind.h"

#include <stdio.h>

typedef enum gm_format { GM_FORMAT_TABLE, GM_FORMAT_MARKDOWN, GM_FORMAT_CSV, GM_FORMAT_JSON } gm_format;

const char *gm_format_name(size_t index);                      /* NULL past the last */
bool gm_format_from_name(const char *name, gm_format *format); /* "table", "markdown", "csv", "json" */

/* Writes to out; the caller checks ferror. GM_LIMIT without memory. */
gm_status gm_output_write(const gm_result *result, const gm_environment *environment, gm_format format,
                          FILE *out, gm_error *error);

/* One self-contained page: environment, table (sortable), charts that fit the case. */
gm_status gm_output_report(const gm_result *result, const gm_environment *environment, FILE *out,
                           gm_error *error);

/* What the JSON output and the page may replace: others of their own. */
extern const gm_file_kind gm_kind_bench_json, gm_kind_bench_report;
#define GM_BENCH_REPORT_TITLE "gradmill bench" /* by which a report page is known */

#endif

/* Parts of the JSON output that the HTML page has as well. Each is NULL without memory. Not for others. */
#ifndef GM_BENCH_OUTPUT_OUTPUT_JSON_H
#define GM_BENCH_OUTPUT_OUTPUT_JSON_H

#include "bench/measure/environment.h"
#include "bench/output/result.h"
#include "model/json_write.h"

#include <jansson.h>

/* A text from the system: bytes of no UTF-8 become question marks. */
json_t *gm_bench_json_text(const char *text);

/* A whole number where the column has no decimals, else all digits; null if it is none. */
json_t *gm_json_cell(const gm_column *column, const gm_cell *cell);

/* Google Benchmark's context, and ours in it under "gradmill". */
json_t *gm_json_context(const gm_result *result, const gm_environment *environment);

#endif

/* Parts of the JSON output that the HTML page uses, too. Only for files of this folder and bench/report. Each
 * function returns NULL without memory. */
#ifndef GM_BENCH_OUTPUT_OUTPUT_JSON_H
#define GM_BENCH_OUTPUT_OUTPUT_JSON_H

#include "bench/measure/environment.h"
#include "bench/output/result.h"
#include "model/json_write.h"

#include <jansson.h>

/* A cell as JSON: a whole number if the column has no decimals, else a number with all digits; null if there
 * is no number. */
json_t *gm_json_cell(const gm_column *column, const gm_cell *cell);

/* The object "context" of Google Benchmark; gradmill's own facts are in it under "gradmill". */
json_t *gm_json_context(const gm_result *result, const gm_environment *environment);

#endif

/* Which rows changed beyond noise between two JSON outputs. */
#ifndef GM_BENCH_GATE_GATE_H
#define GM_BENCH_GATE_GATE_H

#include "bench/gate/verdict.h"

/* Fills *result with a row for each benchmark of either file: old and new median, ratio new/old with its
 * interval, p, and a verdict: "same", "slower", "faster", "only old", "only new"; rows of one file only, and
 * rows without a sample, are named in notes. Where both files hold the peaks beside their samples, each
 * sample is first multiplied by its own, so that a drift of the machine's clock between the runs cancels.
 * *regressions counts "slower". GM_CHECK: no row is in both files, or none has samples enough to show a
 * change; the result is filled none the less.
 * GM_BAD_DATA: a file that is not such JSON. GM_IO.
 */
gm_status gm_gate_compare(gm_result *result, const char *old_path, const char *new_path,
                          const gm_gate_options *options, size_t *regressions, gm_error *error);

#endif

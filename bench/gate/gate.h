/* Finds the benchmarks whose time changed by more than noise between two JSON outputs. */
#ifndef GM_BENCH_GATE_GATE_H
#define GM_BENCH_GATE_GATE_H

#include "bench/gate/verdict.h"

/* Fills *result with a row for each benchmark of either file: old and new median, ratio new/old with its
 * interval, p, and a verdict: "same", "slower", "faster", "only old", "only new"; rows of one file only, and
 * rows without a sample, are named in notes. If both files have the peak of the reference loop for each
 * sample, each sample is first multiplied by its peak, so that a change of the CPU's clock between the runs
 * cancels. *regressions counts "slower". GM_CHECK: no row is in both files, or no row has enough samples to
 * show a change; the result is filled nevertheless. GM_BAD_DATA: a file that is not such JSON. GM_IO. */
gm_status gm_gate_compare(gm_result *result, const char *old_path, const char *new_path,
                          const gm_gate_options *options, size_t *regressions, gm_error *error);

#endif

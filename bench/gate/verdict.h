/* Rows that say what changed between two builds. gate.c and turns.c, which measure in different ways, both
 * use them. */
#ifndef GM_BENCH_GATE_VERDICT_H
#define GM_BENCH_GATE_VERDICT_H

#include "bench/measure/rank_test.h"
#include "bench/output/result.h"

typedef struct gm_gate_options {
    double level;     /* of the rank test, two-sided; default 0.01 */
    double threshold; /* smallest relative change that counts; default 0.03 */
} gm_gate_options;

gm_gate_options gm_gate_options_default(void);
gm_status gm_gate_options_check(const gm_gate_options *options, gm_error *error);

/* An empty result with the columns of verdicts. */
gm_result gm_verdicts_make(const gm_gate_options *options);

/* The row's name and the medians of the old and the new times. Either count may be 0: then the row says which
 * one there is. GM_LIMIT: no memory. */
gm_status gm_verdict_times(gm_result *result, gm_result_row *row, gm_samples before, gm_samples after,
                           gm_error *error);

/* Fills change, interval, p and verdict. The verdict is "slower" or "faster" only if the test is significant,
 * the change is larger than the threshold, and the interval excludes "no change". It is "undecided" if there
 * are too few samples to show any change at this level. *regressions counts "slower". */
void gm_verdict_give(gm_result *result, gm_result_row *row, const gm_rank_test *test,
                     const gm_gate_options *options, size_t *regressions);

#endif

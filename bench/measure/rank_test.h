/* Statistical tests whether a timing has changed. They compare ranks, not means, because timings are skewed,
 * and one interrupted round must not decide. */
#ifndef GM_BENCH_MEASURE_RANK_TEST_H
#define GM_BENCH_MEASURE_RANK_TEST_H

#include "bench/measure/statistics.h"

#include <gradmill/status.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct gm_rank_test {
    double p;         /* two-sided, of the hypothesis that both samples come from one distribution */
    double ratio;     /* new / old: Hodges and Lehmann's estimate on logarithms */
    double low, high; /* its confidence interval, at 1 - level; 0 and infinity if there are too few samples */
    bool exact;       /* p is exact, not the normal approximation */
} gm_rank_test;

/* Mann and Whitney 1947. Exact for up to 25 samples a side without ties, else normal with the corrections for
 * ties and continuity. Samples are positive and finite, counts >= 1, 0 < level < 1. GM_LIMIT: no memory. */
gm_status gm_rank_test_run(gm_rank_test *test, gm_samples before, gm_samples after, double level,
                           gm_error *error);

/* Wilcoxon 1945, for pairs that were measured together: changes[i] = log(new / old) of pair i. Exact for up
 * to 50 of them without ties among their sizes, else normal as above, zeros by Pratt 1959. Changes are
 * finite, count >= 1. GM_LIMIT: no memory. */
gm_status gm_signed_rank_test_run(gm_rank_test *test, const double *changes, size_t count, double level,
                                  gm_error *error);

/* The smallest p that is possible with these numbers of samples or changes. If it is not below the level, no
 * change can be significant. */
double gm_rank_test_least(size_t before_count, size_t after_count);
double gm_signed_rank_test_least(size_t count);

#endif

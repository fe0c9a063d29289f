/* The time that a measurement may take, and how tests shorten it. */
#ifndef GM_MACHINE_BUDGET_H
#define GM_MACHINE_BUDGET_H

/* Returns `seconds`, the time of a bench case, multiplied by the environment variable GM_BENCH_TIME_SCALE if
 * that is a number above 0 and at most 1. The variable is for tests, which run every case with its defaults
 * but in little time. It shortens samples and rounds, and changes nothing else. */
double gm_bench_budget(double seconds);

#endif

/* The time that a measurement may take, and how tests shorten it. */
#ifndef GM_MACHINE_BUDGET_H
#define GM_MACHINE_BUDGET_H

/* `seconds`, which a case has or was given, times the environment variable GM_BENCH_TIME_SCALE if that is a
 * number above 0 and at most 1. The variable is for tests: they run every case with its own defaults, and
 * have no time for them. It shortens samples and rounds, and changes nothing else. */
double gm_bench_budget(double seconds);

#endif

/* The cases of gradmill bench. */
#ifndef GM_CLI_BENCH_CASES_H
#define GM_CLI_BENCH_CASES_H

#include "cli/bench_options.h"

/* A row of the table of cases in bench_cases.c: its name, its help, what it runs and which options it takes.
 */
typedef struct cli_bench_case cli_bench_case;

/* The case that the options name, or the quick tour if they name none. GM_USAGE: there is no such case. */
gm_status cli_bench_case_find(const cli_bench_case **found, const cli_bench_options *options,
                              gm_error *error);

/* GM_USAGE: an option or argument was given that this case would ignore. */
gm_status cli_bench_case_check(const cli_bench_case *found, const cli_bench_options *options,
                               gm_error *error);

/* Runs the case. GM_CHECK: a check failed, a row became slower, or nothing could be measured; the result is
 * filled nevertheless. */
gm_status cli_bench_case_run(const cli_bench_case *found, const cli_bench_options *options, gm_result *result,
                             gm_environment *environment, gm_error *error);

/* `head`, then a line of help for each case; the caller frees it. NULL without memory. */
char *cli_bench_cases_help(const char *head);

#endif

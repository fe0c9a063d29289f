/* Code that the cases compare and peers share: it makes a problem from the options of a sweep, runs a contest
 * on it, and fills the columns that both have. */
#ifndef GM_BENCH_CONTEST_CONTEST_RESULT_H
#define GM_BENCH_CONTEST_CONTEST_RESULT_H

#include "bench/cases/cases.h"
#include "bench/contest/contest.h"
#include "bench/contest/problem.h"

/* Makes a problem from the first batch, threads, precision, optimizer, activation and backend of the sweep.
 * The defaults are the batch of the named network or 64, all usable threads, f32, SGD, sigmoid, packed. The
 * learning rate is lowered until no unit saturates. The output has the activation that belongs to the loss
 * (sigmoid for half-squares). The random numbers are not drawn yet. */
gm_problem gm_contest_problem(const gm_net *net, const gm_bench_options *sweep, gm_loss loss);

/* The arguments of this program as a child, NULL-terminated. */
extern const char *const gm_contest_self[];

/* The default options, with fewer checked steps if a step takes long. `seconds` and `patience` are those of
 * gm_contest_options; 0 means the default. */
gm_contest_options gm_contest_options_for(const gm_problem *problem, double seconds, double patience);

/* Draws the random numbers of the problem, writes them to a file that child processes inherit, and frees
 * them. The caller closes the descriptor. */
gm_status gm_contest_open(gm_problem *problem, int *descriptor, gm_error *error);

/* Opens the problem, and starts, checks, times and stops all contestants. */
gm_status gm_contest_run(gm_contestant *contestants, size_t count, gm_problem *problem,
                         const gm_contest_options *options, gm_error *error);

/* The columns that both cases have, and the cells of one row. The times of the others are compared with that
 * of `first`. */
#define GM_CONTEST_COLUMNS                                                                                   \
    &gm_column_samples_per_second, &gm_column_milliseconds, &gm_column_spread, &gm_column_gflops,            \
        &gm_column_peak_share, &gm_column_times, &gm_column_loss, &gm_column_status

gm_status gm_contest_cells(gm_result *result, gm_result_row *row, const gm_contestant *contestant,
                           const gm_contestant *first, const gm_problem *problem, gm_error *error);

/* Fills the column "status": "ok", or the reason why the contestant failed. The reason is also stored in the
 * row and added as a note, and so is a setting that the contestant has chosen. */
void gm_contest_status(gm_result *result, gm_result_row *row, const gm_contestant *contestant);

/* FLOP of one step of the problem. */
double gm_contest_flop(const gm_problem *problem);

#endif

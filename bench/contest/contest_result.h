/* What compare and peers share: a problem made from the sweep's options, a contest over it, and the cells
 * that every row has. */
#ifndef GM_BENCH_CONTEST_CONTEST_RESULT_H
#define GM_BENCH_CONTEST_CONTEST_RESULT_H

#include "bench/cases/cases.h"
#include "bench/contest/contest.h"
#include "bench/contest/problem.h"

/* The sweep's first batch, threads, precision, optimizer, activation and backend, else the defaults: the
 * net's own batch or 64, all usable threads, f32, SGD, sigmoid, packed. The rate is lowered until no unit
 * saturates. The output has the activation that belongs to the loss, sigmoid for half-squares. Numbers are
 * not drawn yet. */
gm_problem gm_contest_problem(const gm_net *net, const gm_bench_options *sweep, gm_loss loss);

/* The arguments of this program as a child, NULL-terminated. */
extern const char *const gm_contest_self[];

/* The defaults, with fewer checked steps for a problem whose steps take long; seconds and patience as in
 * gm_contest_options, 0: the default. */
gm_contest_options gm_contest_options_for(const gm_problem *problem, double seconds, double patience);

/* Draws the problem's numbers, writes them to a file that children inherit, and forgets them. The caller
 * closes it. */
gm_status gm_contest_open(gm_problem *problem, int *descriptor, gm_error *error);

/* Opens the problem, starts everyone on it, checks, times, and stops them. */
gm_status gm_contest_run(gm_contestant *contestants, size_t count, gm_problem *problem,
                         const gm_contest_options *options, gm_error *error);

/* The columns, and the cells of one row; `first` is whom the others are compared with. */
#define GM_CONTEST_COLUMNS                                                                                   \
    &gm_column_samples_per_second, &gm_column_milliseconds, &gm_column_spread, &gm_column_gflops,            \
        &gm_column_peak_share, &gm_column_times, &gm_column_loss, &gm_column_status

gm_status gm_contest_cells(gm_result *result, gm_result_row *row, const gm_contestant *contestant,
                           const gm_contestant *first, const gm_problem *problem, gm_error *error);

/* The column "status": "ok", or the contestant's fault, which becomes the row's and a note, too. A setting
 * that it chose becomes a note. */
void gm_contest_status(gm_result *result, gm_result_row *row, const gm_contestant *contestant);

/* FLOP of one step of the problem. */
double gm_contest_flop(const gm_problem *problem);

#endif

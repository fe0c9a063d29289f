/* The benchmark cases: each fills a result from options that they share. */
#ifndef GM_BENCH_CASES_CASES_H
#define GM_BENCH_CASES_CASES_H

#include "bench/measure/environment.h"
#include "bench/measure/sizes.h"
#include "bench/output/result.h"
#include "bench/measure/rounds.h"
#include "bench/measure/workload.h"

#define GM_MOST_NETS       16
#define GM_MOST_BACKENDS   8
#define GM_MOST_SWEPT_NETS 64 /* with --width, a net becomes several */
#define GM_MOST_CANDIDATES 64 /* of one network */

/* What to sweep. Lists that were not given are empty: the case has defaults of its own. */
typedef struct gm_bench_options {
    gm_net nets[GM_MOST_NETS];
    size_t net_count;
    gm_sizes batch, width, threads;
    const char *backends[GM_MOST_BACKENDS];
    size_t backend_count;
    gm_precision precisions[2];
    size_t precision_count;
    gm_optimizer_kind optimizers[GM_OPTIMIZER_COUNT];
    size_t optimizer_count;
    gm_activation activations[GM_ACTIVATION_COUNT];
    size_t activation_count;
    double seconds;                               /* for the whole case; 0: the case's own */
    void (*progress)(double done, void *context); /* may be NULL */
    void *context;
} gm_bench_options;

/* The result is made by the case; clear it in any case. The environment's peaks are measured as the case
 * needs. */
typedef gm_status gm_bench_case(gm_result *result, gm_environment *environment,
                                const gm_bench_options *options, gm_error *error);

/* What each of them shows is said, for the user's help, in the table of src/cli/bench_cases.c. */
gm_bench_case gm_bench_tour, gm_bench_step, gm_bench_anatomy, gm_bench_gemm, gm_bench_crossover,
    gm_bench_scaling, gm_bench_memory;

/* One network of a sweep, timed: what the cases above share. */
typedef struct gm_timed {
    gm_workload_options options;
    gm_workload workload;
    gm_candidate candidate;
} gm_timed;

/* Whether all of these workloads fit into the memory that is free, side by side: to be asked before anything
 * is measured. Looks at the options only. GM_LIMIT: they do not. GM_USAGE: as gm_workload_plan. */
gm_status gm_timed_plan(const gm_timed *timed, size_t count, gm_error *error);

/* Creates the workloads, compares the loss of the first step of those of one network and batch (GM_CHECK if
 * they differ), and runs the rounds, interleaved. Workloads stay for inspection until gm_timed_clear. */
gm_status gm_timed_run(gm_timed *timed, size_t count, double seconds, const gm_bench_options *options,
                       gm_error *error);
void gm_timed_clear(gm_timed *timed, size_t count);

/* FLOP/s of a timed workload by its median. */
double gm_timed_flops(const gm_timed *timed);

/* The share, 0 to 1, of the FMA peak beside it: gm_rounds_share of its samples. */
double gm_timed_peak_share(const gm_timed *timed);

/* Fills the column "peak_share" in percent from a share of the FMA peak, 0 to 1. A share that cannot be
 * (gm_peak_percent) leaves the cell empty and adds a note. */
void gm_result_peak_share(gm_result *result, gm_result_row *row, double share);

/* Gives a candidate's samples to its row (gm_result_samples). */
gm_status gm_candidate_samples(gm_result_row *row, const gm_candidate *candidate, gm_error *error);

/* Nets to measure: the given ones or the named defaults, hidden widths replaced by each of --width. GM_LIMIT:
 * more than `most`. */
gm_status gm_bench_nets(const gm_bench_options *options, const char *const *defaults, gm_net *nets,
                        size_t most, size_t *count, gm_error *error);

/* The first backend that was given, else the engine's default. */
const char *gm_bench_backend(const gm_bench_options *options);

/* The first of everything that was given, else the defaults: the net's own batch or 64, packed, all usable
 * threads, f32, plain SGD, sigmoid. */
gm_workload_options gm_bench_first(const gm_bench_options *options, const gm_net *net);

/* A row for whole steps, by the name that is the same in every case that has such rows. */
gm_result_row *gm_step_row_add(gm_result *result, const gm_workload_options *options, size_t threads,
                               gm_error *error);

/* Measures the peaks of the precisions that were given, else those of f32. */
gm_status gm_bench_peaks(gm_environment *environment, const gm_bench_options *options, gm_error *error);

/* A case that sweeps whole steps over networks: step, scaling, memory. */
typedef struct gm_sweep {
    const char *const *nets; /* the default ones by name, NULL at the end */
    double seconds;          /* for all networks; --time goes first */
    bool peaks;              /* whether rows are held against the peaks of the machine */
    /* Writes what takes turns on one network: at most GM_MOST_CANDIDATES, whose options alone are set. */
    gm_status (*list)(const gm_bench_options *options, const gm_net *net, gm_timed *timed, size_t *count,
                      gm_error *error);
    /* Adds the row of one of them; `first` is the first of its network. */
    gm_status (*add_row)(gm_result *result, const gm_environment *environment, const gm_timed *timed,
                         const gm_timed *first, gm_error *error);
} gm_sweep;

gm_status gm_sweep_run(const gm_sweep *sweep, gm_result *result, gm_environment *environment,
                       const gm_bench_options *options, gm_error *error);

#endif

/* The cases of `gradmill bench`. All have the same type: a function that takes the options and fills a
 * result, which is a table of rows and columns. */
#ifndef GM_BENCH_CASES_CASES_H
#define GM_BENCH_CASES_CASES_H

#include "bench/measure/environment.h"
#include "bench/measure/sizes.h"
#include "bench/output/result.h"
#include "bench/measure/rounds.h"
#include "bench/measure/workload.h"

#define GM_MOST_NETS       16
#define GM_MOST_REALS      8
#define GM_MOST_BACKENDS   8
#define GM_MOST_SWEPT_NETS 64 /* with --width, a net becomes several */
#define GM_MOST_CANDIDATES 64 /* of one network */

/* A list of numbers that the user gave. */
typedef struct gm_reals {
    double values[GM_MOST_REALS];
    size_t count;
} gm_reals;

/* What to measure: each case goes through the combinations of these lists (a sweep). A list that the user did
 * not give is empty; then the default of the case is used. */
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
    gm_reals dropout, clip_norm, ema, weights;    /* what a step does besides, as in gm_workload_options */
    double seconds;                               /* for the whole case; 0: the default of the case */
    void (*progress)(double done, void *context); /* may be NULL */
    void *context;
} gm_bench_options;

/* A case makes its result; clear it even after a failure. The case also measures those peaks of the
 * environment that it needs. */
typedef gm_status gm_bench_case(gm_result *result, gm_environment *environment,
                                const gm_bench_options *options, gm_error *error);

/* The table of src/cli/bench_cases.c describes for the user what each case shows. */
gm_bench_case gm_bench_tour, gm_bench_step, gm_bench_anatomy, gm_bench_gemm, gm_bench_crossover,
    gm_bench_scaling, gm_bench_memory;

/* One workload of a sweep, and its timings. */
typedef struct gm_timed {
    gm_workload_options options;
    gm_workload workload;
    gm_candidate candidate;
} gm_timed;

/* Checks whether all of these workloads fit into free memory at the same time. It looks at their options
 * only; call it before anything is measured. GM_LIMIT: they do not fit. GM_USAGE: as gm_workload_plan. */
gm_status gm_timed_plan(const gm_timed *timed, size_t count, gm_error *error);

/* Creates the workloads, checks that those of the same network and batch have the same loss in their first
 * step (else GM_CHECK), and measures them in turns. The workloads exist until gm_timed_clear. */
gm_status gm_timed_run(gm_timed *timed, size_t count, double seconds, const gm_bench_options *options,
                       gm_error *error);
void gm_timed_clear(gm_timed *timed, size_t count);

/* FLOP/s of a workload, by the median of its times. */
double gm_timed_flops(const gm_timed *timed);

/* The part (0 to 1) of the FMA peak that the workload reaches. The peak was measured around each of its
 * samples (gm_rounds_share). */
double gm_timed_peak_share(const gm_timed *timed);

/* Fills the column "peak_share", in percent, from a part of the FMA peak (0 to 1). If the part is impossible
 * (gm_peak_percent), the cell stays empty and a note is added. */
void gm_result_peak_share(gm_result *result, gm_result_row *row, double share);

/* Fills what step and tour say alike of a timed step: net, batch, backend and threads, samples per second,
 * milliseconds and their spread, and the share of the peak. */
void gm_result_step(gm_result *result, gm_result_row *row, const gm_timed *timed);

/* Gives a candidate's samples to its row (gm_result_samples). */
gm_status gm_candidate_samples(gm_result_row *row, const gm_candidate *candidate, gm_error *error);

/* The networks to measure: those that the user gave, or else the defaults. With --width, each network is
 * repeated with each of the widths in its hidden layers. GM_LIMIT: more than `most`. */
gm_status gm_bench_nets(const gm_bench_options *options, const char *const *defaults, gm_net *nets,
                        size_t most, size_t *count, gm_error *error);

/* The first backend that was given, else the engine's default. */
const char *gm_bench_backend(const gm_bench_options *options);

/* The first element of each list that the user gave, else the default: the batch of the named network, or 64;
 * packed; all usable threads; f32; plain SGD; sigmoid. */
gm_workload_options gm_bench_first(const gm_bench_options *options, const gm_net *net);

/* Adds a row for whole steps. Its name is the same in all cases that have such rows. */
gm_result_row *gm_step_row_add(gm_result *result, const gm_workload_options *options, size_t threads,
                               gm_error *error);

/* Measures the peaks of the precisions that were given, else those of f32. */
gm_status gm_bench_peaks(gm_environment *environment, const gm_bench_options *options, gm_error *error);

/* A case that sweeps whole steps over networks: step, scaling, memory. */
typedef struct gm_sweep {
    const char *const *nets; /* names of the default networks; NULL at the end */
    double seconds;          /* for all networks, unless --time says otherwise */
    bool peaks;              /* whether rows are compared with the peaks of the machine */
    /* Lists the workloads that are measured in turns on one network, at most GM_MOST_CANDIDATES. Only their
     * options are set. */
    gm_status (*list)(const gm_bench_options *options, const gm_net *net, gm_timed *timed, size_t *count,
                      gm_error *error);
    /* Adds the row of one workload; `first` is the first workload of the same network. */
    gm_status (*add_row)(gm_result *result, const gm_environment *environment, const gm_timed *timed,
                         const gm_timed *first, gm_error *error);
} gm_sweep;

gm_status gm_sweep_run(const gm_sweep *sweep, gm_result *result, gm_environment *environment,
                       const gm_bench_options *options, gm_error *error);

#endif

/* The columns that results have. Each is one row of the table in columns.c. A case lists the columns that it
 * shows, and fills a cell by naming its column, so that a mistyped name does not compile. */
#ifndef GM_BENCH_OUTPUT_COLUMNS_H
#define GM_BENCH_OUTPUT_COLUMNS_H

/* One column, in static storage. Columns are compared by their address. */
typedef struct gm_column {
    const char *key;  /* for machines: "samples_per_second" */
    const char *head; /* for people: "samples" */
    const char *unit; /* below the head: "1/s"; "" if there is none */
    int decimals;     /* of numbers; GM_COLUMN_TEXT: the cells are texts */
} gm_column;
#define GM_COLUMN_TEXT (-1)

/* What was measured. */
extern const gm_column gm_column_net, gm_column_batch, gm_column_width, gm_column_backend, gm_column_threads,
    gm_column_working, gm_column_precision, gm_column_optimizer, gm_column_dropout, gm_column_clip_norm,
    gm_column_ema, gm_column_weights, gm_column_layer, gm_column_kind, gm_column_equation, gm_column_shape,
    gm_column_sweep, gm_column_problem, gm_column_peer, gm_column_library, gm_column_loaded, gm_column_core,
    gm_column_threading, gm_column_benchmark;

/* How long it took. */
extern const gm_column gm_column_microseconds, gm_column_microseconds_fine, gm_column_milliseconds,
    gm_column_fastest, gm_column_spread, gm_column_seconds, gm_column_epochs, gm_column_reached,
    gm_column_old_us, gm_column_new_us;

/* How fast that is. */
extern const gm_column gm_column_samples_per_second, gm_column_gflops, gm_column_gflops_fine,
    gm_column_peak_share, gm_column_gemm_share, gm_column_share, gm_column_bandwidth,
    gm_column_bandwidth_moved, gm_column_bandwidth_share, gm_column_intensity, gm_column_bound;

/* How it compares with other rows. */
extern const gm_column gm_column_times_naive, gm_column_times_naive_fine, gm_column_times,
    gm_column_among_fastest, gm_column_speedup, gm_column_efficiency, gm_column_change, gm_column_interval,
    gm_column_p, gm_column_verdict;

/* Memory. */
extern const gm_column gm_column_parameters, gm_column_held, gm_column_workspace, gm_column_moved;

/* Whether it is right, and how it went. */
extern const gm_column gm_column_check, gm_column_residual, gm_column_loss, gm_column_last_loss,
    gm_column_accuracy, gm_column_plan, gm_column_status;

#endif

/* The table of all columns: key, head, unit, decimals. Two columns may share a key if no case has both. */
#include "bench/output/columns.h"

/* What was measured. */
const gm_column gm_column_net = {"net", "net", "", GM_COLUMN_TEXT};
const gm_column gm_column_batch = {"batch", "batch", "rows", 0};
const gm_column gm_column_width = {"width", "width", "", 0};
const gm_column gm_column_backend = {"backend", "backend", "", GM_COLUMN_TEXT};
const gm_column gm_column_threads = {"threads", "threads", "", 0};
const gm_column gm_column_working = {"working", "working", "", 0};
const gm_column gm_column_precision = {"precision", "type", "", GM_COLUMN_TEXT};
const gm_column gm_column_optimizer = {"optimizer", "optimizer", "", GM_COLUMN_TEXT};
const gm_column gm_column_dropout = {"dropout", "dropout", "", 3};
const gm_column gm_column_clip_norm = {"clip_norm", "clip", "norm", 3};
const gm_column gm_column_ema = {"ema", "ema", "decay", 4};
const gm_column gm_column_weights = {"weights", "weights", "", 0};
const gm_column gm_column_layer = {"layer", "layer", "", GM_COLUMN_TEXT};
const gm_column gm_column_kind = {"kind", "part", "", GM_COLUMN_TEXT};
const gm_column gm_column_equation = {"equation", "equation", "", GM_COLUMN_TEXT};
const gm_column gm_column_shape = {"shape", "m x n x k", "", GM_COLUMN_TEXT};
const gm_column gm_column_sweep = {"sweep", "sweep", "", GM_COLUMN_TEXT};
const gm_column gm_column_problem = {"problem", "problem", "", GM_COLUMN_TEXT};
const gm_column gm_column_peer = {"peer", "peer", "", GM_COLUMN_TEXT};
const gm_column gm_column_library = {"library", "library", "", GM_COLUMN_TEXT};
const gm_column gm_column_loaded = {"loaded", "loaded", "", GM_COLUMN_TEXT};
const gm_column gm_column_core = {"core", "kernels", "", GM_COLUMN_TEXT};
const gm_column gm_column_threading = {"threading", "its threads", "", GM_COLUMN_TEXT};
const gm_column gm_column_benchmark = {"benchmark", "benchmark", "", GM_COLUMN_TEXT};

/* How long it took. */
const gm_column gm_column_microseconds = {"microseconds", "time", "us", 1};
const gm_column gm_column_microseconds_fine = {"microseconds", "time", "us", 2};
const gm_column gm_column_milliseconds = {"milliseconds", "step", "ms", 4};
const gm_column gm_column_fastest = {"fastest", "min", "ms", 4};
const gm_column gm_column_spread = {"spread", "+-", "%", 1};
const gm_column gm_column_seconds = {"seconds", "epoch", "s", 3};
const gm_column gm_column_epochs = {"epochs", "epochs", "", 0};
const gm_column gm_column_reached = {"reached", "reached", "s", 2};
const gm_column gm_column_old_us = {"old_us", "old", "us", 3};
const gm_column gm_column_new_us = {"new_us", "new", "us", 3};

/* How fast that is. */
const gm_column gm_column_samples_per_second = {"samples_per_second", "samples", "1/s", 0};
const gm_column gm_column_gflops = {"gflops", "speed", "GFLOP/s", 1};
const gm_column gm_column_gflops_fine = {"gflops", "speed", "GFLOP/s", 2};
const gm_column gm_column_peak_share = {"peak_share", "of FMA", "%", 1};
const gm_column gm_column_gemm_share = {"gemm_share", "of gemm", "%", 1};
const gm_column gm_column_share = {"share", "share", "%", 1};
const gm_column gm_column_bandwidth = {"bandwidth", "traffic", "GB/s", 1};
const gm_column gm_column_bandwidth_moved = {"bandwidth", "moved", "GB/s", 1};
const gm_column gm_column_bandwidth_share = {"bandwidth_share", "of triad", "%", 0};
const gm_column gm_column_intensity = {"intensity", "intensity", "FLOP/B", 2};
const gm_column gm_column_bound = {"bound", "bound by", "", GM_COLUMN_TEXT};

/* How it compares with other rows. */
const gm_column gm_column_times_naive = {"times_naive", "naive = 1", "x", 1};
const gm_column gm_column_times_naive_fine = {"times_naive", "naive = 1", "x", 2};
const gm_column gm_column_times = {"times", "times", "first", 2};
const gm_column gm_column_among_fastest = {"fastest", "", "", GM_COLUMN_TEXT};
const gm_column gm_column_speedup = {"speedup", "speed-up", "x", 2};
const gm_column gm_column_efficiency = {"efficiency", "efficiency", "%", 1};
const gm_column gm_column_change = {"change", "change", "%", 2};
const gm_column gm_column_interval = {"interval", "interval", "%", GM_COLUMN_TEXT};
const gm_column gm_column_p = {"p", "p", "", 4};
const gm_column gm_column_verdict = {"verdict", "verdict", "", GM_COLUMN_TEXT};

/* Memory. */
const gm_column gm_column_parameters = {"parameters", "parameters", "", 0};
const gm_column gm_column_held = {"held", "held", "B/param", 1};
const gm_column gm_column_workspace = {"workspace", "workspace", "MiB", 2};
const gm_column gm_column_moved = {"moved", "moved", "B/param", 1};

/* Whether it is right, and how it went. */
const gm_column gm_column_check = {"check", "check", "", GM_COLUMN_TEXT};
const gm_column gm_column_residual = {"residual", "residual", "of 1", 3};
const gm_column gm_column_loss = {"loss", "loss", "", 6};
const gm_column gm_column_last_loss = {"loss", "loss", "last", 4};
const gm_column gm_column_accuracy = {"accuracy", "accuracy", "%", 2};
const gm_column gm_column_plan = {"plan", "ran", "", GM_COLUMN_TEXT};
const gm_column gm_column_status = {"status", "status", "", GM_COLUMN_TEXT};

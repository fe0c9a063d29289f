/* A training problem as a file: what a child process needs to do exactly the same steps as another one.
 *
 *   8 bytes   "GMPROB1\n"
 *   8 bytes   length of the text that follows, unsigned, little endian; a multiple of 8
 *   text      a JSON object in ASCII, padded with blanks:
 *               "widths"     [784, 128, 10]
 *               "hidden", "output", "loss"       as gm_activation_name and gm_loss_name write them
 *               "optimizer"  {"kind": "sgd", "rate": .1, "momentum": .9, "beta1": .9, "beta2": .999,
 *                             "epsilon": 1e-8}
 *               "precision"  "f32" or "f64": the arithmetic; the numbers below are f32 either way
 *               "threads", "batch", "batches"
 *               "backend"    gradmill's; a peer ignores it
 *               "data"       only for epochs: the folder of a set in the IDX format; "batches" is then 0
 *   f32, little endian, without gaps:
 *             for each layer W (out x in, row by row) and b (out);
 *             x, batches * batch rows; y, as many rows: one-hot if the loss is cross-entropy
 *
 * A child reads it from GM_CHILD_PROBLEM_PATH and then speaks lines of JSON:
 *
 *   at its start  {"ready": true, "name": "PyTorch 1.13.0", "detail": "...", "choice": "..."}
 *                 (choice: the fastest of the settings that it tried, if it did)
 *                 or {"missing": "python3-torch"} or {"unsuitable": "no softmax"}, and it ends
 *
 *   to "step N"   {"seconds": of the N steps, "loss": of the last of them, before its update}
 *                 (steps take the batches in turn, for ever: step i, from 0 at the start, takes batch
 *                 i mod batches)
 *
 *   to "epoch"    {"seconds": of the training alone, "loss": mean, "accuracy": on the test set,
 *                 "rows": trained on}
 *
 *   to anything that fails  {"error": "what"}, and it ends
 *
 * It ends at the end of its input. */
#ifndef GM_BENCH_CONTEST_PROBLEM_H
#define GM_BENCH_CONTEST_PROBLEM_H

#include "bench/measure/workload.h"

#include <gradmill.h>

#define GM_PROBLEM_WIDTHS GM_MOST_WIDTHS

typedef struct gm_problem {
    size_t widths[GM_PROBLEM_WIDTHS]; /* inputs, hidden ..., outputs */
    size_t width_count;
    gm_activation hidden, output;
    gm_loss loss;
    gm_optimizer optimizer; /* without decay, l2 and freeze_bias */
    gm_precision precision;
    size_t threads, batch, batches;
    char backend[32];
    char data[1024]; /* empty: none */
    float *parameters, *x, *y;
    size_t parameter_count;
} gm_problem;

/* Fills parameters, x, y and their counts from a fixed seed. The caller has set all other fields. */
gm_status gm_problem_draw(gm_problem *problem, gm_error *error);
void gm_problem_clear(gm_problem *problem);

/* Writes the problem to a file in memory that child processes inherit. The caller closes it. */
gm_status gm_problem_write(const gm_problem *problem, int *descriptor, gm_error *error);
gm_status gm_problem_read(gm_problem *problem, const char *path, gm_error *error);

/* The network with the problem's parameters. */
gm_status gm_problem_network(const gm_problem *problem, gm_network **network, gm_error *error);

#endif

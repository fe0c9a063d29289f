/* Case `peers`: the same network in gradmill, plain CBLAS (peers/cblas.c), PyTorch, scikit-learn and FANN,
 * each in a process of its own. */
#ifndef GM_BENCH_PEERS_PEERS_H
#define GM_BENCH_PEERS_PEERS_H

#include "bench/cases/cases.h"
#include "bench/contest/contest.h"

typedef struct gm_peers_options {
    const gm_bench_options
        *sweep; /* nets, batch, threads, backend, ...: the first of each; default mid, mnist, nielsen */
    const char *const *child; /* gradmill's child, as in compare.h; default NULL: this program */
    const char *python;       /* default NULL: "/usr/bin/python3", which has Debian's packages */
    double patience;          /* seconds; default 0: that of the contest */
    /* Epochs only: */
    const char *data; /* a folder of IDX files; default NULL: Fashion-MNIST where Debian has it */
    double accuracy;  /* train until the test set shows this; default 0: a fixed number of epochs */
    size_t epochs;    /* that number, or the most until the accuracy; default 0: 3, or 10 */
} gm_peers_options;

/* Measures single steps. There are two problems for each network: cross-entropy with softmax (logistic for
 * one output), and half the squared error with sigmoid. The losses after the first steps must agree to 1e-4.
 * If a peer is not installed, cannot do the same mathematics, or computes another result, its row has the
 * reason. */
gm_status gm_bench_peers(gm_result *result, gm_environment *environment, const gm_peers_options *options,
                         gm_error *error);

/* Measures whole epochs: shuffle, gather, train. All peers begin with the same weights, and take turns epoch
 * by epoch; each shuffles the rows in its own order. Default net 784-1024-1024-10 with relu, batch 128,
 * momentum 0.9 with rate 0.1. */
gm_status gm_bench_peers_epoch(gm_result *result, gm_environment *environment,
                               const gm_peers_options *options, gm_error *error);

/* Everyone, ready for a contest; arguments are written to `commands`, which must outlive the contestants. */
#define GM_PEERS 5
typedef struct gm_peer_command {
    char program[1024];
    const char *arguments[5];
} gm_peer_command;
void gm_peers_enter(gm_contestant *contestants, gm_peer_command *commands, const gm_peers_options *options);

#endif

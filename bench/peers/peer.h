/* The part that all peers written in C have in common: it reads the problem, sends the first line, and trains
 * as the commands say (bench/contest/problem.h describes the lines). peer.py does the same for Python. */
#ifndef GM_BENCH_PEERS_PEER_H
#define GM_BENCH_PEERS_PEER_H

#include "bench/contest/problem.h"

typedef struct gm_peer {
    const char *name;
    /* The reason, if it cannot do the same mathematics; else NULL. */
    const char *(*unsuitable)(const gm_problem *problem);
    /* Makes everything that the peer needs; NULL without memory. The problem exists as long. A peer that
     * tries several settings writes the name of the fastest to `choice`, which is empty before. */
    void *(*create)(const gm_problem *problem, char *choice, size_t size);
    /* Does `count` steps, beginning with step `first`. Returns the loss of the last one, before its update.
     */
    double (*train)(void *own, size_t first, size_t count);
    void (*destroy)(void *own);
} gm_peer;

/* For a peer that can only do hidden layers of sigmoid, plain SGD, and single steps in single precision: a
 * text that says what the problem needs beyond that, or NULL. */
const char *gm_peer_needs_plain(const gm_problem *problem);

/* The main function of a peer. */
int gm_peer_main(const gm_peer *peer, int argc, char **argv);

#endif

/* What every peer that is a C program does alike: it reads the problem, says who it is, and trains as it is
 * told (bench/contest/problem.h has the lines). For Python peer.py does the same. */
#ifndef GM_BENCH_PEERS_PEER_H
#define GM_BENCH_PEERS_PEER_H

#include "bench/contest/problem.h"

typedef struct gm_peer {
    const char *name;
    /* The reason, if it cannot do the same mathematics; else NULL. */
    const char *(*unsuitable)(const gm_problem *problem);
    /* All that it needs; NULL without memory. The problem lives as long. `choice`: the fastest of the
     * settings that it tried; left as it is, empty, if there are none. */
    void *(*create)(const gm_problem *problem, char *choice, size_t size);
    /* So many steps, from step `first` on; the loss of the last of them, before its update. */
    double (*train)(void *own, size_t first, size_t count);
    void (*destroy)(void *own);
} gm_peer;

/* What a peer cannot do that knows hidden layers of sigmoid, plain SGD and single steps in single precision;
 * NULL if that is all there is to do. */
const char *gm_peer_needs_plain(const gm_problem *problem);

/* The whole program; the value is that of main. */
int gm_peer_main(const gm_peer *peer, int argc, char **argv);

#endif

/* Case `compare`: the same training steps over several BLAS libraries, each in a process of its own. */
#ifndef GM_BENCH_PEERS_COMPARE_H
#define GM_BENCH_PEERS_COMPARE_H

#include "bench/cases/cases.h"

#define GM_MOST_LIBRARIES 16

typedef struct gm_compare_options {
    const char *const *libraries; /* names (libraries.h) or paths; NULL: the known ones that are installed */
    size_t count;
    const gm_bench_options
        *sweep; /* nets, batch, threads, precision, ...: the first of each; default mid, mnist */
    const char *const *child; /* the program that is the child, with its arguments up to the problem's path,
                                 NULL-terminated; default NULL: this one */
    double patience;          /* seconds; default 0: that of the contest */
} gm_compare_options;

/* If a library is not installed, is not a BLAS, crashes, hangs or computes another result, its row has the
 * reason in place of a speed. GM_USAGE: an unknown name. */
gm_status gm_bench_compare(gm_result *result, gm_environment *environment, const gm_compare_options *options,
                           gm_error *error);

#endif

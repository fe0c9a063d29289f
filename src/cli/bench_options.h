/* The options of `gradmill bench`, parsed. */
#ifndef GM_CLI_BENCH_OPTIONS_H
#define GM_CLI_BENCH_OPTIONS_H

#include "bench/cases/cases.h"
#include "bench/gate/gate.h"
#include "bench/output/output.h"

#define CLI_MOST_LIBRARIES 16

typedef struct cli_bench_options {
    const char *name;     /* of the case; NULL: the quick tour */
    const char *sides[2]; /* gate: OLD NEW, JSON outputs or programs */
    size_t side_count;
    gm_bench_options sweep;
    struct {
        unsigned backend, precision, optimizer, activation;
    } seen; /* a bit for each index that the lists of `sweep` hold */
    gm_gate_options gate;
    const char *libraries[CLI_MOST_LIBRARIES]; /* compare */
    size_t library_count;
    bool epoch;       /* peers: whole epochs */
    double accuracy;  /* peers --epoch: train until the test set shows it; 0: not given */
    const char *data; /* peers --epoch: directory of IDX files */
    gm_format format;
    const char *out, *report; /* files; NULL: none */
} cli_bench_options;

/* Parses the command line; a mistake ends the program through argp. */
void cli_bench_parse(cli_bench_options *options, int argc, char **argv);

#endif

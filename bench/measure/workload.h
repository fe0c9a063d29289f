/* What is benchmarked: a network with random weights, a batch of random data, an engine. */
#ifndef GM_BENCH_MEASURE_WORKLOAD_H
#define GM_BENCH_MEASURE_WORKLOAD_H

#include "bench/measure/random_batch.h"

#include <gradmill.h>

#define GM_MOST_WIDTHS 64

/* "784-1024-1024-10", or a name from the table of workload.c. */
typedef struct gm_net {
    char name[96]; /* as it is shown */
    size_t widths[GM_MOST_WIDTHS];
    size_t width_count;
    size_t batch; /* the batch that belongs to a named net; 0 for others */
} gm_net;

/* Widths joined by "-", "x" or ",", or the name of a preset. GM_USAGE: neither; the text suggests a name. */
gm_status gm_net_parse(gm_net *net, const char *text, gm_error *error);
/* Names a net by its widths: "784-128-10", cut if it is longer than a name may be. */
void gm_net_name(gm_net *net);
const gm_net *gm_net_preset(size_t index); /* NULL past the last */

/* The names of all presets for help and error texts: "wide, mid, ...". Returns buffer. */
#define GM_PRESET_NAMES 128
const char *gm_net_preset_names(char buffer[GM_PRESET_NAMES]);

/* The loss that belongs to it: logistic for one output, else cross-entropy. */
gm_loss gm_net_loss(const gm_net *net);

/* A network by its widths. */
typedef struct gm_net_layers {
    const size_t *widths; /* inputs, hidden ..., outputs; at most GM_MOST_WIDTHS */
    size_t width_count;
    gm_activation hidden, output;
    gm_loss loss;
    gm_precision precision;
} gm_net_layers;

/* What gm_network_create takes to make it. `layers` has room for GM_MOST_WIDTHS; the options refer to it. */
gm_network_options gm_net_options(const gm_net_layers *net, gm_layer_options *layers);

typedef struct gm_workload_options {
    gm_net net;
    size_t batch;
    const char *backend;
    size_t threads; /* 0: all usable */
    gm_precision precision;
    gm_optimizer optimizer;
    gm_activation activation; /* of the hidden layers; the output has that of gm_net_loss */
    /* As in gm_engine_options, with the same dropout in all hidden layers; 0: none. */
    double dropout, clip_norm, average_decay;
    bool weighted;       /* rows have weights (gm_step_options) */
    gm_profile *profile; /* NULL, or where the engine keeps its times (engine.h) */
} gm_workload_options;

typedef struct gm_workload {
    gm_network *network;
    gm_engine *engine;
    gm_random_batch rows; /* what each step trains on */
    void *weights;        /* of these rows; NULL: they have none */
    size_t batch;
} gm_workload;

/* Sets *bytes to the memory of a workload: network, engine and batch. GM_LIMIT: more than any machine has.
 * GM_USAGE: gm_engine_create would refuse the options. */
gm_status gm_workload_plan(const gm_workload_options *options, size_t *bytes, gm_error *error);

/* The same options give the same weights and data. */
gm_status gm_workload_create(gm_workload *workload, const gm_workload_options *options, gm_error *error);
void gm_workload_clear(gm_workload *workload);

/* For gm_candidate: context is a gm_workload; one iteration is one training step. */
gm_status gm_workload_steps(void *workload, size_t iterations, gm_error *error);

#endif

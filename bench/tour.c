/* The quick tour: whole training steps of one wide and one narrow network, over the backends. The results are
 * compared before a speed is shown. */
#include "bench/tour.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"
#include "bench/clock.h"
#include "bench/peak.h"
#include "bench/statistics.h"

#include <gradmill.h>
#include <math.h>
#include <string.h>

/* One network on one backend. */
struct contender {
    const char *backend;
    size_t threads; /* 0: all usable */
    gm_network *network;
    gm_engine *engine;
    double samples[64]; /* seconds a step, one for each round */
    gm_statistics result;
    double loss; /* of the first step */
};

struct race {
    const char *title;
    size_t widths[3]; /* inputs, hidden, outputs */
    size_t batch, rounds;
};

static const struct race races[] = {
    {"wide: 1024-1024-10, batch 64", {1024, 1024, 10}, 64, 7},
    {"narrow: 2-3-1, batch 4", {2, 3, 1}, 4, 21},
};

static const struct contender entries[] = {
    {.backend = "naive", .threads = 1},
    {.backend = "naive-ikj", .threads = 1},
    {.backend = "blas", .threads = 1},
    {.backend = "blas", .threads = 0},
};
#define ENTRY_COUNT (sizeof entries / sizeof *entries)

static gm_status enter(struct contender *c, const struct race *race, gm_error *error)
{
    const gm_layer_options layers[] = {{race->widths[1], GM_SIGMOID}, {race->widths[2], GM_SIGMOID}};
    gm_network_options network = gm_network_options_default();
    network.inputs = race->widths[0];
    network.layer_count = 2;
    network.layers = layers;
    network.loss = GM_LOGISTIC;
    gm_engine_options engine = gm_engine_options_default();
    engine.backend = c->backend;
    engine.threads = c->threads;
    engine.batch = race->batch;
    const gm_status status = gm_network_create(&c->network, &network, error);
    return status == GM_OK ? gm_engine_create(&c->engine, c->network, &engine, error) : status;
}

/* Seconds of one step, from as many steps as fill a millisecond. */
static gm_status time_step(struct contender *c, gm_array x, gm_array y, double *seconds, gm_error *error)
{
    size_t steps = 1;
    for (;; steps *= 2) {
        const uint64_t start = gm_clock();
        for (size_t i = 0; i < steps; i++) {
            const gm_status status = gm_engine_step(c->engine, x, y, NULL, error);
            if (status != GM_OK)
                return status;
        }
        *seconds = gm_clock_seconds(start, gm_clock());
        if (*seconds > 1e-3)
            break;
    }
    *seconds /= (double)steps;
    return GM_OK;
}

/* The first step of every contender must give the same loss. */
static gm_status compare(struct contender *cs, gm_array x, gm_array y, gm_error *error)
{
    for (size_t i = 0; i < ENTRY_COUNT; i++) {
        const gm_status status = gm_engine_step(cs[i].engine, x, y, &cs[i].loss, error);
        if (status != GM_OK)
            return status;
        if (!(fabs(cs[i].loss - cs[0].loss) <= 1e-5 * fabs(cs[0].loss)))
            return gm_fail(error, GM_CHECK, "backend %s: loss %.9g; expected %.9g, the loss of %s",
                           cs[i].backend, cs[i].loss, cs[0].loss, cs[0].backend);
    }
    return GM_OK;
}

/* Rounds over all contenders in turn, so that a drift of the machine meets them all. */
static gm_status run_rounds(struct contender *cs, const struct race *race, gm_array x, gm_array y,
                            gm_error *error)
{
    for (size_t round = 0; round < race->rounds; round++) {
        for (size_t i = 0; i < ENTRY_COUNT; i++) {
            const gm_status status = time_step(&cs[i], x, y, &cs[i].samples[round], error);
            if (status != GM_OK)
                return status;
        }
    }
    for (size_t i = 0; i < ENTRY_COUNT; i++)
        cs[i].result = gm_statistics_of(cs[i].samples, race->rounds);
    return GM_OK;
}

static void print_race(FILE *out, const struct race *race, const struct contender *cs, double peak)
{
    fprintf(out,
            "\n%s\n  backend    threads    us/step     +-  samples/s   GFLOP/s  %% of peak  times naive\n",
            race->title);
    for (size_t i = 0; i < ENTRY_COUNT; i++) {
        const struct contender *c = &cs[i];
        const double speed = gm_step_flop(c->network, race->batch) / c->result.median;
        fprintf(out, "  %-10s %7zu %10.1f %5.1f%% %10.0f %9.2f %10.1f %12.1f\n", c->backend,
                gm_engine_threads(c->engine), c->result.median * 1e6,
                100 * c->result.deviation / c->result.median, (double)race->batch / c->result.median,
                speed / 1e9, 100 * speed / peak, cs[0].result.median / c->result.median);
    }
}

static gm_status run_race(FILE *out, const struct race *race, double peak, gm_error *error)
{
    struct contender cs[ENTRY_COUNT];
    memcpy(cs, entries, sizeof cs);
    const size_t in = race->widths[0], outputs = race->widths[2];
    float *x = gm_alloc(race->batch * in, sizeof *x), *y = gm_alloc(race->batch * outputs, sizeof *y);
    gm_random random = gm_random_seed(1, GM_STREAM_BENCH);
    gm_status status = x && y ? GM_OK : gm_fail_memory(error, "a batch", race->batch * in * sizeof *x);
    for (size_t i = 0; x && i < race->batch * in; i++)
        x[i] = (float)gm_random_uniform(&random);
    for (size_t i = 0; y && i < race->batch * outputs; i++)
        y[i] = (float)gm_random_below(&random, 2);
    for (size_t i = 0; i < ENTRY_COUNT && status == GM_OK; i++)
        status = enter(&cs[i], race, error);
    const gm_array xs = gm_array_f32(x, race->batch, in), ys = gm_array_f32(y, race->batch, outputs);
    if (status == GM_OK)
        status = compare(cs, xs, ys, error);
    if (status == GM_OK)
        status = run_rounds(cs, race, xs, ys, error);
    if (status == GM_OK)
        print_race(out, race, cs, peak);
    for (size_t i = 0; i < ENTRY_COUNT; i++) {
        gm_engine_destroy(cs[i].engine);
        gm_network_destroy(cs[i].network);
    }
    gm_free(x);
    gm_free(y);
    return status;
}

gm_status gm_bench_tour(FILE *out, gm_error *error)
{
    const size_t threads = gm_system_threads().usable;
    double peak;
    gm_status status = gm_peak_fma(GM_F32, threads, &peak, error);
    if (status != GM_OK)
        return status;
    fprintf(
        out,
        "One training step (forward, loss, BP1 to BP4, update), f32, sigmoid, plain SGD; median of rounds.\n"
        "naive: the textbook's loops i-j-k. naive-ikj: loops that a compiler can vectorise. blas: %s.\n"
        "FMA peak of %zu %s, measured now: %.0f GFLOP/s.\n",
        gm_system_blas().vendor, threads, threads == 1 ? "thread" : "threads", peak / 1e9);
    for (size_t i = 0; i < sizeof races / sizeof *races && status == GM_OK; i++)
        status = run_race(out, &races[i], peak, error);
    return status;
}

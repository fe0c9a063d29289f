/* Several engines in several threads at once, as a server would have them: each with a team of its own
 * computes what it computes alone. Under ThreadSanitizer (scripts/test.sh) this is where races between
 * engines show. */
#include "nets.h"

#include <pthread.h>

enum { ENGINES = 4, STEPS = 30, ROWS = 24, IN = 9, OUT = 4 };

static const net_shape shape = {{IN, 40, 17, OUT}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY};

/* What one thread is to do, and what came out. */
struct job {
    const char *backend;
    size_t threads;
    uint64_t seed;
    double loss;
    gm_status status;
};

static gm_status steps(gm_engine *engine, struct job *job)
{
    double x[ROWS * IN], y[ROWS * OUT] = {0};
    gm_error error;
    gm_status status = GM_OK;
    net_fill(x, ROWS * IN, -1, job->seed);
    for (size_t r = 0; r < ROWS; r++)
        y[r * OUT + r % OUT] = 1;
    for (int i = 0; i < STEPS && status == GM_OK; i++)
        status =
            gm_engine_step(engine, gm_array_f64(x, ROWS, IN), gm_array_f64(y, ROWS, OUT), &job->loss, &error);
    return status;
}

/* Engines come and go while others work: the BLAS library's threads are borrowed and given back meanwhile. */
static void *run(void *argument)
{
    struct job *job = argument;
    gm_layer_options layers[NET_LAYERS];
    gm_network_options description = gm_network_options_default();
    gm_engine_options options = gm_engine_options_default();
    description.inputs = IN;
    description.layer_count = net_layers(&shape, layers);
    description.layers = layers;
    description.loss = shape.loss;
    description.seed = job->seed;
    options.backend = job->backend;
    options.threads = job->threads;
    options.batch = ROWS;
    for (int round = 0; round < 2; round++) {
        gm_network *network = NULL;
        gm_engine *engine = NULL;
        gm_error error;
        job->status = gm_network_create(&network, &description, &error);
        if (job->status == GM_OK)
            job->status = gm_engine_create(&engine, network, &options, &error);
        if (job->status == GM_OK)
            job->status = steps(engine, job);
        gm_engine_destroy(engine);
        gm_network_destroy(network);
    }
    return NULL;
}

Test(concurrent, engines_do_not_disturb_each_other)
{
    static const char *const backends[ENGINES] = {"packed", "naive", "packed", "blas"};
    struct job jobs[ENGINES], alone[ENGINES];
    pthread_t threads[ENGINES];
    for (size_t i = 0; i < ENGINES; i++) {
        alone[i] = jobs[i] = (struct job){.backend = backends[i], .threads = 1 + i % 3, .seed = i + 1};
        run(&alone[i]);
        cr_assert_eq(alone[i].status, GM_OK);
    }
    for (size_t i = 0; i < ENGINES; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, run, &jobs[i]), 0);
    for (size_t i = 0; i < ENGINES; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < ENGINES; i++) {
        cr_expect_eq(jobs[i].status, GM_OK);
        cr_expect_eq(jobs[i].loss, alone[i].loss, "%s, %zu threads", backends[i], jobs[i].threads);
    }
}

/* Tests several engines in several threads at the same time, as in a server. Each has its own team of
 * threads, and must compute what it computes alone. Engines for inference share the weights of one network.
 * Under ThreadSanitizer (scripts/test.sh) this is where races between engines show. */
#include "nets.h"

#include "nn/engine.h"

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

/* What the threads of a server do: each makes an engine for inference on the one network, and uses it. */
struct server {
    gm_network *network;
    gm_engine_options options;
    pthread_barrier_t *begin;
    gm_engine *engine;
    gm_status status;
    double outputs[2][ROWS * OUT]; /* before and after the weights are changed */
};

static gm_status serve(struct server *server, double *outputs)
{
    double x[ROWS * IN];
    gm_error error;
    gm_status status = GM_OK;
    net_fill(x, ROWS * IN, -1, 7);
    for (int i = 0; i < STEPS && status == GM_OK; i++)
        status = gm_engine_predict(server->engine, gm_array_f64(x, ROWS, IN),
                                   gm_mutable_f64(outputs, ROWS, OUT), &error);
    return status;
}

/* Twice there is a moment at which all threads find that the weights are not where they need them: the first
 * time, and after one thread has changed them while the others wait. */
static void *run_server(void *argument)
{
    struct server *server = argument;
    pthread_barrier_wait(server->begin);
    server->status = gm_engine_create(&server->engine, server->network, &server->options, NULL);
    if (server->status == GM_OK)
        server->status = serve(server, server->outputs[0]);
    if (pthread_barrier_wait(server->begin) == PTHREAD_BARRIER_SERIAL_THREAD)
        gm_network_set_parameter(server->network, 3, 0.25);
    pthread_barrier_wait(server->begin);
    if (server->status == GM_OK)
        server->status = serve(server, server->outputs[1]);
    return NULL;
}

static void run_servers(struct server *servers, size_t count)
{
    pthread_barrier_t begin;
    pthread_t threads[ENGINES];
    pthread_barrier_init(&begin, NULL, (unsigned)count);
    for (size_t i = 0; i < count; i++) {
        servers[i].begin = &begin;
        cr_assert_eq(pthread_create(&threads[i], NULL, run_server, &servers[i]), 0);
    }
    for (size_t i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&begin);
}

static void destroy_servers(struct server *servers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        gm_engine_destroy(servers[i].engine);
}

/* The weights of each server come from a training engine, which holds them when the servers begin. */
static gm_network *trained(gm_engine **trainer)
{
    double x[ROWS * IN], y[ROWS * OUT] = {0};
    gm_engine_options options = gm_engine_options_default();
    options.threads = 1;
    net_fill(x, ROWS * IN, -1, 3);
    for (size_t r = 0; r < ROWS; r++)
        y[r * OUT + r % OUT] = 1;
    *trainer = net_engine(net_make(&shape, GM_F64, 1), &options);
    net_step(*trainer, gm_array_f64(x, ROWS, IN), gm_array_f64(y, ROWS, OUT));
    return gm_engine_network(*trainer);
}

static void expect_servers(const char *const *backends)
{
    static struct server servers[ENGINES], alone[ENGINES];
    gm_engine *trainer;
    gm_network *network = trained(&trainer);
    const double former = gm_network_parameter(network, 3);
    for (size_t i = 0; i < ENGINES; i++) {
        servers[i] = (struct server){.network = network, .options = gm_engine_options_default()};
        servers[i].options.backend = backends[i];
        servers[i].options.threads = 1 + i % 2;
        servers[i].options.inference = true;
        alone[i] = servers[i];
    }
    run_servers(servers, ENGINES);
    const void *shared = NULL;
    for (size_t i = 0; i < ENGINES; i++) {
        cr_assert_eq(servers[i].status, GM_OK);
        if (!servers[i].engine->own)
            continue;
        cr_expect(!shared || servers[i].engine->own == shared, "engine %zu has weights of its own", i);
        shared = servers[i].engine->own;
        const gm_memory memory = gm_engine_memory(servers[i].engine);
        cr_expect_eq(memory.shared, memory.parameters + memory.packed);
        cr_expect(memory.packed > 0);
    }
    destroy_servers(servers, ENGINES);
    for (size_t i = 0; i < ENGINES; i++) {
        gm_network_set_parameter(network, 3, former);
        run_servers(&alone[i], 1);
        cr_assert_eq(alone[i].status, GM_OK);
        for (size_t k = 0; k < 2; k++)
            cr_expect_eq(memcmp(servers[i].outputs[k], alone[i].outputs[k], sizeof alone[i].outputs[k]), 0,
                         "%s, engine %zu, round %zu: other bits than alone", backends[i], i, k);
        cr_expect_neq(memcmp(alone[i].outputs[0], alone[i].outputs[1], sizeof alone[i].outputs[0]), 0,
                      "the changed weight is not seen");
        destroy_servers(&alone[i], 1);
    }
    cr_expect_null(network->shared);
    net_free(trainer);
}

Test(concurrent, engines_for_inference_share_their_weights)
{
    static const char *const packed[ENGINES] = {"packed", "packed", "packed", "packed"};
    static const char *const mixed[ENGINES] = {"packed", "blas", "naive", "packed"};
    expect_servers(packed);
    expect_servers(mixed);
}

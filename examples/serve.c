/* A server with one set of weights: four threads answer requests at the same time, each with a predictor of
 * its own. Trains on the irises first; run it where data/iris.csv is. */
#include <gradmill.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>

enum { THREADS = 4, REQUESTS = 500 };

static const gm_layer_options layers[] = {{16, GM_RELU}, {3, GM_SOFTMAX}};

/* Raw rows as requests would bring them: unscaled, one with a cell that nobody has measured. */
static const double flowers[][4] = {
    {5.1, 3.5, 1.4, 0.2}, {6.0, 2.7, 4.2, 1.3}, {6.5, 3.0, 5.8, 2.2}, {5.0, 0, 1.5, 0.2}};
enum { FLOWERS = sizeof flowers / sizeof *flowers };

/* What one thread works with, and what it answered last. */
struct server {
    const gm_model *model;
    uint32_t answers[FLOWERS];
    gm_error error;
};

static gm_status learn(gm_model *model, gm_error *error)
{
    gm_dataset *all = NULL;
    gm_engine *engine = NULL;
    gm_network_options network = gm_network_options_default();
    network.inputs = 4, network.layers = layers, network.layer_count = 2, network.loss = GM_CROSS_ENTROPY;
    gm_engine_options compute = gm_engine_options_default();
    compute.batch = 16, compute.optimizer = gm_optimizer_default(GM_ADAM);
    gm_train_options training = gm_train_options_default();
    training.epochs = 100;
    gm_status status = gm_dataset_load(&all, "data/iris.csv", NULL, error);
    if (status == GM_OK)
        status = gm_model_name_classes(model, all, error);
    if (status == GM_OK)
        status = gm_columns_fit(&model->columns, all, NULL, error);
    if (status == GM_OK)
        status = gm_scaling_fit(&model->scaling, GM_SCALING_STANDARD, all, error);
    if (status == GM_OK)
        status = gm_network_create(&model->network, &network, error);
    if (status == GM_OK)
        status = gm_engine_create(&engine, model->network, &compute, error);
    if (status == GM_OK)
        status = gm_train(engine, all, NULL, model->scaling, &training, NULL, error);
    gm_engine_destroy(engine);
    gm_dataset_destroy(all);
    return status;
}

static void *serve(void *argument)
{
    struct server *server = argument;
    double rows[FLOWERS][4];
    gm_predictor *predictor = NULL;
    gm_engine_options options = gm_engine_options_default();
    options.threads = 1; /* this one: several requests are answered at a time, each by one thread */
    options.batch = FLOWERS;
    for (size_t i = 0; i < FLOWERS * 4; i++)
        rows[i / 4][i % 4] =
            flowers[i / 4][i % 4] > 0 ? flowers[i / 4][i % 4] : NAN; /* 0 stands for unknown */
    gm_status status = gm_predictor_create(&predictor, server->model, &options, &server->error);
    for (size_t i = 0; i < REQUESTS && status == GM_OK; i++)
        status = gm_predictor_run(predictor, gm_array_f64(rows[0], FLOWERS, 4), gm_no_array(),
                                  gm_mutable_labels(server->answers, FLOWERS), &server->error);
    gm_predictor_destroy(predictor);
    return NULL;
}

int main(void)
{
    struct server servers[THREADS] = {0};
    pthread_t threads[THREADS];
    gm_model model = {0};
    gm_error error = {0};
    size_t running = 0;
    gm_status status = learn(&model, &error);
    for (; running < THREADS && status == GM_OK; running++) {
        servers[running].model = &model;
        if (pthread_create(&threads[running], NULL, serve, &servers[running]) != 0)
            break;
    }
    for (size_t i = 0; i < running; i++) {
        pthread_join(threads[i], NULL);
        if (servers[i].error.status != GM_OK)
            error = servers[i].error;
    }
    if (running == THREADS && error.status == GM_OK) {
        for (size_t i = 0; i < THREADS; i++) {
            printf("thread %zu:", i + 1);
            for (size_t f = 0; f < FLOWERS; f++)
                printf(" %s", model.classes[servers[i].answers[f]]);
            printf("\n");
        }
    } else {
        fprintf(stderr, "serve: %s\n", error.status == GM_OK ? "no thread could be started" : error.message);
    }
    gm_model_clear(&model);
    return running == THREADS ? (int)error.status : 1;
}

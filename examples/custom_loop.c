/* Your own arrays and your own training loop: fits a curve by gm_engine_step, with a schedule of its own for
 * the rate, and judges the fit on points that were not learned. */
#include <gradmill.h>
#include <math.h>
#include <stdio.h>

enum { POINTS = 1024, BATCH = 32, EPOCHS = 300, HELD_BACK = 256 };

static const gm_layer_options layers[] = {
    {32, GM_TANH},
    {32, GM_TANH},
    {1, GM_IDENTITY},
};

/* Samples of y = sin(3 x) on [-1, 1). Multiples of the golden ratio, less their whole parts, spread evenly
 * however many are taken in a row: each batch sees the whole curve, and no shuffle is needed. */
static void sample(float *x, float *y, size_t count, double start)
{
    for (size_t i = 0; i < count; i++) {
        const double t = start + (double)i * 0.6180339887498949;
        x[i] = (float)(2 * (t - floor(t)) - 1);
        y[i] = sinf(3 * x[i]);
    }
}

/* The library's warm-up, and its cosine down to 0. The rate changes once in an epoch, as if that were one
 * step. */
static double rate_of(size_t epoch)
{
    gm_train_options options = gm_train_options_default();
    options.epochs = EPOCHS;
    options.schedule = GM_SCHEDULE_COSINE;
    options.warmup = 10;
    return gm_schedule_rate(&options, 0.01, epoch, 1);
}

static gm_status fit(gm_engine *engine, const float *x, const float *y, gm_error *error)
{
    for (size_t epoch = 0; epoch < EPOCHS; epoch++) {
        double loss = 0, sum = 0;
        gm_engine_set_rate(engine, rate_of(epoch));
        for (size_t i = 0; i < POINTS; i += BATCH) {
            const gm_status status = gm_engine_step(engine, gm_array_f32(x + i, BATCH, 1),
                                                    gm_array_f32(y + i, BATCH, 1), &loss, error);
            if (status != GM_OK)
                return status;
            sum += loss;
        }
        if (!isfinite(sum)) /* the engine leaves it to its caller to judge this */
            return GM_DIVERGED;
        if ((epoch + 1) % 100 == 0)
            printf("epoch %3zu  loss %.2e\n", epoch + 1, sum / (POINTS / BATCH));
    }
    return GM_OK;
}

/* The root mean square of the errors on points between those of the fit. */
static gm_status judge(gm_engine *engine, gm_error *error)
{
    float x[HELD_BACK], y[HELD_BACK], predicted[BATCH];
    double squares = 0;
    sample(x, y, HELD_BACK, 0.5);
    for (size_t i = 0; i < HELD_BACK; i += BATCH) {
        const gm_status status = gm_engine_predict(engine, gm_array_f32(x + i, BATCH, 1),
                                                   gm_mutable_f32(predicted, BATCH, 1), error);
        if (status != GM_OK)
            return status;
        for (size_t k = 0; k < BATCH; k++)
            squares += (predicted[k] - y[i + k]) * (predicted[k] - y[i + k]);
    }
    printf("root mean square error on %d other points: %.4f\n", HELD_BACK, sqrt(squares / HELD_BACK));
    return GM_OK;
}

int main(void)
{
    static float x[POINTS], y[POINTS];
    gm_error error = {0};
    gm_network *network = NULL;
    gm_engine *engine = NULL;
    gm_network_options shape = gm_network_options_default();
    shape.inputs = 1;
    shape.layers = layers;
    shape.layer_count = sizeof layers / sizeof *layers;
    shape.loss = GM_MEAN_SQUARES;
    gm_engine_options options = gm_engine_options_default();
    options.batch = BATCH;
    options.optimizer = gm_optimizer_default(GM_ADAM);
    sample(x, y, POINTS, 0);
    gm_status status = gm_network_create(&network, &shape, &error);
    if (status == GM_OK)
        status = gm_engine_create(&engine, network, &options, &error);
    if (status == GM_OK)
        status = fit(engine, x, y, &error);
    if (status == GM_OK)
        status = judge(engine, &error);
    if (status != GM_OK)
        fprintf(stderr, "custom_loop: %s\n", *error.message ? error.message : gm_status_text(status));
    gm_engine_destroy(engine);
    gm_network_destroy(network);
    return (int)status;
}

/* Three numbers to be learned at once, from arrays of one's own and with a schedule of one's own: where a
 * thrown ball is after a time, from its speed and its angle: height, distance and speed. The loop is
 * gm_train's; it asks for the rate of each step, ends when the validation loss has not fallen for a while,
 * and keeps the weights of the best epoch. */
#include <gradmill.h>
#include <math.h>
#include <stdio.h>

enum { ROWS = 2000, IN = 3, OUT = 3, EPOCHS = 200, BATCH = 20, PATIENCE = 30 };

static const gm_layer_options layers[] = {{48, GM_TANH}, {48, GM_TANH}, {OUT, GM_IDENTITY}};

/* Time (s), speed (m/s), angle (radians) -> height (m), distance (m), speed (m/s). */
static void throw_ball(const float *x, float *y)
{
    const float up = x[1] * sinf(x[2]), along = x[1] * cosf(x[2]), falls = 9.81F * x[0];
    y[0] = up * x[0] - falls * x[0] / 2;
    y[1] = along * x[0];
    y[2] = sqrtf(along * along + (up - falls) * (up - falls));
}

/* Rows that spread evenly over all times, speeds and angles, however many there are. */
static void make_rows(float *x, float *y)
{
    const double steps[IN] = {0.8191725133961645, 0.6710436067037893, 0.5497004779019703};
    for (size_t r = 0; r < ROWS; r++) {
        double t[IN];
        for (size_t i = 0; i < IN; i++)
            t[i] = fmod((double)(r + 1) * steps[i], 1);
        x[r * IN] = (float)(2 * t[0]), x[r * IN + 1] = (float)(5 + 15 * t[1]),
              x[r * IN + 2] = (float)(1.5 * t[2]);
        throw_ball(x + r * IN, y + r * OUT);
    }
}

/* A warm-up over the first steps, then an exponential decay to a thousandth. */
static double rate_of(void *context, double rate, size_t step, size_t steps)
{
    enum { WARM_UP = 100 };
    (void)context;
    if (step < WARM_UP)
        return rate * (double)(step + 1) / WARM_UP;
    return rate * pow(0.001, (double)step / (double)steps);
}

static gm_status after_epoch(void *context, const gm_epoch *epoch, bool *stop, gm_error *error)
{
    (void)context, (void)stop, (void)error;
    if (epoch->epoch % 50 == 0)
        printf("epoch %3zu: validation loss %.5f\n", epoch->epoch, epoch->valid.loss);
    return GM_OK;
}

static gm_status learn(gm_model *model, const float *x, const float *y, gm_error *error)
{
    gm_dataset *all = NULL, *train = NULL, *valid = NULL;
    gm_engine *engine = NULL;
    gm_network_options network = gm_network_options_default();
    network.inputs = IN, network.layers = layers, network.layer_count = 3, network.loss = GM_MEAN_SQUARES;
    gm_engine_options compute = gm_engine_options_default();
    compute.batch = BATCH, compute.optimizer = gm_optimizer_default(GM_ADAM);
    compute.optimizer.rate = 0.01;
    gm_train_options training = gm_train_options_default();
    training.epochs = EPOCHS, training.rate_of = rate_of, training.on_epoch = after_epoch;
    training.patience = PATIENCE;
    gm_status status =
        gm_dataset_from_arrays(&all, gm_array_f32(x, ROWS, IN), gm_array_f32(y, ROWS, OUT), 0, error);
    if (status == GM_OK)
        status = gm_dataset_split(all, 0.2, 1, &train, &valid, error);
    if (status == GM_OK)
        status = gm_scaling_fit(&model->scaling, GM_SCALING_STANDARD, train, error);
    if (status == GM_OK)
        status = gm_network_create(&model->network, &network, error);
    if (status == GM_OK)
        status = gm_engine_create(&engine, model->network, &compute, error);
    if (status == GM_OK)
        status = gm_train(engine, train, valid, model->scaling, &training, NULL, error);
    gm_engine_destroy(engine);
    gm_dataset_destroy(valid), gm_dataset_destroy(train), gm_dataset_destroy(all);
    return status;
}

/* A throw that was not learned, by its raw numbers. */
static gm_status try_out(const gm_model *model, gm_error *error)
{
    const float x[IN] = {1.2F, 12, 0.8F};
    float y[OUT], predicted[OUT];
    gm_predictor *predictor = NULL;
    throw_ball(x, y);
    gm_status status = gm_predictor_create(&predictor, model, NULL, error);
    if (status == GM_OK)
        status = gm_predictor_run(predictor, gm_array_f32(x, 1, IN), gm_mutable_f32(predicted, 1, OUT),
                                  gm_no_array(), error);
    if (status == GM_OK)
        printf("height %.2f m (%.2f), distance %.2f m (%.2f), speed %.2f m/s (%.2f)\n", predicted[0], y[0],
               predicted[1], y[1], predicted[2], y[2]);
    gm_predictor_destroy(predictor);
    return status;
}

int main(void)
{
    static float x[ROWS * IN], y[ROWS * OUT];
    gm_model model = {0};
    gm_error error = {0};
    make_rows(x, y);
    gm_status status = learn(&model, x, y, &error);
    if (status == GM_OK)
        status = try_out(&model, &error);
    if (status != GM_OK)
        fprintf(stderr, "regression: %s\n", error.message);
    gm_model_clear(&model);
    return (int)status;
}

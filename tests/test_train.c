/* Tests the training loop: divergence is reported, callbacks can stop it, the same seed gives the same bytes,
 * and an evaluation agrees with a few lines of plain arithmetic. */
#include "nets.h"

#include <string.h>

enum { ROWS = 37, IN = 3 };

static gm_dataset *make_data(bool labels)
{
    float x[ROWS * IN], y[ROWS * 2];
    uint32_t classes[ROWS];
    gm_random random = gm_random_seed(1, GM_STREAM_CHECK);
    for (size_t r = 0; r < ROWS; r++) {
        for (size_t c = 0; c < IN; c++)
            x[r * IN + c] = (float)gm_random_normal(&random);
        classes[r] = x[r * IN] > 0;
        y[2 * r] = 2 * x[r * IN] - x[r * IN + 1];
        y[2 * r + 1] = x[r * IN + 2] + 1;
    }
    gm_dataset *data;
    gm_error error;
    cr_assert_eq(gm_dataset_from_arrays(&data, gm_array_f32(x, ROWS, IN),
                                        labels ? gm_array_labels(classes, ROWS) : gm_array_f32(y, ROWS, 2),
                                        labels ? 2 : 0, &error),
                 GM_OK, "%s", error.message);
    return data;
}

static const net_shape classifier = {{IN, 5, 2}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY};
static const net_shape line = {{IN, 2}, GM_TANH, GM_IDENTITY, GM_HALF_SQUARES};

static gm_engine *make_engine(const net_shape *shape, gm_precision precision, size_t batch, double rate)
{
    gm_engine_options options = gm_engine_options_default();
    options.batch = batch;
    options.threads = 1;
    options.optimizer.rate = rate;
    return net_engine(net_make(shape, precision, 1), &options);
}

Test(train, divergence_is_named_with_epoch_and_step)
{
    gm_dataset *data = make_data(false);
    gm_engine *engine = make_engine(&line, GM_F32, 10, 1e30);
    const gm_train_options options = gm_train_options_default();
    gm_error error = {0};
    gm_train_result result = gm_train_result_init();
    cr_expect_eq(gm_train(engine, data, NULL, NULL, &options, &result, &error), GM_DIVERGED);
    cr_expect_not_null(strstr(error.message, "epoch 1, step 2"), "%s", error.message);
    cr_expect_eq(result.end, GM_END_FAILED);
    net_free(engine);
    gm_dataset_destroy(data);
}

/* One epoch of one step: no later loss shows that the last update diverged. */
Test(train, divergence_of_the_last_step)
{
    gm_dataset *data = make_data(false);
    gm_engine *engine = make_engine(&line, GM_F32, ROWS, 3e38);
    gm_train_options options = gm_train_options_default();
    options.epochs = 1;
    gm_network_set_parameter(gm_engine_network(engine), 0, 1e10);
    gm_error error = {0};
    cr_expect_eq(gm_train(engine, data, NULL, NULL, &options, NULL, &error), GM_DIVERGED);
    cr_expect_not_null(strstr(error.message, "epoch 1, step 1"), "%s", error.message);
    net_free(engine);
    gm_dataset_destroy(data);
}

static void expect_refused(const net_shape *shape, size_t batch, size_t epochs, const char *text)
{
    gm_dataset *data = make_data(true);
    gm_engine *engine = make_engine(shape, GM_F32, batch, 0.1);
    gm_train_options options = gm_train_options_default();
    options.epochs = epochs;
    gm_error error = {0};
    cr_expect_eq(gm_train(engine, data, NULL, NULL, &options, NULL, &error), GM_USAGE, "%s", text);
    cr_expect_not_null(strstr(error.message, text), "%s", error.message);
    net_free(engine);
    gm_dataset_destroy(data);
}

Test(train, refusals)
{
    const net_shape wide = {{IN + 1, 2}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY};
    const net_shape three = {{IN, 3}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY};
    expect_refused(&classifier, 8, 0, "0 epochs; expected at least 1");
    expect_refused(&classifier, ROWS + 1, 1, "batch 38; expected at most 37");
    expect_refused(&wide, 8, 1, "3 features; expected 4");
    expect_refused(&three, 8, 1, "2 classes; expected 3");
}

/* What the callbacks saw, and when they shall say stop; 0 is never. */
struct watch {
    size_t steps, epochs, stop_after_steps, stop_after_epochs;
    gm_progress last;
    gm_epoch epoch;
};

static gm_status on_step(void *context, const gm_progress *progress, bool *stop, gm_error *error)
{
    struct watch *w = context;
    cr_expect(!*stop && error && !error->message[0]);
    w->last = *progress;
    *stop = ++w->steps == w->stop_after_steps;
    return GM_OK;
}

static gm_status on_epoch(void *context, const gm_epoch *epoch, bool *stop, gm_error *error)
{
    struct watch *w = context;
    cr_expect(!*stop && error && !error->message[0]);
    w->epoch = *epoch;
    *stop = ++w->epochs == w->stop_after_epochs;
    return GM_OK;
}

static bool run_watched(struct watch *watch, const gm_dataset *data)
{
    gm_engine *engine = make_engine(&classifier, GM_F32, 8, 0.1);
    gm_train_options options = gm_train_options_default();
    options.epochs = 3;
    options.on_step = on_step;
    options.on_epoch = on_epoch;
    options.context = watch;
    gm_train_result result = gm_train_result_init();
    gm_error error;
    cr_assert_eq(gm_train(engine, data, data, NULL, &options, &result, &error), GM_OK, "%s", error.message);
    net_free(engine);
    return result.end == GM_END_STOPPED;
}

Test(train, callbacks)
{
    gm_dataset *data = make_data(true);
    struct watch all = {0}, some = {.stop_after_steps = 7}, one = {.stop_after_epochs = 1};
    cr_expect_not(run_watched(&all, data));
    cr_expect_eq(all.steps, 15); /* 37 rows in batches of 8, three times */
    cr_expect_eq(all.epochs, 3);
    cr_expect(all.last.epoch == 3 && all.last.epochs == 3 && all.last.step == 5 && all.last.steps == 5);
    cr_expect(all.epoch.has_valid && all.epoch.valid.rows == ROWS && isfinite(all.epoch.train_loss));
    cr_expect(run_watched(&some, data));
    cr_expect(some.steps == 7 && some.last.epoch == 2 && some.last.step == 2);
    cr_expect(run_watched(&one, data));
    cr_expect(one.steps == 5 && one.epochs == 1);
    gm_dataset_destroy(data);
}

/* Each step must take the rate that the schedule of one's own gives it: with a network of one weight, whose
 * gradient is 1, the weight falls by the sum of the rates. */
struct plan_of_rates {
    size_t calls, wrong;
    double sum;
};

static double quarter_less(void *context, double rate, size_t step, size_t steps)
{
    struct plan_of_rates *plan = context;
    plan->wrong += step != plan->calls++ || steps != 6 || rate != 0.5;
    const double now = step == 5 ? 0 : rate * pow(0.75, (double)step);
    plan->sum += now;
    return now;
}

static double no_rate(void *context, double rate, size_t step, size_t steps)
{
    (void)rate, (void)steps;
    return step == 2 ? *(double *)context : 0.1;
}

Test(train, a_schedule_of_ones_own)
{
    static const net_shape one = {{1, 1}, GM_IDENTITY, GM_IDENTITY, GM_HUBER}; /* far off, its slope is 1 */
    static const double x[] = {1, 1}, y[] = {-1e6, -1e6};
    gm_dataset *data;
    cr_assert_eq(gm_dataset_from_arrays(&data, gm_array_f64(x, 2, 1), gm_array_f64(y, 2, 1), 0, NULL), GM_OK);
    gm_engine *engine = make_engine(&one, GM_F64, 1, 0.5);
    gm_network *network = gm_engine_network(engine);
    struct plan_of_rates plan = {0};
    gm_train_options options = gm_train_options_default();
    gm_error error;
    options.epochs = 3;
    options.rate_of = quarter_less;
    options.context = &plan;
    const double before = gm_network_parameter(network, 0);
    cr_assert_eq(gm_train(engine, data, NULL, NULL, &options, NULL, &error), GM_OK, "%s", error.message);
    cr_expect(plan.calls == 6 && plan.wrong == 0);
    cr_expect_float_eq(gm_network_parameter(network, 0), before - plan.sum, 1e-14);
    cr_expect_eq(gm_engine_rate(engine), 0.5);
    const double bad[] = {NAN, -0.1, INFINITY};
    for (size_t i = 0; i < 3; i++) {
        double value = bad[i];
        options.rate_of = no_rate;
        options.context = &value;
        cr_expect_eq(gm_train(engine, data, NULL, NULL, &options, NULL, &error), GM_USAGE);
        cr_expect(strstr(error.message, "at step 2 of 6"), "%s", error.message);
        cr_expect_eq(gm_engine_rate(engine), 0.5);
    }
    net_free(engine);
    gm_dataset_destroy(data);
}

/* A data set and a network in f64 keep digits that a float cannot hold: features and targets differ by 1e-9
 * of their size. */
Test(train, doubles_are_trained_on_as_doubles)
{
    static const net_shape one = {{1, 1}, GM_IDENTITY, GM_IDENTITY, GM_HALF_SQUARES};
    enum { COUNT = 8 };
    double x[COUNT], y[COUNT], gathered[COUNT], targets[COUNT];
    uint32_t rows[COUNT];
    gm_dataset *data;
    gm_scaling *scaling;
    for (uint32_t i = 0; i < COUNT; i++) {
        x[i] = 1e9 + i; /* neighbours are one float */
        y[i] = 1 + 1e-12 * i;
        rows[i] = i;
    }
    cr_assert_eq((float)x[0], (float)x[COUNT - 1]);
    cr_assert_eq((float)y[0], (float)y[COUNT - 1]);
    cr_assert_eq(gm_dataset_from_arrays(&data, gm_array_f64(x, COUNT, 1), gm_array_f64(y, COUNT, 1), 0, NULL),
                 GM_OK);
    cr_expect_eq(gm_dataset_type(data), GM_TYPE_F64);
    cr_assert_eq(gm_dataset_gather(data, NULL, rows, COUNT, gm_mutable_f64(gathered, COUNT, 1),
                                   gm_mutable_f64(targets, COUNT, 1), NULL),
                 GM_OK);
    cr_expect_arr_eq(gathered, x, sizeof x);
    cr_expect_arr_eq(targets, y, sizeof y);
    cr_assert_eq(gm_scaling_fit(&scaling, GM_SCALING_STANDARD, data, NULL), GM_OK);
    cr_expect_eq(scaling->constant_features, 0);
    gm_engine *engine = make_engine(&one, GM_F64, COUNT, 1);
    gm_train_options options = gm_train_options_default();
    gm_metrics metrics;
    options.epochs = 200;
    cr_assert_eq(gm_train(engine, data, NULL, scaling, &options, NULL, NULL), GM_OK);
    cr_assert_eq(gm_evaluate(engine, data, scaling, &metrics, NULL), GM_OK);
    cr_expect_lt(metrics.rmse, 1e-14, "rmse %g: the slope of 1e-12 is learned", metrics.rmse);
    net_free(engine);
    gm_scaling_destroy(scaling);
    gm_dataset_destroy(data);
}

/* A callback that fails after some calls, with or without a reason of its own. */
struct failure {
    size_t calls, fail_at;
    const char *reason;
};

static gm_status fail_sometime(struct failure *f, bool *stop, gm_error *error)
{
    if (++f->calls < f->fail_at)
        return GM_OK;
    *stop = true; /* a failure goes before it */
    if (f->reason)
        snprintf(error->message, sizeof error->message, "%s", f->reason);
    return GM_IO;
}

static gm_status fail_step(void *context, const gm_progress *progress, bool *stop, gm_error *error)
{
    (void)progress;
    return fail_sometime(context, stop, error);
}

static gm_status fail_epoch(void *context, const gm_epoch *epoch, bool *stop, gm_error *error)
{
    (void)epoch;
    return fail_sometime(context, stop, error);
}

Test(train, callbacks_that_fail_end_training_with_their_line)
{
    static const char *const reasons[] = {"the disk is full", NULL};
    gm_dataset *data = make_data(true);
    for (size_t i = 0; i < 4; i++) {
        const bool step = i % 2 == 0;
        struct failure failure = {.fail_at = step ? 7 : 2, .reason = reasons[i / 2]};
        gm_engine *engine = make_engine(&classifier, GM_F32, 8, 0.1);
        gm_train_options options = gm_train_options_default();
        if (step)
            options.on_step = fail_step;
        else
            options.on_epoch = fail_epoch;
        options.context = &failure;
        gm_error error = {0};
        gm_train_result result = gm_train_result_init();
        cr_expect_eq(gm_train(engine, data, NULL, NULL, &options, &result, &error), GM_IO);
        cr_expect_eq(error.status, GM_IO);
        cr_expect(strstr(error.message, reasons[i / 2] ? reasons[i / 2]
                                        : step         ? "on_step"
                                                       : "on_epoch"),
                  "%s", error.message);
        cr_expect_eq(failure.calls, failure.fail_at);
        failure.calls = 0;
        cr_expect_eq(gm_train(engine, data, NULL, NULL, &options, NULL, NULL), GM_IO, "nobody asks why");
        net_free(engine);
    }
    gm_dataset_destroy(data);
}

/* The bytes of the parameters after training with a seed of the shuffle. */
static void trained(uint64_t seed, bool shuffle, float *parameters)
{
    gm_dataset *data = make_data(true);
    gm_engine *engine = make_engine(&classifier, GM_F32, 8, 0.5);
    gm_train_options options = gm_train_options_default();
    options.seed = seed;
    options.shuffle = shuffle;
    cr_assert_eq(gm_train(engine, data, NULL, NULL, &options, NULL, NULL), GM_OK);
    memcpy(parameters, gm_network_parameters(gm_engine_network(engine)).data, 32 * sizeof *parameters);
    net_free(engine);
    gm_dataset_destroy(data);
}

Test(train, the_same_seed_gives_the_same_bytes)
{
    float one[32], again[32], other[32], ordered[32];
    trained(1, true, one);
    trained(1, true, again);
    trained(2, true, other);
    trained(1, false, ordered);
    cr_expect_arr_eq(one, again, sizeof one);
    cr_expect_neq(memcmp(one, other, sizeof one), 0);
    cr_expect_neq(memcmp(one, ordered, sizeof one), 0);
}

/* The losses of the steps of a run, in order. */
struct losses {
    double of_step[4 * ROWS];
    size_t count;
};

static gm_status keep_loss(void *context, const gm_progress *progress, bool *stop, gm_error *error)
{
    struct losses *losses = context;
    (void)stop, (void)error;
    losses->of_step[losses->count++] = progress->loss;
    return GM_OK;
}

/* Trains with one row a step and a rate that changes no weight. Each loss identifies a row, so *losses shows
 * the order of the rows in four epochs. */
static void order_of_rows(bool shuffle, struct losses *losses)
{
    gm_dataset *data = make_data(false);
    gm_engine *engine = make_engine(&line, GM_F64, 1, 1e-30);
    gm_train_options options = gm_train_options_default();
    gm_error error;
    *losses = (struct losses){.count = 0};
    options.epochs = 4;
    options.shuffle = shuffle;
    options.on_step = keep_loss;
    options.context = losses;
    cr_assert_eq(gm_train(engine, data, NULL, NULL, &options, NULL, &error), GM_OK, "%s", error.message);
    cr_assert_eq(losses->count, 4 * ROWS);
    net_free(engine);
    gm_dataset_destroy(data);
}

static int by_size(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

Test(train, every_epoch_has_all_rows_in_an_order_of_its_own)
{
    struct losses shuffled, plain;
    order_of_rows(true, &shuffled);
    order_of_rows(false, &plain);
    for (size_t i = 1; i < 4; i++) {
        cr_expect_arr_eq(plain.of_step + i * ROWS, plain.of_step, ROWS * sizeof(double), "epoch %zu", i + 1);
        for (size_t j = 0; j < i; j++)
            cr_expect_neq(
                memcmp(shuffled.of_step + i * ROWS, shuffled.of_step + j * ROWS, ROWS * sizeof(double)), 0,
                "epochs %zu and %zu have one order", i + 1, j + 1);
    }
    qsort(plain.of_step, ROWS, sizeof(double), by_size);
    for (size_t i = 0; i < 4; i++) {
        qsort(shuffled.of_step + i * ROWS, ROWS, sizeof(double), by_size);
        cr_expect_arr_eq(shuffled.of_step + i * ROWS, plain.of_step, ROWS * sizeof(double), "epoch %zu",
                         i + 1);
    }
}

/* Without shuffling, an epoch is these steps and no others: the rows in order, the last batch smaller. */
Test(train, an_epoch_is_its_steps)
{
    double x[ROWS * IN], y[ROWS * 2];
    uint32_t order[ROWS];
    for (uint32_t i = 0; i < ROWS; i++)
        order[i] = i;
    gm_dataset *data = make_data(true);
    cr_assert_eq(gm_dataset_gather(data, NULL, order, ROWS, gm_mutable_f64(x, ROWS, IN),
                                   gm_mutable_f64(y, ROWS, 2), NULL),
                 GM_OK);
    gm_engine *loop = make_engine(&classifier, GM_F64, 8, 0.5),
              *hand = make_engine(&classifier, GM_F64, 8, 0.5);
    struct watch watch = {0};
    gm_train_options options = gm_train_options_default();
    options.epochs = 1;
    options.shuffle = false;
    options.on_epoch = on_epoch;
    options.context = &watch;
    cr_assert_eq(gm_train(loop, data, NULL, NULL, &options, NULL, NULL), GM_OK);
    double sum = 0;
    for (size_t first = 0; first < ROWS; first += 8) {
        const size_t count = ROWS - first < 8 ? ROWS - first : 8;
        sum += (double)count *
               net_step(hand, gm_array_f64(x + first * IN, count, IN), gm_array_f64(y + first * 2, count, 2));
    }
    cr_expect_arr_eq(gm_network_parameters(gm_engine_network(loop)).data,
                     gm_network_parameters(gm_engine_network(hand)).data, 32 * sizeof(double));
    expect_relative(watch.epoch.train_loss, sum / ROWS, 1e-14, "training loss");
    net_free(loop);
    net_free(hand);
    gm_dataset_destroy(data);
}

/* z = W x + b of the line network, by hand. */
static double output(const double *w, const double *x, size_t unit)
{
    double z = w[2 * IN + unit];
    for (size_t c = 0; c < IN; c++)
        z += w[unit * IN + c] * x[c];
    return z;
}

static gm_metrics evaluate(gm_engine *engine, const gm_dataset *data)
{
    gm_metrics metrics;
    gm_error error;
    cr_assert_eq(gm_evaluate(engine, data, NULL, &metrics, &error), GM_OK, "%s", error.message);
    cr_expect_eq(metrics.rows, ROWS);
    return metrics;
}

/* Half the sum of squares over the two outputs is the row's loss, so rmse^2 is the mean loss. */
Test(train, evaluation_by_hand)
{
    double x[ROWS * IN], y[ROWS * 2], numbers_loss = 0, labels_loss = 0;
    uint32_t order[ROWS];
    size_t hits = 0;
    for (uint32_t i = 0; i < ROWS; i++)
        order[i] = i;
    gm_dataset *numbers = make_data(false), *labels = make_data(true);
    gm_engine *engine = make_engine(&line, GM_F64, 8, 0.1);
    const double *w = gm_network_parameters(gm_engine_network(engine)).data;
    cr_assert_eq(gm_dataset_gather(numbers, NULL, order, ROWS, gm_mutable_f64(x, ROWS, IN),
                                   gm_mutable_f64(y, ROWS, 2), NULL),
                 GM_OK);
    for (size_t r = 0; r < ROWS; r++) {
        const double z[] = {output(w, x + r * IN, 0), output(w, x + r * IN, 1)};
        const uint32_t label = gm_dataset_label(labels, r);
        numbers_loss += (pow(z[0] - y[2 * r], 2) + pow(z[1] - y[2 * r + 1], 2)) / 2 / ROWS;
        labels_loss += (pow(z[0] - (label == 0), 2) + pow(z[1] - (label == 1), 2)) / 2 / ROWS;
        hits += (z[1] > z[0]) == label;
    }
    const gm_metrics fit = evaluate(engine, numbers), sort = evaluate(engine, labels);
    expect_relative(fit.loss, numbers_loss, 1e-13, "loss");
    expect_relative(fit.rmse, sqrt(numbers_loss), 1e-13, "rmse");
    cr_expect(isnan(fit.accuracy) && isnan(sort.rmse));
    expect_relative(sort.loss, labels_loss, 1e-13, "loss of labels");
    cr_expect_eq(sort.accuracy, (double)hits / ROWS);
    net_free(engine);
    gm_dataset_destroy(numbers);
    gm_dataset_destroy(labels);
}

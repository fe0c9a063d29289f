/* Tests averaged weights: the average against its formula, that no bit depends on the threads, and that it
 * can be taken to another engine. */
#include "nets.h"

#include <string.h>

enum { IN = 7, OUT = 3, ROWS = 20, STEPS = 9, MOST = 4096 };

static const net_shape shape = {{IN, 70, OUT}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY};

static double x[ROWS * IN], y[ROWS * OUT];
static uint32_t labels[ROWS];

static void fill(void)
{
    net_fill(x, ROWS * IN, -1, 1);
    memset(y, 0, sizeof y);
    for (uint32_t r = 0; r < ROWS; r++) {
        labels[r] = r % OUT;
        y[r * OUT + r % OUT] = 1;
    }
}

TestSuite(average, .init = fill);

static gm_engine *make_engine(const net_setting *setting, double decay, bool freeze_bias)
{
    gm_engine_options options = net_setting_options(setting, ROWS);
    options.optimizer.freeze_bias = freeze_bias;
    options.average_decay = decay;
    options.accumulates = true;
    return net_engine(net_make(&shape, setting->precision, 3), &options);
}

static gm_engine *packed(size_t threads, gm_optimizer_kind kind, double decay)
{
    return make_engine(&(net_setting){"packed", kind, GM_F64, threads}, decay, false);
}

static void use_average(gm_engine *engine, bool use)
{
    gm_error error;
    cr_assert_eq(gm_engine_use_average(engine, use, &error), GM_OK, "%s", error.message);
}

static size_t count_of(gm_engine *engine)
{
    const size_t count = gm_network_parameter_count(gm_engine_network(engine));
    cr_assert_leq(count, MOST);
    return count;
}

static double parameter(gm_engine *engine, size_t i)
{
    return gm_network_parameter(gm_engine_network(engine), i);
}

/* One step, taken in one of the ways in which there are steps: fused, with a batch of few rows as a sweep
 * through W, from a held gradient, and from the caller's. */
static void take_step(gm_engine *engine, int way)
{
    static double gradient[MOST];
    const size_t rows = way == 1 ? 1 : ROWS;
    const gm_array xs = gm_array_f64(x, rows, IN), ys = gm_array_f64(y, rows, OUT);
    gm_error error;
    if (way < 2) {
        net_step(engine, xs, ys);
    } else if (way == 2) {
        cr_assert_eq(gm_engine_hold(engine, xs, ys, NULL, NULL, &error), GM_OK);
        cr_assert_eq(gm_engine_step_held(engine, &error), GM_OK);
    } else {
        const gm_mutable_array block = gm_mutable_f64(gradient, 1, count_of(engine));
        cr_assert_eq(gm_engine_gradient(engine, xs, ys, block, NULL, &error), GM_OK);
        cr_assert_eq(gm_engine_apply(engine, gm_array_of(block), &error), GM_OK);
    }
}

static void expect_formula(const net_setting *setting, int first_way, bool freeze_bias)
{
    static double expected[MOST];
    const double decay = 0.75;
    gm_engine *engine = make_engine(setting, decay, freeze_bias);
    const size_t count = count_of(engine);
    for (int step = 0; step < STEPS; step++) {
        take_step(engine, (step + first_way) % 4);
        for (size_t i = 0; i < count; i++)
            expected[i] =
                step == 0 ? parameter(engine, i) : decay * expected[i] + (1 - decay) * parameter(engine, i);
    }
    const double own = parameter(engine, 5);
    double most = 0;
    use_average(engine, true);
    use_average(engine, true);
    for (size_t i = 0; i < count; i++)
        most = fmax(most, fabs(parameter(engine, i) - expected[i]));
    cr_expect(most < 1e-14, "%s, %s, %zu threads: the average differs by %g", setting->backend,
              gm_optimizer_name(setting->optimizer), setting->threads, most);
    use_average(engine, false);
    cr_expect_eq(parameter(engine, 5), own);
    net_free(engine);
}

Test(average, it_is_that_of_its_formula)
{
    const char *backend;
    for (size_t b = 0; (backend = gm_backend_name(b)); b++) {
        for (size_t threads = 1; threads <= 3; threads++) {
            for (gm_optimizer_kind kind = GM_SGD; kind < GM_OPTIMIZER_COUNT; kind++)
                expect_formula(&(net_setting){backend, kind, GM_F64, threads}, (int)(kind + threads),
                               kind % 2 == 1);
        }
    }
}

/* The average is the last block of gm_engine_get_state. An engine that is given all blocks goes on with
 * training to the same bits. */
Test(average, it_can_be_taken_to_another_engine)
{
    static double block[MOST];
    gm_engine *one = packed(1, GM_ADAM, 0.9), *other = packed(2, GM_ADAM, 0.9);
    const size_t count = count_of(one);
    gm_error error;
    cr_assert_eq(gm_engine_state_count(one), 3);
    for (int step = 0; step < STEPS; step++)
        take_step(one, 0);
    memcpy(gm_network_parameters(gm_engine_network(other)).data,
           gm_network_parameters_const(gm_engine_network(one)).data, count * sizeof(double));
    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(gm_engine_get_state(one, i, gm_mutable_f64(block, 1, count), &error), GM_OK);
        cr_assert_eq(gm_engine_set_state(other, i, gm_array_f64(block, 1, count), &error), GM_OK);
    }
    gm_engine_set_steps(other, gm_engine_steps(one));
    take_step(one, 0);
    take_step(other, 0);
    use_average(one, true);
    use_average(other, true);
    cr_expect_eq(memcmp(gm_network_parameters_const(gm_engine_network(one)).data,
                        gm_network_parameters_const(gm_engine_network(other)).data, count * sizeof(double)),
                 0);
    net_free(one);
    net_free(other);
}

/* The first average is W, whatever was in its memory before: after numbers that are not finite, a run may
 * begin anew. */
Test(average, it_begins_with_the_weights_of_the_first_step)
{
    static double strange[MOST];
    gm_engine *engine = packed(1, GM_SGD, 0.9);
    const size_t count = count_of(engine);
    gm_error error;
    for (size_t i = 0; i < count; i++)
        strange[i] = NAN;
    cr_assert_eq(gm_engine_set_state(engine, 0, gm_array_f64(strange, 1, count), &error), GM_OK);
    take_step(engine, 0);
    const double own = parameter(engine, 5);
    use_average(engine, true);
    cr_expect_eq(parameter(engine, 5), own);
    net_free(engine);
}

/* A small network takes steps of one row without the passes that average (src/online), unless it averages. */
Test(average, steps_of_one_row_are_averaged)
{
    const net_shape tiny = {{IN, 4, OUT}, GM_SIGMOID, GM_SIGMOID, GM_HALF_SQUARES};
    gm_engine_options options = gm_engine_options_default();
    options.average_decay = 0.5;
    gm_engine *engine = net_engine(net_make(&tiny, GM_F64, 3), &options);
    net_step(engine, gm_array_f64(x, 1, IN), gm_array_f64(y, 1, OUT));
    double expected = parameter(engine, 0);
    for (int i = 0; i < 3; i++) {
        net_step(engine, gm_array_f64(x, 1, IN), gm_array_f64(y, 1, OUT));
        expected = 0.5 * expected + 0.5 * parameter(engine, 0);
    }
    use_average(engine, true);
    cr_expect_float_eq(parameter(engine, 0), expected, 1e-15);
    net_free(engine);
}

Test(average, what_is_refused)
{
    gm_engine *engine = packed(1, GM_SGD, 0.9), *none = packed(1, GM_SGD, 0);
    const gm_array xs = gm_array_f64(x, ROWS, IN), ys = gm_array_f64(y, ROWS, OUT);
    gm_error error;
    cr_expect_eq(gm_engine_use_average(none, true, &error), GM_USAGE);
    cr_expect(strstr(error.message, "without average_decay"), "%s", error.message);
    cr_expect_eq(gm_engine_use_average(engine, true, &error), GM_USAGE);
    cr_expect(strstr(error.message, "no step was taken"), "%s", error.message);
    take_step(engine, 0);
    use_average(engine, true);
    cr_expect_eq(gm_engine_step(engine, xs, ys, NULL, &error), GM_USAGE);
    cr_expect(strstr(error.message, "averaged weights"), "%s", error.message);
    cr_expect_eq(gm_engine_predict(engine, xs, gm_mutable_f64((double[ROWS *OUT]){0}, ROWS, OUT), &error),
                 GM_OK);
    gm_engine_options options = gm_engine_options_default();
    options.average_decay = 1;
    gm_engine *refused;
    cr_expect_eq(gm_engine_create(&refused, gm_engine_network(none), &options, &error), GM_USAGE);
    cr_expect(strstr(error.message, "average_decay is 1"), "%s", error.message);
    net_free(engine);
    net_free(none);
}
static gm_dataset *data_of(void)
{
    gm_dataset *data;
    gm_error error;
    cr_assert_eq(
        gm_dataset_from_arrays(&data, gm_array_f64(x, ROWS, IN), gm_array_labels(labels, ROWS), OUT, &error),
        GM_OK);
    return data;
}

static gm_status note_loss(void *context, const gm_epoch *epoch, bool *stop, gm_error *error)
{
    (void)stop, (void)error;
    *(double *)context = epoch->valid.loss;
    return GM_OK;
}

/* The averaged network is judged, and it is what is left. */
Test(average, a_training_run_judges_and_leaves_it)
{
    gm_engine *engine = packed(1, GM_SGD, 0.9);
    gm_dataset *data = data_of();
    gm_train_options options = gm_train_options_default();
    gm_metrics left;
    gm_error error;
    double judged = 0;
    options.epochs = 7;
    options.keep = GM_KEEP_LAST;
    options.on_epoch = note_loss;
    options.context = &judged;
    cr_assert_eq(gm_train(engine, data, data, NULL, &options, NULL, &error), GM_OK, "%s", error.message);
    cr_assert_eq(gm_evaluate(engine, data, NULL, &left, &error), GM_OK);
    cr_expect_eq(left.loss, judged);
    use_average(engine, false);
    cr_assert_eq(gm_evaluate(engine, data, NULL, &left, &error), GM_OK);
    cr_expect(left.loss < judged, "weights that lag behind are worse here: %g, %g", left.loss, judged);
    gm_dataset_destroy(data);
    net_free(engine);
}

/* Trains for two epochs in batches of so many rows, `accumulate` of them for each step. */
static gm_engine *trained(size_t batch, size_t accumulate, double clip_norm)
{
    gm_engine_options engine_options = gm_engine_options_default();
    engine_options.batch = batch;
    engine_options.threads = 1;
    engine_options.optimizer = gm_optimizer_default(GM_MOMENTUM);
    engine_options.clip_norm = clip_norm;
    engine_options.accumulates = accumulate > 1;
    gm_engine *engine = net_engine(net_make(&shape, GM_F64, 3), &engine_options);
    gm_dataset *data = data_of();
    gm_train_options options = gm_train_options_default();
    gm_error error;
    options.epochs = 2;
    options.accumulate = accumulate;
    options.schedule = GM_SCHEDULE_COSINE;
    cr_assert_eq(gm_train(engine, data, NULL, NULL, &options, NULL, &error), GM_OK, "%s", error.message);
    gm_dataset_destroy(data);
    return engine;
}

/* Twenty rows in batches of 3, three of them for a step: 9, 9 and 2 rows, as batches of 9 have them. */
Test(average, batches_that_are_accumulated_in_training)
{
    for (double clip = 0; clip < 0.2; clip += 0.1) {
        gm_engine *parts = trained(3, 3, clip), *whole = trained(9, 1, clip);
        double most = 0;
        for (size_t i = 0; i < count_of(parts); i++)
            most = fmax(most, fabs(parameter(parts, i) - parameter(whole, i)));
        cr_expect(most < 1e-13, "parameters differ by %g", most);
        net_free(parts);
        net_free(whole);
    }
}

/* Targets that are standardised: the scaling is that of plain arithmetic, all figures and predictions are in
 * the units of the data, targets in other units give the same network, and a model file keeps the scaling. */
#include "nets.h"

#include "data/dataset.h"
#include "scratch.h"

TestSuite(target_scaling, .init = scratch_make, .fini = scratch_remove);

enum { ROWS = 40, IN = 2, OUT = 2 };

static const net_shape shallow = {{IN, 4, OUT}, GM_TANH, GM_IDENTITY, GM_MEAN_SQUARES};
static const net_shape one_output = {{IN, 4, 1}, GM_TANH, GM_IDENTITY, GM_MEAN_SQUARES};

/* Two targets of whole numbers, times `unit`, plus `offset`. */
static void fill_targets(double *y, size_t columns, double unit, double offset)
{
    gm_random random = gm_random_seed(3, GM_STREAM_CHECK);
    for (size_t i = 0; i < ROWS * columns; i++)
        y[i] = offset + unit * (double)gm_random_below(&random, 9);
}

static gm_dataset *dataset_of(const double *y, size_t columns)
{
    static double x[ROWS * IN];
    gm_dataset *data;
    gm_error error;
    net_fill(x, ROWS * IN, -1, 5);
    cr_assert_eq(
        gm_dataset_from_arrays(&data, gm_array_f64(x, ROWS, IN), gm_array_f64(y, ROWS, columns), 0, &error),
        GM_OK, "%s", error.message);
    return data;
}

static gm_scaling *scaling_of(const gm_dataset *data)
{
    gm_scaling *scaling;
    gm_error error;
    cr_assert_eq(gm_scaling_fit(&scaling, GM_SCALING_STANDARD, data, &error), GM_OK, "%s", error.message);
    cr_assert_eq(gm_scaling_fit_targets(scaling, data, &error), GM_OK, "%s", error.message);
    return scaling;
}

static gm_engine *engine_of(const net_shape *shape, gm_precision precision)
{
    gm_engine_options options = gm_engine_options_default();
    options.batch = ROWS;
    options.threads = 1;
    return net_engine(net_make(shape, precision, 2), &options);
}

Test(target_scaling, mean_and_deviation_of_each_target)
{
    double y[ROWS * 3];
    for (size_t r = 0; r < ROWS; r++) {
        y[3 * r] = r % 2 ? 7 : 3;         /* mean 5, deviation 2 */
        y[3 * r + 1] = 0.1;               /* constant */
        y[3 * r + 2] = r % 4 ? 10 : -270; /* mean -60, deviation sqrt(3/4 70^2 + 1/4 210^2) */
    }
    gm_dataset *data = dataset_of(y, 3);
    gm_scaling *scaling = scaling_of(data);
    cr_assert_eq(scaling->targets, 3);
    cr_expect_eq(scaling->target_shift[0], 5);
    cr_expect_eq(scaling->target_factor[0], 0.5);
    cr_expect_eq(scaling->target_shift[1], 0.1);
    cr_expect_eq(scaling->target_factor[1], 1);
    expect_relative(scaling->target_shift[2], -60, 1e-14, "the third mean");
    expect_relative(scaling->target_factor[2], 1 / sqrt(0.75 * 70 * 70 + 0.25 * 210 * 210), 1e-14,
                    "the third factor");
    gm_scaling_destroy(scaling);
    gm_dataset_destroy(data);
}

/* In f32 the targets 1e6 +- 2 would be rounded to sixteenths. */
Test(target_scaling, digits_beyond_f32_arrive)
{
    double y[ROWS];
    uint32_t rows[ROWS];
    float x[ROWS * IN], scaled[ROWS];
    for (uint32_t r = 0; r < ROWS; r++) {
        y[r] = 1e6 + (r % 2 ? 2 : -2) + 0.001 * r;
        rows[r] = r;
    }
    gm_dataset *data = dataset_of(y, 1);
    gm_scaling *scaling = scaling_of(data);
    cr_assert_eq(gm_dataset_gather(data, scaling, rows, ROWS, gm_mutable_f32(x, ROWS, IN),
                                   gm_mutable_f32(scaled, ROWS, 1), NULL),
                 GM_OK);
    for (size_t r = 0; r < ROWS; r++)
        expect_relative(scaled[r], (y[r] - scaling->target_shift[0]) * scaling->target_factor[0], 1e-7,
                        "a target");
    gm_scaling_destroy(scaling);
    gm_dataset_destroy(data);
}

/* Digits of a CSV file: the reader keeps targets as doubles, whatever the precision of the network. */
Test(target_scaling, digits_beyond_f32_of_a_file)
{
    static const char text[] = "1,1000001.125\n2,1000002.03125\n3,1000003.015625\n";
    const scratch_text path = scratch_path("digits.csv");
    gm_dataset_options options = gm_dataset_options_default();
    gm_dataset *data;
    scratch_write(path.text, text, sizeof text - 1);
    options.regression = true;
    cr_assert_eq(gm_dataset_load(&data, path.text, &options, NULL), GM_OK);
    cr_expect_eq(gm_table_value(data->table, 0, 0), 1000001.125);
    cr_expect_eq(gm_table_value(data->table, 1, 0), 1000002.03125);
    cr_expect_eq(gm_table_value(data->table, 2, 0), 1000003.015625);
    gm_dataset_destroy(data);
}

static double half_huber(double e, double threshold)
{
    e = fabs(e);
    return e <= threshold ? e * e / 2 : threshold * (e - threshold / 2);
}

/* The loss of one output in the units of the data, from its formula; Huber's threshold is one deviation. */
static double loss_by_hand(gm_loss loss, const double *a, const double *y, double deviation)
{
    double sum = 0;
    for (size_t r = 0; r < ROWS; r++) {
        const double e = a[r] - y[r];
        sum += loss == GM_HUBER ? half_huber(e, deviation) : loss == GM_HALF_SQUARES ? e * e / 2 : e * e;
    }
    return sum / ROWS;
}

static void predict(const gm_engine *engine, gm_scaling *scaling, const gm_dataset *data, double *outputs,
                    size_t columns)
{
    const gm_model model = {.network = gm_engine_network((gm_engine *)engine), .scaling = scaling};
    gm_predictor *predictor;
    gm_error error;
    cr_assert_eq(gm_predictor_create(&predictor, &model, NULL, &error), GM_OK, "%s", error.message);
    cr_assert_eq(gm_predictor_run_dataset(predictor, data, 0, ROWS, gm_mutable_f64(outputs, ROWS, columns),
                                          gm_no_array(), &error),
                 GM_OK, "%s", error.message);
    gm_predictor_destroy(predictor);
}

Test(target_scaling, figures_are_in_the_units_of_the_data)
{
    static const gm_loss losses[] = {GM_MEAN_SQUARES, GM_HALF_SQUARES, GM_HUBER};
    for (size_t i = 0; i < 6; i++) {
        const gm_precision precision = i < 3 ? GM_F32 : GM_F64;
        net_shape shape = one_output;
        double y[ROWS], outputs[ROWS], squares = 0, absolute = 0;
        gm_evaluation *evaluation;
        gm_error error;
        shape.loss = losses[i % 3];
        fill_targets(y, 1, 1e4, 3e7);
        gm_dataset *data = dataset_of(y, 1);
        gm_scaling *scaling = scaling_of(data);
        gm_engine *engine = engine_of(&shape, precision);
        predict(engine, scaling, data, outputs, 1);
        for (size_t r = 0; r < ROWS; r++) {
            squares += (outputs[r] - y[r]) * (outputs[r] - y[r]);
            absolute += fabs(outputs[r] - y[r]);
        }
        cr_assert_eq(gm_evaluation_create(&evaluation, engine, data, scaling, &error), GM_OK, "%s",
                     error.message);
        const double loss = loss_by_hand(shape.loss, outputs, y, 1 / scaling->target_factor[0]);
        const gm_metrics *metrics = gm_evaluation_metrics(evaluation);
        expect_relative(metrics->loss, loss, 1e-5, gm_loss_name(shape.loss));
        expect_relative(metrics->rmse, sqrt(squares / ROWS), 1e-6, "rmse");
        expect_relative(gm_evaluation_target(evaluation, 0).rmse, sqrt(squares / ROWS), 1e-6, "its rmse");
        expect_relative(gm_evaluation_mae(evaluation), absolute / ROWS, 1e-6, "mae");
        expect_relative(gm_evaluation_target(evaluation, 0).mean, scaling->target_shift[0], 1e-9, "mean");
        gm_evaluation_destroy(evaluation);
        net_free(engine);
        gm_scaling_destroy(scaling);
        gm_dataset_destroy(data);
    }
}

/* What an epoch tells. */
struct told {
    gm_epoch epoch;
    double step_loss;
};

static gm_status on_step(void *context, const gm_progress *progress, bool *stop, gm_error *error)
{
    (void)stop, (void)error;
    ((struct told *)context)->step_loss = progress->loss;
    return GM_OK;
}

static gm_status on_epoch(void *context, const gm_epoch *epoch, bool *stop, gm_error *error)
{
    (void)stop, (void)error;
    ((struct told *)context)->epoch = *epoch;
    return GM_OK;
}

static struct told train(gm_engine *engine, const gm_dataset *data, const gm_scaling *scaling, size_t epochs)
{
    struct told told = {0};
    gm_error error;
    gm_train_options options = gm_train_options_default();
    options.epochs = epochs;
    options.on_step = on_step;
    options.on_epoch = on_epoch;
    options.context = &told;
    cr_assert_eq(gm_train(engine, data, data, scaling, &options, NULL, &error), GM_OK, "%s", error.message);
    return told;
}

/* With rate 0 the loss before the step is that of the evaluation after it, which others have checked. */
Test(target_scaling, the_training_loop_tells_the_same_units)
{
    double y[ROWS * OUT];
    fill_targets(y, OUT, 12, 300);
    gm_dataset *data = dataset_of(y, OUT);
    gm_scaling *scaling = scaling_of(data);
    gm_engine *engine = engine_of(&shallow, GM_F64);
    gm_engine_set_rate(engine, 0);
    const struct told told = train(engine, data, scaling, 1);
    expect_relative(told.epoch.train_loss, told.epoch.valid.loss, 1e-12, "the loss of the epoch");
    expect_relative(told.step_loss, told.epoch.valid.loss, 1e-12, "the loss of the step");
    net_free(engine);
    gm_scaling_destroy(scaling);
    gm_dataset_destroy(data);
}

/* Kilometres or metres, Celsius or Kelvin: the network is the same, and errors are in the new unit. */
Test(target_scaling, other_units_give_the_same_network)
{
    double y[ROWS], outputs[2][ROWS];
    struct told told[2];
    for (size_t i = 0; i < 2; i++) {
        fill_targets(y, 1, i ? 1024 : 1, i ? 1 << 20 : 0);
        gm_dataset *data = dataset_of(y, 1);
        gm_scaling *scaling = scaling_of(data);
        gm_engine *engine = engine_of(&one_output, GM_F64);
        told[i] = train(engine, data, scaling, 20);
        predict(engine, scaling, data, outputs[i], 1);
        net_free(engine);
        gm_scaling_destroy(scaling);
        gm_dataset_destroy(data);
    }
    for (size_t r = 0; r < ROWS; r++)
        expect_relative(outputs[1][r], (1 << 20) + 1024 * outputs[0][r], 1e-12, "a prediction");
    expect_relative(told[1].epoch.valid.rmse, 1024 * told[0].epoch.valid.rmse, 1e-9, "rmse");
    expect_relative(told[1].epoch.valid.loss, 1024. * 1024. * told[0].epoch.valid.loss, 1e-9, "loss");
}

/* The targets of the second column are a hundred times those of the first, and weigh the same. */
Test(target_scaling, each_target_has_its_own)
{
    double y[ROWS * OUT], outputs[ROWS * OUT], squares = 0, standardised = 0;
    gm_metrics metrics;
    fill_targets(y, OUT, 1, 0);
    for (size_t r = 0; r < ROWS; r++)
        y[OUT * r + 1] = 1000 + 100 * y[OUT * r + 1];
    gm_dataset *data = dataset_of(y, OUT);
    gm_scaling *scaling = scaling_of(data);
    gm_engine *engine = engine_of(&shallow, GM_F64);
    predict(engine, scaling, data, outputs, OUT);
    const double *factor = scaling->target_factor;
    for (size_t i = 0; i < ROWS * OUT; i++) {
        const double e = outputs[i] - y[i], s = e * factor[i % OUT];
        squares += e * e;
        standardised += s * s;
    }
    const double unit = (1 / (factor[0] * factor[0]) + 1 / (factor[1] * factor[1])) / OUT;
    cr_assert_eq(gm_evaluate(engine, data, scaling, &metrics, NULL), GM_OK);
    expect_relative(metrics.rmse, sqrt(squares / (ROWS * OUT)), 1e-9, "rmse");
    expect_relative(metrics.loss, unit * standardised / (ROWS * OUT), 1e-9, "loss");
    net_free(engine);
    gm_scaling_destroy(scaling);
    gm_dataset_destroy(data);
}

Test(target_scaling, only_losses_of_differences_at_an_identity)
{
    static const struct {
        gm_activation output;
        gm_loss loss;
        bool can;
    } cases[] = {
        {GM_IDENTITY, GM_MEAN_SQUARES, true},  {GM_IDENTITY, GM_HALF_SQUARES, true},
        {GM_IDENTITY, GM_HUBER, true},         {GM_SIGMOID, GM_MEAN_SQUARES, false},
        {GM_SIGMOID, GM_LOGISTIC, false},      {GM_TANH, GM_HUBER, false},
        {GM_SOFTMAX, GM_CROSS_ENTROPY, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const net_shape shape = {{IN, OUT}, GM_TANH, cases[i].output, cases[i].loss};
        double y[ROWS * OUT];
        gm_metrics metrics;
        gm_error error = {0};
        fill_targets(y, OUT, 0.1, 0);
        gm_dataset *data = dataset_of(y, OUT);
        gm_scaling *scaling = scaling_of(data);
        gm_engine *engine = engine_of(&shape, GM_F32);
        cr_expect_eq(gm_network_scales_targets(gm_engine_network(engine)), cases[i].can, "case %zu", i);
        const gm_status status = gm_evaluate(engine, data, scaling, &metrics, &error);
        cr_expect_eq(status, cases[i].can ? GM_OK : GM_USAGE, "case %zu", i);
        if (!cases[i].can)
            cr_expect_not_null(strstr(error.message, "standardised targets need"), "%s", error.message);
        net_free(engine);
        gm_scaling_destroy(scaling);
        gm_dataset_destroy(data);
    }
}

Test(target_scaling, refusals)
{
    static const double shift[] = {1, 2, 3}, factor[] = {1, 0, INFINITY};
    const uint32_t labels[ROWS] = {0};
    double y[ROWS * OUT], x[ROWS] = {0};
    gm_scaling *scaling, *plain;
    gm_dataset *data, *classes;
    gm_row_source rows;
    gm_error error;
    fill_targets(y, OUT, 1, 0);
    data = dataset_of(y, OUT);
    cr_assert_eq(gm_scaling_fit(&plain, GM_SCALING_NONE, data, NULL), GM_OK);
    y[5] = 1e200;
    gm_dataset_destroy(data);
    data = dataset_of(y, OUT);
    cr_expect_eq(gm_scaling_fit_targets(plain, data, &error), GM_BAD_DATA);
    cr_expect_not_null(strstr(error.message, "numbers of target 2 are too large"), "%s", error.message);
    cr_expect_eq(plain->targets, 0);
    cr_expect_eq(gm_scaling_set_targets(plain, 2, shift, factor, &error), GM_USAGE);
    cr_expect_not_null(strstr(error.message, "factor of target 1 is 0"), "%s", error.message);
    cr_expect_eq(gm_scaling_set_targets(plain, 1, factor + 2, factor, NULL), GM_USAGE);
    cr_expect_eq(gm_scaling_set_targets(plain, 0, shift, factor, NULL), GM_USAGE);
    cr_assert_eq(
        gm_dataset_from_arrays(&classes, gm_array_f64(x, ROWS, 1), gm_array_labels(labels, ROWS), 2, NULL),
        GM_OK);
    cr_expect_eq(gm_scaling_fit_targets(plain, classes, &error), GM_USAGE);
    cr_expect_not_null(strstr(error.message, "no numeric targets"), "%s", error.message);
    cr_assert_eq(gm_scaling_fit(&scaling, GM_SCALING_NONE, classes, NULL), GM_OK);
    cr_assert_eq(gm_scaling_set_targets(scaling, 2, shift, shift, NULL), GM_OK);
    cr_expect_eq(gm_row_source_open(&rows, classes, scaling, NULL, &error), GM_USAGE);
    cr_expect_not_null(strstr(error.message, "the data has classes"), "%s", error.message);
    cr_assert_eq(gm_scaling_set_targets(plain, 3, shift, shift, NULL), GM_OK);
    cr_expect_eq(gm_row_source_open(&rows, data, plain, NULL, &error), GM_USAGE);
    cr_expect_not_null(strstr(error.message, "has 3 targets; expected 2"), "%s", error.message);
    gm_scaling_destroy(scaling);
    gm_scaling_destroy(plain);
    gm_dataset_destroy(data);
    gm_dataset_destroy(classes);
}

/* A model that was saved and loaded predicts the same numbers, with features scaled and without. */
Test(target_scaling, a_model_file_keeps_it)
{
    for (int i = 0; i < 4; i++) {
        const gm_precision precision = i < 2 ? GM_F32 : GM_F64;
        double y[ROWS * OUT], before[ROWS * OUT], after[ROWS * OUT];
        gm_model model = {0}, loaded;
        gm_engine_options options = gm_engine_options_default();
        gm_error error = {0};
        const scratch_text path = scratch_path("targets.safetensors");
        fill_targets(y, OUT, 1.0 / 3, 1e6);
        gm_dataset *data = dataset_of(y, OUT);
        cr_assert_eq(
            gm_scaling_fit(&model.scaling, i % 2 ? GM_SCALING_NONE : GM_SCALING_STANDARD, data, NULL), GM_OK);
        cr_assert_eq(gm_scaling_fit_targets(model.scaling, data, NULL), GM_OK);
        model.network = net_make(&shallow, precision, 2);
        gm_engine *engine = net_engine(model.network, &options);
        predict(engine, model.scaling, data, before, OUT);
        gm_engine_destroy(engine);
        cr_assert_eq(gm_model_save(path.text, &model, &error), GM_OK, "%s", error.message);
        cr_assert_eq(gm_model_load(&loaded, path.text, &error), GM_OK, "%s", error.message);
        cr_assert_eq(loaded.scaling->targets, OUT);
        engine = net_engine(loaded.network, &options);
        predict(engine, loaded.scaling, data, after, OUT);
        gm_engine_destroy(engine);
        cr_expect_arr_eq(after, before, sizeof before);
        gm_model_clear(&model);
        gm_model_clear(&loaded);
        gm_dataset_destroy(data);
    }
}

/* What f32 has no room for is there in f64, and labels and types are as before. */
Test(target_scaling, predictions_in_both_precisions)
{
    double y[ROWS], wide[ROWS];
    float narrow[ROWS], x[ROWS * IN] = {0};
    gm_predictor *predictor;
    fill_targets(y, 1, 0.01, 1e6);
    gm_dataset *data = dataset_of(y, 1);
    gm_model model = {.network = net_make(&one_output, GM_F32, 2), .scaling = scaling_of(data)};
    cr_assert_eq(gm_predictor_create(&predictor, &model, NULL, NULL), GM_OK);
    const gm_array raw = gm_array_f32(x, ROWS, IN);
    cr_assert_eq(gm_predictor_run(predictor, raw, gm_mutable_f64(wide, ROWS, 1), gm_no_array(), NULL), GM_OK);
    cr_assert_eq(gm_predictor_run(predictor, raw, gm_mutable_f32(narrow, ROWS, 1), gm_no_array(), NULL),
                 GM_OK);
    for (size_t r = 0; r < ROWS; r++)
        cr_expect_eq(narrow[r], (float)wide[r]);
    cr_expect(wide[0] != (double)narrow[0]);
    gm_predictor_destroy(predictor);
    gm_model_clear(&model);
    gm_dataset_destroy(data);
}

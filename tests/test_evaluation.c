/* Tests the figures of an evaluation against those of scikit-learn (fixtures/evaluation.json, written by
 * fixtures/make_evaluation_fixture.py), and a whole evaluation against gm_evaluate. */
#include "nets.h"
#include "train/evaluation.h"

#include <float.h>
#include <jansson.h>

/* Both sides add in another order. */
static const double tolerance = 1e-11;

static void expect_near(double got, double expected, const char *what, const char *name)
{
    if (isnan(expected))
        cr_expect(isnan(got), "%s: %s is %g; expected none", name, what, got);
    else
        cr_expect(fabs(got - expected) <= tolerance * fmax(1, fabs(expected)),
                  "%s: %s is %.17g; expected %.17g", name, what, got, expected);
}

/* A number of the fixture; null is NaN. */
static double figure(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    cr_assert(json_is_number(value) || json_is_null(value), "key %s is no number", key);
    return json_is_null(value) ? NAN : json_number_value(value);
}

static double number_at(const json_t *object, const char *key, size_t i)
{
    const json_t *value = json_array_get(json_object_get(object, key), i);
    cr_assert(json_is_number(value), "key %s has no number %zu", key, i);
    return json_number_value(value);
}

static json_t *load_fixture(void)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/tests/fixtures/evaluation.json", getenv("GM_SOURCE_DIR"));
    json_error_t error;
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    cr_assert_not_null(root, "%s:%d: %s", path, error.line, error.text);
    return root;
}

static size_t length(const json_t *object, const char *key)
{
    return json_array_size(json_object_get(object, key));
}

/* An evaluation of these outputs, as gm_evaluation_create leaves it. */
static void count_labels(gm_evaluation *e, const json_t *example)
{
    const size_t classes = (size_t)figure(example, "classes"), rows = length(example, "labels");
    const gm_tally kind = {.classes = classes,
                           .probabilities = json_is_true(json_object_get(example, "probabilities")),
                           .least = DBL_MIN};
    double outputs[8];
    gm_error error;
    cr_assert_eq(gm_tally_create(&e->tally, &kind, rows, &error), GM_OK);
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < classes; c++)
            outputs[c] = number_at(example, "outputs", r * classes + c);
        gm_tally_label(&e->tally, outputs, (uint32_t)number_at(example, "labels", r));
    }
    e->auc = classes == 2 ? gm_auc(e->tally.scores, rows) : NAN;
}

static void expect_classes(const gm_evaluation *e, const json_t *example, const char *name)
{
    const size_t classes = gm_evaluation_classes(e);
    for (size_t c = 0; c < classes; c++) {
        const json_t *expected = json_array_get(json_object_get(example, "by_class"), c);
        const gm_class_figures got = gm_evaluation_class(e, c);
        expect_near((double)got.support, figure(expected, "support"), "support", name);
        expect_near((double)got.predicted, figure(expected, "predicted"), "predicted", name);
        expect_near(got.precision, figure(expected, "precision"), "precision", name);
        expect_near(got.recall, figure(expected, "recall"), "recall", name);
        expect_near(got.f1, figure(expected, "f1"), "F1", name);
        expect_near(gm_evaluation_top_k(e, c + 1), number_at(example, "top", c), "top k", name);
        for (size_t p = 0; p < classes; p++)
            cr_expect_eq(gm_evaluation_confusion(e, c, p),
                         (size_t)number_at(example, "confusion", c * classes + p));
    }
}

static void expect_labels(const json_t *example, const char *name)
{
    gm_evaluation e = {0};
    count_labels(&e, example);
    expect_classes(&e, example, name);
    expect_near(gm_evaluation_balanced_accuracy(&e), figure(example, "balanced_accuracy"),
                "balanced accuracy", name);
    expect_near(gm_evaluation_auc(&e), figure(example, "auc"), "AUC", name);
    expect_near(gm_evaluation_log_loss(&e), figure(example, "log_loss"), "log loss", name);
    expect_near(gm_evaluation_calibration_error(&e), figure(example, "calibration_error"), "calibration",
                name);
    cr_expect(isnan(gm_evaluation_r2(&e)) && isnan(gm_evaluation_mae(&e)));
    gm_tally_clear(&e.tally);
}

static void count_numbers(gm_evaluation *e, const json_t *example)
{
    const gm_tally kind = {.targets = (size_t)figure(example, "targets"),
                           .answers = json_object_get(example, "answers") != NULL};
    const size_t rows = length(example, "values") / kind.targets;
    double outputs[8], targets[8];
    gm_error error;
    cr_assert_eq(gm_tally_create(&e->tally, &kind, rows, &error), GM_OK);
    for (size_t r = 0; r < rows; r++) {
        for (size_t t = 0; t < kind.targets; t++) {
            outputs[t] = number_at(example, "outputs", r * kind.targets + t);
            targets[t] = number_at(example, "values", r * kind.targets + t);
        }
        gm_tally_numbers(&e->tally, outputs, targets);
    }
}

static void expect_answers(const gm_evaluation *e, const json_t *example, const char *name)
{
    const json_t *answers = json_object_get(example, "answers"), *expected;
    size_t t;
    cr_expect_eq(gm_evaluation_has_answers(e), answers != NULL, "%s", name);
    cr_expect_eq(isnan(gm_evaluation_subset_accuracy(e)), answers == NULL, "%s", name);
    cr_expect_eq(isnan(gm_evaluation_answer(e, 0).accuracy), answers == NULL, "%s", name);
    if (!answers)
        return;
    json_array_foreach(answers, t, expected)
    {
        const gm_answer_figures got = gm_evaluation_answer(e, t);
        expect_near((double)got.support, figure(expected, "support"), "support", name);
        expect_near((double)got.predicted, figure(expected, "predicted"), "predicted", name);
        expect_near(got.accuracy, figure(expected, "accuracy"), "accuracy", name);
        expect_near(got.precision, figure(expected, "precision"), "precision", name);
        expect_near(got.recall, figure(expected, "recall"), "recall", name);
        expect_near(got.f1, figure(expected, "f1"), "F1", name);
    }
    expect_near(gm_evaluation_answer_accuracy(e), figure(example, "accuracy"), "accuracy of all", name);
    expect_near(gm_evaluation_subset_accuracy(e), figure(example, "subset_accuracy"), "subset accuracy",
                name);
    expect_near(gm_evaluation_macro_f1(e), figure(example, "macro_f1"), "macro F1", name);
    expect_near(gm_evaluation_micro_f1(e), figure(example, "micro_f1"), "micro F1", name);
}

static void expect_numbers(const json_t *example, const char *name)
{
    gm_evaluation e = {0};
    count_numbers(&e, example);
    for (size_t t = 0; t < gm_evaluation_targets(&e); t++) {
        const json_t *expected = json_array_get(json_object_get(example, "by_target"), t);
        const gm_target_figures got = gm_evaluation_target(&e, t);
        expect_near(got.mean, figure(expected, "mean"), "mean", name);
        expect_near(got.deviation, figure(expected, "deviation"), "deviation", name);
        expect_near(got.rmse, figure(expected, "rmse"), "RMSE", name);
        expect_near(got.mae, figure(expected, "mae"), "MAE", name);
        expect_near(got.r2, figure(expected, "r2"), "R^2", name);
    }
    expect_near(gm_evaluation_mae(&e), figure(example, "mae"), "mean MAE", name);
    expect_near(gm_evaluation_r2(&e), figure(example, "r2"), "mean R^2", name);
    expect_answers(&e, example, name);
    cr_expect(isnan(gm_evaluation_top_k(&e, 1)) && isnan(gm_evaluation_balanced_accuracy(&e)));
    gm_tally_clear(&e.tally);
}

Test(evaluation, figures_are_those_of_scikit_learn)
{
    json_t *root = load_fixture();
    const json_t *examples = json_object_get(root, "cases");
    size_t i;
    json_t *example;
    cr_assert_gt(json_array_size(examples), 0);
    json_array_foreach(examples, i, example)
    {
        const char *name = json_string_value(json_object_get(example, "name"));
        if (json_object_get(example, "labels"))
            expect_labels(example, name);
        else
            expect_numbers(example, name);
    }
    json_decref(root);
}

/* Bin i holds i / 10 < p <= (i + 1) / 10. */
Test(evaluation, bins_of_calibration_are_closed_above)
{
    const gm_tally kind = {.classes = 2, .probabilities = true, .least = DBL_MIN};
    gm_evaluation e = {0};
    gm_error error;
    cr_assert_eq(gm_tally_create(&e.tally, &kind, 4, &error), GM_OK);
    gm_tally_label(&e.tally, (double[]){0.5, 0.5}, 0);
    gm_tally_label(&e.tally, (double[]){0.25, 0.75}, 0);
    gm_tally_label(&e.tally, (double[]){0.25, 0.75}, 1);
    gm_tally_label(&e.tally, (double[]){1, 0}, 0);
    const size_t rows[GM_CALIBRATION_BINS] = {[4] = 1, [7] = 2, [9] = 1};
    for (size_t b = 0; b < GM_CALIBRATION_BINS; b++) {
        const gm_calibration_bin bin = gm_evaluation_calibration(&e, b);
        cr_expect_eq(bin.rows, rows[b], "bin %zu", b);
        cr_expect_float_eq(bin.high - bin.low, 0.1, 1e-15);
        cr_expect_eq(isnan(bin.accuracy), bin.rows == 0);
        cr_expect_eq(isnan(bin.confidence), bin.rows == 0);
    }
    cr_expect_eq(gm_evaluation_calibration(&e, 7).accuracy, 0.5);
    cr_expect_eq(gm_evaluation_calibration(&e, 7).confidence, 0.75);
    cr_expect_eq(gm_evaluation_calibration(&e, 0).low, 0);
    gm_tally_clear(&e.tally);
}

/* A probability of 0 is possible in floating point; its logarithm would make the mean infinite. */
Test(evaluation, a_probability_of_0_keeps_the_log_loss_finite)
{
    const gm_tally kind = {.classes = 3, .probabilities = true, .least = 0.001};
    gm_evaluation e = {0};
    gm_error error;
    cr_assert_eq(gm_tally_create(&e.tally, &kind, 1, &error), GM_OK);
    gm_tally_label(&e.tally, (double[]){0, 0, 1}, 1);
    cr_expect_float_eq(gm_evaluation_log_loss(&e), -log(0.001), 1e-12);
    gm_tally_clear(&e.tally);
}

/* 23 rows of 2 features in batches of 5: labels of 3 classes. */
static gm_dataset *make_labels(void)
{
    float x[46];
    uint32_t y[23];
    gm_dataset *data;
    gm_error error;
    for (size_t i = 0; i < 46; i++)
        x[i] = sinf((float)i);
    for (size_t i = 0; i < 23; i++)
        y[i] = (uint32_t)(i * i % 3);
    cr_assert_eq(gm_dataset_from_arrays(&data, gm_array_f32(x, 23, 2), gm_array_labels(y, 23), 3, &error),
                 GM_OK);
    return data;
}

static gm_evaluation *evaluate(gm_engine *engine, const gm_dataset *data)
{
    gm_evaluation *e;
    gm_error error;
    cr_assert_eq(gm_evaluation_create(&e, engine, data, NULL, &error), GM_OK, "%s", error.message);
    return e;
}

static gm_engine *engine_of(const net_shape *shape, gm_precision precision)
{
    gm_engine_options options = gm_engine_options_default();
    options.batch = 5;
    options.threads = 1;
    return net_engine(net_make(shape, precision, 3), &options);
}

/* What the two ways have in common must be the same, to the bit. */
Test(evaluation, of_labels_agrees_with_the_short_one)
{
    static const net_shape shape = {{2, 4, 3}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY};
    gm_engine *engine = engine_of(&shape, GM_F32);
    gm_dataset *data = make_labels();
    gm_evaluation *e = evaluate(engine, data);
    gm_metrics metrics;
    gm_error error;
    cr_assert_eq(gm_evaluate(engine, data, NULL, &metrics, &error), GM_OK);
    cr_expect_eq(gm_evaluation_metrics(e)->loss, metrics.loss);
    cr_expect_eq(gm_evaluation_metrics(e)->accuracy, metrics.accuracy);
    cr_expect_eq(gm_evaluation_metrics(e)->rows, 23);
    cr_expect_eq(gm_evaluation_top_k(e, 1), metrics.accuracy);
    cr_expect_eq(gm_evaluation_top_k(e, 3), 1);
    cr_expect_eq(gm_evaluation_top_k(e, SIZE_MAX), 1);
    cr_expect_float_eq(gm_evaluation_log_loss(e), metrics.loss, 1e-6, "cross-entropy is the log loss");
    cr_expect(isnan(gm_evaluation_auc(e)), "three classes");
    cr_expect_eq(gm_evaluation_targets(e), 0);
    gm_evaluation_destroy(e);
    gm_dataset_destroy(data);
    net_free(engine);
}

Test(evaluation, of_numbers_agrees_with_the_short_one)
{
    static const net_shape shape = {{2, 4, 2}, GM_TANH, GM_IDENTITY, GM_MEAN_SQUARES};
    gm_engine *engine = engine_of(&shape, GM_F64);
    double x[14], y[14];
    gm_dataset *data;
    gm_error error;
    for (size_t i = 0; i < 14; i++) {
        x[i] = sin((double)i);
        y[i] = cos((double)i);
    }
    cr_assert_eq(gm_dataset_from_arrays(&data, gm_array_f64(x, 7, 2), gm_array_f64(y, 7, 2), 0, &error),
                 GM_OK);
    gm_evaluation *e = evaluate(engine, data);
    const gm_metrics *metrics = gm_evaluation_metrics(e);
    double squares = 0;
    for (size_t t = 0; t < 2; t++)
        squares += pow(gm_evaluation_target(e, t).rmse, 2) / 2;
    cr_expect_float_eq(sqrt(squares), metrics->rmse, 1e-12);
    cr_expect_float_eq(metrics->loss, squares, 1e-12, "the loss is the mean of the squares");
    cr_expect_eq(gm_evaluation_targets(e), 2);
    cr_expect_eq(gm_evaluation_classes(e), 0);
    cr_expect(isnan(gm_evaluation_log_loss(e)) && isnan(gm_evaluation_calibration_error(e)));
    gm_evaluation_destroy(e);
    gm_dataset_destroy(data);
    net_free(engine);
}

/* Answers are judged where the loss is logistic and the targets are 0 or 1. */
Test(evaluation, answers_need_a_logistic_loss_and_yes_or_no)
{
    static const net_shape logistic = {{1, 2}, GM_TANH, GM_SIGMOID, GM_LOGISTIC},
                           squares = {{1, 2}, GM_TANH, GM_SIGMOID, GM_MEAN_SQUARES};
    static const double x[] = {-1, 0, 1}, sure[] = {0, 1, 1, 1, 0, 0}, unsure[] = {0, 1, 0.5, 1, 0, 0};
    const struct {
        const net_shape *shape;
        const double *y;
        bool answers;
    } rows[] = {{&logistic, sure, true}, {&logistic, unsure, false}, {&squares, sure, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gm_engine *engine = engine_of(rows[i].shape, GM_F64);
        gm_dataset *data;
        cr_assert_eq(
            gm_dataset_from_arrays(&data, gm_array_f64(x, 3, 1), gm_array_f64(rows[i].y, 3, 2), 0, NULL),
            GM_OK);
        gm_evaluation *e = evaluate(engine, data);
        cr_expect_eq(gm_evaluation_has_answers(e), rows[i].answers, "row %zu", i);
        cr_expect_eq(gm_evaluation_answer(e, 0).support, rows[i].answers ? 1 : 0, "row %zu", i);
        gm_evaluation_destroy(e);
        gm_dataset_destroy(data);
        net_free(engine);
    }
}

/* A share of the rows would look like a result. */
Test(evaluation, without_finite_outputs_there_are_no_figures)
{
    static const net_shape shape = {{2, 4, 3}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY};
    gm_engine *engine = engine_of(&shape, GM_F32);
    gm_network_set_parameter(gm_engine_network(engine), 0, NAN);
    gm_dataset *data = make_labels();
    gm_evaluation *e = evaluate(engine, data);
    cr_expect_eq(gm_evaluation_metrics(e)->not_finite, 23);
    cr_expect(isnan(gm_evaluation_top_k(e, 1)) && isnan(gm_evaluation_balanced_accuracy(e)));
    cr_expect(isnan(gm_evaluation_log_loss(e)) && isnan(gm_evaluation_calibration_error(e)));
    cr_expect(isnan(gm_evaluation_class(e, 0).precision) && isnan(gm_evaluation_class(e, 0).recall));
    gm_evaluation_destroy(e);
    gm_evaluation_destroy(NULL);
    gm_dataset_destroy(data);
    net_free(engine);
}

Test(evaluation, data_that_does_not_fit_is_refused)
{
    static const net_shape shape = {{2, 4, 2}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY};
    gm_engine *engine = engine_of(&shape, GM_F32);
    gm_dataset *data = make_labels();
    gm_evaluation *e;
    gm_error error;
    cr_expect_eq(gm_evaluation_create(&e, engine, data, NULL, &error), GM_USAGE);
    cr_expect_null(e);
    gm_dataset_destroy(data);
    net_free(engine);
}

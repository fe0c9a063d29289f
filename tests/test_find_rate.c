/* The range test of learning rates: rates grow evenly, nothing of the engine is changed, and what it suggests
 * trains well, where rates far from it do not. */
#include "nets.h"

#include "train/rows.h"

#include <string.h>

enum { ROWS = 120, IN = 4, OUT = 3 };

static const net_shape classifier = {{IN, 10, OUT}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY};

/* Three classes that a line can tell apart. */
static gm_dataset *make_data(void)
{
    static float x[ROWS * IN];
    static uint32_t labels[ROWS];
    gm_random random = gm_random_seed(1, GM_STREAM_CHECK);
    gm_dataset *data;
    gm_error error;
    for (size_t r = 0; r < ROWS; r++) {
        labels[r] = (uint32_t)(r % OUT);
        for (size_t c = 0; c < IN; c++)
            x[r * IN + c] = (float)(gm_random_normal(&random) + (c == labels[r] ? 3 : 0));
    }
    cr_assert_eq(
        gm_dataset_from_arrays(&data, gm_array_f32(x, ROWS, IN), gm_array_labels(labels, ROWS), OUT, &error),
        GM_OK, "%s", error.message);
    return data;
}

static gm_engine_options options_of(gm_optimizer_kind kind)
{
    gm_engine_options options = gm_engine_options_default();
    options.batch = 16;
    options.threads = 1;
    options.optimizer = gm_optimizer_default(kind);
    return options;
}

static gm_engine *make_engine(gm_optimizer_kind kind)
{
    const gm_engine_options options = options_of(kind);
    return net_engine(net_make(&classifier, GM_F32, 1), &options);
}

static gm_row_source open_rows(const gm_dataset *data)
{
    static const uint64_t seed = 1;
    gm_row_source rows;
    gm_error error;
    cr_assert_eq(gm_row_source_open(&rows, data, NULL, &seed, &error), GM_OK, "%s", error.message);
    return rows;
}

static gm_rate_curve curve_of(gm_engine *engine, const gm_row_source *rows,
                              const gm_find_rate_options *options)
{
    gm_rate_curve curve;
    gm_error error;
    cr_assert_eq(gm_find_rate(engine, rows, options, &curve, &error), GM_OK, "%s", error.message);
    return curve;
}

Test(find_rate, rates_grow_by_the_same_factor)
{
    gm_dataset *data = make_data();
    gm_row_source rows = open_rows(data);
    gm_engine *engine = make_engine(GM_SGD);
    gm_find_rate_options options = gm_find_rate_options_default();
    options.lowest = 1e-3;
    options.highest = 1;
    options.steps = 31;
    gm_rate_curve curve = curve_of(engine, &rows, &options);
    cr_assert_eq(curve.count, 31);
    double mean = 0;
    for (size_t i = 0; i < 31; i++) {
        expect_relative(curve.points[i].rate, 1e-3 * pow(10, (double)i / 10), 1e-12, "a rate");
        mean = 0.9 * mean + 0.1 * curve.points[i].loss;
        expect_relative(curve.points[i].smoothed, mean / (1 - pow(0.9, (double)i + 1)), 1e-12,
                        "a smoothed loss");
    }
    gm_rate_curve_clear(&curve);
    gm_row_source_close(&rows);
    net_free(engine);
    gm_dataset_destroy(data);
}

/* Weights, rate, and what the optimizer keeps: training afterwards gives the same bits as without a test. */
Test(find_rate, nothing_is_changed)
{
    static const gm_optimizer_kind kinds[] = {GM_SGD, GM_MOMENTUM, GM_ADAM};
    for (size_t k = 0; k < 3; k++) {
        gm_dataset *data = make_data();
        gm_row_source rows = open_rows(data);
        gm_engine *engines[2] = {make_engine(kinds[k]), make_engine(kinds[k])};
        gm_train_options options = gm_train_options_default();
        options.epochs = 2;
        for (size_t i = 0; i < 2; i++) {
            cr_assert_eq(gm_train(engines[i], data, NULL, NULL, &options, NULL, NULL), GM_OK);
            if (i == 1) {
                gm_rate_curve curve = curve_of(engines[i], &rows, NULL);
                gm_rate_curve_clear(&curve);
            }
            cr_assert_eq(gm_train(engines[i], data, NULL, NULL, &options, NULL, NULL), GM_OK);
        }
        const gm_network *plain = gm_engine_network(engines[0]), *tested = gm_engine_network(engines[1]);
        for (size_t i = 0; i < gm_network_parameter_count(plain); i++)
            cr_assert_eq(gm_network_parameter(plain, i), gm_network_parameter(tested, i), "%s",
                         gm_optimizer_name(kinds[k]));
        cr_expect_eq(gm_engine_rate(engines[1]), gm_engine_rate(engines[0]));
        gm_row_source_close(&rows);
        net_free(engines[0]);
        net_free(engines[1]);
        gm_dataset_destroy(data);
    }
}

/* The same of an engine with everything that a step may have: a mask that depends on the number of the step,
 * averaged weights, which the network has after a training, and several batches for a step. */
Test(find_rate, nothing_is_changed_of_dropout_averages_and_held_gradients)
{
    const double dropout = 0.3;
    gm_dataset *data = make_data();
    gm_row_source rows = open_rows(data);
    gm_engine_options options = options_of(GM_ADAM);
    options.dropout = &dropout;
    options.dropout_count = 1;
    options.average_decay = 0.8;
    options.accumulates = true;
    options.clip_norm = 1;
    gm_train_options train = gm_train_options_default();
    gm_find_rate_options test = gm_find_rate_options_default();
    gm_engine *engines[2];
    train.epochs = 2;
    train.accumulate = test.accumulate = 3;
    for (size_t i = 0; i < 2; i++) {
        engines[i] = net_engine(net_make(&classifier, GM_F32, 1), &options);
        for (int part = 0; part < 2; part++) {
            if (i == 1) {
                gm_rate_curve curve = curve_of(engines[i], &rows, &test);
                cr_expect(isfinite(curve.suggestion));
                gm_rate_curve_clear(&curve);
            }
            cr_assert_eq(gm_train(engines[i], data, NULL, NULL, &train, NULL, NULL), GM_OK);
        }
    }
    const gm_network *plain = gm_engine_network(engines[0]), *tested = gm_engine_network(engines[1]);
    for (int own = 0; own < 2; own++) {
        for (size_t i = 0; i < gm_network_parameter_count(plain); i++)
            cr_assert_eq(gm_network_parameter(plain, i), gm_network_parameter(tested, i));
        for (size_t i = 0; i < 2; i++)
            cr_assert_eq(gm_engine_use_average(engines[i], false, NULL), GM_OK);
    }
    gm_row_source_close(&rows);
    net_free(engines[0]);
    net_free(engines[1]);
    gm_dataset_destroy(data);
}

/* Batches of 20 rows, two for each rate: the losses are those of batches of 40 rows. */
Test(find_rate, several_batches_make_a_step)
{
    gm_dataset *data = make_data();
    gm_engine_options engine_options = options_of(GM_SGD);
    engine_options.accumulates = true;
    gm_find_rate_options options = gm_find_rate_options_default();
    double losses[2][20];
    options.steps = 20;
    options.highest = 1;
    for (size_t i = 0; i < 2; i++) {
        gm_row_source rows = open_rows(data);
        engine_options.batch = i == 0 ? 40 : 20;
        options.accumulate = i == 0 ? 1 : 2;
        gm_engine *engine = net_engine(net_make(&classifier, GM_F64, 1), &engine_options);
        gm_rate_curve curve = curve_of(engine, &rows, &options);
        cr_assert_eq(curve.count, 20);
        for (size_t k = 0; k < 20; k++)
            losses[i][k] = curve.points[k].loss;
        gm_rate_curve_clear(&curve);
        gm_row_source_close(&rows);
        net_free(engine);
    }
    for (size_t k = 0; k < 20; k++)
        expect_relative(losses[1][k], losses[0][k], 1e-12, "a loss");
    gm_dataset_destroy(data);
}

static double loss_after_training(gm_optimizer_kind kind, const gm_dataset *data, double rate)
{
    gm_engine *engine = make_engine(kind);
    gm_train_options options = gm_train_options_default();
    gm_metrics metrics = {.loss = INFINITY};
    options.epochs = 5;
    gm_engine_set_rate(engine, rate);
    if (gm_train(engine, data, NULL, NULL, &options, NULL, NULL) == GM_OK)
        cr_assert_eq(gm_evaluate(engine, data, NULL, &metrics, NULL), GM_OK);
    net_free(engine);
    return metrics.loss;
}

Test(find_rate, the_suggestion_trains_better_than_rates_far_from_it)
{
    static const gm_optimizer_kind kinds[] = {GM_SGD, GM_MOMENTUM, GM_ADAM};
    for (size_t k = 0; k < 3; k++) {
        gm_dataset *data = make_data();
        gm_row_source rows = open_rows(data);
        gm_engine *engine = make_engine(kinds[k]);
        gm_rate_curve curve = curve_of(engine, &rows, NULL);
        const char *name = gm_optimizer_name(kinds[k]);
        cr_assert(isfinite(curve.suggestion), "%s", name);
        expect_relative(curve.suggestion, curve.points[curve.lowest].rate / 10, 1e-12, name);
        const double good = loss_after_training(kinds[k], data, curve.suggestion);
        cr_expect_lt(good, loss_after_training(kinds[k], data, curve.suggestion / 1000), "%s", name);
        cr_expect_lt(good, loss_after_training(kinds[k], data, curve.suggestion * 1000), "%s", name);
        cr_expect_lt(good, curve.points[0].loss / 2, "%s: %g at rate %g", name, good, curve.suggestion);
        gm_rate_curve_clear(&curve);
        gm_row_source_close(&rows);
        net_free(engine);
        gm_dataset_destroy(data);
    }
}

Test(find_rate, nothing_to_learn_and_refusals)
{
    static const struct {
        double lowest, highest;
        size_t steps;
        const char *says;
    } wrong[] = {{0, 1, 100, "expected 0 < lowest"},
                 {1, 1, 100, "expected 0 < lowest"},
                 {1e-3, INFINITY, 100, "expected 0 < lowest"},
                 {1e-3, NAN, 100, "expected 0 < lowest"},
                 {1e-3, 1, 9, "9 rates; expected at least 10"}};
    gm_dataset *data = make_data();
    gm_row_source rows = open_rows(data);
    gm_engine *engine = make_engine(GM_SGD);
    gm_find_rate_options options = gm_find_rate_options_default();
    gm_rate_curve curve;
    gm_error error;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        options.lowest = wrong[i].lowest;
        options.highest = wrong[i].highest;
        options.steps = wrong[i].steps;
        cr_expect_eq(gm_find_rate(engine, &rows, &options, &curve, &error), GM_USAGE, "case %zu", i);
        cr_expect_not_null(strstr(error.message, wrong[i].says), "%s", error.message);
        cr_expect_null(curve.points);
    }
    options = gm_find_rate_options_default();
    options.accumulate = 0;
    cr_expect_eq(gm_find_rate(engine, &rows, &options, &curve, &error), GM_USAGE);
    cr_expect_not_null(strstr(error.message, "accumulate is 0"), "%s", error.message);
    options.accumulate = 2;
    cr_expect_eq(gm_find_rate(engine, &rows, &options, &curve, &error), GM_USAGE);
    cr_expect_not_null(strstr(error.message, "without accumulates"), "%s", error.message);
    options = gm_find_rate_options_default();
    options.highest = 1e-6; /* at such rates nothing is learned */
    curve = curve_of(engine, &rows, &options);
    cr_expect(isnan(curve.suggestion));
    gm_rate_curve_clear(&curve);
    gm_network_set_parameter(gm_engine_network(engine), 0, NAN);
    cr_expect_eq(gm_find_rate(engine, &rows, NULL, &curve, &error), GM_DIVERGED);
    gm_row_source_close(&rows);
    net_free(engine);
    gm_dataset_destroy(data);
}

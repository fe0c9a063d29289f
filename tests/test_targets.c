/* Tests that targets which a loss cannot learn are refused before the first step; and the figures of a
 * constant prediction, computed by hand. */
#include "nets.h"
#include "train/targets.h"

#include <string.h>

static gm_dataset *numbers(const float *y, size_t rows, size_t columns)
{
    float x[16] = {0};
    gm_dataset *data;
    gm_error error;
    cr_assert_eq(
        gm_dataset_from_arrays(&data, gm_array_f32(x, rows, 1), gm_array_f32(y, rows, columns), 0, &error),
        GM_OK, "%s", error.message);
    return data;
}

static gm_dataset *labels(const uint32_t *y, size_t rows, size_t classes)
{
    float x[16] = {0};
    gm_dataset *data;
    gm_error error;
    cr_assert_eq(
        gm_dataset_from_arrays(&data, gm_array_f32(x, rows, 1), gm_array_labels(y, rows), classes, &error),
        GM_OK, "%s", error.message);
    return data;
}

static const net_shape soft_one = {{1, 1}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY};
static const net_shape soft_two = {{1, 2}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY};
static const net_shape logistic_one = {{1, 1}, GM_TANH, GM_SIGMOID, GM_LOGISTIC};
static const net_shape poisson_one = {{1, 1}, GM_TANH, GM_EXP, GM_POISSON};
static const net_shape squares_one = {{1, 1}, GM_TANH, GM_IDENTITY, GM_MEAN_SQUARES};

/* Expects that the check, training and evaluation all give a message that contains `text`, or that all accept
 * the data (NULL). */
static void expect(const net_shape *shape, gm_dataset *data, const char *text)
{
    gm_engine_options engine_options = gm_engine_options_default();
    engine_options.batch = 1;
    engine_options.threads = 1;
    gm_engine *engine = net_engine(net_make(shape, GM_F32, 1), &engine_options);
    gm_train_options options = gm_train_options_default();
    options.epochs = 1;
    gm_error error[3];
    gm_metrics metrics;
    const gm_status statuses[3] = {
        gm_targets_check(gm_engine_network(engine), data, &error[0]),
        gm_train(engine, data, NULL, NULL, &options, NULL, &error[1]),
        gm_evaluate(engine, data, NULL, &metrics, &error[2]),
    };
    for (size_t i = 0; i < 3; i++) {
        cr_expect_eq(statuses[i], text ? GM_USAGE : GM_OK, "%zu: %s", i, text ? text : error[i].message);
        cr_expect(!text || strstr(error[i].message, text), "%zu: %s", i, error[i].message);
    }
    net_free(engine);
    gm_dataset_destroy(data);
}

Test(targets, a_loss_refuses_what_it_cannot_learn)
{
    expect(&soft_one, numbers((float[]){0, 1, 1}, 3, 1), "cross-entropy needs at least 2 outputs");
    expect(&soft_two, numbers((float[]){0, 1, 1, 0}, 2, 2), NULL);
    expect(&soft_two, numbers((float[]){0, 1, 1.5F, 0}, 2, 2), "targets from 0 to 1, got 1.5 in row 2");
    expect(&soft_two, numbers((float[]){0, 1, 0, 1.5F}, 2, 2), "targets from 0 to 1, got 1.5 in row 2");
    expect(&soft_two, labels((uint32_t[]){0, 1, 1}, 3, 2), NULL);
    expect(&logistic_one, numbers((float[]){0, 0.5F, 1}, 3, 1), NULL);
    expect(&logistic_one, numbers((float[]){0, 1, -0.25F}, 3, 1), "targets from 0 to 1, got -0.25 in row 3");
    expect(&logistic_one, numbers((float[]){NAN, 1}, 2, 1), "got nan in row 1");
    expect(&poisson_one, numbers((float[]){0, 0.5F, 3}, 3, 1), NULL);
    expect(&poisson_one, numbers((float[]){3, 1, -1}, 3, 1),
           "poisson needs targets of at least 0, got -1 in row 3");
    expect(&squares_one, numbers((float[]){-7, 1e6F}, 2, 1), NULL);
}

static void expect_domain(gm_loss loss, double low, double high, size_t least_outputs)
{
    const gm_loss_domain domain = gm_loss_domain_of(loss);
    cr_expect(domain.low == low && domain.high == high, "%s: %g to %g", gm_loss_name(loss), domain.low,
              domain.high);
    cr_expect_eq(domain.least_outputs, least_outputs, "%s: %zu", gm_loss_name(loss), domain.least_outputs);
}

Test(targets, domains_of_losses)
{
    expect_domain(GM_HALF_SQUARES, -INFINITY, INFINITY, 1);
    expect_domain(GM_MEAN_SQUARES, -INFINITY, INFINITY, 1);
    expect_domain(GM_HUBER, -INFINITY, INFINITY, 1);
    expect_domain(GM_MEAN_ABSOLUTE, -INFINITY, INFINITY, 1);
    expect_domain(GM_POISSON, 0, INFINITY, 1);
    expect_domain(GM_LOGISTIC, 0, 1, 1);
    expect_domain(GM_CROSS_ENTROPY, 0, 1, 2);
}

/* The first epoch must not pass before somebody looks at these rows. */
Test(targets, the_validation_set_is_looked_at_first)
{
    gm_dataset *train = numbers((float[]){0, 1}, 2, 1), *valid = numbers((float[]){0, 7}, 2, 1);
    gm_engine_options engine_options = gm_engine_options_default();
    engine_options.batch = 1;
    gm_engine *engine = net_engine(net_make(&logistic_one, GM_F64, 1), &engine_options);
    const double before = gm_network_parameter(gm_engine_network(engine), 1);
    gm_train_options options = gm_train_options_default();
    gm_error error;
    cr_expect_eq(gm_train(engine, train, valid, NULL, &options, NULL, &error), GM_USAGE);
    cr_expect_not_null(strstr(error.message, "got 7 in row 2"), "%s", error.message);
    cr_expect_eq(gm_network_parameter(gm_engine_network(engine), 1), before, "a step was taken");
    net_free(engine);
    gm_dataset_destroy(train);
    gm_dataset_destroy(valid);
}

static void expect_baseline(gm_dataset *data, double expected)
{
    const double baseline = gm_targets_baseline(data);
    cr_expect(fabs(baseline - expected) <= 1e-6 * expected, "%.17g, expected %.17g", baseline, expected);
    gm_dataset_destroy(data);
}

Test(targets, baselines_by_hand)
{
    expect_baseline(labels((uint32_t[]){2, 0, 2, 1, 2}, 5, 3), 0.6);
    expect_baseline(labels((uint32_t[]){0, 1}, 2, 2), 0.5);
    expect_baseline(numbers((float[]){1, 2, 3, 4}, 4, 1), sqrt(1.25)); /* (2.25 + 0.25 + 0.25 + 2.25) / 4 */
    expect_baseline(numbers((float[]){5, 5, 5}, 3, 1), 0);
    /* Columns 1, 3 and 10, 30: (1 + 1 + 100 + 100) / 4. */
    expect_baseline(numbers((float[]){1, 10, 3, 30}, 2, 2), sqrt(50.5));
    /* Far from zero the mean of squares minus the square of the mean would have nothing left. */
    expect_baseline(numbers((float[]){8388606, 8388608, 8388610}, 3, 1), sqrt(8.0 / 3));
}

Test(targets, a_view_has_a_baseline_of_its_own)
{
    gm_dataset *all = labels((uint32_t[]){0, 0, 0, 0, 0, 0, 1, 1, 1, 1}, 10, 2), *train, *valid;
    cr_assert_eq(gm_dataset_split(all, 0.5, 1, &train, &valid, NULL), GM_OK);
    cr_expect_float_eq(gm_targets_baseline(valid), 0.6, 1e-12); /* stratified: 3 and 2 */
    gm_dataset_destroy(train);
    gm_dataset_destroy(valid);
    gm_dataset_destroy(all);
}

static void expect_constant(gm_dataset *data, bool constant, double expected)
{
    double value = -1;
    cr_expect_eq(gm_targets_constant(data, &value), constant);
    cr_expect(!constant || value == expected);
    gm_dataset_destroy(data);
}

Test(targets, constant_targets_are_noticed)
{
    expect_constant(numbers((float[]){5, 5, 5}, 3, 1), true, 5);
    expect_constant(numbers((float[]){5, 5, 6}, 3, 1), false, 0);
    expect_constant(numbers((float[]){5, 1, 5, 2}, 2, 2), false, 0);
    expect_constant(labels((uint32_t[]){1, 1, 1}, 3, 2), true, 1);
    expect_constant(labels((uint32_t[]){2}, 1, 3), true, 2);
    expect_constant(labels((uint32_t[]){1, 1, 0}, 3, 2), false, 0);
}

/* Weights that are finite, and outputs that are not: 3e38 times 2 is beyond f32. */
Test(targets, outputs_that_are_not_finite_are_counted)
{
    float x[] = {0, 1, 2, 2};
    const uint32_t y[] = {0, 0, 0, 0};
    gm_dataset *data;
    cr_assert_eq(gm_dataset_from_arrays(&data, gm_array_f32(x, 4, 1), gm_array_labels(y, 4), 2, NULL), GM_OK);
    gm_engine_options options = gm_engine_options_default();
    options.batch = 3;
    options.threads = 1;
    gm_engine *engine = net_engine(net_make(&soft_two, GM_F32, 1), &options);
    gm_metrics metrics;
    cr_assert_eq(gm_evaluate(engine, data, NULL, &metrics, NULL), GM_OK);
    cr_expect_eq(metrics.not_finite, 0U);
    cr_expect(isfinite(metrics.accuracy));
    gm_network_set_parameter(gm_engine_network(engine), 0, 3e38);
    cr_assert_eq(gm_evaluate(engine, data, NULL, &metrics, NULL), GM_OK);
    cr_expect_eq(metrics.not_finite, 2U, "%zu", metrics.not_finite);
    cr_expect(isnan(metrics.accuracy), "%g looks like a figure", metrics.accuracy);
    net_free(engine);
    gm_dataset_destroy(data);
}

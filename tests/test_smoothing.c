/* Tests label smoothing in the training loop: it is training on other targets, and nothing else. The formula
 * is compared with PyTorch's in test_fixture_torch.c. */
#include "nets.h"

#include <string.h>

enum { ROWS = 7, CLASSES = 3, EPOCHS = 3 };
#define SHARE 0.15

static const net_shape shape = {{2, 4, CLASSES}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY};
static const double x[2 * ROWS] = {1, -0.5, 0.25, 2, -1, 0.75, 0.5, -0.25, 1.5, 1, -0.75, -1.5, 0, -2};
static const uint32_t labels[ROWS] = {0, 2, 1, 1, 0, 2, 2};

static gm_engine *make_engine(const net_shape *of)
{
    gm_engine_options options = gm_engine_options_default();
    options.batch = 3;
    options.threads = 1;
    return net_engine(net_make(of, GM_F64, 1), &options);
}

static gm_dataset *make_data(gm_array y)
{
    gm_dataset *data;
    gm_error error;
    cr_assert_eq(gm_dataset_from_arrays(&data, gm_array_f64(x, ROWS, 2), y,
                                        y.type == GM_TYPE_LABEL ? CLASSES : 0, &error),
                 GM_OK, "%s", error.message);
    return data;
}

/* The losses of the last epoch. */
static gm_status note(void *context, const gm_epoch *epoch, bool *stop, gm_error *error)
{
    double *losses = context;
    (void)stop, (void)error;
    losses[0] = epoch->train_loss;
    losses[1] = epoch->valid.loss;
    return GM_OK;
}

static void train(gm_engine *engine, const gm_dataset *data, const gm_dataset *valid, double smoothing,
                  double losses[2])
{
    gm_train_options options = gm_train_options_default();
    gm_error error;
    options.epochs = EPOCHS;
    options.keep = GM_KEEP_LAST;
    options.label_smoothing = smoothing;
    options.on_epoch = note;
    options.context = losses;
    cr_assert_eq(gm_train(engine, data, valid, NULL, &options, NULL, &error), GM_OK, "%s", error.message);
}

Test(smoothing, is_training_on_other_targets)
{
    double y[ROWS * CLASSES], smoothed[2], by_hand[2];
    for (size_t i = 0; i < ROWS * CLASSES; i++)
        y[i] = (1 - SHARE) * (i % CLASSES == labels[i / CLASSES]) + SHARE / CLASSES;
    gm_dataset *plain = make_data(gm_array_labels(labels, ROWS)),
               *other = make_data(gm_array_f64(y, ROWS, CLASSES));
    gm_engine *a = make_engine(&shape), *b = make_engine(&shape);
    train(a, plain, plain, SHARE, smoothed);
    train(b, other, other, 0, by_hand);
    for (size_t i = 0; i < gm_network_parameter_count(gm_engine_network(a)); i++)
        cr_expect_float_eq(gm_network_parameter(gm_engine_network(a), i),
                           gm_network_parameter(gm_engine_network(b), i), 1e-14, "parameter %zu", i);
    cr_expect_float_eq(smoothed[0], by_hand[0], 1e-14, "the loss of a step is that of its targets");
    gm_metrics metrics;
    cr_assert_eq(gm_evaluate(a, plain, NULL, &metrics, NULL), GM_OK);
    cr_expect_eq(smoothed[1], metrics.loss, "a validation set has its own targets");
    cr_expect_gt(fabs(smoothed[1] - by_hand[1]), 1e-3);
    gm_dataset_destroy(plain);
    gm_dataset_destroy(other);
    net_free(a);
    net_free(b);
}

static void expect_refused(const net_shape *of, gm_array y, double smoothing, const char *text)
{
    gm_dataset *data = make_data(y);
    gm_engine *engine = make_engine(of);
    gm_train_options options = gm_train_options_default();
    gm_error error = {0};
    options.label_smoothing = smoothing;
    cr_expect_eq(gm_train(engine, data, NULL, NULL, &options, NULL, &error), GM_USAGE);
    cr_expect(strstr(error.message, text), "%s", error.message);
    gm_dataset_destroy(data);
    net_free(engine);
}

Test(smoothing, that_makes_no_sense_is_refused)
{
    static const net_shape squares = {{2, 4, 1}, GM_TANH, GM_IDENTITY, GM_MEAN_SQUARES};
    const gm_array classes = gm_array_labels(labels, ROWS);
    expect_refused(&shape, classes, 1, "label_smoothing is 1; expected a number of at least 0 and below 1");
    expect_refused(&shape, classes, -0.1, "label_smoothing is -0.1");
    expect_refused(&shape, classes, (double)NAN, "label_smoothing is nan");
    expect_refused(&squares, gm_array_f64(x, ROWS, 1), 0.1, "needs loss cross-entropy, got mean-squares");
}

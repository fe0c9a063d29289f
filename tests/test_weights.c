/* Tests weights of rows and of classes: how a data set gets them, and that training on them is training on
 * rows that are there as often as their weights say. */
#include "nets.h"
#include "scratch.h"

enum { IN = 3, CLASSES = 3, ROWS = 24, EPOCHS = 4 };

static const net_shape shape = {{IN, 6, CLASSES}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY};

TestSuite(weights, .init = scratch_make, .fini = scratch_remove);

/* Rows whose first feature is their number. Row r is there copies(r) times. */
static gm_dataset *make_data(size_t (*copies)(size_t row))
{
    double x[4 * ROWS * IN];
    uint32_t labels[4 * ROWS];
    size_t rows = 0;
    gm_dataset *data;
    gm_error error;
    for (size_t r = 0; r < ROWS; r++) {
        for (size_t k = 0; k < copies(r); k++, rows++) {
            for (size_t c = 0; c < IN; c++)
                x[rows * IN + c] = c == 0 ? (double)r / ROWS : sin((double)(r * IN + c));
            labels[rows] = (uint32_t)(r % 5 % CLASSES);
        }
    }
    cr_assert_eq(gm_dataset_from_arrays(&data, gm_array_f64(x, rows, IN), gm_array_labels(labels, rows),
                                        CLASSES, &error),
                 GM_OK, "%s", error.message);
    return data;
}

static size_t once(size_t row)
{
    (void)row;
    return 1;
}

static size_t some(size_t row)
{
    return row % 4;
}

static void set_weights(gm_dataset *data, size_t (*weight)(size_t row), double factor)
{
    double weights[ROWS];
    gm_error error;
    for (size_t r = 0; r < ROWS; r++)
        weights[r] = factor * (double)weight(r);
    cr_assert_eq(gm_dataset_set_weights(data, weights, &error), GM_OK, "%s", error.message);
}

/* The rows with weights 0, 1, 2, 3, 0, ... times a factor. */
static gm_dataset *weighted_data(double factor)
{
    gm_dataset *data = make_data(once);
    set_weights(data, some, factor);
    return data;
}

static gm_engine *make_engine(const net_setting *s, size_t batch)
{
    gm_engine_options options = net_setting_options(s, batch);
    options.optimizer.epsilon = 1e-2; /* a smaller one makes steps of the rounding of small gradients */
    options.accumulates = true;
    return net_engine(net_make(&shape, s->precision, 3), &options);
}

/* What a run told of its last epoch; it can be stopped after some step. */
struct told {
    double train_loss, valid_loss, gradient_norm;
    size_t stop_epoch, stop_step;
};

static gm_status note(void *context, const gm_epoch *epoch, bool *stop, gm_error *error)
{
    struct told *told = context;
    (void)stop, (void)error;
    told->train_loss = epoch->train_loss;
    told->valid_loss = epoch->valid.loss;
    told->gradient_norm = epoch->gradient_norm;
    return GM_OK;
}

static gm_status stop_there(void *context, const gm_progress *progress, bool *stop, gm_error *error)
{
    const struct told *told = context;
    (void)error;
    *stop = progress->epoch == told->stop_epoch && progress->step == told->stop_step;
    return GM_OK;
}

static gm_train_options make_options(struct told *told)
{
    gm_train_options options = gm_train_options_default();
    options.epochs = EPOCHS;
    options.shuffle = false;
    options.keep = GM_KEEP_LAST;
    options.on_epoch = note;
    options.context = told;
    return options;
}

static void train(gm_engine *engine, const gm_dataset *data, const gm_train_options *options)
{
    gm_error error;
    cr_assert_eq(gm_train(engine, data, NULL, NULL, options, NULL, &error), GM_OK, "%s", error.message);
}

/* All rows in one step, in one batch or in several, with every optimizer and backend. */
static void expect_counted(const net_setting *s, size_t batch)
{
    gm_dataset *weighted = weighted_data(1), *repeated = make_data(some);
    gm_engine *a = make_engine(s, batch), *b = make_engine(s, gm_dataset_rows(repeated));
    struct told one = {0}, other = {0};
    gm_train_options options = make_options(&one);
    options.accumulate = (ROWS + batch - 1) / batch;
    train(a, weighted, &options);
    options.accumulate = 1;
    options.context = &other;
    train(b, repeated, &options);
    cr_expect(net_difference(a, b) < 1e-12, "%s, %s, batch %zu: parameters differ by %g", s->backend,
              gm_optimizer_name(s->optimizer), batch, net_difference(a, b));
    cr_expect_float_eq(one.train_loss, other.train_loss, 1e-13, "train loss %.17g, expected %.17g",
                       one.train_loss, other.train_loss);
    gm_dataset_destroy(weighted);
    gm_dataset_destroy(repeated);
    net_free(a);
    net_free(b);
}

Test(weights, a_row_counts_as_often_as_its_weight_says)
{
    for (int kind = 0; kind < GM_OPTIMIZER_COUNT; kind++) {
        const char *backend;
        for (size_t i = 0; (backend = gm_backend_name(i)); i++) {
            const net_setting s = {backend, (gm_optimizer_kind)kind, GM_F64, 1 + (size_t)kind % 2};
            expect_counted(&s, ROWS);
            expect_counted(&s, 7);
            expect_counted(&s, 1);
        }
    }
}

/* The loss of an epoch of several steps is that of all its rows: without a step that changes anything, the
 * size of the batches makes no difference to it. */
Test(weights, the_loss_of_an_epoch_is_the_weighted_mean_over_its_steps)
{
    const net_setting s = {"packed", GM_SGD, GM_F64, 1};
    gm_dataset *data = weighted_data(1);
    double losses[3];
    const size_t batches[] = {ROWS, 7, 2};
    for (size_t i = 0; i < 3; i++) {
        struct told told = {0};
        const gm_train_options options = make_options(&told);
        gm_engine *engine = make_engine(&s, batches[i]);
        gm_engine_set_rate(engine, 0);
        train(engine, data, &options);
        losses[i] = told.train_loss;
        net_free(engine);
    }
    cr_expect_float_eq(losses[1], losses[0], 1e-14);
    cr_expect_float_eq(losses[2], losses[0], 1e-14);
    gm_dataset_destroy(data);
}

Test(weights, only_their_ratios_matter)
{
    static const double factors[] = {1e-297, 1e-30, 7, 1e30, 1e300};
    const net_setting s = {"packed", GM_MOMENTUM, GM_F32, 1};
    struct told told;
    const gm_train_options options = make_options(&told);
    gm_dataset *data = weighted_data(1);
    gm_engine *expected = make_engine(&s, 5);
    train(expected, data, &options);
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
        gm_engine *engine = make_engine(&s, 5);
        set_weights(data, some, factors[i]);
        train(engine, data, &options);
        cr_expect(net_difference(engine, expected) < 1e-5, "factor %g: %g", factors[i],
                  net_difference(engine, expected));
        net_free(engine);
    }
    net_free(expected);
    gm_dataset_destroy(data);
}

Test(weights, equal_ones_change_no_bit)
{
    for (int precision = 0; precision < 2; precision++) {
        const net_setting s = {"packed", GM_ADAM, (gm_precision)precision, 2};
        struct told told;
        const gm_train_options options = make_options(&told);
        gm_dataset *data = make_data(once);
        gm_engine *plain = make_engine(&s, 5), *weighted = make_engine(&s, 5);
        train(plain, data, &options);
        set_weights(data, once, 2);
        train(weighted, data, &options);
        cr_expect_eq(net_difference(plain, weighted), 0);
        cr_assert_eq(gm_dataset_set_weights(data, NULL, NULL), GM_OK);
        cr_expect_not(gm_dataset_has_weights(data));
        net_free(plain);
        net_free(weighted);
        gm_dataset_destroy(data);
    }
}

Test(weights, a_validation_set_is_judged_without_them)
{
    const net_setting s = {"packed", GM_ADAM, GM_F64, 1};
    gm_dataset *data = weighted_data(1);
    gm_engine *engine = make_engine(&s, 5);
    struct told told;
    gm_error error;
    gm_metrics metrics;
    const gm_train_options options = make_options(&told);
    cr_assert_eq(gm_train(engine, data, data, NULL, &options, NULL, &error), GM_OK, "%s", error.message);
    cr_assert_eq(gm_dataset_set_weights(data, NULL, &error), GM_OK);
    cr_assert_eq(gm_evaluate(engine, data, NULL, &metrics, &error), GM_OK);
    cr_expect_eq(told.valid_loss, metrics.loss);
    net_free(engine);
    gm_dataset_destroy(data);
}

/* The log tells of the step's own gradient. */
Test(weights, the_gradient_that_is_logged_is_the_weighted_one)
{
    const net_setting s = {"packed", GM_SGD, GM_F64, 1};
    gm_dataset *weighted = weighted_data(1), *repeated = make_data(some);
    struct told one, other;
    gm_train_options options = make_options(&one);
    gm_engine *a = make_engine(&s, ROWS), *b = make_engine(&s, gm_dataset_rows(repeated));
    options.epochs = 1;
    options.layer_figures = true;
    train(a, weighted, &options);
    options.context = &other;
    train(b, repeated, &options);
    cr_expect_float_eq(one.gradient_norm, other.gradient_norm, 1e-13);
    cr_expect_gt(one.gradient_norm, 0.01);
    net_free(a);
    net_free(b);
    gm_dataset_destroy(weighted);
    gm_dataset_destroy(repeated);
}

Test(weights, a_range_test_has_them)
{
    const net_setting s = {"packed", GM_SGD, GM_F64, 1};
    gm_dataset *sets[] = {weighted_data(1), make_data(some)};
    double losses[3];
    gm_error error;
    for (size_t i = 0; i < 3;
         i++) { /* the weighted rows in one batch, the repeated ones, those in four batches */
        const gm_dataset *data = sets[i % 2];
        gm_engine *engine = make_engine(&s, i < 2 ? gm_dataset_rows(data) : 7);
        gm_find_rate_options options = gm_find_rate_options_default();
        gm_row_source rows;
        gm_rate_curve curve;
        options.accumulate = i < 2 ? 1 : 4;
        cr_assert_eq(gm_row_source_open(&rows, data, NULL, NULL, &error), GM_OK);
        cr_assert_eq(gm_find_rate(engine, &rows, &options, &curve, &error), GM_OK, "%s", error.message);
        losses[i] = curve.points[0].loss;
        gm_rate_curve_clear(&curve);
        gm_row_source_close(&rows);
        net_free(engine);
    }
    cr_expect_float_eq(losses[0], losses[1], 1e-13);
    cr_expect_float_eq(losses[2], losses[1], 1e-13);
    gm_dataset_destroy(sets[0]);
    gm_dataset_destroy(sets[1]);
}

/* A run that is stopped within an epoch knows the weights of the rows before; with other weights it is
 * refused. */
Test(weights, a_run_goes_on_with_them)
{
    const scratch_text path = scratch_path("run.ckpt");
    const net_setting s = {"packed", GM_ADAM, GM_F64, 1};
    gm_dataset *data = weighted_data(1);
    gm_engine *whole = make_engine(&s, 5), *half = make_engine(&s, 5);
    struct told expected = {0}, told = {.stop_epoch = EPOCHS, .stop_step = 2};
    gm_train_options options = make_options(&expected);
    gm_checkpoint *checkpoint;
    gm_error error;
    train(whole, data, &options);
    options.context = &told;
    options.on_step = stop_there;
    options.checkpoint = path.text;
    train(half, data, &options);
    told.stop_epoch = 0;
    cr_assert_eq(gm_checkpoint_load(&checkpoint, path.text, &error), GM_OK, "%s", error.message);
    options.checkpoint = NULL;
    options.resume = checkpoint;
    set_weights(data, once, 1);
    cr_expect_eq(gm_train(half, data, NULL, NULL, &options, NULL, &error), GM_BAD_MODEL);
    cr_expect_not_null(strstr(error.message, "their weights"), "%s", error.message);
    set_weights(data, some, 1);
    train(half, data, &options);
    cr_expect_eq(told.train_loss, expected.train_loss);
    cr_expect_eq(net_difference(half, whole), 0);
    gm_checkpoint_destroy(checkpoint);
    gm_dataset_destroy(data);
    net_free(whole);
    net_free(half);
}

Test(weights, parts_keep_those_of_their_rows)
{
    gm_dataset *data = weighted_data(1), *train_part, *valid, *part, *rest;
    const gm_dataset *parts[3];
    gm_error error;
    cr_assert_eq(gm_dataset_split(data, 0.3, 1, &train_part, &valid, &error), GM_OK);
    cr_assert_eq(gm_dataset_split(train_part, 0.5, 2, &part, &rest, &error), GM_OK);
    parts[0] = valid, parts[1] = part, parts[2] = rest;
    size_t rows = 0;
    for (size_t i = 0; i < 3; i++) {
        for (uint32_t r = 0; r < gm_dataset_rows(parts[i]); r++, rows++) {
            double x[IN];
            cr_assert_eq(
                gm_dataset_gather(parts[i], NULL, &r, 1, gm_mutable_f64(x, 1, IN), gm_no_array(), &error),
                GM_OK);
            cr_expect_eq(gm_dataset_weight(parts[i], r), (double)some((size_t)(x[0] * ROWS + 0.5)));
        }
    }
    cr_expect_eq(rows, ROWS);
    gm_dataset_destroy(part);
    gm_dataset_destroy(rest);
    gm_dataset_destroy(train_part);
    gm_dataset_destroy(valid);
    gm_dataset_destroy(data);
}

/* Of 24 rows 10, 9 and 5 have the classes 0, 1 and 2. */
Test(weights, balanced_classes_count_the_same)
{
    static const double expected[CLASSES] = {24. / 30, 24. / 27, 24. / 15};
    gm_dataset *data = make_data(once);
    double weights[CLASSES], sums[CLASSES] = {0};
    gm_error error;
    cr_assert_eq(gm_dataset_balance(data, weights, &error), GM_OK);
    for (size_t c = 0; c < CLASSES; c++)
        cr_expect_float_eq(weights[c], expected[c], 1e-15, "class %zu: %g", c, weights[c]);
    cr_assert_eq(gm_dataset_weigh_classes(data, weights, &error), GM_OK);
    for (size_t r = 0; r < ROWS; r++)
        sums[gm_dataset_label(data, r)] += gm_dataset_weight(data, r);
    for (size_t c = 0; c < CLASSES; c++)
        cr_expect_float_eq(sums[c], 8, 1e-14);
    set_weights(data, some, 1); /* those of the rows, times those of their classes */
    cr_assert_eq(gm_dataset_weigh_classes(data, weights, &error), GM_OK);
    cr_expect_float_eq(gm_dataset_weight(data, 2), 2 * expected[2], 1e-15);
    gm_dataset_destroy(data);
}

Test(weights, a_class_without_rows_has_none_to_balance)
{
    static const double x[] = {1, 2, 3};
    static const uint32_t labels[] = {0, 2, 2};
    gm_dataset *data;
    double weights[CLASSES];
    gm_error error;
    cr_assert_eq(
        gm_dataset_from_arrays(&data, gm_array_f64(x, 3, 1), gm_array_labels(labels, 3), CLASSES, &error),
        GM_OK);
    cr_assert_eq(gm_dataset_balance(data, weights, &error), GM_OK);
    cr_expect(weights[0] == 1 && weights[1] == 0 && weights[2] == 0.5);
    gm_dataset_destroy(data);
}

Test(weights, strange_ones_are_refused_and_change_nothing)
{
    static const double strange[] = {-1, NAN, INFINITY};
    gm_dataset *data = weighted_data(1);
    double weights[ROWS] = {0}, classes[CLASSES] = {0};
    gm_error error;
    cr_expect_eq(gm_dataset_set_weights(data, weights, &error), GM_BAD_DATA);
    cr_expect_not_null(strstr(error.message, "add up to 0"), "%s", error.message);
    cr_expect_eq(gm_dataset_weigh_classes(data, classes, &error), GM_BAD_DATA);
    for (size_t i = 0; i < 3; i++) {
        weights[5] = classes[1] = strange[i];
        cr_expect_eq(gm_dataset_set_weights(data, weights, &error), GM_USAGE);
        cr_expect_not_null(strstr(error.message, "row 5"), "%s", error.message);
        cr_expect_eq(gm_dataset_weigh_classes(data, classes, &error), GM_USAGE);
        cr_expect_not_null(strstr(error.message, "class 1"), "%s", error.message);
    }
    for (size_t r = 0; r < ROWS; r++)
        weights[r] = 1e308;
    cr_expect_eq(gm_dataset_set_weights(data, weights, &error), GM_BAD_DATA);
    for (size_t r = 0; r < ROWS; r++)
        cr_expect_eq(gm_dataset_weight(data, r), (double)some(r));
    gm_dataset_destroy(data);
}

Test(weights, targets_that_are_numbers_have_no_classes)
{
    static const double x[] = {1, 2};
    gm_dataset *data;
    double weights[1] = {1};
    gm_error error;
    cr_assert_eq(gm_dataset_from_arrays(&data, gm_array_f64(x, 2, 1), gm_array_f64(x, 2, 1), 0, &error),
                 GM_OK);
    cr_expect_eq(gm_dataset_balance(data, weights, &error), GM_USAGE);
    cr_expect_eq(gm_dataset_weigh_classes(data, weights, &error), GM_USAGE);
    gm_dataset_destroy(data);
}

Test(weights, training_refuses_those_without_effect)
{
    const net_setting s = {"packed", GM_SGD, GM_F32, 1};
    gm_dataset *data = weighted_data(1), *part, *rest;
    gm_engine *single = make_engine(&s, 1), *engine = make_engine(&s, 4);
    struct told told;
    const gm_train_options options = make_options(&told);
    const gm_find_rate_options defaults = gm_find_rate_options_default();
    gm_row_source rows;
    gm_rate_curve curve;
    gm_error error;
    cr_expect_eq(gm_train(single, data, NULL, NULL, &options, NULL, &error), GM_USAGE);
    cr_expect_not_null(strstr(error.message, "steps of one row"), "%s", error.message);
    cr_assert_eq(gm_row_source_open(&rows, data, NULL, NULL, &error), GM_OK);
    cr_expect_eq(gm_find_rate(single, &rows, &defaults, &curve, &error), GM_USAGE);
    gm_row_source_close(&rows);

    double weights[ROWS] = {[ROWS - 1] = 1};
    gm_split_options last = gm_split_options_default();
    last.last = true;
    cr_assert_eq(gm_dataset_set_weights(data, weights, &error), GM_OK);
    cr_assert_eq(gm_dataset_split_by(data, &last, &part, &rest, &error), GM_OK);
    cr_expect_eq(gm_train(engine, part, NULL, NULL, &options, NULL, &error), GM_BAD_DATA);
    cr_expect_not_null(strstr(error.message, "epoch 1: every row has the weight 0"), "%s", error.message);
    gm_dataset_destroy(part);
    gm_dataset_destroy(rest);
    gm_dataset_destroy(data);
    net_free(single);
    net_free(engine);
}

/* Arrays of an engine and of weights that do not belong together. */
Test(weights, a_gradient_has_them_too)
{
    const net_setting s = {"packed", GM_SGD, GM_F64, 1};
    static const double x[2 * IN] = {1, 0.5, -1, 2, 0.25, 1}, y[2 * CLASSES] = {1, 0, 0, 0, 1, 0},
                              w[2] = {0, 3}, negative[2] = {1, -1};
    double gradients[2][6 * IN + 6 + CLASSES * 6 + CLASSES], losses[2];
    const size_t count = sizeof gradients[0] / sizeof *gradients[0];
    gm_engine *engine = make_engine(&s, 2);
    gm_gradient to = gm_gradient_default(gm_mutable_f64(gradients[0], 1, count));
    gm_error error;
    to.weights = gm_array_f64(w, 2, 1);
    cr_assert_eq(gm_engine_gradient_to(engine, gm_array_f64(x, 2, IN), gm_array_f64(y, 2, CLASSES), &to,
                                       &losses[0], &error),
                 GM_OK, "%s", error.message);
    cr_assert_eq(gm_engine_gradient(engine, gm_array_f64(x + IN, 1, IN),
                                    gm_array_f64(y + CLASSES, 1, CLASSES),
                                    gm_mutable_f64(gradients[1], 1, count), &losses[1], &error),
                 GM_OK);
    cr_expect_float_eq(losses[0], losses[1], 1e-15);
    for (size_t i = 0; i < count; i++)
        cr_expect_float_eq(gradients[0][i], gradients[1][i], 1e-15, "%zu", i);
    to.weights = gm_array_f64(negative, 2, 1);
    cr_expect_eq(
        gm_engine_gradient_to(engine, gm_array_f64(x, 2, IN), gm_array_f64(y, 2, CLASSES), &to, NULL, &error),
        GM_USAGE);
    to.weights = gm_array_f64(w, 1, 1);
    cr_expect_eq(
        gm_engine_gradient_to(engine, gm_array_f64(x, 2, IN), gm_array_f64(y, 2, CLASSES), &to, NULL, &error),
        GM_USAGE);
    net_free(engine);
}

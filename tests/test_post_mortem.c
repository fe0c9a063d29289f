/* Each fault that is planted here is named by the post-mortem: the step, the layer, the quantity, the cause.
 * The run itself goes as without a post-mortem, and falls back to the last good weights. */
#include "nets.h"

#include "data/dataset.h"

#include <float.h>
#include <string.h>

enum { ROWS = 32, IN = 3, OUT = 2, BATCH = 8, LAYERS = 2 };

static const net_shape fit = {{IN, 5, OUT}, GM_RELU, GM_IDENTITY, GM_MEAN_SQUARES};
static const net_shape smooth = {{IN, 5, OUT}, GM_GELU, GM_IDENTITY, GM_MEAN_SQUARES};

/* A run that is to diverge. */
struct fault {
    const char *name;
    gm_optimizer_kind optimizer;
    double rate;
    float input, target; /* the number in the middle of the data, if it is not 0 */
    double weight;       /* the same among the weights of layer 2 */
    gm_cause cause;
    gm_quantity first; /* GM_QUANTITY_NONE: any */
    size_t step;       /* 0: any */
};

static gm_dataset *data_of(const struct fault *fault)
{
    float x[ROWS * IN], y[ROWS * OUT];
    gm_random random = gm_random_seed(1, GM_STREAM_CHECK);
    gm_dataset *data;
    gm_error error;
    for (size_t i = 0; i < ROWS * IN; i++)
        x[i] = (float)gm_random_normal(&random);
    for (size_t i = 0; i < ROWS * OUT; i++)
        y[i] = (float)gm_random_normal(&random);
    for (size_t r = 0; r < ROWS && fault->input != 0; r++)
        x[r * IN + 1] = fault->input;
    if (fault->target != 0)
        y[ROWS + 1] = fault->target;
    cr_assert_eq(
        gm_dataset_from_arrays(&data, gm_array_f32(x, ROWS, IN), gm_array_f32(y, ROWS, OUT), 0, &error),
        GM_OK, "%s", error.message);
    return data;
}

/* What a run has besides, in all combinations. */
enum { DROPOUT = 1, AVERAGE = 2, ACCUMULATE = 4, CLIP = 8, WEIGHTS = 16, FEATURES = 32 };

static gm_engine *engine_with(const struct fault *fault, const net_shape *shape, gm_precision precision,
                              int features)
{
    static const double dropout = 0.4;
    gm_engine_options options = gm_engine_options_default();
    options.dropout = &dropout;
    options.dropout_count = features & DROPOUT ? 1 : 0;
    options.dropout_seed = 11;
    options.average_decay = features & AVERAGE ? 0.5 : 0;
    options.accumulates = features & ACCUMULATE;
    options.clip_norm = features & CLIP ? 0.01 : 0;
    gm_network *network = net_make(shape, precision, 3);
    options.batch = BATCH;
    options.threads = 1;
    options.optimizer = gm_optimizer_default(fault->optimizer);
    options.optimizer.rate = fault->rate;
    if (fault->weight != 0)
        gm_network_set_parameter(network, gm_network_layer(network, 1).weights + 3, fault->weight);
    return net_engine(network, &options);
}

static gm_engine *engine_of(const struct fault *fault, const net_shape *shape, gm_precision precision)
{
    return engine_with(fault, shape, precision, 0);
}

static gm_status train(gm_engine *engine, const gm_dataset *data, gm_post_mortem *post_mortem,
                       gm_train_result *result)
{
    gm_error error = {0};
    gm_train_options options = gm_train_options_default();
    options.epochs = 50;
    options.post_mortem = post_mortem;
    *result = gm_train_result_init();
    return gm_train(engine, data, NULL, NULL, &options, result, &error);
}

static const struct fault faults[] = {
    {"a rate of 1e30", GM_SGD, 1e30, 0, 0, 0, GM_CAUSE_RATE, GM_QUANTITY_NONE, 0},
    {"a rate of 1e38 with momentum", GM_MOMENTUM, 1e38, 0, 0, 0, GM_CAUSE_RATE, GM_QUANTITY_NONE, 0},
    {"a rate of 1e30 with Adam", GM_ADAM, 1e30, 0, 0, 0, GM_CAUSE_RATE, GM_QUANTITY_NONE, 0},
    {"an input column of thousands", GM_SGD, 0.1, 30000, 0, 0, GM_CAUSE_INPUT_SCALE, GM_QUANTITY_NONE, 0},
    {"an infinite input", GM_SGD, 0.1, INFINITY, 0, 0, GM_CAUSE_INPUT, GM_QUANTITY_INPUT, 1},
    {"a target that is no number", GM_ADAM, 0.1, 0, NAN, 0, GM_CAUSE_TARGET, GM_QUANTITY_TARGET, 0},
    {"a huge target", GM_SGD, 0.1, 0, 1e30F, 0, GM_CAUSE_TARGET_SCALE, GM_QUANTITY_NONE, 0},
    {"a weight that is no number", GM_SGD, 0.1, 0, 0, NAN, GM_CAUSE_WEIGHTS, GM_QUANTITY_WEIGHT, 1},
    {"an infinite weight", GM_ADAM, 0.1, 0, 0, INFINITY, GM_CAUSE_WEIGHTS, GM_QUANTITY_WEIGHT, 1},
    {"weights whose products overflow", GM_SGD, 0.1, 0, 0, FLT_MAX, GM_CAUSE_RATE, GM_QUANTITY_NONE, 1},
};

/* What is true of every finding, whatever the fault. */
static void check_ranges(const gm_post_mortem *p, const struct fault *fault)
{
    cr_assert_eq(p->layer_count, LAYERS, "%s", fault->name);
    cr_expect_lt(p->layer, LAYERS, "%s", fault->name);
    cr_expect_eq(p->inputs.count, BATCH * IN);
    cr_expect_eq(p->targets.count, BATCH * OUT);
    for (size_t l = 0; l < LAYERS; l++) {
        const gm_layer_ranges *r = &p->layers[l];
        const size_t outputs = l == 0 ? 5 : OUT, inputs = l == 0 ? IN : 5;
        cr_expect_eq(r->z.count, BATCH * outputs, "%s", fault->name);
        cr_expect_eq(r->a.count, BATCH * outputs, "%s", fault->name);
        cr_expect_eq(r->delta.count, BATCH * outputs, "%s", fault->name);
        cr_expect_eq(r->weights.count, (inputs + 1) * outputs, "%s", fault->name);
        cr_expect_eq(r->gradient.count, (inputs + 1) * outputs, "%s", fault->name);
        cr_expect(!(r->a.low > r->a.high), "%s", fault->name);
        if (p->first >= GM_QUANTITY_Z) /* what comes before it is finite */
            cr_expect_eq(r->weights.not_finite, 0, "%s", fault->name);
        if (p->first >= GM_QUANTITY_DELTA)
            cr_expect_eq(r->z.not_finite + r->a.not_finite, 0, "%s", fault->name);
    }
}

Test(post_mortem, each_fault_is_named)
{
    for (size_t i = 0; i < 2 * sizeof faults / sizeof *faults; i++) {
        const struct fault *fault = &faults[i / 2];
        gm_post_mortem p = {0};
        gm_train_result result;
        gm_dataset *data = data_of(fault);
        gm_engine *engine = engine_of(fault, i % 2 ? &fit : &smooth, GM_F32);
        const gm_status status = train(engine, data, &p, &result);
        cr_assert_eq(status, GM_DIVERGED, "%s", fault->name);
        cr_assert(p.found, "%s", fault->name);
        cr_expect_str_eq(gm_cause_name(p.cause), gm_cause_name(fault->cause), "%s", fault->name);
        if (fault->first != GM_QUANTITY_NONE)
            cr_expect_str_eq(gm_quantity_name(p.first), gm_quantity_name(fault->first), "%s", fault->name);
        if (fault->step > 0)
            cr_expect_eq(p.step, fault->step, "%s: step %zu", fault->name, p.step);
        if (fault->weight != 0 && fault->cause == GM_CAUSE_WEIGHTS)
            cr_expect_eq(p.layer, 1, "%s", fault->name);
        if (fault->input != 0)
            cr_expect(p.column == 1 && p.extreme == (double)fault->input, "%s: column %zu, %g", fault->name,
                      p.column, p.extreme);
        check_ranges(&p, fault);
        gm_post_mortem_clear(&p);
        gm_dataset_destroy(data);
        net_free(engine);
    }
}

/* A target of 1e30 in f32: the output is finite, its squared error is not. */
Test(post_mortem, a_loss_that_overflows_is_told_from_an_activation)
{
    const struct fault fault = {"", GM_SGD, 0.1, 0, 1e30F, 0, 0, 0, 0};
    gm_post_mortem p = {0};
    gm_train_result result;
    gm_dataset *data = data_of(&fault);
    gm_engine *engine = engine_of(&fault, &fit, GM_F32);
    cr_assert_eq(train(engine, data, &p, &result), GM_DIVERGED);
    cr_expect_eq(p.first, GM_QUANTITY_LOSS);
    cr_expect_eq(p.layer, LAYERS - 1);
    cr_expect(isinf(p.loss));
    cr_expect_eq(p.targets.high, (double)1e30F);
    gm_post_mortem_clear(&p);
    gm_dataset_destroy(data);
    net_free(engine);
}

static double grow(void *context, double rate, size_t step, size_t steps)
{
    (void)context, (void)steps;
    return rate * pow(10, (double)step / 2);
}

/* A linear network whose weights grow with every step, until they overflow in an epoch after the first: the
 * steps of that epoch are repeated to the bit, with what the optimizer keeps, so that the same step fails. */
Test(post_mortem, a_late_failure_is_repeated)
{
    static const gm_optimizer_kind kinds[] = {GM_SGD, GM_MOMENTUM, GM_NESTEROV, GM_ADAM};
    static const net_shape linear = {{IN, OUT}, GM_IDENTITY, GM_IDENTITY, GM_HALF_SQUARES};
    for (size_t k = 0; k < 4; k++) {
        const struct fault fault = {"", kinds[k], kinds[k] == GM_ADAM ? 0.1 : 3, 0, 0, 0, 0, 0, 0};
        const char *name = gm_optimizer_name(kinds[k]);
        gm_post_mortem p = {0};
        gm_train_result result[2];
        gm_engine *engines[2];
        gm_dataset *data = data_of(&fault);
        for (size_t i = 0; i < 2; i++) {
            gm_train_options options = gm_train_options_default();
            gm_error error = {0};
            char told[60];
            options.epochs = 50;
            options.rate_of = kinds[k] == GM_ADAM ? grow : NULL;
            options.post_mortem = i == 1 ? &p : NULL;
            engines[i] = engine_of(&fault, &linear, GM_F32);
            result[i] = gm_train_result_init();
            cr_assert_eq(gm_train(engines[i], data, NULL, NULL, &options, &result[i], &error), GM_DIVERGED,
                         "%s", name);
            /* what was noticed at the end of an epoch, or by the next loss, is of this step or the one before
             */
            snprintf(told, sizeof told, "epoch %zu, step %zu", p.epoch, p.step);
            cr_expect(
                i == 0 || strstr(error.message, told) ||
                    strstr(error.message,
                           (snprintf(told, sizeof told, "epoch %zu, step %zu", p.epoch, p.step + 1), told)),
                "%s: %s: %s", name, error.message, told);
        }
        cr_expect(p.found && p.epoch > 1 && p.epoch == result[0].epochs, "%s: epoch %zu", name, p.epoch);
        cr_expect_eq(p.cause, GM_CAUSE_RATE);
        cr_expect_eq(result[1].kept_epoch, p.epoch - 1);
        cr_expect_eq(result[0].kept_epoch, result[1].kept_epoch);
        const gm_network *plain = gm_engine_network(engines[0]), *looked_at = gm_engine_network(engines[1]);
        for (size_t i = 0; i < gm_network_parameter_count(plain); i++)
            cr_assert_eq(gm_network_parameter(plain, i), gm_network_parameter(looked_at, i), "%s", name);
        gm_post_mortem_clear(&p);
        gm_dataset_destroy(data);
        net_free(engines[0]);
        net_free(engines[1]);
    }
}

struct keeper {
    double weights[200];
    size_t epoch;
};

/* Keeps the weights of each epoch, and makes the rate enormous after the third. */
static gm_status keep_weights(void *context, const gm_epoch *epoch, bool *stop, gm_error *error)
{
    struct keeper *keeper = context;
    (void)stop, (void)error;
    keeper->epoch = epoch->epoch;
    return GM_OK;
}

static double explode(void *context, double rate, size_t step, size_t steps)
{
    (void)steps;
    return ((struct keeper *)context)->epoch < 3 || step < 3 * ROWS / BATCH + 1 ? rate : 1e35;
}

static void set_weights(gm_dataset *data)
{
    double weights[ROWS];
    gm_error error;
    for (size_t r = 0; r < ROWS; r++)
        weights[r] = 1 + (double)(r % 5);
    cr_assert_eq(gm_dataset_set_weights(data, weights, &error), GM_OK, "%s", error.message);
}

/* A run whose rate becomes enormous after three epochs, and one that ends there. */
struct fallen {
    gm_dataset *data;
    gm_engine *engine, *good;
    gm_post_mortem post_mortem;
};

typedef double schedule(void *context, double rate, size_t step, size_t steps);

/* The run falls back to the weights that it had after three epochs. */
static struct fallen fall(const net_shape *shape, int features, schedule *rate_of)
{
    const struct fault fault = {"", GM_ADAM, 0.01, 0, 0, 0, 0, 0, 0};
    struct fallen f = {.data = data_of(&fault),
                       .engine = engine_with(&fault, shape, GM_F32, features),
                       .good = engine_with(&fault, shape, GM_F32, features)};
    struct keeper keeper = {0};
    gm_error error;
    gm_train_result result = gm_train_result_init();
    gm_train_options options = gm_train_options_default();
    options.accumulate = features & ACCUMULATE ? 2 : 1;
    options.shuffle = false;
    if (features & WEIGHTS)
        set_weights(f.data);
    options.epochs = 3;
    cr_assert_eq(gm_train(f.good, f.data, NULL, NULL, &options, NULL, &error), GM_OK);
    options.epochs = 10;
    options.on_epoch = keep_weights;
    options.rate_of = rate_of;
    options.context = &keeper;
    options.post_mortem = &f.post_mortem;
    cr_assert_eq(gm_train(f.engine, f.data, NULL, NULL, &options, &result, &error), GM_DIVERGED);
    cr_expect_eq(result.kept_epoch, 3);
    cr_expect_eq(f.post_mortem.cause, GM_CAUSE_RATE);
    const gm_network *network = gm_engine_network(f.engine), *good = gm_engine_network(f.good);
    for (size_t i = 0; i < gm_network_parameter_count(network); i++)
        cr_assert_eq(gm_network_parameter(network, i), gm_network_parameter(good, i), "features %d",
                     features);
    return f;
}

static void fallen_free(struct fallen *f)
{
    gm_post_mortem_clear(&f->post_mortem);
    gm_dataset_destroy(f->data);
    net_free(f->engine);
    net_free(f->good);
}

Test(post_mortem, the_last_good_weights_are_kept)
{
    struct fallen f = fall(&fit, 0, explode);
    const gm_post_mortem *p = &f.post_mortem;
    cr_expect(p->found && p->epoch == 4 && p->step > 1, "epoch %zu, step %zu", p->epoch, p->step);
    cr_expect_eq(p->rate, 1e35);
    cr_expect_eq(gm_engine_rate(f.engine), 0.01);
    fallen_free(&f);
}

/* The rate of all steps after the third epoch: infinite in f32. */
static double infinite(void *context, double rate, size_t step, size_t steps)
{
    (void)step, (void)steps;
    return ((struct keeper *)context)->epoch < 3 ? rate : 1e39;
}

/* The step that fails is the first one of epoch 4. What the post-mortem says of its last batch is what the
 * engine computes, which has the weights and the number of steps from before it. */
static void expect_last_batch(gm_engine *engine, int features, const gm_post_mortem *p,
                              const gm_dataset *data)
{
    const size_t batches = features & ACCUMULATE ? 2 : 1;
    const gm_network *network = gm_engine_network(engine);
    const size_t count = gm_network_parameter_count(network);
    float gradient[200];
    const gm_mutable_array block = gm_mutable_f32(gradient, 1, count);
    gm_row_source rows;
    double loss = 0;
    size_t some;
    gm_error error;
    cr_assert(count <= 200);
    cr_assert_eq(gm_row_source_open(&rows, data, NULL, NULL, &error), GM_OK);
    cr_assert_eq(rows.begin(rows.context, 4, &error), GM_OK);
    gm_engine_drop_held(engine);
    for (size_t i = 0; i < batches; i++) {
        const gm_batch_buffer buffer = gm_engine_buffer(engine, 0);
        cr_assert_eq(gm_row_source_next(&rows, BATCH, &buffer, &some, &error), GM_OK);
        const gm_array x = gm_array_of(buffer.x), y = gm_array_of(buffer.y);
        gm_step_options options = gm_step_options_default();
        gm_gradient to = gm_gradient_default(block);
        if (features & WEIGHTS)
            to.weights = options.weights = gm_array_of(buffer.w);
        cr_assert_eq(batches > 1 ? gm_engine_hold(engine, x, y, &options, &loss, &error)
                                 : gm_engine_gradient_to(engine, x, y, &to, &loss, &error),
                     GM_OK, "%s", error.message);
    }
    if (batches > 1)
        cr_assert_eq(gm_engine_held_gradient(engine, block, &error), GM_OK);
    cr_expect_eq(p->loss, loss, "features %d: the loss is %g, was %g", features, loss, p->loss);
    double high = -INFINITY;
    const gm_layer layer = gm_network_layer(network, 1);
    for (size_t i = layer.weights; i < layer.biases + layer.outputs; i++)
        high = fmax(high, (double)gradient[i]);
    cr_expect_eq(p->layers[1].gradient.high, high, "features %d: the gradient", features);
    gm_row_source_close(&rows);
}

Test(post_mortem, a_run_with_any_of_these_has_one)
{
    for (int features = 0; features < FEATURES; features++) {
        struct fallen f = fall(&smooth, features, infinite);
        const gm_post_mortem *p = &f.post_mortem;
        gm_error error;
        cr_assert(p->found && p->epoch == 4 && p->step == 1, "features %d: epoch %zu, step %zu", features,
                  p->epoch, p->step);
        cr_expect_eq(p->first, GM_QUANTITY_WEIGHT);
        cr_expect_eq(p->rate, 1e39);
        if (features & AVERAGE)
            cr_assert_eq(gm_engine_use_average(f.engine, false, &error), GM_OK, "%s", error.message);
        expect_last_batch(f.engine, features, p, f.data);
        fallen_free(&f);
    }
}

/* Without a post-mortem, too, a run that averages falls back to the averaged weights of the epoch before. */
Test(post_mortem, averaged_weights_are_fallen_back_to)
{
    const struct fault fault = {"", GM_SGD, 0.01, 0, 0, 0, 0, 0, 0};
    struct keeper keeper = {0};
    gm_error error;
    gm_train_result result = gm_train_result_init();
    gm_train_options options = gm_train_options_default();
    gm_dataset *data = data_of(&fault);
    gm_engine *engine = engine_with(&fault, &fit, GM_F32, AVERAGE),
              *other = engine_with(&fault, &fit, GM_F32, AVERAGE);
    options.epochs = 3;
    cr_assert_eq(gm_train(other, data, NULL, NULL, &options, NULL, &error), GM_OK);
    options.epochs = 10;
    options.on_epoch = keep_weights;
    options.rate_of = infinite;
    options.context = &keeper;
    cr_assert_eq(gm_train(engine, data, NULL, NULL, &options, &result, &error), GM_DIVERGED);
    cr_expect_eq(result.kept_epoch, 3);
    const gm_network *network = gm_engine_network(engine), *good = gm_engine_network(other);
    for (size_t i = 0; i < gm_network_parameter_count(network); i++)
        cr_assert_eq(gm_network_parameter(network, i), gm_network_parameter(good, i));
    gm_dataset_destroy(data);
    net_free(engine);
    net_free(other);
}

Test(post_mortem, a_run_that_ends_well_has_none)
{
    const struct fault fault = {"", GM_ADAM, 0.01, 0, 0, 0, 0, 0, 0};
    gm_post_mortem p = {0};
    gm_train_result result;
    gm_dataset *data = data_of(&fault);
    gm_engine *engine = engine_of(&fault, &fit, GM_F64);
    cr_assert_eq(train(engine, data, &p, &result), GM_OK);
    cr_expect(!p.found && !p.layers && p.first == GM_QUANTITY_NONE);
    gm_dataset_destroy(data);
    net_free(engine);
}

/* Tests schedules of the learning rate: their formulas, and that the training loop uses the rate of step t
 * for step t. */
#include "nets.h"
#include "train/schedule.h"

#include <jansson.h>
#include <string.h>

/* A warm-up is at least one step, however short. If it were rounded to none, one-cycle would take its own
 * default for the length of the rise. */
Test(schedule, a_warm_up_is_never_rounded_to_nothing)
{
    gm_train_options options = gm_train_options_default();
    options.epochs = 10;
    options.warmup = 1e-4;
    options.schedule = GM_SCHEDULE_ONE_CYCLE;
    cr_expect_eq(gm_schedule_rate(&options, 1, 0, 3), 1, "the rise is one step, which has the highest rate");
    cr_expect_lt(gm_schedule_rate(&options, 1, 1, 3), 1);
    options.warmup = 0;
    cr_expect_lt(gm_schedule_rate(&options, 1, 0, 3), 0.05);
}

Test(schedule, names_go_both_ways)
{
    for (int s = 0; s < GM_SCHEDULE_COUNT; s++) {
        gm_schedule found = GM_SCHEDULE_COUNT;
        cr_expect(gm_schedule_from_name(gm_schedule_name((gm_schedule)s), &found));
        cr_expect_eq((int)found, s);
    }
    gm_schedule untouched = GM_SCHEDULE_COSINE;
    cr_expect_not(gm_schedule_from_name("cosin", &untouched));
    cr_expect_not(gm_schedule_from_name("", &untouched));
    cr_expect_eq(untouched, GM_SCHEDULE_COSINE);
    cr_expect_str_eq(gm_schedule_name(GM_SCHEDULE_COUNT), "unknown");
    cr_expect_str_eq(gm_schedule_name((gm_schedule)-1), "unknown");
}

/* The options of a schedule over so many epochs. */
static gm_train_options options_of(gm_schedule schedule, size_t epochs)
{
    gm_train_options options = gm_train_options_default();
    options.schedule = schedule;
    options.epochs = epochs;
    return options;
}

/* cos(pi/3) = 1/2 and cos(pi/2) = 0. */
Test(schedule, rates_by_hand)
{
    const gm_train_options constant = options_of(GM_SCHEDULE_CONSTANT, 3),
                           linear = options_of(GM_SCHEDULE_LINEAR, 3),
                           cosine = options_of(GM_SCHEDULE_COSINE, 3);
    for (size_t step = 0; step < 12; step++) {
        cr_expect_eq(gm_schedule_rate(&constant, 0.5, step, 4), 0.5);
        expect_relative(gm_schedule_rate(&linear, 0.5, step, 4), 0.5 * (double)(12 - step) / 12, 1e-15,
                        "linear");
    }
    expect_relative(gm_schedule_rate(&cosine, 2, 0, 4), 2, 1e-15, "cosine, first");
    expect_relative(gm_schedule_rate(&cosine, 2, 4, 4), 1.5, 1e-15, "cosine, a third");
    expect_relative(gm_schedule_rate(&cosine, 2, 6, 4), 1, 1e-15, "cosine, half");
    expect_relative(gm_schedule_rate(&cosine, 2, 8, 4), 0.5, 1e-15, "cosine, two thirds");
}

/* A rate only falls, and is not 0 before the end. It falls in the first k steps by what it still has before
 * the last k steps. */
Test(schedule, rates_fall_evenly)
{
    for (gm_schedule s = GM_SCHEDULE_LINEAR; s <= GM_SCHEDULE_COSINE; s++) {
        const gm_train_options options = options_of(s, 10);
        for (size_t step = 0; step < 100; step++) {
            const double rate = gm_schedule_rate(&options, 3, step, 10),
                         next = gm_schedule_rate(&options, 3, step + 1, 10);
            cr_expect(rate > next && rate > 0, "%s, step %zu: %g, then %g", gm_schedule_name(s), step, rate,
                      next);
            cr_expect_float_eq(rate + gm_schedule_rate(&options, 3, 100 - step, 10), 3, 1e-12);
        }
    }
}

static double number_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : 0;
}

/* What a plateau sees of a validation loss after each epoch. */
static void see(gm_plateau *plateau, const gm_rates *rates, double loss, double *least)
{
    gm_plateau_see(plateau, rates, loss < *least);
    *least = fmin(*least, loss);
}

/* Every rate of one case; returns its schedule. */
static gm_schedule compare_case(const json_t *object, double rate)
{
    const char *name = json_string_value(json_object_get(object, "schedule"));
    const json_t *rates = json_object_get(object, "rates"), *losses = json_object_get(object, "losses");
    const size_t epoch_steps = (size_t)number_of(object, "epoch_steps");
    gm_schedule schedule = GM_SCHEDULE_COUNT;
    cr_assert(gm_schedule_from_name(name, &schedule), "%s", name);
    gm_train_options options = options_of(schedule, (size_t)number_of(object, "epochs"));
    options.warmup = number_of(object, "warmup");
    options.schedule_factor = number_of(object, "factor");
    options.schedule_every = (size_t)number_of(object, "every");
    options.schedule_power = number_of(object, "power");
    const gm_rates ours = gm_rates_of(&options, rate, epoch_steps);
    gm_plateau plateau = {.scale = 1};
    double least = INFINITY;
    cr_assert_eq(json_array_size(rates), options.epochs * epoch_steps);
    for (size_t t = 0; t < options.epochs * epoch_steps; t++) {
        const double expected = json_number_value(json_array_get(rates, t));
        const double actual = gm_rates_at(&ours, t) * plateau.scale;
        cr_expect(fabs(actual - expected) <= 1e-13 * rate, "%s, warm-up %g, step %zu: %.17g; expected %.17g",
                  name, options.warmup, t, actual, expected);
        cr_expect(losses || gm_schedule_rate(&options, rate, t, epoch_steps) == actual);
        if (losses)
            see(&plateau, &ours, json_number_value(json_array_get(losses, t)), &least);
    }
    return schedule;
}

/* fixtures/torch_schedules.json, written by fixtures/make_schedule_fixture.py */
Test(schedule, rates_of_pytorch)
{
    char path[4096];
    bool seen[GM_SCHEDULE_COUNT] = {false};
    snprintf(path, sizeof path, "%s/tests/fixtures/torch_schedules.json", getenv("GM_SOURCE_DIR"));
    json_error_t error;
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error), *object;
    cr_assert_not_null(root, "%s:%d: %s", path, error.line, error.text);
    size_t index;
    json_array_foreach(json_object_get(root, "cases"), index, object)
        seen[compare_case(object, number_of(root, "rate"))] = true;
    json_decref(root);
    for (int s = 0; s < GM_SCHEDULE_COUNT; s++)
        cr_expect(seen[s], "no case with %s", gm_schedule_name((gm_schedule)s));
}

static double highest(void *context, double rate, size_t step, size_t steps)
{
    (void)context, (void)step, (void)steps;
    return rate;
}

/* A setting that has no effect, or makes no sense. */
Test(schedule, settings_that_are_refused)
{
    const struct {
        gm_schedule schedule;
        double warmup, factor, power;
        size_t every;
        const char *text;
    } rows[] = {
        {GM_SCHEDULE_LINEAR, 0, 0.5, 0, 0, "schedule_factor has no effect with schedule linear"},
        {GM_SCHEDULE_EXPONENTIAL, 0, 0, 0, 3, "schedule_every has no effect with schedule exponential"},
        {GM_SCHEDULE_STEP, 0, 0, 2, 0, "schedule_power has no effect with schedule step"},
        {GM_SCHEDULE_STEP, 0, 1, 0, 0, "schedule_factor is 1; expected a number above 0 and below 1"},
        {GM_SCHEDULE_PLATEAU, 0, -0.5, 0, 0, "schedule_factor is -0.5"},
        {GM_SCHEDULE_POLYNOMIAL, 0, 0, (double)NAN, 0, "schedule_power is nan; expected a number above 0"},
        {GM_SCHEDULE_POLYNOMIAL, 0, 0, -1, 0, "schedule_power is -1"},
        {GM_SCHEDULE_COSINE, 10, 0, 0, 0,
         "warmup is 10; expected a number of epochs of at least 0 and below 10"},
        {GM_SCHEDULE_COSINE, -1, 0, 0, 0, "warmup is -1"},
        {GM_SCHEDULE_COSINE, (double)NAN, 0, 0, 0, "warmup is nan"},
    };
    gm_error error;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gm_train_options options = options_of(rows[i].schedule, 10);
        options.warmup = rows[i].warmup;
        options.schedule_factor = rows[i].factor;
        options.schedule_every = rows[i].every;
        options.schedule_power = rows[i].power;
        cr_expect_eq(gm_schedule_check(&options, &error), GM_USAGE);
        cr_expect(strstr(error.message, rows[i].text), "row %zu: %s", i, error.message);
        cr_expect(isnan(gm_schedule_rate(&options, 0.1, 0, 3)));
    }
    gm_train_options own = options_of(GM_SCHEDULE_CONSTANT, 10);
    own.rate_of = highest;
    cr_expect_eq(gm_schedule_check(&own, &error), GM_OK);
    own.warmup = 1;
    cr_expect_eq(gm_schedule_check(&own, &error), GM_USAGE);
    cr_expect(strstr(error.message, "no effect with rate_of"), "%s", error.message);
}

enum { ROWS = 10, BATCH = 4, STEPS = 3, EPOCHS = 2 };

static gm_engine *make_engine(double rate)
{
    const net_shape shape = {{2, 3, 1}, GM_TANH, GM_IDENTITY, GM_HALF_SQUARES};
    gm_engine_options options = gm_engine_options_default();
    options.batch = BATCH;
    options.threads = 1;
    options.optimizer.rate = rate;
    return net_engine(net_make(&shape, GM_F32, 1), &options);
}

/* Singles, so that a data set and a step by hand see the same numbers. */
static const float x[2 * ROWS] = {1,     -0.5, 0.25, 2,  -1,   0.75, 0.5, -0.25, 1.5,  1,
                                  -0.75, -1.5, 0,    -2, 1.25, 0.5,  -1,  1,     0.75, -0.125};
static const float y[ROWS] = {1, -1, 0.5, 2, -0.5, 0.25, 1.5, -2, 0, 0.75};

/* The steps of two epochs by hand: t does not begin again with an epoch. A plateau cannot come so soon. */
static void train_by_hand(gm_engine *engine, const gm_train_options *options)
{
    for (size_t t = 0; t < EPOCHS * STEPS; t++) {
        const size_t first = t % STEPS * BATCH, count = ROWS - first < BATCH ? ROWS - first : BATCH;
        gm_engine_set_rate(engine, gm_schedule_rate(options, 0.25, t, STEPS));
        net_step(engine, gm_array_f32(x + 2 * first, count, 2), gm_array_f32(y + first, count, 1));
    }
}

static gm_dataset *make_data(void)
{
    gm_dataset *data;
    gm_error error;
    cr_assert_eq(gm_dataset_from_arrays(&data, gm_array_f32(x, ROWS, 2), gm_array_f32(y, ROWS, 1), 0, &error),
                 GM_OK, "%s", error.message);
    return data;
}

static void train_by_loop(gm_engine *engine, const gm_train_options *options)
{
    gm_dataset *data = make_data();
    gm_error error;
    cr_assert_eq(gm_train(engine, data, data, NULL, options, NULL, &error), GM_OK, "%s", error.message);
    gm_dataset_destroy(data);
}

Test(schedule, the_loop_takes_the_rate_of_each_step)
{
    for (size_t i = 0; i < 2 * GM_SCHEDULE_COUNT; i++) {
        const gm_schedule s = (gm_schedule)(i / 2);
        gm_engine *loop = make_engine(0.25), *hand = make_engine(0.25);
        gm_train_options options = options_of(s, EPOCHS);
        options.warmup = i % 2 ? 2.0 / STEPS : 0;
        options.shuffle = false;
        options.keep = GM_KEEP_LAST;
        train_by_loop(loop, &options);
        train_by_hand(hand, &options);
        cr_expect_eq(gm_engine_rate(loop), 0.25); /* the engine's own rate is back */
        const gm_network *a = gm_engine_network(loop), *b = gm_engine_network(hand);
        for (size_t p = 0; p < gm_network_parameter_count(a); p++)
            cr_expect_eq(gm_network_parameter(a, p), gm_network_parameter(b, p), "%s, parameter %zu",
                         gm_schedule_name(s), p);
        net_free(loop);
        net_free(hand);
    }
}

enum { LONG = 40, EVERY = 2 };

/* What the callback was told of each epoch. */
struct told {
    double rate[LONG];
    bool best[LONG];
};

static gm_status note_epoch(void *context, const gm_epoch *epoch, bool *stop, gm_error *error)
{
    struct told *told = context;
    (void)stop, (void)error;
    told->rate[epoch->epoch - 1] = epoch->rate;
    told->best[epoch->epoch - 1] = epoch->best;
    return GM_OK;
}

/* The rate is too high for the loss to fall steadily. After EVERY epochs that were no better it is halved. */
Test(schedule, a_plateau_lowers_the_rate)
{
    struct told told;
    gm_engine *engine = make_engine(1.5);
    gm_train_options options = options_of(GM_SCHEDULE_PLATEAU, LONG);
    options.schedule_factor = 0.5;
    options.schedule_every = EVERY;
    options.on_epoch = note_epoch;
    options.context = &told;
    train_by_loop(engine, &options);
    double rate = 1.5;
    size_t without = 0, lowered = 0;
    for (size_t e = 0; e < LONG; e++) {
        cr_expect_eq(told.rate[e], rate, "epoch %zu: %g; expected %g", e + 1, told.rate[e], rate);
        without = told.best[e] ? 0 : without + 1;
        if (without == EVERY) {
            rate /= 2;
            without = 0;
            lowered++;
        }
    }
    cr_expect(lowered >= 2 && lowered < LONG / EVERY, "lowered %zu times", lowered);
    net_free(engine);
}

Test(schedule, a_plateau_needs_a_validation_set)
{
    gm_engine *engine = make_engine(0.1);
    gm_dataset *data = make_data();
    const gm_train_options options = options_of(GM_SCHEDULE_PLATEAU, 2);
    gm_error error;
    cr_expect_eq(gm_train(engine, data, NULL, NULL, &options, NULL, &error), GM_USAGE);
    cr_expect(strstr(error.message, "schedule plateau needs a validation set"), "%s", error.message);
    gm_dataset_destroy(data);
    net_free(engine);
}

/* Tests schedules of the learning rate: their formulas, and that the training loop uses the rate of step t
 * for step t. */
#include "nets.h"

#include <string.h>

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

/* cos(pi/3) = 1/2 and cos(pi/2) = 0. */
Test(schedule, rates_by_hand)
{
    for (size_t step = 0; step < 12; step++) {
        cr_expect_eq(gm_schedule_rate(GM_SCHEDULE_CONSTANT, 0.5, step, 12), 0.5);
        expect_relative(gm_schedule_rate(GM_SCHEDULE_LINEAR, 0.5, step, 12), 0.5 * (double)(12 - step) / 12,
                        1e-15, "linear");
    }
    expect_relative(gm_schedule_rate(GM_SCHEDULE_COSINE, 2, 0, 12), 2, 1e-15, "cosine, first");
    expect_relative(gm_schedule_rate(GM_SCHEDULE_COSINE, 2, 4, 12), 1.5, 1e-15, "cosine, a third");
    expect_relative(gm_schedule_rate(GM_SCHEDULE_COSINE, 2, 6, 12), 1, 1e-15, "cosine, half");
    expect_relative(gm_schedule_rate(GM_SCHEDULE_COSINE, 2, 8, 12), 0.5, 1e-15, "cosine, two thirds");
}

/* A rate only falls, and is not 0 before the end. It falls in the first k steps by what it still has before
 * the last k steps. */
Test(schedule, rates_fall_evenly)
{
    for (gm_schedule s = GM_SCHEDULE_LINEAR; s <= GM_SCHEDULE_COSINE; s++) {
        for (size_t step = 0; step < 100; step++) {
            const double rate = gm_schedule_rate(s, 3, step, 100),
                         next = gm_schedule_rate(s, 3, step + 1, 100);
            cr_expect(rate > next && rate > 0, "%s, step %zu: %g, then %g", gm_schedule_name(s), step, rate,
                      next);
            cr_expect_float_eq(rate + gm_schedule_rate(s, 3, 100 - step, 100), 3, 1e-12);
        }
    }
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

/* The steps of two epochs by hand: T is all steps of all epochs, t begins at 0 and does not begin again with
 * an epoch. */
static void train_by_hand(gm_engine *engine, gm_schedule schedule)
{
    for (size_t t = 0; t < EPOCHS * STEPS; t++) {
        const size_t first = t % STEPS * BATCH, count = ROWS - first < BATCH ? ROWS - first : BATCH;
        const double done = (double)t / (EPOCHS * STEPS), pi = 3.14159265358979323846;
        const double factor = schedule == GM_SCHEDULE_LINEAR   ? 1 - done
                              : schedule == GM_SCHEDULE_COSINE ? (1 + cos(pi * done)) / 2
                                                               : 1;
        gm_engine_set_rate(engine, 0.25 * factor);
        net_step(engine, gm_array_f32(x + 2 * first, count, 2), gm_array_f32(y + first, count, 1));
    }
}

static void train_by_loop(gm_engine *engine, gm_schedule schedule)
{
    gm_dataset *data;
    gm_error error;
    cr_assert_eq(gm_dataset_from_arrays(&data, gm_array_f32(x, ROWS, 2), gm_array_f32(y, ROWS, 1), 0, &error),
                 GM_OK, "%s", error.message);
    gm_train_options options = gm_train_options_default();
    options.epochs = EPOCHS;
    options.shuffle = false;
    options.schedule = schedule;
    cr_assert_eq(gm_train(engine, data, NULL, NULL, &options, NULL, &error), GM_OK, "%s", error.message);
    gm_dataset_destroy(data);
}

Test(schedule, the_loop_takes_the_rate_of_each_step)
{
    for (gm_schedule s = GM_SCHEDULE_CONSTANT; s < GM_SCHEDULE_COUNT; s++) {
        gm_engine *loop = make_engine(0.25), *hand = make_engine(0.25);
        train_by_loop(loop, s);
        train_by_hand(hand, s);
        cr_expect_eq(gm_engine_rate(loop), 0.25); /* the engine's own rate is back */
        const gm_network *a = gm_engine_network(loop), *b = gm_engine_network(hand);
        for (size_t i = 0; i < gm_network_parameter_count(a); i++)
            cr_expect_float_eq(gm_network_parameter(a, i), gm_network_parameter(b, i), 1e-13,
                               "%s, parameter %zu", gm_schedule_name(s), i);
        net_free(loop);
        net_free(hand);
    }
}

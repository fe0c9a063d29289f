/* Clipped steps beyond what PyTorch's fixture says: bounds, numbers that are not finite, and the training
 * loop. */
#include "nets.h"
#include "train/clip.h"

#include <string.h>

static const net_shape shape = {{3, 5, 2}, GM_TANH, GM_IDENTITY, GM_MEAN_SQUARES};

static const float batch_x[12] = {1, -2, 3, 0.5F, 1, -1, 2, 2, -2, 0, 1, 0.25F};
static const float batch_y[8] = {10, -10, 20, 0, -5, 5, 3, 30};

static gm_engine *make_engine(bool freeze_bias)
{
    gm_engine_options options = gm_engine_options_default();
    options.batch = 4;
    options.threads = 1;
    options.optimizer = gm_optimizer_default(GM_SGD);
    options.optimizer.rate = 1;
    options.optimizer.freeze_bias = freeze_bias;
    return net_engine(net_make(&shape, GM_F32, 1), &options);
}

/* The largest number, and the norm, of what a clipped step with a rate of 1 took off the parameters. */
static void expect_step(bool freeze_bias, double norm, double value)
{
    gm_engine *engine = make_engine(freeze_bias);
    gm_network *network = gm_engine_network(engine);
    const size_t count = gm_network_parameter_count(network);
    double before[64], squares = 0, largest = 0, loss;
    gm_clip clip;
    gm_error error;
    cr_assert(count <= 64);
    for (size_t i = 0; i < count; i++)
        before[i] = gm_network_parameter(network, i);
    cr_assert_eq(gm_clip_create(&clip, network, norm, value, &error), GM_OK);
    cr_assert(gm_clips(&clip));
    cr_assert_eq(
        gm_clip_step(&clip, engine, gm_array_f32(batch_x, 4, 3), gm_array_f32(batch_y, 4, 2), &loss, &error),
        GM_OK);
    for (size_t i = 0; i < count; i++) {
        const double step = before[i] - gm_network_parameter(network, i);
        squares += step * step;
        largest = fmax(largest, fabs(step));
    }
    if (norm > 0)
        cr_expect_float_eq(sqrt(squares), norm, 1e-4 * norm,
                           "the gradient is larger, so the norm is the bound");
    else
        cr_expect_float_eq(largest, value, 1e-4 * value);
    gm_clip_clear(&clip);
    net_free(engine);
}

Test(clip, a_step_is_as_long_as_the_bound)
{
    expect_step(false, 0.5, 0);
    expect_step(true, 0.5, 0);
    expect_step(false, 0, 0.25);
}

Test(clip, bounds_that_mean_nothing_are_refused)
{
    gm_engine *engine = make_engine(false);
    const double bad[] = {-1, NAN, INFINITY};
    gm_clip clip;
    gm_error error;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_expect_eq(gm_clip_create(&clip, gm_engine_network(engine), bad[i], 0, &error), GM_USAGE);
        cr_expect(strstr(error.message, "clip_norm is"), "%s", error.message);
        gm_clip_clear(&clip);
        cr_expect_eq(gm_clip_create(&clip, gm_engine_network(engine), 0, bad[i], &error), GM_USAGE);
        cr_expect(strstr(error.message, "clip_value is"), "%s", error.message);
        gm_clip_clear(&clip);
    }
    cr_expect_eq(gm_clip_create(&clip, gm_engine_network(engine), 0, 0, &error), GM_OK);
    cr_expect_not(gm_clips(&clip));
    cr_expect_null(clip.memory, "nothing is held without a bound");
    net_free(engine);
}

/* A bound must not hide that training has diverged. */
Test(clip, a_gradient_that_is_not_finite_is_applied)
{
    gm_engine *engine = make_engine(false);
    gm_network_set_parameter(gm_engine_network(engine), 0, NAN);
    gm_clip clip;
    gm_error error;
    double loss;
    cr_assert_eq(gm_clip_create(&clip, gm_engine_network(engine), 1, 1, &error), GM_OK);
    cr_assert_eq(
        gm_clip_step(&clip, engine, gm_array_f32(batch_x, 4, 3), gm_array_f32(batch_y, 4, 2), &loss, &error),
        GM_OK);
    const gm_layer last = gm_network_layer(gm_engine_network(engine), 1);
    cr_expect(isnan(gm_network_parameter(gm_engine_network(engine), last.weights)));
    gm_clip_clear(&clip);
    net_free(engine);
}

/* The loop: with bounds that are never met it takes the same steps as without them. */
Test(clip, the_training_loop_clips)
{
    gm_error error;
    gm_dataset *data;
    double after[3];
    cr_assert_eq(
        gm_dataset_from_arrays(&data, gm_array_f32(batch_x, 4, 3), gm_array_f32(batch_y, 4, 2), 0, &error),
        GM_OK);
    const double norms[3] = {0, 1e6, 0.01};
    for (size_t i = 0; i < 3; i++) {
        gm_engine *engine = make_engine(false);
        gm_engine_set_rate(engine, 0.01);
        gm_train_options options = gm_train_options_default();
        options.epochs = 3;
        options.clip_norm = norms[i];
        cr_assert_eq(gm_train(engine, data, NULL, NULL, &options, NULL, &error), GM_OK, "%s", error.message);
        after[i] = gm_network_parameter(gm_engine_network(engine), 1);
        net_free(engine);
    }
    cr_expect_float_eq(after[1], after[0], 1e-5);
    cr_expect(fabs(after[2] - after[0]) > 1e-3);
    gm_dataset_destroy(data);
}

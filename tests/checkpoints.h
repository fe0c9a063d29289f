/* What the tests of checkpoints share: small data, an engine, and a run that is stopped after some step. */
#ifndef GM_TESTS_CHECKPOINTS_H
#define GM_TESTS_CHECKPOINTS_H

#include "nets.h"
#include "scratch.h"

#include "train/checkpoint.h"

enum { ROWS = 37, IN = 3, BATCH = 8, STEPS = 5, EPOCHS = 4 };

static const net_shape shape = {{IN, 40, 2}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY};

static inline gm_dataset *make_data(uint64_t seed)
{
    float x[ROWS * IN];
    uint32_t classes[ROWS];
    gm_random random = gm_random_seed(seed, GM_STREAM_CHECK);
    for (size_t r = 0; r < ROWS; r++) {
        for (size_t c = 0; c < IN; c++)
            x[r * IN + c] = (float)gm_random_normal(&random);
        classes[r] = x[r * IN] + x[r * IN + 1] * x[r * IN + 2] > 0;
    }
    gm_dataset *data;
    gm_error error;
    cr_assert_eq(
        gm_dataset_from_arrays(&data, gm_array_f32(x, ROWS, IN), gm_array_labels(classes, ROWS), 2, &error),
        GM_OK, "%s", error.message);
    return data;
}

/* A recipe: what a run has besides the options that all runs of these tests have. May be NULL. */
typedef void recipe(gm_engine_options *engine, gm_train_options *train);

static inline gm_engine *make_engine(const net_setting *s, recipe *set, uint64_t seed)
{
    gm_engine_options options = net_setting_options(s, BATCH);
    gm_train_options unused = gm_train_options_default();
    if (set)
        set(&options, &unused);
    return net_engine(net_make(&shape, s->precision, seed), &options);
}

/* Stops a run after so many steps; 0: never. */
static inline gm_status on_step(void *context, const gm_progress *progress, bool *stop, gm_error *error)
{
    const size_t *after = context;
    (void)error;
    *stop = (progress->epoch - 1) * progress->steps + progress->step == *after;
    return GM_OK;
}

static inline gm_train_options make_options(recipe *set, size_t *stop_after)
{
    gm_train_options options = gm_train_options_default();
    gm_engine_options unused = gm_engine_options_default();
    options.epochs = EPOCHS;
    options.schedule = GM_SCHEDULE_COSINE;
    options.on_step = on_step;
    options.context = stop_after;
    if (set)
        set(&unused, &options);
    return options;
}

static inline gm_status run(gm_engine *engine, const gm_dataset *train, const gm_dataset *valid,
                            const gm_train_options *options, gm_train_result *result, gm_error *error)
{
    *result = gm_train_result_init();
    return gm_train(engine, train, valid, NULL, options, result, error);
}

static inline gm_checkpoint *load(const char *path)
{
    gm_checkpoint *checkpoint;
    gm_error error;
    cr_assert_eq(gm_checkpoint_load(&checkpoint, path, &error), GM_OK, "%s", error.message);
    return checkpoint;
}

#endif

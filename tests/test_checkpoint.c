/* Runs that go on from a checkpoint: one that is stopped anywhere and resumed ends with the same bits as one
 * that was not; what does not belong to the run is refused by name. */
#include "checkpoints.h"

#include <string.h>

TestSuite(checkpoint, .init = scratch_make, .fini = scratch_remove);

static void plateau(gm_engine_options *engine, gm_train_options *train)
{
    (void)engine;
    train->schedule = GM_SCHEDULE_PLATEAU;
    train->schedule_every = 1;
    train->schedule_factor = 0.5;
    train->warmup = 0.7;
    train->label_smoothing = 0.1;
}

static const double dropout = 0.3;

static void dropping(gm_engine_options *engine, gm_train_options *train)
{
    (void)train;
    engine->dropout = &dropout;
    engine->dropout_count = 1;
    engine->dropout_seed = 5;
}

static void averaging(gm_engine_options *engine, gm_train_options *train)
{
    (void)train;
    engine->average_decay = 0.8;
}

/* The five batches of an epoch are three steps, the last one of a single batch. */
static void accumulating(gm_engine_options *engine, gm_train_options *train)
{
    engine->accumulates = true;
    train->accumulate = 2;
}
enum { ACCUMULATED_STEPS = 3 };

static void all_features(gm_engine_options *engine, gm_train_options *train)
{
    plateau(engine, train);
    dropping(engine, train);
    averaging(engine, train);
    accumulating(engine, train);
    engine->clip_norm = 0.5;
    train->patience = EPOCHS;
}

static size_t differences(gm_engine *a, gm_engine *b)
{
    const gm_network *x = gm_engine_network(a), *y = gm_engine_network(b);
    size_t count = 0;
    for (size_t i = 0; i < gm_network_parameter_count(x); i++)
        count += gm_network_parameter(x, i) != gm_network_parameter(y, i);
    return count;
}

/* A whole run against one in two halves, the second on an engine with other weights and other threads.
 * Returns what a plateau had made of the rate. */
static double expect_resumed(const net_setting *s, recipe *set, size_t threads, size_t after)
{
    const scratch_text path = scratch_path("run.ckpt");
    gm_dataset *data = make_data(1), *valid = make_data(2);
    gm_engine *whole = make_engine(s, set, 1), *first = make_engine(s, set, 1);
    const net_setting other = {s->backend, s->optimizer, s->precision, threads};
    gm_engine *second = make_engine(&other, set, 99);
    size_t never = 0;
    gm_train_options options = make_options(set, &never), halves = make_options(set, &after);
    gm_train_result expected, result;
    gm_error error;
    cr_assert_eq(run(whole, data, valid, &options, &expected, &error), GM_OK, "%s", error.message);
    halves.checkpoint = path.text;
    cr_assert_eq(run(first, data, valid, &halves, &result, &error), GM_OK, "%s", error.message);
    cr_expect_eq(result.end, GM_END_STOPPED);
    gm_checkpoint *checkpoint = load(path.text);
    cr_expect_eq(gm_checkpoint_state(checkpoint)->taken, after);
    const double scale = gm_checkpoint_state(checkpoint)->plateau.scale;
    options.resume = checkpoint;
    cr_assert_eq(run(second, data, valid, &options, &result, &error), GM_OK, "%s", error.message);
    cr_expect_eq(result.end, GM_END_EPOCHS);
    cr_expect_eq(result.best_epoch, expected.best_epoch);
    cr_expect_eq(result.valid.loss, expected.valid.loss);
    cr_expect_eq(differences(whole, second), 0, "%s, %s, stopped after step %zu", s->backend,
                 gm_optimizer_name(s->optimizer), after);
    gm_checkpoint_destroy(checkpoint);
    gm_dataset_destroy(data);
    gm_dataset_destroy(valid);
    net_free(whole);
    net_free(first);
    net_free(second);
    return scale;
}

Test(checkpoint, a_run_goes_on_from_every_step)
{
    const net_setting adam = {"packed", GM_ADAM, GM_F32, 1};
    for (size_t after = 1; after < EPOCHS * STEPS; after++)
        expect_resumed(&adam, NULL, 1 + after % 3, after);
}

Test(checkpoint, a_plateau_and_a_warm_up_go_on)
{
    const net_setting rmsprop = {"packed", GM_RMSPROP, GM_F32, 1};
    double least = 1;
    for (size_t after = 1; after < EPOCHS * STEPS; after += 2)
        least = fmin(least, expect_resumed(&rmsprop, plateau, 1, after));
    cr_expect_lt(least, 1, "no run was stopped behind a reduction");
}

Test(checkpoint, dropout_averages_and_accumulated_batches_go_on)
{
    const net_setting adam = {"packed", GM_ADAM, GM_F32, 1};
    for (size_t after = 1; after < EPOCHS * STEPS; after += 3) {
        expect_resumed(&adam, dropping, 1 + after % 3, after);
        expect_resumed(&adam, averaging, 1 + after % 3, after);
    }
    for (size_t after = 1; after < EPOCHS * ACCUMULATED_STEPS; after++) {
        expect_resumed(&adam, accumulating, 1 + after % 3, after);
        expect_resumed(&adam, all_features, 1 + (after + 1) % 3, after);
    }
}

Test(checkpoint, all_features_go_on_with_every_optimizer_and_backend)
{
    for (int kind = 0; kind < GM_OPTIMIZER_COUNT; kind++) {
        const char *backend;
        for (size_t i = 0; (backend = gm_backend_name(i)); i++) {
            const net_setting s = {backend, (gm_optimizer_kind)kind, ((size_t)kind + i) % 2 ? GM_F64 : GM_F32,
                                   2};
            expect_resumed(&s, all_features, strcmp(backend, "packed") == 0 ? 1 : 2, 5);
        }
    }
}

Test(checkpoint, with_every_optimizer_backend_and_precision)
{
    for (int kind = 0; kind < GM_OPTIMIZER_COUNT; kind++) {
        const char *backend;
        for (size_t i = 0; (backend = gm_backend_name(i)); i++) {
            const net_setting s = {backend, (gm_optimizer_kind)kind, ((size_t)kind + i) % 2 ? GM_F64 : GM_F32,
                                   2};
            expect_resumed(&s, NULL, strcmp(backend, "packed") == 0 ? 1 : 2, 7);
            expect_resumed(&s, NULL, 2, 2 * STEPS);
        }
    }
}

/* What a checkpoint and a run differ in. */
struct change {
    const char *text; /* that the message has */
    net_shape shape;
    gm_optimizer_kind optimizer;
    size_t batch;
    uint64_t seed, data, valid;
    bool unshuffled;
    size_t epochs;
    recipe *set;
};

static void expect_refused(const gm_checkpoint *checkpoint, const struct change *change)
{
    gm_dataset *data = make_data(change->data), *valid = make_data(change->valid);
    size_t never = 0;
    gm_train_options options = make_options(change->set, &never);
    gm_engine_options engine = gm_engine_options_default();
    gm_train_options unused = gm_train_options_default();
    gm_train_result result;
    gm_error error;
    engine.batch = change->batch;
    engine.optimizer = gm_optimizer_default(change->optimizer);
    if (change->set)
        change->set(&engine, &unused);
    options.seed = change->seed;
    options.shuffle = !change->unshuffled;
    options.resume = checkpoint;
    options.epochs = change->epochs;
    gm_engine *changed = net_engine(net_make(&change->shape, GM_F32, 5), &engine);
    const double before = gm_network_parameter(gm_engine_network(changed), 0);
    const gm_status status = run(changed, data, valid, &options, &result, &error);
    cr_expect_eq(status, change->text ? GM_BAD_MODEL : GM_OK, "%s", error.message);
    if (change->text) {
        cr_expect_not_null(strstr(error.message, change->text), "%s", error.message);
        cr_expect_eq(gm_network_parameter(gm_engine_network(changed), 0), before, "nothing was changed");
    }
    net_free(changed);
    gm_dataset_destroy(data);
    gm_dataset_destroy(valid);
}

Test(checkpoint, of_another_run_is_refused_by_name)
{
    const scratch_text path = scratch_path("run.ckpt");
    const net_setting s = {"packed", GM_ADAM, GM_F32, 1};
    gm_dataset *data = make_data(1), *valid = make_data(2);
    gm_engine *engine = make_engine(&s, NULL, 1);
    size_t after = 7;
    gm_train_options options = make_options(NULL, &after);
    gm_train_result result;
    gm_error error;
    options.checkpoint = path.text;
    cr_assert_eq(run(engine, data, valid, &options, &result, &error), GM_OK, "%s", error.message);
    gm_checkpoint *checkpoint = load(path.text);
    const net_shape wider = {{IN, 41, 2}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY},
                    relu = {{IN, 40, 2}, GM_RELU, GM_SOFTMAX, GM_CROSS_ENTROPY};
    const struct change changes[] = {
        {NULL, shape, GM_ADAM, BATCH, 1, 1, 2, false, EPOCHS, NULL},
        {NULL, shape, GM_ADAM, BATCH, 1, 1, 2, false, EPOCHS + 3, NULL},
        {"of another network: 3,40,2 tanh,softmax cross-entropy f32; this one is 3,41,2 ", wider, GM_ADAM,
         BATCH, 1, 1, 2, false, EPOCHS, NULL},
        {"this one is 3,40,2 relu,softmax", relu, GM_ADAM, BATCH, 1, 1, 2, false, EPOCHS, NULL},
        {"of optimizer adam; this one is momentum", shape, GM_MOMENTUM, BATCH, 1, 1, 2, false, EPOCHS, NULL},
        {"batches of 8 rows; this one has 9", shape, GM_ADAM, BATCH + 1, 1, 1, 2, false, EPOCHS, NULL},
        {"of a run with seed 1; this one has 2", shape, GM_ADAM, BATCH, 2, 1, 2, false, EPOCHS, NULL},
        {"of a run on other data", shape, GM_ADAM, BATCH, 1, 3, 2, false, EPOCHS, NULL},
        {"of a run with another validation set", shape, GM_ADAM, BATCH, 1, 1, 3, false, EPOCHS, NULL},
        {"of a run with shuffled rows", shape, GM_ADAM, BATCH, 1, 1, 2, true, EPOCHS, NULL},
        {"in epoch 2; this run shall have only 1", shape, GM_ADAM, BATCH, 1, 1, 2, false, 1, NULL},
        {"of a run with accumulate 1; this one has 2", shape, GM_ADAM, BATCH, 1, 1, 2, false, EPOCHS,
         accumulating},
        {"of a run without averaged weights; this one is with", shape, GM_ADAM, BATCH, 1, 1, 2, false, EPOCHS,
         averaging},
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
        expect_refused(checkpoint, &changes[i]);
    gm_checkpoint_destroy(checkpoint);
    gm_dataset_destroy(data);
    gm_dataset_destroy(valid);
    net_free(engine);
}

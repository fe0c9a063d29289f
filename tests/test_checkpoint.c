/* Checkpoints: a run that is stopped anywhere and resumed ends with the same bits as one that was not; what
 * does not belong to the run is refused by name; damage is found. */
#include "nets.h"
#include "scratch.h"

#include "model/checksum.h"
#include "model/safetensors.h"
#include "train/checkpoint.h"

#include <string.h>
#include <sys/stat.h>

TestSuite(checkpoint, .init = scratch_make, .fini = scratch_remove);

enum { ROWS = 37, IN = 3, BATCH = 8, STEPS = 5, EPOCHS = 4 };

static const net_shape shape = {{IN, 40, 2}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY};

static gm_dataset *make_data(uint64_t seed)
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

/* A recipe: what a run has besides the options that all runs of this file have. May be NULL. */
typedef void recipe(gm_engine_options *engine, gm_train_options *train);

static gm_engine *make_engine(const net_setting *s, recipe *set, uint64_t seed)
{
    gm_engine_options options = net_setting_options(s, BATCH);
    gm_train_options unused = gm_train_options_default();
    if (set)
        set(&options, &unused);
    return net_engine(net_make(&shape, s->precision, seed), &options);
}

/* Stops a run after so many steps; 0: never. */
static gm_status on_step(void *context, const gm_progress *progress, bool *stop, gm_error *error)
{
    const size_t *after = context;
    (void)error;
    *stop = (progress->epoch - 1) * progress->steps + progress->step == *after;
    return GM_OK;
}

static gm_train_options make_options(recipe *set, size_t *stop_after)
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

static gm_status run(gm_engine *engine, const gm_dataset *train, const gm_dataset *valid,
                     const gm_train_options *options, gm_train_result *result, gm_error *error)
{
    *result = gm_train_result_init();
    return gm_train(engine, train, valid, NULL, options, result, error);
}

static gm_checkpoint *load(const char *path)
{
    gm_checkpoint *checkpoint;
    gm_error error;
    cr_assert_eq(gm_checkpoint_load(&checkpoint, path, &error), GM_OK, "%s", error.message);
    return checkpoint;
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

static void write_run(const char *path, const char *text)
{
    const net_setting s = {"packed", GM_MOMENTUM, GM_F32, 1};
    gm_dataset *data = make_data(1);
    gm_engine *engine = make_engine(&s, NULL, 1);
    size_t after = 7;
    gm_train_options options = make_options(NULL, &after);
    gm_train_result result;
    gm_error error;
    options.checkpoint = path;
    options.checkpoint_text = text;
    cr_assert_eq(run(engine, data, NULL, &options, &result, &error), GM_OK, "%s", error.message);
    net_free(engine);
    gm_dataset_destroy(data);
}

Test(checkpoint, tells_what_is_needed_to_go_on)
{
    const scratch_text path = scratch_path("run.ckpt");
    write_run(path.text, "rate = 0.1\nname = \"\xc3\xa4\"\n");
    gm_checkpoint *checkpoint = load(path.text);
    gm_checkpoint_info info = gm_checkpoint_info_init();
    gm_error error;
    cr_assert_eq(gm_checkpoint_get_info(checkpoint, &info, &error), GM_OK, "%s", error.message);
    cr_expect(info.epoch == 1 && info.step == 2 && info.epochs == EPOCHS && info.threads == 1);
    cr_expect_eq(info.batch, BATCH);
    cr_expect_str_eq(info.backend, "packed");
    cr_expect_str_not_empty(info.kernels);
    cr_expect_str_eq(info.version, gm_version());
    cr_expect_str_eq(info.text, "rate = 0.1\nname = \"\xc3\xa4\"\n");
    info.size = 3;
    cr_expect_eq(gm_checkpoint_get_info(checkpoint, &info, &error), GM_USAGE);
    gm_checkpoint_destroy(checkpoint);
    gm_checkpoint_destroy(NULL);
}

/* Each byte that is changed, and each length that is cut off, is found. */
Test(checkpoint, damage_is_found)
{
    const scratch_text path = scratch_path("run.ckpt"), damaged = scratch_path("damaged.ckpt");
    write_run(path.text, NULL);
    FILE *file = fopen(path.text, "rb");
    static char bytes[65536];
    const size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    cr_assert(size > 1000 && size < sizeof bytes);
    for (size_t i = 0; i < 2 * size; i += 7) {
        const bool cut = i >= size;
        const size_t at = cut ? i - size : i;
        const char whole = bytes[at];
        file = fopen(damaged.text, "wb");
        if (!cut)
            bytes[at] = (char)(whole ^ 1 << i % 8);
        fwrite(bytes, 1, cut ? at : size, file);
        bytes[at] = whole;
        fclose(file);
        gm_checkpoint *checkpoint;
        gm_error error;
        cr_expect_eq(gm_checkpoint_load(&checkpoint, damaged.text, &error), GM_BAD_MODEL, "%s %zu",
                     cut ? "cut at" : "bit of byte", at);
        cr_expect_null(checkpoint);
    }
}

/* Writes a copy of a checkpoint with a change in its header and with the checksum that fits: at the first
 * `old` behind `at`, which is moved behind it, stands `new`. Returns whether there was one. */
static bool write_changed(const char *from, const char *to, size_t *at, const char *old, const char *new)
{
    size_t size, length;
    char *bytes = scratch_read(from, &size), *header = bytes + GM_HEADER_PREFIX;
    memcpy(&length, bytes, sizeof length);
    const char *data = header + length;
    const size_t data_size = size - GM_HEADER_PREFIX - length;
    while (header[length - 1] == ' ')
        length--;
    const char *place = memmem(header + *at, length - *at, old, strlen(old));
    if (place) {
        const size_t before = (size_t)(place - header), behind = before + strlen(old);
        const size_t changed = (length + strlen(new) - strlen(old) + 7) / 8 * 8;
        const size_t head = GM_HEADER_PREFIX + changed;
        char *all = malloc(head + data_size);
        memcpy(all, &changed, sizeof changed);
        memset(all + GM_HEADER_PREFIX, ' ', changed);
        memcpy(all + GM_HEADER_PREFIX, header, before);
        memcpy(all + GM_HEADER_PREFIX + before, new, strlen(new));
        memcpy(all + GM_HEADER_PREFIX + before + strlen(new), header + behind, length - behind);
        memcpy(all + head, data, data_size);
        gm_checksum_seal(all, head, data, data_size);
        scratch_write(to, all, head + data_size);
        free(all);
        *at = behind;
    }
    free(bytes);
    return place != NULL;
}

/* Loads a checkpoint and goes on from it. */
static gm_status go_on(const char *path, const net_shape *other, gm_error *error)
{
    gm_checkpoint *checkpoint;
    size_t never = 0;
    gm_train_options options = make_options(NULL, &never);
    gm_engine_options engine_options = gm_engine_options_default();
    gm_train_result result;
    gm_status status = gm_checkpoint_load(&checkpoint, path, error);
    if (status != GM_OK)
        return status;
    engine_options.batch = BATCH;
    engine_options.optimizer = gm_optimizer_default(GM_MOMENTUM);
    gm_dataset *data = make_data(1);
    gm_engine *engine = net_engine(net_make(other, GM_F32, 1), &engine_options);
    options.resume = checkpoint;
    status = run(engine, data, NULL, &options, &result, error);
    gm_checkpoint_destroy(checkpoint);
    net_free(engine);
    gm_dataset_destroy(data);
    return status;
}

/* A header of somebody else's making. The run has stopped in epoch 2 after 2 steps. */
Test(checkpoint, what_the_header_says_is_checked)
{
    static const net_shape wider = {{IN, 41, 2}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY};
    static const struct {
        const char *old, *new, *says; /* NULL: it goes on */
        const net_shape *shape;
    } changes[] = {
        {"\"gradmill.", "\"gradmill.", NULL, &shape},
        {"[242]", "[2,121]", "does not fit the network; expected 242 numbers F32", &shape},
        {"[242]", "[242,1]", "does not fit the network; expected 242 numbers F32", &shape},
        {"\"F32\"", "\"I32\"", "does not fit the network; expected 242 numbers F32", &shape},
        {"3,40,2", "3,41,2", "does not fit the network; expected 248 numbers F32", &wider},
        {"\"" GM_BLOCK_WEIGHTS "\":", "\"other\":", "tensor \"" GM_BLOCK_WEIGHTS "\" is missing", &shape},
        {"\"optimizer.0\":", "\"optimizer.1\":", "tensor \"optimizer.0\" is missing", &shape},
        {"checkpoint\":\"1\"", "checkpoint\":\"0\"", "expected the number of a format", &shape},
        {"checkpoint\":\"1\"", "checkpoint\":\"one\"", "expected the number of a format", &shape},
        {"checkpoint\":\"1\"", "checkpoint\":\"2\"", "format 2, of gradmill " GM_VERSION_STRING, &shape},
        {"rows\":\"37\"", "rows\":\"38\"", "of a run on 38 rows; these data have 37", &shape},
        {"epoch_rows\":\"16\"", "epoch_rows\":\"37\"", "37 rows of an epoch in 2 steps, cannot be", &shape},
        {"epoch_rows\":\"16\"", "epoch_rows\":\"36\"", NULL, &shape},
        {"epoch_rows\":\"16\"", "epoch_rows\":\"0\"", "0 rows of an epoch in 2 steps, cannot be", &shape},
        {".step\":\"2\"", ".step\":\"0\"", "16 rows of an epoch in 0 steps, cannot be", &shape},
        {".loss_sum\":\"", ".loss_sum\":\"7ff0000000000000\",\"was\":\"", "cannot be", &shape},
        {".loss_sum\":\"", ".loss_sum\":\"3", "gradmill.state.loss_sum is missing or wrong", &shape},
        {".loss_sum\":\"", ".loss_sum\":\"3FF0000000000000\",\"was\":\"", "is missing or wrong", &shape},
        {".loss_sum\":\"", ".loss_sum\":\"3ff000000000000\",\"was\":\"", "is missing or wrong", &shape},
        {".taken\":\"7\"", ".taken\":\"seven\"", "gradmill.state.taken is missing or wrong", &shape},
        {".epoch\":\"1\"", ".epoch\":\"4\"", "in epoch 5; this run shall have only 4", &shape},
        {".epoch\":\"1\"", ".epoch\":\"3\"", NULL, &shape},
    };
    const scratch_text path = scratch_path("run.ckpt"), changed = scratch_path("changed.ckpt");
    write_run(path.text, NULL);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        size_t at = 0;
        gm_error error = {0};
        cr_assert(write_changed(path.text, changed.text, &at, changes[i].old, changes[i].new), "%s",
                  changes[i].old);
        const gm_status status = go_on(changed.text, changes[i].shape, &error);
        cr_expect_eq(status, changes[i].says ? GM_BAD_MODEL : GM_OK, "%s: %s", changes[i].new, error.message);
        cr_expect(!changes[i].says || strstr(error.message, changes[i].says), "%s: %s", changes[i].new,
                  error.message);
    }
}

/* All that is stored is needed. */
Test(checkpoint, each_missing_text_is_told_by_name)
{
    const scratch_text path = scratch_path("run.ckpt"), changed = scratch_path("changed.ckpt");
    size_t at = sizeof GM_CHECKSUM_OPENING,
           count = 0; /* the checksum itself and the format have other messages */
    write_run(path.text, NULL);
    cr_assert(write_changed(path.text, changed.text, &at, "checkpoint", "checkpoint"));
    for (; write_changed(path.text, changed.text, &at, "\"gradmill.", "\"another."); count++) {
        gm_error error = {0};
        size_t size;
        char *bytes = scratch_read(path.text, &size), name[80];
        snprintf(name, sizeof name, "gradmill.%.*s is missing or wrong",
                 (int)strcspn(bytes + GM_HEADER_PREFIX + at, "\""), bytes + GM_HEADER_PREFIX + at);
        cr_expect_eq(go_on(changed.text, &shape, &error), GM_BAD_MODEL, "without %s", name);
        cr_expect(strstr(error.message, name), "%s: %s", name, error.message);
        free(bytes);
    }
    cr_expect_gt(count, 25);
}

Test(checkpoint, models_and_checkpoints_are_not_mixed_up)
{
    const scratch_text path = scratch_path("run.ckpt"), model_path = scratch_path("model.safetensors");
    gm_model model = {.network = net_make(&shape, GM_F32, 1)}, loaded;
    gm_checkpoint *checkpoint;
    gm_error error;
    write_run(path.text, NULL);
    cr_assert_eq(gm_model_save(model_path.text, &model, &error), GM_OK, "%s", error.message);
    cr_expect_eq(gm_model_save(path.text, &model, &error), GM_USAGE);
    cr_expect_not_null(strstr(error.message, "is a checkpoint of a training run; only a model"), "%s",
                       error.message);
    cr_expect_eq(gm_model_load(&loaded, path.text, &error), GM_BAD_MODEL);
    cr_expect_not_null(strstr(error.message, "a checkpoint of a training run, not a model"), "%s",
                       error.message);
    cr_expect_eq(gm_checkpoint_load(&checkpoint, model_path.text, &error), GM_BAD_MODEL);
    cr_expect_not_null(strstr(error.message, "not a checkpoint of gradmill"), "%s", error.message);
    const net_setting s = {"packed", GM_SGD, GM_F32, 1};
    gm_dataset *data = make_data(1);
    gm_engine *engine = make_engine(&s, NULL, 1);
    size_t never = 0;
    gm_train_options options = make_options(NULL, &never);
    gm_train_result result;
    options.checkpoint = model_path.text;
    cr_expect_eq(run(engine, data, NULL, &options, &result, &error), GM_USAGE);
    cr_expect_not_null(strstr(error.message, "only a checkpoint or an empty file"), "%s", error.message);
    net_free(engine);
    gm_dataset_destroy(data);
    gm_model_clear(&model);
}

/* A second run on the same file is refused while the first one goes on. */
static gm_status second_run(void *context, const gm_epoch *epoch, bool *stop, gm_error *error)
{
    const gm_train_options *options = context;
    (void)epoch, (void)error;
    const net_setting s = {"packed", GM_SGD, GM_F32, 1};
    gm_dataset *data = make_data(1);
    gm_engine *engine = make_engine(&s, NULL, 1);
    gm_train_options own = *options;
    own.on_epoch = NULL;
    gm_train_result result;
    gm_error reason;
    cr_expect_eq(run(engine, data, NULL, &own, &result, &reason), GM_IO);
    cr_expect_not_null(strstr(reason.message, "is writing this file"), "%s", reason.message);
    net_free(engine);
    gm_dataset_destroy(data);
    *stop = true;
    return GM_OK;
}

Test(checkpoint, two_runs_do_not_share_a_file)
{
    const scratch_text path = scratch_path("run.ckpt");
    const net_setting s = {"packed", GM_SGD, GM_F32, 1};
    gm_dataset *data = make_data(1);
    gm_engine *engine = make_engine(&s, NULL, 1);
    gm_train_options options = gm_train_options_default();
    gm_train_result result;
    gm_error error;
    options.checkpoint = path.text;
    options.on_epoch = second_run;
    options.context = &options;
    cr_expect_eq(run(engine, data, NULL, &options, &result, &error), GM_OK, "%s", error.message);
    net_free(engine);
    gm_dataset_destroy(data);
}

/* The log of a resumed run has each epoch once. */
Test(checkpoint, a_log_continues)
{
    const scratch_text path = scratch_path("run.ckpt"), log = scratch_path("log.csv");
    const net_setting s = {"packed", GM_SGD, GM_F32, 1};
    gm_dataset *data = make_data(1);
    gm_engine *engine = make_engine(&s, NULL, 1);
    size_t after = 7;
    gm_train_options options = make_options(NULL, &after);
    gm_train_result result;
    gm_error error;
    options.checkpoint = path.text;
    options.log = log.text;
    cr_assert_eq(run(engine, data, NULL, &options, &result, &error), GM_OK, "%s", error.message);
    gm_checkpoint *checkpoint = load(path.text);
    after = 0;
    options.resume = checkpoint;
    cr_assert_eq(run(engine, data, NULL, &options, &result, &error), GM_OK, "%s", error.message);
    char line[1024];
    size_t lines = 0;
    FILE *file = fopen(log.text, "r");
    for (; fgets(line, sizeof line, file); lines++)
        cr_expect(lines == 0 ? strncmp(line, "epoch,", 6) == 0 : strtoul(line, NULL, 10) == lines, "%s",
                  line);
    fclose(file);
    cr_expect_eq(lines, 1 + EPOCHS);
    gm_checkpoint_destroy(checkpoint);
    net_free(engine);
    gm_dataset_destroy(data);
}

/* A run that ended because of its patience ends at once if it is resumed with the same one. */
Test(checkpoint, patience_is_remembered)
{
    const scratch_text path = scratch_path("run.ckpt");
    const net_setting s = {"packed", GM_ADAM, GM_F32, 1};
    gm_dataset *data = make_data(1), *valid = make_data(2);
    gm_engine *engine = make_engine(&s, NULL, 1);
    size_t never = 0;
    gm_train_options options = make_options(NULL, &never);
    gm_train_result result, again;
    gm_error error;
    options.epochs = 10000;
    options.schedule = GM_SCHEDULE_CONSTANT;
    options.patience = 4;
    options.checkpoint = path.text;
    cr_assert_eq(run(engine, data, valid, &options, &result, &error), GM_OK, "%s", error.message);
    cr_assert_eq(result.end, GM_END_PATIENCE);
    gm_checkpoint *checkpoint = load(path.text);
    options.resume = checkpoint;
    cr_assert_eq(run(engine, data, valid, &options, &again, &error), GM_OK, "%s", error.message);
    cr_expect(again.end == GM_END_PATIENCE && again.epochs == result.epochs, "went on to epoch %zu of %zu",
              again.epochs, result.epochs);
    options.patience = 5;
    cr_assert_eq(run(engine, data, valid, &options, &again, &error), GM_OK, "%s", error.message);
    cr_expect_gt(again.epochs, result.epochs, "more patience goes on");
    gm_checkpoint_destroy(checkpoint);
    gm_dataset_destroy(data);
    gm_dataset_destroy(valid);
    net_free(engine);
}

/* How often the file has been another one. */
struct writes {
    const char *path;
    ino_t inode;
    size_t count;
};

static gm_status count_write(struct writes *writes)
{
    struct stat about;
    const ino_t now = stat(writes->path, &about) == 0 ? about.st_ino : 0;
    writes->count += now != writes->inode;
    writes->inode = now;
    return GM_OK;
}

static gm_status count_after_epoch(void *context, const gm_epoch *epoch, bool *stop, gm_error *error)
{
    (void)epoch, (void)stop, (void)error;
    return count_write(context);
}

/* Steps of a millisecond, so that the epoch lasts for as long as fifty times what a checkpoint takes. */
static gm_status count_after_step(void *context, const gm_progress *progress, bool *stop, gm_error *error)
{
    struct writes *writes = context;
    (void)progress, (void)error;
    usleep(1000);
    count_write(writes);
    *stop = writes->count == 2;
    return GM_OK;
}

/* The first one waits for the end of its epoch, or until checkpoint_seconds are over. */
static gm_status expect_none_in_first_epoch(void *context, const gm_progress *progress, bool *stop,
                                            gm_error *error)
{
    struct writes *writes = context;
    (void)stop, (void)error;
    if (progress->epoch == 1)
        count_write(writes);
    cr_expect(progress->epoch > 1 || writes->count == 0, "written before step %zu", progress->step);
    return GM_OK;
}

/* Epochs of microseconds: a checkpoint after each would take nearly all of the time. */
Test(checkpoint, is_not_written_after_every_short_epoch)
{
    const scratch_text path = scratch_path("run.ckpt");
    const net_setting s = {"packed", GM_SGD, GM_F32, 1};
    struct writes writes = {.path = path.text};
    gm_dataset *data = make_data(1);
    gm_engine *engine = make_engine(&s, NULL, 1);
    gm_train_options options = gm_train_options_default();
    gm_train_result result;
    gm_error error;
    options.epochs = 200;
    options.checkpoint = path.text;
    options.on_step = expect_none_in_first_epoch;
    options.on_epoch = count_after_epoch;
    options.context = &writes;
    cr_assert_eq(run(engine, data, NULL, &options, &result, &error), GM_OK, "%s", error.message);
    cr_expect(writes.count >= 1 && writes.count < 100, "%zu of 200 epochs", writes.count);
    gm_checkpoint *checkpoint = load(path.text);
    cr_expect_eq(gm_checkpoint_state(checkpoint)->epoch, 200, "the last one is written in any case");
    gm_checkpoint_destroy(checkpoint);
    net_free(engine);
    gm_dataset_destroy(data);
}

/* In the middle of a long epoch, every checkpoint_seconds. */
Test(checkpoint, is_written_in_the_middle_of_an_epoch)
{
    enum { MANY = 200000 };
    const scratch_text path = scratch_path("run.ckpt");
    const net_setting s = {"packed", GM_SGD, GM_F32, 1};
    struct writes writes = {.path = path.text};
    float *x = calloc(MANY * IN, sizeof *x);
    uint32_t *y = calloc(MANY, sizeof *y);
    gm_dataset *data;
    gm_error error;
    cr_assert_eq(
        gm_dataset_from_arrays(&data, gm_array_f32(x, MANY, IN), gm_array_labels(y, MANY), 2, &error), GM_OK);
    gm_engine *engine = make_engine(&s, NULL, 1);
    gm_train_options options = gm_train_options_default();
    gm_train_result result;
    options.checkpoint = path.text;
    options.checkpoint_seconds = 1e-6;
    options.on_step = count_after_step;
    options.context = &writes;
    cr_assert_eq(run(engine, data, NULL, &options, &result, &error), GM_OK, "%s", error.message);
    cr_expect(writes.count == 2 && result.epochs == 1, "%zu checkpoints", writes.count);
    options.checkpoint_seconds = -1;
    cr_expect_eq(run(engine, data, NULL, &options, &result, &error), GM_USAGE);
    net_free(engine);
    gm_dataset_destroy(data);
    free(x);
    free(y);
}

/* The file of a checkpoint: what it tells, that damage is found, and that each number in its header is
 * checked. */
#include "checkpoints.h"

#include "model/checksum.h"
#include "model/safetensors.h"

#include <string.h>
#include <sys/stat.h>

TestSuite(checkpoint_file, .init = scratch_make, .fini = scratch_remove);

/* Trains for 7 steps, and stops with a checkpoint. */
static gm_status try_run(const char *path, const char *text, gm_error *error)
{
    const net_setting s = {"packed", GM_MOMENTUM, GM_F32, 1};
    gm_dataset *data = make_data(1);
    gm_engine *engine = make_engine(&s, NULL, 1);
    size_t after = 7;
    gm_train_options options = make_options(NULL, &after);
    gm_train_result result;
    options.checkpoint = path;
    options.checkpoint_text = text;
    const gm_status status = run(engine, data, NULL, &options, &result, error);
    net_free(engine);
    gm_dataset_destroy(data);
    return status;
}

static void write_run(const char *path, const char *text)
{
    gm_error error;
    cr_assert_eq(try_run(path, text, &error), GM_OK, "%s", error.message);
}

Test(checkpoint_file, tells_what_is_needed_to_go_on)
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
Test(checkpoint_file, damage_is_found)
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

/* Copies a checkpoint with one change in its header, and with a checksum that fits: the first `old` after
 * position *at of the header becomes `new`, and *at moves behind that `old`. Returns whether it was found. */
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

/* A header may be wrong and have a checksum that fits all the same, if another program wrote it. In the one
 * that is changed here, the run stopped in epoch 2 after 2 steps. */
Test(checkpoint_file, what_the_header_says_is_checked)
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

/* A checkpoint without any one of its texts is refused. The checksum and the name of the format, which come
 * first, have messages of their own, and are not among these. */
Test(checkpoint_file, each_missing_text_is_told_by_name)
{
    const scratch_text path = scratch_path("run.ckpt"), changed = scratch_path("changed.ckpt");
    size_t at = sizeof GM_CHECKSUM_OPENING, count = 0;
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

Test(checkpoint_file, models_and_checkpoints_are_not_mixed_up)
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
    cr_expect_eq(try_run(model_path.text, NULL, &error), GM_USAGE);
    cr_expect_not_null(strstr(error.message, "only a checkpoint or an empty file"), "%s", error.message);
    gm_model_clear(&model);
}

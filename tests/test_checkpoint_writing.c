/* When checkpoints are written, and what goes on with them: one run for each file, the log, patience. */
#include "checkpoints.h"

#include <string.h>
#include <sys/stat.h>

TestSuite(checkpoint_writing, .init = scratch_make, .fini = scratch_remove);

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

Test(checkpoint_writing, two_runs_do_not_share_a_file)
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
Test(checkpoint_writing, a_log_continues)
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
Test(checkpoint_writing, patience_is_remembered)
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

/* How often a checkpoint was written: each time, a new file takes the place of the old one. */
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

/* The first checkpoint is written at the end of an epoch, or when checkpoint_seconds are over. */
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
Test(checkpoint_writing, is_not_written_after_every_short_epoch)
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
Test(checkpoint_writing, is_written_in_the_middle_of_an_epoch)
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

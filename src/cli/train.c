/* gradmill train: loads data, trains a network on it, and saves the model. */
#include "base/error.h"
#include "base/memory.h"
#include "bench/measure/environment.h"
#include "cli/arguments.h"
#include "cli/class_weights.h"
#include "cli/files.h"
#include "cli/load.h"
#include "cli/find_rate.h"
#include "cli/interrupt.h"
#include "cli/needless.h"
#include "cli/remarks.h"
#include "cli/resume.h"
#include "cli/saver.h"
#include "cli/model_page.h"
#include "cli/train_config.h"
#include "cli/train_page.h"
#include "cli/train_report.h"
#include "cli/train_setup.h"
#include "train/best.h"
#include "train/log.h"

#include <string.h>

struct run {
    cli_train_options options;
    cli_train_setup setup;
    cli_train_report report;
    cli_train_page page;
    cli_saver saver;
    cli_best_epoch best;
    gm_epoch last;
    gm_train_result result;
    gm_post_mortem post_mortem;
    char *config;                    /* the options in effect, as text */
    const gm_checkpoint *checkpoint; /* to go on from; NULL: the run begins */
};

static gm_status on_step(void *context, const gm_progress *progress, bool *stop, gm_error *error)
{
    struct run *run = context;
    (void)error;
    cli_train_report_step(&run->report, progress);
    *stop = cli_interrupted();
    return GM_OK;
}

/* Called after each epoch: prints it, and offers the network that would be kept now to be saved. */
static gm_status on_epoch(void *context, const gm_epoch *epoch, bool *stop, gm_error *error)
{
    struct run *run = context;
    cli_train_report_epoch(&run->report, epoch);
    cli_best_epoch_see(&run->best, epoch);
    run->last = *epoch;
    *stop = cli_interrupted();
    const gm_status status = cli_train_page_epoch(&run->page, epoch, error);
    if (status != GM_OK)
        return status;
    return cli_saver_offer(&run->saver, epoch->best_network, epoch->best || !epoch->best_network, error);
}

/* What is to be said of the epoch that was kept. */
static gm_status judge(const struct run *run, const gm_dataset *valid, gm_error *error)
{
    if (!run->last.has_valid)
        return GM_OK;
    const gm_metrics *kept = &run->result.valid;
    const char *which = run->result.best_epoch > 0 ? "the validation of the epoch that is kept"
                                                   : "the validation of the last epoch";
    const gm_status status = cli_check_metrics(kept, gm_dataset_has_labels(valid), which, error);
    if (status != GM_OK)
        return status;
    cli_note_baseline(kept, valid, "the validation rows");
    if (run->options.train.keep == GM_KEEP_LAST)
        cli_note_best_epoch(&run->best, &run->last);
    return GM_OK;
}

/* Which epoch is kept, now that it is known whether there is a validation set; options that need one are
 * refused without it. */
static gm_status settle_keep(struct run *run, const gm_dataset *valid, gm_error *error)
{
    static const char *const needing[] = {"monitor", "patience"};
    if (!valid && run->options.train.keep == GM_KEEP_BEST)
        return gm_fail(error, GM_USAGE,
                       "--keep best needs a validation set; give --valid, or a --valid-share above 0");
    if (run->options.train.keep == GM_KEEP_AUTO)
        run->options.train.keep = valid ? GM_KEEP_BEST : GM_KEEP_LAST;
    if (!valid) {
        const gm_status status = cli_refuse_given(needing, 2, "without a validation set", error);
        run->options.train.patience = 0;
        return status;
    }
    return gm_best_monitor(&run->options.train.monitor, gm_dataset_has_labels(valid), error);
}

/* The options of the library, with the callbacks of the command. */
static gm_train_options training(struct run *run)
{
    gm_train_options train = run->options.train;
    train.seed = run->options.network.seed;
    train.on_step = on_step;
    train.on_epoch = on_epoch;
    train.context = run;
    train.log_options = run->config;
    train.checkpoint_text = run->config;
    train.resume = run->checkpoint;
    train.layer_figures = run->options.report != NULL;
    train.post_mortem = &run->post_mortem;
    return train;
}

/* After a training that diverged: what is left of it. */
static void note_kept(const struct run *run)
{
    const size_t kept = run->result.kept_epoch;
    if (kept == 0)
        cli_note("it diverged before an epoch was finished: there is no model to keep");
    else if (run->options.save)
        cli_note("%s has the weights of epoch %zu, from before it diverged", run->options.save, kept);
    else
        cli_note("epoch %zu was good; with --save FILE its weights are kept", kept);
}

/* Ends the report. After a failure that is not GM_DIVERGED there is none; after that one the epochs before it
 * are worth having. */
static gm_status report(struct run *run, gm_status status, gm_error *error)
{
    const cli_train_end end = {
        .saved = run->saver.saved ? run->options.save : NULL,
        .result = &run->result,
        .monitor = run->options.train.monitor,
        .has_valid = run->result.valid.rows > 0,
        .options = run->config,
        .post_mortem = &run->post_mortem,
        .data = run->setup.all,
    };
    const char *data = run->options.data.data;
    if (status == GM_OK) {
        status = cli_train_report_close(&run->report, &end, error);
        return status == GM_OK ? cli_train_page_write(&run->page, data, &end, NULL, error) : status;
    }
    if (status == GM_DIVERGED) {
        (void)cli_train_report_close(&run->report, &end, NULL);
        (void)cli_train_page_write(&run->page, data, &end, error->message, NULL);
        note_kept(run);
    } else {
        cli_train_report_drop(&run->report);
    }
    return status;
}

/* The command is quoted, so that it can be pasted. */
static void note_resume(const char *checkpoint)
{
    char command[GM_COMMAND_SIZE];
    gm_environment_command(command, 4, (char *[]){"gradmill", "train", "--resume", (char *)checkpoint});
    cli_note("interrupted; go on with: %s", command);
}

static gm_status train(struct run *run, gm_error *error)
{
    const gm_dataset *valid =
        run->setup.valid && gm_dataset_rows(run->setup.valid) > 0 ? run->setup.valid : NULL;
    gm_status status = settle_keep(run, valid, error);
    if (status != GM_OK)
        return status;
    run->config = cli_train_config(&run->options, &run->setup);
    if (!run->config)
        return gm_fail_memory(error, "the text of the options", 0);
    status = cli_train_page_open(&run->page, run->options.report, &run->setup, error);
    if (status != GM_OK)
        return status;
    const gm_train_options options = training(run);
    run->saver = cli_saver_of(run->options.save, &run->setup.model);
    run->result = gm_train_result_init();
    if (!run->options.quiet)
        cli_warn_of_setup(strcmp(gm_engine_backend(run->setup.engine), "blas") == 0);
    if (run->checkpoint)
        status = cli_resume_note(run->checkpoint, run->setup.engine, &run->options, error);
    if (status != GM_OK)
        return status;
    cli_interrupt_watch();
    cli_train_report_open(&run->report, gm_dataset_has_labels(run->setup.all));
    status = gm_train(run->setup.engine, run->setup.train, valid, run->setup.model.scaling, &options,
                      &run->result, error);
    if (status == GM_OK || (status == GM_DIVERGED && run->result.kept_epoch > 0)) {
        const gm_status saved = cli_saver_finish(&run->saver, status == GM_OK ? error : NULL);
        status = status == GM_OK ? saved : status;
    }
    cli_interrupt_unwatch();
    status = report(run, status, error);
    if (status == GM_OK && run->result.end == GM_END_STOPPED && run->options.train.checkpoint)
        note_resume(run->options.train.checkpoint);
    return status == GM_OK ? judge(run, valid, error) : status;
}

/* Checks and reserves the output files, before any work (files.h). */
static gm_status claim_files(const cli_train_options *o, gm_error *error)
{
    const bool same = o->resume && o->train.checkpoint && strcmp(o->resume, o->train.checkpoint) == 0;
    const cli_output outputs[] = {{"--save", o->save, &gm_kind_model, false},
                                  {"--log", o->train.log, &gm_kind_log, false},
                                  {"--checkpoint", o->train.checkpoint, &gm_kind_checkpoint, true},
                                  {"--report", o->report, &gm_kind_model_page, false}};
    const cli_input inputs[] = {cli_data_input(&o->data),
                                {.option = "--labels", .path = o->data.read.labels},
                                {.option = "--valid", .path = o->valid},
                                {.option = "--valid-labels", .path = o->valid_labels},
                                {.option = "--class-weight", .path = cli_class_weight_file(o->class_weight)},
                                {.option = "--init-from", .path = o->init_from},
                                {.option = "--resume", .path = same ? NULL : o->resume},
                                {.option = "--config", .path = cli_given_value("config")}};
    return cli_files_claim(outputs, sizeof outputs / sizeof *outputs, inputs, sizeof inputs / sizeof *inputs,
                           error);
}

static gm_status run_all(struct run *run, gm_error *error)
{
    gm_status status = cli_train_options_check(&run->options, error);
    if (status == GM_OK)
        status = claim_files(&run->options, error);
    if (status == GM_OK)
        status = cli_train_setup_open(&run->setup, &run->options, error);
    if (status == GM_OK && run->options.find_rate)
        return cli_find_rate(&run->setup, &run->options, error);
    return status == GM_OK ? train(run, error) : status;
}

int cli_train(int argc, char **argv)
{
    struct run run = {.options = cli_train_defaults()};
    cli_model_page_command(argc, argv);
    cli_parse(&cli_train_argp, argc, argv, &run.options);
    run.checkpoint = cli_resume_checkpoint();
    run.report.json = run.options.json;
    run.report.quiet = run.options.quiet;
    run.report.may_end_early = run.options.train.patience > 0;
    gm_error error = {0};
    cli_interrupt_guard();
    const gm_status status = run_all(&run, &error);
    cli_files_release();
    cli_interrupt_unguard();
    cli_train_page_close(&run.page);
    cli_train_setup_close(&run.setup);
    cli_train_options_clear(&run.options);
    gm_free(run.config);
    gm_post_mortem_clear(&run.post_mortem);
    const int code = cli_finish(status, &error);
    if (status == GM_OK)
        cli_interrupt_reraise();
    return code;
}

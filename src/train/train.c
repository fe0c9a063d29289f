/* The training loop. For each epoch: take a step for each batch that the source of rows gives, evaluate on
 * the validation rows, call back. It ends after the last epoch, when a callback asks for it, or with
 * GM_DIVERGED when the loss or a weight is not finite. The engine has two buffers for batches: while the
 * batch in one of them is learned, threads that have finished their part of the step fill the other with the
 * next batch. With options.accumulate, several batches make one step. */
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "train/callbacks.h"
#include "train/options.h"
#include "train/post_mortem.h"
#include "train/rows.h"
#include "train/run.h"
#include "train/smoothing.h"
#include "train/units.h"

#include <gradmill/train.h>
#include <math.h>

static gm_status diverged(gm_error *error, const char *what, double value, size_t epoch, size_t step)
{
    return gm_fail(error, GM_DIVERGED,
                   "training diverged: %s is %s at epoch %zu, step %zu; try a smaller rate or scaled inputs",
                   what, isnan(value) ? "not a number" : "infinite", epoch, step);
}

/* The rate of the next step, by the caller's schedule or by one of ours. */
static gm_status set_rate(gm_run *run, gm_error *error)
{
    const gm_train_options *o = &run->options;
    const size_t step = run->at.taken++, steps = run->steps * o->epochs;
    const double rate = o->rate_of ? o->rate_of(o->context, run->rates.rate, step, steps)
                                   : gm_rates_at(&run->rates, step) * run->at.plateau.scale;
    if (!(rate >= 0 && rate < INFINITY))
        return gm_fail(error, GM_USAGE,
                       "rate_of of the caller gave %g at step %zu of %zu; expected a rate of at least 0",
                       rate, step, steps);
    gm_engine_set_rate(run->engine, rate);
    return GM_OK;
}

/* The batch in buffer `now` has come, and gets the targets that are learned. */
static void take_batch(gm_run *run, size_t rows)
{
    if (run->options.label_smoothing > 0)
        gm_smooth_targets(run->now->y, rows, run->options.label_smoothing);
}

/* Takes a step on a batch. If several batches make a step, the gradient of the batch is only added to those
 * that are held. */
static gm_status learn(gm_run *run, const gm_batch_buffer *batch, const gm_side_work *work, double *loss,
                       gm_error *error)
{
    const gm_array x = gm_array_of(batch->x), y = gm_array_of(batch->y);
    gm_step_options options = gm_step_options_default();
    options.beside = work;
    options.weights = gm_rows_weights(run->train, batch);
    if (run->options.accumulate > 1)
        return gm_engine_hold(run->engine, x, y, &options, loss, error);
    const gm_status status = set_rate(run, error);
    if (status != GM_OK)
        return status;
    return options.weights.data ? gm_engine_step_with(run->engine, x, y, &options, loss, error)
                                : gm_engine_step_beside(run->engine, x, y, work, loss, error);
}

/* Learns the *rows rows in buffer `now`, while the other buffer is filled, which then becomes `now`. */
static gm_status learn_batch(gm_run *run, size_t *rows, double *loss, gm_error *error)
{
    const gm_row_source *train = run->train;
    const gm_batch_buffer *learned = run->now, batch = gm_buffer_rows(*learned, 0, *rows);
    gm_side_work work = {0};
    gm_status status = run->look ? run->look(run->look_context, *rows, error) : GM_OK;
    if (status == GM_OK)
        status = train->prepare(train->context, run->next->x.rows, run->next, &work, error);
    if (status == GM_OK)
        status = learn(run, &batch, &work, loss, error);
    if (status == GM_OK)
        status = train->finish(train->context, rows, error);
    if (status != GM_OK)
        return status;
    run->now = run->next;
    run->next = learned;
    take_batch(run, *rows);
    return GM_OK;
}

/* A step of one batch. */
static gm_status step_one(gm_run *run, size_t *rows, bool figured, gm_learned *learned, gm_error *error)
{
    const gm_batch_buffer batch = gm_buffer_rows(*run->now, 0, *rows);
    gm_status status = GM_OK;
    learned->rows = *rows;
    learned->weight = gm_rows_weight(run->train, &batch);
    if (figured)
        status =
            gm_figures_before(&run->figures, run->engine, &batch, gm_rows_weights(run->train, &batch), error);
    return status == GM_OK ? learn_batch(run, rows, &learned->loss, error) : status;
}

/* A step with the mean gradient over all rows of several batches, or of those that are left in the epoch. */
static gm_status step_several(gm_run *run, size_t *rows, bool figured, gm_learned *learned, gm_error *error)
{
    double sum = 0;
    gm_status status = GM_OK;
    gm_engine_drop_held(run->engine);
    for (size_t left = run->options.accumulate; left > 0 && *rows != 0 && status == GM_OK; left--) {
        const gm_batch_buffer batch = gm_buffer_rows(*run->now, 0, *rows);
        const double weight = gm_rows_weight(run->train, &batch);
        double loss = 0;
        learned->rows += *rows;
        status = learn_batch(run, rows, &loss, error);
        sum += loss * weight;
        learned->weight += weight;
    }
    learned->loss = learned->weight > 0 ? sum / learned->weight : 0;
    if (status == GM_OK && figured)
        status = gm_figures_of_held(&run->figures, run->engine, error);
    if (status == GM_OK)
        status = set_rate(run, error);
    return status == GM_OK ? gm_engine_step_held(run->engine, error) : status;
}

gm_status gm_run_step(gm_run *run, size_t *rows, gm_learned *learned, gm_error *error)
{
    const bool figured = gm_figures_due(&run->figures, run->at.step + 1);
    *learned = (gm_learned){0};
    const gm_status status = run->options.accumulate > 1 ? step_several(run, rows, figured, learned, error)
                                                         : step_one(run, rows, figured, learned, error);
    if (status == GM_OK && figured)
        gm_figures_after(&run->figures, run->engine);
    return status;
}

gm_status gm_run_begin_epoch(gm_run *run, size_t *rows, gm_error *error)
{
    const gm_row_source *train = run->train;
    size_t skipped = 0, count;
    gm_status status = train->begin(train->context, run->at.epoch + 1, error);
    if (status == GM_OK && train->skip && run->at.epoch_rows > 0) {
        status = train->skip(train->context, run->at.epoch_rows, error);
        skipped = run->at.epoch_rows;
    }
    while (status == GM_OK && skipped < run->at.epoch_rows) {
        const size_t most = gm_min(run->now->x.rows, run->at.epoch_rows - skipped);
        status = gm_row_source_next(train, most, run->now, &count, error);
        skipped += count;
        if (status == GM_OK && count == 0)
            return gm_fail(error, GM_BAD_DATA, "epoch %zu has %zu rows; expected more than %zu",
                           run->at.epoch + 1, skipped, run->at.epoch_rows);
    }
    if (status == GM_OK)
        status = gm_row_source_next(train, run->now->x.rows, run->now, rows, error);
    if (status == GM_OK)
        take_batch(run, *rows);
    return status;
}

/* A step has been taken. */
static gm_status count_step(gm_run *run, const gm_learned *learned, gm_error *error)
{
    run->at.step++;
    if (!isfinite(learned->loss))
        return diverged(error, "the loss", learned->loss, run->at.epoch + 1, run->at.step);
    run->at.loss_sum += learned->loss * run->unit * learned->weight;
    run->at.weight_sum += learned->weight;
    run->at.epoch_rows += learned->rows;
    return GM_OK;
}

/* After a step: the callback, and if there are more rows the checkpoint; the last one, if the callback wants
 * training to end here. */
static gm_status end_step(gm_run *run, double loss, size_t next_rows, gm_error *error)
{
    const gm_progress progress = {
        .epoch = run->at.epoch + 1,
        .epochs = run->options.epochs,
        .step = run->at.step,
        .steps = run->steps,
        .loss = loss * run->unit,
    };
    const gm_status status = gm_tell_step(&run->options, &progress, &run->stopped, error);
    if (status != GM_OK || next_rows == 0)
        return status;
    return run->stopped ? gm_checkpoint_end(run, error) : gm_checkpoint_step(run, error);
}

/* Takes all steps of one epoch, or the rest of them. */
static gm_status run_steps(gm_run *run, gm_error *error)
{
    size_t rows = 0;
    gm_figures_begin(&run->figures);
    gm_status status = gm_run_begin_epoch(run, &rows, error);
    while (status == GM_OK && rows > 0 && !run->stopped) {
        gm_learned learned;
        status = gm_run_step(run, &rows, &learned, error);
        if (status == GM_OK)
            status = count_step(run, &learned, error);
        if (status == GM_OK)
            status = end_step(run, learned.loss, rows, error);
    }
    if (status == GM_OK && run->at.epoch_rows == 0)
        return gm_fail(error, GM_BAD_DATA, "epoch %zu has no rows", run->at.epoch + 1);
    if (status == GM_OK && !(run->at.weight_sum > 0) && !run->stopped)
        return gm_fail(error, GM_BAD_DATA, "epoch %zu: every row has the weight 0, so nothing was learned",
                       run->at.epoch + 1);
    return status;
}

/* The first weight that is not finite, or 0. */
static double strange_weight(const gm_run *run)
{
    const gm_network *network = gm_engine_network(run->engine);
    for (size_t i = 0; i < gm_network_parameter_count(network); i++) {
        const double value = gm_network_parameter(network, i);
        if (!isfinite(value))
            return value;
    }
    return 0;
}

/* The weights after the last step may not be finite, although no loss has been computed from them. */
static gm_status check_parameters(const gm_run *run, gm_error *error)
{
    const double value = strange_weight(run);
    return isfinite(value) ? GM_OK : diverged(error, "a weight", value, run->at.epoch + 1, run->at.step);
}

/* Judges the network after an epoch. *best: whether it is better than after all epochs before. */
static gm_status judge_epoch(gm_run *run, size_t epoch, bool *best, gm_error *error)
{
    const gm_status status = gm_evaluate_rows(run->engine, run->valid, &run->valid_metrics, error);
    if (status != GM_OK)
        return status;
    *best = gm_best_see(&run->best, gm_engine_network(run->engine), epoch, &run->valid_metrics);
    gm_plateau_see(&run->at.plateau, &run->rates, *best);
    run->out_of_patience = run->options.patience > 0 && run->best.without >= run->options.patience;
    return GM_OK;
}

/* What is told of an epoch; `rows` of it were learned in these seconds. */
static gm_epoch describe_epoch(const gm_run *run, size_t rows, double seconds)
{
    return (gm_epoch){
        .epoch = run->at.epoch + 1,
        .epochs = run->options.epochs,
        .train_loss = run->at.weight_sum > 0 ? run->at.loss_sum / run->at.weight_sum : 0,
        .has_valid = run->valid != NULL,
        .rate = gm_engine_rate(run->engine),
        .seconds = seconds,
        .samples_per_second = (double)rows / seconds,
        .gflops = gm_step_flop(gm_engine_network(run->engine), rows) / seconds / 1e9,
        .gradient_norm = run->figures.gradient_norm,
        .layers = run->figures.layers,
        .layer_count = run->figures.layer_count,
    };
}

static void close_epoch(gm_run *run)
{
    run->at.epoch++;
    run->at.step = run->at.epoch_rows = 0;
    run->at.loss_sum = run->at.weight_sum = 0;
}

/* Gives the network its averaged weights, or its own ones again, if the engine averages them. */
static gm_status use_average(gm_run *run, bool use, gm_error *error)
{
    return gm_engine_averages(run->engine) ? gm_engine_use_average(run->engine, use, error) : GM_OK;
}

/* Judges the network after an epoch, and tells the log and the caller of it. */
static gm_status end_epoch(gm_run *run, gm_epoch *report, gm_error *error)
{
    gm_status status = run->valid ? judge_epoch(run, report->epoch, &report->best, error) : GM_OK;
    report->valid = run->valid_metrics;
    report->best_network = gm_best_network(&run->best);
    if (status == GM_OK)
        status = gm_log_write(&run->log, report, error);
    close_epoch(run);
    return status == GM_OK ? gm_tell_epoch(&run->options, report, &run->stopped, error) : status;
}

static gm_status run_epoch(gm_run *run, gm_error *error)
{
    const uint64_t start = gm_clock();
    const size_t before = run->at.epoch_rows;
    gm_status status = gm_epoch_start_keep(&run->start, run->engine, &run->at, error);
    if (status == GM_OK)
        status = run_steps(run, error);
    const double seconds = gm_clock_seconds(start, gm_clock());
    if (status == GM_OK)
        status = check_parameters(run, error);
    if (status == GM_OK)
        status = use_average(run, true, error);
    if (status != GM_OK)
        return status;
    gm_epoch report = describe_epoch(run, run->at.epoch_rows - before, seconds);
    status = end_epoch(run, &report, error);
    (void)use_average(run, false,
                      NULL); /* never fails; also after a failure, because the run may fall back */
    return status == GM_OK ? gm_checkpoint_epoch(run, error) : status;
}

/* What can be refused before the first step. */
static gm_status check(const gm_run *run, gm_error *error)
{
    const gm_network *network = gm_engine_network(run->engine);
    const size_t batch = gm_engine_batch(run->engine), rows = run->train->rows;
    gm_status status = gm_rows_check(network, run->train, error);
    if (status == GM_OK)
        status = gm_rows_check_weights(run->train, run->engine, run->options.accumulate, error);
    if (status == GM_OK)
        status = gm_smoothing_check(network, run->options.label_smoothing, error);
    if (status == GM_OK && run->valid) /* now, not after the first epoch */
        status = gm_rows_check(network, run->valid, error);
    if (status != GM_OK)
        return status;
    if (rows > 0 && batch > rows)
        return gm_fail(error, GM_USAGE, "batch %zu; expected at most %zu, the rows of the training set",
                       batch, rows);
    if (rows > 0 && run->options.accumulate > gm_pieces(rows, batch))
        return gm_fail(error, GM_USAGE, "accumulate is %zu; expected at most %zu, the batches of an epoch",
                       run->options.accumulate, gm_pieces(rows, batch));
    if (rows == 0 && !run->options.rate_of && gm_schedule_counts(&run->options))
        return gm_fail(
            error, GM_USAGE, "schedule %s%s needs the number of rows in an epoch, which is not known",
            gm_schedule_name(run->options.schedule), run->options.warmup > 0 ? " with a warm-up" : "");
    if (!gm_engine_buffer(run->engine, 1).x.data)
        return gm_fail(error, GM_USAGE, "the engine was made for inference and cannot learn");
    return GM_OK;
}

/* Without a validation set there is no best epoch. */
static gm_status begin_best(gm_run *run, gm_error *error)
{
    const gm_network *network = gm_engine_network(run->engine);
    gm_monitor monitor = run->options.monitor;
    if (run->valid) {
        const gm_status status = gm_best_monitor(&monitor, run->valid->labels, error);
        return status == GM_OK
                   ? gm_best_create(&run->best, monitor, network, run->options.keep != GM_KEEP_LAST, error)
                   : status;
    }
    const bool plateau = run->options.schedule == GM_SCHEDULE_PLATEAU && !run->options.rate_of;
    if (run->options.keep == GM_KEEP_BEST || run->options.patience > 0 || plateau)
        return gm_fail(error, GM_USAGE, "%s needs a validation set",
                       run->options.patience > 0 ? "patience"
                       : plateau                 ? "schedule plateau"
                                                 : "keeping the best epoch");
    return GM_OK;
}

/* The best weights are enough to fall back to, if they are kept. Otherwise the weights of the epoch before
 * are needed, and the average of them. */
static gm_status begin_start(gm_run *run, gm_error *error)
{
    const bool best = run->valid && run->options.keep != GM_KEEP_LAST,
               post_mortem = run->options.post_mortem != NULL,
               all = post_mortem || gm_engine_averages(run->engine);
    return best && !post_mortem ? GM_OK : gm_epoch_start_create(&run->start, run->engine, all, error);
}

/* The step of an epoch that figures are made of: the last one that has only whole batches, because with a few
 * rows the figures would be those of the chance. If the number of rows is not known, it is the first step. 0:
 * no figures are wanted. */
static size_t figured_step(const gm_run *run)
{
    const bool wanted = run->options.layer_figures || run->options.log;
    const size_t batches = run->train->rows / gm_engine_batch(run->engine);
    return wanted ? gm_max(batches / run->options.accumulate, 1) : 0;
}

/* Takes epoch after epoch, until one of the reasons to end is there. */
static gm_status run_epochs(gm_run *run, gm_error *error)
{
    gm_status status = check(run, error);
    if (status == GM_OK) /* an earlier run may have left it with the averaged ones */
        status = use_average(run, false, error);
    if (status == GM_OK)
        status = begin_best(run, error);
    if (status == GM_OK)
        status = gm_checkpointing_open(run, error);
    if (status == GM_OK)
        status = begin_start(run, error);
    if (status == GM_OK)
        status = gm_figures_create(&run->figures, run->engine, figured_step(run), error);
    if (status == GM_OK)
        status = gm_log_open(&run->log, &run->options, run->figures.layer_count, run->at.log_size, error);
    if (status != GM_OK)
        return status;
    for (size_t i = 0; i < 2; i++)
        run->buffers[i] = gm_engine_buffer(run->engine, i);
    run->now = &run->buffers[0];
    run->next = &run->buffers[1];
    run->steps =
        gm_pieces(gm_pieces(run->train->rows, gm_engine_batch(run->engine)), run->options.accumulate);
    run->rates = gm_rates_of(&run->options, gm_engine_rate(run->engine), run->steps);
    run->unit = gm_loss_unit(gm_engine_network(run->engine), run->train->target_scaling);
    while (run->at.epoch < run->options.epochs && status == GM_OK && !run->stopped && !run->out_of_patience)
        status = run_epoch(run, error);
    gm_engine_set_rate(run->engine, run->rates.rate);
    return status == GM_OK ? gm_checkpoint_end(run, error) : status;
}

static gm_train_end end_of(const gm_run *run, gm_status status)
{
    if (status != GM_OK)
        return GM_END_FAILED;
    if (run->stopped)
        return GM_END_STOPPED;
    return run->out_of_patience ? GM_END_PATIENCE : GM_END_EPOCHS;
}

/* The epoch whose weights the network has at the end, but for the best one: the last one, or after it has
 * diverged the one before, whose weights it gets back. 0 after any other failure: the weights are of no use.
 */
static size_t last_epoch(gm_run *run, gm_status status)
{
    gm_error ignored;
    if (status == GM_OK)
        return run->at.epoch;
    if (status != GM_DIVERGED || !run->start.memory)
        return 0;
    const gm_status restored = gm_epoch_start_restore(&run->start, run->engine, &ignored);
    return restored == GM_OK && isfinite(strange_weight(run)) ? run->start.at.epoch : 0;
}

/* Gives the network the weights that are to be kept, and tells the caller which these are. */
static void finish(gm_run *run, gm_status status, gm_train_result *result)
{
    const bool restored = gm_best_network(&run->best) != NULL;
    const size_t last = last_epoch(run, status);
    gm_best_restore(&run->best, gm_engine_network(run->engine));
    if (!restored && last > 0)
        (void)use_average(run, true, NULL);
    if (!result)
        return;
    const gm_train_result told = {
        .end = end_of(run, status),
        .epochs = run->at.epoch + (run->at.step > 0),
        .best_epoch = run->best.epoch,
        .kept_epoch = restored ? run->best.epoch : last,
        .valid = restored ? run->best.metrics : run->valid_metrics,
    };
    gm_options_fill(result, result->size, &told, sizeof told);
}

gm_status gm_train_rows(gm_engine *engine, const gm_row_source *train, const gm_row_source *valid,
                        const gm_train_options *options, gm_train_result *result, gm_error *error)
{
    gm_run run = {.engine = engine, .train = train, .valid = valid, .log.fd = -1, .at.plateau.scale = 1};
    gm_train_result own = gm_train_result_init();
    gm_status status = gm_train_options_read(&run.options, options, error);
    if (status == GM_OK)
        status = gm_options_read(&own, sizeof own, result, "gm_train_result", error);
    if (status != GM_OK)
        return status;
    status = run_epochs(&run, error);
    if (status == GM_DIVERGED && run.options.post_mortem)
        gm_post_mortem_make(&run);
    finish(&run, status, result);
    gm_best_clear(&run.best);
    gm_epoch_start_clear(&run.start);
    gm_log_close(&run.log);
    gm_figures_clear(&run.figures);
    gm_checkpointing_close(&run);
    return status;
}

gm_status gm_train(gm_engine *engine, const gm_dataset *train, const gm_dataset *valid,
                   const gm_scaling *scaling, const gm_train_options *options, gm_train_result *result,
                   gm_error *error)
{
    const gm_network *network = gm_engine_network(engine);
    gm_train_options own;
    gm_row_source train_rows = {0}, valid_rows = {0};
    gm_status status = gm_train_options_read(&own, options, error);
    if (status == GM_OK)
        status = gm_rows_open(&train_rows, network, train, scaling, own.shuffle ? &own.seed : NULL, error);
    if (status == GM_OK && valid)
        status = gm_rows_open(&valid_rows, network, valid, scaling, NULL, error);
    if (status == GM_OK)
        status = gm_train_rows(engine, &train_rows, valid ? &valid_rows : NULL, &own, result, error);
    gm_row_source_close(&train_rows);
    gm_row_source_close(&valid_rows);
    return status;
}

/* The training loop. For each epoch: shuffle the order of the rows, take a step for each batch, evaluate on
 * the validation set, call back. It ends after the last epoch, when a callback asks for it, or with
 * GM_DIVERGED when the loss or a weight is not finite. There are two batches: while one is learned, the next
 * one is gathered by threads that have finished their part of the step. */
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/random.h"
#include "train/batch.h"
#include "train/targets.h"

#include <gradmill/train.h>
#include <math.h>

/* The state of a training run. */
struct run {
    gm_engine *engine;
    gm_train_options options;
    const gm_dataset *valid;
    gm_batch batches[2]; /* one is learned while the other is gathered */
    uint32_t *order;     /* of the training rows, shuffled afresh for every epoch */
    size_t rows, steps;
    size_t taken; /* steps since the first epoch, for the schedule */
    double rate;  /* of the engine, before any schedule */
    gm_random random;
    bool stopped;
};

void gm_train_options_fill(gm_train_options *options, size_t size)
{
    const gm_train_options defaults = {.epochs = 10, .seed = 1, .shuffle = true};
    gm_options_fill(options, size, &defaults, sizeof defaults);
}

/* The caller's options as a struct of the library's own version, checked. */
static gm_status read_options(gm_train_options *o, const gm_train_options *options, gm_error *error)
{
    *o = gm_train_options_default();
    const gm_status status = gm_options_read(o, sizeof *o, options, "gm_train_options", error);
    if (status != GM_OK)
        return status;
    if (o->epochs == 0)
        return gm_fail(error, GM_USAGE, "0 epochs; expected at least 1");
    if ((unsigned)o->schedule >= GM_SCHEDULE_COUNT)
        return gm_fail(error, GM_USAGE, "unknown schedule %d", (int)o->schedule);
    return GM_OK;
}

static gm_status diverged(gm_error *error, const char *what, double value, size_t epoch, size_t step)
{
    return gm_fail(error, GM_DIVERGED,
                   "training diverged: %s is %s at epoch %zu, step %zu; try a smaller rate or scaled inputs",
                   what, isnan(value) ? "not a number" : "infinite", epoch, step);
}

/* The rate of the next step, by the caller's schedule or by one of ours. */
static gm_status set_rate(struct run *run, gm_error *error)
{
    const gm_train_options *o = &run->options;
    const size_t step = run->taken++, steps = run->steps * o->epochs;
    const double rate = o->rate_of ? o->rate_of(o->context, run->rate, step, steps)
                                   : gm_schedule_rate(o->schedule, run->rate, step, steps);
    if (!(rate >= 0 && rate < INFINITY))
        return gm_fail(error, GM_USAGE,
                       "rate_of of the caller gave %g at step %zu of %zu; expected a rate of at least 0",
                       rate, step, steps);
    gm_engine_set_rate(run->engine, rate);
    return GM_OK;
}

/* Takes one step on batch `now`. Beside it, batch `next` is gathered from the rows after the first `done`. */
static gm_status step(struct run *run, const gm_batch *now, gm_batch *next, size_t done, double *loss,
                      gm_error *error)
{
    const size_t rest = run->rows - done;
    gm_side_work gather = {0};
    if (rest > 0)
        gather = gm_batch_gather_later(next, run->order + done, gm_min(gm_engine_batch(run->engine), rest));
    const gm_status status = set_rate(run, error);
    if (status != GM_OK)
        return status;
    return gm_engine_step_beside(run->engine, now->x, now->y, &gather, loss, error);
}

/* The failure of a callback, with its own line or with one that names it. */
static gm_status pass_on(gm_status status, const char *callback, gm_error *own, gm_error *error)
{
    own->message[sizeof own->message - 1] = '\0';
    if (own->message[0])
        return gm_fail(error, status, "%s", own->message);
    return gm_fail(error, status, "%s of the caller failed: %s", callback, gm_status_text(status));
}

/* Without writing zeros to the whole message: a step of a small network would notice that. */
static inline gm_error *clear(gm_error *error)
{
    error->status = GM_OK;
    error->message[0] = '\0';
    return error;
}

static gm_status tell_step(struct run *run, const gm_progress *progress, gm_error *error)
{
    if (!run->options.on_step)
        return GM_OK;
    bool stop = false;
    gm_error own;
    const gm_status status = run->options.on_step(run->options.context, progress, &stop, clear(&own));
    run->stopped |= stop;
    return status == GM_OK ? GM_OK : pass_on(status, "on_step", &own, error);
}

static gm_status tell_epoch(struct run *run, const gm_epoch *epoch, gm_error *error)
{
    if (!run->options.on_epoch)
        return GM_OK;
    bool stop = false;
    gm_error own;
    const gm_status status = run->options.on_epoch(run->options.context, epoch, &stop, clear(&own));
    run->stopped |= stop;
    return status == GM_OK ? GM_OK : pass_on(status, "on_epoch", &own, error);
}

/* Takes all steps of one epoch. *loss_sum becomes the sum of the losses of its rows. */
static gm_status run_steps(struct run *run, size_t epoch, double *loss_sum, size_t *rows_done,
                           gm_error *error)
{
    gm_progress progress = {.epoch = epoch, .epochs = run->options.epochs, .steps = run->steps};
    gm_batch_gather(&run->batches[0], run->order, gm_min(gm_engine_batch(run->engine), run->rows));
    while (*rows_done < run->rows && !run->stopped) {
        gm_batch *now = &run->batches[progress.step % 2], *next = &run->batches[(progress.step + 1) % 2];
        gm_status status = step(run, now, next, *rows_done + now->x.rows, &progress.loss, error);
        if (status != GM_OK)
            return status;
        progress.step++;
        if (!isfinite(progress.loss))
            return diverged(error, "the loss", progress.loss, epoch, progress.step);
        *loss_sum += progress.loss * (double)now->x.rows;
        *rows_done += now->x.rows;
        status = tell_step(run, &progress, error);
        if (status != GM_OK)
            return status;
    }
    return GM_OK;
}

/* The weights after the last step may not be finite, although no loss has been computed from them. */
static gm_status check_parameters(const struct run *run, size_t epoch, gm_error *error)
{
    const gm_network *network = gm_engine_network(run->engine);
    for (size_t i = 0; i < gm_network_parameter_count(network); i++) {
        const double value = gm_network_parameter(network, i);
        if (!isfinite(value))
            return diverged(error, "a weight", value, epoch, run->steps);
    }
    return GM_OK;
}

static gm_status run_epoch(struct run *run, size_t epoch, gm_error *error)
{
    const uint64_t start = gm_clock();
    double loss_sum = 0;
    size_t rows_done = 0;
    if (run->options.shuffle)
        gm_random_shuffle(&run->random, run->order, run->rows);
    gm_status status = run_steps(run, epoch, &loss_sum, &rows_done, error);
    const double seconds = gm_clock_seconds(start, gm_clock());
    if (status == GM_OK)
        status = check_parameters(run, epoch, error);
    if (status != GM_OK)
        return status;
    gm_epoch report = {
        .epoch = epoch,
        .epochs = run->options.epochs,
        .train_loss = loss_sum / (double)rows_done,
        .has_valid = run->valid != NULL,
        .seconds = seconds,
        .samples_per_second = (double)rows_done / seconds,
        .gflops = gm_step_flop(gm_engine_network(run->engine), rows_done) / seconds / 1e9,
    };
    if (run->valid)
        status = gm_evaluate(run->engine, run->valid, run->batches[0].scaling, &report.valid, error);
    return status == GM_OK ? tell_epoch(run, &report, error) : status;
}

gm_status gm_train(gm_engine *engine, const gm_dataset *train, const gm_dataset *valid,
                   const gm_scaling *scaling, const gm_train_options *options, bool *stopped, gm_error *error)
{
    const size_t batch = gm_engine_batch(engine);
    struct run run = {.engine = engine, .valid = valid, .rows = gm_dataset_rows(train)};
    gm_status status = read_options(&run.options, options, error);
    if (status != GM_OK)
        return status;
    status = gm_batch_create(&run.batches[0], engine, train, scaling, error);
    if (status == GM_OK && valid) /* now, not after the first epoch */
        status = gm_targets_check(gm_engine_network(engine), valid, error);
    if (status == GM_OK)
        status = gm_batch_create(&run.batches[1], engine, train, scaling, error);
    if (status != GM_OK) {
        gm_batch_clear(&run.batches[0]);
        return status;
    }
    if (batch > run.rows)
        status = gm_fail(error, GM_USAGE, "batch %zu; expected at most %zu, the rows of the training set",
                         batch, run.rows);
    run.order = gm_batch_order(train);
    if (status == GM_OK && !run.order)
        status = gm_fail_memory(error, "the order of the rows", run.rows * sizeof *run.order);
    run.steps = gm_pieces(run.rows, batch);
    run.rate = gm_engine_rate(engine);
    run.random = gm_random_seed(run.options.seed, GM_STREAM_SHUFFLE);
    for (size_t epoch = 1; epoch <= run.options.epochs && status == GM_OK && !run.stopped; epoch++)
        status = run_epoch(&run, epoch, error);
    gm_engine_set_rate(engine, run.rate);
    if (stopped)
        *stopped = run.stopped;
    gm_free(run.order);
    gm_batch_clear(&run.batches[0]);
    gm_batch_clear(&run.batches[1]);
    return status;
}

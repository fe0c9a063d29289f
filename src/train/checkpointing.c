/* When a training run writes its checkpoint, and how it goes on from one. */
#include "train/checkpointing.h"
#include "base/clock.h"
#include "base/element.h"
#include "base/error.h"
#include "base/memory.h"
#include "nn/network.h"
#include "train/checkpoint.h"
#include "train/run.h"

#include <math.h>

/* Times what writing takes: it then takes at most 2 % of a run, but for the first and the last checkpoint. */
#define LEAST_PAUSE 50

/* The fingerprint of the rows; 0 without rows, and for a source of rows that has no fingerprint. */
static uint64_t print_of(const gm_row_source *rows)
{
    return rows && rows->fingerprint ? rows->fingerprint(rows->context) : 0;
}

/* What must be the same when the run goes on, and what is said of the engine. */
static void describe(gm_run *run)
{
    gm_run_state *at = &run->at;
    at->seed = run->options.seed;
    at->shuffle = run->options.shuffle;
    at->batch = gm_engine_batch(run->engine);
    at->accumulate = run->options.accumulate;
    at->rows = run->train->rows;
    at->train_print = print_of(run->train);
    at->valid_print = print_of(run->valid);
    at->epochs = run->options.epochs;
    at->threads = gm_engine_threads(run->engine);
}

static gm_status compare_data(const gm_checkpoint *c, const gm_run_state *at, gm_error *error)
{
    const gm_run_state *was = gm_checkpoint_state(c);
    if (was->rows != at->rows)
        return gm_checkpoint_fail(c, error, "of a run on %zu rows; these data have %zu to learn from",
                                  was->rows, at->rows);
    if (was->train_print != at->train_print)
        return gm_checkpoint_fail(c, error,
                                  "of a run on other data: the rows to learn from, their weights or their "
                                  "scaling have other numbers");
    if (was->valid_print != at->valid_print)
        return gm_checkpoint_fail(c, error, "of a run with another validation set");
    return GM_OK;
}

static gm_status compare_run(const gm_checkpoint *c, const gm_run_state *at, gm_error *error)
{
    const gm_run_state *was = gm_checkpoint_state(c);
    if (was->seed != at->seed)
        return gm_checkpoint_fail(c, error, "of a run with seed %zu; this one has %zu", was->seed, at->seed);
    if (was->shuffle != at->shuffle)
        return gm_checkpoint_fail(c, error, "of a run %s shuffled rows", was->shuffle ? "with" : "without");
    if (was->batch != at->batch)
        return gm_checkpoint_fail(c, error, "of a run with batches of %zu rows; this one has %zu", was->batch,
                                  at->batch);
    if (was->accumulate != at->accumulate)
        return gm_checkpoint_fail(c, error, "of a run with accumulate %zu; this one has %zu", was->accumulate,
                                  at->accumulate);
    return GM_OK;
}

/* Whether the numbers of a position can be those of this run. */
static bool is_possible(const gm_run_state *was, const gm_run *run)
{
    const size_t rows = run->train->rows, batches = gm_pieces(rows, gm_engine_batch(run->engine));
    const size_t steps = gm_pieces(batches, run->options.accumulate);
    const bool in_epoch = rows == 0 || was->epoch_rows < rows;
    const bool counted = rows == 0 || was->taken <= (was->epoch + 1) * steps;
    const bool begun = was->step > 0;
    return in_epoch && counted && begun == (was->epoch_rows > 0) && isfinite(was->loss_sum) &&
           was->weight_sum >= 0 && was->weight_sum < INFINITY && was->plateau.scale >= 0 &&
           was->plateau.scale <= 1;
}

/* The position of the file, which was written by a program that may have been somebody else's. */
static gm_status check_position(const gm_checkpoint *c, const gm_run *run, gm_error *error)
{
    const gm_run_state *was = gm_checkpoint_state(c);
    if (was->epoch >= run->options.epochs && was->step > 0)
        return gm_checkpoint_fail(c, error, "in epoch %zu; this run shall have only %zu", was->epoch + 1,
                                  run->options.epochs);
    if (!is_possible(was, run))
        return gm_checkpoint_fail(c, error, "its position, %zu rows of an epoch in %zu steps, cannot be",
                                  was->epoch_rows, was->step);
    return GM_OK;
}

static gm_status restore_optimizer(gm_engine *engine, const gm_checkpoint *c, gm_error *error)
{
    const gm_network *network = gm_engine_network(engine);
    gm_status status = GM_OK;
    for (size_t i = 0; i < gm_engine_state_count(engine) && status == GM_OK; i++) {
        const void *block = gm_checkpoint_block(c, gm_name_state_block(engine, i).text);
        status = gm_engine_set_state(
            engine, i,
            gm_array_real(block, gm_network_precision(network), 1, gm_network_parameter_count(network)),
            error);
    }
    gm_engine_set_steps(engine, gm_checkpoint_state(c)->optimizer_steps);
    return status;
}

/* A network with numbers that are not finite is worth nothing: the run had diverged, or the file was made by
 * somebody else. */
static gm_status check_numbers(const gm_checkpoint *c, const gm_network *network, gm_error *error)
{
    static const char *const names[] = {GM_BLOCK_WEIGHTS, GM_BLOCK_BEST, GM_BLOCK_AVERAGE};
    const size_t count = gm_network_parameter_count(network);
    const gm_type type = gm_type_of(gm_network_precision(network));
    for (size_t b = 0; b < sizeof names / sizeof *names; b++) {
        const void *block = gm_checkpoint_block(c, names[b]);
        for (size_t i = 0; block && i < count; i++) {
            if (!isfinite(gm_get_number(block, type, i)))
                return gm_checkpoint_fail(c, error, "its %s have a number that is not finite",
                                          b == 0   ? "weights"
                                          : b == 1 ? "weights of the best epoch"
                                                   : "averaged weights");
        }
    }
    return GM_OK;
}

static gm_status restore_best(gm_run *run, const gm_checkpoint *c, gm_error *error)
{
    const gm_run_state *was = gm_checkpoint_state(c);
    const void *block = gm_checkpoint_block(c, GM_BLOCK_BEST);
    if (!run->valid)
        return GM_OK;
    if (run->best.network && was->best_epoch > 0 && !block)
        return gm_checkpoint_fail(c, error, "of a run that does not keep the weights of its best epoch");
    run->best.epoch = was->best_epoch;
    run->best.without = was->without;
    run->best.metrics = was->best;
    if (run->best.network && block)
        gm_network_fill(run->best.network, block);
    return GM_OK;
}

static gm_status resume(gm_run *run, gm_error *error)
{
    const gm_checkpoint *c = run->options.resume;
    const gm_run_state *was = gm_checkpoint_state(c);
    gm_network *network = gm_engine_network(run->engine);
    gm_status status = gm_checkpoint_fits(c, run->engine, network, error);
    if (status == GM_OK)
        status = compare_run(c, &run->at, error); /* first: another seed makes another training part */
    if (status == GM_OK)
        status = compare_data(c, &run->at, error);
    if (status == GM_OK)
        status = check_position(c, run, error);
    if (status == GM_OK)
        status = check_numbers(c, network, error);
    if (status == GM_OK)
        status = restore_best(run, c, error);
    if (status != GM_OK)
        return status;
    gm_network_fill(network, gm_checkpoint_block(c, GM_BLOCK_WEIGHTS));
    run->at.epoch = was->epoch;
    run->at.step = was->step;
    run->at.epoch_rows = was->epoch_rows;
    run->at.loss_sum = was->loss_sum;
    run->at.weight_sum = was->weight_sum;
    run->at.taken = was->taken;
    run->at.plateau = was->plateau;
    run->at.log_size = was->log_size;
    run->valid_metrics = was->valid;
    run->out_of_patience = run->options.patience > 0 && run->best.without >= run->options.patience;
    return restore_optimizer(run->engine, c, error);
}

static gm_status open_file(gm_run *run, gm_error *error)
{
    gm_checkpointing *c = &run->checkpointing;
    const size_t count = gm_engine_state_count(run->engine),
                 bytes = gm_network_bytes(gm_engine_network(run->engine));
    const char *path = run->options.checkpoint;
    gm_status status = gm_durable_probe(path, &gm_kind_checkpoint, error);
    if (status == GM_OK)
        status = gm_durable_lock_take(&c->lock, path, error);
    if (status != GM_OK)
        return status;
    c->blocks = gm_alloc(gm_max(1, count), bytes);
    if (!c->blocks)
        return gm_fail_memory(error, "a checkpoint", count * bytes);
    c->pause =
        (uint64_t)fmin(run->options.checkpoint_seconds * 1e9, 0x1p62); /* gm_clock counts nanoseconds */
    c->last = gm_clock();
    c->on = true;
    return GM_OK;
}

gm_status gm_checkpointing_open(gm_run *run, gm_error *error)
{
    run->checkpointing = (gm_checkpointing){.lock = {.folder = -1, .fd = -1}};
    if (!run->options.checkpoint && !run->options.resume)
        return GM_OK;
    describe(run);
    gm_status status = run->options.resume ? resume(run, error) : GM_OK;
    return status == GM_OK && run->options.checkpoint ? open_file(run, error) : status;
}

void gm_checkpointing_close(gm_run *run)
{
    gm_durable_lock_release(&run->checkpointing.lock);
    gm_free(run->checkpointing.blocks);
    run->checkpointing = (gm_checkpointing){.lock = {.folder = -1, .fd = -1}};
}

/* What the run knows now beside its position. */
static void complete_state(gm_run *run)
{
    gm_run_state *at = &run->at;
    at->optimizer_steps = gm_engine_steps(run->engine);
    at->best_epoch = run->best.epoch;
    at->without = run->best.without;
    at->best = run->best.metrics;
    at->valid = run->valid_metrics;
    at->log_size = gm_log_size(&run->log);
}

static void add_block(gm_checkpoint_content *content, const char *name, const void *data)
{
    content->blocks[content->block_count++] = (gm_named_block){name, data};
}

static gm_status write_file(gm_run *run, gm_error *error)
{
    const gm_network *network = gm_engine_network(run->engine), *best = gm_best_network(&run->best);
    const size_t count = gm_network_parameter_count(network), bytes = gm_network_bytes(network);
    gm_checkpoint_content content = {
        .state = &run->at, .engine = run->engine, .network = network, .text = run->options.checkpoint_text};
    gm_block_name names[GM_BLOCKS];
    gm_status status = GM_OK;
    complete_state(run);
    add_block(&content, GM_BLOCK_WEIGHTS, gm_network_parameters_const(network).data);
    for (size_t i = 0; i < gm_engine_state_count(run->engine) && status == GM_OK; i++) {
        void *block = (char *)run->checkpointing.blocks + i * bytes;
        names[i] = gm_name_state_block(run->engine, i);
        status = gm_engine_get_state(run->engine, i,
                                     gm_mutable_real(block, gm_network_precision(network), 1, count), error);
        add_block(&content, names[i].text, block);
    }
    if (best)
        add_block(&content, GM_BLOCK_BEST, gm_network_parameters_const(best).data);
    return status == GM_OK ? gm_checkpoint_save(run->options.checkpoint, &content, error) : status;
}

static gm_status save(gm_run *run, gm_error *error)
{
    gm_checkpointing *c = &run->checkpointing;
    const uint64_t start = gm_clock();
    const gm_status status = write_file(run, error);
    c->last = gm_clock();
    c->cost = c->last - start;
    c->written = true;
    return status;
}

/* Whether so much time has passed that another one may be written. */
static bool is_due(const gm_checkpointing *c, uint64_t pause)
{
    return gm_clock() - c->last >= gm_max(pause, LEAST_PAUSE * c->cost);
}

gm_status gm_checkpoint_epoch(gm_run *run, gm_error *error)
{
    const gm_checkpointing *c = &run->checkpointing;
    if (!c->on || c->closed || (c->written && !is_due(c, 0)))
        return GM_OK;
    return save(run, error);
}

gm_status gm_checkpoint_step(gm_run *run, gm_error *error)
{
    const gm_checkpointing *c = &run->checkpointing;
    return c->on && is_due(c, c->pause) ? save(run, error) : GM_OK;
}

gm_status gm_checkpoint_end(gm_run *run, gm_error *error)
{
    gm_checkpointing *c = &run->checkpointing;
    if (!c->on || c->closed)
        return GM_OK;
    c->closed = true;
    return save(run, error);
}

/* A learning-rate range test on a network that gets its weights back afterwards. */
#include <gradmill/find_rate.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/moments.h"
#include "base/options.h"
#include "nn/engine.h"
#include "train/epoch_start.h"
#include "train/rows.h"
#include "train/units.h"

#include <math.h>

#define KEPT      0.9  /* how much of the smoothed loss stays when the next loss comes */
#define TOO_LARGE 4    /* times the smallest smoothed loss: the test ends */
#define CLEARLY   0.02 /* of the first losses: with a smaller fall, nothing was learned */
#define SETTLED   5    /* points before the smoothed loss counts */

void gm_find_rate_options_fill(gm_find_rate_options *options, size_t size)
{
    const gm_find_rate_options defaults = {.lowest = 1e-7, .highest = 10, .steps = 100, .accumulate = 1};
    gm_options_fill(options, size, &defaults, sizeof defaults);
}

void gm_rate_curve_clear(gm_rate_curve *curve)
{
    gm_free(curve->points);
    *curve = (gm_rate_curve){0};
}

static gm_status read_options(gm_find_rate_options *o, const gm_find_rate_options *options, gm_error *error)
{
    *o = gm_find_rate_options_default();
    const gm_status status = gm_options_read(o, sizeof *o, options, "gm_find_rate_options", error);
    if (status != GM_OK)
        return status;
    if (!(o->lowest > 0 && o->lowest < o->highest && o->highest < INFINITY))
        return gm_fail(error, GM_USAGE, "rates from %g to %g; expected 0 < lowest < highest", o->lowest,
                       o->highest);
    if (o->steps < 2 * SETTLED)
        return gm_fail(error, GM_USAGE, "%zu rates; expected at least %d", o->steps, 2 * SETTLED);
    if (o->accumulate == 0)
        return gm_fail(error, GM_USAGE, "accumulate is 0; expected at least 1 batch for a step");
    return GM_OK;
}

/* A test as it runs. */
typedef struct test {
    gm_engine *engine;
    const gm_row_source *train;
    const gm_find_rate_options *options;
    gm_rate_curve *curve;
    gm_batch_buffer buffer;
    double unit; /* of the loss */
    double mean; /* exponential moving average of the losses, which began with 0 and is too small by that */
    size_t epoch;
} test;

/* The next batch; at the end of an epoch the next one begins. */
static gm_status next_batch(test *t, size_t *rows, gm_error *error)
{
    const gm_batch_buffer *buffer = &t->buffer;
    *rows = 0;
    gm_status status = GM_OK;
    if (t->epoch > 0)
        status = gm_row_source_next(t->train, buffer->x.rows, buffer, rows, error);
    if (status != GM_OK || *rows > 0)
        return status;
    status = t->train->begin(t->train->context, ++t->epoch, error);
    if (status == GM_OK)
        status = gm_row_source_next(t->train, buffer->x.rows, buffer, rows, error);
    if (status == GM_OK && *rows == 0)
        return gm_fail(error, GM_BAD_DATA, "epoch %zu has no rows", t->epoch);
    return status;
}

/* Adds a point. False: the loss is so large that the test is over, and the point is not one. */
static bool add_point(test *t, double rate, double loss)
{
    gm_rate_curve *c = t->curve;
    t->mean = KEPT * t->mean + (1 - KEPT) * loss;
    const double smoothed = t->mean / (1 - pow(KEPT, (double)(c->count + 1)));
    const bool settled = c->count > SETTLED;
    if (!isfinite(smoothed) || (settled && smoothed > TOO_LARGE * c->points[c->lowest].smoothed))
        return false;
    c->points[c->count] = (gm_rate_point){rate, loss, smoothed};
    if (c->count == SETTLED || (settled && smoothed < c->points[c->lowest].smoothed))
        c->lowest = c->count;
    c->count++;
    return true;
}

/* A step of one batch; or its gradient is held, for a step of several. *weight becomes the weight of the
 * batch. */
static gm_status learn_batch(test *t, double *weight, double *loss, gm_error *error)
{
    size_t rows;
    const gm_status status = next_batch(t, &rows, error);
    if (status != GM_OK)
        return status;
    const gm_batch_buffer batch = gm_buffer_rows(t->buffer, 0, rows);
    const gm_array x = gm_array_of(batch.x), y = gm_array_of(batch.y);
    gm_step_options options = gm_step_options_default();
    options.weights = gm_rows_weights(t->train, &batch);
    *weight = gm_rows_weight(t->train, &batch);
    return t->options->accumulate > 1 ? gm_engine_hold(t->engine, x, y, &options, loss, error)
                                      : gm_engine_step_with(t->engine, x, y, &options, loss, error);
}

/* *loss is the mean over all rows of the step, and *all their weight. */
static gm_status take_step(test *t, double *loss, double *all, gm_error *error)
{
    double sum = 0;
    gm_status status = GM_OK;
    *all = 0;
    gm_engine_drop_held(t->engine);
    for (size_t i = 0; i < t->options->accumulate && status == GM_OK; i++) {
        double weight = 0;
        status = learn_batch(t, &weight, loss, error);
        sum += *loss * weight;
        *all += weight;
    }
    if (status == GM_OK && t->options->accumulate > 1)
        status = gm_engine_step_held(t->engine, error);
    *loss = *all > 0 ? sum / *all : 0;
    return status;
}

/* Takes steps until one has rows whose weight is not 0: a step without them has no loss. */
static gm_status take_weighty_step(test *t, double *loss, gm_error *error)
{
    const size_t begun = t->epoch;
    double weight = 0;
    gm_status status = GM_OK;
    while (status == GM_OK && weight <= 0 && t->epoch <= begun + 1)
        status = take_step(t, loss, &weight, error);
    if (status == GM_OK && weight <= 0)
        return gm_fail(error, GM_BAD_DATA, "every row has the weight 0, so nothing can be learned");
    return status;
}

static gm_status take_steps(test *t, gm_error *error)
{
    const gm_find_rate_options *o = t->options;
    t->buffer = gm_engine_buffer(t->engine, 0);
    bool goes_on = true;
    gm_status status = GM_OK;
    for (size_t i = 0; i < o->steps && goes_on && status == GM_OK; i++) {
        const double rate = o->lowest * pow(o->highest / o->lowest, (double)i / (double)(o->steps - 1));
        double loss = 0;
        gm_engine_set_rate(t->engine, rate);
        status = take_weighty_step(t, &loss, error);
        goes_on = status == GM_OK && add_point(t, rate, loss * t->unit);
    }
    return status;
}

/* Mean and standard deviation of the losses of the first third, where rates are so small that next to nothing
 * is learned: the deviation is that of the batches. */
static gm_moments measure_start(const gm_rate_curve *c)
{
    const size_t count = gm_max(c->count / 3, 1);
    gm_moments moments = {0};
    for (size_t i = 0; i < count; i++)
        gm_moments_add(&moments, c->points[i].loss);
    return moments;
}

/* A tenth of the rate with the smallest loss. Rates between the two are where the loss falls; at the larger
 * one it is about to rise. A fall that batches could make by chance suggests nothing. */
static double suggest(const gm_rate_curve *c)
{
    if (c->count <= SETTLED)
        return NAN;
    const gm_moments start = measure_start(c);
    const double fall = start.mean - c->points[c->lowest].smoothed;
    return fall > gm_moments_deviation(&start) && fall > CLEARLY * start.mean ? c->points[c->lowest].rate / 10
                                                                              : NAN;
}

static gm_status run(test *t, gm_error *error)
{
    gm_status status = take_steps(t, error);
    if (status == GM_OK && t->curve->count == 0)
        return gm_fail(error, GM_DIVERGED, "the loss of the first step is not finite, whatever the rate is");
    t->curve->suggestion = suggest(t->curve);
    return status;
}

/* Runs the test on the network's own weights, and gives the engine back what it had. */
static gm_status run_on_copy(test *t, gm_error *error)
{
    gm_epoch_start before = {0};
    const gm_run_state nowhere = {0};
    const double rate = gm_engine_rate(t->engine);
    const bool averaged = t->engine->averaged;
    gm_error ignored;
    if (averaged)
        (void)gm_engine_use_average(t->engine, false, &ignored);
    gm_status status = gm_epoch_start_create(&before, t->engine, true, error);
    if (status == GM_OK)
        status = gm_epoch_start_keep(&before, t->engine, &nowhere, error);
    if (status == GM_OK) {
        status = run(t, error);
        (void)gm_epoch_start_restore(&before, t->engine, &ignored);
        gm_engine_set_rate(t->engine, rate);
    }
    if (averaged)
        (void)gm_engine_use_average(t->engine, true, &ignored);
    gm_epoch_start_clear(&before);
    return status;
}

gm_status gm_find_rate(gm_engine *engine, const gm_row_source *train, const gm_find_rate_options *options,
                       gm_rate_curve *curve, gm_error *error)
{
    gm_find_rate_options own;
    *curve = (gm_rate_curve){0};
    gm_status status = read_options(&own, options, error);
    if (status == GM_OK)
        status = gm_rows_check(gm_engine_network(engine), train, error);
    if (status == GM_OK)
        status = gm_rows_check_weights(train, engine, own.accumulate, error);
    if (status == GM_OK && !gm_engine_buffer(engine, 1).x.data)
        status = gm_fail(error, GM_USAGE, "the engine was made for inference and cannot learn");
    if (status != GM_OK)
        return status;
    curve->points = gm_alloc(own.steps, sizeof *curve->points);
    test t = {.engine = engine, .train = train, .options = &own, .curve = curve};
    t.unit = gm_loss_unit(gm_engine_network(engine), train->target_scaling);
    status = curve->points ? run_on_copy(&t, error)
                           : gm_fail_memory(error, "the curve", own.steps * sizeof *curve->points);
    if (status != GM_OK)
        gm_rate_curve_clear(curve);
    return status;
}

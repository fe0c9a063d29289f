/* The work of an engine: predictions, losses, gradients and steps. Each function checks its arguments, sees
 * to it that the weights are where the backend reads them (take_weights), and hands the batch and the task to
 * the pass. */
#include "nn/engine.h"
#include "base/element.h"
#include "base/error.h"
#include "base/lock.h"
#include "base/options.h"
#include "nn/layout.h"
#include "nn/optimizer.h"

#include <limits.h>
#include <math.h>
#include <stdatomic.h>

static gm_keeper *keeper_of(gm_engine *e)
{
    return e->shared ? &e->shared->keeper : &e->keeper;
}

/* Whether the newest weights are where the backend reads them. The network's block has the newest weights if
 * no copy is ahead of it. An engine that changes the block itself must be the keeper nevertheless, because
 * older copies would count as current otherwise. */
static bool has_weights(gm_engine *e)
{
    const gm_keeper *keeper = e->network->keeper;
    if (e->own)
        return keeper == keeper_of(e);
    return !keeper || (e->options.inference && !atomic_load_explicit(&keeper->ahead, memory_order_acquire));
}

/* Brings the newest weights to where the backend reads them. This must happen before a plan is made, because
 * the measurements for a plan read the weights. Several engines for inference may call it at the same time; a
 * lock lets one after the other in. One lock serves all networks, because copying is rare: it happens after a
 * network was changed, or after another kind of engine worked on it. */
static void take_weights(gm_engine *e)
{
    if (has_weights(e))
        return;
    gm_lock_take(GM_LOCK_WEIGHTS);
    if (!has_weights(e)) {
        gm_network_release(e->network);
        if (e->own) {
            e->numerics->take_weights(e->pass);
            e->network->keeper = keeper_of(e);
        }
    }
    gm_lock_release(GM_LOCK_WEIGHTS);
}

/* Remembers which of the engine's two buffers the caller uses now, if it is one of them. */
static inline void use_buffer(gm_engine *e, const void *x)
{
    const size_t other = 1 - e->used_buffer;
    if (x == e->buffer_x[other])
        e->used_buffer = other;
}

gm_plan gm_engine_plan(gm_engine *e, size_t rows)
{
    if (gm_team_ready(e->team, NULL) != GM_OK) /* the next step will say why */
        return (gm_plan){.threads = e->options.threads};
    take_weights(e);
    e->row_steps = (gm_row_steps){0}; /* because measurements overwrite the batch */
    return e->numerics->plan(e->pass, e->used_buffer, rows, true);
}

/* Makes the plan for a full batch now, because measurements for a plan write to the buffer. Later they would
 * destroy rows that the caller has put there. */
gm_batch_buffer gm_engine_buffer(gm_engine *e, size_t index)
{
    if (index > 1)
        return (gm_batch_buffer){.x = gm_no_array()};
    take_weights(e);
    e->row_steps = (gm_row_steps){0};
    if (gm_team_ready(e->team, NULL) == GM_OK)
        e->numerics->plan(e->pass, e->used_buffer, e->options.batch, false);
    return e->numerics->buffer(e->pass, index == 0 ? e->used_buffer : 1 - e->used_buffer);
}

static gm_status check_array(const gm_engine *e, const char *what, gm_array array, size_t cols,
                             gm_error *error)
{
    if (!array.data)
        return gm_fail(error, GM_USAGE, "%s: no data", what);
    if (array.rows == 0 || array.rows > e->options.batch)
        return gm_fail(error, GM_USAGE, "%s: %zu rows; expected 1 to %zu, the engine's batch", what,
                       array.rows, e->options.batch);
    if (array.cols != cols || array.ld < cols || array.ld > INT_MAX)
        return gm_fail(error, GM_USAGE, "%s: %zu columns, one row every %zu; expected %zu columns", what,
                       array.cols, array.ld, cols);
    return GM_OK;
}

static gm_type real_type(const gm_engine *e)
{
    return e->network->precision == GM_F64 ? GM_TYPE_F64 : GM_TYPE_F32;
}

/* Checks that an array has exactly this shape and the network's precision. */
static gm_status check_numbers(const gm_engine *e, const char *what, gm_array array, size_t rows, size_t cols,
                               gm_error *error)
{
    if (!array.data)
        return gm_fail(error, GM_USAGE, "%s: no data", what);
    if (array.type != real_type(e))
        return gm_fail(error, GM_USAGE, "%s: numbers of type %s; expected %s, the precision of the network",
                       what, gm_type_name(array.type), gm_precision_name(e->network->precision));
    if (array.rows != rows || array.cols != cols || array.ld < cols)
        return gm_fail(error, GM_USAGE, "%s: %zu x %zu numbers, one row every %zu; expected %zu x %zu", what,
                       array.rows, array.cols, array.ld, rows, cols);
    return GM_OK;
}

static gm_status check_outputs(const gm_engine *e, gm_mutable_array outputs, size_t rows, gm_error *error)
{
    return check_numbers(e, "outputs", gm_array_of(outputs), rows, e->outputs, error);
}

/* Checks a gradient: it has the shape of the network's block of parameters. */
static gm_status check_block(const gm_engine *e, gm_array block, gm_error *error)
{
    return check_numbers(e, "gradient", block, 1, e->network->parameter_count, error);
}

/* Notes that the engine's copy of the weights is newer than the block. It does not use an atomic exchange,
 * whose time would matter in a step of a small network. */
static inline void set_ahead(gm_engine *e)
{
    atomic_store_explicit(&e->keeper.ahead, true, memory_order_relaxed);
}

static gm_status run(gm_engine *e, const gm_job *job, double *loss, gm_error *error)
{
    if (job->task == GM_TASK_STEP || job->task == GM_TASK_CLIP)
        set_ahead(e);
    return e->numerics->run(e->pass, job, loss, error);
}

static gm_status run_forward(gm_engine *e, double *loss, gm_error *error)
{
    return run(e, &(gm_job){.task = GM_TASK_FORWARD}, loss, error);
}

/* Checks the batch and hands it to the pass; y may be NULL. */
static gm_status bind(gm_engine *e, gm_array x, const gm_array *y, gm_error *error)
{
    if (x.type == GM_TYPE_LABEL)
        return gm_fail(error, GM_USAGE, "inputs: labels cannot be inputs");
    gm_status status = check_array(e, "inputs", x, gm_network_inputs(e->network), error);
    if (status == GM_OK && y)
        status = check_array(e, "targets", *y, y->type == GM_TYPE_LABEL ? 1 : gm_network_outputs(e->network),
                             error);
    if (status == GM_OK)
        status = gm_team_ready(e->team, error);
    if (status == GM_OK && y && y->rows != x.rows)
        status =
            gm_fail(error, GM_USAGE, "targets: %zu rows; expected %zu, as the inputs have", y->rows, x.rows);
    if (status == GM_OK) {
        take_weights(e);
        use_buffer(e, x.data);
        status = e->numerics->bind(e->pass, e->used_buffer, x, y, error);
    }
    e->row_steps = e->numerics->row_steps(e->pass);
    return status;
}

gm_status gm_engine_predict(gm_engine *e, gm_array x, gm_mutable_array outputs, gm_error *error)
{
    gm_status status = bind(e, x, NULL, error);
    if (status == GM_OK)
        status = check_outputs(e, outputs, x.rows, error);
    if (status == GM_OK)
        status = run_forward(e, NULL, error);
    if (status == GM_OK)
        e->numerics->copy_outputs(e->pass, outputs.data, outputs.ld);
    return status;
}

gm_status gm_engine_loss(gm_engine *e, gm_array x, gm_array y, double *loss, gm_mutable_array outputs,
                         gm_error *error)
{
    gm_status status = bind(e, x, &y, error);
    if (status == GM_OK && outputs.data)
        status = check_outputs(e, outputs, x.rows, error);
    if (status == GM_OK)
        status = run_forward(e, loss, error);
    if (status == GM_OK && outputs.data)
        e->numerics->copy_outputs(e->pass, outputs.data, outputs.ld);
    return status;
}

static gm_status check_learns(const gm_engine *e, gm_error *error)
{
    if (e->options.inference)
        return gm_fail(error, GM_USAGE, "the engine was made for inference and cannot learn");
    if (e->averaged)
        return gm_fail(error, GM_USAGE,
                       "the network has its averaged weights; expected gm_engine_use_average(engine, false)");
    return GM_OK;
}

/* It is not inlined, because that would make the stack frame of a step of one row larger, and the step
 * slower. */
__attribute__((noinline)) static gm_status learn(gm_engine *e, gm_array x, gm_array y, const gm_job *job,
                                                 double *loss, gm_error *error)
{
    gm_status status = check_learns(e, error);
    if (status == GM_OK)
        status = bind(e, x, &y, error);
    return status == GM_OK ? run(e, job, loss, error) : status;
}

void gm_gradient_fill(gm_gradient *gradient, size_t size)
{
    const gm_gradient defaults = {.scale = 1};
    gm_options_fill(gradient, size, &defaults, sizeof defaults);
}

static gm_status check_weights(const gm_engine *e, gm_array weights, size_t rows, gm_error *error)
{
    const gm_status status = check_numbers(e, "weights", weights, rows, 1, error);
    for (size_t r = 0; r < rows && status == GM_OK; r++) {
        const double weight = gm_array_number(weights, r, 0);
        if (!(weight >= 0 && weight < INFINITY))
            return gm_fail(error, GM_USAGE,
                           "row %zu of the weights: %g; expected a finite number of at least 0", r, weight);
    }
    return status;
}

/* The caller's gm_gradient as a struct of the library's own version, checked. */
static gm_status read_gradient(const gm_engine *e, gm_gradient *own, const gm_gradient *gradient,
                               gm_error *error)
{
    *own = gm_gradient_default(gm_no_array());
    gm_status status = gm_options_read(own, sizeof *own, gradient, "gm_gradient", error);
    if (status == GM_OK)
        status = check_block(e, gm_array_of(own->block), error);
    if (status == GM_OK && !isfinite(own->scale))
        status =
            gm_fail(error, GM_USAGE, "the scale of the gradient is %g; expected a finite number", own->scale);
    return status;
}

gm_status gm_engine_gradient_to(gm_engine *e, gm_array x, gm_array y, const gm_gradient *gradient,
                                double *loss, gm_error *error)
{
    gm_gradient own;
    gm_status status = read_gradient(e, &own, gradient, error);
    if (status == GM_OK && own.weights.data)
        status = check_weights(e, own.weights, x.rows, error);
    const gm_job job = {.task = GM_TASK_GRADIENT, .gradient = &own, .weights = own.weights};
    return status == GM_OK ? learn(e, x, y, &job, loss, error) : status;
}

gm_status gm_engine_gradient(gm_engine *e, gm_array x, gm_array y, gm_mutable_array gradient, double *loss,
                             gm_error *error)
{
    const gm_gradient to = gm_gradient_default(gradient);
    return gm_engine_gradient_to(e, x, y, &to, loss, error);
}

gm_status gm_engine_apply(gm_engine *e, gm_array gradient, gm_error *error)
{
    gm_status status = check_learns(e, error);
    if (status == GM_OK)
        status = check_block(e, gradient, error);
    if (status == GM_OK)
        status = gm_team_ready(e->team, error);
    if (status != GM_OK)
        return status;
    take_weights(e);
    set_ahead(e);
    e->numerics->apply(e->pass, gradient.data);
    return GM_OK;
}

/* Whether the array is one row that a pass can read without conversion. */
static bool is_plain_row(gm_type real, const gm_array *array, size_t cols)
{
    return array->rows == 1 && array->cols == cols && array->type == real && array->data &&
           array->ld >= cols && array->ld <= INT_MAX;
}

/* Whether a step of one row may skip the usual checks, which take longer than the step of a small network.
 * That is so if the batch before it was one row, too, and neither of its arrays needs a conversion. */
static bool can_step_row(const gm_engine *e, const gm_array *x, const gm_array *y)
{
    const gm_network *n = e->network;
    const gm_type real = real_type(e);
    return e->row_steps.step && n->keeper == &e->keeper && is_plain_row(real, x, e->inputs) &&
           is_plain_row(real, y, e->outputs);
}

gm_status gm_engine_step(gm_engine *e, gm_array x, gm_array y, double *loss, gm_error *error)
{
    return gm_engine_step_beside(e, x, y, NULL, loss, error);
}

static gm_task step_task(const gm_engine *e)
{
    return gm_clips(&e->options) && !e->layout.norm_of_rows ? GM_TASK_CLIP : GM_TASK_STEP;
}

gm_status gm_engine_step_beside(gm_engine *e, gm_array x, gm_array y, const gm_side_work *beside,
                                double *loss, gm_error *error)
{
    if (!can_step_row(e, &x, &y)) {
        const gm_job job = {.task = step_task(e), .beside = beside};
        return learn(e, x, y, &job, loss, error);
    }
    set_ahead(e);
    use_buffer(e, x.data);
    e->row_steps.step(e->row_steps.context, x.data, y.data, loss);
    gm_side_work_do(beside);
    return GM_OK;
}

void gm_step_options_fill(gm_step_options *options, size_t size)
{
    const gm_step_options defaults = {0};
    gm_options_fill(options, size, &defaults, sizeof defaults);
}

/* A batch whose options are the caller's. */
static gm_status learn_with(gm_engine *e, gm_array x, gm_array y, gm_task task,
                            const gm_step_options *options, double *loss, gm_error *error)
{
    gm_step_options own = gm_step_options_default();
    gm_status status = gm_options_read(&own, sizeof own, options, "gm_step_options", error);
    if (status == GM_OK && own.weights.data)
        status = check_weights(e, own.weights, x.rows, error);
    const gm_job job = {.task = task, .beside = own.beside, .weights = own.weights};
    return status == GM_OK ? learn(e, x, y, &job, loss, error) : status;
}

gm_status gm_engine_step_with(gm_engine *e, gm_array x, gm_array y, const gm_step_options *options,
                              double *loss, gm_error *error)
{
    return learn_with(e, x, y, step_task(e), options, loss, error);
}

gm_status gm_engine_hold(gm_engine *e, gm_array x, gm_array y, const gm_step_options *options, double *loss,
                         gm_error *error)
{
    const gm_status status = check_learns(e, error);
    if (status == GM_OK && !e->options.accumulates)
        return gm_fail(error, GM_USAGE, "the engine was made without accumulates and holds no gradients");
    return status == GM_OK ? learn_with(e, x, y, GM_TASK_HOLD, options, loss, error) : status;
}

size_t gm_engine_held(const gm_engine *e)
{
    return e->numerics->held(e->pass);
}

static gm_status check_held(const gm_engine *e, gm_error *error)
{
    return gm_engine_held(e) > 0
               ? GM_OK
               : gm_fail(error, GM_USAGE, "no gradient is held; expected gm_engine_hold before");
}

gm_status gm_engine_held_gradient(const gm_engine *e, gm_mutable_array gradient, gm_error *error)
{
    gm_status status = check_held(e, error);
    if (status == GM_OK)
        status = check_block(e, gm_array_of(gradient), error);
    if (status == GM_OK)
        e->numerics->get_held(e->pass, gradient.data);
    return status;
}

gm_status gm_engine_step_held(gm_engine *e, gm_error *error)
{
    gm_status status = check_held(e, error);
    if (status == GM_OK)
        status = check_learns(e, error);
    if (status == GM_OK)
        status = gm_team_ready(e->team, error);
    if (status != GM_OK)
        return status;
    take_weights(e);
    set_ahead(e);
    e->numerics->apply_held(e->pass);
    return GM_OK;
}

void gm_engine_drop_held(gm_engine *e)
{
    e->numerics->drop_held(e->pass);
}

bool gm_engine_averages(const gm_engine *e)
{
    return gm_averages(&e->options);
}

gm_status gm_engine_use_average(gm_engine *e, bool use, gm_error *error)
{
    if (!gm_engine_averages(e))
        return gm_fail(error, GM_USAGE, "the engine was made without average_decay and averages nothing");
    if (use && gm_engine_steps(e) == 0)
        return gm_fail(error, GM_USAGE, "no step was taken, so there are no averaged weights");
    if (use == e->averaged)
        return GM_OK;
    take_weights(e);
    set_ahead(e);
    e->numerics->swap_average(e->pass);
    e->averaged = use;
    return GM_OK;
}

double gm_engine_rate(const gm_engine *e)
{
    return e->options.optimizer.rate;
}

gm_optimizer gm_engine_optimizer(const gm_engine *e)
{
    return e->options.optimizer;
}

void gm_engine_set_rate(gm_engine *e, double rate)
{
    e->options.optimizer.rate = rate;
}

gm_array gm_engine_view(const gm_engine *e, gm_view what, size_t layer)
{
    const bool is_there =
        what == GM_VIEW_Z || what == GM_VIEW_A || (what == GM_VIEW_DELTA && !e->options.inference);
    if (!is_there || layer >= e->network->layer_count)
        return gm_array_of(gm_no_array());
    return e->numerics->view(e->pass, what, layer);
}

size_t gm_engine_state_count(const gm_engine *e)
{
    return e->options.inference
               ? 0
               : gm_optimizer_state(e->options.optimizer.kind) + (size_t)gm_engine_averages(e);
}

static gm_status check_state(const gm_engine *e, size_t copy, gm_array block, gm_error *error)
{
    if (copy >= gm_engine_state_count(e))
        return gm_fail(error, GM_USAGE, "copy %zu of the optimizer's state; it keeps %zu", copy,
                       gm_engine_state_count(e));
    return check_numbers(e, "state", block, 1, e->network->parameter_count, error);
}

gm_status gm_engine_get_state(const gm_engine *e, size_t copy, gm_mutable_array block, gm_error *error)
{
    const gm_status status = check_state(e, copy, gm_array_of(block), error);
    if (status == GM_OK)
        e->numerics->get_state(e->pass, copy, block.data);
    return status;
}

gm_status gm_engine_set_state(gm_engine *e, size_t copy, gm_array block, gm_error *error)
{
    const gm_status status = check_state(e, copy, block, error);
    if (status == GM_OK)
        e->numerics->set_state(e->pass, copy, block.data);
    return status;
}

size_t gm_engine_steps(const gm_engine *e)
{
    return e->numerics->steps(e->pass);
}

void gm_engine_set_steps(gm_engine *e, size_t steps)
{
    e->numerics->set_steps(e->pass, steps);
}

/* One pass over a batch: forward, BP1, BP2; a barrier; BP3, BP4 and the update.
 *
 * Before the barrier, work is partitioned by rows of the batch, so that threads need no data from each other.
 * Or it is partitioned by weights: each thread has some outputs (forward) or some inputs (BP2) of every layer
 * that has enough of them, and there is a barrier after each such layer. BP2 reads the old W, because no W
 * changes before the main barrier. After it, work is always partitioned by weights (update_tmpl.c).
 *
 * A step of few rows takes each layer in one sweep instead. D of the layer is complete before the sweep
 * begins. A thread changes only those weights that no other thread's BP2 reads, and only after its own BP2
 * has read them.
 *
 * A gradient whose caller wants to hear of each layer is computed layer by layer, too: see
 * gradient_by_layers. */
#include "nn/mask.h"
#include "nn/pass.h"
#include "nn/pass_table.h"

static void wait_for_all(const gm_worker *w)
{
    if (w->batch->plan.threads > 1)
        TIMED(w, 0, GM_PHASE_WAIT, gm_team_barrier(w->bound->team));
}

static void forward(const gm_worker *w, gm_range own_rows)
{
    const gm_bound *b = w->bound;
    const gm_plan plan = w->batch->plan;
    const size_t all_rows = w->batch->rows;
    for (size_t l = 0; l < b->layer_count; l++) {
        const bool by_weights = gm_is_by_weights(b, l, all_rows, plan);
        const gm_range rows = by_weights ? gm_all(all_rows) : own_rows;
        const gm_range outputs =
            by_weights ? gm_own_outputs(b, l, w->thread, plan.threads) : gm_all(b->layers[l].view.w.rows);
        if (rows.count > 0 && outputs.count > 0)
            gm_forward_layer(w, l, rows, outputs);
        if (gm_barrier_after(b, l, all_rows, plan))
            wait_for_all(w);
    }
}

/* A thread's part of BP2 of layer l. */
static void hidden_delta(const gm_worker *w, size_t l, gm_range own_rows)
{
    const gm_bound *b = w->bound;
    const gm_plan plan = w->batch->plan;
    const size_t all_rows = w->batch->rows;
    const bool by_weights = gm_is_by_weights(b, l, all_rows, plan);
    const gm_range rows = by_weights ? gm_all(all_rows) : own_rows;
    const gm_range inputs =
        by_weights ? gm_own_inputs(b, l, w->thread, plan.threads) : gm_all(b->layers[l].view.w.cols);
    if (rows.count > 0 && inputs.count > 0)
        gm_hidden_delta(w, l, rows, inputs);
}

/* Computes all deltas but that of the inputs, which nobody needs. */
static void hidden_deltas(const gm_worker *w, gm_range own_rows)
{
    for (size_t l = w->bound->layer_count - 1; l > 0; l--) {
        if (gm_barrier_after(w->bound, l, w->batch->rows, w->batch->plan))
            wait_for_all(w);
        hidden_delta(w, l, own_rows);
    }
}

/* Calls the caller's function for layer l, unless an earlier call failed. */
static void call_hook(gm_layer_hook *hook, const gm_bound *b, size_t l)
{
    const gm_gradient *to = hook->gradient;
    const gm_layer *layer = &b->network->layers[l];
    REAL *block = to->block.data;
    const gm_precision precision = b->network->precision;
    const gm_layer_gradient done = {
        .layer = l,
        .weights = gm_mutable_real(block + layer->weights, precision, layer->outputs, layer->inputs),
        .biases = gm_mutable_real(block + layer->biases, precision, 1, layer->outputs),
    };
    if (hook->status == GM_OK)
        hook->status = to->layer_done(to->context, &done, hook->error);
}

/* The gradient layer by layer, for a caller who wants each layer's as soon as it is complete. No W changes
 * here, so BP4 of a layer need not wait for BP2 of the layers before it. While thread 0 is with the caller,
 * the other threads go on. */
static void gradient_by_layers(const gm_worker *w, gm_range own_rows)
{
    for (size_t l = w->bound->layer_count; l-- > 0;) {
        wait_for_all(w); /* D of this layer is complete */
        gm_update_layer(w, l);
        wait_for_all(w); /* and now its gradient */
        if (w->thread == 0)
            call_hook(w->batch->hook, w->bound, l);
        if (l > 0)
            hidden_delta(w, l, own_rows);
    }
}

/* Makes all D smaller if the norm of the gradient is above its bound. */
static void limit_norm(const gm_worker *w)
{
    TIMED(w, 0, GM_PHASE_UPDATE, gm_norm_square(w));
    wait_for_all(w);
    if (gm_norm_overflows(w)) {
        wait_for_all(w); /* all threads have read the sums */
        gm_norm_square_wide(w);
        wait_for_all(w);
    }
    TIMED(w, 0, GM_PHASE_UPDATE, gm_norm_limit(w));
    wait_for_all(w);
}

/* BP2 of all layers, BP3, BP4 and the updates. */
static void backward(const gm_worker *w, gm_range own_rows)
{
    const gm_bound *b = w->bound;
    const gm_plan plan = w->batch->plan;
    if (w->batch->hook) {
        gradient_by_layers(w, own_rows);
        return;
    }
    if (gm_sweeps(b, w->batch->rows, plan) && w->batch->norm <= 0) {
        for (size_t l = b->layer_count; l-- > 0;) {
            wait_for_all(w); /* D of this layer is complete */
            gm_sweep_layer(w, l, gm_own_inputs(b, l, w->thread, plan.threads));
        }
        return;
    }
    hidden_deltas(w, own_rows);
    wait_for_all(w);
    if (w->batch->norm > 0)
        limit_norm(w);
    gm_update(w);
}

/* Threads that have finished their part of the step take what is to be done beside it, piece by piece. */
static void work_beside(const gm_worker *w)
{
    const gm_side_work *beside = w->batch->beside;
    gm_team *team = w->bound->team;
    if (!beside)
        return;
    for (size_t i; gm_team_take(team, gm_team_threads(team), beside->pieces, &i);)
        beside->piece(beside->context, i);
}

/* The step from the stored gradient: its norm is known when all threads have summed the squares of their
 * parts of it. */
static void step_stored(const gm_pass *p, size_t thread)
{
    const gm_worker w = gm_worker_of(&p->bound, &p->stored.batch, thread);
    wait_for_all(&w);
    if (p->stored.norm > 0) {
        gm_square_stored(&w, &p->stored);
        wait_for_all(&w);
    }
    gm_apply_stored(&w, &p->stored);
}

/* What each thread does. */
static void work(void *context, size_t thread)
{
    const gm_pass *p = context;
    const gm_worker w = gm_worker_of(&p->bound, &p->batch, thread);
    const gm_range rows = gm_team_range(p->batch.rows, GM_ROW_GRAIN, thread, p->batch.plan.threads);
    double loss = 0;
    forward(&w, rows);
    if (rows.count > 0) {
        loss = gm_output(&w, rows);
        if (p->batch.backward)
            gm_output_delta(&w, rows); /* BP1 */
    }
    if (p->batch.backward) {
        p->batch.losses[thread * LOSS_STRIDE] = loss;
        backward(&w, rows);
        if (p->stored.wanted)
            step_stored(p, thread);
    }
    work_beside(&w);
    if (p->batch.profile) /* the team waits at the end of the work in any case; here the wait is seen */
        wait_for_all(&w);
}

gm_row_steps gm_pass_row_steps(const gm_pass *p)
{
    gm_online *online = p->bound.online;
    if (p->batch.rows != 1 || !gm_online_takes(online, 1))
        return (gm_row_steps){0};
    return (gm_row_steps){online->step, online};
}

/* Does a whole step of few rows with src/online. */
static void run_online(const gm_pass *p, const gm_side_work *beside, double *loss)
{
    gm_online *online = p->bound.online;
    if (p->batch.rows == 1)
        online->step(online, p->batch.x.data, p->batch.y.data, loss);
    else
        online->step_rows(online, p->batch.x, p->batch.y, loss);
    gm_side_work_do(beside);
}

/* The mean loss of the batch. Without a backward pass it is the same for any number of threads: sums of
 * blocks are added in the order of the rows. In a step, which need not stop for it, the sums of the threads
 * are. */
static double mean_loss(const gm_pass_batch *batch)
{
    const bool threads = batch->backward;
    const size_t count = threads ? batch->plan.threads : gm_pieces(batch->rows, GM_ROW_GRAIN);
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += batch->losses[threads ? i * LOSS_STRIDE : i];
    return batch->weight > 0 ? sum / batch->weight : 0;
}

/* How much each row of the batch counts. */
static void take_row_weights(gm_pass_batch *batch, gm_array weights)
{
    batch->weights = (gm_mat){(REAL *)weights.data, weights.rows, weights.cols, weights.ld}; /* read only */
    batch->weight = (double)batch->rows;
    if (weights.data) {
        batch->weight = 0;
        for (size_t r = 0; r < batch->rows; r++)
            batch->weight += (double)*gm_row(batch->weights, r);
    }
    batch->scale = batch->weight > 0 ? 1 / (REAL)batch->weight : 0;
}

/* Nothing is held from now on. */
void gm_pass_drop_held(gm_pass *p)
{
    p->held = 0;
    p->held_rows = 0;
}

/* The next step of the optimizer: its rule, its constants, and the average that follows it. */
static void prepare_update(gm_pass *p, gm_pass_batch *batch)
{
    gm_update_prepare(batch, p->bound.optimizer, ++p->steps);
    batch->averages = p->bound.average != NULL;
    batch->average_keep = p->steps > 1 ? p->bound.average_decay : 0;
}

/* The optimizer's step from the stored gradient, which is the mean one after multiplication by `mean`. */
static void prepare_stored(gm_pass *p, double mean, gm_plan plan)
{
    p->stored.batch = (gm_pass_batch){.plan = plan, .profile = p->batch.profile};
    p->stored.mean = mean;
    prepare_update(p, &p->stored.batch);
}

/* The gradients of several batches are added as sums, because only at the end it is known how many rows they
 * are the mean of. */
static void hold(gm_pass *p)
{
    gm_store_prepare(&p->batch, p->held_rows > 0);
    p->batch.scale = 1;
    p->held += p->batch.weight;
    p->held_rows += p->batch.rows;
}

/* Dropout of the batch. A gradient has the mask of the step that may follow it. The rows of batches that are
 * held are counted on, so that together they have the mask of one batch. */
static void prepare_dropout(gm_pass *p, gm_task task)
{
    p->batch.drops = p->bound.drops && task != GM_TASK_FORWARD;
    p->batch.mask = gm_mask_of_step(p->bound.dropout_seed, p->steps + 1);
    p->batch.first_row = task == GM_TASK_HOLD ? p->held_rows : 0;
}

static void prepare(gm_pass *p, const gm_job *job)
{
    gm_pass_batch *batch = &p->batch;
    take_row_weights(batch, job->weights);
    prepare_dropout(p, job->task);
    batch->averages = false;
    batch->norm = job->task == GM_TASK_STEP ? p->bound.norm : 0;
    p->stored.wanted = job->task == GM_TASK_CLIP;
    switch (job->task) {
    case GM_TASK_FORWARD:
        break;
    case GM_TASK_GRADIENT:
        gm_gradient_prepare(batch, job->gradient);
        break;
    case GM_TASK_STEP:
        gm_pass_drop_held(p);
        prepare_update(p, batch);
        break;
    case GM_TASK_CLIP:
        gm_pass_drop_held(p);
        gm_store_prepare(batch, false);
        prepare_stored(p, 1, batch->plan);
        break;
    case GM_TASK_HOLD:
        hold(p);
        break;
    }
}

/* Wakes no other thread if the work is for one. */
static void run_team(const gm_pass *p, size_t threads, gm_team_work work_of, void *context)
{
    if (threads > 1)
        gm_team_run(p->bound.team, work_of, context);
    else
        gm_team_run_alone(p->bound.team, work_of, context);
}

gm_status gm_pass_run(gm_pass *p, const gm_job *job, double *loss, gm_error *error)
{
    gm_pass_batch *batch = &p->batch;
    gm_planner *planner = &p->planner;
    gm_layer_hook hook = {job->gradient, GM_OK, error};
    const gm_task task = job->task;
    if (task == GM_TASK_STEP && !job->weights.data && gm_online_takes(p->bound.online, batch->rows)) {
        run_online(p, job->beside, loss);
        return GM_OK;
    }
    batch->beside = job->beside;
    batch->judged = loss && batch->y.data;
    batch->backward = task != GM_TASK_FORWARD;
    batch->hook = job->gradient && job->gradient->layer_done ? &hook : NULL;
    prepare(p, job);
    const bool watched = task == GM_TASK_STEP && batch->rows == planner->watched_rows;
    const uint64_t begin = watched ? gm_clock() : 0;
    run_team(p, batch->plan.threads, work, p);
    if (loss)
        *loss = mean_loss(batch);
    if (watched) {
        gm_watch_step(&planner->watch, gm_clock_seconds(begin, gm_clock()));
        batch->plan = gm_watch_plan(&planner->watch);
    }
    batch->hook = NULL; /* the hook is a local variable of this function */
    return hook.status;
}

/* With fewer parameters than this, one thread applies a gradient in less time than it takes to wake other
 * threads. */
#define APPLY_ALONE 32768

static gm_plan apply_plan(const gm_pass *p)
{
    const bool alone = p->bound.network->parameter_count < APPLY_ALONE || p->batch.plan.threads == 1;
    return (gm_plan){.threads = alone ? 1 : gm_team_threads(p->bound.team)};
}

static void apply_work(void *context, size_t thread)
{
    const gm_apply_job *job = context;
    const gm_worker w = gm_worker_of(job->bound, &job->batch, thread);
    gm_apply_gradient(&w);
}

/* Uses a batch of its own, so that the current batch, its plan and its views do not change. */
void gm_pass_apply(gm_pass *p, const void *gradient)
{
    const gm_bound *b = &p->bound;
    gm_apply_job job = {.bound = b,
                        .batch = {.plan = apply_plan(p),
                                  .gradient = (REAL *)gradient, /* read only */
                                  .profile = p->batch.profile}};
    prepare_update(p, &job.batch);
    run_team(p, job.batch.plan.threads, apply_work, &job);
}

static void apply_held_work(void *context, size_t thread)
{
    step_stored(context, thread);
}

void gm_pass_apply_held(gm_pass *p)
{
    const double mean = p->held > 0 ? 1 / p->held : 0;
    prepare_stored(p, mean, apply_plan(p));
    gm_pass_drop_held(p);
    run_team(p, p->stored.batch.plan.threads, apply_held_work, p);
}

size_t gm_pass_held(const gm_pass *p)
{
    return p->held_rows;
}

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
#include "nn/pass.h"
#include "base/denormals.h"
#include "base/error.h"
#include "base/memory.h"
#include "nn/numerics.h"

#include <string.h>

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

/* Layer 1 has nothing before it that could learn: its D W is never computed. */
static void hidden_deltas(const gm_worker *w, gm_range own_rows)
{
    for (size_t l = w->bound->layer_count - 1; l > 0; l--) {
        if (gm_barrier_after(w->bound, l, w->batch->rows, w->batch->plan))
            wait_for_all(w);
        hidden_delta(w, l, own_rows);
    }
}

/* Tells the caller of layer l, unless an earlier call failed. */
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

/* BP2 of all layers, BP3, BP4 and the updates. */
static void backward(const gm_worker *w, gm_range own_rows)
{
    const gm_bound *b = w->bound;
    const gm_plan plan = w->batch->plan;
    if (w->batch->hook) {
        gradient_by_layers(w, own_rows);
        return;
    }
    if (gm_sweeps(b, w->batch->rows, plan)) {
        for (size_t l = b->layer_count; l-- > 0;) {
            wait_for_all(w); /* D of this layer is complete */
            gm_sweep_layer(w, l, gm_own_inputs(b, l, w->thread, plan.threads));
        }
        return;
    }
    hidden_deltas(w, own_rows);
    wait_for_all(w);
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

static gm_row_steps row_steps(const gm_pass *p)
{
    gm_online *online = p->bound.online;
    if (p->batch.rows != 1 || !gm_online_takes(online, 1))
        return (gm_row_steps){0};
    return (gm_row_steps){online->step, online};
}

/* A step of few rows in one go. */
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
static void drop_held(gm_pass *p)
{
    p->held = 0;
    p->held_rows = 0;
}

/* The optimizer's step from the stored gradient, which is the mean one after multiplication by `mean`. */
static void prepare_stored(gm_pass *p, double mean, gm_plan plan)
{
    p->stored.batch = (gm_pass_batch){.plan = plan, .profile = p->batch.profile};
    p->stored.mean = mean;
    gm_update_prepare(&p->stored.batch, p->bound.optimizer, ++p->steps);
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

static void prepare(gm_pass *p, const gm_job *job)
{
    gm_pass_batch *batch = &p->batch;
    take_row_weights(batch, job->weights);
    p->stored.wanted = job->task == GM_TASK_CLIP;
    switch (job->task) {
    case GM_TASK_FORWARD:
        break;
    case GM_TASK_GRADIENT:
        gm_gradient_prepare(batch, job->gradient);
        break;
    case GM_TASK_STEP:
        drop_held(p);
        gm_update_prepare(batch, p->bound.optimizer, ++p->steps);
        break;
    case GM_TASK_CLIP:
        drop_held(p);
        gm_store_prepare(batch, false);
        prepare_stored(p, 1, batch->plan);
        break;
    case GM_TASK_HOLD:
        hold(p);
        break;
    }
}

static gm_status run(gm_pass *p, const gm_job *job, double *loss, gm_error *error)
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
    if (batch->plan.threads > 1)
        gm_team_run(p->bound.team, work, p);
    else
        gm_team_run_alone(p->bound.team, work, p);
    if (loss)
        *loss = mean_loss(batch);
    if (watched) {
        gm_watch_step(&planner->watch, gm_clock_seconds(begin, gm_clock()));
        batch->plan = gm_watch_plan(&planner->watch);
    }
    batch->hook = NULL; /* it ends with this function */
    return hook.status;
}

/* With fewer parameters than this, one thread has applied a gradient before others are awake. */
#define APPLY_ALONE 32768

static void apply_work(void *context, size_t thread)
{
    const gm_apply_job *job = context;
    const gm_worker w = gm_worker_of(job->bound, &job->batch, thread);
    gm_apply_gradient(&w);
}

/* It works on a batch of its own, because the batch at work, its plan and its views stay as they are. */
static void apply(gm_pass *p, const void *gradient)
{
    const gm_bound *b = &p->bound;
    const bool alone = b->network->parameter_count < APPLY_ALONE || p->batch.plan.threads == 1;
    gm_apply_job job = {.bound = b,
                        .batch = {.plan.threads = alone ? 1 : gm_team_threads(b->team),
                                  .gradient = (REAL *)gradient, /* read only */
                                  .profile = p->batch.profile}};
    gm_update_prepare(&job.batch, b->optimizer, ++p->steps);
    if (alone)
        gm_team_run_alone(b->team, apply_work, &job);
    else
        gm_team_run(b->team, apply_work, &job);
}

static void apply_held_work(void *context, size_t thread)
{
    step_stored(context, thread);
}

static void apply_held(gm_pass *p)
{
    const gm_bound *b = &p->bound;
    const bool alone = b->network->parameter_count < APPLY_ALONE || p->batch.plan.threads == 1;
    const double mean = p->held > 0 ? 1 / p->held : 0;
    prepare_stored(p, mean, (gm_plan){.threads = alone ? 1 : gm_team_threads(b->team)});
    drop_held(p);
    if (alone)
        gm_team_run_alone(b->team, apply_held_work, p);
    else
        gm_team_run(b->team, apply_held_work, p);
}

static size_t held(const gm_pass *p)
{
    return p->held_rows;
}

/* Row r of an array of any type but labels, as REAL. */
static void convert_row(gm_array array, size_t r, REAL *out)
{
    const size_t first = r * array.ld;
    switch (array.type) {
    case GM_TYPE_F32:
        for (size_t c = 0; c < array.cols; c++)
            out[c] = (REAL)((const float *)array.data)[first + c];
        break;
    case GM_TYPE_F64:
        for (size_t c = 0; c < array.cols; c++)
            out[c] = (REAL)((const double *)array.data)[first + c];
        break;
    default:
        for (size_t c = 0; c < array.cols; c++)
            out[c] = (REAL)((const uint8_t *)array.data)[first + c];
    }
}

/* The array itself if it holds REAL already, else its copy at `own`. */
static gm_mat take(gm_array array, gm_mat own)
{
    const gm_type real = GM_REAL_BITS == 32 ? GM_TYPE_F32 : GM_TYPE_F64;
    if (array.type == real)
        return (gm_mat){(REAL *)array.data, array.rows, array.cols, array.ld}; /* read only, by every pass */
    own.rows = array.rows;
    const unsigned mode = gm_flush_denormals();
    for (size_t r = 0; r < array.rows; r++)
        convert_row(array, r, gm_row(own, r));
    gm_restore_denormals(mode);
    return own;
}

static gm_status take_labels(gm_array array, gm_mat own, gm_mat *y, gm_error *error)
{
    const uint32_t *labels = array.data;
    own.rows = array.rows;
    for (size_t r = 0; r < array.rows; r++) {
        const uint32_t label = labels[r * array.ld];
        if (label >= own.cols)
            return gm_fail(error, GM_USAGE, "row %zu of the targets: label %u; expected one below %zu", r,
                           label, own.cols);
        memset(gm_row(own, r), 0, own.cols * sizeof(REAL));
        gm_row(own, r)[label] = 1;
    }
    *y = own;
    return GM_OK;
}

/* Full batches, which most are, have their steps watched. */
static gm_plan plan(gm_pass *p, size_t buffer, size_t rows, bool predicted)
{
    gm_planner *planner = &p->planner;
    planner->buffer = buffer;
    if (rows == p->bound.own_x[0].rows && planner->watched_rows == 0)
        gm_watch_rows(planner, &p->bound, rows);
    return rows == planner->watched_rows ? gm_watch_plan(&planner->watch)
                                         : gm_make_plan(planner, &p->bound, rows, predicted);
}

static gm_status bind(gm_pass *p, size_t buffer, gm_array x, const gm_array *y, gm_error *error)
{
    gm_pass_batch *batch = &p->batch;
    if (x.rows != batch->rows)
        batch->plan = plan(p, buffer, x.rows, false);
    batch->rows = x.rows;
    batch->x = take(x, p->bound.own_x[buffer]);
    batch->y = (gm_mat){0};
    if (y && y->type == GM_TYPE_LABEL)
        return take_labels(*y, p->bound.own_y[buffer], &batch->y, error);
    if (y)
        batch->y = take(*y, p->bound.own_y[buffer]);
    return GM_OK;
}

static void copy_outputs(const gm_pass *p, void *outputs, size_t ld)
{
    const gm_mat a = p->bound.layers[p->bound.layer_count - 1].a;
    for (size_t r = 0; r < p->batch.rows; r++)
        memcpy((REAL *)outputs + r * ld, gm_row(a, r), a.cols * sizeof(REAL));
}

static gm_mutable_array array_of(gm_mat m)
{
    return (gm_mutable_array){m.data, GM_REAL_BITS == 32 ? GM_TYPE_F32 : GM_TYPE_F64, m.rows, m.cols, m.ld};
}

static gm_batch_buffer buffer(const gm_pass *p, size_t index)
{
    return (gm_batch_buffer){array_of(p->bound.own_x[index]), array_of(p->bound.own_y[index])};
}

static gm_array view(const gm_pass *p, gm_view what, size_t layer)
{
    const gm_pass_layer *l = &p->bound.layers[layer];
    const gm_mat m = what == GM_VIEW_Z ? l->z : what == GM_VIEW_A ? l->a : l->d;
    return (gm_array){m.data, GM_REAL_BITS == 32 ? GM_TYPE_F32 : GM_TYPE_F64, p->batch.rows, m.cols, m.ld};
}

static void destroy(gm_pass *p)
{
    if (!p)
        return;
    gm_free(p->bound.layers);
    gm_free(p->bound.online);
    gm_free(p->planner.costs.layers);
    gm_free(p->batch.losses);
    gm_free(p->bound.squares);
    gm_free(p);
}

static gm_pass_layer bind_layer(const gm_backend *backend, size_t index, const gm_binding *b)
{
    const gm_layer *layer = &b->network->layers[index];
    const gm_layer_layout *layout = &b->layouts[index];
    const size_t batch = b->layout->batch, out = layer->outputs, in = layer->inputs;
    REAL *workspace = b->workspace, *parameters = b->own ? b->own : b->network->parameters;
    return (gm_pass_layer){
        .view = {.w = {parameters + layout->weights, out, in, in},
                 .b = parameters + layout->biases,
                 .ones = workspace + b->layout->ones,
                 .trace = b->options->trace,
                 .index = index},
        .f = &gm_activation_kernels[layer->activation],
        .z = {workspace + layout->z, batch, out, layout->ld},
        .a = {workspace + layout->a, batch, out, layout->ld},
        .d = {workspace + layout->d, batch, out, layout->ld},
        .weights = layout->weights,
        .biases = layout->biases,
        .tile_rows = gm_tile_rows(layer, b->network->precision),
        .dense = layout->ld == gm_padded(backend->storage, out),
    };
}

gm_online *gm_pass_create_online(const gm_bound *b, const gm_optimizer *optimizer)
{
    gm_online_view *layers = gm_alloc(b->layer_count, sizeof *layers);
    if (!layers)
        return NULL;
    for (size_t l = 0; l < b->layer_count; l++) {
        const gm_pass_layer *layer = &b->layers[l];
        layers[l] = (gm_online_view){
            .w = b->parameters + layer->weights,
            .b = b->parameters + layer->biases,
            .z = layer->z,
            .a = layer->a,
            .d = layer->d,
            .inputs = layer->view.w.cols,
            .outputs = layer->view.w.rows,
            .activation = b->network->layers[l].activation,
        };
    }
    const gm_online_problem problem = {
        .backend = b->backend,
        .optimizer = optimizer,
        .loss = b->network->loss,
        .loss_from_z = b->loss->from_z,
        .batch = b->own_x[0].rows,
        .parameter_count = b->network->parameter_count,
        .layer_count = b->layer_count,
        .layers = layers,
    };
    gm_online *online = gm_online_create(&problem);
    gm_free(layers);
    return online;
}

static gm_bound bound_of(const gm_binding *b, gm_pass_layer *layers)
{
    const gm_network *network = b->network;
    const gm_layout *layout = b->layout;
    REAL *workspace = b->workspace;
    gm_bound bound = {
        .backend = gm_backend_find(b->options->backend),
        .loss = &gm_loss_kernels[network->loss],
        .layers = layers,
        .layer_count = network->layer_count,
        .team = b->team,
        .network = network,
        .optimizer = &b->options->optimizer,
        .learns = !b->options->inference,
        .parameters = b->own ? b->own : network->parameters,
        .state = (REAL *)b->state + layout->first_copy,
        .next_copy = layout->next_copy,
        .stored = gm_stores_gradient(b->options) ? (REAL *)b->state + layout->gradient : NULL,
        .stored_count = layout->parameters,
        .tiles = workspace + layout->tile,
        .tile_size = layout->tile_size,
        .scratch = workspace + layout->scratch,
        .scratch_size = layout->scratch_size,
    };
    for (size_t i = 0; i < (b->options->inference ? 1 : 2); i++) {
        bound.own_x[i] =
            (gm_mat){workspace + layout->x[i], layout->batch, gm_network_inputs(network), layout->x_ld};
        bound.own_y[i] =
            (gm_mat){workspace + layout->y[i], layout->batch, gm_network_outputs(network), layout->y_ld};
    }
    for (size_t i = 0; i < layout->batch; i++)
        workspace[layout->ones + i] = 1;
    for (size_t l = 0; l < network->layer_count; l++)
        layers[l] = bind_layer(bound.backend, l, b);
    return bound;
}

static gm_pass *create(const gm_binding *b)
{
    const size_t count = b->network->layer_count;
    gm_pass *p = gm_alloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->bound.layers = gm_alloc(count, sizeof *p->bound.layers);
    p->planner.costs.layers = gm_alloc(count, sizeof *p->planner.costs.layers);
    const size_t losses =
        gm_max(gm_team_threads(b->team) * LOSS_STRIDE, gm_pieces(b->layout->batch, GM_ROW_GRAIN));
    p->batch.losses = gm_alloc(losses, sizeof *p->batch.losses);
    if (!p->bound.layers || !p->planner.costs.layers || !p->batch.losses) {
        destroy(p);
        return NULL;
    }
    p->bound = bound_of(b, p->bound.layers);
    if (p->bound.stored) {
        p->bound.squares = gm_alloc(gm_square_chunks(p->bound.stored_count), sizeof *p->bound.squares);
        if (!p->bound.squares) {
            destroy(p);
            return NULL;
        }
    }
    p->stored.norm = b->options->clip_norm;
    p->stored.value = b->options->clip_value;
    p->planner.chooses = b->chooses;
    p->batch.profile = b->options->profile;
    const bool clips = p->stored.norm > 0 || p->stored.value > 0;
    if (p->bound.learns && !p->batch.profile && !clips)
        p->bound.online = gm_pass_create_online(&p->bound, p->bound.optimizer);
    return p;
}

static const char *backend_name(size_t index)
{
    const gm_backend *backend = gm_backend_at(index);
    return backend ? backend->name : NULL;
}

static const char *backend_summary(size_t index)
{
    const gm_backend *backend = gm_backend_at(index);
    return backend ? backend->summary : NULL;
}

static const char *kernels(const char *backend)
{
    return gm_backend_find(backend)->kernels;
}

static bool fast(const char *backend)
{
    return gm_backend_find(backend)->fast;
}

static bool calls_blas(const char *backend)
{
    return gm_backend_find(backend)->calls_blas;
}

static const gm_storage *storage(const char *backend)
{
    return gm_backend_find(backend)->storage;
}

static size_t scratch_size(const char *name, size_t in, size_t out)
{
    const gm_backend *backend = gm_backend_find(name);
    return backend->scratch_size ? backend->scratch_size(in, out) : 0;
}

static void take_weights(gm_pass *p)
{
    gm_pack_block(&p->bound, p->bound.network->parameters, p->bound.parameters);
}

static void give_weights(gm_pass *p)
{
    gm_unpack_block(&p->bound, p->bound.parameters, p->bound.network->parameters);
}

static void get_state(const gm_pass *p, size_t copy, void *block)
{
    gm_unpack_block(&p->bound, p->bound.state + copy * p->bound.next_copy, block);
}

static void set_state(gm_pass *p, size_t copy, const void *block)
{
    gm_pack_block(&p->bound, block, p->bound.state + copy * p->bound.next_copy);
}

static size_t steps(const gm_pass *p)
{
    return p->steps;
}

static void set_steps(gm_pass *p, size_t count)
{
    p->steps = count;
}

const gm_numerics GM_TYPED(gm_numerics) = {
    .backend_name = backend_name,
    .backend_summary = backend_summary,
    .kernels = kernels,
    .fast = fast,
    .calls_blas = calls_blas,
    .storage = storage,
    .scratch_size = scratch_size,
    .create = create,
    .destroy = destroy,
    .bind = bind,
    .run = run,
    .apply = apply,
    .held = held,
    .apply_held = apply_held,
    .drop_held = drop_held,
    .row_steps = row_steps,
    .copy_outputs = copy_outputs,
    .view = view,
    .buffer = buffer,
    .plan = plan,
    .take_weights = take_weights,
    .give_weights = give_weights,
    .get_state = get_state,
    .set_state = set_state,
    .steps = steps,
    .set_steps = set_steps,
};

/* One pass over a batch: forward, BP1, BP2; a barrier; BP3, BP4 and update by rows of W.
 *
 * What comes before the barrier is cut by rows of the batch: nobody needs anybody. Or by weights: every
 * thread has its outputs (forward) or inputs (BP2) of each layer that has enough of them, and they meet after
 * each of these. BP2 of a layer reads the old W, because no W changes before the barrier. With few rows each
 * layer is one sweep instead: its D is complete before, and of W a thread changes only what no other thread's
 * BP2 reads, after its own has read it.
 */
#include "nn/pass.h"
#include "base/denormals.h"
#include "base/error.h"
#include "base/memory.h"
#include "nn/numerics.h"

#include <string.h>

static void wait_for_all(const gm_pass *p, size_t thread)
{
    if (p->plan.threads > 1)
        TIMED(p, thread, 0, GM_PHASE_WAIT, gm_team_barrier(p->team));
}

static void forward(const gm_pass *p, gm_share own_rows, size_t thread)
{
    for (size_t l = 0; l < p->layer_count; l++) {
        const bool cut = gm_cuts_layer(p, l, p->rows, p->plan);
        const gm_share rows = cut ? gm_all(p->rows) : own_rows;
        const gm_share outputs =
            cut ? gm_own_outputs(p, l, thread, p->plan.threads) : gm_all(p->layers[l].view.w.rows);
        if (rows.count > 0 && outputs.count > 0)
            gm_forward_layer(p, l, rows, outputs, thread);
        if (gm_meets_after(p, l, p->rows, p->plan))
            wait_for_all(p, thread);
    }
}

/* Layer 1 has nothing before it that could learn: its D W is never computed. */
static void hidden_deltas(const gm_pass *p, gm_share own_rows, size_t thread)
{
    for (size_t l = p->layer_count - 1; l > 0; l--) {
        if (gm_meets_after(p, l, p->rows, p->plan))
            wait_for_all(p, thread);
        const bool cut = gm_cuts_layer(p, l, p->rows, p->plan);
        const gm_share rows = cut ? gm_all(p->rows) : own_rows;
        const gm_share inputs =
            cut ? gm_own_inputs(p, l, thread, p->plan.threads) : gm_all(p->layers[l].view.w.cols);
        if (rows.count > 0 && inputs.count > 0)
            gm_hidden_delta(p, l, rows, inputs, thread);
    }
}

/* BP2 of all layers, BP3, BP4 and the updates. */
static void backward(const gm_pass *p, gm_share own_rows, size_t thread)
{
    const size_t threads = p->plan.threads;
    if (gm_sweeps(p, p->rows, p->plan)) {
        for (size_t l = p->layer_count; l-- > 0;) {
            wait_for_all(p, thread); /* D of this layer is complete */
            gm_sweep_layer(p, l, gm_own_inputs(p, l, thread, threads), thread);
        }
        return;
    }
    hidden_deltas(p, own_rows, thread);
    wait_for_all(p, thread);
    gm_update(p, thread);
}

/* Threads that are done with their part of the step take what is beside it, piece by piece. */
static void work_beside(const gm_pass *p)
{
    const gm_side_work *beside = p->beside;
    if (!beside)
        return;
    for (size_t i; gm_team_take(p->team, gm_team_threads(p->team), beside->pieces, &i);)
        beside->piece(beside->context, i);
}

static void work(void *context, size_t thread)
{
    const gm_pass *p = context;
    const gm_share rows = gm_team_share(p->rows, GM_ROW_GRAIN, thread, p->plan.threads);
    double loss = 0;
    forward(p, rows, thread);
    if (rows.count > 0) {
        loss = gm_output(p, rows, thread);
        if (p->backward)
            gm_output_delta(p, rows, thread); /* BP1 */
    }
    p->losses[thread * LOSS_STRIDE] = loss;
    if (p->backward)
        backward(p, rows, thread);
    work_beside(p);
    if (p->profile) /* the team waits at the end of the work in any case; here the wait is seen */
        wait_for_all(p, thread);
}

static gm_row_steps row_steps(const gm_pass *p)
{
    if (p->rows != 1 || !gm_online_takes(p->online, 1))
        return (gm_row_steps){0};
    return (gm_row_steps){p->online->step, p->online};
}

/* A step of few rows in one go. */
static void run_online(const gm_pass *p, const gm_side_work *beside, double *loss)
{
    if (p->rows == 1)
        p->online->step(p->online, p->x.data, p->y.data, loss);
    else
        p->online->step_rows(p->online, p->x, p->y, loss);
    gm_side_work_do(beside);
}

static void run(gm_pass *p, gm_task task, const gm_side_work *beside, void *gradient, double *loss)
{
    if (task == GM_TASK_STEP && gm_online_takes(p->online, p->rows)) {
        run_online(p, beside, loss);
        return;
    }
    p->beside = beside;
    p->judged = loss && p->y.data;
    p->backward = task != GM_TASK_FORWARD;
    p->rule = task == GM_TASK_GRADIENT ? &gm_store_gradient : &gm_update_rules[p->optimizer->kind];
    p->gradient = gradient;
    if (task == GM_TASK_STEP)
        gm_update_prepare(p);
    const bool watched = task == GM_TASK_STEP && p->rows == p->watched_rows;
    const uint64_t begin = watched ? gm_clock() : 0;
    if (p->plan.threads > 1)
        gm_team_run(p->team, work, p);
    else
        gm_team_run_alone(p->team, work, p);
    double sum = 0;
    for (size_t thread = 0; thread < p->plan.threads;
         thread++) /* in this order, so that sums repeat to the bit while the plan stays */
        sum += p->losses[thread * LOSS_STRIDE];
    if (loss)
        *loss = sum / (double)p->rows;
    if (watched) {
        gm_watch_step(&p->watch, gm_clock_seconds(begin, gm_clock()));
        p->plan = gm_watch_plan(&p->watch);
    }
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
static gm_plan plan(gm_pass *p, size_t rows, bool predicted)
{
    if (rows == p->own_x.rows && p->watched_rows == 0)
        gm_watch_rows(p, rows);
    return rows == p->watched_rows ? gm_watch_plan(&p->watch) : gm_make_plan(p, rows, predicted);
}

static gm_status bind(gm_pass *p, gm_array x, const gm_array *y, gm_error *error)
{
    if (x.rows != p->rows)
        p->plan = plan(p, x.rows, false);
    p->rows = x.rows;
    p->x = take(x, p->own_x);
    p->y = (gm_mat){0};
    for (size_t l = 0; l < p->layer_count; l++)
        p->layers[l].view.batch = x.rows;
    if (y && y->type == GM_TYPE_LABEL)
        return take_labels(*y, p->own_y, &p->y, error);
    if (y)
        p->y = take(*y, p->own_y);
    return GM_OK;
}

static void copy_outputs(const gm_pass *p, void *outputs)
{
    const gm_mat a = p->layers[p->layer_count - 1].a;
    for (size_t r = 0; r < p->rows; r++)
        memcpy((REAL *)outputs + r * a.cols, gm_row(a, r), a.cols * sizeof(REAL));
}

static gm_array view(const gm_pass *p, gm_view what, size_t layer)
{
    const gm_pass_layer *l = &p->layers[layer];
    const gm_mat m = what == GM_VIEW_Z ? l->z : what == GM_VIEW_A ? l->a : l->d;
    return (gm_array){m.data, GM_REAL_BITS == 32 ? GM_TYPE_F32 : GM_TYPE_F64, p->rows, m.cols, m.ld};
}

static void destroy(gm_pass *p)
{
    if (!p)
        return;
    gm_free(p->layers);
    gm_free(p->costs.layers);
    gm_free(p->losses);
    gm_free(p->online);
    gm_free(p);
}

static void bind_layer(gm_pass *p, size_t index, const gm_binding *b)
{
    const gm_layer *layer = &b->network->layers[index];
    const gm_layer_layout *place = &b->places[index];
    const size_t batch = b->layout->batch, out = layer->outputs, in = layer->inputs;
    REAL *workspace = b->workspace, *parameters = b->own ? b->own : b->network->parameters;
    p->layers[index] = (gm_pass_layer){
        .view = {.w = {parameters + place->weights, out, in, in},
                 .b = parameters + place->biases,
                 .ones = workspace + b->layout->ones,
                 .trace = b->options->trace,
                 .index = index},
        .f = &gm_activation_kernels[layer->activation],
        .z = {workspace + place->z, batch, out, place->ld},
        .a = {workspace + place->a, batch, out, place->ld},
        .d = {workspace + place->d, batch, out, place->ld},
        .weights = place->weights,
        .biases = place->biases,
        .tile_rows = gm_tile_rows(layer, b->network->precision),
        .dense = place->ld == gm_padded(p->backend->storage, out),
    };
}

gm_online *gm_pass_create_online(const gm_pass *p, const gm_optimizer *optimizer)
{
    gm_online_view *layers = gm_alloc(p->layer_count, sizeof *layers);
    if (!layers)
        return NULL;
    for (size_t l = 0; l < p->layer_count; l++) {
        const gm_pass_layer *layer = &p->layers[l];
        layers[l] = (gm_online_view){
            .w = p->parameters + layer->weights,
            .b = p->parameters + layer->biases,
            .z = layer->z,
            .a = layer->a,
            .d = layer->d,
            .inputs = layer->view.w.cols,
            .outputs = layer->view.w.rows,
            .activation = p->network->layers[l].activation,
        };
    }
    const gm_online_problem problem = {
        .backend = p->backend,
        .optimizer = optimizer,
        .loss = p->network->loss,
        .loss_from_z = p->loss->from_z,
        .batch = p->own_x.rows,
        .parameter_count = p->network->parameter_count,
        .layer_count = p->layer_count,
        .layers = layers,
    };
    gm_online *online = gm_online_create(&problem);
    gm_free(layers);
    return online;
}

static gm_pass *create(const gm_binding *b)
{
    const gm_network *network = b->network;
    const gm_layout *layout = b->layout;
    REAL *workspace = b->workspace;
    gm_pass *p = gm_alloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->layers = gm_alloc(network->layer_count, sizeof *p->layers);
    p->losses = gm_alloc(gm_team_threads(b->team) * LOSS_STRIDE, sizeof *p->losses);
    p->costs.layers = gm_alloc(network->layer_count, sizeof *p->costs.layers);
    if (!p->layers || !p->losses || !p->costs.layers) {
        destroy(p);
        return NULL;
    }
    p->backend = gm_backend_find(b->options->backend);
    p->loss = &gm_loss_kernels[network->loss];
    p->layer_count = network->layer_count;
    p->team = b->team;
    p->chooses = b->chooses;
    p->learns = !b->options->inference;
    p->profile = b->options->profile;
    p->optimizer = &b->options->optimizer;
    p->network = network;
    p->parameters = b->own ? b->own : network->parameters;
    p->state = (REAL *)b->state + layout->first_copy;
    p->next_copy = layout->next_copy;
    p->tiles = workspace + layout->tile;
    p->tile_size = layout->tile_size;
    p->scratch = workspace + layout->scratch;
    p->scratch_size = layout->scratch_size;
    p->own_x = (gm_mat){workspace + layout->x, layout->batch, gm_network_inputs(network), layout->x_ld};
    p->own_y = (gm_mat){workspace + layout->y, layout->batch, gm_network_outputs(network), layout->y_ld};
    for (size_t i = 0; i < layout->batch; i++)
        workspace[layout->ones + i] = 1;
    for (size_t i = 0; i < p->layer_count; i++)
        bind_layer(p, i, b);
    const gm_engine_options *o = b->options;
    if (!o->inference && !o->profile)
        p->online = gm_pass_create_online(p, p->optimizer);
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

/* W of a layer in the network's block. */
static gm_mat block_weights(const gm_pass *p, const gm_layer *layer)
{
    return (gm_mat){(REAL *)p->network->parameters + layer->weights, layer->outputs, layer->inputs,
                    layer->inputs};
}

static void take_weights(gm_pass *p)
{
    for (size_t l = 0; l < p->layer_count; l++) {
        const gm_layer *layer = &p->network->layers[l];
        p->backend->pack(block_weights(p, layer), p->parameters + p->layers[l].weights);
        memcpy(p->parameters + p->layers[l].biases, (REAL *)p->network->parameters + layer->biases,
               layer->outputs * sizeof(REAL));
    }
}

static void give_weights(gm_pass *p)
{
    for (size_t l = 0; l < p->layer_count; l++) {
        const gm_layer *layer = &p->network->layers[l];
        p->backend->unpack(p->parameters + p->layers[l].weights, block_weights(p, layer));
        memcpy((REAL *)p->network->parameters + layer->biases, p->parameters + p->layers[l].biases,
               layer->outputs * sizeof(REAL));
    }
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
    .row_steps = row_steps,
    .copy_outputs = copy_outputs,
    .view = view,
    .plan = plan,
    .take_weights = take_weights,
    .give_weights = give_weights,
};

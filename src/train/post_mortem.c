/* Repeats the epoch in which training diverged, and looks at the step that failed and the one before it: the
 * weights of a step may be fine, and its update may not. The steps are those of the run, so that the same
 * bits come out. The gradient of each batch that is looked at is computed once more, by an engine of its own
 * that keeps Z apart from A and has the same dropout. If several batches make a step, it holds their
 * gradients as the run does. */
#include "train/post_mortem.h"
#include "base/memory.h"
#include "nn/engine.h"
#include "train/findings.h"
#include "train/rows.h"

#include <math.h>

/* What a step is looked at with. */
typedef struct microscope {
    gm_run *run;
    gm_post_mortem *to;
    gm_engine *engine; /* on the network of the run */
    void *memory;      /* of the gradient */
    gm_mutable_array gradient;
    gm_batch_buffer batch; /* that was looked at last */
} microscope;

/* The options of the run's engine, but for what belongs to its updates. */
static gm_engine_options options_of(const gm_run *run)
{
    gm_engine_options options = run->engine->options;
    options.optimizer = gm_optimizer_default(GM_SGD);
    options.clip_norm = options.clip_value = options.average_decay = 0;
    options.accumulates = run->options.accumulate > 1;
    options.keep_z = true;
    options.profile = NULL;
    options.trace = NULL;
    return options;
}

static bool open_microscope(microscope *m, gm_run *run, gm_post_mortem *to)
{
    gm_network *network = gm_engine_network(run->engine);
    const gm_precision precision = gm_network_precision(network);
    const size_t count = gm_network_parameter_count(network);
    const gm_engine_options options = options_of(run);
    gm_error ignored;
    *m = (microscope){.run = run, .to = to, .memory = gm_alloc(count, gm_precision_size(precision))};
    m->gradient = gm_mutable_real(m->memory, precision, 1, count);
    return m->memory && gm_engine_create(&m->engine, network, &options, &ignored) == GM_OK;
}

static void close_microscope(microscope *m)
{
    gm_engine_destroy(m->engine);
    gm_free(m->memory);
}

/* W and b of a layer in a block. */
static gm_value_range range_of_layer(const gm_network *network, const void *block, size_t l)
{
    const gm_layer layer = gm_network_layer(network, l);
    const gm_precision precision = gm_network_precision(network);
    const char *at = (const char *)block + layer.weights * gm_precision_size(precision);
    return gm_value_range_of(gm_array_real(at, precision, 1, layer.inputs * layer.outputs + layer.outputs));
}

static void look_at_layer(const microscope *m, size_t l)
{
    const gm_network *network = gm_engine_network(m->engine);
    const gm_array a = gm_engine_view(m->engine, GM_VIEW_A, l);
    m->to->layers[l] = (gm_layer_ranges){
        .weights = range_of_layer(network, gm_network_parameters_const(network).data, l),
        .z = gm_value_range_of(gm_engine_view(m->engine, GM_VIEW_Z, l)),
        .a = gm_value_range_of(a),
        .delta = gm_value_range_of(gm_engine_view(m->engine, GM_VIEW_DELTA, l)),
        .gradient = range_of_layer(network, m->gradient.data, l),
        .dead = gm_zero_columns(a),
    };
}

/* The gradient of the batch as the run is about to compute it: with the mask of its step, and added to the
 * gradients that are held for the step. */
static gm_status compute(const microscope *m, double *loss, gm_error *error)
{
    const gm_array x = gm_array_of(m->batch.x), y = gm_array_of(m->batch.y);
    gm_gradient to = gm_gradient_default(m->gradient);
    gm_step_options options = gm_step_options_default();
    to.weights = options.weights = gm_rows_weights(m->run->train, &m->batch);
    gm_engine_set_steps(m->engine, gm_engine_steps(m->run->engine));
    if (m->run->options.accumulate == 1)
        return gm_engine_gradient_to(m->engine, x, y, &to, loss, error);
    if (gm_engine_held(m->run->engine) == 0)
        gm_engine_drop_held(m->engine);
    const gm_status status = gm_engine_hold(m->engine, x, y, &options, loss, error);
    return status == GM_OK ? gm_engine_held_gradient(m->engine, m->gradient, error) : status;
}

/* Looks at a batch before it is learned, and fills in what it looks like. GM_DIVERGED: something is found. */
static gm_status look(void *context, size_t rows, gm_error *error)
{
    microscope *m = context;
    gm_post_mortem *to = m->to;
    m->batch = gm_buffer_rows(*m->run->now, 0, rows);
    const gm_status status = compute(m, &to->loss, error);
    if (status != GM_OK)
        return status;
    to->epoch = m->run->at.epoch + 1;
    to->step = m->run->at.step + 1;
    to->inputs = gm_value_range_of(gm_array_of(m->batch.x));
    to->targets = gm_value_range_of(gm_array_of(m->batch.y));
    for (size_t l = 0; l < to->layer_count; l++)
        look_at_layer(m, l);
    gm_find_first(to);
    return to->first == GM_QUANTITY_NONE ? GM_OK : GM_DIVERGED;
}

/* The weights after a step. */
static void look_at_update(const gm_run *run, gm_post_mortem *to)
{
    const gm_network *network = gm_engine_network(run->engine);
    for (size_t l = 0; l < to->layer_count && to->first == GM_QUANTITY_NONE; l++) {
        if (range_of_layer(network, gm_network_parameters_const(network).data, l).not_finite > 0) {
            to->first = GM_QUANTITY_WEIGHT;
            to->layer = l;
        }
    }
}

/* Takes the steps up to the one that failed, and stops where something is found. */
static gm_status repeat(microscope *m, size_t failed)
{
    gm_run *run = m->run;
    gm_post_mortem *to = m->to;
    gm_error ignored;
    size_t rows = 0;
    gm_status status = gm_run_begin_epoch(run, &rows, &ignored);
    run->look_context = m;
    while (status == GM_OK && rows > 0 && run->at.step < failed && to->first == GM_QUANTITY_NONE) {
        const bool close_up = run->at.step + 2 >= failed;
        gm_learned learned;
        run->look = close_up ? look : NULL;
        status = gm_run_step(run, &rows, &learned, &ignored);
        if (status != GM_OK)
            break;
        to->rate = gm_engine_rate(run->engine);
        run->at.step++;
        if (close_up)
            look_at_update(run, to);
    }
    run->look = NULL;
    if (to->first == GM_QUANTITY_NONE)
        return status;
    gm_find_cause(to, run, &m->batch);
    return GM_OK;
}

void gm_post_mortem_make(gm_run *run)
{
    gm_post_mortem *to = run->options.post_mortem;
    const size_t failed = run->at.step, layers = gm_network_layer_count(gm_engine_network(run->engine));
    microscope m;
    gm_error ignored;
    to->layers = gm_alloc(layers, sizeof *to->layers);
    to->layer_count = to->layers ? layers : 0;
    gm_status status = gm_epoch_start_restore(&run->start, run->engine, &ignored);
    run->at = run->start.at;
    if (status == GM_OK && to->layers) {
        to->rate = gm_engine_rate(run->engine);
        if (open_microscope(&m, run, to))
            status = repeat(&m, failed);
        close_microscope(&m);
    }
    to->found = status == GM_OK && to->first != GM_QUANTITY_NONE;
    gm_engine_set_rate(run->engine, run->rates.rate);
    run->at = run->start.at;
    run->at.step = failed;
}

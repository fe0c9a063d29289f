/* Repeats the epoch in which training diverged, and looks at the step that failed and the one before it: the
 * weights of a step may be fine, and its update may not. The steps are those of the run, so that the same
 * bits come out. The gradient of a step that is looked at is computed once more, by an engine of its own that
 * keeps Z apart from A. */
#include "train/post_mortem.h"
#include "base/memory.h"
#include "train/findings.h"

#include <math.h>

/* What a step is looked at with. */
typedef struct microscope {
    gm_engine *engine; /* on the network of the run */
    void *memory;      /* of the gradient */
    gm_mutable_array gradient;
} microscope;

static bool open_microscope(microscope *m, const gm_run *run)
{
    gm_network *network = gm_engine_network(run->engine);
    const gm_precision precision = gm_network_precision(network);
    const size_t count = gm_network_parameter_count(network);
    gm_engine_options options = gm_engine_options_default();
    gm_error ignored;
    options.backend = gm_engine_backend(run->engine);
    options.batch = gm_engine_batch(run->engine);
    options.threads = gm_engine_threads(run->engine);
    options.keep_z = true;
    *m = (microscope){.memory = gm_alloc(count, gm_precision_size(precision))};
    m->gradient = gm_mutable_real(m->memory, precision, 1, count);
    return m->memory && gm_engine_create(&m->engine, network, &options, &ignored) == GM_OK;
}

static void close_microscope(microscope *m)
{
    gm_engine_destroy(m->engine);
    gm_free(m->memory);
}

/* The view of a layer, with as many rows as the batch has. */
static gm_array view(const microscope *m, gm_view which, size_t layer, size_t rows)
{
    gm_array array = gm_engine_view(m->engine, which, layer);
    array.rows = rows;
    return array;
}

/* W and b of a layer in a block. */
static gm_value_range range_of_layer(const gm_network *network, const void *block, size_t l)
{
    const gm_layer layer = gm_network_layer(network, l);
    const gm_precision precision = gm_network_precision(network);
    const char *at = (const char *)block + layer.weights * gm_precision_size(precision);
    return gm_value_range_of(gm_array_real(at, precision, 1, layer.inputs * layer.outputs + layer.outputs));
}

static void look_at_layer(const microscope *m, size_t l, size_t rows, gm_layer_ranges *to)
{
    const gm_network *network = gm_engine_network(m->engine);
    const gm_array a = view(m, GM_VIEW_A, l, rows);
    *to = (gm_layer_ranges){
        .weights = range_of_layer(network, gm_network_parameters_const(network).data, l),
        .z = gm_value_range_of(view(m, GM_VIEW_Z, l, rows)),
        .a = gm_value_range_of(a),
        .delta = gm_value_range_of(view(m, GM_VIEW_DELTA, l, rows)),
        .gradient = range_of_layer(network, m->gradient.data, l),
        .dead = gm_zero_columns(a),
    };
}

/* Computes the step with these rows, without an update, and fills in what it looks like. */
static gm_status look(const microscope *m, const gm_run *run, size_t rows, gm_post_mortem *to)
{
    gm_array x = gm_array_of(run->now->x), y = gm_array_of(run->now->y);
    gm_error ignored;
    x.rows = y.rows = rows;
    const gm_status status = gm_engine_gradient(m->engine, x, y, m->gradient, &to->loss, &ignored);
    to->epoch = run->at.epoch + 1;
    to->step = run->at.step + 1;
    to->inputs = gm_value_range_of(x);
    to->targets = gm_value_range_of(y);
    for (size_t l = 0; l < to->layer_count && status == GM_OK; l++)
        look_at_layer(m, l, rows, &to->layers[l]);
    if (status == GM_OK)
        gm_find_first(to);
    return status;
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
static gm_status repeat(const microscope *m, gm_run *run, size_t failed, gm_post_mortem *to)
{
    gm_error ignored;
    size_t rows = 0;
    gm_status status = gm_run_begin_epoch(run, &rows, &ignored);
    while (status == GM_OK && rows > 0 && run->at.step < failed) {
        const bool close_up = run->at.step + 2 >= failed;
        const gm_batch_buffer batch = gm_buffer_rows(*run->now, 0, rows);
        double loss;
        if (close_up)
            status = look(m, run, rows, to);
        if (status == GM_OK && to->first == GM_QUANTITY_NONE) {
            status = gm_run_step(run, &rows, &loss, &ignored);
            to->rate = gm_engine_rate(run->engine);
            run->at.step++;
        }
        if (status == GM_OK && close_up)
            look_at_update(run, to);
        if (to->first != GM_QUANTITY_NONE) {
            gm_find_cause(to, run, &batch);
            break;
        }
    }
    return status;
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
    if (status == GM_OK && to->layers && open_microscope(&m, run)) {
        to->rate = gm_engine_rate(run->engine);
        status = repeat(&m, run, failed, to);
        close_microscope(&m);
    }
    to->found = status == GM_OK && to->first != GM_QUANTITY_NONE;
    gm_engine_set_rate(run->engine, run->rates.rate);
    run->at = run->start.at;
    run->at.step = failed;
}

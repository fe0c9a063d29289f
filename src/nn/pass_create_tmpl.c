/* Makes the typed half of an engine: finds the place of each matrix in the memory that layout.c has laid out,
 * and the functions of the backend, the activations and the loss. */
#include "base/memory.h"
#include "nn/pass.h"
#include "nn/pass_table.h"

void gm_pass_destroy(gm_pass *p)
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
    const double probability = gm_dropout_of(b->options, index, b->network->layer_count);
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
        .dropped = {probability > 0 ? workspace + layout->dropped : NULL, batch, out, layout->ld},
        .dropout = gm_dropout_make(probability),
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
        .stored = layout->stores ? (REAL *)b->state + layout->gradient : NULL,
        .norm = layout->norm_of_rows ? b->options->clip_norm : 0,
        .copy = layout->copy,
        .count = layout->parameters,
        .average = gm_averages(b->options) ? (REAL *)b->state + layout->average : NULL,
        .average_decay = (REAL)b->options->average_decay,
        .dropout_seed = b->options->dropout_seed,
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
    for (size_t i = 0; i < 2 && !b->options->inference; i++)
        bound.own_w[i] = (gm_mat){workspace + layout->w[i], layout->batch, 1, 1};
    for (size_t i = 0; i < layout->batch; i++)
        workspace[layout->ones + i] = 1;
    for (size_t l = 0; l < network->layer_count; l++) {
        layers[l] = bind_layer(bound.backend, l, b);
        bound.drops |= layers[l].dropout.limit > 0;
    }
    return bound;
}

/* How many sums a norm is made of: whichever way needs more. */
static size_t sums_of_squares(const gm_bound *bound, size_t batch)
{
    const size_t stored = bound->stored ? gm_square_chunks(bound->count) : 0;
    return gm_max(stored, bound->norm > 0 ? bound->layer_count * gm_norm_blocks(batch) : 0);
}

gm_pass *gm_pass_create(const gm_binding *b)
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
        gm_pass_destroy(p);
        return NULL;
    }
    p->bound = bound_of(b, p->bound.layers);
    const size_t sums = sums_of_squares(&p->bound, b->layout->batch);
    p->bound.squares = sums > 0 ? gm_alloc(sums, sizeof *p->bound.squares) : NULL;
    if (sums > 0 && !p->bound.squares) {
        gm_pass_destroy(p);
        return NULL;
    }
    p->stored.norm = b->options->clip_norm;
    p->stored.value = b->options->clip_value;
    p->planner.chooses = b->chooses;
    p->batch.profile = b->options->profile;
    /* src/online knows only the plain step. */
    const bool plain = !gm_clips(b->options) && !p->bound.average && !p->bound.drops;
    if (p->bound.learns && !p->batch.profile && plain)
        p->bound.online = gm_pass_create_online(&p->bound, p->bound.optimizer);
    return p;
}

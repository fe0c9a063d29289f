/* The typed half of an engine. Its data are of four kinds, each a struct of its own:
 *
 *     gm_bound       what is bound when the engine is created: layers, their matrices, the backend
 *     gm_pass_batch  what belongs to the batch at work: its rows, the plan, the rule of the update
 *     gm_worker      what one thread works with: the two above, its tile of gradient, its scratch memory
 *     gm_planner     what plans are made by: measured costs, and the watch over two plans
 *
 * pass_create_tmpl.c makes a pass, batch_tmpl.c takes a batch in, and pass_tmpl.c runs a step on it. The
 * functions of the equations get a worker (forward_tmpl.c, backward_tmpl.c, update_tmpl.c). Those that make a
 * plan get what is bound (plan_tmpl.c). The probes that measure costs make a batch of their own
 * (costs_tmpl.c). For *_tmpl.c only; engine.c reaches all of this through the table of numerics.h. */
#ifndef GM_NN_PASS_H
#define GM_NN_PASS_H

#include "backend/backend.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/team.h"
#include "function/facts.h"
#include "nn/activation.h"
#include "nn/costs.h"
#include "nn/loss.h"
#include "nn/network.h"
#include "nn/watch.h"
#include "online/online.h"

#include <stdint.h>

/* Each of these exists once for each precision. */
#define gm_pass_create_online GM_TYPED(gm_pass_create_online)
#define gm_is_by_weights      GM_TYPED(gm_is_by_weights)
#define gm_barrier_after      GM_TYPED(gm_barrier_after)
#define gm_forward_layer      GM_TYPED(gm_forward_layer)
#define gm_output             GM_TYPED(gm_output)
#define gm_output_delta       GM_TYPED(gm_output_delta)
#define gm_hidden_delta       GM_TYPED(gm_hidden_delta)
#define gm_sweeps             GM_TYPED(gm_sweeps)
#define gm_sweep_layer        GM_TYPED(gm_sweep_layer)
#define gm_measure_costs      GM_TYPED(gm_measure_costs)
#define gm_make_plan          GM_TYPED(gm_make_plan)
#define gm_watch_rows         GM_TYPED(gm_watch_rows)
#define gm_update_block       GM_TYPED(gm_update_block)
#define gm_is_by_outputs      GM_TYPED(gm_is_by_outputs)
#define gm_update_biases      GM_TYPED(gm_update_biases)
#define gm_update             GM_TYPED(gm_update)
#define gm_update_layer       GM_TYPED(gm_update_layer)
#define gm_own_block          GM_TYPED(gm_own_block)
#define gm_apply_gradient     GM_TYPED(gm_apply_gradient)
#define gm_update_prepare     GM_TYPED(gm_update_prepare)
#define gm_gradient_prepare   GM_TYPED(gm_gradient_prepare)
#define gm_set_factors        GM_TYPED(gm_set_factors)
#define gm_update_rules       GM_TYPED(gm_update_rules)
#define gm_store_gradient     GM_TYPED(gm_store_gradient)
#define gm_store_own          GM_TYPED(gm_store_own)
#define gm_store_prepare      GM_TYPED(gm_store_prepare)
#define gm_square_chunks      GM_TYPED(gm_square_chunks)
#define gm_square_stored      GM_TYPED(gm_square_stored)
#define gm_apply_stored       GM_TYPED(gm_apply_stored)
#define gm_norm_blocks        GM_TYPED(gm_norm_blocks)
#define gm_norm_square        GM_TYPED(gm_norm_square)
#define gm_norm_overflows     GM_TYPED(gm_norm_overflows)
#define gm_norm_square_wide   GM_TYPED(gm_norm_square_wide)
#define gm_norm_limit         GM_TYPED(gm_norm_limit)
#define gm_scale_rows         GM_TYPED(gm_scale_rows)
#define gm_average            GM_TYPED(gm_average)
#define gm_dropout_make       GM_TYPED(gm_dropout_make)
#define gm_drop_forward       GM_TYPED(gm_drop_forward)
#define gm_drop_backward      GM_TYPED(gm_drop_backward)

/* The dropout of a layer. */
typedef struct gm_dropout {
    uint32_t limit; /* numbers whose random bits are below this become 0; 0: the layer has no dropout */
    REAL scale;     /* factor of the others */
} gm_dropout;

/* One layer: parameters, and its matrices for a whole batch. */
typedef struct gm_pass_layer {
    gm_layer_view view;            /* W out x in, b */
    const gm_activation_kernel *f; /* f and f' */
    gm_mat z, a, d;                /* batch x out; z.data == a.data unless Z is kept apart */
    gm_mat dropped;                /* batch x out: A after dropout; no data: the layer has no dropout */
    gm_dropout dropout;
    size_t weights;   /* index of W in the parameters, and in each optimizer copy */
    size_t biases;    /* of b */
    size_t tile_rows; /* rows of W whose gradient a tile holds */
    bool dense;       /* Z, A, D have nothing but padding between their rows */
} gm_pass_layer;

/* Numbers of one step, made by optimizer_tmpl.c from the optimizer's settings. */
typedef struct gm_step_constants {
    REAL alpha, beta; /* BP3 and BP4 write alpha D^T A_prev + beta target to the rule's target */
    REAL rate, momentum, beta1, beta2, epsilon;
    REAL l2;     /* 0 for biases */
    REAL keep;   /* 1 - rate * decay; 1 for biases */
    REAL unbias; /* Adam: 1 / sqrt(1 - beta2^t) */
} gm_step_constants;

/* A function that changes `count` parameters w by a step of the optimizer, from their gradient (or velocity)
 * g. s1 and s2 are the optimizer's copies of the parameters. */
typedef void gm_apply_function(const gm_step_constants *c, size_t count, REAL *w, REAL *g, REAL *s1,
                               REAL *s2);

/* How the results of BP3 and BP4 become an update. gm_update_rules has a rule for each optimizer; the rules
 * gm_store_gradient and gm_store_own only store them. */
typedef struct gm_update_rule {
    gm_update_target target;
    gm_apply_function *apply; /* is called after BP3 and BP4; NULL: they have changed the weights already */
    gm_apply_function
        *apply_given; /* makes the whole step from a gradient that a caller gives, and only reads it */
} gm_update_rule;

/* The caller's function for gradients of layers that are complete. Only thread 0, which is the caller's,
 * calls it. */
typedef struct gm_layer_hook {
    const gm_gradient *gradient;
    gm_status status; /* of the first call that failed; no other follows it */
    gm_error *error;
} gm_layer_hook;

/* What is bound when the engine is created. After that, only the numbers in its matrices and the settings of
 * the optimizer change. */
typedef struct gm_bound {
    const gm_backend *backend;
    const gm_loss_kernel *loss;
    gm_pass_layer *layers; /* layer_count */
    size_t layer_count;
    gm_team *team;
    const gm_network *network;     /* for the block of parameters, and for the position of each layer in it */
    const gm_optimizer *optimizer; /* belongs to the engine; a schedule changes its rate between steps */
    bool learns;                   /* false for inference: then there are no deltas */
    gm_online *online;             /* does whole steps of few rows (src/online); NULL: not for this network */
    gm_mat own_x[2], own_y[2];     /* the engine's buffers, each with room for a whole batch */
    gm_mat own_w[2];               /* and for the weights of its rows; none for inference */
    REAL *parameters;              /* the block, or the engine's own copy in the backend's layout */
    REAL *state;                   /* first optimizer copy of the parameters */
    size_t next_copy;              /* elements from there to the second; 0: there is none */
    size_t copy;                   /* elements from each block of state to the next, whatever it is of */
    size_t count;       /* numbers of all parameters in the layout of the backend, padding included */
    REAL *average;      /* of the parameters, in their layout; NULL: they are not averaged */
    REAL average_decay; /* how much of the average each step keeps */
    REAL *stored;       /* a gradient in the layout of the parameters; NULL: none is stored */
    double norm;        /* bound of the norm of a gradient that is not stored; 0: none */
    double *squares;    /* the sums that a norm is made of (norm_tmpl.c, stored_tmpl.c) */
    bool drops;         /* whether some layer has dropout */
    uint64_t dropout_seed;
    REAL *tiles;   /* tile_size for each thread */
    REAL *scratch; /* scratch_size for each thread: the backend's */
    size_t tile_size, scratch_size;
} gm_bound;

/* What belongs to the batch at work. */
typedef struct gm_pass_batch {
    gm_plan plan;
    size_t rows;
    gm_mat x, y;                /* y.data NULL: forward only */
    bool judged;                /* whether the loss is wanted */
    bool backward;              /* whether BP1 to BP4 follow */
    gm_mat weights;             /* rows x 1: how much each row counts; data NULL: all count as 1 */
    double weight;              /* the sum of them, or the rows */
    bool drops;                 /* whether there is dropout, in the layers that have it */
    uint64_t mask;              /* the key of its masks: gm_mask_of_step */
    size_t first_row;           /* number of the first row, among all rows that make the step */
    REAL scale;                 /* of BP1: 1 / weight, or 1 if the gradient is added to others */
    const gm_update_rule *rule; /* of BP3 and BP4 */
    gm_step_constants weight_constants, bias_constants;
    bool averages;     /* whether the average of the parameters is taken after the update */
    REAL average_keep; /* how much of the average stays; 0 in the first step, whose weights it becomes */
    REAL *gradient; /* the caller's block, row-major: written with INTO_GRADIENT, read by gm_apply_gradient */
    double norm;    /* bound of the norm of the gradient, by norm_tmpl.c; 0: none */
    gm_layer_hook *hook;        /* with INTO_GRADIENT: is called for each layer; NULL: no such function */
    gm_profile *profile;        /* NULL, or where times are kept */
    const gm_side_work *beside; /* what is done beside the step; NULL: nothing */
    double *losses; /* one sum for each thread, LOSS_STRIDE apart, or for each GM_ROW_GRAIN rows */
} gm_pass_batch;

/* A step from the stored gradient. */
typedef struct gm_stored_step {
    gm_pass_batch batch; /* the rule and the constants of the optimizer, and the plan */
    double mean;         /* the stored numbers times this are the mean gradient */
    double norm, value;  /* its bounds; 0: none */
    bool wanted;         /* whether the step follows the gradient of the batch at work */
} gm_stored_step;

/* The arguments of applying a gradient. The batch has only the fields that this needs. */
typedef struct gm_apply_job {
    const gm_bound *bound;
    gm_pass_batch batch;
} gm_apply_job;

/* What one thread works with. */
typedef struct gm_worker {
    const gm_bound *bound;
    const gm_pass_batch *batch;
    size_t thread;
    REAL *tile, *scratch; /* its own */
} gm_worker;

/* What plans are made by. */
typedef struct gm_planner {
    gm_costs costs;
    size_t buffer;  /* number of the engine's buffer that probes may write over */
    bool chooses;   /* whether a plan may leave threads out */
    gm_watch watch; /* compares the plan for one thread with that for all, in steps of watched_rows rows */
    size_t watched_rows; /* 0: nothing is watched */
} gm_planner;

typedef struct gm_pass {
    gm_bound bound;
    gm_planner planner;
    gm_pass_batch batch;
    gm_stored_step stored;
    double held;      /* the weight of the rows whose gradients are stored for a step to come */
    size_t held_rows; /* how many rows these are */
    size_t steps;     /* taken so far */
} gm_pass;

static inline gm_worker gm_worker_of(const gm_bound *bound, const gm_pass_batch *batch, size_t thread)
{
    return (gm_worker){
        .bound = bound,
        .batch = batch,
        .thread = thread,
        .tile = bound->tiles + thread * bound->tile_size,
        .scratch = bound->scratch + thread * bound->scratch_size,
    };
}

/* The view of layer l that a backend gets, with only these outputs, which are whole grains. */
static inline gm_layer_view gm_view_of(const gm_worker *w, size_t l, gm_range outputs)
{
    gm_layer_view view = gm_view_outputs(&w->bound->layers[l].view, outputs.first, outputs.count);
    view.batch = w->batch->rows;
    return view;
}

/* Whether layer l has dropout in this batch. */
static inline bool gm_drops(const gm_worker *w, size_t l)
{
    return w->batch->drops && w->bound->layers[l].dropout.limit > 0;
}

/* What layer l reads: the batch, or A of the layer before, after its dropout. */
static inline gm_mat gm_inputs_of(const gm_worker *w, size_t l)
{
    if (l == 0)
        return w->batch->x;
    return gm_drops(w, l - 1) ? w->bound->layers[l - 1].dropped : w->bound->layers[l - 1].a;
}

/* Does `work`, and adds its seconds to the profile if there is one. */
#define TIMED(worker, layer, phase, work)                                                                    \
    do {                                                                                                     \
        gm_profile *const timed_profile = (worker)->batch->profile;                                          \
        const uint64_t timed_start = timed_profile ? gm_clock() : 0;                                         \
        work;                                                                                                \
        if (timed_profile)                                                                                   \
            gm_profile_add(timed_profile, (worker)->thread, layer, phase,                                    \
                           gm_clock_seconds(timed_start, gm_clock()));                                       \
    } while (0)

#define LOSS_STRIDE (GM_ALIGNMENT / sizeof(double))

static inline void gm_profile_add(gm_profile *profile, size_t thread, size_t layer, gm_phase phase,
                                  double seconds)
{
    profile->seconds[(thread * profile->layers + layer) * GM_PHASE_COUNT + phase] += seconds;
}

/* Numbers in a cache line. */
#define GM_LINE (GM_ALIGNMENT / sizeof(REAL))

static inline gm_range gm_all(size_t count)
{
    return (gm_range){0, count};
}

/* A block of a layer's matrix for functions that work element by element. If the block is whole rows with
 * only padding between them, it is returned as one long row, which is faster. */
static inline gm_mat gm_flat(const gm_pass_layer *layer, gm_mat m, gm_range rows, gm_range cols)
{
    m = gm_rows(m, rows.first, rows.count);
    if (cols.count == m.cols && layer->f->elementwise && layer->dense)
        return (gm_mat){m.data, 1, m.rows * m.ld, m.rows * m.ld};
    return gm_cols(m, cols.first, cols.count);
}

/* A = f(Z) for a block of a layer. */
static inline void gm_apply(const gm_pass_layer *layer, gm_range rows, gm_range cols)
{
    layer->f->apply(gm_flat(layer, layer->z, rows, cols), gm_flat(layer, layer->a, rows, cols));
}

/* D = D (.) f'(Z) for a block of a layer. */
static inline void gm_chain(const gm_pass_layer *layer, gm_range rows, gm_range cols)
{
    layer->f->chain(gm_flat(layer, layer->z, rows, cols), gm_flat(layer, layer->a, rows, cols),
                    gm_flat(layer, layer->d, rows, cols));
}

/* Rows of the batch are divided among threads in multiples of this. Kernels work on several rows at once, and
 * would not fill their registers with fewer. */
#define GM_ROW_GRAIN 4

/* The same for the outputs and the inputs of a layer. The backend sets these numbers. */
static inline size_t gm_output_grain(const gm_bound *b)
{
    return b->backend->storage->grain.outputs;
}

static inline size_t gm_input_grain(const gm_bound *b)
{
    return b->backend->storage->grain.inputs;
}

/* The outputs, or the inputs, of a layer that belong to a thread if a step is partitioned by weights. */
static inline gm_range gm_own_outputs(const gm_bound *b, size_t l, size_t thread, size_t threads)
{
    return gm_team_range(b->layers[l].view.w.rows, gm_output_grain(b), thread, threads);
}

static inline gm_range gm_own_inputs(const gm_bound *b, size_t l, size_t thread, size_t threads)
{
    return gm_team_range(b->layers[l].view.w.cols, gm_input_grain(b), thread, threads);
}

/* The outputs whose biases belong to a thread. */
static inline gm_range gm_own_biases(const gm_bound *b, size_t l, size_t thread, size_t threads)
{
    return gm_team_range(b->layers[l].view.w.rows, b->backend->storage->grain.biases, thread, threads);
}

/* Makes what does whole steps of few rows with this optimizer (src/online). The optimizer must live as long.
 * NULL if the network does not qualify or there is no memory. Free it with gm_free. */
gm_online *gm_pass_create_online(const gm_bound *b, const gm_optimizer *optimizer);

/* Whether forward and BP2 of layer l are partitioned by weights, for a batch of so many rows; else by rows.
 */
bool gm_is_by_weights(const gm_bound *b, size_t l, size_t rows, gm_plan plan);

/* Whether there is a barrier between layer l and the next one, forward and backward. None is needed if each
 * thread continues with the rows that it computed itself. After the last layer come the loss and BP1, which
 * are partitioned by rows. */
bool gm_barrier_after(const gm_bound *b, size_t l, size_t rows, gm_plan plan);

/* Whether BP2, BP4 and the update of a layer are one sweep through W for a batch of so many rows. */
bool gm_sweeps(const gm_bound *b, size_t rows, gm_plan plan);

/* Whether BP4 of layer l is divided among threads by outputs, in whole grains; otherwise it is divided by
 * inputs. */
bool gm_is_by_outputs(const gm_bound *b, size_t l, size_t threads);

/* The best plan for a batch of so many rows. The costs are measured at the first call in which there is a
 * choice, or in which `predicted` asks for a prediction of the seconds. Without measured costs, plan.seconds
 * is 0. */
gm_plan gm_make_plan(gm_planner *planner, const gm_bound *b, size_t rows, bool predicted);

/* From now on compares two plans in steps of so many rows, if the choice between them cannot change any bit
 * of the weights. */
void gm_watch_rows(gm_planner *planner, const gm_bound *b, size_t rows);

/* Measures the costs on all threads of the team, which takes some milliseconds. It writes over Z, A, D and
 * one of the buffers. No weight changes. */
void gm_measure_costs(gm_costs *costs, const gm_bound *b, size_t buffer);

/* Computes Z and A of layer l for these rows of the batch and these outputs, which are whole grains. Of the
 * output layer it computes only Z. */
void gm_forward_layer(const gm_worker *w, size_t l, gm_range rows, gm_range outputs);

/* Computes A of the output layer from its Z. Returns the sum of the losses of these rows. It is 0 if losses
 * are not wanted, and also if the batch has no backward pass: then the sums of blocks of GM_ROW_GRAIN rows
 * are in batch->losses. */
double gm_output(const gm_worker *w, gm_range rows);

/* Computes BP1 for these rows. */
void gm_output_delta(const gm_worker *w, gm_range rows);

/* Computes BP2 of layer l >= 1 for these rows and these inputs. */
void gm_hidden_delta(const gm_worker *w, size_t l, gm_range rows, gm_range inputs);

/* Computes BP2, BP4 and the update of layer l for the thread's own inputs, and BP3 for its own outputs. D of
 * the layer must be complete. */
void gm_sweep_layer(const gm_worker *w, size_t l, gm_range own);

/* Computes BP4 and applies the rule for a block of the W of layer l. The block has whole grains of outputs.
 * It has all inputs unless the backend can divide BP4 by inputs. */
void gm_update_block(const gm_worker *w, size_t l, gm_block block);

/* Computes BP3 and applies the rule for the thread's own outputs of layer l. */
void gm_update_biases(const gm_worker *w, size_t l);

/* Computes BP3 and BP4 and applies the rule in all layers: first for the thread's own parts, then for parts
 * of other threads that nobody has begun (work stealing). */
void gm_update(const gm_worker *w);

/* Computes BP3 and BP4 and applies the rule for the thread's own part of layer l. */
void gm_update_layer(const gm_worker *w, size_t l);

/* The weights of layer l that a thread owns. */
gm_block gm_own_block(const gm_bound *b, size_t l, size_t thread, size_t threads);

/* Changes the thread's own parameters by a step from batch->gradient, which it only reads. */
void gm_apply_gradient(const gm_worker *w);

/* Sets the rule and the constants of the batch for step number `step` (from 1) of this optimizer. */
void gm_update_prepare(gm_pass_batch *batch, const gm_optimizer *optimizer, size_t step);

/* Sets the rule and the constants of the batch for a gradient that is only stored: in the caller's block, or
 * in the engine's own, to which it may be added. */
void gm_gradient_prepare(gm_pass_batch *batch, const gm_gradient *gradient);
void gm_store_prepare(gm_pass_batch *batch, bool add);

/* How many chunks the squares of a stored gradient of so many numbers are summed in. */
size_t gm_square_chunks(size_t count);

/* The sums of the squares of the thread's chunks of the mean gradient, each number bounded. */
void gm_square_stored(const gm_worker *w, const gm_stored_step *step);

/* The step of the thread's own parameters from the stored gradient, within its bounds. All squares are there
 * if the norm has a bound. */
void gm_apply_stored(const gm_worker *w, const gm_stored_step *step);

/* Added to a norm before the division by it: PyTorch's guard against a division by 0. */
#define GM_NORM_GUARD 1e-6

/* How many sums the norm has for each layer, for a batch of so many rows. */
size_t gm_norm_blocks(size_t rows);

/* The thread's sums, of which the norm of the gradient is made; in double precision if the norm overflows.
 * All D must be complete. */
void gm_norm_square(const gm_worker *w);
void gm_norm_square_wide(const gm_worker *w);

/* Whether the norm overflowed, or may be too small by far. All sums are there; it is the same for all
 * threads.
 */
bool gm_norm_overflows(const gm_worker *w);

/* Multiplies D of the thread's rows in all layers, so that the norm of the gradient is within its bound. All
 * sums are there. */
void gm_norm_limit(const gm_worker *w);

/* The dropout of a layer with this probability. */
gm_dropout gm_dropout_make(double probability);

/* Dropout of layer l for these rows of the batch and these outputs, if the layer has dropout: after A = f(Z),
 * and on the way back before D is multiplied by f'. */
void gm_drop_forward(const gm_worker *w, size_t l, gm_range rows, gm_range outputs);
void gm_drop_backward(const gm_worker *w, size_t l, gm_range rows, gm_range outputs);

/* Takes the average of `count` parameters from `index` on, which have just taken their step, if the step is
 * followed by an average. */
void gm_average(const gm_worker *w, size_t index, size_t count);

/* D = diag(weights) D for these rows of the batch. */
void gm_scale_rows(gm_mat weights, gm_mat d);

/* Sets alpha and beta of BP3 and BP4 for a rule that has this target. */
void gm_set_factors(gm_update_target target, gm_step_constants *c);

extern const gm_update_rule gm_update_rules[GM_OPTIMIZER_COUNT];
extern const gm_update_rule gm_store_gradient, gm_store_own;

#endif

/* Plans: how many threads take part in a step, and whether its work is partitioned by rows of the batch or by
 * weights. A plan is chosen by a model of the time of a step:
 *
 *     one thread   sum over layers of  n (f + b + w)
 *     by rows      sum over layers of  r (f + b) + n w / T         + start + 2 barriers + waits + exchange
 *     by weights   sum over layers of  n (f s + b s' + w / T)      + start + B barriers + waits + exchange
 *
 *     n            rows of the batch; T threads
 *     f, b, w      seconds that a layer needs for one row: forward, BP2, BP4 with the update
 *     r, s, s'     rows, part of the outputs and part of the inputs that the busiest thread has
 *     B            barriers; at each of them threads wait a little for each other (UNEVEN)
 *     exchange     what other threads wrote last and a thread must fetch. By rows: A and D of their rows, and
 *                  their updates of W. By weights: their columns of A and D, and their updates of the weights
 *                  that it reads. Only as many updates count as fit in the caches, because the others come
 * from memory whoever wrote them
 *
 * Loss, BP1 and layers with too few outputs are partitioned by rows in both cases. Where BP2 and BP4 are one
 * sweep through W (backward_tmpl.c), the seconds of the sweep stand for b + w and are divided as s'. Where
 * one thread may take rows in one go (src/online), such a row is measured as a whole.
 *
 * The constants are measured once for each engine, on its own layers and matrices (costs_tmpl.c); only UNEVEN
 * is fixed. The model chooses only between plans that give the same bits. For the other backends numbers are
 * counted instead: those that have to be copied (is_better_by_weights), and the operations (is_worth_a_team),
 * so that the choice never depends on a measurement. */
#include "nn/pass.h"

#include <math.h>

/* The part of the work (0 to 1) that belongs to the busiest thread, which is the first one. */
static double busiest(gm_range first, size_t total)
{
    return (double)first.count / (double)total;
}

static double busiest_rows(size_t rows, size_t threads)
{
    return busiest(gm_team_range(rows, GM_ROW_GRAIN, 0, threads), rows);
}

/* A layer that has fewer grains of outputs than there are threads, such as most output layers, would leave
 * threads idle. */
bool gm_is_by_weights(const gm_bound *b, size_t l, size_t rows, gm_plan plan)
{
    if (!plan.by_weights)
        return false;
    const size_t all = b->layers[l].view.w.rows, outputs = gm_own_outputs(b, l, 0, plan.threads).count;
    const size_t own_rows = gm_team_range(rows, GM_ROW_GRAIN, 0, plan.threads).count;
    return outputs < all && outputs * rows <= own_rows * all;
}

bool gm_barrier_after(const gm_bound *b, size_t l, size_t rows, gm_plan plan)
{
    return gm_is_by_weights(b, l, rows, plan) ||
           (l + 1 < b->layer_count && gm_is_by_weights(b, l + 1, rows, plan));
}

/* The number of barriers of a step: between layers, before weights change, and at the end. */
static size_t count_barriers(const gm_bound *b, size_t rows, gm_plan plan)
{
    const bool sweeps = gm_sweeps(b, rows, plan); /* the sweep of each layer begins with a barrier */
    size_t count = 1 + (sweeps ? b->layer_count : 1);
    for (size_t l = 0; l < b->layer_count; l++) {
        if (gm_barrier_after(b, l, rows, plan))
            count += l == 0 || sweeps ? 1 : 2; /* 2: forward and backward */
    }
    return count;
}

static double lines(size_t rows, size_t cols)
{
    return (double)gm_pieces(rows * cols, GM_LINE);
}

/* The number of cache lines of the W of layer l that a thread reads in a step. All but 1/T of them were
 * changed by other threads. With a partition by rows, a thread reads all of W. With a partition by weights,
 * it reads the weights of its outputs in forward and the weights of its inputs in BP2, and it changed one of
 * these two sets itself. Layer 1 has no BP2. */
static double weights_met(const gm_bound *b, size_t l, size_t rows, gm_plan plan)
{
    const double weights = lines(b->layers[l].view.w.rows, b->layers[l].view.w.cols);
    if (!gm_is_by_weights(b, l, rows, plan))
        return weights;
    const bool own_outputs = !gm_sweeps(b, rows, plan) && gm_is_by_outputs(b, l, plan.threads);
    return l == 0 && own_outputs ? 0 : weights / (double)plan.threads;
}

/* Seconds for which a thread waits at a barrier. However evenly the work is divided, threads never finish at
 * the same moment, and no measurement of a single part of a step shows this time. In a short step threads
 * cannot drift apart so far, so the wait is at most UNEVEN_SHARE of the work. Measurements: docs/kernels.md.
 */
#define UNEVEN       1e-6
#define UNEVEN_SHARE 0.25

/* The seconds that several threads spend in addition to the work itself, which takes each thread `work`
 * seconds. */
static double overhead(const gm_costs *costs, const gm_bound *b, size_t rows, gm_plan plan, double work)
{
    const double others = (double)(plan.threads - 1) / (double)plan.threads;
    double weights = 0, activations = 0;
    for (size_t l = 0; l < b->layer_count; l++) {
        weights += weights_met(b, l, rows, plan);
        activations += lines(rows, b->layers[l].a.ld);
    }
    const double updates = fmin(weights, costs->cached);
    const double times = (double)count_barriers(b, rows, plan);
    /* 2: a thread fetches a line, and later its writer fetches it back. */
    return costs->start + times * costs->barrier + fmin(times * UNEVEN, UNEVEN_SHARE * work) +
           2 * others * (2 * activations + updates) * gm_cost_seconds(costs->exchange);
}

/* Predicts the seconds of forward, BP2, BP4 and the update of layer l. */
static double predict_layer(const gm_layer_costs *costs, const gm_bound *b, size_t l, size_t rows,
                            gm_plan plan)
{
    const bool alone = plan.threads == 1, by_weights = gm_is_by_weights(b, l, rows, plan);
    const int manner = alone ? ALONE : by_weights ? BY_WEIGHTS : BY_ROWS;
    const double n = (double)rows, threads = (double)plan.threads;
    const double own_rows = busiest_rows(rows, plan.threads);
    const gm_mat w = b->layers[l].view.w;
    const double outputs = busiest(gm_own_outputs(b, l, 0, plan.threads), w.rows);
    const double inputs = busiest(gm_own_inputs(b, l, 0, plan.threads), w.cols);
    const double seconds = n * (by_weights ? outputs : own_rows) * gm_cost_seconds(costs->forward[manner]);
    const int of_weights =
        alone ? ALONE : BY_WEIGHTS; /* BP4 and sweeps are partitioned by weights in every plan */
    const double sweep = gm_cost_seconds(costs->sweep[of_weights]);
    if (sweep > 0 && gm_sweeps(b, rows, plan))
        return seconds + n * inputs * sweep;
    return seconds + n * (by_weights ? inputs : own_rows) * gm_cost_seconds(costs->hidden_delta[manner]) +
           n * gm_cost_seconds(costs->weights[of_weights]) / threads;
}

static double predict(const gm_costs *costs, const gm_bound *b, size_t rows, gm_plan plan)
{
    if (gm_online_takes(b->online, rows))
        return (double)rows * gm_cost_seconds(costs->online);
    double seconds = (double)rows * busiest_rows(rows, plan.threads) *
                     gm_cost_seconds(costs->output[plan.threads == 1 ? ALONE : BY_ROWS]);
    for (size_t l = 0; l < b->layer_count; l++)
        seconds += predict_layer(&costs->layers[l], b, l, rows, plan);
    return plan.threads > 1 ? seconds + overhead(costs, b, rows, plan, seconds) : seconds;
}

/* How many numbers the busiest thread copies, or fetches from another core, before its products can begin. A
 * BLAS copies (packs) both factors of each product, and so this number decides which partition is faster:
 *
 *     by rows      copies all of W, and r rows of A
 *     by weights   copies its part of W, and all n rows of A; fetches the part of A that other threads wrote
 *
 * BP2 has D in place of A. */
static double copied(const gm_bound *b, size_t rows, gm_plan plan)
{
    const double n = (double)rows, part = 1 / (double)plan.threads;
    const double r = n * busiest_rows(rows, plan.threads);
    double sum = 0;
    for (size_t l = 0; l < b->layer_count; l++) {
        const double in = (double)b->layers[l].view.w.cols, out = (double)b->layers[l].view.w.rows;
        const double fetched = l > 0 ? 1 - part : 0; /* no thread has written the inputs of layer 1 */
        const bool by_weights = gm_is_by_weights(b, l, rows, plan);
        sum += by_weights ? in * out * part + n * in * (1 + fetched) : in * out + r * in;
        if (l > 0)
            sum += by_weights ? in * out * part + n * out * (1 + fetched) : in * out + r * out;
    }
    return sum;
}

/* Chooses the partition for a backend whose sums depend on it. The choice is made by counting and not by
 * measuring, so that the same seed and the same number of threads always give the same bits. */
static bool is_better_by_weights(const gm_bound *b, size_t rows, size_t threads)
{
    const gm_plan by_rows = {.threads = threads}, by_weights = {.threads = threads, .by_weights = true};
    return threads > 1 && copied(b, rows, by_weights) < copied(b, rows, by_rows);
}

/* Round figures for one core, for a choice that must not depend on a measurement: the operations per second
 * of a fast backend and of plain loops, the bytes of weights per second, from the core's own cache if they
 * have room there, and the seconds of a barrier. Where they are wrong, all threads should gain too little to
 * be missed: so a core is taken to be a fast one. */
#define FAST_FLOP_PER_SECOND    (4.8e11 / sizeof(REAL))
#define LOOP_FLOP_PER_SECOND    (8e9 / sizeof(REAL))
#define OWN_CACHE               ((double)(1 << 20)) /* bytes */
#define CACHED_BYTES_PER_SECOND 1e11
#define BYTES_PER_SECOND        2e10
#define SECONDS_PER_BARRIER     3e-6

/* Whether a step has so much work that all threads are faster than one. It has 6 operations for each weight
 * and row, and goes through the weights about three times. */
static bool is_worth_a_team(const gm_bound *b, size_t rows, gm_plan plan)
{
    const double weights = (double)b->network->parameter_count;
    const double speed = b->backend->fast ? FAST_FLOP_PER_SECOND : LOOP_FLOP_PER_SECOND;
    const double bytes = weights * sizeof(REAL);
    const double memory = bytes <= OWN_CACHE ? CACHED_BYTES_PER_SECOND : BYTES_PER_SECOND;
    const double alone = 6 * (double)rows * weights / speed + 3 * bytes / memory;
    const double part = plan.by_weights ? 1 / (double)plan.threads : busiest_rows(rows, plan.threads);
    return alone * (1 - part) > SECONDS_PER_BARRIER * (double)(1 + count_barriers(b, rows, plan));
}

/* Makes the plan for a backend whose bits depend on the plan. `chooses`: the plan may leave threads out. */
static gm_plan count_plan(const gm_bound *b, size_t rows, size_t threads, bool chooses)
{
    const gm_plan plan = {.threads = threads, .by_weights = is_better_by_weights(b, rows, threads)};
    if (chooses && threads > 1 && !is_worth_a_team(b, rows, plan))
        return (gm_plan){.threads = 1};
    return plan;
}

static gm_plan candidate(const gm_costs *costs, const gm_bound *b, size_t rows, size_t threads,
                         bool by_weights)
{
    gm_plan plan = {.threads = threads, .by_weights = by_weights};
    plan.seconds = predict(costs, b, rows, plan);
    return plan;
}

static gm_plan faster(gm_plan a, gm_plan b)
{
    return b.seconds < a.seconds ? b : a;
}

/* Makes the plan for all threads, with the faster of the two partitions. */
static gm_plan together(const gm_costs *costs, const gm_bound *b, size_t rows, size_t threads)
{
    return faster(candidate(costs, b, rows, threads, false), candidate(costs, b, rows, threads, true));
}

gm_plan gm_make_plan(gm_planner *planner, const gm_bound *b, size_t rows, bool predicted)
{
    /* Steps of src/online are done by one thread, whatever number the team has, so their bits do not depend
     * on it. */
    const size_t threads = gm_online_takes(b->online, rows) ? 1 : gm_team_threads(b->team);
    const bool same_bits = b->backend->same_bits;
    const bool choice = threads > 1 && same_bits;
    const gm_costs *costs = &planner->costs;
    const gm_plan counted = count_plan(b, rows, threads, planner->chooses);
    if (!choice && !predicted)
        return counted;
    if (!costs->known)
        gm_measure_costs(&planner->costs, b, planner->buffer);
    if (!choice)
        return candidate(costs, b, rows, counted.threads, counted.by_weights);
    const gm_plan best = together(costs, b, rows, threads);
    return planner->chooses ? faster(best, candidate(costs, b, rows, 1, false)) : best;
}

void gm_watch_rows(gm_planner *planner, const gm_bound *b, size_t rows)
{
    const size_t threads = gm_team_threads(b->team);
    const bool same_bits = b->backend->same_bits && !gm_online_takes(b->online, rows);
    const gm_costs *costs = &planner->costs;
    if (!planner->chooses || !same_bits || !b->learns || threads == 1)
        return;
    if (!costs->known)
        gm_measure_costs(&planner->costs, b, planner->buffer);
    planner->watch = gm_watch_begin(candidate(costs, b, rows, 1, false), together(costs, b, rows, threads));
    planner->watched_rows = rows;
}

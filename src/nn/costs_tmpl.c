/* Measures what the parts of a step cost (costs.h). Each part is done for a moment, on the network's own
 * layers and matrices and in the way in which a step does it, while a clock runs.
 *
 * All layers are measured one after the other, and that is repeated several times. So each layer finds the
 * caches as the other layers have left them, which is how a step finds them; and another program that takes
 * the processor for a moment disturbs one measurement of many parts, but not all measurements of one part. */
#include "machine/cpu.h"
#include "nn/optimizer.h"
#include "nn/pass.h"

#include <math.h>
#include <string.h>

/* The amount of work of one probe. It is large enough for the resolution of the clock, and takes a fraction
 * of a millisecond. A BLAS copies (packs) its matrices at each call. So that this does not take a larger part
 * of a probe than of a step, probes of a BLAS have more rows and more units, and take some milliseconds. */
#define PROBE_FLOP   1e7
#define PROBE_ROWS   64
#define BLAS_FLOP    4e8
#define BLAS_ROWS    256
#define BARRIERS     10
#define MEETINGS     40
#define ONLINE_STEPS 256

/* One measurement, done by one thread or by all at once. */
struct probe {
    const gm_bound *bound;
    const gm_pass_batch *batch; /* a batch for probes; its update rule changes no weight */
    enum { FORWARD, OUTPUT, HIDDEN_DELTA, WEIGHTS, SWEEP, ONLINE, BARRIER, EXCHANGE, NOTHING } what;
    size_t layer, rows;
    size_t units; /* number of outputs, or for BP2 of inputs, in one call; a multiple of the grain */
    size_t grain;
    size_t round;  /* number of the round; each round uses other units, as successive calls in a step do */
    gm_mat matrix; /* what threads exchange in an EXCHANGE probe */
    gm_online *online;
    bool together;
    bool same_rows; /* all threads use the same rows, because they share the work by weights or because there
                       are too few rows */
    double seconds; /* the result, as measured by thread 0 */
};

/* The range of units that a thread works on: `units` of `total`, a different range in each round and for each
 * thread. */
static gm_range portion(const struct probe *q, size_t total, size_t thread)
{
    const size_t slots = gm_max(1, total / gm_max(q->units, q->grain));
    const size_t slot = (q->round * gm_team_threads(q->bound->team) + thread) % slots;
    const size_t first = slot * (gm_max(q->units, q->grain) / q->grain) * q->grain;
    const bool taken = q->same_rows && thread >= slots; /* another thread has this range already */
    return (gm_range){first, taken ? 0 : gm_min(q->units, total - first)};
}

/* A thread's part of the matrix that is exchanged, in whole cache lines. */
static gm_range exchanged(const struct probe *q, size_t thread)
{
    return gm_team_range(q->matrix.rows * q->matrix.ld, GM_LINE, thread, gm_team_threads(q->bound->team));
}

static void write_own(const struct probe *q, size_t thread)
{
    const gm_range own = exchanged(q, thread);
    memset(q->matrix.data + own.first, 0, own.count * sizeof(REAL));
}

/* Reads one number from each cache line that the next thread has written. */
static void read_others(const struct probe *q, size_t thread)
{
    const gm_range other = exchanged(q, (thread + 1) % gm_team_threads(q->bound->team));
    const REAL *numbers = q->matrix.data + other.first;
    REAL sum = 0;
    for (size_t i = 0; i < other.count; i += GM_LINE)
        sum += numbers[i];
    volatile REAL sink = sum;
    (void)sink;
}

static void probe_once(const struct probe *q, size_t thread)
{
    const gm_bound *b = q->bound;
    const gm_worker worker = gm_worker_of(b, q->batch, thread);
    const gm_mat w = b->layers[q->layer].view.w;
    const gm_range rows = {q->together && !q->same_rows ? thread * q->rows : 0, q->rows};
    gm_range units;
    switch (q->what) {
    case FORWARD:
        units = portion(q, w.rows, thread);
        if (units.count > 0)
            gm_forward_layer(&worker, q->layer, rows, units);
        break;
    case HIDDEN_DELTA:
        units = portion(q, w.cols, thread);
        if (units.count > 0)
            gm_hidden_delta(&worker, q->layer, rows, units);
        break;
    case OUTPUT:
        if (q->same_rows && thread > 0)
            break;
        gm_output(&worker, rows);
        if (b->learns)
            gm_output_delta(&worker, rows);
        break;
    case WEIGHTS:
        units = portion(q, w.rows, thread);
        gm_update_block(&worker, q->layer, (gm_block){units, gm_all(w.cols)});
        break;
    case SWEEP:
        gm_sweep_layer(&worker, q->layer, portion(q, w.cols, thread));
        break;
    case ONLINE:
        for (size_t i = 0; i < q->rows; i++)
            q->online->step(q->online, q->batch->x.data, q->batch->y.data, NULL);
        break;
    case BARRIER:
        for (int i = 0; i < BARRIERS; i++)
            gm_team_barrier(b->team);
        break;
    case EXCHANGE:
        read_others(q, thread);
        break;
    case NOTHING:
        break;
    }
}

static void probe_work(void *context, size_t thread)
{
    struct probe *q = context;
    if (q->what == EXCHANGE)
        write_own(q, thread);
    if (q->together)
        gm_team_barrier(q->bound->team);
    const uint64_t start = gm_clock();
    probe_once(q, thread);
    if (thread == 0)
        q->seconds = gm_clock_seconds(start, gm_clock());
}

static void probe_run(struct probe *q)
{
    const uint64_t start = gm_clock();
    if (q->together)
        gm_team_run(q->bound->team, probe_work, q);
    else
        gm_team_run_alone(q->bound->team, probe_work, q);
    if (q->what == NOTHING)
        q->seconds = gm_clock_seconds(start, gm_clock());
}

/* Runs a probe once. Divides its time by `parts`, and inserts the result among those of the rounds before, in
 * ascending order. The result of round 0 is ignored, because that round warms up the caches. */
static void probe(struct probe q, double parts, gm_cost *cost)
{
    probe_run(&q);
    if (q.round == 0)
        return;
    size_t at = q.round - 1;
    for (; at > 0 && cost->seconds[at - 1] > q.seconds / parts; at--)
        cost->seconds[at] = cost->seconds[at - 1];
    cost->seconds[at] = q.seconds / parts;
}

/* Runs all rounds of a probe one after the other. In a step, too, such work finds the caches as it left them
 * itself. */
static void probe_rounds(struct probe q, double parts, gm_cost *cost)
{
    for (; q.round <= GM_PROBES; q.round++)
        probe(q, parts, cost);
}

/* Measures how long threads take to synchronise. The shortest of many runs counts, because new threads may
 * share a processor until the operating system distributes them. */
static double probe_barrier(struct probe q)
{
    double least = INFINITY;
    for (int i = 0; i < MEETINGS; i++) {
        probe_run(&q);
        least = q.seconds < least ? q.seconds : least;
    }
    return least;
}

/* Runs a probe of a layer. The cost is that of one row and all `total` units. */
static void probe_layer(struct probe q, size_t total, size_t grain, gm_cost *cost)
{
    const gm_mat w = q.bound->layers[q.layer].view.w;
    const double flop = 2 * (double)q.rows * (double)w.rows * (double)w.cols;
    const double most = q.bound->backend->calls_blas ? BLAS_FLOP : PROBE_FLOP;
    size_t units = flop > most ? (size_t)((double)total * most / flop) : total;
    units = gm_max((units + grain - 1) / grain * grain, grain);
    q.units = gm_min(units, total);
    q.grain = grain;
    probe(q, (double)q.rows * (double)q.units / (double)total, cost);
}

/* Sets D and the inputs of layer l to 0, so that BP4 changes no weight. They may hold anything: the caller's
 * numbers, or those of other probes. */
static void still(const gm_bound *b, const gm_pass_batch *batch, size_t l)
{
    const gm_worker worker = gm_worker_of(b, batch, 0);
    const gm_mat d = b->layers[l].d, a = gm_inputs_of(&worker, l);
    memset(d.data, 0, d.rows * d.ld * sizeof(REAL));
    memset(a.data, 0, a.rows * a.ld * sizeof(REAL));
}

/* The arguments that all measurements share. */
struct survey {
    const gm_bound *bound;
    gm_pass_batch batch;
    gm_costs *costs;
};

/* Makes a probe of layer l in which each thread has rows of its own. If there are fewer rows than threads,
 * all threads use the same rows. */
static struct probe probe_of(const struct survey *s, size_t l, int manner, size_t round)
{
    const gm_bound *b = s->bound;
    const size_t rows = manner == BY_ROWS ? s->batch.rows / gm_team_threads(b->team) : s->batch.rows;
    const size_t most = b->backend->calls_blas ? BLAS_ROWS : PROBE_ROWS;
    return (struct probe){.bound = b,
                          .batch = &s->batch,
                          .layer = l,
                          .rows = gm_min(gm_max(rows, 1), most),
                          .round = round,
                          .together = manner != ALONE,
                          .same_rows = manner == BY_WEIGHTS || rows == 0};
}

static void measure_products(const struct survey *s, size_t l, int manner, size_t round)
{
    const gm_bound *b = s->bound;
    const gm_mat w = b->layers[l].view.w;
    gm_layer_costs *costs = &s->costs->layers[l];
    struct probe q = probe_of(s, l, manner, round);
    q.what = FORWARD;
    probe_layer(q, w.rows, gm_output_grain(b), &costs->forward[manner]);
    if (!b->learns)
        return;
    still(b, &s->batch, l);
    q.what = HIDDEN_DELTA;
    /* Some backends prepare D once for many inputs. A probe of a few inputs would measure mostly that. */
    if (l > 0)
        probe_layer(q, w.cols, gm_max(gm_input_grain(b), b->backend->sweep.inputs),
                    &costs->hidden_delta[manner]);
}

/* Measures BP4 with the update, which is always partitioned by weights. */
static void measure_weights(const struct survey *s, size_t l, int manner, size_t round)
{
    const gm_bound *b = s->bound;
    const gm_mat w = b->layers[l].view.w;
    gm_layer_costs *costs = &s->costs->layers[l];
    struct probe q = probe_of(s, l, manner, round);
    q.rows = s->batch.rows;
    q.what = WEIGHTS;
    probe_layer(q, w.rows, gm_output_grain(b), &costs->weights[manner]);
    q.what = SWEEP;
    if (gm_sweeps(b, q.rows, (gm_plan){.threads = 1}))
        probe_layer(q, w.cols, gm_input_grain(b), &costs->sweep[manner]);
}

/* Measures the output layer's activation, the loss and BP1, which are always partitioned by rows. */
static void measure_output(const struct survey *s, int manner, size_t round)
{
    struct probe q = probe_of(s, s->bound->layer_count - 1, manner, round);
    q.what = OUTPUT;
    probe(q, (double)q.rows, &s->costs->output[manner]);
}

static void measure_manner(const struct survey *s, int manner, size_t round)
{
    for (size_t l = 0; l < s->bound->layer_count; l++) {
        measure_products(s, l, manner, round);
        if (s->bound->learns && manner != BY_ROWS)
            measure_weights(s, l, manner, round);
    }
    if (manner != BY_WEIGHTS)
        measure_output(s, manner, round);
}

/* Measures steps of src/online, which take one row as a whole. They get a learning rate of 0, so that no
 * weight changes. If there is no memory for them, their cost stays unknown. */
static void measure_online(const struct survey *s)
{
    static const gm_optimizer rest = {.kind = GM_SGD};
    gm_online *online = gm_pass_create_online(s->bound, &rest);
    const struct probe q = {
        .bound = s->bound, .batch = &s->batch, .what = ONLINE, .online = online, .rows = ONLINE_STEPS};
    if (online)
        probe_rounds(q, ONLINE_STEPS, &s->costs->online);
    gm_free(online);
}

/* Makes the batch for the probes: all rows of one of the engine's buffers, and an update that leaves the
 * weights as they are. */
static gm_pass_batch probe_batch(const gm_bound *b, size_t buffer)
{
    const gm_update_rule *rule = &gm_update_rules[b->optimizer->kind];
    /* A rate of 0 would make alpha 0, and then a BLAS skips the product. */
    const REAL rate = rule->target == INTO_WEIGHTS ? 1 : 0;
    gm_step_constants keep = {
        .rate = rate, .momentum = 1, .beta1 = 1, .beta2 = 1, .epsilon = 1, .keep = 1, .unbias = 1};
    gm_set_factors(rule->target, &keep);
    const gm_mat x = b->own_x[buffer], y = b->own_y[buffer];
    memset(y.data, 0, y.rows * y.ld * sizeof(REAL));
    return (gm_pass_batch){.plan = {.threads = gm_team_threads(b->team)}, /* for BP3 */
                           .rows = x.rows,
                           .x = x,
                           .y = y,
                           .judged = true,
                           .drops = b->drops,
                           .backward = true, /* so that the losses are summed for each thread, as in a step */
                           .scale = 1 / (REAL)x.rows,
                           .rule = rule,
                           .weight_constants = keep,
                           .bias_constants = keep,
                           .averages = b->average != NULL,
                           .average_keep = 1};
}

/* Chooses the matrix for the EXCHANGE probe: the largest of X and all A, because a small one has too few
 * cache lines to be timed. It is cut to the size that fits into the cores' own caches. */
static gm_mat to_exchange(const gm_bound *b, gm_mat x)
{
    const size_t own = gm_cpu_cache(2) / 2 * gm_team_threads(b->team);
    gm_mat largest = x;
    for (size_t l = 0; l < b->layer_count; l++) {
        const gm_mat a = b->layers[l].a;
        largest = a.rows * a.ld > largest.rows * largest.ld ? a : largest;
    }
    if (own > 0)
        largest.rows = gm_min(largest.rows, gm_max(1, own / (largest.ld * sizeof(REAL))));
    return largest;
}

/* The number of cache lines, written by other cores, whose transfer costs extra time. It is what a core's own
 * cache can hold: other lines come from memory, which takes the same time whoever wrote them. If the shared
 * cache holds all parameters and the optimizer's copies of them, all lines count. They do not in batches of
 * few rows, where W comes from the shared cache in any case. */
static double cached(const gm_bound *b)
{
    const double copies = 1 + (double)gm_optimizer_state(b->optimizer->kind);
    const double held = copies * (double)gm_network_parameter_count(b->network) * sizeof(REAL);
    const size_t own = gm_cpu_cache(2), common = gm_cpu_cache(3);
    const bool few = b->own_x[0].rows <= gm_max(b->backend->sweep.rows, GM_ROW_GRAIN);
    return own == 0 || (held <= (double)common && !few) ? INFINITY : (double)(own / GM_ALIGNMENT);
}

/* Measures what several threads cost in addition to their work: barriers, the start of a step, and the
 * exchange of cache lines. */
static void measure_together(const struct survey *s)
{
    const gm_bound *b = s->bound;
    const struct probe q = {
        .bound = b, .batch = &s->batch, .matrix = to_exchange(b, s->batch.x), .together = true};
    struct probe barriers = q, nothing = q, exchange = q;
    barriers.what = BARRIER;
    nothing.what = NOTHING;
    exchange.what = EXCHANGE;
    s->costs->barrier = probe_barrier(barriers) / BARRIERS;
    s->costs->start = probe_barrier(nothing);
    s->costs->cached = cached(b);
    probe_rounds(exchange, (double)gm_max(1, gm_pieces(exchanged(&q, 1).count, GM_LINE)),
                 &s->costs->exchange);
}

void gm_measure_costs(gm_costs *costs, const gm_bound *b, size_t buffer)
{
    const bool together = gm_team_threads(b->team) > 1;
    const struct survey s = {b, probe_batch(b, buffer), costs};
    if (together) /* first, because it also lets the operating system distribute the threads */
        measure_together(&s);
    for (int manner = ALONE; manner <= (together ? BY_WEIGHTS : ALONE); manner++) {
        for (size_t round = 0; round <= GM_PROBES; round++)
            measure_manner(&s, manner, round);
    }
    if (b->online)
        measure_online(&s);
    costs->known = true;
}

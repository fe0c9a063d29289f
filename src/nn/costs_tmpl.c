/* What the parts of a step cost here (costs.h): each is done for a moment on the network's own layers and
 * matrices, in the manner in which a step would do it, and the clock is read. One layer after the other, and
 * that several times: so each finds the caches as the others have left them, as in a step, and another
 * program that takes the processor for a moment disturbs one measurement of many parts, not all of one. */
#include "machine/cpu.h"
#include "nn/optimizer.h"
#include "nn/pass.h"

#include <math.h>
#include <string.h>

/* Work for one probe: enough to be seen by the clock, and over in a fraction of a millisecond. A BLAS packs
 * its matrices at each call, which must not weigh more in a probe than in a step: more rows, more units, and
 * some milliseconds. */
#define PROBE_FLOP   1e7
#define PROBE_ROWS   64
#define BLAS_FLOP    4e8
#define BLAS_ROWS    256
#define BARRIERS     10
#define MEETINGS     40
#define ONLINE_STEPS 256

/* One measurement, done by one thread or by all at once. */
struct probe {
    gm_pass *pass;
    enum { FORWARD, OUTPUT, HIDDEN_DELTA, WEIGHTS, SWEEP, ONLINE, BARRIER, EXCHANGE, NOTHING } what;
    size_t layer, rows;
    size_t units; /* outputs, or inputs of BP2, in one go: whole grains */
    size_t grain;
    size_t turn;   /* every round takes other units, as a step does */
    gm_mat matrix; /* to exchange */
    gm_online *online;
    bool together;
    bool same_rows; /* for all threads: they share weights, or the batch has too few */
    double seconds; /* of thread 0 */
};

/* `units` of `total`, other ones at each turn and for each thread. */
static gm_share portion(const struct probe *q, size_t total, size_t thread)
{
    const size_t places = gm_max(1, total / gm_max(q->units, q->grain));
    const size_t place = (q->turn * gm_team_threads(q->pass->team) + thread) % places;
    const size_t first = place * (gm_max(q->units, q->grain) / q->grain) * q->grain;
    const bool taken = q->same_rows && thread >= places; /* by another thread */
    return (gm_share){first, taken ? 0 : gm_min(q->units, total - first)};
}

/* A thread's part of the matrix that is exchanged, in whole cache lines. */
static gm_share exchanged(const struct probe *q, size_t thread)
{
    return gm_team_share(q->matrix.rows * q->matrix.ld, GM_LINE, thread, gm_team_threads(q->pass->team));
}

static void write_own(const struct probe *q, size_t thread)
{
    const gm_share own = exchanged(q, thread);
    memset(q->matrix.data + own.first, 0, own.count * sizeof(REAL));
}

/* One number of each line that the next thread has written. */
static void read_others(const struct probe *q, size_t thread)
{
    const gm_share other = exchanged(q, (thread + 1) % gm_team_threads(q->pass->team));
    const REAL *numbers = q->matrix.data + other.first;
    REAL sum = 0;
    for (size_t i = 0; i < other.count; i += GM_LINE)
        sum += numbers[i];
    volatile REAL sink = sum;
    (void)sink;
}

static void probe_once(const struct probe *q, size_t thread)
{
    const gm_pass *p = q->pass;
    const gm_mat w = p->layers[q->layer].view.w;
    const gm_share rows = {q->together && !q->same_rows ? thread * q->rows : 0, q->rows};
    gm_share units;
    switch (q->what) {
    case FORWARD:
        units = portion(q, w.rows, thread);
        if (units.count > 0)
            gm_forward_layer(p, q->layer, rows, units, thread);
        break;
    case HIDDEN_DELTA:
        units = portion(q, w.cols, thread);
        if (units.count > 0)
            gm_hidden_delta(p, q->layer, rows, units, thread);
        break;
    case OUTPUT:
        if (q->same_rows && thread > 0)
            break;
        gm_output(p, rows, thread);
        if (p->learns)
            gm_output_delta(p, rows, thread);
        break;
    case WEIGHTS:
        units = portion(q, w.rows, thread);
        gm_update_block(p, q->layer, (gm_block){units, gm_all(w.cols)}, thread);
        break;
    case SWEEP:
        gm_sweep_layer(p, q->layer, portion(q, w.cols, thread), thread);
        break;
    case ONLINE:
        for (size_t i = 0; i < q->rows; i++)
            q->online->step(q->online, p->x.data, p->y.data, NULL);
        break;
    case BARRIER:
        for (int i = 0; i < BARRIERS; i++)
            gm_team_barrier(p->team);
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
        gm_team_barrier(q->pass->team);
    const uint64_t start = gm_clock();
    probe_once(q, thread);
    if (thread == 0)
        q->seconds = gm_clock_seconds(start, gm_clock());
}

static void probe_run(struct probe *q)
{
    const uint64_t start = gm_clock();
    if (q->together)
        gm_team_run(q->pass->team, probe_work, q);
    else
        gm_team_run_alone(q->pass->team, probe_work, q);
    if (q->what == NOTHING)
        q->seconds = gm_clock_seconds(start, gm_clock());
}

/* Does it once, and puts the seconds for each of `parts` among those of the rounds before. The first round,
 * 0, counts for nothing. */
static void probe(struct probe q, double parts, gm_cost *cost)
{
    probe_run(&q);
    if (q.turn == 0)
        return;
    size_t at = q.turn - 1;
    for (; at > 0 && cost->seconds[at - 1] > q.seconds / parts; at--)
        cost->seconds[at] = cost->seconds[at - 1];
    cost->seconds[at] = q.seconds / parts;
}

/* All rounds, one after the other: of what finds the caches as itself has left them. */
static void probe_rounds(struct probe q, double parts, gm_cost *cost)
{
    for (; q.turn <= GM_PROBES; q.turn++)
        probe(q, parts, cost);
}

/* What threads spend on meeting each other: the least of many runs, because new threads may share a processor
 * until the system has spread them. */
static double probe_meeting(struct probe q)
{
    double least = INFINITY;
    for (int i = 0; i < MEETINGS; i++) {
        probe_run(&q);
        least = q.seconds < least ? q.seconds : least;
    }
    return least;
}

/* For one row and all `total` units of a layer. */
static void probe_layer(struct probe q, size_t total, size_t grain, gm_cost *cost)
{
    const gm_mat w = q.pass->layers[q.layer].view.w;
    const double flop = 2 * (double)q.rows * (double)w.rows * (double)w.cols;
    const double most = q.pass->backend->calls_blas ? BLAS_FLOP : PROBE_FLOP;
    size_t units = flop > most ? (size_t)((double)total * most / flop) : total;
    units = gm_max((units + grain - 1) / grain * grain, grain);
    q.units = gm_min(units, total);
    q.grain = grain;
    probe(q, (double)q.rows * (double)q.units / (double)total, cost);
}

/* No weight may change: what BP4 of layer l reads is 0, whatever was there or was left by other probes. */
static void still(gm_pass *p, size_t l)
{
    const gm_mat d = p->layers[l].d, a = l > 0 ? p->layers[l - 1].a : p->own_x;
    memset(d.data, 0, d.rows * d.ld * sizeof(REAL));
    memset(a.data, 0, a.rows * a.ld * sizeof(REAL));
}

/* A probe of layer l by the rows that each thread has; with fewer rows than threads all have the same. */
static struct probe probe_of(gm_pass *p, size_t l, int manner, size_t round)
{
    const size_t batch = p->own_x.rows;
    const size_t share = manner == BY_ROWS ? batch / gm_team_threads(p->team) : batch;
    const size_t most = p->backend->calls_blas ? BLAS_ROWS : PROBE_ROWS;
    return (struct probe){.pass = p,
                          .layer = l,
                          .rows = gm_min(gm_max(share, 1), most),
                          .turn = round,
                          .together = manner != ALONE,
                          .same_rows = manner == BY_WEIGHTS || share == 0};
}

static void measure_products(gm_pass *p, size_t l, int manner, size_t round)
{
    const gm_mat w = p->layers[l].view.w;
    gm_layer_costs *costs = &p->costs.layers[l];
    struct probe q = probe_of(p, l, manner, round);
    q.what = FORWARD;
    probe_layer(q, w.rows, gm_output_grain(p), &costs->forward[manner]);
    if (!p->learns)
        return;
    still(p, l);
    q.what = HIDDEN_DELTA;
    if (l > 0) /* D is turned round once for all inputs: not for a few of them */
        probe_layer(q, w.cols, gm_max(gm_input_grain(p), p->backend->sweep.inputs),
                    &costs->hidden_delta[manner]);
}

/* These are always shared by weights. */
static void measure_weights(gm_pass *p, size_t l, int manner, size_t round)
{
    const gm_mat w = p->layers[l].view.w;
    gm_layer_costs *costs = &p->costs.layers[l];
    struct probe q = probe_of(p, l, manner, round);
    q.rows = p->own_x.rows;
    q.what = WEIGHTS;
    probe_layer(q, w.rows, gm_output_grain(p), &costs->weights[manner]);
    q.what = SWEEP;
    if (gm_sweeps(p, q.rows, (gm_plan){.threads = 1}))
        probe_layer(q, w.cols, gm_input_grain(p), &costs->sweep[manner]);
}

/* Always cut by rows. */
static void measure_output(gm_pass *p, int manner, size_t round)
{
    struct probe q = probe_of(p, p->layer_count - 1, manner, round);
    q.what = OUTPUT;
    probe(q, (double)q.rows, &p->costs.output[manner]);
}

static void measure_manner(gm_pass *p, int manner, size_t round)
{
    for (size_t l = 0; l < p->layer_count; l++) {
        measure_products(p, l, manner, round);
        if (p->learns && manner != BY_ROWS)
            measure_weights(p, l, manner, round);
    }
    if (manner != BY_WEIGHTS)
        measure_output(p, manner, round);
}

/* One row in one go, by steps of a rate of 0 of their own: no weight may change. Without memory for them the
 * cost stays unknown. */
static void measure_online(gm_pass *p)
{
    static const gm_optimizer still = {.kind = GM_SGD};
    gm_online *online = gm_pass_create_online(p, &still);
    if (online)
        probe_rounds((struct probe){.pass = p, .what = ONLINE, .online = online, .rows = ONLINE_STEPS},
                     ONLINE_STEPS, &p->costs.online);
    gm_free(online);
}

/* The optimizer only keeps what it has. The batch itself is taken in after its plan is made, so its place is
 * free. */
static void begin(gm_pass *p)
{
    const REAL rate = p->optimizer->kind == GM_SGD ? 1 : 0; /* BLAS has nothing to do where alpha is 0 */
    p->rule = &gm_update_rules[p->optimizer->kind];
    p->weight_constants = (gm_step_constants){
        .rate = rate, .momentum = 1, .beta1 = 1, .beta2 = 1, .epsilon = 1, .keep = 1, .unbias = 1};
    p->bias_constants = p->weight_constants;
    p->plan = (gm_plan){.threads = gm_team_threads(p->team)}; /* that biases are shared by */
    p->x = p->own_x;
    p->y = p->own_y;
    p->judged = true;
    p->rows = p->own_x.rows;
    memset(p->own_y.data, 0, p->own_y.rows * p->own_y.ld * sizeof(REAL));
    for (size_t l = 0; l < p->layer_count; l++)
        p->layers[l].view.batch = p->own_x.rows;
}

/* The largest of X and all A, because a small one has too few lines to be timed; of which as much as the
 * cores can have in their own caches. */
static gm_mat to_exchange(const gm_pass *p)
{
    const size_t own = gm_cpu_cache(2) / 2 * gm_team_threads(p->team);
    gm_mat largest = p->own_x;
    for (size_t l = 0; l < p->layer_count; l++) {
        const gm_mat a = p->layers[l].a;
        largest = a.rows * a.ld > largest.rows * largest.ld ? a : largest;
    }
    if (own > 0)
        largest.rows = gm_min(largest.rows, gm_max(1, own / (largest.ld * sizeof(REAL))));
    return largest;
}

/* Lines that others have written and that no core must fetch from memory: those in its own cache, or all
 * where the common one holds the parameters and what the optimizer keeps of each. With few rows W comes at
 * the same pace from there, whoever has written it. */
static double cached(const gm_pass *p)
{
    const double copies = 1 + (double)gm_optimizer_state(p->optimizer->kind);
    const double held = copies * (double)gm_network_parameter_count(p->network) * sizeof(REAL);
    const size_t own = gm_cpu_cache(2), common = gm_cpu_cache(3);
    const bool few = p->own_x.rows <= gm_max(p->backend->sweep.rows, GM_ROW_GRAIN);
    return own == 0 || (held <= (double)common && !few) ? INFINITY : (double)(own / GM_ALIGNMENT);
}

static void measure_exchange(gm_pass *p)
{
    const struct probe q = {.pass = p, .what = EXCHANGE, .matrix = to_exchange(p), .together = true};
    const double lines = (double)gm_max(1, gm_pieces(exchanged(&q, 1).count, GM_LINE));
    probe_rounds(q, lines, &p->costs.exchange);
}

void gm_measure_costs(gm_pass *p)
{
    const bool together = gm_team_threads(p->team) > 1;
    gm_profile *profile = p->profile;
    p->profile = NULL;
    begin(p);
    if (together) { /* first: it settles the threads, too */
        const struct probe meeting = {.pass = p, .what = BARRIER, .together = true};
        p->costs.barrier = probe_meeting(meeting) / BARRIERS;
        p->costs.start = probe_meeting((struct probe){.pass = p, .what = NOTHING, .together = true});
        p->costs.cached = cached(p);
        measure_exchange(p);
    }
    for (int manner = ALONE; manner <= (together ? BY_WEIGHTS : ALONE); manner++) {
        for (size_t round = 0; round <= GM_PROBES; round++)
            measure_manner(p, manner, round);
    }
    if (p->online)
        measure_online(p);
    p->profile = profile;
    p->rows = 0; /* no batch is at work */
    p->costs.known = true;
}

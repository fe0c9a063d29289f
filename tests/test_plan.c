/* Tests plans: the arithmetic is the same for every number of threads and every partition, and measuring the
 * costs of a step changes no result. */
#include "nets.h"
#include "sanitized.h"
#include "nn/engine.h"
#include "nn/pass.h"

enum { ROWS = 9, MANY_ROWS = 48, IN = 21, OUT = 3, WIDE = 1000, SLABS = 150 };
enum { PARAMETERS = (IN + 1) * WIDE + (WIDE + 1) * SLABS + (SLABS + 1) * OUT };

/* The wide layer has more inputs of BP2 than a kernel takes at once, in pieces that are no whole vectors; the
 * next one has more outputs than a slab of few rows. */
static const net_shape shape = {{IN, WIDE, SLABS, OUT}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY};
static double x[MANY_ROWS * IN], y[MANY_ROWS * OUT];

static void fill(void)
{
    net_fill(x, MANY_ROWS * IN, -1, 1);
    for (size_t r = 0; r < MANY_ROWS; r++)
        y[r * OUT + r % OUT] = 1;
}

static gm_engine *make_of(const net_shape *of, gm_precision precision, const char *backend, size_t rows,
                          size_t threads, gm_optimizer_kind kind)
{
    gm_engine_options options = gm_engine_options_default();
    options.backend = backend;
    options.batch = rows;
    options.threads = threads;
    options.optimizer = gm_optimizer_default(kind);
    return net_engine(net_make(of, precision, 1), &options);
}

static gm_engine *make(const char *backend, size_t threads, gm_optimizer_kind kind)
{
    return make_of(&shape, GM_F64, backend, ROWS, threads, kind);
}

/* Five steps of `rows` rows on all threads, partitioned as told; the last loss. */
static double take_steps(gm_engine *engine, bool by_weights, size_t rows)
{
    gm_pass *pass = (gm_pass *)engine->pass; /* its plan lies where it does in both precisions */
    const gm_array xs = gm_array_f64(x, rows, IN), ys = gm_array_f64(y, rows, OUT);
    double loss;
    gm_engine_loss(engine, xs, ys, &loss, gm_no_array(), NULL); /* makes the plan for so many rows */
    pass->batch.plan = (gm_plan){.threads = gm_engine_threads(engine), .by_weights = by_weights};
    for (int i = 0; i < 5; i++)
        loss = net_step(engine, xs, ys);
    cr_assert_eq(pass->batch.plan.by_weights, by_weights, "the plan was made again");
    return loss;
}

/* The parameters after these steps. */
static void train(const char *backend, gm_optimizer_kind kind, size_t threads, bool by_weights, size_t rows,
                  double *parameters)
{
    gm_engine *engine = make(backend, threads, kind);
    take_steps(engine, by_weights, rows);
    memcpy(parameters, gm_network_parameters_const(engine->network).data,
           gm_network_parameter_count(engine->network) * sizeof *parameters);
    net_free(engine);
}

static void expect_partition(const char *backend, size_t threads, bool by_weights, size_t rows,
                             const double *expected)
{
    static double actual[PARAMETERS];
    double worst = 0;
    train(backend, GM_MOMENTUM, threads, by_weights, rows, actual);
    for (size_t i = 0; i < PARAMETERS; i++)
        worst = fmax(worst, fabs(actual[i] - expected[i]));
    cr_expect_lt(worst, 1e-13, "%s, %zu threads, %zu rows, partitioned by %s: off by %g", backend, threads,
                 rows, by_weights ? "weights" : "rows", worst);
}

Test(plan, every_partition_gives_the_same)
{
    static double expected[PARAMETERS];
    fill();
    for (size_t rows = 1; rows <= ROWS; rows += 4 * STRIDE) {
        const char *backend;
        train("naive", GM_MOMENTUM, 1, false, rows, expected);
        for (size_t b = 0; (backend = gm_backend_name(b)); b++) {
            for (size_t threads = 1; threads <= 5; threads += 2) {
                expect_partition(backend, threads, false, rows, expected);
                expect_partition(backend, threads, true, rows, expected);
            }
        }
    }
}

/* After a step: whether the forward pass takes room from D of layer 2. */
static bool uses_spare_room(gm_engine *engine, size_t rows)
{
    const gm_array d = gm_engine_view(engine, GM_VIEW_DELTA, 1);
    const float before = *(const float *)d.data;
    double loss;
    gm_engine_loss(engine, gm_array_f64(x, rows, IN), gm_array_f64(y, rows, OUT), &loss, gm_no_array(), NULL);
    return *(const float *)d.data != before;
}

/* A BLAS may take room for Z^T from D, of which each thread has its own part. */
Test(plan, every_partition_of_what_is_transposed)
{
    static const net_shape wide = {{IN, 1024, 1024, OUT}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY};
    fill();
    gm_engine *engine = make_of(&wide, GM_F64, "naive", MANY_ROWS, 1, GM_SGD);
    const double expected = take_steps(engine, false, MANY_ROWS);
    net_free(engine);
    for (size_t threads = 1; threads <= 3; threads++) {
        for (int by_weights = 0; by_weights <= 1; by_weights++) {
            engine = make_of(&wide, GM_F32, "blas", MANY_ROWS, threads, GM_SGD);
            const double loss = take_steps(engine, by_weights != 0, MANY_ROWS);
            expect_relative(loss, expected, 1e-5, "the loss after five steps");
            if (threads == 1) /* a share of the rows may be no whole vectors */
                cr_expect(uses_spare_room(engine, MANY_ROWS));
            net_free(engine);
        }
    }
}

static void expect_same_bits(gm_optimizer_kind kind, size_t rows)
{
    static double one[PARAMETERS], many[PARAMETERS];
    train("packed", kind, 1, false, rows, one);
    for (size_t threads = 2; threads <= 4; threads++) {
        for (int by_weights = 0; by_weights <= 1; by_weights++) {
            train("packed", kind, threads, by_weights != 0, rows, many);
            cr_expect_arr_eq(one, many, PARAMETERS * sizeof *one, "%s, %zu rows, %zu threads, by weights %d",
                             gm_optimizer_name(kind), rows, threads, by_weights);
        }
    }
}

/* To the bit, where the order of the sums does not depend on the slab. */
Test(plan, packed_repeats_to_the_bit)
{
    fill();
    for (size_t rows = 1; rows <= ROWS; rows += 2 * STRIDE) {
        for (int kind = GM_SGD; kind <= GM_MOMENTUM; kind++)
            expect_same_bits((gm_optimizer_kind)kind, rows);
    }
}

/* Steps that change over to the other plan, one after the other, end in the same weights as those of one
 * thread. */
Test(plan, changing_over_changes_no_bit)
{
    fill();
    gm_engine *plain = make("packed", 1, GM_ADAM), *watched = make("packed", 3, GM_ADAM);
    gm_pass *pass = (gm_pass *)watched->pass;
    pass->planner.chooses = true; /* as if threads had not been asked for */
    const gm_array xs = gm_array_f64(x, ROWS, IN), ys = gm_array_f64(y, ROWS, OUT);
    size_t steps_alone = 0;
    for (int i = 0; i < 6; i++) {
        steps_alone += i > 0 && pass->batch.plan.threads == 1;
        const double expected = net_step(plain, xs, ys), actual = net_step(watched, xs, ys);
        cr_expect_float_eq(expected, actual, 1e-12); /* sums over threads are grouped otherwise */
        cr_assert_eq(pass->planner.watched_rows, ROWS);
        pass->planner.watch.now = i % 2;
        pass->batch.plan = gm_watch_plan(&pass->planner.watch);
    }
    cr_expect_eq(steps_alone, 3);
    cr_expect_arr_eq(gm_network_parameters_const(plain->network).data,
                     gm_network_parameters_const(watched->network).data,
                     gm_network_parameter_count(plain->network) * sizeof(double));
    net_free(plain);
    net_free(watched);
}

Test(plan, measuring_changes_nothing)
{
    fill();
    const char *backend;
    for (size_t b = 0; (backend = gm_backend_name(b)); b++) {
        for (int kind = 0; kind < GM_OPTIMIZER_COUNT; kind += STRIDE) {
            gm_engine *plain = make(backend, 1, (gm_optimizer_kind)kind);
            gm_engine *planned = make(backend, 1, (gm_optimizer_kind)kind);
            const gm_array xs = gm_array_f64(x, ROWS, IN), ys = gm_array_f64(y, ROWS, OUT);
            for (int i = 0; i < 4; i++) {
                net_step(plain, xs, ys);
                net_step(planned, xs, ys);
                if (i == 1)
                    cr_expect_gt(gm_engine_plan(planned, ROWS).seconds, 0);
            }
            cr_expect_arr_eq(gm_network_parameters_const(plain->network).data,
                             gm_network_parameters_const(planned->network).data,
                             gm_network_parameter_count(plain->network) * sizeof(double), "%s, %s", backend,
                             gm_optimizer_name((gm_optimizer_kind)kind));
            net_free(plain);
            net_free(planned);
        }
    }
}

/* With a BLAS the partition is chosen by what it copies less of: all of W for some rows, or a part of W for
 * all rows. */
Test(plan, cut_for_a_blas)
{
    static const struct {
        net_shape shape;
        size_t rows, threads;
        bool by_weights;
    } cases[] = {
        {{{256, 512, 512, 10}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY}, 64, 2, true},
        {{{256, 512, 512, 10}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY}, 512, 2, false},
        {{{256, 512, 512, 10}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY}, 128, 4, true},
        {{{20, 16, 16, 2}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY}, 128, 2, false},
        {{{20, 16, 16, 2}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY}, 1, 2, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gm_engine *engine = make_of(&cases[i].shape, GM_F32, "blas", cases[i].rows, cases[i].threads, GM_SGD);
        cr_expect_eq(gm_engine_plan(engine, cases[i].rows).by_weights, cases[i].by_weights, "case %zu", i);
        net_free(engine);
    }
}

/* With a BLAS the number of threads changes bits. So it is not measured whether a team is worth its while,
 * but counted, and two engines agree. */
Test(plan, a_blas_gets_its_threads_without_a_measurement)
{
    static const struct {
        net_shape shape;
        size_t rows;
        bool team;
    } cases[] = {
        {{{2, 2, 1}, GM_TANH, GM_IDENTITY, GM_HALF_SQUARES}, 1, false},
        {{{784, 30, 10}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY}, 1, false},
        {{{784, 30, 10}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY}, 512, true},
        {{{784, 1024, 1024, 10}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY}, 1, true},
    };
    const size_t usable = gm_system_threads().usable;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const size_t expected = cases[i].team ? usable : 1;
        for (int again = 0; again < 2; again++) {
            gm_engine *engine = make_of(&cases[i].shape, GM_F32, "blas", cases[i].rows, 0, GM_SGD);
            cr_expect_eq(gm_engine_plan(engine, cases[i].rows).threads, expected, "case %zu", i);
            net_free(engine);
        }
    }
}

/* Its bands are as wide whatever the processor. */
static const gm_storage in_bands = {
    .own = true, .lanes = 16, .grain = {.outputs = 64, .inputs = 16, .biases = 16}};
static const gm_backend whole_band = {
    .name = "bands", .same_bits = true, .parts_by_input = true, .storage = &in_bands};

/* Layers are partitioned by weights where their outputs go round; with one row there is nothing else to
 * share. */
Test(plan, layers_with_few_outputs_are_partitioned_by_rows)
{
    static const struct {
        net_shape shape;
        size_t rows, threads;
        bool by_weights[3];
    } cases[] = {
        {{{64, 128, 256, 10}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY}, 64, 2, {true, true, false}},
        {{{64, 128, 256, 10}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY}, 1, 2, {true, true, false}},
        {{{64, 192, 256, 10}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY}, 64, 2, {false, true, false}},
        {{{64, 192, 256, 10}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY}, 1, 2, {true, true, false}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gm_engine *engine =
            make_of(&cases[i].shape, GM_F64, "packed", cases[i].rows, cases[i].threads, GM_SGD);
        gm_pass *pass = (gm_pass *)engine->pass;
        pass->bound.backend = &whole_band;
        const gm_plan plan = {.threads = cases[i].threads, .by_weights = true};
        for (size_t l = 0; l < 3; l++)
            cr_expect_eq(gm_is_by_weights_f64(&pass->bound, l, cases[i].rows, plan), cases[i].by_weights[l],
                         "case %zu, layer %zu", i, l + 1);
        net_free(engine);
    }
}

/* Sets the costs of a pass without measuring: each product of a row takes `seconds`, for every partition. */
static void set_costs(gm_pass *pass, double seconds)
{
    for (size_t l = 0; l < pass->bound.layer_count; l++) {
        gm_layer_costs *costs = &pass->planner.costs.layers[l];
        for (int i = 0; i < GM_PROBES; i++) {
            for (int manner = 0; manner < MANNERS; manner++) {
                costs->forward[manner].seconds[i] = seconds;
                costs->hidden_delta[manner].seconds[i] = l > 0 ? seconds : 0;
                costs->weights[manner].seconds[i] = seconds;
            }
        }
    }
    for (int i = 0; i < GM_PROBES; i++)
        pass->planner.costs.exchange.seconds[i] = 1e-9;
    pass->planner.costs.barrier = 1e-7;
    pass->planner.costs.start = 3e-7;
    pass->planner.costs.cached = INFINITY;
    pass->planner.costs.known = true;
}

/* A step of 64 rows of 64-128-128 on two threads, worked out by hand. Each has 32 rows, or 64 of 128 weights,
 * so the work is the same. By rows there are two barriers, and they fetch half of what others have updated,
 * all weights; by weights there are five, and they fetch half of half of W of layer 2. Half of A and D in any
 * case. In lines of eight numbers, there and back. */
Test(plan, seconds_are_those_of_the_formula)
{
    static const net_shape two = {{64, 128, 128}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY};
    static const struct {
        double seconds, barriers, waits, lines;
        bool by_weights;
    } cases[] = {
        /* Much work, 160 us: a wait is 1 us, and three more cost more than the lines. */
        {1e-6, 2, 2e-6, 2 * 2 * 1024 + 1024 + 2048, false},
        /* Little work, 1.6 us: a quarter of it is waited. */
        {1e-8, 5, 0.4e-6, 2 * 2 * 1024 + 1024, true},
    };
    gm_engine *engine = make_of(&two, GM_F64, "packed", 64, 2, GM_SGD);
    gm_pass *pass = (gm_pass *)engine->pass;
    pass->bound.backend = &whole_band;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        set_costs(pass, cases[i].seconds);
        const double work = 32 * 5 * cases[i].seconds; /* f, w of two layers, b of one */
        const double expected =
            work + 3e-7 + cases[i].barriers * 1e-7 + cases[i].waits + cases[i].lines * 1e-9;
        const gm_plan plan = gm_make_plan_f64(&pass->planner, &pass->bound, 64, true);
        cr_expect_eq(plan.by_weights, cases[i].by_weights, "case %zu", i);
        cr_expect(fabs(plan.seconds - expected) < 1e-9 * expected, "case %zu: %.6g us, expected %.6g us", i,
                  plan.seconds * 1e6, expected * 1e6);
    }
    net_free(engine);
}

/* The given number of threads is used. If none is given, the faster plan is chosen. More rows take longer. */
Test(plan, threads)
{
    gm_engine *asked = make("packed", 3, GM_SGD), *free_choice = make("packed", 0, GM_SGD);
    cr_expect_eq(gm_engine_plan(asked, ROWS).threads, 3);
    cr_expect_eq(gm_engine_plan(asked, 1).threads, 3);
    const gm_plan plan = gm_engine_plan(free_choice, ROWS);
    cr_expect(plan.threads == 1 || plan.threads == gm_engine_threads(free_choice));
    cr_expect_gt(gm_engine_plan(free_choice, ROWS).seconds, gm_engine_plan(free_choice, 1).seconds);
    net_free(asked);
    net_free(free_choice);
}

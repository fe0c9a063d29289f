/* Tests when an engine uses the step of src/online: whenever a network and a batch qualify, and only then.
 * Compiled once for each precision. */
#include "online_samples.h"

#include "base/denormals.h"
#include "nn/pass.h"

#include <limits.h>
#include <string.h>

#define SUITE GM_TYPED(online_engine)

/* An engine whose steps of online training are counted. */
static void (*right)(void *online, const void *x, const void *y, double *loss);
static size_t steps_taken;

static void count_step(void *online, const void *x, const void *y, double *loss)
{
    steps_taken++;
    right(online, x, y, loss);
}

static size_t batches_taken;
static void (*right_rows)(gm_online *online, gm_mat x, gm_mat y, double *loss);

static void count_batch(gm_online *f, gm_mat x, gm_mat y, double *loss)
{
    batches_taken++;
    right_rows(f, x, y, loss);
}

static gm_online *online_of(gm_engine *engine)
{
    return ((gm_pass *)engine->pass)->bound.online;
}

static void watch(gm_engine *engine)
{
    cr_assert_not_null(online_of(engine));
    right = online_of(engine)->step;
    online_of(engine)->step = count_step;
    right_rows = online_of(engine)->step_rows;
    online_of(engine)->step_rows = count_batch;
    steps_taken = batches_taken = 0;
}

static void expect_same_engines(gm_engine *actual, gm_engine *expected, const char *what)
{
    const size_t count = gm_network_parameter_count(gm_engine_network(actual));
    cr_expect_eq(count_differences(gm_network_parameters_const(gm_engine_network(actual)).data,
                                   gm_network_parameters_const(gm_engine_network(expected)).data, count),
                 0, "%s", what);
}

static const net_shape small = {{2, 3, 2}, GM_SIGMOID, GM_SOFTMAX, GM_CROSS_ENTROPY};

/* A row in its own precision, in another one, or with a label: all take the step of online training, in an
 * engine for larger batches as well, and a batch of two takes the one for some. */
Test(SUITE, an_engine_takes_it)
{
    const double x[4] = {.5, -.25, 1, .75}, y[4] = {0, 1, 1, 0};
    const REAL rx[2] = {.5, -.25}, ry[2] = {0, 1};
    const uint32_t label = 1;
    const gm_type other = PRECISION == GM_F32 ? GM_TYPE_F64 : GM_TYPE_F32;
    const float fx[2] = {.5F, -.25F};
    const gm_array converted = {other == GM_TYPE_F64 ? (const void *)x : (const void *)fx, other, 1, 2, 2};
    gm_engine_options options = options_of_one();
    for (options.batch = 1; options.batch <= 2; options.batch++) {
        gm_engine *engine = make_engine(&small, &options, "packed"),
                  *reference = make_engine(&small, &options, "naive");
        watch(engine);
        net_step(engine, row_of(rx, 2), row_of(ry, 2));
        net_step(engine, row_of(rx, 2), gm_array_labels(&label, 1));
        net_step(engine, converted, row_of(ry, 2));
        cr_expect_eq(steps_taken, 3);
        for (int i = 0; i < 3; i++)
            net_step(reference, row_of(rx, 2), row_of(ry, 2));
        expect_same_engines(engine, reference, "three kinds of rows");
        cr_expect_eq(gm_engine_view(engine, GM_VIEW_A, 1).rows, 1);
        if (options.batch == 2) {
            net_step(engine, gm_array_f64(x, 2, 2), gm_array_f64(y, 2, 2));
            net_step(reference, gm_array_f64(x, 2, 2), gm_array_f64(y, 2, 2));
            cr_expect_eq(steps_taken, 3, "two rows are no single row");
            cr_expect_eq(batches_taken, 1, "two rows of a small network are a small batch");
            cr_expect_eq(gm_engine_view(engine, GM_VIEW_A, 1).rows, 2);
            net_step(engine, row_of(rx, 2), row_of(ry, 2));
            net_step(reference, row_of(rx, 2), row_of(ry, 2));
            cr_expect_eq(steps_taken, 4);
            cr_expect_eq(gm_engine_view(engine, GM_VIEW_A, 1).rows, 1);
            expect_same_engines(engine, reference, "one row after two");
        }
        net_free(engine);
        net_free(reference);
    }
}

/* The rate may change between steps, others may write the weights, and the general way sees what
 * steps of online training have done. */
Test(SUITE, an_engine_keeps_up)
{
    static struct samples s;
    double losses[2];
    const gm_engine_options options = options_of_one();
    fill(&s);
    gm_engine *engine = make_engine(&small, &options, "packed"),
              *reference = make_engine(&small, &options, "naive"), *both[] = {engine, reference};
    for (size_t step = 0; step < STEPS; step++) {
        for (int i = 0; i < 2; i++) {
            if (step == 5)
                gm_network_set_parameter(gm_engine_network(both[i]), 1, .5);
            if (step == 10)
                gm_engine_set_rate(both[i], .5);
            net_step(both[i], row_of(s.x[step], 2), row_of(s.y[step], 2));
            cr_assert_eq(gm_engine_loss(both[i], row_of(s.x[0], 2), row_of(s.y[0], 2), &losses[i],
                                        gm_no_array(), NULL),
                         GM_OK);
        }
        cr_expect(close(losses[0], losses[1]), "step %zu: loss %.9g; expected %.9g", step, losses[0],
                  losses[1]);
    }
    expect_same_engines(engine, reference, "after changes");
    net_free(engine);
    net_free(reference);
}

/* The plan for one row is measured by steps of rate 0: no weight changes, and the engine's own rate is back
 * afterwards. */
Test(SUITE, a_plan_changes_nothing)
{
    static struct samples s;
    const net_shape shape = {{2, 3, 2}, GM_SIGMOID, GM_SIGMOID, GM_HALF_SQUARES};
    const gm_engine_options options = options_of_one();
    fill(&s);
    gm_engine *planned = make_engine(&shape, &options, "packed"),
              *reference = make_engine(&shape, &options, "naive");
    for (size_t step = 0; step < STEPS; step++) {
        if (step >= STEPS / 2) { /* when the engine has weights of its own */
            const gm_plan plan = gm_engine_plan(planned, 1);
            cr_expect_eq(plan.threads, 1);
            cr_expect_gt(plan.seconds, 0);
            cr_expect_eq(plan.seconds, gm_cost_seconds(((gm_pass *)planned->pass)->planner.costs.online));
        }
        net_step(planned, row_of(s.x[step], 2), row_of(s.y[step], 2));
        net_step(reference, row_of(s.x[step], 2), row_of(s.y[step], 2));
    }
    expect_same_engines(planned, reference, "plans between the steps");
    net_free(planned);
    net_free(reference);
}

/* The weights after some steps of one row to several. */
static void train_on(size_t threads, const struct samples *s, REAL *parameters)
{
    gm_engine_options options = options_of_one();
    options.threads = threads;
    options.batch = 4;
    gm_engine *engine = make_engine(&small, &options, "packed");
    watch(engine);
    for (size_t step = 0; step + options.batch <= STEPS; step++) {
        const size_t rows = 1 + step % options.batch;
        gm_array xs = gm_array_real(s->x[step], PRECISION, rows, 2), ys = xs;
        xs.ld = ys.ld = MOST;
        ys.data = s->y[step];
        net_step(engine, xs, ys);
    }
    cr_expect_gt(steps_taken, 0, "%zu threads", threads);
    cr_expect_gt(batches_taken, 0, "%zu threads", threads);
    const gm_network *network = gm_engine_network(engine);
    memcpy(parameters, gm_network_parameters_const(network).data,
           gm_network_parameter_count(network) * sizeof *parameters);
    net_free(engine);
}

/* One thread does the step, whatever the number of threads, because the general step groups sums differently.
 */
Test(SUITE, the_same_bits_for_any_number_of_threads)
{
    static struct samples s;
    REAL one[2 * 3 + 3 + 3 * 2 + 2], several[sizeof one / sizeof *one];
    fill(&s);
    train_on(1, &s, one);
    for (size_t threads = 2; threads <= 3; threads++) {
        train_on(threads, &s, several);
        cr_expect_arr_eq(one, several, sizeof one, "%zu threads", threads);
    }
}

/* The loss is only looked at. */
Test(SUITE, loss_changes_nothing)
{
    static struct samples s;
    const gm_engine_options options = options_of_one();
    fill(&s);
    for (int loss = 0; loss < GM_LOSS_COUNT; loss++) {
        const gm_activation output = gm_loss_output_activation((gm_loss)loss);
        const net_shape shape = {{3, 4, 2}, GM_SIGMOID, output, (gm_loss)loss};
        gm_engine *with = make_engine(&shape, &options, "packed"),
                  *without = make_engine(&shape, &options, "packed");
        for (size_t step = 0; step < STEPS; step++) {
            net_step(with, row_of(s.x[step], 3), row_of(s.y[step], 2));
            cr_assert_eq(gm_engine_step(without, row_of(s.x[step], 3), row_of(s.y[step], 2), NULL, NULL),
                         GM_OK);
        }
        const size_t count = gm_network_parameter_count(gm_engine_network(with));
        cr_expect_eq(memcmp(gm_network_parameters_const(gm_engine_network(with)).data,
                            gm_network_parameters_const(gm_engine_network(without)).data,
                            count * sizeof(REAL)),
                     0, "%s", gm_loss_name((gm_loss)loss));
        net_free(with);
        net_free(without);
    }
}

static void expect_general(const net_shape *shape, const gm_engine_options *options, const char *backend,
                           const char *why)
{
    gm_engine *engine = make_engine(shape, options, backend);
    cr_expect_null(online_of(engine), "%s", why);
    net_free(engine);
}

Test(SUITE, what_it_is_not_for)
{
    double seconds[GM_PHASE_COUNT * 3];
    gm_profile profile = {seconds, 1, 2};
    const net_shape wide = {{2, 1000, 2}, GM_SIGMOID, GM_SOFTMAX, GM_CROSS_ENTROPY};
    gm_engine_options options = options_of_one();
    expect_general(&small, &options, "blas", "backend blas");
    expect_general(&wide, &options, "packed", "more than a band");
    options.profile = &profile;
    expect_general(&small, &options, "packed", "a profile");
    options.profile = NULL;
    options.inference = true;
    expect_general(&small, &options, "packed", "inference");
    options.inference = false;
    for (int kind = GM_MOMENTUM; kind < GM_OPTIMIZER_COUNT; kind++) {
        options.optimizer = gm_optimizer_default((gm_optimizer_kind)kind);
        expect_general(&small, &options, "packed", gm_optimizer_name((gm_optimizer_kind)kind));
    }
}

/* Arguments that are not one plain row are refused with the usual messages. */
Test(SUITE, refusals)
{
    const REAL x[3] = {0}, y[2] = {0};
    const gm_engine_options options = options_of_one();
    gm_engine *engine = make_engine(&small, &options, "packed");
    gm_error error;
    gm_array none = row_of(NULL, 2), narrow = row_of(x, 1), overlapping = row_of(x, 2), two = row_of(x, 2);
    narrow.ld = 2;
    overlapping.ld = 1;
    two.rows = 2;
    const gm_array bad[] = {none, narrow, row_of(x, 3), overlapping, two};
    watch(engine);
    net_step(engine, row_of(x, 2), row_of(y, 2)); /* opens the short way */
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_expect_eq(gm_engine_step(engine, bad[i], row_of(y, 2), NULL, &error), GM_USAGE);
        cr_expect_eq(strncmp(error.message, "inputs", 6), 0, "%s", error.message);
        cr_expect_eq(gm_engine_step(engine, row_of(x, 2), bad[i], NULL, &error), GM_USAGE);
        cr_expect_eq(strncmp(error.message, "targets", 7), 0, "%s", error.message);
    }
    cr_expect_eq(steps_taken, 1);
    net_free(engine);
}

#ifdef GM_FLUSH_BITS
enum { MANY_INPUTS = 40 };

/* z of the first unit after a step with denormal weights only. The caller's mode comes back; where it was
 * changed, with the flags of what has happened since. */
static REAL step_with_denormals(const net_shape *shape, double l2, unsigned kept)
{
    const REAL tiny = GM_REAL_BITS == 32 ? (REAL)0x1p-130 : (REAL)0x1p-1030;
    REAL x[MANY_INPUTS];
    const REAL y[MOST] = {0, 1};
    gm_engine_options options = options_of_one();
    options.optimizer.l2 = l2;
    for (size_t i = 0; i < MANY_INPUTS; i++)
        x[i] = 1;
    gm_engine *engine = make_engine(shape, &options, "packed");
    gm_network *network = gm_engine_network(engine);
    for (size_t i = 0; i < gm_network_parameter_count(network); i++)
        ((REAL *)gm_network_parameters(network).data)[i] = tiny;
    watch(engine);
    const unsigned mode = (unsigned)GM_READ_MODE() & kept;
    net_step(engine, row_of(x, gm_network_inputs(network)), row_of(y, gm_network_outputs(network)));
    cr_expect_eq((unsigned)GM_READ_MODE() & kept, mode);
    cr_expect_eq(steps_taken, 1);
    const REAL z = ((const REAL *)gm_engine_view(engine, GM_VIEW_Z, 0).data)[0];
    net_free(engine);
    return z;
}

/* Denormals count as 0. The exception are very short steps without decay: changing the CPU's mode would take
 * a large part of their time, and their weights do not become denormal. The larger network has many inputs
 * and few outputs, because with some instruction sets src/online takes no layer of more than four. */
Test(SUITE, denormals)
{
    const net_shape tiny = {{2, 2}, GM_RELU, GM_IDENTITY, GM_HALF_SQUARES},
                    larger = {{MANY_INPUTS, 2}, GM_RELU, GM_IDENTITY, GM_HALF_SQUARES};
    cr_expect_eq(step_with_denormals(&larger, 0, UINT_MAX), 0);
    cr_expect_eq(step_with_denormals(&tiny, .01, UINT_MAX), 0);
    cr_expect_neq(step_with_denormals(&tiny, 0, GM_FLUSH_BITS), 0);
}
#endif

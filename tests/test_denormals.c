/* Tests that denormal numbers, with which many CPUs are a hundred times slower, are flushed to zero in
 * everything that an engine computes, and nowhere else. */
#include "nets.h"

#include "base/clock.h"
#include "base/denormals.h"

enum { ROWS = 24 }; /* more than a fused step takes, which has nothing beside it */

#ifdef GM_FLUSH_BITS
static const bool flushes = true;
#else
static const bool flushes = false;
#endif

static gm_engine *make(const net_shape *shape, const char *backend, size_t threads, size_t batch)
{
    gm_engine_options options = gm_engine_options_default();
    options.backend = backend;
    options.threads = threads;
    options.batch = batch;
    return net_engine(net_make(shape, GM_F32, 1), &options);
}

/* Beside a step: whether a product that is denormal is 0. */
static void look(void *seen, size_t piece)
{
    volatile float tiny = 1e-30F;
    ((bool *)seen)[piece] = tiny * 1e-10F == 0;
}

/* One weight, so that each result is one product: with w = 1e-10 and x = 1e-30, z is denormal; so is the
 * gradient of w, as d is about 1e-10. */
static void expect_flushed(const char *backend, size_t threads, size_t rows)
{
    static const net_shape one = {{1, 1}, GM_IDENTITY, GM_IDENTITY, GM_HALF_SQUARES};
    float x[ROWS], y[ROWS], outputs[ROWS], gradient[2];
    double loss;
    bool seen[4] = {false};
    const gm_side_work beside = {look, seen, 4};
    gm_error error;
    gm_engine *engine = make(&one, backend, threads, ROWS);
    gm_network_set_parameter(gm_engine_network(engine), 0, 1e-10);
    gm_network_set_parameter(gm_engine_network(engine), 1, 0);
    for (size_t r = 0; r < rows; r++) {
        x[r] = 1e-30F;
        y[r] = -1e-10F;
    }
    const gm_array xs = gm_array_f32(x, rows, 1), ys = gm_array_f32(y, rows, 1);
    cr_assert_eq(gm_engine_predict(engine, xs, gm_mutable_f32(outputs, rows, 1), &error), GM_OK);
    for (size_t r = 0; r < rows; r++)
        cr_expect_eq(outputs[r], 0, "%s, %zu threads, %zu rows: predict gives %g", backend, threads, rows,
                     (double)outputs[r]);
    cr_assert_eq(gm_engine_gradient(engine, xs, ys, gm_mutable_f32(gradient, 1, 2), &loss, &error), GM_OK);
    cr_expect_eq(gradient[0], 0, "%s, %zu threads, %zu rows: the gradient is %g", backend, threads, rows,
                 (double)gradient[0]);
    cr_assert_eq(gm_engine_step_beside(engine, xs, ys, &beside, &loss, &error), GM_OK);
    for (size_t i = 0; rows == ROWS && i < 4; i++)
        cr_expect(seen[i], "%s, %zu threads, %zu rows: a step", backend, threads, rows);
    net_free(engine);
}

Test(denormals, every_path_flushes_them)
{
    const char *backend;
    if (!flushes)
        cr_skip("no such mode on this processor");
    for (size_t i = 0; (backend = gm_backend_name(i)); i++) {
        for (size_t threads = 1; threads <= 2; threads++) {
            expect_flushed(backend, threads, 1);
            expect_flushed(backend, threads, ROWS);
        }
    }
}

/* Seconds of some steps; an interruption can only make them longer. */
static double time_steps(gm_engine *engine, gm_array x, gm_array y)
{
    double best = INFINITY;
    for (int i = 0; i < 7; i++) {
        const uint64_t start = gm_clock();
        for (int step = 0; step < 500; step++)
            net_step(engine, x, y);
        best = fmin(best, gm_clock_seconds(start, gm_clock()));
    }
    return best;
}

/* A network this small does not flush denormals until the first one occurs. Without flushing it would be 16
 * to 28 times slower. Other programs may disturb the measurement, but not by such a factor. */
Test(denormals, small_networks_are_not_slowed_down)
{
    static const net_shape shape = {{2, 3, 1}, GM_SIGMOID, GM_SIGMOID, GM_HALF_SQUARES};
    const float normal[2] = {.5F, .25F}, tiny[2] = {1e-40F, 2e-40F}, target[1] = {.5F};
    const gm_array y = gm_array_f32(target, 1, 1);
#ifndef GM_DENORMAL_FLAGS
    if (!flushes)
        cr_skip("no such mode on this processor");
#endif
    gm_engine *engine = make(&shape, "packed", 1, 1), *slow = make(&shape, "packed", 1, 1);
    for (size_t i = 0; i < gm_network_parameter_count(gm_engine_network(slow)); i++)
        gm_network_set_parameter(gm_engine_network(slow), i, 1e-40);
    gm_engine_set_rate(slow, 0); /* they stay what they are */
    const double usual = time_steps(engine, gm_array_f32(normal, 1, 2), y);
    cr_expect_lt(time_steps(slow, gm_array_f32(tiny, 1, 2), y), 4 * usual, "denormal weights and inputs");
    cr_expect_lt(time_steps(engine, gm_array_f32(tiny, 1, 2), y), 4 * usual, "denormal inputs");
    net_free(engine);
    net_free(slow);
}

#ifdef GM_DENORMAL_FLAGS
/* The caller's floating-point mode and flags are as before after each kind of step. */
Test(denormals, the_callers_status_stays)
{
    static const net_shape shape = {{2, 3, 1}, GM_SIGMOID, GM_SIGMOID, GM_HALF_SQUARES};
    const float normal[2] = {.5F, .25F}, tiny[2] = {1e-40F, 2e-40F}, target[1] = {.5F};
    gm_engine *engine = make(&shape, "packed", 1, 1);
    const unsigned clean = GM_READ_MODE() & ~0x3FU;
    for (int i = 0; i < 3; i++) {
        GM_WRITE_MODE(clean | GM_DENORMAL_FLAGS);
        net_step(engine, gm_array_f32(i == 1 ? tiny : normal, 1, 2), gm_array_f32(target, 1, 1));
        cr_expect_eq(GM_READ_MODE() & GM_DENORMAL_FLAGS, GM_DENORMAL_FLAGS, "step %d", i);
        cr_expect_eq(GM_READ_MODE() & ~0x3FU, clean, "step %d", i);
    }
    net_free(engine);
}
#endif

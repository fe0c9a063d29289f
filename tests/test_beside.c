/* Tests work that threads do beside a step: every piece is done exactly once, and the result of the step does
 * not change. */
#include "nets.h"

enum { PIECES = 7, STEPS = 20, ROWS = 12, WIDEST = 40 };

static void do_piece(void *context, size_t i)
{
    ((unsigned *)context)[i]++;
}

/* What is done in which way depends on the network, the rows and the threads. */
static const struct way {
    net_shape shape;
    size_t rows, threads;
} ways[] = {
    {{{2, 3, 1}, GM_SIGMOID, GM_SIGMOID, GM_HALF_SQUARES}, 1, 1},         /* one row in one go */
    {{{2, 3, 1}, GM_SIGMOID, GM_SIGMOID, GM_HALF_SQUARES}, 3, 2},         /* some rows in one go */
    {{{30, WIDEST, 10}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY}, ROWS, 1}, /* alone */
    {{{30, WIDEST, 10}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY}, ROWS, 2}, /* by rows or by weights */
    {{{30, WIDEST, 10}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY}, 1, 3},    /* by weights */
};

static gm_engine *make_engine(const struct way *way, const char *backend)
{
    gm_engine_options options = gm_engine_options_default();
    options.backend = backend;
    options.batch = way->rows;
    options.threads = way->threads;
    return net_engine(net_make(&way->shape, GM_F32, 1), &options);
}

static void expect_same_weights(gm_engine *a, gm_engine *b)
{
    const gm_network *one = gm_engine_network(a), *other = gm_engine_network(b);
    for (size_t i = 0; i < gm_network_parameter_count(one); i++)
        cr_assert_eq(gm_network_parameter(one, i), gm_network_parameter(other, i), "parameter %zu", i);
}

static void check_way(const struct way *way, const char *backend, const float *x, const float *y)
{
    const size_t in = way->shape.sizes[0], out = way->shape.sizes[2];
    const gm_array xs = gm_array_f32(x, way->rows, in), ys = gm_array_f32(y, way->rows, out);
    gm_engine *with = make_engine(way, backend), *without = make_engine(way, backend);
    unsigned done[PIECES] = {0};
    const gm_side_work beside = {do_piece, done, PIECES};
    for (unsigned step = 1; step <= STEPS; step++) {
        double loss;
        gm_error error;
        cr_assert_eq(gm_engine_step_beside(with, xs, ys, &beside, &loss, &error), GM_OK, "%s", error.message);
        cr_assert_eq(loss, net_step(without, xs, ys));
        for (size_t i = 0; i < PIECES; i++)
            cr_assert_eq(done[i], step, "%s, %zu rows, %zu threads, step %u: piece %zu done %u times",
                         backend, way->rows, way->threads, step, i, done[i]);
    }
    expect_same_weights(with, without);
    gm_array narrow = xs;
    narrow.cols--;
    cr_expect_eq(gm_engine_step_beside(with, narrow, ys, &beside, NULL, NULL), GM_USAGE);
    cr_expect_eq(done[0], STEPS, "a batch that is refused has nothing beside it");
    net_free(with);
    net_free(without);
}

Test(beside, every_piece_once)
{
    double drawn[ROWS * WIDEST];
    float x[ROWS * WIDEST], y[ROWS * WIDEST];
    const char *backend;
    net_fill(drawn, ROWS * WIDEST, -1, 1);
    for (size_t i = 0; i < ROWS * WIDEST; i++) {
        x[i] = (float)drawn[i];
        y[i] = (float)(drawn[i] > 0);
    }
    for (size_t b = 0; (backend = gm_backend_name(b)); b++) {
        for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
            check_way(&ways[i], backend, x, y);
    }
}

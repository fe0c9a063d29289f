/* Training goes on in another engine as if it had not been interrupted: with the weights, what the optimizer
 * keeps and the number of steps, not a bit is different. */
#include "nets.h"

#include <string.h>

enum { ROWS = 24, IN = 9, OUT = 4, STEPS = 7, BEFORE = 3 };

static const net_shape shape = {{IN, 70, 17, OUT}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY};

static gm_engine *make(const net_setting *s, size_t threads)
{
    gm_engine_options options = net_setting_options(s, ROWS);
    options.threads = threads;
    options.optimizer.l2 = 1e-3;
    return net_engine(net_make(&shape, s->precision, 1), &options);
}

static void take_steps(gm_engine *engine, size_t first, size_t end)
{
    double x[ROWS * IN], y[ROWS * OUT] = {0};
    for (size_t r = 0; r < ROWS; r++)
        y[r * OUT + r % OUT] = 1;
    for (size_t i = first; i < end; i++) {
        net_fill(x, ROWS * IN, -1, i + 1);
        net_step(engine, gm_array_f64(x, ROWS, IN), gm_array_f64(y, ROWS, OUT));
    }
}

static void move(gm_engine *from, gm_engine *to, gm_precision precision)
{
    static double block[8192]; /* or as many floats */
    const size_t count = gm_network_parameter_count(gm_engine_network(from));
    gm_error error;
    cr_assert_leq(count, sizeof block / sizeof *block);
    for (size_t i = 0; i < count; i++)
        gm_network_set_parameter(gm_engine_network(to), i, gm_network_parameter(gm_engine_network(from), i));
    for (size_t c = 0; c < gm_engine_state_count(from); c++) {
        cr_assert_eq(gm_engine_get_state(from, c, gm_mutable_real(block, precision, 1, count), &error), GM_OK,
                     "%s", error.message);
        cr_assert_eq(gm_engine_set_state(to, c, gm_array_real(block, precision, 1, count), &error), GM_OK,
                     "%s", error.message);
    }
    gm_engine_set_steps(to, gm_engine_steps(from));
}

static void expect_continued(const net_setting *s, size_t threads)
{
    gm_engine *whole = make(s, s->threads), *first = make(s, s->threads), *second = make(s, threads);
    const gm_network *a = gm_engine_network(whole), *b = gm_engine_network(second);
    size_t different = 0;
    take_steps(whole, 0, STEPS);
    take_steps(first, 0, BEFORE);
    take_steps(second, 0, 2); /* what it has learned and kept is replaced */
    move(first, second, s->precision);
    take_steps(second, BEFORE, STEPS);
    for (size_t i = 0; i < gm_network_parameter_count(a); i++)
        different += gm_network_parameter(a, i) != gm_network_parameter(b, i);
    cr_expect_eq(different, 0, "%s, %s, %s: %zu weights differ", s->backend, gm_optimizer_name(s->optimizer),
                 gm_precision_name(s->precision), different);
    net_free(whole);
    net_free(first);
    net_free(second);
}

Test(state, another_engine_goes_on_with_the_same_bits)
{
    for (int kind = 0; kind < GM_OPTIMIZER_COUNT; kind++) {
        for (int precision = GM_F32; precision <= GM_F64; precision++) {
            const char *backend;
            for (size_t i = 0; (backend = gm_backend_name(i)); i++) {
                const net_setting s = {backend, (gm_optimizer_kind)kind, (gm_precision)precision, 2};
                expect_continued(&s, strcmp(backend, "packed") == 0 ? 3 : 2);
            }
        }
    }
}

Test(state, what_does_not_fit_is_refused)
{
    const net_setting adam = {"packed", GM_ADAM, GM_F32, 1}, sgd = {"packed", GM_SGD, GM_F32, 1};
    gm_engine *engine = make(&adam, 1), *plain = make(&sgd, 1);
    float block[4] = {0};
    gm_error error;
    cr_expect_eq(gm_engine_state_count(engine), 2);
    cr_expect_eq(gm_engine_state_count(plain), 0);
    cr_expect_eq(gm_engine_get_state(engine, 2, gm_mutable_f32(block, 1, 4), &error), GM_USAGE);
    cr_expect_str_eq(error.message, "copy 2 of the optimizer's state; it keeps 2");
    cr_expect_eq(gm_engine_set_state(plain, 0, gm_array_f32(block, 1, 4), &error), GM_USAGE);
    cr_expect_eq(gm_engine_get_state(engine, 1, gm_mutable_f32(block, 1, 4), &error), GM_USAGE);
    cr_expect_not_null(strstr(error.message, "state: 1 x 4 numbers"), "%s", error.message);
    net_free(engine);
    net_free(plain);
}

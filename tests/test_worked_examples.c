/* Checks every number of the worked examples of the literature. The numbers were computed in double precision
 * outside of this project. */
#include "nets.h"

/* An example with an engine on its network; every backend runs the same tests. */
struct worked {
    gm_example example;
    gm_engine *engine;
    gm_array x, y;
};

static void load(struct worked *w, const char *file, const char *backend, bool freeze_bias)
{
    gm_error error;
    cr_assert_eq(gm_example_load(&w->example, net_source(file).text, &error), GM_OK, "%s", error.message);
    gm_network *network = w->example.network;
    gm_engine_options options = gm_engine_options_default();
    options.backend = backend;
    options.batch = w->example.sample_count;
    options.threads = 1;
    options.keep_z = true;
    options.optimizer.rate = w->example.rate;
    options.optimizer.freeze_bias = freeze_bias;
    w->engine = net_engine(network, &options);
    w->x = gm_array_f64(w->example.x, w->example.sample_count, gm_network_inputs(network));
    w->y = gm_array_f64(w->example.y, w->example.sample_count, gm_network_outputs(network));
}

static void unload(struct worked *w)
{
    gm_engine_destroy(w->engine);
    gm_example_clear(&w->example);
}

static double loss_of(struct worked *w)
{
    double loss;
    cr_assert_eq(gm_engine_loss(w->engine, w->x, w->y, &loss, gm_no_array(), NULL), GM_OK);
    return loss;
}

static void expect_all(const double *actual, const double *expected, size_t count, const char *what)
{
    for (size_t i = 0; i < count; i++) {
        char name[100];
        snprintf(name, sizeof name, "%s %zu", what, i + 1);
        expect_relative(actual[i], expected[i], 1e-14, name);
    }
}

static const double *view(const struct worked *w, gm_view what, size_t layer)
{
    return gm_engine_view(w->engine, what, layer).data;
}

/* The block: w1 w2 w3 w4 b1 b1 w5 w6 w7 w8 b2 b2. */
static const double mazur_gradient[] = {
    0.0004385677344743465, 0.000877135468948693,  0.0004977127352608599, 0.0009954254705217198,
    0.00877135468948693,   0.009954254705217196,  0.08216704056423077,   0.08266762784753325,
    -0.02260254047747507,  -0.022740242215978222, 0.13849856162855695,   -0.038098236516556236,
};

static const double mazur_stepped[] = {
    0.1497807161327628,  0.19956143226552567, 0.24975114363236958, 0.29950228726473915, 0.35, 0.35,
    0.35891647971788465, 0.4086661860762334,  0.5113012702387375,  0.5613701211079891,  0.60, 0.60,
};

static void expect_mazur_forward(const struct worked *w)
{
    expect_all(view(w, GM_VIEW_Z, 0), (double[]){0.3775, 0.39249999999999996}, 2, "net h");
    expect_all(view(w, GM_VIEW_A, 0), (double[]){0.5932699921071872, 0.596884378259767}, 2, "out h");
    expect_all(view(w, GM_VIEW_Z, 1), (double[]){1.10590596705977, 1.2249214040964653}, 2, "net o");
    const double *out = view(w, GM_VIEW_A, 1);
    expect_all(out, (double[]){0.7513650695523157, 0.7729284653214625}, 2, "out o");
    const double errors[] = {(0.01 - out[0]) * (0.01 - out[0]) / 2, (0.99 - out[1]) * (0.99 - out[1]) / 2};
    expect_all(errors, (double[]){0.274811083176155, 0.023560025583847746}, 2, "E o");
}

static void expect_mazur_deltas(const struct worked *w)
{
    const double *d = view(w, GM_VIEW_DELTA, 1), *hidden = view(w, GM_VIEW_DELTA, 0),
                 *h = view(w, GM_VIEW_A, 0);
    expect_all(d, (double[]){0.13849856162855695, -0.038098236516556236}, 2, "delta o");
    expect_all(hidden, (double[]){0.00877135468948693, 0.009954254705217196}, 2, "delta h");
    const double parts[] = {d[0] * 0.40, d[1] * 0.50};
    expect_all(parts, (double[]){0.05539942465142278, -0.019049118258278118}, 2, "dE/dout h1, part");
    const double sums[] = {hidden[0] / (h[0] * (1 - h[0])), hidden[1] / (h[1] * (1 - h[1]))};
    expect_all(sums, (double[]){0.03635030639314466, 0.0413703226487447}, 2, "dE/dout h");
}

Test(worked, mazur_first_step)
{
    const char *backend;
    for (size_t i = 0; (backend = gm_backend_name(i)); i++) {
        struct worked w;
        double gradient[12], loss;
        load(&w, "data/mazur.json", backend, true);
        cr_assert_eq(gm_engine_gradient(w.engine, w.x, w.y, gm_mutable_f64(gradient, 1, 12), &loss, NULL),
                     GM_OK);
        expect_relative(loss, 0.2983711087600027, 1e-14, "E");
        expect_mazur_forward(&w);
        expect_mazur_deltas(&w);
        expect_all(gradient, mazur_gradient, 12, "gradient");
        net_step(w.engine, w.x, w.y);
        expect_all(gm_network_parameters(w.example.network).data, mazur_stepped, 12, "parameter");
        expect_relative(loss_of(&w), 0.29102777369359933, 1e-14, "E after 1 step");
        unload(&w);
    }
}

/* One sample goes through matrix-vector products, two of the same through matrix products. */
Test(worked, mazur_as_two_identical_rows)
{
    const double x[] = {0.05, 0.10, 0.05, 0.10}, y[] = {0.01, 0.99, 0.01, 0.99};
    const char *backend;
    for (size_t i = 0; (backend = gm_backend_name(i)); i++) {
        struct worked w;
        double gradient[12], loss;
        load(&w, "data/mazur.json", backend, true);
        gm_engine_options options = gm_engine_options_default();
        options.backend = backend;
        options.batch = 2;
        gm_engine *engine = net_engine(w.example.network, &options);
        const gm_array xs = gm_array_f64(x, 2, 2), ys = gm_array_f64(y, 2, 2);
        cr_assert_eq(gm_engine_gradient(engine, xs, ys, gm_mutable_f64(gradient, 1, 12), &loss, NULL), GM_OK);
        expect_relative(loss, 0.2983711087600027, 1e-14, "mean E");
        expect_all(gradient, mazur_gradient, 12, "mean gradient");
        gm_engine_destroy(engine);
        unload(&w);
    }
}

static void expect_mazur_training(const char *backend, bool freeze_bias, const double *errors,
                                  const double *outputs)
{
    struct worked w;
    double out[2], loss;
    load(&w, "data/mazur.json", backend, freeze_bias);
    net_step(w.engine, w.x, w.y);
    expect_relative(loss_of(&w), errors[0], 1e-14, "E after 1 step");
    for (int step = 1; step < 9999; step++)
        net_step(w.engine, w.x, w.y);
    expect_relative(loss_of(&w), errors[1], 1e-9, "E after 9,999 steps");
    net_step(w.engine, w.x, w.y);
    cr_assert_eq(gm_engine_loss(w.engine, w.x, w.y, &loss, gm_mutable_f64(out, 1, 2), NULL), GM_OK);
    expect_relative(loss, errors[2], 1e-9, "E after 10,000 steps");
    expect_relative(out[0], outputs[0], 1e-9, "o1");
    expect_relative(out[1], outputs[1], 1e-9, "o2");
    unload(&w);
}

Test(worked, mazur_ten_thousand_steps)
{
    const char *backend;
    for (size_t i = 0; (backend = gm_backend_name(i)); i++) {
        expect_mazur_training(backend, true,
                              (double[]){0.29102777369359933, 3.510854812251261e-05, 3.510187782978859e-05},
                              (double[]){0.01591362044355068, 0.9840642735146238});
        expect_mazur_training(backend, false,
                              (double[]){0.28047144679143016, 2.4483375576262603e-06, 2.4475622359322466e-06},
                              (double[]){0.011587527390870083, 0.9884589350256716});
    }
}

/* Every number of this one is written on paper: prediction 4, all deltas 4. */
Test(worked, xor_by_hand)
{
    static const double stepped[] = {1, 1, 1, 1, 1, 1, .6, .6, .6, .6, .6, .6, .6};
    const char *backend;
    for (size_t i = 0; (backend = gm_backend_name(i)); i++) {
        struct worked w;
        load(&w, "data/xor-identity.json", backend, false);
        cr_expect_eq(net_step(w.engine, w.x, w.y), 8.0, "half the square of 4");
        expect_all(view(&w, GM_VIEW_A, 0), (double[]){1, 1, 1}, 3, "hidden");
        expect_all(view(&w, GM_VIEW_A, 1), (double[]){4}, 1, "prediction");
        expect_all(view(&w, GM_VIEW_DELTA, 1), (double[]){4}, 1, "output delta");
        expect_all(view(&w, GM_VIEW_DELTA, 0), (double[]){4, 4, 4}, 3, "hidden delta");
        expect_all(gm_network_parameters(w.example.network).data, stepped, 13, "parameter");
        unload(&w);
    }
}

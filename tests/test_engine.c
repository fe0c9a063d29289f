/* Tests engines: the options that they refuse; that threads change nothing but rounding; that the mode for
 * denormals is set and restored; and that the planned memory is the memory that is used. */
#include "nets.h"
#include "sanitized.h"

#include "base/denormals.h"
#include "nn/engine.h"

#include <string.h>

/* Large enough that every thread has rows of its own. */
enum { IN = 64, OUT = 10, ROWS = 64 };
static const net_shape wide = {{IN, 128, 48, OUT}, GM_GELU, GM_SOFTMAX, GM_CROSS_ENTROPY};

struct batch {
    double x[ROWS * IN], y[ROWS * OUT];
};

static void fill(struct batch *batch)
{
    net_fill(batch->x, ROWS * IN, -1, 1);
    memset(batch->y, 0, sizeof batch->y);
    for (size_t r = 0; r < ROWS; r++)
        batch->y[r * OUT + r % OUT] = 1;
}

/* The parameters after some steps, as doubles; returns the last loss. */
static double train(const net_shape *shape, gm_precision precision, const gm_engine_options *options,
                    int steps, double *parameters)
{
    struct batch batch;
    fill(&batch);
    gm_network *network = net_make(shape, precision, 1);
    gm_engine *engine = net_engine(network, options);
    double loss = 0;
    for (int i = 0; i < steps; i++)
        loss = net_step(engine, gm_array_f64(batch.x, ROWS, IN), gm_array_f64(batch.y, ROWS, OUT));
    for (size_t i = 0; i < gm_network_parameter_count(network); i++)
        parameters[i] = gm_network_parameter(network, i);
    net_free(engine);
    return loss;
}

enum { PARAMETERS = (IN + 1) * 128 + 129 * 48 + 49 * OUT };

static void expect_threads(const char *backend, gm_optimizer_kind kind)
{
    static double runs[4][PARAMETERS];
    double losses[4];
    gm_engine_options options = gm_engine_options_default();
    options.backend = backend;
    options.batch = ROWS;
    options.optimizer = gm_optimizer_default(kind);
    options.optimizer.rate = kind < GM_ADAM ? 0.05 : 0.001;
    for (size_t i = 0; i < 4; i++) {
        options.threads = 1 + i / 2;
        losses[i] = train(&wide, GM_F32, &options, 20, runs[i]);
    }
    cr_expect(isfinite(losses[0]));
    expect_relative(losses[2], losses[0], 1e-5, "the loss of two threads");
    cr_expect_eq(losses[0], losses[1]);
    cr_expect_eq(losses[2], losses[3]);
    cr_expect_eq(memcmp(runs[0], runs[1], sizeof runs[0]), 0, "%s, one thread twice", backend);
    cr_expect_eq(memcmp(runs[2], runs[3], sizeof runs[2]), 0, "%s, two threads twice", backend);
    if (strcmp(backend, "packed") == 0)
        cr_expect_eq(memcmp(runs[0], runs[2], sizeof runs[0]), 0, "packed: two threads, other bits than one");
}

Test(engine, every_backend_has_a_name_and_a_line_about_it)
{
    size_t count = 0;
    for (; gm_backend_name(count); count++)
        cr_expect(gm_backend_summary(count) && *gm_backend_summary(count), "%s", gm_backend_name(count));
    cr_expect_eq(count, 4);
    cr_expect_null(gm_backend_summary(count));
}

/* A validation loss decides which epoch is kept, so it must not depend on the threads; with packed, whose
 * outputs do not, it has the same bits. */
Test(engine, threads_do_not_change_the_loss_of_an_evaluation)
{
    struct batch batch;
    fill(&batch);
    for (size_t rows = ROWS - 5; rows <= ROWS; rows++) {
        double losses[4];
        for (size_t threads = 1; threads <= 4; threads++) {
            gm_engine_options options = gm_engine_options_default();
            options.batch = ROWS;
            options.threads = threads;
            gm_engine *engine = net_engine(net_make(&wide, GM_F32, 1), &options);
            gm_error error;
            cr_assert_eq(gm_engine_loss(engine, gm_array_f64(batch.x, rows, IN),
                                        gm_array_f64(batch.y, rows, OUT), &losses[threads - 1], gm_no_array(),
                                        &error),
                         GM_OK, "%s", error.message);
            net_free(engine);
        }
        for (size_t i = 1; i < 4; i++)
            cr_expect_eq(losses[i], losses[0], "%zu rows, %zu threads: %.17g, %.17g", rows, i + 1, losses[i],
                         losses[0]);
    }
}

Test(engine, threads_change_nothing_but_rounding)
{
    const char *backend;
    for (size_t i = 0; (backend = gm_backend_name(i)); i++)
        expect_threads(backend, GM_SGD);
    for (int kind = GM_MOMENTUM; kind < GM_OPTIMIZER_COUNT; kind += STRIDE) {
        expect_threads("blas", (gm_optimizer_kind)kind);
        expect_threads("packed", (gm_optimizer_kind)kind);
    }
}

static gm_array batch_x(const struct batch *batch)
{
    return gm_array_f64(batch->x, ROWS, IN);
}

static gm_array batch_y(const struct batch *batch)
{
    return gm_array_f64(batch->y, ROWS, OUT);
}

static double loss_of(gm_engine *engine, const struct batch *batch)
{
    double loss;
    gm_error error;
    cr_assert_eq(gm_engine_loss(engine, batch_x(batch), batch_y(batch), &loss, gm_no_array(), &error), GM_OK);
    return loss;
}

/* With packed weights the engine has the newest weights. Code that reads the network's parameters gets them,
 * and the engine notices when parameters are written. */
Test(engine, packed_weights_come_back)
{
    struct batch batch;
    fill(&batch);
    gm_network *network = net_make(&wide, GM_F64, 1), *twin = net_make(&wide, GM_F64, 1);
    gm_engine_options options = gm_engine_options_default();
    options.batch = ROWS;
    options.backend = "packed";
    gm_engine *packed = net_engine(network, &options), *second = net_engine(network, &options);
    options.backend = "naive";
    gm_engine *plain = net_engine(network, &options), *reference = net_engine(twin, &options);
    for (int step = 0; step < 12; step++) {
        gm_engine *const turns[] = {packed, packed, plain, second};
        net_step(turns[step % 4], batch_x(&batch), batch_y(&batch));
        net_step(reference, batch_x(&batch), batch_y(&batch));
        if (step == 5) { /* somebody writes */
            gm_network_set_parameter(network, 3, 0.25);
            gm_network_set_parameter(twin, 3, 0.25);
        }
        if (step == 9)
            ((double *)gm_network_parameters(network).data)[7] =
                ((double *)gm_network_parameters(twin).data)[7] = -0.5;
    }
    expect_relative(loss_of(plain, &batch), loss_of(reference, &batch), 1e-12,
                    "the loss of the plain engine");
    expect_relative(loss_of(packed, &batch), loss_of(reference, &batch), 1e-12, "the loss of the first");
    net_step(packed, batch_x(&batch), batch_y(&batch));
    net_step(reference, batch_x(&batch), batch_y(&batch));
    gm_engine_destroy(plain);
    gm_engine_destroy(packed); /* what it held goes home */
    const double *actual = gm_network_parameters_const(network).data,
                 *expected = gm_network_parameters_const(twin).data;
    for (size_t i = 0; i < PARAMETERS; i++)
        cr_assert_lt(fabs(actual[i] - expected[i]), 1e-12, "parameter %zu", i);
    net_free(second);
    net_free(reference);
}

/* Epsilon 0 makes Adam divide 0 by 0 in the padding; no real weight may see that. */
Test(engine, padding_stays_out_of_it)
{
    const net_shape small = {{5, 3, 2, 1}, GM_SIGMOID, GM_IDENTITY, GM_HALF_SQUARES};
    const double x[10] = {.1, .9, .3, .4, .5, .6, .2, .8, .7, 1}, y[2] = {.2, .4};
    gm_engine_options options = gm_engine_options_default();
    options.optimizer = gm_optimizer_default(GM_ADAM);
    options.optimizer.epsilon = 0;
    options.batch = 2;
    for (size_t rows = 1; rows <= 2; rows++) {
        double losses[2];
        for (int packed = 0; packed < 2; packed++) {
            options.backend = packed ? "packed" : "naive";
            gm_engine *engine = net_engine(net_make(&small, GM_F64, 1), &options);
            for (int step = 0; step < 20; step++)
                losses[packed] = net_step(engine, gm_array_f64(x, rows, 5), gm_array_f64(y, rows, 1));
            net_free(engine);
        }
        expect_relative(losses[1], losses[0], 1e-9, "the packed loss");
    }
}

/* More threads than groups of rows of W: some threads have no work. In f64 all agree with one thread. */
Test(engine, more_threads_than_work)
{
    static double one[PARAMETERS], many[PARAMETERS];
    gm_engine_options options = gm_engine_options_default();
    options.batch = ROWS;
    options.threads = 1;
    train(&wide, GM_F64, &options, 3, one);
    options.threads = 7;
    train(&wide, GM_F64, &options, 3, many);
    for (size_t i = 0; i < PARAMETERS; i++)
        cr_expect_lt(fabs(one[i] - many[i]), 1e-12);
}

Test(engine, denormals)
{
    struct batch batch;
    fill(&batch);
    gm_engine_options options = gm_engine_options_default();
    options.batch = ROWS;
    options.threads = 2;
    gm_network *network = net_make(&wide, GM_F32, 1);
    gm_engine *engine = net_engine(network, &options);
    for (size_t i = 0; i < gm_network_parameter_count(network); i++)
        gm_network_set_parameter(network, i, 1e-40);
#ifdef GM_FLUSH_BITS
    const unsigned mode = (unsigned)GM_READ_MODE();
#endif
    for (int i = 0; i < 5; i++)
        cr_expect(
            isfinite(net_step(engine, gm_array_f64(batch.x, ROWS, IN), gm_array_f64(batch.y, ROWS, OUT))));
#ifdef GM_FLUSH_BITS
    cr_expect_eq((unsigned)GM_READ_MODE(), mode, "the caller's mode comes back");
#endif
    volatile float tiny = 1e-30f;
    cr_expect_neq(tiny * 1e-10f, 0, "denormals work again after a step");
    for (size_t i = 0; i < gm_network_parameter_count(network); i++)
        cr_expect(isfinite(gm_network_parameter(network, i)));
    net_free(engine);
}

Test(engine, refused_optimizers)
{
    static const struct {
        size_t field;
        double value;
        const char *name;
    } rows[] = {
        {offsetof(gm_optimizer, rate), NAN, "rate"},
        {offsetof(gm_optimizer, rate), -1, "rate"},
        {offsetof(gm_optimizer, rate), INFINITY, "rate"},
        {offsetof(gm_optimizer, momentum), 1, "momentum"},
        {offsetof(gm_optimizer, momentum), NAN, "momentum"},
        {offsetof(gm_optimizer, beta1), 1, "beta1"},
        {offsetof(gm_optimizer, beta2), 1.5, "beta2"},
        {offsetof(gm_optimizer, epsilon), -1e-8, "epsilon"},
        {offsetof(gm_optimizer, l2), -1, "l2"},
        {offsetof(gm_optimizer, decay), NAN, "decay"},
    };
    gm_network *network = net_make(&wide, GM_F32, 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gm_engine_options options = gm_engine_options_default();
        gm_engine *engine = (gm_engine *)&options;
        gm_error error = {0};
        memcpy((char *)&options.optimizer + rows[i].field, &rows[i].value, sizeof(double));
        cr_expect_eq(gm_engine_create(&engine, network, &options, &error), GM_USAGE, "row %zu", i);
        cr_expect_null(engine);
        cr_expect_eq(strncmp(error.message, rows[i].name, strlen(rows[i].name)), 0, "%s", error.message);
    }
    gm_network_destroy(network);
}

static void expect_refused(gm_network *network, const gm_engine_options *options, gm_status status,
                           const char *text)
{
    gm_engine *engine;
    gm_error error = {0};
    cr_expect_eq(gm_engine_create(&engine, network, options, &error), status, "%s", error.message);
    cr_expect_null(engine);
    cr_expect_not_null(strstr(error.message, text), "%s", error.message);
}

Test(engine, refused_options)
{
    gm_network *network = net_make(&wide, GM_F32, 1);
    gm_engine_options options = gm_engine_options_default();
    options.batch = 0;
    expect_refused(network, &options, GM_USAGE, "batch 0");
    options.batch = (size_t)1 << 40;
    expect_refused(network, &options, GM_USAGE, "1099511627776");
    options.batch = 2147483647; /* 2 TB of activations */
    expect_refused(network, &options, GM_LIMIT, "bytes");
    options = gm_engine_options_default();
    options.backend = "cuda";
    expect_refused(network, &options, GM_USAGE, "expected auto or one of naive, naive-ikj, blas, packed");
    options = gm_engine_options_default();
    options.optimizer.kind = (gm_optimizer_kind)99;
    expect_refused(network, &options, GM_USAGE, "unknown optimizer 99");
    gm_engine_destroy(NULL);
    gm_network_destroy(network);
}

/* An engine writes into what its caller made: it counts the room before it does. */
Test(engine, refused_profiles_and_traces)
{
    const size_t layers = 3, usable = gm_system_threads().usable;
    gm_network *network = net_make(&wide, GM_F32, 1);
    gm_profile profile = {calloc(usable * layers * GM_PHASE_COUNT, sizeof(double)), 0, layers};
    gm_trace trace = {.capacity = 1};
    gm_engine_options options = gm_engine_options_default();
    options.profile = &profile;
    expect_refused(network, &options, GM_USAGE, "the profile has room for 0 threads and 3 layers");
    options.backend = "auto";
    expect_refused(network, &options, GM_USAGE, "the profile has room for 0 threads and 3 layers");
    options.backend = "packed";
    profile.threads = usable;
    profile.layers = layers - 1;
    expect_refused(network, &options, GM_USAGE, "2 layers; expected");
    options.profile = NULL;
    options.trace = &trace;
    expect_refused(network, &options, GM_USAGE, "the trace has no room for its 1 calls");
    options.trace = NULL;

    static struct batch batch;
    fill(&batch);
    options.profile = &profile; /* as many threads as the default takes */
    profile.layers = layers;
    gm_engine *engine = net_engine(network, &options);
    net_step(engine, batch_x(&batch), batch_y(&batch));
    cr_expect_gt(profile.seconds[GM_PHASE_FORWARD], 0);
    net_free(engine);
    free(profile.seconds);
}

static void expect_batch_refused(gm_engine *engine, gm_array x, gm_array y, const char *text)
{
    gm_error error = {0};
    cr_expect_eq(gm_engine_step(engine, x, y, NULL, &error), GM_USAGE, "%s", text);
    cr_expect_not_null(strstr(error.message, text), "'%s' is not in: %s", text, error.message);
}

Test(engine, refused_batches)
{
    static struct batch batch;
    static float outputs[ROWS * OUT];
    uint32_t labels[4] = {0, 9, 10, 3};
    gm_engine_options options = gm_engine_options_default();
    options.batch = 4;
    gm_engine *engine = net_engine(net_make(&wide, GM_F32, 1), &options);
    const gm_array x = gm_array_f64(batch.x, 4, IN), y = gm_array_f64(batch.y, 4, OUT);
    gm_array narrow = x, overlapping = x, none = x;
    narrow.cols--;
    overlapping.ld = IN - 1;
    none.data = NULL;
    expect_batch_refused(engine, narrow, y, "expected 64 columns");
    expect_batch_refused(engine, overlapping, y, "inputs");
    expect_batch_refused(engine, none, y, "no data");
    expect_batch_refused(engine, gm_array_f64(batch.x, 5, IN), y, "5 rows; expected 1 to 4");
    expect_batch_refused(engine, gm_array_f64(batch.x, 0, IN), y, "0 rows");
    expect_batch_refused(engine, x, gm_array_f64(batch.y, 3, OUT), "targets: 3 rows; expected 4");
    expect_batch_refused(engine, x, gm_array_f64(batch.y, 4, OUT - 1), "expected 10 columns");
    expect_batch_refused(engine, x, gm_array_labels(labels, 4),
                         "row 2 of the targets: label 10; expected one below 10");
    expect_batch_refused(engine, gm_array_labels(labels, 4), y, "labels cannot be inputs");
    labels[2] = 2;
    cr_expect_eq(gm_engine_step(engine, x, gm_array_labels(labels, 4), NULL, NULL), GM_OK);
    cr_expect_eq(gm_engine_predict(engine, narrow, gm_mutable_f32(outputs, 4, OUT), NULL), GM_USAGE);
    net_free(engine);
}

/* What is written may have gaps between its rows. Anything else than the network's precision and the right
 * shape is refused by its name, and not written to. */
Test(engine, arrays_that_are_written_are_checked)
{
    enum { N = 3, GAP = 2, BLOCK = PARAMETERS };
    static struct batch batch;
    static float outputs[N * (OUT + GAP)], gradient[BLOCK];
    static double wrong_type[BLOCK];
    fill(&batch);
    gm_engine *engine = net_engine(net_make(&wide, GM_F32, 1), NULL);
    const size_t count = gm_network_parameter_count(gm_engine_network(engine));
    cr_assert(count <= BLOCK);
    const gm_array x = gm_array_f64(batch.x, N, IN), y = gm_array_f64(batch.y, N, OUT);
    gm_mutable_array gaps = gm_mutable_f32(outputs, N, OUT), overlapping = gaps;
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++)
        outputs[i] = 9;
    gaps.ld = OUT + GAP;
    overlapping.ld = OUT - 1;
    cr_assert_eq(gm_engine_predict(engine, x, gaps, NULL), GM_OK);
    for (size_t r = 0; r < N; r++) {
        double sum = 0;
        for (size_t c = 0; c < OUT; c++)
            sum += (double)outputs[r * gaps.ld + c];
        cr_expect(fabs(sum - 1) < 1e-5 && outputs[r * gaps.ld + OUT] == 9, "row %zu of softmax", r);
    }
    const gm_mutable_array wrong_outputs[] = {
        gm_mutable_f64(wrong_type, N, OUT), gm_mutable_f32(outputs, N - 1, OUT),
        gm_mutable_f32(outputs, N, OUT + 1), overlapping, gm_mutable_labels((uint32_t *)outputs, N)};
    const gm_mutable_array wrong_blocks[] = {
        gm_no_array(), gm_mutable_f64(wrong_type, 1, count), gm_mutable_f32(gradient, 1, count - 1),
        gm_mutable_f32(gradient, count, 1), gm_mutable_f32(gradient, 2, count)};
    gm_error error;
    double loss;
    for (size_t i = 0; i < sizeof wrong_outputs / sizeof *wrong_outputs; i++) {
        cr_expect_eq(gm_engine_predict(engine, x, wrong_outputs[i], &error), GM_USAGE, "outputs %zu", i);
        cr_expect_eq(strncmp(error.message, "outputs: ", 9), 0, "%s", error.message);
        cr_expect_eq(gm_engine_loss(engine, x, y, &loss, wrong_outputs[i], &error), GM_USAGE, "outputs %zu",
                     i);
    }
    cr_expect_eq(gm_engine_predict(engine, x, gm_no_array(), &error), GM_USAGE);
    for (size_t i = 0; i < sizeof wrong_blocks / sizeof *wrong_blocks; i++) {
        cr_expect_eq(gm_engine_gradient(engine, x, y, wrong_blocks[i], &loss, &error), GM_USAGE, "block %zu",
                     i);
        cr_expect_eq(strncmp(error.message, "gradient: ", 10), 0, "%s", error.message);
        cr_expect_eq(gm_engine_apply(engine, gm_array_of(wrong_blocks[i]), &error), GM_USAGE, "block %zu", i);
    }
    cr_expect_eq(gm_engine_gradient(engine, x, y, wrong_blocks[1], &loss, &error), GM_USAGE);
    cr_expect_str_eq(error.message,
                     "gradient: numbers of type f64; expected f32, the precision of the network");
    for (size_t i = 0; i < BLOCK; i++)
        cr_assert(wrong_type[i] == 0 && gradient[i] == 0);
    net_free(engine);
}

Test(engine, inference_cannot_learn)
{
    static struct batch batch;
    static float outputs[ROWS * OUT];
    fill(&batch);
    gm_engine_options options = gm_engine_options_default();
    options.inference = true;
    gm_engine *engine = net_engine(net_make(&wide, GM_F32, 1), &options);
    const gm_array x = gm_array_f64(batch.x, ROWS, IN), y = gm_array_f64(batch.y, ROWS, OUT);
    cr_expect_eq(gm_engine_predict(engine, x, gm_mutable_f32(outputs, ROWS, OUT), NULL), GM_OK);
    expect_batch_refused(engine, x, y, "inference");
    for (size_t r = 0; r < ROWS; r++) {
        double sum = 0;
        for (size_t c = 0; c < OUT; c++)
            sum += (double)outputs[r * OUT + c];
        cr_expect_lt(fabs(sum - 1), 1e-5, "row %zu of softmax", r);
    }
    net_free(engine);
}

/* Labels, one-hot rows, every type of input and a padded ld mean the same batch. */
Test(engine, types_of_arrays)
{
    uint8_t bytes[4 * (IN + 3)];
    float floats[4 * IN];
    double doubles[4 * IN], hot[4 * OUT] = {0}, losses[4];
    const uint32_t labels[] = {1, 0, 9, 5};
    for (size_t i = 0; i < 4 * IN; i++) {
        bytes[i / IN * (IN + 3) + i % IN] = (uint8_t)(i * 37 % 256);
        floats[i] = (float)(i * 37 % 256);
        doubles[i] = (double)(i * 37 % 256);
    }
    for (size_t r = 0; r < 4; r++)
        hot[r * OUT + labels[r]] = 1;
    gm_array padded = gm_array_u8(bytes, 4, IN);
    padded.ld = IN + 3;
    const gm_array xs[] = {gm_array_f64(doubles, 4, IN), padded, gm_array_f32(floats, 4, IN), padded};
    const gm_array ys[] = {gm_array_f64(hot, 4, OUT), gm_array_f64(hot, 4, OUT), gm_array_labels(labels, 4),
                           gm_array_labels(labels, 4)};
    const gm_engine_options options = gm_engine_options_default();
    for (int precision = GM_F32; precision <= GM_F64; precision++) {
        gm_engine *engine = net_engine(net_make(&wide, (gm_precision)precision, 1), &options);
        for (size_t i = 0; i < 4; i++) {
            cr_assert_eq(gm_engine_loss(engine, xs[i], ys[i], &losses[i], gm_no_array(), NULL), GM_OK);
            cr_expect_eq(losses[i], losses[0]);
        }
        net_free(engine);
    }
}

/* The plan of a network and engine against the maps that they were really made from. */
Test(engine, memory_plan)
{
    for (int kind = 0; kind < GM_OPTIMIZER_COUNT; kind++) {
        for (int variant = 0; variant < 8; variant++) {
            gm_layer_options layers[NET_LAYERS];
            gm_network_options shape = gm_network_options_default();
            shape.layer_count = net_layers(&wide, layers);
            shape.inputs = IN;
            shape.layers = layers;
            shape.loss = wide.loss;
            shape.precision = variant & 1 ? GM_F64 : GM_F32;
            gm_engine_options options = gm_engine_options_default();
            options.optimizer = gm_optimizer_default((gm_optimizer_kind)kind);
            options.inference = variant & 2;
            options.keep_z = variant & 4;
            options.threads = 3;
            gm_memory memory;
            cr_assert_eq(gm_memory_plan(&shape, &options, &memory, NULL), GM_OK);
            gm_engine *engine = net_engine(net_make(&wide, shape.precision, 1), &options);
            const size_t size = gm_precision_size(shape.precision);
            cr_expect_eq(memory.parameters, PARAMETERS * size);
            cr_expect_eq(memory.workspace, engine->layout.workspace * size);
            cr_expect_eq(memory.optimizer, engine->layout.state * size);
            cr_expect_eq(memory.total,
                         memory.parameters + memory.packed + memory.workspace + memory.optimizer);
            cr_expect_eq(memory.packed, engine->layout.own * size);
            cr_expect_eq(memory.shared, memory.parameters + (options.inference ? memory.packed : 0));
            const gm_memory held = gm_engine_memory(engine);
            cr_expect_eq(memcmp(&held, &memory, sizeof held), 0);
            cr_expect(memory.optimizer == 0 || !options.inference);
            net_free(engine);
        }
    }
}

static size_t no_scratch(const char *backend, size_t in, size_t out)
{
    (void)backend, (void)in, (void)out;
    return 0;
}

static size_t distance_from_mib(size_t bytes)
{
    const size_t mib = (size_t)1 << 20, past = bytes % mib;
    return past < mib - past ? past : mib - past;
}

static gm_layout_needs needs_of_one(const gm_layer *layer, gm_precision precision,
                                    const gm_engine_options *options)
{
    return (gm_layout_needs){layer, 1, precision, options, 1, &gm_row_major, no_scratch};
}

/* The distances between the parameters and the optimizer's copies are never near a multiple of 1 MiB, for
 * layers of every size; and the last copy ends within the state. */
Test(engine, copies_of_large_networks_lie_apart)
{
    for (size_t inputs = 1020; inputs <= 1030; inputs++) {
        const gm_layer layer = {.inputs = inputs, .outputs = 512, .weights = 0, .biases = inputs * 512};
        for (int precision = GM_F32; precision <= GM_F64; precision++) {
            const size_t size = gm_precision_size((gm_precision)precision);
            gm_engine_options options = gm_engine_options_default();
            options.backend = "blas";
            options.optimizer = gm_optimizer_default(GM_ADAM);
            gm_layout layout;
            const gm_layout_needs needs = needs_of_one(&layer, (gm_precision)precision, &options);
            cr_assert_eq(gm_layout_make(&layout, NULL, &needs, NULL), GM_OK);
            cr_expect_geq(distance_from_mib(layout.first_copy * size), 1024);
            cr_expect_geq(distance_from_mib(layout.next_copy * size), 1024);
            cr_expect_geq(distance_from_mib((layout.first_copy + layout.next_copy) * size), 1024);
            cr_expect_geq(layout.next_copy, layout.parameters);
            cr_expect_eq(layout.state, layout.first_copy + 2 * layout.next_copy);
            cr_expect_leq(layout.state * size, 2 * layout.parameters * size + 3 * 5120);
        }
    }
}

static size_t distance_from_page(size_t from, size_t to, size_t size)
{
    const size_t page = 4096, past = (to - from) * size % page;
    return past < page - past ? past : page - past;
}

/* The distances between large Z, A and D of a layer are never near a multiple of 4 KiB, for batches of every
 * size, and little memory is wasted. */
Test(engine, large_matrices_of_a_layer_lie_apart)
{
    const gm_layer layer = {.inputs = 16, .outputs = 512, .biases = 16 * 512, .activation = GM_GELU};
    for (size_t batch = 16; batch <= 80; batch++) {
        for (int precision = GM_F32; precision <= GM_F64; precision++) {
            const size_t size = gm_precision_size((gm_precision)precision);
            gm_engine_options options = gm_engine_options_default();
            options.backend = "blas";
            options.batch = batch;
            gm_layout layout;
            gm_layer_layout place;
            const gm_layout_needs needs = needs_of_one(&layer, (gm_precision)precision, &options);
            cr_assert_eq(gm_layout_make(&layout, &place, &needs, NULL), GM_OK);
            const size_t matrix = batch * place.ld;
            cr_expect_geq(distance_from_page(place.a, place.z, size), 1024, "%zu rows", batch);
            cr_expect_geq(distance_from_page(place.z, place.d, size), 1024, "%zu rows", batch);
            cr_expect_geq(distance_from_page(place.a, place.d, size), 1024, "%zu rows", batch);
            cr_expect(place.z >= place.a + matrix && place.d >= place.z + matrix);
            cr_expect_leq((place.d - place.a) * size, 2 * (matrix * size + 4096));
        }
    }
}

Test(engine, flop_of_a_step)
{
    gm_network *network = net_make(&wide, GM_F32, 1);
    const double products = 64 * 128 + 128 * 48 + 48 * 10;
    cr_expect_eq(gm_step_flop(network, 32), 2 * 32 * (3 * products - 64 * 128));
    gm_network_destroy(network);
}

/* Forward reads every parameter, BP2 the weights behind layer 1, and the optimizer has its own. */
Test(engine, traffic_of_a_step)
{
    static const double updates[] = {[GM_SGD] = 2,   [GM_MOMENTUM] = 4, [GM_NESTEROV] = 4, [GM_ADAM] = 6,
                                     [GM_ADAMW] = 6, [GM_RMSPROP] = 4,  [GM_ADAGRAD] = 4};
    for (int precision = GM_F32; precision <= GM_F64; precision++) {
        gm_network *network = net_make(&wide, (gm_precision)precision, 1);
        const double size = precision == GM_F32 ? 4 : 8;
        for (int kind = 0; kind < GM_OPTIMIZER_COUNT; kind++)
            cr_expect_eq(gm_step_traffic(network, (gm_optimizer_kind)kind),
                         size * (PARAMETERS * (1 + updates[kind]) + 128 * 48 + 48 * OUT));
        gm_network_destroy(network);
    }
}

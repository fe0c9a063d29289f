/* Rows from a source: a data set in memory, whose rows are gathered at once or piece by piece in any order,
 * into memory with gaps between its rows; and sources of a program's own, which may fail. */
#include "nets.h"
#include "scratch.h"
#include "train/rows.h"

#include <string.h>

enum { ROWS = 7, BATCH = 5, GAP = 3 };

/* Row r has the features 1000 r, 1000 r + 1 ... and the targets 10 r and 10 r + 1. */
static gm_dataset *make_data(size_t inputs)
{
    float *x = malloc(ROWS * inputs * sizeof *x), y[ROWS * 2];
    gm_dataset *data;
    gm_error error;
    for (size_t r = 0; r < ROWS; r++) {
        for (size_t c = 0; c < inputs; c++)
            x[r * inputs + c] = (float)(1000 * r + c);
        y[2 * r] = (float)(10 * r);
        y[2 * r + 1] = (float)(10 * r + 1);
    }
    cr_assert_eq(
        gm_dataset_from_arrays(&data, gm_array_f32(x, ROWS, inputs), gm_array_f32(y, ROWS, 2), 0, &error),
        GM_OK, "%s", error.message);
    free(x);
    return data;
}

static gm_engine *make_engine(size_t inputs, gm_precision precision, size_t batch, size_t threads)
{
    const net_shape shape = {{inputs, 2}, GM_TANH, GM_IDENTITY, GM_HALF_SQUARES};
    gm_engine_options options = gm_engine_options_default();
    options.batch = batch;
    options.threads = threads;
    options.optimizer.rate = 1e-8;
    return net_engine(net_make(&shape, precision, 1), &options);
}

static gm_row_source open_source(const gm_dataset *data, const uint64_t *seed)
{
    gm_row_source source;
    gm_error error;
    cr_assert_eq(gm_row_source_open(&source, data, NULL, seed, &error), GM_OK, "%s", error.message);
    return source;
}

static double number(gm_mutable_array array, size_t row, size_t column)
{
    const size_t at = row * array.ld + column;
    return array.type == GM_TYPE_F32 ? (double)((const float *)array.data)[at]
                                     : ((const double *)array.data)[at];
}

/* Room for a batch whose gaps are NaN. */
static gm_batch_buffer make_buffer(size_t inputs, gm_precision precision)
{
    gm_batch_buffer buffer = {.w = gm_no_array()};
    const size_t bytes = BATCH * (inputs + GAP) * sizeof(double);
    buffer.x = gm_mutable_real(malloc(bytes), precision, BATCH, inputs);
    buffer.y = gm_mutable_real(malloc(bytes), precision, BATCH, 2);
    cr_assert(buffer.x.data && buffer.y.data);
    memset(buffer.x.data, 0xff, bytes);
    memset(buffer.y.data, 0xff, bytes);
    buffer.x.ld += GAP;
    buffer.y.ld += 1;
    return buffer;
}

static void free_buffer(gm_batch_buffer buffer)
{
    free(buffer.x.data);
    free(buffer.y.data);
}

/* Rows first .. first + count of the data, and nothing between them. */
static void expect_rows(gm_batch_buffer buffer, size_t first, size_t count, size_t inputs)
{
    size_t wrong = 0;
    for (size_t r = 0; r < count; r++) {
        for (size_t c = 0; c < inputs; c++)
            wrong += number(buffer.x, r, c) != (double)(1000 * (first + r) + c);
        for (size_t c = 0; c < 2; c++)
            wrong += number(buffer.y, r, c) != (double)(10 * (first + r) + c);
        for (size_t c = inputs; c < buffer.x.ld; c++)
            wrong += (size_t)!isnan(number(buffer.x, r, c));
        wrong += (size_t)!isnan(number(buffer.y, r, 2));
    }
    cr_expect_eq(wrong, 0, "%zu inputs: %zu numbers are others", inputs, wrong);
}

static void expect_gathered(size_t inputs, gm_precision precision)
{
    gm_dataset *data = make_data(inputs);
    gm_row_source source = open_source(data, NULL);
    const gm_batch_buffer buffer = make_buffer(inputs, precision);
    gm_side_work work;
    size_t count;
    cr_expect(source.features == inputs && source.targets == 2 && source.rows == ROWS && !source.labels);
    for (size_t epoch = 1; epoch <= 2; epoch++) {
        cr_assert_eq(source.begin(source.context, epoch, NULL), GM_OK);
        cr_assert_eq(source.prepare(source.context, BATCH, &buffer, &work, NULL), GM_OK);
        cr_expect_eq(work.pieces > 1, inputs >= 3000, "%zu inputs: %zu pieces", inputs, work.pieces);
        cr_expect_leq(work.pieces, BATCH);
        for (size_t i = work.pieces; i-- > 0;)
            work.piece(work.context, i);
        cr_assert_eq(source.finish(source.context, &count, NULL), GM_OK);
        cr_expect_eq(count, BATCH);
        expect_rows(buffer, 0, BATCH, inputs);
        cr_assert_eq(gm_row_source_next(&source, BATCH, &buffer, &count, NULL), GM_OK);
        cr_expect_eq(count, ROWS - BATCH);
        expect_rows(buffer, BATCH, ROWS - BATCH, inputs);
        cr_assert_eq(gm_row_source_next(&source, BATCH, &buffer, &count, NULL), GM_OK);
        cr_expect_eq(count, 0, "the epoch is over");
    }
    free_buffer(buffer);
    gm_row_source_close(&source);
    gm_row_source_close(&source);
    gm_dataset_destroy(data);
}

/* In one piece; in pieces of which the last is smaller; in pieces of one row, which is wider than a piece. */
Test(batch, pieces_make_the_whole)
{
    static const size_t inputs[] = {3, 4097, 3000, 20000};
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        expect_gathered(inputs[i], GM_F32);
        expect_gathered(inputs[i], GM_F64);
    }
}

Test(batch, what_does_not_fit_is_refused)
{
    const gm_scaling *none = NULL;
    gm_dataset *two = make_data(2), *three = make_data(3);
    gm_scaling *scaling;
    gm_engine *engine = make_engine(3, GM_F32, BATCH, 1);
    const gm_network *network = gm_engine_network(engine);
    gm_row_source source;
    gm_error error;
    cr_assert_eq(gm_scaling_fit(&scaling, GM_SCALING_STANDARD, two, &error), GM_OK, "%s", error.message);
    cr_expect_eq(gm_rows_open(&source, network, two, none, NULL, &error), GM_USAGE);
    cr_expect_str_eq(error.message, "the data has 2 features; expected 3, the inputs of the network");
    cr_expect_eq(gm_rows_open(&source, network, three, scaling, NULL, &error), GM_USAGE);
    cr_expect_str_eq(error.message, "the scaling has 2 features; expected 3");
    cr_expect_eq(gm_rows_open(&source, network, three, none, NULL, &error), GM_OK);
    gm_row_source_close(&source);
    cr_expect_null(source.context);
    gm_scaling_destroy(scaling);
    net_free(engine);
    gm_dataset_destroy(two);
    gm_dataset_destroy(three);
}

/* The order of one epoch, by the targets. */
static void take_order(const gm_row_source *source, size_t epoch, size_t *order)
{
    const gm_batch_buffer buffer = make_buffer(1, GM_F32);
    size_t count = 1, done = 0;
    cr_assert_eq(source->begin(source->context, epoch, NULL), GM_OK);
    while (count > 0) {
        cr_assert_eq(gm_row_source_next(source, 3, &buffer, &count, NULL), GM_OK);
        cr_assert_leq(done + count, ROWS);
        for (size_t r = 0; r < count; r++)
            order[done++] = (size_t)number(buffer.y, r, 0) / 10;
    }
    cr_assert_eq(done, ROWS);
    free_buffer(buffer);
}

Test(batch, an_order_is_shuffled_for_each_epoch)
{
    static const uint64_t seed = 4;
    gm_dataset *data = make_data(1);
    gm_row_source one = open_source(data, &seed), same = open_source(data, &seed);
    size_t first[ROWS], second[ROWS], again[ROWS], seen = 0;
    take_order(&one, 1, first);
    take_order(&one, 2, second);
    take_order(&same, 1, again);
    cr_expect_arr_eq(first, again, sizeof first);
    cr_expect_neq(memcmp(first, second, sizeof first), 0);
    for (size_t i = 0; i < ROWS; i++)
        seen |= (size_t)1 << second[i];
    cr_expect_eq(seen, ((size_t)1 << ROWS) - 1, "each row once");
    gm_row_source_close(&one);
    gm_row_source_close(&same);
    gm_dataset_destroy(data);
}

/* One cell without a value is enough. */
Test(batch, a_missing_value_is_refused, .init = scratch_make, .fini = scratch_remove)
{
    static const char text[] = "a,y\n1,1\n2,2\n,3\n";
    const scratch_text path = scratch_path("data.csv");
    gm_dataset_options options = gm_dataset_options_default();
    options.regression = true;
    options.missing = GM_MISSING_MEAN; /* the mean is for the caller to learn and to put in */
    gm_dataset *data;
    gm_row_source source;
    gm_error error;
    scratch_write(path.text, text, sizeof text - 1);
    cr_assert_eq(gm_dataset_load(&data, path.text, &options, &error), GM_OK, "%s", error.message);
    cr_expect_eq(gm_row_source_open(&source, data, NULL, NULL, &error), GM_USAGE);
    cr_expect_str_eq(error.message, "1 cells of the data have no value; encode it first");
    gm_row_source_close(&source);
    gm_dataset_destroy(data);
}

/* A source of a program's own: another one behind it, of which it does not know the number of rows, and which
 * fails when a function has been called so many times. */
struct stream {
    gm_row_source rows;
    size_t begin_fails, prepare_fails, finish_fails; /* 0: never */
    bool empty;
};

static gm_status fail_at(size_t *left, const char *what, gm_error *error)
{
    if (*left == 0 || --*left > 0)
        return GM_OK;
    snprintf(error->message, sizeof error->message, "the stream broke in %s", what);
    return GM_IO;
}

static gm_status begin(void *context, size_t epoch, gm_error *error)
{
    struct stream *s = context;
    const gm_status status = fail_at(&s->begin_fails, "begin", error);
    return status == GM_OK ? s->rows.begin(s->rows.context, epoch, error) : status;
}

static gm_status prepare(void *context, size_t most, const gm_batch_buffer *to, gm_side_work *work,
                         gm_error *error)
{
    struct stream *s = context;
    const gm_status status = fail_at(&s->prepare_fails, "prepare", error);
    return status == GM_OK ? s->rows.prepare(s->rows.context, most, to, work, error) : status;
}

static gm_status finish(void *context, size_t *count, gm_error *error)
{
    struct stream *s = context;
    gm_status status = fail_at(&s->finish_fails, "finish", error);
    if (status == GM_OK)
        status = s->rows.finish(s->rows.context, count, error);
    if (s->empty)
        *count = 0;
    return status;
}

static gm_row_source source_of(struct stream *stream)
{
    return (gm_row_source){.context = stream,
                           .features = stream->rows.features,
                           .targets = stream->rows.targets,
                           .begin = begin,
                           .prepare = prepare,
                           .finish = finish};
}

static gm_status train_from(gm_engine *engine, struct stream *stream, gm_schedule schedule, gm_error *error)
{
    const gm_row_source source = source_of(stream);
    gm_train_options options = gm_train_options_default();
    options.epochs = 3;
    options.schedule = schedule;
    return gm_train_rows(engine, &source, NULL, &options, NULL, error);
}

Test(batch, rows_of_a_program_train_as_those_of_a_data_set)
{
    gm_dataset *data = make_data(3);
    gm_engine *one = make_engine(3, GM_F32, 2, 1), *other = make_engine(3, GM_F32, 2, 1);
    struct stream stream = {.rows = open_source(data, NULL)};
    gm_train_options options = gm_train_options_default();
    gm_metrics metrics, same;
    gm_error error;
    options.epochs = 3;
    options.shuffle = false;
    cr_assert_eq(gm_train(one, data, NULL, NULL, &options, NULL, &error), GM_OK, "%s", error.message);
    cr_assert_eq(train_from(other, &stream, GM_SCHEDULE_CONSTANT, &error), GM_OK, "%s", error.message);
    cr_expect_arr_eq(gm_network_parameters_const(gm_engine_network(one)).data,
                     gm_network_parameters_const(gm_engine_network(other)).data, 8 * sizeof(float));
    const gm_row_source source = source_of(&stream);
    cr_assert_eq(gm_evaluate(one, data, NULL, &metrics, &error), GM_OK, "%s", error.message);
    cr_assert_eq(gm_evaluate_rows(other, &source, &same, &error), GM_OK, "%s", error.message);
    cr_expect_eq(same.rows, ROWS);
    cr_expect_eq(same.loss, metrics.loss);
    cr_expect_eq(same.rmse, metrics.rmse);
    gm_row_source_close(&stream.rows);
    net_free(one);
    net_free(other);
    gm_dataset_destroy(data);
}

static void expect_failure(const gm_dataset *data, struct stream stream, gm_schedule schedule,
                           gm_status wanted, const char *text)
{
    gm_engine *engine = make_engine(3, GM_F32, 2, 1);
    gm_error error = {0};
    stream.rows = open_source(data, NULL);
    cr_expect_eq(train_from(engine, &stream, schedule, &error), wanted, "%s", text);
    cr_expect_str_eq(error.message, text);
    cr_expect_eq(gm_engine_rate(engine), 1e-8, "the rate is as before");
    gm_row_source_close(&stream.rows);
    net_free(engine);
}

/* At the first call, beside a step, and in a later epoch. */
Test(batch, failures_of_a_source_reach_the_user)
{
    gm_dataset *data = make_data(3);
    static const size_t calls[] = {1, 2, 3, 6};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        if (calls[i] <= 3)
            expect_failure(data, (struct stream){.begin_fails = calls[i]}, GM_SCHEDULE_CONSTANT, GM_IO,
                           "the stream broke in begin");
        expect_failure(data, (struct stream){.prepare_fails = calls[i]}, GM_SCHEDULE_CONSTANT, GM_IO,
                       "the stream broke in prepare");
        expect_failure(data, (struct stream){.finish_fails = calls[i]}, GM_SCHEDULE_CONSTANT, GM_IO,
                       "the stream broke in finish");
    }
    expect_failure(data, (struct stream){.empty = true}, GM_SCHEDULE_CONSTANT, GM_BAD_DATA,
                   "epoch 1 has no rows");
    expect_failure(data, (struct stream){0}, GM_SCHEDULE_LINEAR, GM_USAGE,
                   "schedule linear needs the number of rows in an epoch, which is not known");
    gm_dataset_destroy(data);
}

Test(batch, an_evaluation_fails_with_its_source)
{
    gm_dataset *data = make_data(3);
    gm_engine *engine = make_engine(3, GM_F32, 2, 1);
    struct stream stream = {.rows = open_source(data, NULL), .finish_fails = 2};
    const gm_row_source source = source_of(&stream);
    gm_metrics metrics;
    gm_error error;
    cr_expect_eq(gm_evaluate_rows(engine, &source, &metrics, &error), GM_IO);
    cr_expect_str_eq(error.message, "the stream broke in finish");
    stream.empty = true;
    cr_expect_eq(gm_evaluate_rows(engine, &source, &metrics, &error), GM_BAD_DATA);
    gm_row_source_close(&stream.rows);
    net_free(engine);
    gm_dataset_destroy(data);
}

/* Whoever evaluates between two steps does not disturb the batch that waits for the next one. */
struct between {
    gm_engine *engine;
    const gm_dataset *data;
    size_t calls;
};

static gm_status evaluate_between(void *context, const gm_progress *progress, bool *stop, gm_error *error)
{
    static const uint8_t bytes[2 * 3] = {1, 2, 3, 4, 5, 6}; /* which are converted */
    static const float y[2 * 2];
    struct between *b = context;
    gm_metrics metrics;
    double loss;
    (void)progress, (void)stop;
    b->calls++;
    gm_status status = gm_evaluate(b->engine, b->data, NULL, &metrics, error);
    if (status == GM_OK)
        status = gm_engine_loss(b->engine, gm_array_u8(bytes, 1, 3), gm_array_f32(y, 1, 2), &loss,
                                gm_no_array(), error);
    gm_engine_plan(b->engine, 1); /* measures, if nothing has been measured yet */
    return status;
}

Test(batch, evaluations_between_steps_change_nothing)
{
    gm_dataset *data = make_data(3);
    for (size_t batch = 1; batch <= BATCH; batch += 2) {
        gm_engine *quiet = make_engine(3, GM_F32, batch, 1), *busy = make_engine(3, GM_F32, batch, 1);
        struct between between = {busy, data, 0};
        gm_train_options options = gm_train_options_default();
        gm_error error;
        options.epochs = 3;
        cr_assert_eq(gm_train(quiet, data, NULL, NULL, &options, NULL, &error), GM_OK, "%s", error.message);
        options.on_step = evaluate_between;
        options.context = &between;
        cr_assert_eq(gm_train(busy, data, NULL, NULL, &options, NULL, &error), GM_OK, "%s", error.message);
        cr_expect_geq(between.calls, 3U);
        cr_expect_arr_eq(gm_network_parameters_const(gm_engine_network(quiet)).data,
                         gm_network_parameters_const(gm_engine_network(busy)).data, 8 * sizeof(float),
                         "batch %zu", batch);
        net_free(quiet);
        net_free(busy);
    }
    gm_dataset_destroy(data);
}

/* What is gathered into a buffer before the first step is still there when it is learned, although that step
 * has to measure what a plan costs; and rows of 1024 floats do not lie whole pages apart. */
Test(batch, buffers_of_an_engine)
{
    enum { WIDE = 1024, MANY = 24 };
    gm_engine *mine = make_engine(WIDE, GM_F32, MANY, 2), *theirs = make_engine(WIDE, GM_F32, MANY, 2);
    static float x[MANY * WIDE], y[MANY * 2];
    for (size_t i = 0; i < MANY * WIDE; i++)
        x[i] = (float)(i % 17);
    for (size_t i = 0; i < MANY * 2; i++)
        y[i] = (float)(i % 5);
    const gm_batch_buffer first = gm_engine_buffer(theirs, 0), second = gm_engine_buffer(theirs, 1);
    const gm_batch_buffer *turns[] = {&first, &second};
    cr_expect_null(gm_engine_buffer(theirs, 2).x.data);
    cr_expect(first.x.rows == MANY && first.x.cols == WIDE && first.y.cols == 2 &&
              first.x.type == GM_TYPE_F32);
    cr_expect_neq(first.x.ld * sizeof(float) % 4096, 0);
    cr_expect_neq(first.x.data, second.x.data);
    for (size_t step = 0; step < 4; step++) {
        const gm_batch_buffer *to = turns[step % 2];
        for (size_t r = 0; r < MANY; r++) {
            memcpy((float *)to->x.data + r * to->x.ld, x + r * WIDE, WIDE * sizeof *x);
            memcpy((float *)to->y.data + r * to->y.ld, y + r * 2, 2 * sizeof *y);
        }
        net_step(mine, gm_array_f32(x, MANY, WIDE), gm_array_f32(y, MANY, 2));
        net_step(theirs, gm_array_of(to->x), gm_array_of(to->y));
        cr_expect_eq(gm_engine_buffer(theirs, 0).x.data, to->x.data, "step %zu: the one that was used", step);
    }
    cr_expect_arr_eq(gm_network_parameters_const(gm_engine_network(mine)).data,
                     gm_network_parameters_const(gm_engine_network(theirs)).data,
                     (WIDE + 1) * 2 * sizeof(float));
    net_free(mine);
    net_free(theirs);
}

Test(batch, an_engine_for_inference_has_one_buffer)
{
    const net_shape shape = {{3, 2}, GM_TANH, GM_IDENTITY, GM_HALF_SQUARES};
    gm_engine_options options = gm_engine_options_default();
    gm_dataset *data = make_data(3);
    gm_metrics metrics;
    gm_error error;
    options.batch = BATCH;
    options.inference = true;
    gm_engine *engine = net_engine(net_make(&shape, GM_F32, 1), &options);
    cr_expect_not_null(gm_engine_buffer(engine, 0).x.data);
    cr_expect_null(gm_engine_buffer(engine, 1).x.data);
    cr_expect_eq(gm_evaluate(engine, data, NULL, &metrics, &error), GM_OK, "%s", error.message);
    cr_expect_eq(gm_train(engine, data, NULL, NULL, NULL, NULL, &error), GM_USAGE);
    cr_expect_str_eq(error.message, "the engine was made for inference and cannot learn");
    net_free(engine);
    gm_dataset_destroy(data);
}

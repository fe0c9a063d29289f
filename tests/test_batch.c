/* Tests how batches are gathered from a data set: at once, and in pieces in any order, as threads do it
 * during a step. */
#include "base/memory.h"
#include "nets.h"
#include "scratch.h"
#include "train/batch.h"

#include <string.h>

enum { ROWS = 7, BATCH = 5 };

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

static gm_engine *make_engine(size_t inputs, gm_precision precision)
{
    const net_shape shape = {{inputs, 2}, GM_TANH, GM_IDENTITY, GM_HALF_SQUARES};
    gm_engine_options options = gm_engine_options_default();
    options.batch = BATCH;
    options.threads = 1;
    return net_engine(net_make(&shape, precision, 1), &options);
}

static double number(gm_array array, gm_precision precision, size_t row, size_t column)
{
    const size_t at = row * array.cols + column;
    return precision == GM_F32 ? (double)((const float *)array.data)[at] : ((const double *)array.data)[at];
}

static void expect_rows(const gm_batch *batch, const uint32_t *rows, size_t inputs)
{
    size_t wrong = 0;
    for (size_t r = 0; r < BATCH; r++) {
        for (size_t c = 0; c < inputs; c++)
            wrong += number(batch->x, batch->precision, r, c) != (double)(1000 * rows[r] + c);
        for (size_t c = 0; c < 2; c++)
            wrong += number(batch->y, batch->precision, r, c) != (double)(10 * rows[r] + c);
    }
    cr_expect_eq(wrong, 0, "%s, %zu inputs: %zu numbers are others", gm_precision_name(batch->precision),
                 inputs, wrong);
}

static void expect_gathered(size_t inputs, gm_precision precision)
{
    static const uint32_t rows[BATCH] = {6, 0, 3, 2, 5}, others[BATCH] = {1, 1, 1, 1, 1};
    gm_dataset *data = make_data(inputs);
    gm_engine *engine = make_engine(inputs, precision);
    gm_batch batch;
    gm_error error;
    cr_assert_eq(gm_batch_create(&batch, engine, data, NULL, &error), GM_OK, "%s", error.message);
    gm_batch_gather(&batch, rows, BATCH);
    expect_rows(&batch, rows, inputs);
    gm_batch_gather(&batch, others, BATCH);
    const gm_side_work work = gm_batch_gather_later(&batch, rows, BATCH);
    cr_expect_eq(work.pieces > 1, inputs >= 3000, "%zu inputs: %zu pieces", inputs, work.pieces);
    cr_expect_leq(work.pieces, BATCH);
    for (size_t i = work.pieces; i-- > 0;)
        work.piece(work.context, i);
    expect_rows(&batch, rows, inputs);
    gm_batch_clear(&batch);
    net_free(engine);
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
    gm_engine *engine = make_engine(3, GM_F32);
    gm_batch batch;
    gm_error error;
    cr_assert_eq(gm_scaling_fit(&scaling, GM_SCALING_STANDARD, two, &error), GM_OK, "%s", error.message);
    cr_expect_eq(gm_batch_create(&batch, engine, two, none, &error), GM_USAGE);
    cr_expect_str_eq(error.message, "the data has 2 features; expected 3, the inputs of the network");
    cr_expect_eq(gm_batch_create(&batch, engine, three, scaling, &error), GM_USAGE);
    cr_expect_str_eq(error.message, "the scaling has 2 features; expected 3");
    cr_expect_eq(gm_batch_create(&batch, engine, three, none, &error), GM_OK);
    gm_batch_clear(&batch);
    cr_expect_null(batch.x_data);
    gm_scaling_destroy(scaling);
    net_free(engine);
    gm_dataset_destroy(two);
    gm_dataset_destroy(three);
}

Test(batch, the_order_begins_as_it_stands)
{
    gm_dataset *data = make_data(1);
    uint32_t *order = gm_batch_order(data);
    cr_assert_not_null(order);
    for (uint32_t i = 0; i < ROWS; i++)
        cr_expect_eq(order[i], i);
    gm_free(order);
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
    gm_engine *engine = make_engine(1, GM_F32);
    gm_batch batch;
    gm_error error;
    scratch_write(path.text, text, sizeof text - 1);
    cr_assert_eq(gm_dataset_load(&data, path.text, &options, &error), GM_OK, "%s", error.message);
    cr_expect_eq(gm_batch_create(&batch, engine, data, NULL, &error), GM_USAGE);
    cr_expect_str_eq(error.message, "1 cells of the data have no value; replace them first");
    net_free(engine);
    gm_dataset_destroy(data);
}

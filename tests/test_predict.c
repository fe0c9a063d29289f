/* Tests gm_predictor: raw rows give the same results as scaling and network applied by hand. */
#include "nets.h"

#include "nn/engine.h"

#include <string.h>

enum { IN = 3, OUT = 4, ROWS = 23, BATCH = 5 };

static const net_shape classifier = {{IN, 8, OUT}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY};
static const net_shape fit = {{IN, 8, OUT}, GM_TANH, GM_IDENTITY, GM_MEAN_SQUARES};
static const double shift[IN] = {10, -3, 0.5}, factor[IN] = {0.125, 2, 0.25};
static double means[IN] = {11, -2.5, 1};
static char *class_names[OUT] = {(char[]){"a"}, (char[]){"b"}, (char[]){"c"}, (char[]){"d"}};
static gm_data_column columns_of_numbers[IN] = {
    {.name = (char[]){"x"}, .replacement = 11},
    {.name = (char[]){"y"}, .replacement = -2.5, .first = 1},
    {.name = (char[]){"z"}, .replacement = 1, .first = 2},
};

/* A model whose strings and means are static: it is taken apart again by drop. */
static gm_model make_model(const net_shape *shape, gm_precision precision)
{
    static gm_columns columns = {.inputs = IN, .count = IN, .items = columns_of_numbers};
    gm_model model = {.network = net_make(shape, precision, 5), .columns = &columns};
    if (shape == &classifier) {
        model.classes = class_names;
        model.class_count = OUT;
    }
    cr_assert_eq(gm_scaling_create(&model.scaling, GM_SCALING_STANDARD, IN, shift, factor, NULL), GM_OK);
    return model;
}

static void drop(gm_model *model)
{
    gm_network_destroy(model->network);
    gm_scaling_destroy(model->scaling);
}

static gm_predictor *predictor_of(const gm_model *model)
{
    gm_engine_options options = gm_engine_options_default();
    gm_predictor *predictor;
    gm_error error;
    options.batch = BATCH;
    cr_assert_eq(gm_predictor_create(&predictor, model, &options, &error), GM_OK, "%s", error.message);
    return predictor;
}

/* The same by hand: scaled in double precision, rounded, all rows at once. */
static void by_hand(const gm_model *model, const double *raw, float *outputs)
{
    float x[ROWS * IN];
    gm_engine_options options = gm_engine_options_default();
    options.inference = true;
    gm_engine *engine = net_engine(model->network, &options);
    for (size_t i = 0; i < ROWS * IN; i++) {
        const double value = isnan(raw[i]) ? means[i % IN] : raw[i];
        x[i] = (float)((value - shift[i % IN]) * factor[i % IN]);
    }
    cr_assert_eq(
        gm_engine_predict(engine, gm_array_f32(x, ROWS, IN), gm_mutable_f32(outputs, ROWS, OUT), NULL),
        GM_OK);
    gm_engine_destroy(engine);
}

static uint32_t largest(const float *row)
{
    uint32_t best = 0;
    for (uint32_t c = 1; c < OUT; c++)
        best = row[c] > row[best] ? c : best;
    return best;
}

/* Whole numbers and halves, which all types hold exactly; some are missing where a type can say that. */
static void fill(double *raw, bool missing)
{
    gm_random random = gm_random_seed(7, GM_STREAM_CHECK);
    for (size_t i = 0; i < ROWS * IN; i++)
        raw[i] = missing && i % 7 == 3 ? NAN : (double)gm_random_below(&random, 16);
}

static void expect_rows(gm_predictor *predictor, gm_array x, const float *expected, const char *what)
{
    enum { GAP = 2 };
    float outputs[ROWS * (OUT + GAP)];
    uint32_t labels[2 * ROWS];
    gm_error error;
    gm_mutable_array to = gm_mutable_f32(outputs, ROWS, OUT), names = gm_mutable_labels(labels, ROWS);
    to.ld = OUT + GAP;
    names.ld = 2;
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++)
        outputs[i] = 9;
    cr_assert_eq(gm_predictor_run(predictor, x, to, names, &error), GM_OK, "%s: %s", what, error.message);
    for (size_t r = 0; r < ROWS; r++) {
        cr_expect_arr_eq(outputs + r * to.ld, expected + r * OUT, OUT * sizeof(float), "%s, row %zu", what,
                         r);
        cr_expect(outputs[r * to.ld + OUT] == 9, "%s, row %zu: the gap", what, r);
        cr_expect_eq(labels[2 * r], largest(expected + r * OUT), "%s, row %zu", what, r);
    }
}

Test(predict, raw_rows_of_every_type)
{
    double raw[ROWS * IN];
    float narrow[ROWS * IN], gaps[ROWS * (IN + 1)], expected[ROWS * OUT];
    uint8_t bytes[ROWS * IN];
    gm_model model = make_model(&classifier, GM_F32);
    gm_predictor *predictor = predictor_of(&model);
    for (int missing = 0; missing < 2; missing++) {
        fill(raw, missing);
        by_hand(&model, raw, expected);
        for (size_t i = 0; i < ROWS * IN; i++) {
            narrow[i] = (float)raw[i];
            gaps[i / IN * (IN + 1) + i % IN] = (float)raw[i];
            bytes[i] = isnan(raw[i]) ? 0 : (uint8_t)raw[i];
        }
        gm_array with_gaps = gm_array_f32(gaps, ROWS, IN);
        with_gaps.ld = IN + 1;
        expect_rows(predictor, gm_array_f64(raw, ROWS, IN), expected, "f64");
        expect_rows(predictor, gm_array_f32(narrow, ROWS, IN), expected, "f32");
        expect_rows(predictor, with_gaps, expected, "f32 with gaps");
        if (!missing)
            expect_rows(predictor, gm_array_u8(bytes, ROWS, IN), expected, "u8");
    }
    gm_predictor_destroy(predictor);
    gm_predictor_destroy(NULL);
    drop(&model);
}

Test(predict, rows_of_a_data_set)
{
    enum { FIRST = 4, COUNT = ROWS - 7 };
    double raw[ROWS * IN];
    float expected[ROWS * OUT], outputs[COUNT * OUT];
    uint32_t labels[COUNT];
    gm_dataset *data;
    gm_error error;
    fill(raw, false);
    gm_model model = make_model(&classifier, GM_F32);
    gm_predictor *predictor = predictor_of(&model);
    by_hand(&model, raw, expected);
    cr_assert_eq(gm_dataset_from_arrays(&data, gm_array_f64(raw, ROWS, IN), (gm_array){0}, 0, NULL), GM_OK);
    cr_assert_eq(gm_predictor_run_dataset(predictor, data, FIRST, COUNT, gm_mutable_f32(outputs, COUNT, OUT),
                                          gm_mutable_labels(labels, COUNT), &error),
                 GM_OK, "%s", error.message);
    cr_expect_arr_eq(outputs, expected + FIRST * OUT, sizeof outputs);
    for (size_t r = 0; r < COUNT; r++)
        cr_expect_eq(labels[r], largest(expected + (FIRST + r) * OUT));
    const size_t wrong[][2] = {{0, ROWS + 1}, {ROWS, 1}, {ROWS + 1, 0}, {1, SIZE_MAX}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_eq(gm_predictor_run_dataset(predictor, data, wrong[i][0], wrong[i][1],
                                              gm_mutable_f32(outputs, wrong[i][1], OUT), gm_no_array(), NULL),
                     GM_USAGE);
    gm_dataset_destroy(data);
    gm_predictor_destroy(predictor);
    drop(&model);
}

Test(predict, values_of_a_regression)
{
    double raw[ROWS * IN];
    float expected[ROWS * OUT], outputs[ROWS * OUT];
    uint32_t labels[ROWS];
    gm_error error;
    fill(raw, true);
    gm_model model = make_model(&fit, GM_F32);
    gm_predictor *predictor = predictor_of(&model);
    by_hand(&model, raw, expected);
    const gm_array x = gm_array_f64(raw, ROWS, IN);
    cr_assert_eq(gm_predictor_run(predictor, x, gm_mutable_f32(outputs, ROWS, OUT), gm_no_array(), &error),
                 GM_OK, "%s", error.message);
    cr_expect_arr_eq(outputs, expected, sizeof outputs);
    cr_expect_eq(gm_predictor_run(predictor, x, gm_no_array(), gm_mutable_labels(labels, ROWS), &error),
                 GM_USAGE);
    cr_expect_str_eq(error.message, "labels are wanted, but the model has no classes");
    gm_predictor_destroy(predictor);
    drop(&model);
}

Test(predict, outputs_that_are_not_finite_have_no_class)
{
    double raw[ROWS * IN] = {0};
    uint32_t labels[ROWS];
    gm_model model = make_model(&classifier, GM_F64);
    model.scaling->factor[0] = 1;
    gm_predictor *predictor = predictor_of(&model);
    raw[IN * 6] = INFINITY;
    raw[IN * 7 + 1] = -INFINITY;
    cr_assert_eq(gm_predictor_run(predictor, gm_array_f64(raw, ROWS, IN), gm_no_array(),
                                  gm_mutable_labels(labels, ROWS), NULL),
                 GM_OK);
    for (size_t r = 0; r < ROWS; r++)
        cr_expect(labels[r] < OUT, "row %zu: tanh makes every input finite", r);
    gm_network_set_parameter(model.network, gm_network_layer(model.network, 1).biases + 2, NAN);
    cr_assert_eq(gm_predictor_run(predictor, gm_array_f64(raw, ROWS, IN), gm_no_array(),
                                  gm_mutable_labels(labels, ROWS), NULL),
                 GM_OK);
    for (size_t r = 0; r < ROWS; r++)
        cr_expect_eq(labels[r], GM_NO_CLASS, "row %zu", r);
    gm_predictor_destroy(predictor);
    drop(&model);
}

Test(predict, what_does_not_fit_is_refused)
{
    static double raw[ROWS * IN];
    static float outputs[ROWS * OUT];
    static uint32_t labels[ROWS], whole[ROWS * OUT];
    gm_model model = make_model(&classifier, GM_F32);
    gm_predictor *predictor = predictor_of(&model);
    const gm_array x = gm_array_f64(raw, ROWS, IN);
    gm_array overlapping = x;
    overlapping.ld = IN - 1;
    const gm_mutable_array to = gm_mutable_f32(outputs, ROWS, OUT), names = gm_mutable_labels(labels, ROWS);
    gm_mutable_array close = to;
    close.ld = OUT - 1;
    const gm_mutable_array no_real = {whole, GM_TYPE_LABEL, ROWS, OUT, OUT};
    const struct {
        gm_array x;
        gm_mutable_array outputs, labels;
        const char *wanted;
    } wrong[] = {
        {gm_array_f64(NULL, ROWS, IN), to, names, "inputs: no data"},
        {gm_array_f64(raw, ROWS, IN - 1), to, names, "inputs: 2 columns"},
        {overlapping, to, names, "one row every 2"},
        {gm_array_labels(labels, ROWS), to, names, "inputs: type label"},
        {x, gm_no_array(), gm_no_array(), "neither outputs nor labels"},
        {x, no_real, names, "of type label, one row every 4; expected 23 x 4 of type f32 or f64"},
        {x, gm_mutable_f32(outputs, ROWS - 1, OUT), names, "outputs: 22 x 4"},
        {x, gm_mutable_f32(outputs, ROWS, OUT - 1), names, "outputs: 23 x 3"},
        {x, close, names, "one row every 3"},
        {x, to, gm_mutable_labels(labels, ROWS - 1), "labels: 22 x 1"},
        {x, to, to, "labels: 23 x 4 of type f32"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        gm_error error = {0};
        cr_expect_eq(gm_predictor_run(predictor, wrong[i].x, wrong[i].outputs, wrong[i].labels, &error),
                     GM_USAGE);
        cr_expect(strstr(error.message, wrong[i].wanted), "%s: %s", wrong[i].wanted, error.message);
    }
    for (size_t i = 0; i < ROWS * OUT; i++)
        cr_assert(outputs[i] == 0 && whole[i] == 0, "nothing is written");
    gm_predictor_destroy(predictor);
    drop(&model);
}

Test(predict, a_missing_value_without_a_mean_is_named)
{
    double raw[ROWS * IN] = {0};
    float outputs[ROWS * OUT];
    gm_error error;
    gm_data_column named[IN] = {{.name = (char[]){"x"}, .replacement = NAN},
                                {.name = (char[]){"y"}, .replacement = NAN, .first = 1},
                                {.name = (char[]){"z"}, .replacement = NAN, .first = 2}};
    gm_data_column bare[IN] = {
        {.replacement = NAN}, {.replacement = NAN, .first = 1}, {.replacement = NAN, .first = 2}};
    gm_columns known = {.inputs = IN, .count = IN, .items = named};
    gm_columns nameless = {.inputs = IN, .count = IN, .items = bare};
    gm_model model = make_model(&classifier, GM_F32);
    raw[8 * IN + 1] = NAN;
    const struct {
        gm_columns *columns;
        const char *message;
    } cases[] = {
        {&known, "row 8: feature 2 ('y') has no value, and the model has nothing that replaces it"},
        {&nameless, "row 8: feature 2 has no value, and the model has nothing that replaces it"},
        {NULL, "row 8: feature 2 has no value, and the model has nothing that replaces it"},
    };
    for (size_t i = 0; i < 3; i++) {
        model.columns = cases[i].columns;
        gm_predictor *predictor = predictor_of(&model);
        cr_expect_eq(gm_predictor_run(predictor, gm_array_f64(raw, ROWS, IN),
                                      gm_mutable_f32(outputs, ROWS, OUT), gm_no_array(), &error),
                     GM_BAD_DATA);
        cr_expect_str_eq(error.message, cases[i].message);
        gm_predictor_destroy(predictor);
    }
    drop(&model);
}

Test(predict, parts_of_a_model_that_do_not_fit_one_another)
{
    gm_predictor *predictor;
    gm_error error;
    gm_model model = make_model(&classifier, GM_F32);
    gm_columns narrow = {.inputs = IN - 1}, *right = model.columns;
    model.columns = &narrow;
    cr_expect_eq(gm_predictor_create(&predictor, &model, NULL, &error), GM_USAGE);
    cr_expect_str_eq(error.message,
                     "the columns of the model make 2 inputs; expected 3, those of its network");
    cr_expect_null(predictor);
    model.columns = right;
    model.class_count = OUT - 1;
    cr_expect_eq(gm_predictor_create(&predictor, &model, NULL, &error), GM_USAGE);
    cr_expect_str_eq(error.message, "the model has 3 classes; expected 4, the outputs of its network");
    model.class_count = OUT;
    model.scaling->features = IN + 1;
    cr_expect_eq(gm_predictor_create(&predictor, &model, NULL, &error), GM_USAGE);
    cr_expect_str_eq(error.message, "the scaling has 4 features; expected 3, the inputs of the network");
    model.scaling->features = IN;
    gm_engine_options options = gm_engine_options_default();
    options.backend = "none";
    cr_expect_eq(gm_predictor_create(&predictor, &model, &options, &error), GM_USAGE);
    cr_expect_null(predictor);
    drop(&model);
}

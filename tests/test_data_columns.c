/* Tests the columns of a model: their means are those of the training part, columns are matched by name or by
 * position, and double precision is kept from the file to the batch. */
#include "data_files.h"

#include <float.h>
#include <math.h>

TestSuite(data_columns, .init = make_folder, .fini = remove_folder);

/* A model of y = f(a, b) whose means are 2 and 30; its target stood between the two. */
static gm_target_column y_column = {.name = "y", .column = 2};
static gm_data_column named[] = {{.name = "a", .replacement = 2},
                                 {.name = "b", .replacement = 30, .first = 1}};
static const gm_columns known = {
    .inputs = 2, .count = 2, .items = named, .target_count = 1, .targets = &y_column};
static gm_data_column bare[] = {{.replacement = NAN}, {.replacement = NAN, .first = 1}};
static const gm_columns nameless = {.inputs = 2, .count = 2, .items = bare};

static gm_dataset_options for_model(const gm_columns *columns)
{
    gm_dataset_options options = gm_dataset_options_default();
    options.columns = columns;
    options.regression = true;
    return options;
}

static double target_of(const gm_dataset *dataset, uint32_t row)
{
    double x[2], y;
    cr_assert_eq(gm_dataset_gather(dataset, NULL, &row, 1, gm_mutable_f64(x, 1, gm_dataset_features(dataset)),
                                   gm_mutable_f64(&y, 1, 1), NULL),
                 GM_OK);
    return y;
}

static gm_columns *fit(const gm_dataset *dataset)
{
    gm_error error = {0};
    gm_columns *columns = NULL;
    cr_assert_eq(gm_columns_fit(&columns, dataset, NULL, &error), GM_OK, "%s", error.message);
    return columns;
}

Test(data_columns, names_places_and_means_are_learned)
{
    gm_dataset_options options = gm_dataset_options_default();
    options.target = "y";
    options.regression = true;
    options.missing = GM_MISSING_MEAN;
    gm_dataset *d = load_text("a,y,b\n1,7,\n3,8,0.25\nNA,9,0.5\n", &options);
    cr_expect_eq(gm_dataset_missing(d), 2);
    cr_expect_str_eq(gm_dataset_target_name(d, 0), "y");
    gm_columns *columns = fit(d);
    cr_assert_eq(columns->inputs, 2);
    cr_expect_str_eq(columns->items[0].name, "a");
    cr_expect_str_eq(columns->items[1].name, "b");
    cr_expect_str_eq(columns->targets[0].name, "y");
    cr_expect_eq(columns->targets[0].column, 2);
    cr_expect_eq(columns->items[0].replacement, 2);
    cr_expect_eq(columns->items[1].replacement, 0.375);
    gm_scaling *scaling;
    cr_expect_eq(gm_scaling_fit(&scaling, GM_SCALING_STANDARD, d, NULL), GM_USAGE, "NaN must not be scaled");
    cr_expect_eq(gm_dataset_encode(d, columns, NULL), GM_OK);
    cr_expect_eq(gm_dataset_missing(d), 0);
    cr_expect_eq(feature(d, 2, 0), 2);
    cr_expect_eq(feature(d, 0, 1), 0.375);
    cr_expect_eq(feature(d, 1, 1), 0.25);
    gm_columns_destroy(columns);
    gm_columns_destroy(NULL);
    gm_dataset_destroy(d);
}

/* The means are those of the part, and both parts get them. */
Test(data_columns, means_are_those_of_the_training_part)
{
    gm_dataset_options options = gm_dataset_options_default();
    options.regression = true;
    options.missing = GM_MISSING_MEAN;
    gm_dataset *train, *valid, *d = load_text("a,y\n1,1\n2,2\n4,3\n8,4\n16,5\n,6\n,7\n,8\n", &options);
    gm_error error = {0};
    cr_assert_eq(gm_dataset_split(d, 0.5, 1, &train, &valid, NULL), GM_OK);
    double sum = 0;
    size_t count = 0;
    for (uint32_t r = 0; r < gm_dataset_rows(train); r++) {
        if (!isnan(feature(train, r, 0))) {
            sum += feature(train, r, 0);
            count++;
        }
    }
    cr_assert(count > 0 && count < 5);
    gm_columns *columns = fit(train);
    cr_expect_eq(columns->items[0].replacement, sum / (double)count);
    cr_expect_eq(gm_dataset_encode(train, columns, &error), GM_USAGE);
    cr_expect_eq(gm_dataset_encode(d, &known, &error), GM_USAGE);
    cr_assert_eq(gm_dataset_encode(d, columns, &error), GM_OK);
    for (uint32_t r = 5; r < 8; r++)
        cr_expect_eq(feature(d, r, 0), (double)(float)columns->items[0].replacement);
    for (uint32_t r = 0; r < gm_dataset_rows(valid); r++)
        cr_expect(isfinite(feature(valid, r, 0)));
    gm_columns_destroy(columns);
    gm_dataset_destroy(train);
    gm_dataset_destroy(valid);
    gm_dataset_destroy(d);
}

Test(data_columns, what_cannot_be_learned)
{
    gm_dataset_options options = gm_dataset_options_default();
    options.missing = GM_MISSING_MEAN;
    gm_columns *columns = NULL;
    gm_error error = {0};
    gm_dataset *d = load_text("b,x,c\n,1,0\n,2,1\n", &options);
    cr_expect_eq(gm_columns_fit(&columns, d, NULL, &error), GM_BAD_DATA);
    cr_expect_null(columns);
    cr_expect(strstr(error.message, "feature 1 ('b') has no value"), "%s", error.message);
    gm_dataset_destroy(d);
    options.precision = GM_F64;
    d = load_text("a,c\n1.7e308,0\n1.7e308,1\n", &options);
    cr_expect_eq(gm_columns_fit(&columns, d, NULL, &error), GM_BAD_DATA);
    cr_expect(strstr(error.message, "whose sum overflows"), "%s", error.message);
    gm_dataset_destroy(d);
}

/* If names are not unique, the columns have no names, as in a file without a header. */
Test(data_columns, without_names)
{
    static const char *const texts[] = {"a,a,c\n1,2,0\n3,4,1\n", "a,c,c\n1,2,0\n3,4,1\n", "1,2,0\n3,4,1\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        gm_dataset *d = load_text(texts[i], NULL);
        gm_columns *columns = fit(d);
        cr_expect(!gm_columns_named(columns));
        cr_expect_eq(columns->target_count, 1);
        cr_expect_null(columns->targets[0].name);
        cr_expect_eq(columns->targets[0].column, 3);
        cr_expect_eq(columns->items[1].replacement, 3);
        gm_columns_destroy(columns);
        gm_dataset_destroy(d);
    }
    static const uint8_t bytes[4];
    gm_dataset *d;
    cr_assert_eq(gm_dataset_from_arrays(&d, gm_array_u8(bytes, 2, 2), (gm_array){0}, 0, NULL), GM_OK);
    gm_columns *columns = fit(d);
    cr_expect(!gm_columns_named(columns) && columns->inputs == 2 && columns->target_count == 0);
    cr_expect(isnan(columns->items[0].replacement) && isnan(columns->items[1].replacement));
    gm_columns_destroy(columns);
    gm_dataset_destroy(d);
}

Test(data_columns, by_name)
{
    static const char *const texts[] = {"a,y,b\n1,5,2\n3,6,4\n", "b,a,y\n2,1,5\n4,3,6\n",
                                        "id,y,note,b,,a\nx,5,?,2,,1\ny,6,1e999,4,,3\n"};
    gm_dataset_options options = for_model(&known);
    for (size_t i = 0; i < 6; i++) {
        options.ignore_target = i >= 3;
        gm_dataset *d = load_text(texts[i % 3], &options);
        cr_assert_eq(gm_dataset_features(d), 2);
        cr_expect_eq(gm_dataset_targets(d), i < 3);
        cr_expect_eq(feature(d, 0, 0), 1);
        cr_expect_eq(feature(d, 1, 1), 4);
        cr_expect(i >= 3 || target_of(d, 1) == 6);
        cr_expect(has_remark(d, "columns are matched by name: 2 features"));
        gm_dataset_destroy(d);
    }
    static const fault faults[] = {
        {"a,b\n1,2\n", GM_BAD_DATA, "data.csv:1: the model needs 1 column that is not there: 'y'"},
        {"A,y,c\n1,2,3\n", GM_BAD_DATA, "2 columns that are not there: 'a' (did you mean 'A'?), 'b'"},
        {"a,b,b,y\n1,2,3,4\n", GM_BAD_DATA, "data.csv:1: 2 columns are named 'b'"},
        {"a,b,y\n1,2,?\n", GM_BAD_DATA, "data.csv:2:5: column 3 ('y')"},
        {"a,b,y\n1,2\n", GM_BAD_DATA, "data.csv:2: a row of another length"},
    };
    options.ignore_target = false;
    EXPECT_FAULTS(faults, &options);
}

Test(data_columns, by_position)
{
    gm_dataset_options options = for_model(&known);
    gm_dataset *d =
        load_text("1,5,2\n3,6,4\n", &options); /* the target is in the middle, as it was in training */
    cr_expect_eq(feature(d, 1, 1), 4);
    cr_expect_eq(target_of(d, 1), 6);
    cr_expect(has_remark(d, "by position, because the file has no header; column 2 is the target"));
    gm_dataset_destroy(d);
    options.target = "1";
    d = load_text("5,1,2\n6,3,4\n", &options);
    cr_expect_eq(feature(d, 1, 1), 4);
    cr_expect_eq(target_of(d, 1), 6);
    gm_dataset_destroy(d);
    options = for_model(&nameless);
    d = load_text("q,r,s\n1,2,5\n3,4,6\n", &options); /* where the target was is not known: the last */
    cr_expect_eq(feature(d, 1, 1), 4);
    cr_expect_eq(target_of(d, 1), 6);
    cr_expect(has_remark(d, "by position, because the model knows no names of columns"));
    gm_dataset_destroy(d);
    static const fault faults[] = {
        {"1,2\n", GM_BAD_DATA,
         "data.csv: 2 columns and no target among them; expected 2 features and the target"},
        {"1,2,3,4\n", GM_BAD_DATA, "data.csv:1: 4 columns; expected 2, the features of the model, or 3 with"},
        {"1\n", GM_BAD_DATA, "data.csv:1: 1 columns; expected 2"},
        {"1,,3\n", GM_BAD_DATA, "the model has learned nothing that replaces it"},
    };
    EXPECT_FAULTS(faults, &options);
    options.ignore_target = true;
    static const fault which[] = {{"1,2,3\n", GM_BAD_DATA, "say which one the target is"}};
    EXPECT_FAULTS(which, &options);
}

Test(data_columns, a_missing_value_is_what_the_model_says)
{
    static const gm_missing fills[] = {GM_MISSING_AUTO, GM_MISSING_MEAN};
    gm_dataset_options options = for_model(&known);
    for (size_t i = 0; i < 2; i++) {
        options.missing = fills[i];
        gm_dataset *d = load_text("y,b,a\n1,,\n2,1000,nan\n3,NA,-1000\n", &options);
        cr_expect_eq(gm_dataset_missing(d), 0);
        cr_expect_eq(feature(d, 0, 0), 2);
        cr_expect_eq(feature(d, 0, 1), 30);
        cr_expect_eq(feature(d, 1, 0), 2);
        cr_expect_eq(feature(d, 2, 1), 30);
        cr_expect(has_remark(d, "4 missing values replaced as learned from the training data"));
        gm_dataset_destroy(d);
    }
    static const fault target_faults[] = {{"a,b,y\n1,2,\n", GM_BAD_DATA, "data.csv:2:5: column 3 ('y')"}};
    EXPECT_FAULTS(target_faults, &options);
    options.missing = GM_MISSING_REFUSE;
    static const fault faults[] = {
        {"a,b,y\n1,,2\n", GM_BAD_DATA, "data.csv:2:3: column 2 ('b'); expected a value"}};
    EXPECT_FAULTS(faults, &options);
}

/* 2^24 + 1 is no float, and 1e300 is beyond them. */
Test(data_columns, double_precision_from_the_file_to_the_batch)
{
    gm_dataset_options options = gm_dataset_options_default();
    options.precision = GM_F64;
    options.regression = true;
    gm_dataset *d = load_text("a,y\n16777217,0.1\n1e300,1e300\n", &options);
    cr_expect_eq(gm_dataset_type(d), GM_TYPE_F64);
    cr_expect_eq(feature(d, 0, 0), 16777217);
    cr_expect_eq(feature(d, 1, 0), 1e300);
    cr_expect_eq(target_of(d, 0), 0.1);
    cr_expect_eq(target_of(d, 1), 1e300);
    gm_dataset_destroy(d);
    options.precision = GM_F32;
    static const fault faults[] = {
        {"a,y\n1e300,1\n", GM_BAD_DATA, "data.csv:2:1: column 1 ('a'); expected a decimal"},
        {"a,y\n1,1e20\n", GM_BAD_DATA, "expected a target of at most 1e18"}};
    EXPECT_FAULTS(faults, &options);
}

Test(data_columns, scaling_in_double_precision)
{
    static const double x[] = {0.1, 1e100, 0.2, 3e100, 0.4, 2e100};
    double out[6];
    float narrow[2];
    gm_dataset *d;
    gm_scaling *scaling;
    static const uint32_t rows[] = {0, 1, 2};
    cr_assert_eq(gm_dataset_from_arrays(&d, gm_array_f64(x, 3, 2), gm_array_f64(x, 3, 2), 0, NULL), GM_OK);
    cr_expect_eq(gm_dataset_type(d), GM_TYPE_F64);
    cr_assert_eq(gm_scaling_fit(&scaling, GM_SCALING_AUTO, d, NULL), GM_OK);
    cr_expect_eq(scaling->kind, GM_SCALING_STANDARD);
    cr_expect_eq(scaling->constant_features, 0);
    cr_expect_float_eq(scaling->shift[0], 0.7 / 3, 1e-16);
    cr_expect_float_eq(scaling->factor[1] * 1e100, 1 / sqrt(2 / 3.0), 1e-15);
    cr_assert_eq(gm_dataset_gather(d, scaling, rows, 3, gm_mutable_f64(out, 3, 2), gm_no_array(), NULL),
                 GM_OK);
    for (size_t i = 0; i < 6; i++)
        cr_expect_eq(out[i], (x[i] - scaling->shift[i % 2]) * scaling->factor[i % 2]);
    cr_assert_eq(gm_dataset_gather(d, NULL, rows, 1, gm_mutable_f32(narrow, 1, 2), gm_no_array(), NULL),
                 GM_OK);
    cr_expect_eq(narrow[0], 0.1F);
    gm_scaling_destroy(scaling);
    gm_dataset_destroy(d);
    static const float wide[] = {-3e38F, 3e38F};
    cr_assert_eq(gm_dataset_from_arrays(&d, gm_array_f32(wide, 2, 1), (gm_array){0}, 0, NULL), GM_OK);
    cr_expect_eq(gm_scaling_fit(&scaling, GM_SCALING_STANDARD, d, NULL), GM_BAD_DATA,
                 "its factor is a denormal");
    gm_dataset_destroy(d);
    static const double large[] = {-1e200, 1e200};
    gm_error error = {0};
    cr_assert_eq(gm_dataset_from_arrays(&d, gm_array_f64(large, 2, 1), (gm_array){0}, 0, NULL), GM_OK);
    cr_expect_eq(gm_scaling_fit(&scaling, GM_SCALING_STANDARD, d, &error), GM_BAD_DATA);
    cr_expect(strstr(error.message, "feature 1, up to 1e+200, are too large"), "%s", error.message);
    cr_expect_null(scaling);
    gm_dataset_destroy(d);
}

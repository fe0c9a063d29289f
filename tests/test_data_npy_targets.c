/* Tests the targets of NPY arrays: labels and numbers in an array of their own, or a column of the features.
 */
#include "array_files.h"

#include <math.h>

TestSuite(data_npy_targets, .init = make_folder, .fini = remove_folder);

/* 3 rows of 2 features, whose second column may be taken for the target. */
static const float six[] = {1, 0, 3, 1, 5, 0};

static char *features, *labels;
static gm_dataset_options options;

static void begin(const char *type, const char *shape, const void *data, size_t size)
{
    const bytes x = npy_of("<f4", "(3, 2)", six, sizeof six), y = npy_of(type, shape, data, size);
    features = save_bytes("x.npy", &x);
    labels = save_bytes("y.npy", &y);
    options = gm_dataset_options_default();
    options.labels = labels;
}

static void end(void)
{
    free(features);
    free(labels);
}

/* Loads, and expects these classes, as "b,a,b": the name of the class of each row. */
static void expect_names(const char *names)
{
    char found[200] = "";
    gm_dataset *d = expect_load(features, &options);
    for (size_t r = 0; r < gm_dataset_rows(d); r++)
        snprintf(found + strlen(found), sizeof found - strlen(found), "%s%s", r > 0 ? "," : "",
                 gm_dataset_class_name(d, gm_dataset_label(d, r)));
    cr_expect_str_eq(found, names);
    gm_dataset_destroy(d);
}

Test(data_npy_targets, classes_are_named_by_their_numbers)
{
    begin("<i8", "(3,)", (const int64_t[]){-1, 100000, -1}, 24);
    expect_names("-1,100000,-1");
    end();
    begin("|u1", "(3, 1)", "\2\1\2", 3);
    expect_names("2,1,2");
    gm_dataset *d = expect_load(features, &options);
    cr_expect_eq(gm_dataset_targets(d), 2);
    cr_expect_str_eq(gm_dataset_class_name(d, 0), "1");
    cr_expect_null(gm_dataset_remark(d, 0));
    gm_dataset_destroy(d);
    end();
    begin("|b1", "(3,)", "\1\0\1", 3);
    expect_names("1,0,1");
    end();
}

Test(data_npy_targets, whole_numbers_of_a_type_of_fractions_are_classes_with_a_remark)
{
    begin("<f8", "(3,)", (const double[]){2, -0.0, 2}, 24);
    expect_names("2,0,2");
    gm_dataset *d = expect_load(features, &options);
    cr_assert_not_null(gm_dataset_remark(d, 0));
    cr_expect(strstr(gm_dataset_remark(d, 0), "taken for 2 classes: if they are numbers to be fitted"));
    gm_dataset_destroy(d);
    end();
    begin("<f8", "(3,)", (const double[]){2, 0.5, 2}, 24);
    expect_refusal(features, &options, GM_BAD_DATA,
                   "y.npy: label of row 2; expected a class, which is a whole number, got 0.5; if these are");
    end();
}

Test(data_npy_targets, regression)
{
    begin("<f8", "(3, 2)", (const double[]){0.1, 1, 0.2, 2, 0.3, 3}, 48);
    expect_refusal(
        features, &options, GM_BAD_DATA,
        "y.npy: 2 targets in each row; expected one label; if these are numbers to be fitted, say");
    options.regression = true;
    gm_dataset *d = expect_load(features, &options);
    cr_expect_eq(gm_dataset_targets(d), 2);
    cr_expect_eq(gm_table_value(d->table, 1, 0), 0.2);
    cr_expect_eq(gm_table_value(d->table, 2, 1), 3);
    gm_dataset_destroy(d);
    end();
    begin("<i4", "(3,)", (const int32_t[]){7, 8, 9}, 12);
    options.regression = true;
    d = expect_load(features, &options);
    cr_expect_eq(gm_table_value(d->table, 2, 0), 9);
    gm_dataset_destroy(d);
    end();
}

Test(data_npy_targets, targets_that_are_missing_or_infinite)
{
    begin("<f4", "(3,)", (const float[]){1, NAN, 0}, 12);
    expect_refusal(features, &options, GM_BAD_DATA, "the target of row 2 is NaN; targets are never made up");
    options.missing = GM_MISSING_DROP;
    expect_names("1,0");
    options.regression = true;
    gm_dataset *d = expect_load(features, &options);
    cr_expect_eq(gm_dataset_rows(d), 2);
    cr_expect_eq(stored(d, 1, 0), 5);
    cr_expect_eq(gm_table_value(d->table, 1, 0), 0);
    gm_dataset_destroy(d);
    end();
    begin("<f4", "(3,)", (const float[]){1, INFINITY, 0}, 12);
    options.regression = true;
    expect_refusal(features, &options, GM_BAD_DATA, "the target of row 2 is infinite");
    end();
    begin("<f8", "(3,)", (const double[]){1, 1e19, 0}, 24);
    options.regression = true;
    expect_refusal(features, &options, GM_BAD_DATA, "the target of row 2 is larger than 1e18");
    options.precision = GM_F64;
    gm_dataset_destroy(expect_load(features, &options));
    end();
}

Test(data_npy_targets, arrays_that_do_not_fit)
{
    begin("<i4", "(2,)", (const int32_t[]){0, 1}, 8);
    expect_refusal(features, &options, GM_BAD_DATA,
                   "y.npy: targets of 2 rows; expected 3, one for each row of ");
    end();
    begin("<i4", "(3, 1, 1)", (const int32_t[]){0, 1, 0}, 12);
    expect_refusal(features, &options, GM_BAD_DATA,
                   "y.npy: an array of 3 x 1 x 1; expected targets in 1 dim");
    end();
    begin("<i4", "(3,)", (const int32_t[]){4, 4, 4}, 12);
    expect_refusal(features, &options, GM_BAD_DATA,
                   "y.npy: only one class; expected at least 2, got 4 in every");
    end();
    begin("<i8", "(3,)", (const int64_t[]){0, INT64_MAX, 1}, 24);
    expect_refusal(features, &options, GM_BAD_DATA, "y.npy: label of row 2; expected a class");
    end();
    begin("<i4", "(3,)", (const int32_t[]){0, 1, 0}, 12);
    char *text = write_file("y.csv", "0\n1\n0\n", 6);
    options.labels = text;
    expect_refusal(features, &options, GM_BAD_DATA,
                   "y.csv: not an NPY file; expected what numpy.save writes");
    free(text);
    end();
}

Test(data_npy_targets, classes_of_a_model)
{
    static const char *const known[] = {"10", "20", "30"};
    begin("<i4", "(3,)", (const int32_t[]){30, 10, 30}, 12);
    options.classes = known;
    options.class_count = 3;
    expect_names("30,10,30");
    options.class_count = 2;
    expect_refusal(features, &options, GM_BAD_DATA,
                   "label of row 1; expected one of the model's classes, got 30; the model knows '10', '20'");
    end();
}

Test(data_npy_targets, a_column_of_the_features)
{
    begin("|u1", "(3,)", "\0\1\0", 3);
    options.labels = NULL;
    gm_dataset *d = expect_load(features, &options);
    cr_expect_eq(gm_dataset_targets(d), 0); /* nothing tells features and targets apart */
    cr_expect_eq(gm_dataset_features(d), 2);
    gm_dataset_destroy(d);
    static const char *const names[] = {"2", "-1"};
    for (int i = 0; i < 2; i++) {
        options.target = names[i];
        expect_names("0,1,0");
    }
    options.target = "3";
    expect_refusal(features, &options, GM_BAD_DATA,
                   "no column '3' for the target; expected a number from 1 to 2");
    options.target = "class";
    expect_refusal(features, &options, GM_BAD_DATA, "columns of an array have no names");
    options.target = "1";
    options.regression = true;
    d = expect_load(features, &options);
    cr_expect_eq(gm_table_value(d->table, 2, 0), 5);
    cr_expect_eq(stored(d, 1, 0), 1);
    gm_dataset_destroy(d);
    end();
}

/* As CSV without a header: by position, with the target where the training file had it. */
Test(data_npy_targets, columns_of_a_model)
{
    gm_data_column item = {.name = (char[]){"a"}, .replacement = NAN};
    gm_target_column first = {.column = 1};
    gm_columns columns = {.inputs = 1, .count = 1, .items = &item, .target_count = 1, .targets = &first};
    begin("|u1", "(3,)", "\0\1\0", 3);
    options.labels = NULL;
    options.regression = true;
    options.columns = &columns;
    gm_dataset *d = expect_load(features, &options);
    cr_expect_eq(gm_dataset_features(d), 1);
    cr_expect_eq(stored(d, 1, 0), 1);
    cr_expect_eq(gm_table_value(d->table, 1, 0), 3);
    cr_expect(strstr(gm_dataset_remark(d, 0), "matched by position, because an array has no names"));
    gm_dataset_destroy(d);
    options.ignore_target = true;
    d = expect_load(features, &options);
    cr_expect_eq(gm_dataset_targets(d), 0);
    cr_expect_eq(stored(d, 1, 0), 1);
    cr_expect_str_eq(gm_dataset_remark(d, 1), "column 1 is taken for the target and left out");
    gm_dataset_destroy(d);
    columns.count = 5;
    expect_refusal(features, &options, GM_BAD_DATA, "2 features; expected 5, the features of the model");
    end();
}

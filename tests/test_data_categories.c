/* Tests columns of texts: which columns become categories, what is learned of them on the training part, and
 * the inputs that they make, in training and in use. */
#include "data_files.h"

#include <math.h>

TestSuite(data_categories, .init = make_folder, .fini = remove_folder);

static const char table[] = "color,size,city,y\n"
                            "red,1,Rome,0\n"
                            "blue,2,Oslo,1\n"
                            "red,,Rome,0\n"
                            "green,4,,1\n"
                            "red,5,Oslo,0\n"
                            "blue,9,Rome,1\n";

static gm_dataset_options replacing(gm_missing missing)
{
    gm_dataset_options options = gm_dataset_options_default();
    options.missing = missing;
    return options;
}

/* Learns the columns of all rows and encodes them. */
static gm_columns *encode(gm_dataset *d, const gm_columns_options *options)
{
    gm_error error = {0};
    gm_columns *columns = NULL;
    cr_assert_eq(gm_columns_fit(&columns, d, options, &error), GM_OK, "%s", error.message);
    cr_assert_eq(gm_dataset_encode(d, columns, &error), GM_OK, "%s", error.message);
    cr_assert_eq(gm_dataset_features(d), columns->inputs);
    return columns;
}

static void expect_row(const gm_dataset *d, uint32_t row, const double *expected)
{
    double x[64];
    const size_t count = gm_dataset_features(d);
    cr_assert_eq(gm_dataset_gather(d, NULL, &row, 1, gm_mutable_f64(x, 1, count), gm_no_array(), NULL),
                 GM_OK);
    for (size_t f = 0; f < count; f++)
        cr_expect_eq(x[f], expected[f], "row %u, input %zu (%s): expected %g, got %g", row, f,
                     gm_dataset_feature_name(d, f) ? gm_dataset_feature_name(d, f) : "", expected[f], x[f]);
}

Test(data_categories, texts_become_inputs_of_0_and_1)
{
    const gm_dataset_options options = replacing(GM_MISSING_MEAN);
    gm_dataset *d = load_text(table, &options);
    cr_expect_eq(gm_dataset_categorical(d), 2);
    cr_expect_eq(gm_dataset_missing(d), 2);
    cr_expect_eq(gm_dataset_features(d), 3);
    gm_columns *columns = encode(d, NULL);
    cr_expect_eq(gm_dataset_categorical(d) + gm_dataset_missing(d), 0);
    cr_expect_eq(columns->inputs, 6); /* blue, green, red; size; Oslo, Rome */
    static const char *const names[] = {"color=blue", "color=green", "color=red",
                                        "size",       "city=Oslo",   "city=Rome"};
    for (size_t f = 0; f < 6; f++)
        cr_expect_str_eq(gm_dataset_feature_name(d, f), names[f]);
    expect_row(d, 0, (double[]){0, 0, 1, 1, 0, 1});
    expect_row(d, 1, (double[]){1, 0, 0, 2, 1, 0});
    expect_row(d, 2, (double[]){0, 0, 1, (float)(21 / 5.0), 0, 1}); /* the mean of five sizes */
    expect_row(d, 3, (double[]){0, 1, 0, 4, 0, 1});                 /* Rome occurs most often */
    gm_columns_destroy(columns);
    gm_dataset_destroy(d);
}

Test(data_categories, the_most_frequent_ones_have_inputs_and_the_others_share_one)
{
    const gm_dataset_options options = replacing(GM_MISSING_MEDIAN);
    gm_columns_options how = gm_columns_options_default();
    how.categories = 1;
    how.missing = GM_MISSING_MEDIAN;
    how.indicators = true;
    gm_dataset *d = load_text(table, &options);
    gm_columns *columns = encode(d, &how);
    /* red, other; size, its indicator; Rome, other, its indicator */
    cr_assert_eq(columns->inputs, 7);
    cr_expect_str_eq(gm_dataset_feature_name(d, 1), "color=(other)");
    cr_expect_str_eq(gm_dataset_feature_name(d, 3), "size is missing");
    cr_expect(columns->items[0].rest && !columns->items[0].indicator && columns->items[1].indicator);
    expect_row(d, 0, (double[]){1, 0, 1, 0, 1, 0, 0});
    expect_row(d, 1, (double[]){0, 1, 2, 0, 0, 1, 0});
    expect_row(d, 2, (double[]){1, 0, 4, 1, 1, 0, 0}); /* the median of 1 2 4 5 9 */
    expect_row(d, 3, (double[]){0, 1, 4, 0, 1, 0, 1});
    gm_columns_destroy(columns);
    gm_dataset_destroy(d);
}

Test(data_categories, the_most_frequent_value_replaces_a_missing_one)
{
    const gm_dataset_options options = replacing(GM_MISSING_MOST_FREQUENT);
    gm_columns_options how = gm_columns_options_default();
    how.missing = GM_MISSING_MOST_FREQUENT;
    gm_dataset *d = load_text("a,b,y\n3,1,0\n2,1,1\n3,,0\n2,7,1\n,7,0\n", &options);
    gm_columns *columns = encode(d, &how);
    expect_row(d, 4, (double[]){2, 7}); /* of two equally frequent ones the smaller */
    expect_row(d, 2, (double[]){3, 1});
    gm_columns_destroy(columns);
    gm_dataset_destroy(d);
}

Test(data_categories, the_median_of_an_even_number_is_between_two)
{
    const gm_dataset_options options = replacing(GM_MISSING_MEDIAN);
    gm_columns_options how = gm_columns_options_default();
    how.missing = GM_MISSING_MEDIAN;
    gm_dataset *d = load_text("a,y\n9,0\n1,1\n4,0\n2,1\n,0\n", &options);
    gm_columns *columns = encode(d, &how);
    expect_row(d, 4, (double[]){3});
    gm_columns_destroy(columns);
    gm_dataset_destroy(d);
}

/* A text that no training row has is none of the categories; texts of the other rows are learned from these
 * rows alone. */
Test(data_categories, only_the_training_part_counts)
{
    gm_dataset *d = load_text("c,y\na,0\na,1\nb,0\nb,1\nz,0\nz,1\n", NULL), *train, *valid;
    gm_columns *columns;
    gm_split_options how = gm_split_options_default();
    how.share = 1 / 3.0;
    how.last = true;
    cr_assert_eq(gm_dataset_split_by(d, &how, &train, &valid, NULL), GM_OK);
    cr_assert_eq(gm_columns_fit(&columns, train, NULL, NULL), GM_OK);
    cr_assert_eq(columns->items[0].category_count, 2);
    cr_expect_not(columns->items[0].rest);
    cr_expect_eq(gm_dataset_encode(train, columns, NULL), GM_USAGE, "a part is not encoded alone");
    cr_assert_eq(gm_dataset_encode(d, columns, NULL), GM_OK);
    cr_expect_eq(gm_dataset_features(valid), 2, "a view sees the new inputs");
    expect_row(train, 0, (double[]){1, 0});
    expect_row(train, 3, (double[]){0, 1});
    expect_row(valid, 0, (double[]){0, 0});
    gm_columns *again;
    cr_expect_eq(gm_columns_fit(&again, train, NULL, NULL), GM_USAGE, "it is encoded already");
    gm_columns_destroy(columns);
    gm_dataset_destroy(train);
    gm_dataset_destroy(valid);
    gm_dataset_destroy(d);
}

/* What is encoded while it is read for a model has the bits of what was encoded for training. */
Test(data_categories, a_file_for_the_model_is_encoded_alike)
{
    for (size_t most = 1; most <= 3; most++) {
        gm_dataset_options options = replacing(GM_MISSING_MEAN);
        gm_columns_options how = gm_columns_options_default();
        how.categories = most;
        how.indicators = most == 2;
        gm_dataset *d = load_text(table, &options);
        gm_columns *columns = encode(d, &how);
        static const char *const classes[] = {"0", "1"};
        options = gm_dataset_options_default();
        options.columns = columns;
        options.classes = classes;
        options.class_count = 2;
        gm_dataset *used = load_text(table, &options);
        cr_assert_eq(gm_dataset_features(used), columns->inputs);
        cr_expect_eq(gm_dataset_encode(used, columns, NULL), GM_OK, "it is encoded, and stays so");
        cr_expect_eq(gm_dataset_fingerprint(d, NULL), gm_dataset_fingerprint(used, NULL));
        gm_dataset_destroy(used);
        /* In another order, with another column, a text that is not known, and values missing elsewhere. */
        used = load_text("y,city,other,size,color\n1,Bern,x,,\n", &options);
        double x[9];
        const uint32_t row = 0;
        cr_assert_eq(gm_dataset_gather(used, NULL, &row, 1, gm_mutable_f64(x, 1, columns->inputs),
                                       gm_no_array(), NULL),
                     GM_OK);
        const gm_data_column *city = &columns->items[2];
        for (size_t i = 0; i < city->category_count; i++)
            cr_expect_eq(x[city->first + i], 0);
        if (city->rest)
            cr_expect_eq(x[city->first + city->category_count], 1);
        const gm_data_column *color = &columns->items[0];
        cr_expect_eq(x[color->first + (size_t)color->replacement], 1);
        cr_expect_str_eq(color->categories[(size_t)color->replacement], "red");
        cr_expect_eq(gm_dataset_missing(used), 0);
        gm_dataset_destroy(used);
        gm_columns_destroy(columns);
        gm_dataset_destroy(d);
    }
}

Test(data_categories, scaling_leaves_them_as_they_are)
{
    const gm_dataset_options options = replacing(GM_MISSING_MEAN);
    gm_columns_options how = gm_columns_options_default();
    how.indicators = true;
    gm_dataset *d = load_text(table, &options);
    gm_scaling *scaling;
    cr_expect_eq(gm_scaling_fit(&scaling, GM_SCALING_STANDARD, d, NULL), GM_USAGE, "texts cannot be scaled");
    gm_columns *columns = encode(d, &how);
    cr_assert_eq(gm_scaling_fit(&scaling, GM_SCALING_STANDARD, d, NULL), GM_OK);
    for (size_t f = 0; f < columns->inputs; f++) {
        const bool is_size = f == columns->items[1].first;
        cr_expect_eq(scaling->shift[f] == 0 && scaling->factor[f] == 1, !is_size, "input %zu", f);
    }
    gm_scaling_destroy(scaling);
    gm_columns_destroy(columns);
    gm_dataset_destroy(d);
}

Test(data_categories, which_columns_hold_categories)
{
    static const struct {
        const char *text, *categorical, *numeric, *ignore;
        size_t categories, features;
    } cases[] = {
        {"a,b,y\n1,x,0\n2,z,1\n", NULL, NULL, NULL, 1, 2},
        {"a,b,y\n1,x,0\n2,z,1\n", "a", NULL, NULL, 2, 2},
        {"a,b,y\n1,x,0\n2,z,1\n", "1, b", NULL, NULL, 2, 2},
        {"a,b,y\n1,x,0\n2,z,1\n", NULL, NULL, "b", 0, 1},
        {"a,b,y\n1,x,0\n2,z,1\n", NULL, "a", "-2", 0, 1},
        {"a,b,y\n1,2004-03-10,0\n2,2004-03-11,1\n", "b", NULL, NULL, 1, 2},
        {"1,x,0\n2,z,1\n", NULL, NULL, NULL, 1, 2},
        {"1,x,0\n2,z,1\n", NULL, NULL, "1", 1, 1},
        {"41, Local, 5, a\n29, State, 6, b\n52, Local, 7, a\n", NULL, NULL, NULL, 1, 3},
        {"New York,5\nLos Angeles,6\n", NULL, NULL, NULL, 1, 1}, /* not: separated by blanks */
        {"zip,y\n01234,0\n1234,1\n99,0\n", "zip", NULL, NULL, 1, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gm_dataset_options options = gm_dataset_options_default();
        options.categorical = cases[i].categorical;
        options.numeric = cases[i].numeric;
        options.ignore = cases[i].ignore;
        gm_dataset *d = load_text(cases[i].text, &options);
        cr_expect_eq(gm_dataset_categorical(d), cases[i].categories, "case %zu: %zu", i,
                     gm_dataset_categorical(d));
        cr_expect_eq(gm_dataset_features(d), cases[i].features, "case %zu: %zu", i, gm_dataset_features(d));
        gm_dataset_destroy(d);
    }
}

Test(data_categories, columns_that_cannot_be_what_they_are_to_be)
{
    static const struct {
        const char *categorical, *numeric, *ignore, *group, *line;
    } cases[] = {
        {.numeric = "b",
         .line = "data.csv:2:3: column 2 ('b'); expected a decimal number of at most 3.4e38, got 'x'; "
                 "column 2 holds text: say --categorical, or leave it out with --ignore"},
        {.categorical = "a",
         .numeric = "1",
         .line = "data.csv:1: column 1, 'a', is to be categorical and numeric"},
        {.categorical = "y", .line = "data.csv:1: column 3, 'y', is to be categorical, but it is no feature"},
        {.numeric = "4",
         .line = "data.csv:1: no numeric column '4'; expected a name of the header ('a' to 'y')"},
        {.ignore = "c", .line = "data.csv:1: no ignored column 'c'"},
        {.ignore = "a,y,b", .line = "data.csv:1: column 3, 'y', is the target; it cannot be ignored, too"},
        {.ignore = "a",
         .group = "a",
         .line = "data.csv:1: column 1, 'a', names groups; it cannot be ignored, too"},
        {.ignore = "a,b", .line = "data.csv:1: all columns that could be features are ignored"},
        {.ignore = "a",
         .categorical = "a",
         .line = "column 1, 'a', is to be categorical, but it is no feature"},
    };
    static const char text[] = "a,b,y\n1,x,0\n2,z,1\n";
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gm_dataset_options options = gm_dataset_options_default();
        options.categorical = cases[i].categorical;
        options.numeric = cases[i].numeric;
        options.ignore = cases[i].ignore;
        options.group = cases[i].group;
        options.target = "y";
        char *path = write_file("data.csv", text, sizeof text - 1);
        expect_refusal(path, &options, GM_BAD_DATA, cases[i].line);
        free(path);
    }
}

Test(data_categories, remarks_name_them)
{
    gm_dataset_options options = replacing(GM_MISSING_MEAN);
    gm_dataset *d = load_text(table, &options);
    bool named = false;
    for (size_t i = 0; gm_dataset_remark(d, i); i++)
        named |= strcmp(gm_dataset_remark(d, i), "texts become categories: 'color' (3), 'city' (2)") == 0;
    cr_expect(named);
    gm_dataset_destroy(d);
}

Test(data_categories, a_column_has_at_most_65536_texts)
{
    enum { ROWS = 65537 };
    char *text = malloc(ROWS * 16), *at = text;
    cr_assert_not_null(text);
    for (int i = 0; i < ROWS; i++)
        at += sprintf(at, "t%d,%d\n", i, i % 2);
    char *path = write_file("many.csv", text, (size_t)(at - text));
    expect_refusal(
        path, NULL, GM_BAD_DATA,
        "many.csv:65537:1: column 1; expected at most 65536 different texts, got 't65536'; if they only "
        "identify the rows, say --ignore 1");
    free(path);
    free(text);
}

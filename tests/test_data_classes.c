/* Tests the target column of a CSV file: classes that are found in it, classes of a model, and numbers for
 * regression. */
#include "data_files.h"

TestSuite(data_classes, .init = make_folder, .fini = remove_folder);

Test(data_classes, class_names_are_sorted_by_value_or_by_bytes)
{
    gm_dataset *d = load_text("1,10\n2,9\n3,-1\n4,1099511627776\n5,10\n", NULL);
    static const char *const by_value[] = {"-1", "9", "10", "1099511627776"};
    cr_assert_eq(gm_dataset_targets(d), 4);
    for (size_t c = 0; c < 4; c++)
        cr_expect_str_eq(gm_dataset_class_name(d, c), by_value[c]);
    static const uint32_t labels[] = {2, 1, 0, 3, 2};
    for (size_t r = 0; r < 5; r++)
        cr_expect_eq(gm_dataset_label(d, r), labels[r]);
    gm_dataset_destroy(d);
    d = load_text("1,b10\n2,b9\n3,7\n", NULL);
    static const char *const by_bytes[] = {"7", "b10", "b9"};
    for (size_t c = 0; c < 3; c++)
        cr_expect_str_eq(gm_dataset_class_name(d, c), by_bytes[c]);
    gm_dataset_destroy(d);
}

Test(data_classes, labels_that_are_no_classes)
{
    static const fault faults[] = {
        {"x,c\n1,0\n2,3.7\n", GM_BAD_DATA,
         "data.csv:3:3: column 2 ('c'); expected a class, got '3.7'; if these are"},
        {"x,c\n1,a\n2,caf\xe9\n", GM_BAD_DATA,
         "data.csv:3:3: column 2 ('c'); expected the name of a class in UTF-8, got 'caf?'; is the file in Latin-1?"},
        {"x,c\n1,0\n2,\n", GM_BAD_DATA, "data.csv:3:3: column 2 ('c'); expected a value, got an empty cell"},
        {"x,c\n1,a\n2,a\n", GM_BAD_DATA,
         "only one class; expected at least 2 in column 2, got 'a' in every row"},
    };
    EXPECT_FAULTS(faults, NULL);
}

Test(data_classes, more_classes_than_any_network_has)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    for (int r = 0; r < 65537; r++)
        fprintf(stream, "%d,%d\n", r % 7, r);
    fclose(stream);
    char *path = write_file("data.csv", text, size);
    expect_refusal(path, NULL, GM_BAD_DATA,
                   "data.csv:65537:3: column 2; expected at most 65536 classes, got '65536'");
    shorten(path, (long)strlen("2,65536\n"));
    gm_dataset *d = expect_load(path, NULL);
    cr_expect_eq(gm_dataset_targets(d), 65536);
    cr_expect_eq(gm_dataset_label(d, 65535), 65535);
    cr_expect(has_remark(d, "say --regression"));
    gm_dataset_destroy(d);
    gm_dataset_options options = gm_dataset_options_default();
    options.regression = true;
    d = expect_load(path, &options);
    cr_expect_eq(gm_dataset_targets(d), 1);
    gm_dataset_destroy(d);
    free(path);
    free(text);
}

Test(data_classes, classes_of_a_model)
{
    static const char *const classes[] = {"setosa", "versicolor", "virginica"};
    gm_dataset_options options = gm_dataset_options_default();
    options.classes = classes;
    options.class_count = 3;
    gm_dataset *d = load_text("1,2,virginica\n3,4,virginica\n", &options);
    cr_expect_eq(gm_dataset_targets(d), 3);
    cr_expect_eq(gm_dataset_label(d, 1), 2);
    cr_expect_str_eq(gm_dataset_class_name(d, 1), "versicolor");
    gm_dataset_destroy(d);
    static const fault faults[] = {
        {"x,y,c\n1,2,setosa\n3,4,daisy\n", GM_BAD_DATA,
         "data.csv:3:5: column 3 ('c'); expected one of the model's classes, got 'daisy'"},
    };
    EXPECT_FAULTS(faults, &options);
}

Test(data_classes, regression)
{
    gm_dataset_options options = gm_dataset_options_default();
    options.regression = true;
    gm_dataset *d = load_text("x,price\n1,3.75\n2,-4\n", &options);
    cr_expect_not(gm_dataset_has_labels(d));
    cr_expect_eq(gm_dataset_targets(d), 1);
    cr_expect_null(gm_dataset_class_name(d, 0));
    const uint32_t rows[] = {1, 0};
    double x[2], y[2];
    cr_assert_eq(gm_dataset_gather(d, NULL, rows, 2, gm_mutable_f64(x, 2, 1), gm_mutable_f64(y, 2, 1), NULL),
                 GM_OK);
    cr_expect_eq(y[0], -4);
    cr_expect_eq(y[1], 3.75);
    gm_dataset_destroy(d);
    static const fault faults[] = {
        {"x,price\n1,2\n2,dear\n", GM_BAD_DATA, "data.csv:3:3: column 2 ('price')"}};
    EXPECT_FAULTS(faults, &options);
}

/* The first spelling is the name of the class. Names of columns are different even if they are equal numbers.
 */
Test(data_classes, equal_numbers_are_one_class)
{
    gm_dataset *d = load_text("x,c\n1,1.0e+00\n2,0\n3,1\n4,1.0\n5,-0\n6,0.0\n", NULL);
    cr_assert_eq(gm_dataset_targets(d), 2);
    cr_expect_str_eq(gm_dataset_class_name(d, 0), "0");
    cr_expect_str_eq(gm_dataset_class_name(d, 1), "1.0e+00");
    static const uint32_t labels[] = {1, 0, 1, 1, 0, 0};
    for (size_t r = 0; r < 6; r++)
        cr_expect_eq(gm_dataset_label(d, r), labels[r], "row %zu", r);
    gm_dataset_destroy(d);
    gm_dataset_options with_header = gm_dataset_options_default();
    with_header.header = 1;
    d = load_text("1,1.0,c\n1,2,a\n3,4,b\n", &with_header);
    cr_expect_not(has_remark(d, "has the name of another"));
    gm_dataset_destroy(d);
    /* No double tells these apart: they are names. */
    d = load_text("x,c\n1,9007199254740993\n2,9007199254740992\n3,9007199254740994\n", NULL);
    cr_expect_eq(gm_dataset_targets(d), 3);
    gm_dataset_destroy(d);
}

Test(data_classes, classes_of_a_model_are_found_by_value_and_listed)
{
    static const char *const classes[] = {"0.0e+00", "1.0e+00"};
    gm_dataset_options options = gm_dataset_options_default();
    options.classes = classes;
    options.class_count = 2;
    options.target = "1";
    gm_dataset *d = load_text("1,5\n0,6\n", &options);
    options.target = NULL;
    cr_expect_eq(gm_dataset_label(d, 0), 1);
    cr_expect_eq(gm_dataset_label(d, 1), 0);
    gm_dataset_destroy(d);
    static const fault unknown[] = {
        {"5,2\n", GM_BAD_DATA, "got '2'; the model knows '0.0e+00', '1.0e+00'"},
    };
    EXPECT_FAULTS(unknown, &options);
    static const char *const incomes[] = {"<=50K", ">50K"};
    options.classes = incomes;
    static const fault near[] = {
        {"5,<=50K.\n", GM_BAD_DATA,
         "expected one of the model's classes, got '<=50K.'; did you mean '<=50K'? the model knows '<=50K', '>50K'"},
    };
    EXPECT_FAULTS(near, &options);
}

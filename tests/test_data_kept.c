/* Tests columns of a CSV file that are kept as texts beside the numbers. */
#include "data_files.h"

TestSuite(data_kept, .init = make_folder, .fini = remove_folder);

static gm_dataset_options keeping(const char *columns)
{
    gm_dataset_options options = gm_dataset_options_default();
    options.keep = columns;
    return options;
}

Test(data_kept, any_column_in_the_order_of_the_file)
{
    gm_dataset_options options = keeping("class,id");
    options.ignore = "id";
    gm_dataset *d = load_text("id,a,b,class\n\"x, \"\"1\"\"\",1,2,p\n,3,4,q\n z ,5,6,p\n", &options);
    cr_assert_eq(gm_dataset_kept_columns(d), 2);
    cr_expect_eq(gm_dataset_features(d), 2);
    cr_expect_str_eq(gm_dataset_kept_name(d, 0), "id");
    cr_expect_str_eq(gm_dataset_kept_name(d, 1), "class");
    cr_expect_null(gm_dataset_kept_name(d, 2));
    static const char *const texts[][2] = {{"x, \"1\"", "p"}, {"", "q"}, {"z", "p"}};
    for (size_t r = 0; r < 3; r++)
        for (size_t k = 0; k < 2; k++)
            cr_expect_str_eq(gm_dataset_kept(d, r, k), texts[r][k]);
    cr_expect_null(gm_dataset_kept(d, 0, 2));
    gm_dataset_destroy(d);
}

Test(data_kept, nothing_is_kept_unless_it_is_asked_for)
{
    gm_dataset *d = load_text("1,2,p\n3,4,q\n", NULL);
    cr_expect_eq(gm_dataset_kept_columns(d), 0);
    cr_expect_null(gm_dataset_kept(d, 0, 0));
    gm_dataset_destroy(d);
}

Test(data_kept, rows_that_are_left_out_are_left_out_here_too)
{
    gm_dataset_options options = keeping("-3");
    options.missing = GM_MISSING_DROP;
    gm_dataset *d = load_text("1,2,p\n3,,q\n5,6,q\n", &options);
    cr_assert_eq(gm_dataset_rows(d), 2);
    cr_expect_str_eq(gm_dataset_kept_name(d, 0), "column 1");
    cr_expect_str_eq(gm_dataset_kept(d, 1, 0), "5");
    gm_dataset_destroy(d);
}

Test(data_kept, views_and_many_rows)
{
    enum { ROWS = 5000 };
    static char text[ROWS * 24];
    size_t used = 0;
    for (int i = 0; i < ROWS; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%d,%d,row %d\n", i % 2, i, i);
    gm_dataset_options options = keeping("3,2");
    options.target = "1";
    options.ignore = "3";
    gm_dataset *d = load_text(text, &options), *train, *valid;
    cr_assert_eq(gm_dataset_split(d, 0.3, 5, &train, &valid, NULL), GM_OK);
    for (uint32_t r = 0; r < gm_dataset_rows(train); r++) {
        char expected[24];
        snprintf(expected, sizeof expected, "row %.0f", stored(train, r, 0));
        cr_expect_str_eq(gm_dataset_kept(train, r, 1), expected);
        cr_expect_str_eq(gm_dataset_kept(train, r, 0), expected + 4);
    }
    gm_dataset_destroy(train);
    gm_dataset_destroy(valid);
    gm_dataset_destroy(d);
}

Test(data_kept, columns_that_are_not_there)
{
    const gm_dataset_options options = keeping("idd");
    const fault faults[] = {
        {"id,b,class\n1,2,p\n3,4,q\n", GM_BAD_DATA, "data.csv:1: no kept column 'idd'; expected a name"}};
    EXPECT_FAULTS(faults, &options);
}

/* Tests LIBSVM text: what is recognised as such, indices from 0 and from 1, and rows that are wrong. */
#include "data_files.h"

#include <math.h>

TestSuite(data_libsvm, .init = make_folder, .fini = remove_folder);

static const char three[] = "+1 1:0.5 3:-2 # a comment\n"
                            "\n"
                            "# another one\n"
                            "-1\t2:7\r\n"
                            "1.0 3:1e2";

static gm_dataset *load(const char *text, const gm_dataset_options *options)
{
    return load_text(text, options);
}

Test(data_libsvm, rows_comments_and_labels)
{
    static const double expected[3][3] = {{0.5, 0, -2}, {0, 7, 0}, {0, 0, 100}};
    gm_dataset *d = load(three, NULL);
    cr_assert_eq(gm_dataset_rows(d), 3);
    cr_assert_eq(gm_dataset_features(d), 3);
    cr_assert_eq(gm_dataset_targets(d), 2);
    for (uint32_t r = 0; r < 3; r++)
        for (size_t f = 0; f < 3; f++)
            cr_expect_eq(stored(d, r, f), expected[r][f]);
    cr_expect_str_eq(gm_dataset_class_name(d, 0), "-1"); /* classes are sorted by value */
    cr_expect_str_eq(gm_dataset_class_name(d, 1), "+1"); /* as it is spelled first */
    cr_expect_eq(gm_dataset_label(d, 1), 0);
    cr_expect_eq(gm_dataset_label(d, 2), 1); /* 1.0 is the same number */
    cr_expect_str_eq(gm_dataset_feature_name(d, 2), "3");
    cr_expect_null(gm_dataset_remark(d, 0));
    gm_dataset_destroy(d);
}

/* The blanks behind the last row are no row, and nothing is read behind them. */
Test(data_libsvm, blanks_at_the_end)
{
    static const char *const ends[] = {"  ", " \t\r\n \n\t", "# comment", "\n   # comment  "};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char text[60];
        snprintf(text, sizeof text, "1 1:2\n2 1:3\n%s", ends[i]);
        gm_dataset *d = load(text, NULL);
        cr_expect_eq(gm_dataset_rows(d), 2, "%s", ends[i]);
        gm_dataset_destroy(d);
    }
}

Test(data_libsvm, gzip_and_names_as_labels)
{
    static const char text[] = "cat 1:0.5\ndog 2:1\n";
    char *path = write_gzip("x", text, sizeof text - 1);
    gm_dataset *d = expect_load(path, NULL);
    cr_expect_str_eq(gm_dataset_class_name(d, 1), "dog");
    gm_dataset_destroy(d);
    free(path);
}

Test(data_libsvm, indices_from_0)
{
    gm_dataset *d = load("1 0:0.5 2:-2\n0 1:7\n", NULL);
    cr_expect_eq(gm_dataset_features(d), 3);
    cr_expect_eq(stored(d, 0, 2), -2);
    cr_expect_str_eq(gm_dataset_feature_name(d, 0), "0");
    cr_expect(has_remark(d, "indices of features begin at 0"));
    gm_dataset_destroy(d);
    gm_dataset_options options = gm_dataset_options_default();
    options.index_base = 0;
    d = load("1 1:0.5 2:-2\n0 1:7\n", &options); /* no index 0 occurs */
    cr_expect_eq(gm_dataset_features(d), 3);
    cr_expect_eq(stored(d, 0, 1), 0.5);
    gm_dataset_destroy(d);
    options.index_base = 1;
    const fault faults[] = {{"1 0:0.5 2:-2\n0 1:7\n", GM_BAD_DATA, "an index 0; expected indices from 1"}};
    EXPECT_FAULTS(faults, &options);
    options.index_base = 2;
    const fault usage[] = {{three, GM_USAGE, "indices begin at 2; expected 0, 1"}};
    EXPECT_FAULTS(usage, &options);
}

Test(data_libsvm, regression_and_missing_values)
{
    gm_dataset_options options = gm_dataset_options_default();
    options.regression = true;
    options.missing = GM_MISSING_DROP;
    gm_dataset *d = load("0.5 1:1 2:NaN\n-1.25 2:3\nnan 1:3\n1e-3 1:2\n", &options);
    cr_assert_eq(gm_dataset_rows(d), 2);
    cr_expect_eq(gm_table_value(d->table, 0, 0), -1.25);
    cr_expect_eq(gm_table_value(d->table, 1, 0), 1e-3);
    cr_expect_eq(stored(d, 1, 0), 2);
    cr_expect(has_remark(d, "2 rows with missing values left out"));
    gm_dataset_destroy(d);
    options.missing = GM_MISSING_AUTO;
    const fault faults[] = {
        {"0.5 1:1 2:nan\n1 1:3\n", GM_BAD_DATA, "row 1, column 2: expected a value, got NaN"},
        {"cat 1:1\n1 1:3\n", GM_BAD_DATA, "data.csv:1:1: expected a decimal number, got 'cat'"},
    };
    EXPECT_FAULTS(faults, &options);
}

Test(data_libsvm, rows_that_are_wrong)
{
    static const fault faults[] = {
        {"1 1:2\n0 3:1 2:1\n", GM_BAD_DATA,
         "data.csv:2:7: expected an index above that before it, got '2:1'"},
        {"1 1:2\n0 3:1 3:1\n", GM_BAD_DATA, "data.csv:2:7: expected an index above that before it"},
        {"1 1:2\n0 3:1 word\n", GM_BAD_DATA, "data.csv:2:7: expected INDEX:VALUE, got 'word'"},
        {"1 1:2\n0 -3:1\n", GM_BAD_DATA, "data.csv:2:3: expected INDEX:VALUE, got '-3:1'"},
        {"1 1:2\n0 1234567890123456789:1\n", GM_BAD_DATA, "expected INDEX:VALUE"},
        {"1 1:2\n0 3:0x1\n", GM_BAD_DATA,
         "data.csv:2:5: expected a decimal number of at most 3.4e38, got '0x1'"},
        {"1 1:2\n0 3:inf\n", GM_BAD_DATA, "data.csv:2:5: expected a decimal number"},
        {"1 1:2\n0 3:\n", GM_BAD_DATA, "data.csv:2:5: expected a decimal number of at most 3.4e38, got ''"},
        {"1 1:2\n0 3:1e39\n", GM_BAD_DATA, "data.csv:2:5: expected a decimal number of at most 3.4e38"},
        {"1 1:2\n1:2 3:4\n", GM_BAD_DATA, "data.csv:2:1: expected a label at the beginning of the row"},
        {"1,3 1:2\n2 1:4\n", GM_BAD_DATA, "data.csv:1:1: expected one label in each row, got '1,3'"},
        {"1 1:2\n1 1:4\n", GM_BAD_DATA, "only one class; expected at least 2, got '1' in every row"},
        {"1 1:2\n1.5 1:4\n", GM_BAD_DATA,
         "data.csv:2:1: expected one of at most 65536 classes, which are whole"},
        {"1 1:2\n\xff 1:4\n", GM_BAD_DATA, "data.csv:2:1: expected the name of a class in UTF-8"},
        {"1 1:2 999999999999999:4\n2 1:1\n", GM_LIMIT,
         "data.csv:1: index 999999999999999 makes 999999999999999 features of each of 2 rows, most of them 0"},
        {"1 1:2\n2 99999999:4\n", GM_LIMIT,
         "data.csv:2: index 99999999 makes 99999999 features of each of 2"},
        {"1 1:2\n2 99999999999999999:4\n3 1:1\n4 1:1\n5 1:1\n6 1:1\n7 1:1\n8 1:1\n9 1:1\n", GM_LIMIT,
         "data.csv:2: index 99999999999999999 makes"},
    };
    EXPECT_FAULTS(faults, NULL);
}

Test(data_libsvm, what_is_recognised)
{
    static const struct {
        const char *text;
        bool is;
    } cases[] = {
        {"1 1:2\n2 1:3\n", true},
        {"# comment\n\n1\n2 qid:1 1:3\n", true},
        {"\xef\xbb\xbf"
         "1 1:2\n2 1:3\n",
         true},
        {"1 1:2 word\n2 1:3\n", false},
        {"a 12:30:15\nb 12:31:20\n", false},
        {"1:2 3:4\n5:6 7:8\n", false},
        {"1,2\n3,4\n", false},
        {"1 1:x\n2 1:3\n", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gm_dataset *d;
        char *path = write_file("x", cases[i].text, strlen(cases[i].text));
        gm_status status = gm_dataset_load(&d, path, NULL, NULL);
        const bool is = status == GM_OK && gm_dataset_format(d) == GM_FORMAT_LIBSVM;
        cr_expect_eq(is, cases[i].is, "%s", cases[i].text);
        gm_dataset_destroy(d);
        free(path);
    }
    gm_dataset_options options = gm_dataset_options_default();
    options.delimiter = ' '; /* then the user says that it is CSV */
    const fault faults[] = {{"1 1:2 2:5\n2 1:3 2:4\n", GM_BAD_DATA,
                             "this looks like LIBSVM text (LABEL INDEX:VALUE ...): leave out"}};
    EXPECT_FAULTS(faults, &options);
    options = gm_dataset_options_default();
    options.labels = "y";
    const fault labelled[] = {
        {three, GM_USAGE, "a file of labels has no effect with a LIBSVM file, whose rows"}};
    EXPECT_FAULTS(labelled, &options);
}

/* The first row is longer than what is looked at to recognise the format. */
Test(data_libsvm, long_rows)
{
    enum { FEATURES = 400 };
    char text[2 * (FEATURES * 12 + 40)];
    size_t used = 0;
    for (int row = 0; row < 2; row++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%d", row);
        for (int f = 1; f <= FEATURES; f++)
            used += (size_t)snprintf(text + used, sizeof text - used, " %d:%d", f, f * 2 + row);
        text[used++] = '\n';
    }
    text[used] = '\0';
    gm_dataset *d = load(text, NULL);
    cr_expect_eq(gm_dataset_features(d), FEATURES);
    cr_expect_eq(stored(d, 1, FEATURES - 1), 2 * FEATURES + 1);
    gm_dataset_destroy(d);
}

Test(data_libsvm, queries_are_noted)
{
    gm_dataset *d = load("1 qid:3 1:2\n2 qid:3 2:3\n", NULL);
    cr_expect_eq(gm_dataset_features(d), 2);
    cr_expect(has_remark(d, "the numbers of queries (qid) are not used"));
    gm_dataset_destroy(d);
}

/* A file for a model may end with a smaller index, and need not have an index 0. */
Test(data_libsvm, columns_of_a_model)
{
    static const char *const classes[] = {"1", "2"};
    gm_dataset_options options = gm_dataset_options_default();
    for (int base = 0; base <= 1; base++) {
        gm_columns *columns;
        gm_dataset *train = load(base ? "1 1:5 3:2\n2 3:4\n" : "1 0:5 2:2\n2 2:4\n", NULL);
        cr_assert_eq(gm_columns_fit(&columns, train, NULL, NULL), GM_OK);
        gm_dataset_destroy(train);
        options.columns = columns;
        options.classes = classes;
        options.class_count = 2;
        gm_dataset *d = load("1 1:9\n2 2:8\n", &options);
        cr_expect_eq(gm_dataset_features(d), 3);
        cr_expect_eq(stored(d, 0, (size_t)(1 - base)), 9, "base %d", base);
        cr_expect_null(gm_dataset_remark(d, 0));
        gm_dataset_destroy(d);
        const fault faults[] = {
            {"1 1:2\n2 4:5\n", GM_BAD_DATA,
             base ? "data.csv:2: index 4; expected at most 3, because"
                  : "data.csv:2: index 4; expected at most 2"},
            {"7 1:2\n2 2:5\n", GM_BAD_DATA, "data.csv:1:1: expected one of the model's classes, got '7'"},
        };
        EXPECT_FAULTS(faults, &options);
        const fault zero[] = {
            {"1 0:2\n2 2:5\n", GM_BAD_DATA, "an index 0; expected indices from 1; those of the"}};
        if (base)
            EXPECT_FAULTS(zero, &options);
        options.ignore_target = true;
        d = load("77 1:9\n8 2:8\n", &options);
        cr_expect_eq(gm_dataset_targets(d), 0);
        gm_dataset_destroy(d);
        options.ignore_target = false;
        gm_columns_destroy(columns);
    }
    gm_data_column items[] = {{.name = (char[]){"a"}, .replacement = NAN},
                              {.name = (char[]){"b"}, .replacement = NAN, .first = 1}};
    options.columns = &(gm_columns){.inputs = 2, .count = 2, .items = items};
    gm_dataset *d = load("1 1:9\n2 2:8\n", &options);
    cr_expect(has_remark(d, "columns are matched by position, because a LIBSVM file has no names"));
    gm_dataset_destroy(d);
}

/* There is no text behind the last one to go on with. */
Test(data_libsvm, blanks_may_end_the_text)
{
    gm_dataset *d = load("1 1:1\n2 1:3\n \t", NULL);
    cr_expect_eq(gm_dataset_rows(d), 2);
    gm_dataset_destroy(d);
    d = load("a,b\n1,0\n2,1\n  ",
             NULL); /* rows without pairs are read up to the end, to recognise the format */
    cr_expect_eq(gm_dataset_rows(d), 2);
    gm_dataset_destroy(d);
}

/* Tests which CSV files are read, and the error message of each fault. */
#include "data_files.h"

#include "base/number.h"
#include "data/csv.h"

#include <float.h>
#include <locale.h>
#include <math.h>

TestSuite(data_csv, .init = make_folder, .fini = remove_folder);

Test(data_csv, iris_like_file_with_a_header)
{
    gm_dataset *d =
        load_text("length,width,species\n5.1,3.5,setosa\n6.2,2.9,virginica\n4.9,3.0,setosa\n", NULL);
    cr_expect_eq(gm_dataset_rows(d), 3);
    cr_expect_eq(gm_dataset_features(d), 2);
    cr_expect_eq(gm_dataset_targets(d), 2);
    cr_expect_eq(gm_dataset_type(d), GM_TYPE_F32);
    cr_expect(gm_dataset_has_labels(d));
    cr_expect_str_eq(gm_dataset_feature_name(d, 1), "width");
    cr_expect_null(gm_dataset_feature_name(d, 2));
    cr_expect_str_eq(gm_dataset_class_name(d, 0), "setosa");
    cr_expect_str_eq(gm_dataset_class_name(d, 1), "virginica");
    cr_expect_null(gm_dataset_class_name(d, 2));
    cr_expect_eq(gm_dataset_label(d, 1), 1);
    cr_expect_eq(gm_dataset_label(d, 2), 0);
    cr_expect_eq((float)feature(d, 1, 1), 2.9F);
    cr_expect(has_remark(d, "header found: 2 features, label column 'species'"));
    gm_dataset_destroy(d);
}

Test(data_csv, header_detection)
{
    static const struct {
        const char *text;
        int header;
        const char *target;
        size_t rows;
    } cases[] = {
        {"a,b,c\n1,2,0\n3,4,1\n", -1, NULL, 2},     /* names */
        {"1,2,0\n3,4,1\n", -1, NULL, 2},            /* numbers */
        {"1,2,yes\n3,4,no\n", -1, NULL, 2},         /* the only text is a label */
        {"1,2,class\n3,4,0\n5,6,1\n", -1, NULL, 2}, /* text above a number is a name */
        {"yes,1,2\nno,3,4\n", -1, "1", 2},
        {"1,2,kind\n3,4,a\n5,6,b\n", -1, "kind", 2}, /* the target's name is there */
        {"1,2,0\n3,4,1\n5,6,0\n", 1, NULL, 2},
        {"2019,2020\n3,4\n5,6\n", 1, "2020", 2},
        {"id,2019,2020\n1,3,4\n2,5,6\n", -1, NULL, 2}, /* years go up by equal steps, as names do */
        {"1,2,kind\n3,4,a\n5,6,a\n7,8,b\n", -1, NULL, 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gm_dataset_options options = gm_dataset_options_default();
        options.header = cases[i].header;
        options.target = cases[i].target;
        gm_dataset *d = load_text(cases[i].text, &options);
        cr_expect_eq(gm_dataset_rows(d), cases[i].rows, "case %zu: got %zu rows", i, gm_dataset_rows(d));
        gm_dataset_destroy(d);
    }
}

Test(data_csv, target_by_name_and_by_number)
{
    static const struct {
        const char *target;
        double first_feature;
        size_t features;
    } cases[] = {{NULL, 10, 2}, {"c", 10, 2}, {"-1", 10, 2},  {"3", 10, 2},
                 {"a", 20, 2},  {"1", 20, 2}, {"none", 10, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gm_dataset_options options = gm_dataset_options_default();
        options.target = cases[i].target;
        gm_dataset *d = load_text("a,b,c\n10,20,30\n11,21,31\n", &options);
        cr_expect_eq(gm_dataset_features(d), cases[i].features);
        cr_expect_eq(feature(d, 0, 0), cases[i].first_feature);
        cr_expect_eq(gm_dataset_targets(d), cases[i].features == 3 ? 0 : 2);
        gm_dataset_destroy(d);
    }
}

Test(data_csv, targets_that_are_not_there)
{
    static const char text[] = "a,b,b,c\n1,2,3,4\n5,6,7,8\n";
    static const struct {
        const char *target, *line;
    } cases[] = {
        {"species", "data.csv:1: no target column 'species'; expected a name of the header ('a' to 'c')"},
        {"5", "data.csv:1: no target column '5'"},
        {"0", "data.csv:1: no target column '0'"},
        {"-5", "data.csv:1: no target column '-5'"},
        {"b", "data.csv:1: 2 columns are named 'b'"},
    };
    char *path = write_file("data.csv", text, sizeof text - 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gm_dataset_options options = gm_dataset_options_default();
        options.target = cases[i].target;
        expect_refusal(path, &options, GM_BAD_DATA, cases[i].line);
    }
    free(path);
}

Test(data_csv, files_without_rows)
{
    static const fault faults[] = {
        {"", GM_BAD_DATA, "no rows; the file is empty"},
        {"\n\n  \n\r\n", GM_BAD_DATA, "no rows; the file is empty or blank"},
        {"\xef\xbb\xbf", GM_BAD_DATA, "no rows"},
        {"a,b,class\n", GM_BAD_DATA, "no rows; there is a header only"},
        {"a,b,class\n\n\n", GM_BAD_DATA, "no rows; there is a header only"},
    };
    EXPECT_FAULTS(faults, NULL);
}

Test(data_csv, line_ends_and_marks_that_do_not_matter)
{
    static const char *const texts[] = {
        "x,y,c\n1,2,0\n3,4,1\n",
        "x,y,c\n1,2,0\n3,4,1",
        "x,y,c\r\n1,2,0\r\n3,4,1\r\n",
        "\xef\xbb\xbfx,y,c\n1,2,0\n3,4,1\n",
        "\nx,y,c\n\n1,2,0\n  \n3,4,1\n\n",
        "x, y ,c\n 1,2 ,0\n3 ,\t4,1\n",
        "\"x\",\"y\",\"c\"\n\"1\",2,\"0\"\n3,\"4\",1\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        gm_dataset *d = load_text(texts[i], NULL);
        cr_expect_eq(gm_dataset_rows(d), 2, "text %zu", i);
        cr_expect_str_eq(gm_dataset_feature_name(d, 0), "x");
        cr_expect_str_eq(gm_dataset_feature_name(d, 1), "y");
        cr_expect_eq(feature(d, 1, 1), 4);
        cr_expect_eq(gm_dataset_label(d, 1), 1);
        gm_dataset_destroy(d);
    }
}

Test(data_csv, text_that_is_not_csv)
{
    static const fault faults[] = {
        {"1,2,0\r3,4,1\r", GM_BAD_DATA, "data.csv:1:6: a carriage return alone"},
        {"1,2,0\n3,4,1\n5,\"6\n7,8,\"\"\n", GM_BAD_DATA, "data.csv:3:3: this quote is never closed"},
        {"1,2,0\n3,\"4\"5,1\n", GM_BAD_DATA, "data.csv:2:3: text behind the quoted cell"},
        {"1,2,0\n3,4\"5,1\n", GM_BAD_DATA, "data.csv:2:4: a quote within a cell"},
        {"1,2,0\n3,4,1,5\n", GM_BAD_DATA, "data.csv:2: a row of another length; expected 3 cells, got 4"},
        {"1,2,0\n3,4\n", GM_BAD_DATA, "data.csv:2: a row of another length; expected 3 cells, got 2"},
        {"1,2,0\n3,4,1,\n", GM_BAD_DATA, "data.csv:2: a row of another length; expected 3 cells, got 4"},
        {"1\n2\n", GM_BAD_DATA, "data.csv:1: only one column"},
        {"a,\n1,\n2,\n", GM_BAD_DATA, "data.csv:1: only one column"},
        {"\xff\xfe"
         "1\0,",
         GM_BAD_DATA, "UTF-16 text"},
        {"\xfe\xff\0"
         "1",
         GM_BAD_DATA, "UTF-16 text"},
        {"<!DOCTYPE html>\n<html>\n", GM_BAD_DATA, "a web page"},
        {"version https://git-lfs.github.com/spec/v1\n", GM_BAD_DATA, "a Git LFS pointer"},
    };
    EXPECT_FAULTS(faults, NULL);
}

Test(data_csv, nul_bytes)
{
    static const char plain[] = "1,2,0\n3,\0,1\n", quoted[] = "1,2,0\n3,\"4\0\",1\n";
    char *path = write_file("data.csv", plain, sizeof plain - 1);
    expect_refusal(path, NULL, GM_BAD_DATA, "data.csv:2:3: a NUL byte");
    free(path);
    path = write_file("data.csv", quoted, sizeof quoted - 1);
    expect_refusal(path, NULL, GM_BAD_DATA, "data.csv:2:5: a NUL byte");
    free(path);
}

Test(data_csv, quoted_cells)
{
    gm_dataset *d = load_text("\"a \"\"b\"\"\",\"c,\nd\",e\n1,2,\"x\ny\"\n3,4,\"\"\"\"\n", NULL);
    cr_expect_str_eq(gm_dataset_feature_name(d, 0), "a \"b\"");
    cr_expect_str_eq(gm_dataset_feature_name(d, 1), "c,\nd");
    cr_expect_str_eq(gm_dataset_class_name(d, 0), "\"");
    cr_expect_str_eq(gm_dataset_class_name(d, 1), "x\ny");
    gm_dataset_destroy(d);
    static const fault faults[] = {{"\"a\nb\",c\n1,0\n\"x\",1\n", GM_BAD_DATA, "data.csv:4:1: column 1"}};
    EXPECT_FAULTS(faults, NULL); /* the line end within quotes counts */
}

Test(data_csv, cells_that_are_no_numbers)
{
    static const char *const cells[] = {"None", "-inf",  "inf", "1e400", "1e39", "0x10", "1_0", "1 0",
                                        "abc",  "1.2.3", ".",   "-",     "e5",   "--1",  "1e",  "\xc2\xa0"};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        char text[80], line[120];
        snprintf(text, sizeof text, "x,y,c\n1,2,0\n3,%s,1\n", cells[i]);
        snprintf(line, sizeof line,
                 "data.csv:3:3: column 2 ('y'); expected a decimal number of at most 3.4e38, got '%s'",
                 cells[i]);
        for (gm_missing missing = GM_MISSING_REFUSE; missing <= GM_MISSING_DROP; missing++) {
            gm_dataset_options options = gm_dataset_options_default();
            options.missing = missing;
            const fault faults[] = {{text, GM_BAD_DATA, line}};
            EXPECT_FAULTS(faults, &options);
        }
    }
}

Test(data_csv, a_bad_number_in_the_first_row_is_not_taken_for_a_header)
{
    static const char *const cells[] = {"nan", "-inf", "0x10", "1_0", "1e400", "?", "None", "-", "oops"};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        char text[80];
        snprintf(text, sizeof text, "1,%s,0\n3,4,1\n", cells[i]);
        const fault faults[] = {{text, GM_BAD_DATA, "data.csv:1:3: column 2; expected"}};
        EXPECT_FAULTS(faults, NULL);
    }
}

Test(data_csv, numbers_at_the_edges)
{
    gm_dataset *d = load_text("1e-400,3.4028234e38,-0,0\n+7,.5,5.,1\n1E2,1e-42,0012,0\n", NULL);
    cr_expect_eq(feature(d, 0, 0), 0);
    cr_expect_eq((float)feature(d, 0, 1), FLT_MAX);
    cr_expect(signbit(feature(d, 0, 2)));
    cr_expect_eq(feature(d, 1, 0), 7);
    cr_expect_eq(feature(d, 1, 1), 0.5);
    cr_expect_eq(feature(d, 1, 2), 5);
    cr_expect_eq(feature(d, 2, 0), 100);
    cr_expect_eq((float)stored(d, 2, 1), 1e-42F);
    cr_expect_eq(feature(d, 2, 2), 12);
    gm_dataset_destroy(d);
}

Test(data_csv, short_decimals_are_read_as_strtod_reads_them)
{
    srand(1);
    for (int i = 0; i < 100000; i++) {
        char text[64];
        const int digits = rand() % 18;
        const double sample = (rand() - rand()) / (double)(1 + rand() % 100000);
        snprintf(text, sizeof text, i % 2 ? "%.*g" : "%.*f", digits, sample);
        const gm_csv_cell cell = {.text = text, .length = strlen(text)};
        double value;
        cr_assert(gm_csv_number(&cell, &value));
        cr_assert_eq(value, strtod(text, NULL), "%s", text);
    }
}

Test(data_csv, missing_cells)
{
    static const char *const cells[] = {"",     "NA",  "?",   "N/A", "null", "  ",
                                        "\"\"", "nan", "NaN", "NAN", "-nan"};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        char text[80];
        snprintf(text, sizeof text, "x,y,c\n1,2,0\n3,%s,1\n5,10,1\n7,9,0\n", cells[i]);
        gm_dataset_options options = gm_dataset_options_default();
        const fault faults[] = {{text, GM_BAD_DATA, "data.csv:3:3: column 2 ('y'); expected a value, got"}};
        EXPECT_FAULTS(faults, &options);
        options.missing = GM_MISSING_MEAN;
        gm_dataset *d = load_text(text, &options);
        cr_expect_eq(gm_dataset_rows(d), 4);
        cr_expect_eq(feature(d, 1, 0), 3);
        cr_expect_eq(gm_dataset_missing(d), 1);
        gm_columns *columns;
        cr_assert_eq(gm_columns_fit(&columns, d, NULL, NULL), GM_OK);
        cr_assert_eq(gm_dataset_encode(d, columns, NULL), GM_OK);
        cr_expect_eq(gm_dataset_missing(d), 0);
        cr_expect_eq(feature(d, 1, 1), 7);
        cr_expect(has_remark(d, "1 missing value will be replaced by the means"));
        gm_columns_destroy(columns);
        gm_dataset_destroy(d);
        options.missing = GM_MISSING_DROP;
        d = load_text(text, &options);
        cr_expect_eq(gm_dataset_rows(d), 3);
        cr_expect_eq(feature(d, 1, 0), 5);
        cr_expect_eq(gm_dataset_label(d, 2), 0);
        cr_expect(has_remark(d, "1 row with missing values left out"));
        gm_dataset_destroy(d);
    }
}

Test(data_csv, missing_everywhere)
{
    gm_dataset_options options = gm_dataset_options_default();
    options.missing = GM_MISSING_MEAN;
    static const fault mean[] = {
        {"x,y,c\n1,2,0\n3,4,\n", GM_BAD_DATA, "data.csv:3:5: column 3 ('c')"},
    };
    EXPECT_FAULTS(mean, &options);
    options.missing = GM_MISSING_DROP;
    static const fault drop[] = {
        {"x,y,c\n1,,0\n3,NA,1\n", GM_BAD_DATA, "no rows; a value is missing in each"},
        {"x,y,c\n1,,0\n", GM_BAD_DATA, "no rows; a value is missing in each"},
        {"x,y,c\n", GM_BAD_DATA, "no rows; there is a header only"}};
    EXPECT_FAULTS(drop, &options);
    gm_dataset *d = load_text("x,c\n1,a\n,odd\n2,b\n", &options);
    cr_expect_eq(gm_dataset_targets(d), 2, "a row that is left out must not make a class");
    gm_dataset_destroy(d);
}

Test(data_csv, other_delimiters)
{
    static const struct {
        char delimiter;
        const char *text;
    } cases[] = {{';', "x;y;c\n1;2.5;0\n3;4.5;1\n"},
                 {'\t', "x\ty\tc\n1\t2.5\t0\n3\t4.5\t1\n"},
                 {'|', "x|y|c\n1|2.5|0\n3|4.5|1\n"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gm_dataset_options options = gm_dataset_options_default();
        options.delimiter = cases[i].delimiter;
        gm_dataset *d = load_text(cases[i].text, &options);
        cr_expect_eq(gm_dataset_features(d), 2);
        cr_expect_eq(feature(d, 1, 1), 4.5);
        gm_dataset_destroy(d);
    }
    static const fault comma[] = {
        {"x;y;c\n1;2;0\n3;4;1\n", GM_BAD_DATA, "--delim ';'"},
        {"1,5;2,5;0\n3,5;4,5;1\n", GM_BAD_DATA, "--delim ';'"},
        {"x\ty\tc\n1\t2\t0\n3\t4\t1\n", GM_BAD_DATA, "tabs"},
    };
    EXPECT_FAULTS(comma, NULL);
    gm_dataset_options options = gm_dataset_options_default();
    options.delimiter = ';';
    static const fault semicolon[] = {
        {"x;y;c\n1,5;2;0\n3;4;1\n", GM_BAD_DATA, "decimals are written with a point"}};
    EXPECT_FAULTS(semicolon, &options);
    options.delimiter = '"';
    static const fault quote[] = {{"1,2\n", GM_USAGE, "delimiter"}};
    EXPECT_FAULTS(quote, &options);
}

/* A locale with a decimal comma: one that is installed, or one made for this test. */
static bool set_german(void)
{
    static const char *const locales[] = {"de_DE.UTF-8", "de_DE.utf8", "de_DE", "fr_FR.UTF-8", "fr_FR.utf8"};
    for (size_t i = 0; i < sizeof locales / sizeof *locales; i++) {
        if (setlocale(LC_ALL, locales[i]))
            return true;
    }
    char *command = NULL;
    cr_assert_gt(asprintf(&command, "localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 >/dev/null 2>&1", folder), 0);
    const bool made = system(command) == 0 && setenv("LOCPATH", folder, 1) == 0;
    free(command);
    return made && setlocale(LC_ALL, "de_DE.UTF-8");
}

static void remove_german(void)
{
    char *command = NULL;
    cr_assert_gt(asprintf(&command, "rm -rf %s/de_DE.UTF-8", folder), 0);
    cr_assert_eq(system(command), 0);
    free(command);
}

Test(data_csv, any_locale_reads_the_same)
{
    const bool german = set_german();
    remove_german();
    if (!german)
        cr_skip("no locale with a decimal comma can be had");
    cr_assert_eq(*localeconv()->decimal_point, ',');
    gm_dataset *d = load_text("x,c\n1.5,0\n1234567.890123456789,1\n", NULL);
    cr_expect_eq(feature(d, 0, 0), 1.5);
    cr_expect_eq((float)feature(d, 1, 0), 1234567.9F);
    gm_dataset_destroy(d);
}

Test(data_csv, names_that_look_like_a_mistake)
{
    gm_dataset *d = load_text(",x,x,c\n0,1,2,a\n1,3,4,b\n", NULL);
    cr_expect(has_remark(d, "column 1 has no name"));
    cr_expect(has_remark(d, "column 3 has the name of another column, 'x'"));
    cr_expect_eq(gm_dataset_features(d), 3);
    gm_dataset_destroy(d);
}

Test(data_csv, long_cells_and_control_characters_are_shown_short)
{
    char text[400] = "x,c\n1,0\n";
    memset(text + strlen(text), 'z', 200);
    strcat(text, "\x1b[2J,1\n");
    static const fault faults[] = {{"x,c\n1,0\n\x1b[2J,1\n", GM_BAD_DATA, "got '?[2J'"}};
    EXPECT_FAULTS(faults, NULL);
    const fault longer[] = {{text, GM_BAD_DATA, "zzzz...'"}};
    EXPECT_FAULTS(longer, NULL);
}

Test(data_csv, gzip_is_told_by_content)
{
    static const char text[] = "x,c\n1,0\n2,1\n";
    char *path = write_gzip("data.csv", text, sizeof text - 1);
    gm_dataset *d = expect_load(path, NULL);
    cr_expect_eq(gm_dataset_rows(d), 2);
    gm_dataset_destroy(d);
    shorten(path, 1);
    expect_refusal(path, NULL, GM_BAD_DATA, "cut short");
    free(path);
}

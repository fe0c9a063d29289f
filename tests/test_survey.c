/* Tests surveys of data files: what is counted of columns, against numbers that were worked out by hand, and
 * what is found out about the reading, the target and the warnings. */
#include "data_files.h"

#include <float.h>
#include <math.h>

TestSuite(survey, .init = make_folder, .fini = remove_folder);

static gm_survey *survey_bytes(const void *bytes, size_t size, const gm_dataset_options *options)
{
    gm_survey *survey = NULL;
    gm_error error = {0};
    char *path = write_file("data.csv", bytes, size);
    cr_assert_eq(gm_survey_create(&survey, (const char *const *)&path, 1, options, 3, &error), GM_OK, "%s",
                 error.message);
    free(path);
    return survey;
}

static gm_survey *survey_of(const char *text, const gm_dataset_options *options)
{
    return survey_bytes(text, strlen(text), options);
}

/* The text of the first warning of a kind; NULL: there is none. */
static const char *warning_of(const gm_survey *survey, const char *kind)
{
    for (size_t i = 0; gm_survey_get_warning(survey, i); i++) {
        if (strcmp(gm_survey_get_warning(survey, i)->kind, kind) == 0)
            return gm_survey_get_warning(survey, i)->text;
    }
    return NULL;
}

static void expect_warning(const char *text, const char *kind, const char *part)
{
    gm_survey *survey = survey_of(text, NULL);
    const char *warning = warning_of(survey, kind);
    if (part)
        cr_expect(warning && strstr(warning, part), "%s: '%s' in '%s'", kind, part, warning ? warning : "");
    else
        cr_expect_null(warning, "%s: %s", kind, warning);
    gm_survey_destroy(survey);
}

Test(survey, numbers_are_counted)
{
    gm_survey *s =
        survey_of("a,b,c\n2,1.5,x\n4,,y\n4,-1.5,x\n4,NA,y\n5,3,x\n5,-3,y\n7,0.0,x\n9,-0,y\n", NULL);
    const gm_survey_facts *facts = gm_survey_get_facts(s);
    const gm_survey_column *a = gm_survey_get_column(s, 0), *b = gm_survey_get_column(s, 1);
    cr_expect_str_eq(facts->format, "CSV");
    cr_expect_eq(facts->rows, 8);
    cr_expect_eq(facts->columns, 3);
    cr_expect_eq(facts->complete, 6);
    cr_expect_str_eq(a->name, "a");
    cr_expect_eq(a->kind, GM_SURVEY_WHOLE);
    cr_expect_eq(a->distinct, 5);
    cr_expect_eq(a->least, 2);
    cr_expect_eq(a->most, 9);
    cr_expect_eq(a->at_least, 1);
    cr_expect_eq(a->at_most, 1);
    cr_expect_eq(a->before_most, 7);
    cr_expect_eq(a->mean, 5);
    cr_expect_eq(a->deviation, 2); /* the usual example: 2, 4, 4, 4, 5, 5, 7, 9 */
    cr_expect_eq(a->value_count, 5);
    cr_expect_str_eq(a->values[0].text, "4");
    cr_expect_eq(a->values[0].count, 3);
    cr_expect_eq(b->kind, GM_SURVEY_NUMBER);
    cr_expect_eq(b->missing, 2);
    cr_expect_eq(b->numbers, 6);
    cr_expect_eq(b->distinct, 5, "0.0 and -0 are one number");
    cr_expect_eq(b->mean, 0);
    cr_expect_eq(b->least, -3);
    cr_expect_eq(b->after_least, -1.5);
    cr_expect_eq(facts->reading.missing, GM_MISSING_MEAN);
    cr_expect_null(gm_survey_get_column(s, 3));
    gm_survey_destroy(s);
}

Test(survey, a_histogram_has_all_numbers)
{
    char text[2000];
    size_t used = (size_t)sprintf(text, "a,c\n");
    for (int i = 0; i <= 48; i++) /* 24 bins of width 2; the last has 46, 47 and 48 */
        used += (size_t)sprintf(text + used, "%d.0,%c\n", i, i % 2 ? 'x' : 'y');
    gm_survey *s = survey_of(text, NULL);
    const gm_survey_column *a = gm_survey_get_column(s, 0);
    for (size_t bin = 0; bin < GM_SURVEY_BINS; bin++)
        cr_expect_eq(a->bins[bin], bin == 23 ? 3 : 2, "bin %zu", bin);
    gm_survey_destroy(s);
}

Test(survey, extreme_numbers_overflow_nothing)
{
    gm_dataset_options options = gm_dataset_options_default();
    options.precision = GM_F64;
    gm_survey *s = survey_of("a,b,c\n1.7e308,1e-320,x\n-1.7e308,0,y\n0,5e-324,x\n", &options);
    const gm_survey_column *a = gm_survey_get_column(s, 0);
    cr_expect_eq(a->least, -1.7e308);
    cr_expect_eq(a->bins[0], 1);
    cr_expect_eq(a->bins[12], 1);
    cr_expect_eq(a->bins[23], 1);
    cr_expect_not(a->refused);
    gm_survey_destroy(s);
    expect_warning("a,c\n1e300,x\n2,y\n", "large", "3.4e38");
}

Test(survey, kinds_of_columns)
{
    static const struct {
        const char *cells[6], *word;
    } columns[] = {
        {{"1.5", "2", "3", "4", "NA", ""}, "number"},
        {{"1.0", "2", "3e2", "-4", "?", "nan"}, "whole"},
        {{"2004-03-10", "2004-03-11", "10/03/2004", "NA", "18:00:00", "2004-03-10T18:00:00Z"}, "date"},
        {{"red", "1", "2", "blue", "", "blue"}, "text"},
        {{"", "NA", "null", "?", "NaN", "N/A"}, "empty"},
        {{"1", "2", "-", "None", "5", "6"}, "whole"},
    };
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        char text[400];
        size_t used = (size_t)sprintf(text, "a,b,c\n");
        for (size_t r = 0; r < 6; r++)
            used += (size_t)sprintf(text + used, "%s,%zu.5,%c\n", columns[i].cells[r], r, r % 2 ? 'x' : 'y');
        gm_survey *s = survey_of(text, NULL);
        const gm_survey_column *a = gm_survey_get_column(s, 0);
        cr_expect_str_eq(gm_survey_kind_name(a->kind), columns[i].word);
        cr_expect_eq(a->refused, i > 1 && i != 3, "%s", columns[i].word);
        gm_survey_destroy(s);
    }
    cr_expect_str_eq(gm_survey_kind_name(GM_SURVEY_KINDS), "unknown");
}

Test(survey, many_values_are_counted_up_to_a_bound)
{
    const size_t rows = 12000;
    char *text = malloc(rows * 40);
    size_t used = (size_t)sprintf(text, "n,t,c\n");
    for (size_t r = 0; r < rows; r++)
        used += (size_t)sprintf(text + used, "%zu.5,t%zu,%c\n", r, r % 10000, r % 2 ? 'x' : 'y');
    gm_survey *s = survey_of(text, NULL);
    const gm_survey_column *n = gm_survey_get_column(s, 0), *t = gm_survey_get_column(s, 1);
    cr_expect_eq(n->distinct, 10000);
    cr_expect(n->more);
    cr_expect_eq(n->value_count, 0);
    cr_expect_eq(t->distinct, 10000);
    cr_expect_not(t->more);
    cr_expect_not(t->identifier);
    cr_expect_eq(n->mean, 6000);
    gm_survey_destroy(s);
    free(text);
}

Test(survey, quotes_are_read_once)
{
    gm_survey *s =
        survey_of("\"x \"\"1\"\"\",c\n\"a\"\"b\",1\n\"a\"\"c\",0\n\"a\"\"b\",1\n\"l\nm\",0\n", NULL);
    const gm_survey_column *x = gm_survey_get_column(s, 0);
    cr_expect_str_eq(x->name, "x \"1\"");
    cr_expect_eq(x->distinct, 3);
    cr_expect_str_eq(x->values[0].text, "a\"b");
    cr_expect_eq(x->values[0].count, 2);
    cr_expect_str_eq(gm_survey_cell(s, 1, 0), "a\"c");
    cr_expect_eq(gm_survey_preview_rows(s), 3);
    cr_expect_null(gm_survey_cell(s, 3, 0));
    cr_expect_null(gm_survey_cell(s, 0, 2));
    gm_survey_destroy(s);
}

/* A text, and what is found about how it is to be read. */
typedef struct reading {
    const char *text;
    char delimiter, decimal;
    const char *comment;
    bool header, regression;
    size_t target, columns;
} reading;

Test(survey, the_reading_is_found)
{
    static const reading all[] = {
        {"a,b,c\n1,2,x\n3,4,y\n", 0, 0, NULL, true, false, 2, 3},
        {"a;b;c\n1;2,5;x\n3;4,25;y\n", ';', ',', NULL, true, false, 2, 3},
        {"1,5;2,25;0\n2,5;3,25;1\n", ';', ',', NULL, false, false, 2, 3},
        {"a\tb\tc\n1\t2\tx\n3\t4\ty\n", '\t', 0, NULL, true, false, 2, 3},
        {"a|b|c\n1|2|x\n3|4|y\n", '|', 0, NULL, true, false, 2, 3},
        {" 1.5  2 0.5\n 2.5 3  1.25\n", ' ', 0, NULL, false, true, 2, 3},
        {"18.0  8  70\t\"a b\"\n15.0  8  71\t\"c d\"\n9.5  8  71\t\"e f\"\n", ' ', 0, NULL, false, true, 0,
         4},
        {"# by me\na,b\n1,0.5\n2,1.5\n", 0, 0, "#", true, true, 1, 2},
        {"% by me\n1 2 x\n% more\n3 4 y\n", ' ', 0, "%", false, false, 2, 3},
        {"label,b\n0,0.5\n1,1.5\n", 0, 0, NULL, true, false, 0, 2},
        {"a;b;;\n1;x;;\n2;y;;\n", ';', 0, NULL, true, false, 1, 2},
        {"a;b\n1.000;x\n2.500;y\n", ';', 0, NULL, true, false, 1, 2},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        gm_survey *s = survey_of(all[i].text, NULL);
        const gm_survey_facts *facts = gm_survey_get_facts(s);
        cr_expect_eq(facts->reading.delimiter, all[i].delimiter, "%s", all[i].text);
        cr_expect_eq(facts->reading.decimal, all[i].decimal, "%s", all[i].text);
        cr_expect_eq(facts->reading.regression, all[i].regression, "%s", all[i].text);
        cr_expect_eq(facts->header, all[i].header, "%s", all[i].text);
        cr_expect_eq(facts->target, all[i].target, "%s", all[i].text);
        cr_expect_eq(facts->columns, all[i].columns, "%s", all[i].text);
        const char *comment = facts->reading.comment;
        cr_expect(comment == all[i].comment || strcmp(comment, all[i].comment) == 0, "%s", all[i].text);
        gm_survey_destroy(s);
    }
}

/* The reader takes a column for categories by its first rows, even if most of its cells turn out to be
 * numbers. */
Test(survey, categories_by_the_first_rows)
{
    char text[4000];
    size_t used = (size_t)sprintf(text, "a,b,c\n");
    for (int i = 0; i < 300; i++)
        used += (size_t)sprintf(text + used, i < 25 ? "red,%d.5,x\n" : "%d,2,y\n", i % 7);
    gm_survey *s = survey_of(text, NULL);
    const gm_survey_column *a = gm_survey_get_column(s, 0);
    cr_expect_eq(a->kind, GM_SURVEY_WHOLE);
    cr_expect(a->categorical);
    cr_expect_not(a->refused);
    cr_expect_not(a->left_out);
    cr_expect_null(warning_of(s, "cells"));
    cr_expect_not_null(warning_of(s, "text"));
    gm_survey_destroy(s);
}

/* What the options say is not changed, even if it is a mistake. */
Test(survey, the_options_win)
{
    gm_dataset_options options = gm_dataset_options_default();
    options.header = 0;
    gm_survey *s = survey_of("a;b\n1;x\n2;y\n", &options);
    cr_expect_eq(gm_survey_get_facts(s)->rows, 3);
    gm_survey_destroy(s);
    options = gm_dataset_options_default();
    options.target = "a";
    options.regression = true;
    s = survey_of("a,b\n1,0\n2,1\n3,0\n", &options);
    cr_expect_eq(gm_survey_get_facts(s)->target, 0);
    cr_expect(gm_survey_get_facts(s)->reading.regression);
    cr_expect_not(gm_survey_get_facts(s)->guessed);
    gm_survey_destroy(s);
}

Test(survey, what_should_be_known)
{
    expect_warning("when,b,c\n2004-03-10,1,x\n2004-03-11,2,y\n", "date", "column 1 ('when') holds dates");
    expect_warning("id,b,c\n7,1,x\n3,2,y\n9,2,x\n1,1,y\n2,3,x\n", "identifier", "column 1 ('id')");
    expect_warning("n,b,c\n1,1,x\n2,2,y\n3,2,x\n4,1,y\n5,3,x\n", "identifier", "column 1 ('n')");
    expect_warning("n,b,c\n1,1,x\n2,2,y\n4,2,x\n7,1,y\n5,3,x\n", "identifier", NULL);
    expect_warning("humid,b,c\n7,1,x\n3,2,y\n9,2,x\n1,1,y\n2,3,x\n", "identifier", NULL);
    expect_warning("patient_id,b,c\n7,1,x\n7,2,y\n9,2,x\n9,1,y\n2,3,x\n", "group", "--group-column 1");
    expect_warning("a,b,c\n,1,x\n,2,y\n3,2,x\n", "missing", "column 1 ('a') lacks 67 %");
    expect_warning("a,b,c\n,1,x\n,2,y\n", "empty", "column 1 ('a') has no value");
    expect_warning("a,b,c\n5,1,x\n5,2,y\n", "constant", "column 1 has one value");
    expect_warning("a,c\n1,x\n2,y\n3,y\n4,x\n5,x\n6,x\n7,rare\n", "rare",
                   "1 class with one row only ('rare')");
    expect_warning("a,c\n1,x\n2,y\n1,x\n", "duplicates", "1 row is equal");
    expect_warning("a,c\n1,x\n2,y\n3,x\n", "duplicates", NULL);
    expect_warning("a,c\n1,x\n2,\n3,y\n", "missing", "column 2 ('c') is the target, and lacks 1 value");
    expect_warning("a,b,c\n1,1e6,x\n2,5e7,y\n3,9e5,x\n", "scale", "--scaling");
    expect_warning("a,b,c\n1,2,x\n2,-,y\n3,4,x\n", "unread", "1 cell like '-' (line 3)");
    expect_warning("a,c\n-200,x\n1,y\n2,x\n-200,y\n3,x\n", "mark", "holds -200 2 times");
    expect_warning("a,c\n-200,x\n-190,y\n20,x\n-200,y\n3,x\n", "mark", NULL);
    expect_warning("a,a,c\n1,2,x\n3,5,y\n", "name", "column 2 ('a') has the name of another");
    expect_warning("a,b,c\n1,red,x\n2,blue,y\n3,red,x\n", "text", "column 2 holds text");
    expect_warning("\xe9,c\n1,x\n2,y\n", "encoding", "latin1");
    expect_warning("0,1,2\n1.5,2,1\n2.5,3,0\n1.5,2,1\n", "header", "--header yes");
    expect_warning("a;c\n\"1.234,5\";x\n\"2.345,6\";y\n7;x\n", "cells",
                   "2 cells that are no number, the first in line 2");
    expect_warning(",b,c\n1,1,x\n2,2,y\n", "name", "column 1 has no name");
    expect_warning("a,b,d,c\n5,7,1,x\n5,7,2,y\n", "constant", "columns 1 and 2 have one value");
    expect_warning("1,0.5,1.5\n0,1.5,2.5\n1,2.5,1.25\n0,0.5,1.75\n1,0.75,3.5\n0,2,1.5\n1,2,2.5\n0,1,3.25\n"
                   "1,1,2.25\n0,3,0.5\n",
                   "target", "column 1 has 2 different whole numbers");
    expect_warning("x\n1\n2\n", "target", "one column only");
    char text[4000];
    size_t used = (size_t)sprintf(text, "a,year\n");
    for (int i = 0; i < 100; i++)
        used += (size_t)sprintf(text + used, "%d.5,%d\n", i * i % 37, 1900 + i * 7 % 50);
    expect_warning(text, "regression", "50 different whole numbers");
    used = (size_t)sprintf(text, "a,c\n");
    for (int i = 0; i < 40; i++)
        used += (size_t)sprintf(text + used, "%d.5,%s\n", i, i % 20 ? "much" : "little");
    expect_warning(text, "imbalance", "'much' in 95.0 %");
    used = (size_t)sprintf(text, "a,c\n");
    for (int i = 0; i < 40; i++)
        used += (size_t)sprintf(text + used, "%s,%d\n", i == 30 ? "5x" : "1.5", i % 2);
    expect_warning(text, "cells", "1 cell that is no number, the first in line 32: '5x'");
}

Test(survey, a_class_may_be_named_as_a_missing_value_is)
{
    gm_survey *s = survey_of("a,c\n1,NA\n2,x\n3,NA\n4,x\n", NULL);
    cr_expect_eq(gm_survey_get_facts(s)->classes, 2);
    cr_expect_eq(gm_survey_get_column(s, 1)->missing, 0);
    gm_survey_destroy(s);
}

Test(survey, faults_are_those_of_loading)
{
    static const char *const texts[] = {"",
                                        "\n \n",
                                        "a,b\n",
                                        "a,b\n1,2\n3\n",
                                        "a\n\"x\n",
                                        "a,b\n1,\0\n",
                                        "a,b\r1,2\r3,4\r",
                                        ("\xff\xfe"
                                         "a\0\n\0")};
    static const size_t sizes[] = {0, 3, 4, 10, 5, 8, 12, 6};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        gm_survey *survey;
        gm_dataset *dataset;
        gm_error one = {0}, other = {0};
        char *path = write_file("data.csv", texts[i], sizes[i]);
        cr_expect_eq(gm_survey_create(&survey, (const char *const *)&path, 1, NULL, 1, &one), GM_BAD_DATA,
                     "%zu", i);
        cr_expect_eq(gm_dataset_load(&dataset, path, NULL, &other), GM_BAD_DATA, "%zu", i);
        cr_expect_str_eq(one.message, other.message);
        cr_expect_null(survey);
        free(path);
    }
    gm_survey *survey;
    const char *const nowhere = "/nowhere/x.csv";
    cr_expect_eq(gm_survey_create(&survey, &nowhere, 1, NULL, 1, NULL), GM_IO);
    cr_expect_eq(gm_survey_create(&survey, &nowhere, 0, NULL, 1, NULL), GM_USAGE);
}

Test(survey, a_decimal_comma_is_read)
{
    gm_dataset_options options = gm_dataset_options_default();
    options.delimiter = ';';
    options.decimal = ',';
    options.regression = true;
    options.precision = GM_F64;
    gm_dataset *d = load_text("a;b;t\n1,5;-,25;1e-1\n-2;3,;4,5E2\n", &options);
    double x[4], y[2];
    const uint32_t rows[] = {0, 1};
    cr_assert_eq(gm_dataset_gather(d, NULL, rows, 2, gm_mutable_f64(x, 2, 2), gm_mutable_f64(y, 2, 1), NULL),
                 GM_OK);
    static const double expected[] = {1.5, -0.25, -2, 3};
    cr_expect_arr_eq(x, expected, sizeof expected);
    cr_expect_eq(y[0], 0.1);
    cr_expect_eq(y[1], 450);
    gm_dataset_destroy(d);
    const fault faults[] = {
        {"a;t\n1,5;2\n1.234;3\n", GM_BAD_DATA, "got '1.234'; with --decimal , a number has no point"},
        {"a;t\n1,5;2\n1.234,5;3\n", GM_BAD_DATA, "got '1.234,5'; decimals are written"},
        {"a;t\n1,5;2\n1,5,5;3\n", GM_BAD_DATA, "got '1,5,5'"}};
    EXPECT_FAULTS(faults, &options);
    options.decimal = '+';
    const fault mark[] = {{"a;t\n1;2\n", GM_USAGE, "the decimal mark is a point or a comma"}};
    EXPECT_FAULTS(mark, &options);
}

Test(survey, comments_are_left_out)
{
    gm_dataset_options options = gm_dataset_options_default();
    options.comment = "//";
    gm_dataset *d = load_text("// a, \"b\n  // c\na,t\n1,x\n//3\n\n2,y\n//", &options);
    cr_expect_eq(gm_dataset_rows(d), 2);
    cr_expect_str_eq(gm_dataset_feature_name(d, 0), "a");
    gm_dataset_destroy(d);
    const fault faults[] = {{"a,t\n1,x\n3,x\n/2,y\n", GM_BAD_DATA, "data.csv:4:1: column 1 ('a'); "},
                            {"// a\n//b", GM_BAD_DATA, "no rows"},
                            {"//\na,t\n1,x\n# no,y\n2,y\n", GM_BAD_DATA, "say --comment"}};
    EXPECT_FAULTS(faults, &options);
    gm_survey *s = survey_of("a,t\n# one\n1,x\n# two\n2,y\n", NULL);
    cr_expect_eq(gm_survey_get_facts(s)->comments, 2);
    cr_expect_eq(gm_survey_get_facts(s)->rows, 2);
    gm_survey_destroy(s);
}

/* 3 images of 2 x 2 bytes, with labels 1, 3 and 3. */
Test(survey, images)
{
    static const unsigned char images[] = {0, 0, 8, 3, 0,  0,   0, 3, 0,  0, 0, 2, 0,  0,
                                           0, 2, 0, 7, 10, 255, 0, 7, 20, 1, 0, 7, 60, 255};
    static const unsigned char labels[] = {0, 0, 8, 1, 0, 0, 0, 3, 1, 3, 3};
    char *x = write_file("x", images, sizeof images), *y = write_file("y", labels, sizeof labels);
    gm_dataset_options options = gm_dataset_options_default();
    options.labels = y;
    gm_survey *s = NULL;
    gm_error error = {0};
    cr_assert_eq(gm_survey_create(&s, (const char *const *)&x, 1, &options, 1, &error), GM_OK, "%s",
                 error.message);
    const gm_survey_facts *facts = gm_survey_get_facts(s);
    cr_expect_str_eq(facts->format, "IDX");
    cr_expect_eq(facts->dimensions, 3);
    cr_expect_eq(facts->sizes[0], 3);
    cr_expect_eq(facts->sizes[2], 2);
    cr_expect_eq(facts->columns, 5);
    cr_expect_eq(facts->target, 4);
    cr_expect_eq(facts->classes, 2);
    const gm_survey_column *third = gm_survey_get_column(s, 2), *target = gm_survey_get_column(s, 4);
    cr_expect(gm_survey_get_column(s, 0)->constant);
    cr_expect_eq(third->mean, 30);
    cr_expect_float_eq(third->deviation, sqrt((400 + 100 + 900) / 3.0), 1e-12);
    cr_expect_eq(third->bins[0], 1);
    cr_expect_eq(third->bins[4], 1); /* (20 - 10) / 50 * 24 = 4.8 */
    cr_expect_eq(third->bins[23], 1);
    cr_expect_str_eq(target->values[0].text, "1");
    cr_expect_str_eq(target->values[1].text, "3");
    cr_expect_eq(target->values[1].count, 2);
    cr_expect_not_null(gm_survey_dataset(s));
    gm_survey_destroy(s);
    free(x);
    free(y);
}

/* Tests CSV files as other programs write them: how they are understood, and the hint in each error message.
 */
#include "data_files.h"

#include "data/csv_diagnosis.h"

TestSuite(data_diagnosis, .init = make_folder, .fini = remove_folder);

/* A text, how it is read, and part of the line that refuses it. */
typedef struct hint {
    const char *text, *target;
    char delimiter;
    const char *line;
} hint;

static void expect_hints(const hint *hints, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        gm_dataset_options options = gm_dataset_options_default();
        options.delimiter = hints[i].delimiter;
        options.target = hints[i].target;
        const fault faults[] = {{hints[i].text, GM_BAD_DATA, hints[i].line}};
        EXPECT_FAULTS(faults, &options);
    }
}

#define EXPECT_HINTS(hints) expect_hints(hints, sizeof(hints) / sizeof *(hints))

Test(data_diagnosis, the_separator_is_named)
{
    static const hint hints[] = {
        {"a|t\n1|x\n2|y\n", NULL, 0,
         "only one column; expected at least one feature and the target; the cells seem "
         "to be separated by '|': say --delim '|'"},
        {"a;t\n1;x\n2;y\n", NULL, 0, "separated by ';': say --delim ';'"},
        {"a\tt\n1\tx\n2\ty\n", NULL, 0, "separated by tabs: say --delim tab"},
        {"a,t\n1,x\n2,y\n", NULL, ';', "separated by ',': say --delim ','"},
        {" 1.5   2\n 2.5\t3 \n", NULL, 0, "separated by blanks: say --delim blanks"},
        {"\"a b\";\"q\"\n1;3\n2;5\n", NULL, 0,
         "data.csv:1:1: text behind the quoted cell that begins here; expected "
         "a delimiter or a line end; the cells seem to be separated by ';'"},
        {"1,5;2,5\n3,5;4,5\n", NULL, 0,
         "data.csv:1:3: column 2; expected a decimal number of at most 3.4e38, got "
         "'5;2'; the cells seem to be separated by ';': say --delim ';'"},
    };
    EXPECT_HINTS(hints);
}

Test(data_diagnosis, columns_of_text_are_named_and_make_no_header)
{
    static const hint hints[] = {
        {"age,work,y\n41,?,1\n29,Private,0\n30,State,1\n", NULL, 0,
         "data.csv:2:4: column 2 ('work'); expected a value, got '?'; say --missing most-frequent or --missing drop"},
        {"a,t\n1,2\n3,4\nred,5\n", NULL, 0,
         "data.csv:4:1: column 1 ('a'); expected a decimal number of at most 3.4e38, got 'red'; if the column holds "
         "categories, say --categorical 1"},
        {"when,x,t\n10/03/2004,1.5,0\n11/03/2004,1.6,1\n", NULL, 0,
         "got '10/03/2004'; column 1 holds dates or times: leave it out with --ignore 1, or make numbers of it"},
        {"x,t\n2004-03-10T18:00:00Z,0\n2004-03-10T19:00:00Z,1\n", NULL, 0, "column 1 holds dates or times"},
        {"date;x;y\n01.02.2004;1,5;a\n02.02.2004;2,5;b\n", NULL, ';',
         "data.csv:2:1: column 1 ('date'); expected"},
        {"x,t\n18.00.00,0\n19.00.00,1\n", NULL, 0, "column 1 holds dates or times"},
        {"a,b,c\n1,5%,x\n3,4%,y\n", NULL, 0,
         "got '5%'; column 2 holds text: say --categorical, or leave it out with --ignore"},
        {"a,b,c,d\n1,5%,3%,x\n3,4%,3%,y\n", NULL, 0,
         "got '5%'; columns 2 and 3 hold text: say --categorical, or leave them out with --ignore"},
        {"a,b,c\n1,10-Mar-2004,x\n3,11-Mar-2004,y\n", NULL, 0, "column 2 holds text"},
        {"v,x,t\nu,u,u\na,1,b\nb,1,c\n", "none", 0, "column 2 ('x'); expected a decimal number"},
    };
    EXPECT_HINTS(hints);
}

/* A table without numbers: the names of the columns occur once, its texts again and again. */
Test(data_diagnosis, a_header_above_nothing_but_texts)
{
    gm_dataset *d = load_text("class,cap,odor\ne,x,n\np,x,f\ne,b,n\np,f,f\n", NULL);
    cr_expect_eq(gm_dataset_rows(d), 4);
    cr_expect_str_eq(gm_dataset_target_name(d, 0), "class");
    cr_expect(strstr(gm_dataset_remark(d, 0), "the texts of the first row occur in no other row"));
    gm_dataset_destroy(d);
    static const char *const headless[] = {
        "e,x,n\np,x,f\ne,b,n\np,f,f\n", /* its texts occur again */
        "a,b\nc,d\ne,f\n",              /* nothing does */
    };
    for (size_t i = 0; i < 2; i++) {
        d = load_text(headless[i], NULL);
        cr_expect_eq(gm_dataset_rows(d), i == 0 ? 4 : 3);
        cr_expect_null(gm_dataset_feature_name(d, 0));
        gm_dataset_destroy(d);
    }
}

Test(data_diagnosis, what_is_wrong_with_a_cell)
{
    static const hint hints[] = {
        {"a,t\n1,2\n-,4\n", NULL, 0,
         "got '-'; a missing value is spelled as an empty cell, ?, NA, N/A, #N/A, NULL or NaN, and needs --missing"},
        {"a,t\n1,2\nNone,4\n", NULL, 0, "got 'None'; a missing value is spelled as an empty cell"},
        {"a,t\n1,2\n.,4\n", NULL, 0, "got '.'; a missing value is spelled as an empty cell"},
        {"a,t\n1,2\ninf,4\n", NULL, 0, "got 'inf'; an infinity is no number to train on"},
        {"a;t\n1,5;2\n3,5;4\n", NULL, ';', "got '1,5'; decimals are written with a point"},
        {"a,t\n\"1,234\",2\n5,4\n", NULL, 0, "got '1,234'; decimals are written with a point"},
        {"oops,2.5,0\n3,4.5,1\n", NULL, 0,
         "data.csv:1:1: column 1; expected a decimal number of at most 3.4e38, got "
         "'oops'; if the first row is a header, say --header yes"},
    };
    EXPECT_HINTS(hints);
}

Test(data_diagnosis, text_that_is_no_table)
{
    static const hint hints[] = {
        {"# by a tool\na,t\n1,x\n2,y\n", NULL, 0, "line 1 is a comment"},
        {"#a;b;t\n1;2;0\n3;4;1\n", NULL, ',', "separated by ';': say --delim ';'"},
        {"#by;a\na;b;t\n1;2;0\n3;4;1\n", NULL, ',', "line 1 is a comment"},
        {"a,t\n1,0\n# the end\n2,1\n", NULL, 0,
         "data.csv:3: a row of another length; expected 2 cells, got 1; this "
         "line is a comment"},
        {"% notes\n@RELATION x\n@attribute a numeric\n@data\n1,0\n2,1\n", NULL, 0,
         "this looks like an ARFF file"},
        {"1 1:0.5 3:2\n0 2:7 3:1\n", NULL, GM_CSV_BLANKS, "this looks like LIBSVM text"},
    };
    EXPECT_HINTS(hints);
    static const char utf16[] = "1\0,\0002\0,\0000\0\n\0003\0,\0004\0,\0001\0\n";
    char *path = write_file("data.csv", utf16, sizeof utf16);
    expect_refusal(path, NULL, GM_BAD_DATA,
                   "data.csv:1:2: a NUL byte; expected text; this looks like UTF-16 text");
    free(path);
}

Test(data_diagnosis, a_binary_file_is_not_taken_for_utf16)
{
    static const char binary[] = "\1\2\3\4\0\0\0\0\0\0\0\0\0\0\0\0,\0\0\0\0\0\n\0\0\0,\0\0";
    char *path = write_file("data.csv", binary, sizeof binary);
    expect_refusal(path, NULL, GM_BAD_DATA,
                   "a NUL byte; expected text; this looks like a binary file, not like CSV");
    free(path);
}

/* numpy.savetxt and others begin a header with '#'; what is no header is a comment, and never a row. */
Test(data_diagnosis, a_header_may_begin_with_a_number_sign)
{
    gm_dataset *d = load_text("# a, b,c\n1,2,x\n3,4,y\n", NULL);
    cr_expect_eq(gm_dataset_rows(d), 2);
    cr_expect_str_eq(gm_dataset_feature_name(d, 0), "a");
    cr_expect(has_remark(d, "the header begins with '#', which is left out of the name of column 1, 'a'"));
    gm_columns *columns;
    cr_assert_eq(gm_columns_fit(&columns, d, NULL, NULL), GM_OK);
    gm_dataset_destroy(d);
    gm_dataset_options options = gm_dataset_options_default();
    options.columns = columns;
    d = load_text("#b,a,c\n1,2,x\n3,4,y\n", &options);
    cr_expect_eq(feature(d, 0, 0), 2, "matched by the name without the sign");
    gm_dataset_destroy(d);
    gm_columns_destroy(columns);
    d = load_text("#,b,c\n1,2,x\n3,4,y\n", NULL); /* a name of its own, as of a column that counts */
    cr_expect_str_eq(gm_dataset_feature_name(d, 0), "#");
    gm_dataset_destroy(d);
}

Test(data_diagnosis, a_row_that_is_a_comment_is_named_as_one)
{
    static const hint hints[] = {
        {"#1,2,0\n3,4,1\n5,6,0\n", NULL, 0,
         "data.csv:1:1: column 1; expected a decimal number of at most 3.4e38, got '#1'; this line is a comment: "
         "delete it"},
        {"a,b,c\n1,2,0\n# x,y,z\n3,4,1\n", NULL, 0, "got '# x'; this line is a comment: delete it"},
        {"x,1,2\ny,2,1\n// u,v,w\n", "1", 0, "got 'v'; this line is a comment: delete it"},
    };
    EXPECT_HINTS(hints);
    gm_dataset_options options = gm_dataset_options_default();
    options.target = "1";
    gm_dataset *d = load_text("x,1,2\ny,2,1\n#x,3,4\n", &options);
    cr_expect(has_remark(d, "class '#x' begins as a comment does; if its rows are comments, delete them"));
    gm_dataset_destroy(d);
    d = load_text("#x,1,2\n#y,2,1\n#x,3,4\n", &options); /* all of them: these are their names */
    cr_expect_eq(gm_dataset_rows(d), 3);
    cr_expect_str_eq(gm_dataset_class_name(d, 0), "#x");
    cr_expect_not(has_remark(d, "begins as a comment does; if its rows are comments, delete them"));
    gm_dataset_destroy(d);
}

Test(data_diagnosis, rows_of_another_length)
{
    static const hint hints[] = {
        {"1\t2\ta\n3\t\t4\tb\n", NULL, '\t',
         "data.csv:2: a row of another length; expected 3 cells, got 4; two tabs in a row make an empty cell"},
        {"1,2,a\n3,,4,b\n", NULL, 0, "expected 3 cells, got 4; two delimiters in a row make an empty cell"},
        {"1,2,a\n3,4,b,\n", NULL, 0, "expected 3 cells, got 4; the row ends with a delimiter"},
        {"a,t\n1,2\n3\n", NULL, 0, "data.csv:3: a row of another length; expected 2 cells, got 1"},
    };
    EXPECT_HINTS(hints);
}

/* Two tables that differ in what separates their cells only. */
Test(data_diagnosis, cells_separated_by_blanks_are_read)
{
    gm_dataset_options options = gm_dataset_options_default();
    options.delimiter = GM_CSV_BLANKS;
    gm_dataset *d =
        load_text("  x   y\tc \n\t 1.5  2 \t a\t\n\n2.5\t \t3 \"b c\"  \r\n \t \n4 5 NA", &options);
    cr_assert_eq(gm_dataset_rows(d), 3);
    cr_assert_eq(gm_dataset_features(d), 2);
    cr_expect_eq(feature(d, 0, 1), 2);
    cr_expect_eq(feature(d, 1, 0), 2.5);
    cr_expect_eq(feature(d, 2, 1), 5);
    cr_expect_str_eq(gm_dataset_class_name(d, gm_dataset_label(d, 1)), "b c");
    cr_expect_str_eq(gm_dataset_class_name(d, gm_dataset_label(d, 2)), "NA");
    gm_dataset_destroy(d);
    static const fault faults[] = {{"1 2 0\n3  4\n", GM_BAD_DATA, "data.csv:2: a row of another length"}};
    EXPECT_FAULTS(faults, &options);
}

Test(data_diagnosis, empty_columns_at_the_end_are_left_out)
{
    gm_dataset_options options = gm_dataset_options_default();
    options.delimiter = ';';
    gm_dataset *d = load_text("x;t;;\n1;a;;\n2;b;;\n", &options);
    cr_expect_eq(gm_dataset_features(d), 1);
    cr_expect(has_remark(d, "label column 't'"));
    cr_expect(has_remark(d, "columns 3 to 4 are left out: they have no names and no values"));
    gm_dataset_destroy(d);
    d = load_text("1;2;\n3;4;\n", &options);
    cr_expect_eq(gm_dataset_features(d), 1);
    cr_expect(has_remark(d, "column 3 is left out: it has no values"));
    gm_dataset_destroy(d);
    char text[400] = "x;t;\n";
    for (int r = 0; r < 40; r++)
        strcat(text, r % 2 ? "1;a;\n" : "2;b;\n");
    strcat(text, "3;a;note\n");
    const fault late[] = {
        {text, GM_BAD_DATA, "data.csv:42:5: column 3 has no name and was empty in the first rows"}};
    EXPECT_FAULTS(late, &options);
    static const fault named[] = {{"x;t;u\n1;2;\n2;3;\n", GM_BAD_DATA, "column 3 ('u'); expected a value"}};
    EXPECT_FAULTS(named, &options);
}

/* A row of data that is taken for a header is lost. */
Test(data_diagnosis, a_target_by_number_makes_no_header)
{
    static const hint hints[] = {
        {"1,2,0\n3,4,1\n5,6,0\n", "0", 0,
         "data.csv:1: no target column '0'; the file has no header: the first row holds numbers like the rows below; "
         "expected a number from 1 to 3 or -3 to -1; if the first row is a header, say --header yes"},
        {"5.1,3.5,7\n4.9,3.0,8\n", "7", 0, "no target column '7'; the file has no header"},
        {"2019,2020\n3,4\n5,6\n", "2020", 0, "if the first row is a header, say --header yes"},
        {"5.1,3.5,setosa\n4.9,3.0,setosa\n6.3,2.9,virginica\n", "setosa", 0,
         "no target column 'setosa'; the file has no"},
        {"length,width,species\n1,2,a\n3,4,b\n", "specie", 0, "did you mean 'species'?"},
        {"length,width,species\n1,2,a\n3,4,b\n", "4", 0, "or a number from 1 to 3 or -3 to -1"},
    };
    EXPECT_HINTS(hints);
}

Test(data_diagnosis, words_with_a_meaning_are_names_first)
{
    gm_dataset_options options = gm_dataset_options_default();
    options.target = "none";
    gm_dataset *d = load_text("x,none,y\n1,a,2\n3,b,4\n", &options);
    cr_expect_eq(gm_dataset_targets(d), 2);
    cr_expect_eq(feature(d, 1, 1), 4);
    gm_dataset_destroy(d);
    d = load_text("x,c\n1,none\n2,NA\n3,?\n", NULL);
    cr_expect_eq(gm_dataset_targets(d), 3);
    cr_expect_not(has_remark(d, "missing label"));
    gm_dataset_destroy(d);
    d = load_text("x,c\n1,0\n2,1\n3,nan\n", NULL);
    cr_expect_eq(gm_dataset_targets(d), 3);
    cr_expect(has_remark(d, "'nan' is taken for the name of a class; if it stands for a missing label"));
    gm_dataset_destroy(d);
}

Test(data_diagnosis, remarks_say_why)
{
    static const struct {
        const char *text, *remark;
    } cases[] = {
        {"a,t\n1,x\n2,y\n",
         "header found: 1 feature, label column 't' (the first row holds names above numbers)"},
        {"1,0\n2,1\n3,0\n",
         "no header: 1 feature, label column 2 (the first row holds numbers like the rows below)"},
        {"0,1,2,3\n1,2,3,0\n4,5,6,1\n2,2,3,0\n4,4,6,1\n",
         "class '3' occurs once, in row 1: if that row is a header"},
        {"0.1,0.2,class\n1.1,3.3,0\n1.2,3,1\n1.5,4,1\n2.5,4,0\n", "class 'class' occurs once, in row 1"},
        {"label,p0,p1\n3,0,255\n4,7,0\n",
         "label column 'label' (the first row holds names above numbers); it was "
         "chosen by its name: --target -1 takes the last column, 'p1'"},
        {"y,x\n3,0\n4,7\n", "label column 'x'"},
        {"y,x\n3,0\n4,7\n", "column 1 is named 'y'; if it is the target, say --target 1"},
        {"label,x,class\n3,0,0\n4,7,1\n", "label column 'class'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gm_dataset *d = load_text(cases[i].text, NULL);
        cr_expect(has_remark(d, cases[i].remark), "'%s', got '%s'", cases[i].remark, gm_dataset_remark(d, 0));
        gm_dataset_destroy(d);
    }
    gm_dataset *rare = load_text("5.1,3.5,a\n4.9,3.0,b\n4.7,3.2,b\n", NULL);
    cr_expect_not(has_remark(rare, "occurs once"), "no header has decimals");
    gm_dataset_destroy(rare);
    gm_dataset_options options = gm_dataset_options_default();
    options.regression = true;
    gm_dataset *d = load_text("0,1,2\n1.5,2.5,3.5\n4.5,5,6\n", &options);
    cr_expect(has_remark(d, "row 1 counts up by one from cell to cell: if it is a header, say --header yes"));
    cr_expect_eq(gm_dataset_rows(d), 3);
    gm_dataset_destroy(d);
}

/* A first column "y" is remarked on only if nobody said what the target is, and it is not the target. */
Test(data_diagnosis, a_first_column_named_y)
{
    static const struct {
        const char *text, *target;
        bool remarked;
    } cases[] = {{"y,x\n3,0\n4,7\n", NULL, true},       {"Y,x\n3,0\n4,7\n", NULL, true},
                 {"y,x\n3,0\n4,7\n", "x", false},       {"y,x\n3,0\n4,7\n", "y", false},
                 {"x,y\n3,0\n4,7\n", NULL, false},      {"z,x\n3,0\n4,7\n", NULL, false},
                 {"y,x,t\n3,0,1\n4,7,2\n", "-1", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gm_dataset_options options = gm_dataset_options_default();
        options.target = cases[i].target;
        gm_dataset *d = load_text(cases[i].text, &options);
        cr_expect_eq(has_remark(d, "column 1 is named 'y'"), cases[i].remarked, "%s, target %s",
                     cases[i].text, cases[i].target ? cases[i].target : "not given");
        gm_dataset_destroy(d);
    }
}

Test(data_diagnosis, long_first_lines_are_seen_whole)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    for (int row = -1; row < 3; row++) {
        for (int c = 0; c < 20000; c++)
            fprintf(stream, row < 0 ? "column%d," : "%d.5,", c);
        fprintf(stream, row < 0 ? "class\n" : "%d\n", row % 2);
    }
    fclose(stream);
    gm_dataset *d = load_text(text, NULL);
    cr_expect_eq(gm_dataset_rows(d), 3);
    cr_expect_eq(gm_dataset_features(d), 20000);
    gm_dataset_destroy(d);
    free(text);
}

/* A quoted cell may be longer than the sample. Then the diagnosis knows nothing about the columns, but the
 * file is read. */
Test(data_diagnosis, first_rows_longer_than_the_sample)
{
    char text[200] = "\"a";
    for (int line = 0; line < 40; line++)
        strcat(text, "\n");
    strcat(text, "\",1,c\n1,2,x\n3,4,y\n");
    gm_dataset_options options = gm_dataset_options_default();
    options.target = "c";
    gm_dataset *d = load_text(text, &options);
    cr_expect_eq(gm_dataset_rows(d), 2);
    gm_dataset_destroy(d);
    const fault faults[] = {{text, GM_BAD_DATA, "data.csv:1:1: column 1; expected a decimal number"}};
    EXPECT_FAULTS(faults, NULL);
}

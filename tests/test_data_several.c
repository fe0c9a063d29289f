/* Tests data sets of several files of text, whose rows follow each other. */
#include "data_files.h"

TestSuite(data_several, .init = make_folder, .fini = remove_folder);

#define MOST 4

/* Writes texts as a.csv, b.csv, ... and loads them. */
static gm_status load_texts(gm_dataset **dataset, const char *const *texts, size_t count,
                            const gm_dataset_options *options, gm_error *error)
{
    char *paths[MOST] = {NULL};
    for (size_t i = 0; i < count; i++) {
        const char name[] = {(char)('a' + i), '.', 'c', 's', 'v', '\0'};
        paths[i] = write_file(name, texts[i], strlen(texts[i]));
    }
    const gm_status status =
        gm_dataset_load_files(dataset, (const char *const *)paths, count, options, error);
    for (size_t i = 0; i < count; i++)
        free(paths[i]);
    return status;
}

/* Expects 4 rows of the features 1 to 8, with the classes x, x, y, x. */
static void expect_rows(const char *const *texts, size_t count)
{
    gm_dataset *d;
    gm_error error = {0};
    cr_assert_eq(load_texts(&d, texts, count, NULL, &error), GM_OK, "%s", error.message);
    cr_assert_eq(gm_dataset_rows(d), 4);
    for (uint32_t i = 0; i < 8; i++)
        cr_expect_eq(stored(d, i / 2, i % 2), i + 1);
    for (uint32_t r = 0; r < 4; r++)
        cr_expect_eq(gm_dataset_label(d, r), r == 2);
    gm_dataset_destroy(d);
}

static void expect_failure(const char *const *texts, size_t count, const char *line)
{
    gm_dataset *d;
    gm_error error = {0};
    cr_expect_eq(load_texts(&d, texts, count, NULL, &error), GM_BAD_DATA);
    cr_expect_null(d);
    cr_expect(strstr(error.message, line), "expected '%s', got '%s'", line, error.message);
}

Test(data_several, rows_follow_each_other)
{
    /* with a header in each, in the first only, and in none; with and without an end of the last line; a
     * class that is alone in its file; a header and no rows */
    static const char *const texts[][3] = {
        {"a,b,class\n1,2,x\n3,4,x", "a,b,class\n5,6,y\n", "a,b,class\n7,8,x\n"},
        {"a,b,class\n1,2,x\n3,4,x\n", "5,6,y", "7,8,x\n"},
        {"1,2,x\n3,4,x\n", "5,6,y\n", "7,8,x"},
        {"# a,b,class\n1,2,x\n3,4,x\n", "# a,b,class\n5,6,y\n\n", "\xef\xbb\xbf# a,b,class\r\n7,8,x\r\n"},
        {"a,b,class\n", "a,b,class\n1,2,x\n3,4,x\n5,6,y\n", "a,b,class\n7,8,x\n"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_rows(texts[i], 3);
    expect_rows((const char *const[]){"x 1:1 2:2\nx 1:3 2:4\n", "y 1:5 2:6 # comment", "# none\nx 1:7 2:8\n"},
                3);
}

Test(data_several, errors_name_the_file)
{
    expect_failure((const char *const[]){"a,b,class\n1,2,x\n", "a,b,class\n5,6,y\n7,zz,y\n"}, 2,
                   "b.csv:3:3: column 2 ('b'); expected a decimal number of at most 3.4e38, got 'zz'");
    expect_failure((const char *const[]){"a,b,class\n1,2,x\n", "a,c,class\n5,6,y\n"}, 2,
                   "b.csv:1: another header than that of the first file; column 2 is 'c', expected 'b'");
    expect_failure((const char *const[]){"a,b,class\n1,2,x\n", "a,b\n5,6\n"}, 2,
                   "b.csv:1: a header of 2 columns; expected 3, as in the first file");
    expect_failure((const char *const[]){"1,2,x\n3,4,y\n", "1,2,3,x\n"}, 2,
                   "b.csv:1: a row of another length; expected 3 cells, got 4");
    expect_failure((const char *const[]){"1,2,x\n3,4,x\n", "1,2,x\n", "5,6,x\n"}, 3,
                   "a.csv and 2 more files: only one class");
    expect_failure((const char *const[]){"1 1:2\n2 1:3\n", "1 1:4\n2 x\n"}, 2,
                   "b.csv:2:3: expected INDEX:VALUE");
    expect_failure((const char *const[]){"1,2,x\n3,4,y\n", "<html>\n"}, 2, "b.csv: a web page");
}

Test(data_several, arrays_are_one_file)
{
    expect_failure((const char *const[]){"\x93NUMPY\1", "1,2\n"}, 2,
                   "a.csv: several files can be read if they are CSV or LIBSVM; got an NPY file");
    gm_dataset *d;
    gm_error error = {0};
    cr_expect_eq(gm_dataset_load_files(&d, NULL, 0, NULL, &error), GM_USAGE);
}

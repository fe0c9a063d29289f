/* Tests arrays of NumPy (NPY): every type, heads that are wrong, and what becomes a feature or a target. */
#include "array_files.h"

#include <math.h>

TestSuite(data_npy, .init = make_folder, .fini = remove_folder);

/* 3 rows of 2 floats. */
static const float six[] = {1, -2, 3, 4.5F, 5, 6};

static void expect_six(const char *path, const gm_dataset_options *options)
{
    gm_dataset *d = expect_load(path, options);
    cr_assert_eq(gm_dataset_rows(d), 3);
    cr_assert_eq(gm_dataset_features(d), 2);
    for (uint32_t i = 0; i < 6; i++)
        cr_expect_eq(stored(d, i / 2, i % 2), (double)six[i]);
    gm_dataset_destroy(d);
}

/* Whether a name of the fixture has this part. */
static bool has(const char *name, const char *part)
{
    return strstr(name, part) != NULL;
}

static double fixture_number(const char *name, size_t i)
{
    const double value = (double)(i * 7 % 23);
    if (*name == 'b')
        return fmod(value, 2);
    if (*name == 'u')
        return value;
    return *name == 'i' ? value - 11 : (value - 11) / 2;
}

/* tests/fixtures/make_arrays_fixture.py says what the arrays hold. */
static void expect_fixture(const char *path, const char *name, gm_precision precision)
{
    gm_dataset_options options = gm_dataset_options_default();
    options.x_member = name;
    options.precision = precision;
    gm_dataset *d = expect_load(path, &options);
    cr_assert_eq(gm_dataset_rows(d), 4, "%s", name);
    cr_assert_eq(gm_dataset_features(d), 6, "%s", name);
    cr_expect_eq(gm_dataset_type(d), has(name, "u1")       ? GM_TYPE_U8
                                     : precision == GM_F64 ? GM_TYPE_F64
                                                           : GM_TYPE_F32);
    for (uint32_t i = 0; i < 24; i++)
        cr_expect_eq(stored(d, i / 6, i % 6), fixture_number(name, i), "%s, element %u", name, i);
    gm_dataset_destroy(d);
}

Test(data_npy, every_type_and_order_of_numpy)
{
    static const char *const types[] = {"b1", "u1", "u2", "u4", "u8", "i1",
                                        "i2", "i4", "i8", "f2", "f4", "f8"};
    char path[600], name[40];
    snprintf(path, sizeof path, "%s/tests/fixtures/arrays.npz", getenv("GM_SOURCE_DIR"));
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        for (int form = 0; form < 4; form++) {
            snprintf(name, sizeof name, "%s-%s-%c", types[i], form & 1 ? "big" : "little",
                     form & 2 ? 'F' : 'C');
            expect_fixture(path, name, GM_F32);
            expect_fixture(path, name, GM_F64);
        }
    }
    expect_fixture(path, "version-2", GM_F32);
    expect_fixture(path, "version-3", GM_F64);
}

Test(data_npy, half_precision)
{
    static const uint16_t halves[] = {0x3C00, 0xC000, 0x0001, 0x03FF, 0x7BFF, 0x8000};
    static const double values[] = {1, -2, 0x1p-24, 0x3FFp-24, 65504, -0.0};
    const bytes file = npy_of("=f2", "(6, 1)", halves, sizeof halves);
    char *path = save_bytes("x.npy", &file);
    gm_dataset *d = expect_load(path, NULL);
    for (uint32_t i = 0; i < 6; i++) {
        cr_expect_eq(stored(d, i, 0), values[i]);
        cr_expect_eq(signbit(stored(d, i, 0)), signbit(values[i]));
    }
    gm_dataset_destroy(d);
    free(path);
}

/* Many columns and rows, so that a Fortran array is read in several blocks. */
Test(data_npy, fortran_order_in_blocks)
{
    enum { ROWS = 150, COLUMNS = 37 };
    static float columns[COLUMNS][ROWS];
    bytes head = npy("{'shape': (150, 37), 'fortran_order': True, \"descr\": \"<f4\"}  ", NULL, 0);
    for (size_t c = 0; c < COLUMNS; c++)
        for (size_t r = 0; r < ROWS; r++)
            columns[c][r] = (float)(r * 1000 + c);
    static uint8_t whole[sizeof columns + 200];
    memcpy(whole, head.data, head.size);
    memcpy(whole + head.size, columns, sizeof columns);
    char *path = write_file("x.npy", whole, head.size + sizeof columns);
    gm_dataset_options options = gm_dataset_options_default();
    options.target = "-2";
    options.regression = true;
    gm_dataset *d = expect_load(path, &options);
    cr_assert_eq(gm_dataset_features(d), COLUMNS - 1);
    for (uint32_t r = 0; r < ROWS; r++) {
        cr_expect_eq(gm_table_value(d->table, r, 0), r * 1000 + 35);
        for (uint32_t c = 0; c < COLUMNS - 1; c++)
            cr_expect_eq(stored(d, r, c), r * 1000 + c + (c == 35));
    }
    gm_dataset_destroy(d);
    free(path);
}

Test(data_npy, plain_or_gzip)
{
    const bytes file = npy_of("<f4", "(3, 2)", six, sizeof six);
    char *path = save_bytes("x", &file), *packed = write_gzip("y", file.data, file.size);
    expect_six(path, NULL);
    expect_six(packed, NULL);
    free(path);
    free(packed);
}

Test(data_npy, heads_that_are_wrong)
{
#define TYPE  "'descr': '<f4', "
#define ORDER "'fortran_order': False, "
#define SHAPE "'shape': (3, 2), "
    static const struct {
        const char *text, *line;
    } cases[] = {
        {"", "byte 1 of the text of its head: expected a dictionary"},
        {"[]", "expected a dictionary"},
        {"{" TYPE ORDER "}", "expected the keys 'descr', 'fortran_order' and 'shape'"},
        {"{" TYPE ORDER SHAPE "'more': 1}", "expected no keys but 'descr', 'fortran_order' and 'shape'"},
        {"{" TYPE ORDER SHAPE TYPE "}", "expected each key once"},
        {"{" TYPE ORDER "'shape': __import__('os').system('true')}", "expected a tuple of sizes"},
        {"{" TYPE "'fortran_order': 0, " SHAPE "}", "expected True or False for 'fortran_order'"},
        {"{" TYPE ORDER "'shape': (3)}", "expected a tuple of sizes"},
        {"{" TYPE ORDER "'shape': (3, -2)}", "expected whole numbers for 'shape'"},
        {"{" TYPE ORDER "'shape': (3 2)}", "expected a comma between the sizes"},
        {"{" TYPE ORDER "'shape': (3, 18446744073709551616)}", "expected sizes that a memory can have"},
        {"{" TYPE ORDER "'shape': (4294967296, 4294967296)}",
         "an array of 4294967296 x 4294967296 numbers is larger than any file"},
        {"{" TYPE ORDER "'shape': (1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)}",
         "expected at most 32 dimensions"},
        {"{" TYPE ORDER "'shape': (3, 0)}", "no rows or no columns; its array is 3 x 0"},
        {"{" TYPE ORDER "'shape': ()}", "its array is a single number; expected rows"},
        {"{" TYPE ORDER SHAPE "} x", "expected nothing behind the dictionary"},
        {"{" TYPE ORDER "'shape': (3, 2)", "expected a comma between the keys"},
        {"{'descr' '<f4'}", "expected a colon behind a key"},
        {"{'descr': '\\x3cf4', " ORDER SHAPE "}", "expected a type of numbers, such as '<f4'"},
        {"{'descr': [('a', '<f4')], " ORDER SHAPE "}",
         "its array holds records; save the columns as one array of numbers"},
        {"{'descr': '|O', " ORDER SHAPE "}",
         "its array holds Python objects, which are a pickle (dtype '|O'); pickles are never read"},
        {"{'descr': '<U3', " ORDER SHAPE "}", "its array holds texts (dtype '<U3'); give texts numbers"},
        {"{'descr': '<c8', " ORDER SHAPE "}", "its array holds complex numbers"},
        {"{'descr': '<f16', " ORDER SHAPE "}", "its array holds numbers of a width that is not read"},
        {"{'descr': '<M8[ns]', " ORDER SHAPE "}", "its array holds dates"},
        {"{'descr': '', " ORDER SHAPE "}", "its array holds something that is not read (dtype '')"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const bytes file = npy(cases[i].text, six, sizeof six);
        char *path = save_bytes("x.npy", &file);
        expect_refusal(path, NULL, GM_BAD_DATA, cases[i].line);
        free(path);
    }
}

/* Changes single bytes of a file that is right. */
Test(data_npy, versions_and_lengths_that_are_wrong)
{
    static const struct {
        size_t at;
        uint8_t value;
        const char *line;
    } cases[] = {
        {6, 4, "NPY version 4.0; expected 1.0, 2.0 or 3.0"},
        {7, 7, "NPY version 1.7"},
        {6, 2, "its head declares a text of"}, /* the text is taken for the upper half of its length */
        {9, 0xFF, "more than the file has"},
        {8, 10, "the text of its head does not end with a new line"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bytes file = npy_of("<f4", "(3, 2)", six, sizeof six);
        file.data[cases[i].at] = cases[i].value;
        char *path = save_bytes("x.npy", &file);
        expect_refusal(path, NULL, GM_BAD_DATA, cases[i].line);
        free(path);
    }
}

Test(data_npy, data_that_is_short_or_long_by_a_byte)
{
    const bytes file = npy_of("<f4", "(3, 2)", six, sizeof six);
    for (int change = -1; change <= 1; change += 2) {
        char *path = write_file("x.npy", file.data, file.size + (size_t)change);
        expect_refusal(path, NULL, GM_BAD_DATA,
                       change < 0 ? "23 bytes of numbers; expected 24 for an array of 3 x 2; is it a partial"
                                  : "25 bytes of numbers; expected 24 for an array of 3 x 2");
        free(path);
        path = write_gzip("x.npy", file.data, file.size + (size_t)change);
        expect_refusal(path, NULL, GM_BAD_DATA,
                       change < 0 ? "the file is cut short; expected an array of 3 x 2"
                                  : "more data than declared; expected an array of 3 x 2");
        free(path);
    }
}

Test(data_npy, every_prefix_is_refused)
{
    const bytes file = npy_of("<f4", "(3, 2)", six, sizeof six);
    for (size_t size = 0; size < file.size; size++) {
        gm_dataset *d;
        gm_error error = {0};
        char *path = write_file("x.npy", file.data, size);
        cr_expect_eq(gm_dataset_load(&d, path, NULL, &error), GM_BAD_DATA, "%zu bytes", size);
        free(path);
    }
}

/* A compressed file whose head declares more than it can hold is refused before memory is taken; one that
 * declares a possible size gets memory step by step. */
Test(data_npy, gzip_that_promises_too_much)
{
    bytes file = npy_of("<f4", "(1000000, 1000000)", six, sizeof six);
    char *path = write_gzip("x.npy", file.data, file.size);
    expect_refusal(path, NULL, GM_BAD_DATA, "numbers cannot be in a file of this size");
    free(path);
}

/* Rows of 3, 2 and 1 numbers: NaN, and an infinity. */
static char *save_gaps(const char *name, float first)
{
    const float gaps[] = {1, NAN, 3, 4, first, 6};
    const bytes file = npy_of("<f4", "(3, 2)", gaps, sizeof gaps);
    return save_bytes(name, &file);
}

Test(data_npy, missing_values)
{
    char *path = save_gaps("x.npy", 5);
    gm_dataset_options options = gm_dataset_options_default();
    expect_refusal(path, &options, GM_BAD_DATA,
                   "row 1, column 2: expected a value, got NaN; say --missing mean or --missing drop");
    options.missing = GM_MISSING_DROP;
    gm_dataset *d = expect_load(path, &options);
    cr_expect_eq(gm_dataset_rows(d), 2);
    cr_expect_eq(stored(d, 0, 0), 3);
    cr_expect_str_eq(gm_dataset_remark(d, 0), "1 row with missing values left out");
    gm_dataset_destroy(d);
    options.missing = GM_MISSING_MEAN;
    d = expect_load(path, &options);
    cr_expect_eq(gm_dataset_missing(d), 1);
    gm_columns *columns;
    cr_assert_eq(gm_columns_fit(&columns, d, NULL, NULL), GM_OK);
    cr_expect_eq(gm_dataset_encode(d, columns, NULL), GM_OK);
    cr_expect_eq(stored(d, 0, 1), 5);
    gm_dataset_destroy(d);
    options.missing = GM_MISSING_AUTO;
    options.columns = columns;
    columns->items[1].replacement = -7;
    d = expect_load(path, &options);
    cr_expect_eq(stored(d, 0, 1), -7);
    cr_expect_str_eq(gm_dataset_remark(d, 0), "1 missing value replaced as learned from the training data");
    gm_dataset_destroy(d);
    gm_columns_destroy(columns);
    free(path);
}

Test(data_npy, infinities_and_large_numbers)
{
    char *path = save_gaps("x.npy", -INFINITY);
    gm_dataset_options options = gm_dataset_options_default();
    options.missing = GM_MISSING_DROP;
    expect_refusal(path, &options, GM_BAD_DATA, "row 3, column 1: the number is infinite or too large");
    options.precision = GM_F64;
    expect_refusal(path, &options, GM_BAD_DATA, "row 3, column 1: the number is infinite; expected a finite");
    free(path);
    const double large[] = {1e300, 1};
    const bytes file = npy_of("<f8", "(2, 1)", large, sizeof large);
    path = save_bytes("x.npy", &file);
    gm_dataset *d = expect_load(path, &options);
    cr_expect_eq(stored(d, 0, 0), 1e300);
    gm_dataset_destroy(d);
    options.precision = GM_F32;
    expect_refusal(path, &options, GM_BAD_DATA, "row 1, column 1: the number is infinite or too large");
    free(path);
}

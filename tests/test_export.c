/* Tests the export of data sets: what is written is read back with the same numbers, for all pairs of
 * formats. */
#include "data_files.h"

#include "model/export.h"

#include <float.h>
#include <math.h>

TestSuite(export, .init = make_folder, .fini = remove_folder);

static const char *const endings[] = {"csv", "npy", "npz", "libsvm"};
#define FORMATS 4

/* Numbers that need all of their digits, and some that are special. */
static const double awkward[] = {0.1, -1.0 / 3,     1e-300,      -1e300, 0,       -0.0,
                                 5,   123456789.25, DBL_MIN / 8, 0x1p60, DBL_MAX, 1e15};
#define AWKWARD (sizeof awkward / sizeof *awkward)

static char *export(const gm_dataset *d, const char *name, gm_export_format format)
{
    char file[40];
    gm_error error = {0};
    snprintf(file, sizeof file, "%s.%s", name, endings[format]);
    char *path = path_of(file);
    cr_assert_eq(gm_dataset_export(d, path, format, &error), GM_OK, "%s", error.message);
    return path;
}

/* Reads a file of a data set back; the targets of NPY from a file beside it. */
static gm_dataset *read_back(const gm_dataset *d, const char *path, gm_export_format format,
                             gm_dataset_options options)
{
    char *beside = NULL;
    if (gm_dataset_targets(d) == 0 && format == GM_EXPORT_CSV)
        options.target = "none";
    options.ignore_target = gm_dataset_targets(d) == 0 && format == GM_EXPORT_LIBSVM;
    if (format == GM_EXPORT_NPY && gm_dataset_targets(d) > 0) {
        beside = path_of("targets.npy");
        cr_assert_eq(gm_dataset_export_targets(d, beside, NULL), GM_OK);
        options.labels = beside;
    }
    gm_dataset *again = expect_load(path, &options);
    free(beside);
    return again;
}

/* The same bits, but for the kind of a NaN. */
static bool same(double a, double b)
{
    return (isnan(a) && isnan(b)) || (a == b && !signbit(a) == !signbit(b));
}

static void expect_same(const gm_dataset *a, const gm_dataset *b, const char *what)
{
    cr_assert_eq(gm_dataset_rows(a), gm_dataset_rows(b), "%s", what);
    cr_assert_eq(gm_dataset_features(a), gm_dataset_features(b), "%s", what);
    cr_assert_eq(gm_dataset_targets(a), gm_dataset_targets(b), "%s", what);
    for (uint32_t r = 0; r < gm_dataset_rows(a); r++) {
        for (size_t f = 0; f < gm_dataset_features(a); f++)
            cr_expect(same(stored(a, r, f), stored(b, r, f)), "%s, row %u, feature %zu: %.17g, %.17g", what,
                      r, f, stored(a, r, f), stored(b, r, f));
        const size_t in_a = gm_table_row(a, r), in_b = gm_table_row(b, r);
        if (gm_dataset_has_labels(a))
            cr_expect_str_eq(gm_dataset_class_name(a, gm_dataset_label(a, r)),
                             gm_dataset_class_name(b, gm_dataset_label(b, r)), "%s, row %u", what, r);
        for (size_t t = 0; !gm_dataset_has_labels(a) && t < gm_dataset_targets(a); t++)
            cr_expect(same(gm_table_value(a->table, in_a, t), gm_table_value(b->table, in_b, t)),
                      "%s, row %u", what, r);
    }
}

/* Writes in one format, reads, writes in another one, reads. */
static void expect_round_trips(const gm_dataset *d, gm_dataset_options options, size_t formats)
{
    options.missing = GM_MISSING_KEEP;
    for (gm_export_format first = 0; first < formats; first++) {
        char *path = export(d, "first", first);
        gm_dataset *once = read_back(d, path, first, options);
        expect_same(d, once, endings[first]);
        for (gm_export_format second = 0; second < formats; second++) {
            char what[40], *other = export(once, "second", second);
            snprintf(what, sizeof what, "%s to %s", endings[first], endings[second]);
            gm_dataset *twice = read_back(once, other, second, options);
            expect_same(d, twice, what);
            gm_dataset_destroy(twice);
            free(other);
        }
        gm_dataset_destroy(once);
        free(path);
    }
}

static gm_dataset *make(gm_array x, gm_array y, size_t classes)
{
    gm_dataset *d;
    gm_error error = {0};
    cr_assert_eq(gm_dataset_from_arrays(&d, x, y, classes, &error), GM_OK, "%s", error.message);
    return d;
}

Test(export, doubles_with_labels)
{
    static const uint32_t labels[] = {2, 0, 1};
    gm_dataset *d = make(gm_array_f64(awkward, 3, 4), gm_array_labels(labels, 3), 3);
    gm_dataset_options options = gm_dataset_options_default();
    options.precision = GM_F64;
    expect_round_trips(d, options, FORMATS);
    gm_dataset_destroy(d);
}

Test(export, floats_and_a_numeric_target)
{
    float x[12];
    double y[6] = {0.1, -7, 1e-3, 1e17, 0, 2.5};
    for (size_t i = 0; i < 12; i++)
        x[i] = (float)(fabs(awkward[i]) > 1e30 ? 3.4e38 : awkward[i]);
    x[5] = 1e-45F;
    gm_dataset *d = make(gm_array_f32(x, 6, 2), gm_array_f64(y, 6, 1), 0);
    gm_dataset_options options = gm_dataset_options_default();
    options.regression = true;
    expect_round_trips(d, options, FORMATS);
    gm_dataset_destroy(d);
}

Test(export, several_targets)
{
    gm_dataset *d = make(gm_array_f64(awkward, 3, 2), gm_array_f64(awkward + 6, 3, 2), 0);
    char *path = path_of("x.npz"), *other = path_of("x.svm");
    gm_error error = {0};
    gm_dataset_options options = gm_dataset_options_default();
    options.regression = true;
    options.precision = GM_F64;
    cr_assert_eq(gm_dataset_export(d, path, GM_EXPORT_NPZ, &error), GM_OK, "%s", error.message);
    gm_dataset *again = expect_load(path, &options);
    expect_same(d, again, "npz");
    cr_expect_eq(gm_dataset_export(d, other, GM_EXPORT_LIBSVM, &error), GM_USAGE);
    cr_expect(strstr(error.message, "LIBSVM has one target in each row; the data has 2"));
    gm_dataset_destroy(again);
    gm_dataset_destroy(d);
    free(path);
    free(other);
}

Test(export, bytes_stay_bytes)
{
    static const uint8_t x[] = {0, 255, 7, 0, 0, 1};
    static const uint32_t labels[] = {0, 1, 0};
    gm_dataset *d = make(gm_array_u8(x, 3, 2), gm_array_labels(labels, 3), 2);
    expect_round_trips(d, gm_dataset_options_default(), FORMATS);
    char *path = export(d, "x", GM_EXPORT_NPZ);
    gm_dataset *again = expect_load(path, NULL);
    cr_expect_eq(gm_dataset_type(again), GM_TYPE_U8);
    gm_dataset_destroy(again);
    gm_dataset_destroy(d);
    free(path);
}

/* A part of a data set, without targets, in an order of its own; more than one buffer of text and of rows. */
Test(export, many_rows_of_a_view)
{
    enum { ROWS = 30000, COLUMNS = 3 };
    static double x[ROWS * COLUMNS];
    for (size_t i = 0; i < ROWS * COLUMNS; i++)
        x[i] = (double)(i % 1000) / 7;
    gm_dataset *d = make(gm_array_f64(x, ROWS, COLUMNS), gm_array_f64(NULL, 0, 0), 0), *train, *valid;
    cr_assert_eq(gm_dataset_split(d, 0.25, 3, &train, &valid, NULL), GM_OK);
    gm_dataset_options options = gm_dataset_options_default();
    options.precision = GM_F64;
    expect_round_trips(train, options, FORMATS);
    gm_dataset_destroy(train);
    gm_dataset_destroy(valid);
    gm_dataset_destroy(d);
}

Test(export, missing_values)
{
    gm_dataset_options options = gm_dataset_options_default();
    options.missing = GM_MISSING_KEEP;
    options.precision = GM_F64;
    gm_dataset *d = load_text("1,,0\n,2.5,1\n3,4,0\n", &options);
    cr_expect_eq(gm_dataset_missing(d), 2);
    expect_round_trips(d, options, FORMATS);
    gm_dataset_destroy(d);
    options.target = "none";
    d = load_text("1\n\"\"\n3\n", &options); /* one column: an empty cell must not become an empty line */
    cr_assert_eq(gm_dataset_rows(d), 3);
    expect_round_trips(d, options, 1);
    gm_dataset_destroy(d);
}

Test(export, names_and_texts_stay_in_csv)
{
    static const char text[] = "age,\"a, \"\"b\"\"\",city,\" class\"\n"
                               "1,2,\"x, y\",\"n\no\"\n"
                               "2,0.1,\"say \"\"z\"\"\",yes\n"
                               "3,5,\"x, y\",\" #\"\n";
    gm_dataset *d = load_text(text, NULL);
    char *path = export(d, "x", GM_EXPORT_CSV);
    gm_dataset *again = expect_load(path, NULL);
    expect_same(d, again, "csv");
    for (size_t f = 0; f < 3; f++)
        cr_expect_str_eq(gm_dataset_feature_name(again, f), gm_dataset_feature_name(d, f));
    cr_expect_str_eq(gm_dataset_target_name(again, 0), gm_dataset_target_name(d, 0));
    cr_expect_eq(gm_dataset_categorical(again), 1);
    gm_error error = {0};
    cr_expect_eq(gm_dataset_export(d, path, GM_EXPORT_NPY, &error), GM_USAGE);
    cr_expect(strstr(error.message, "columns of texts can only be written to CSV; encode them first"));
    gm_dataset_destroy(again);
    gm_dataset_destroy(d);
    free(path);
}

Test(export, classes_that_are_names_are_numbered)
{
    gm_dataset *d = load_text("1,b\n2,a\n3,b\n", NULL);
    cr_expect_not(gm_export_keeps_classes(d, GM_EXPORT_NPZ));
    cr_expect(gm_export_keeps_classes(d, GM_EXPORT_CSV));
    char *path = export(d, "x", GM_EXPORT_LIBSVM);
    gm_dataset *again = expect_load(path, NULL);
    cr_expect_str_eq(gm_dataset_class_name(again, gm_dataset_label(again, 0)), "1");
    gm_dataset_destroy(again);
    gm_dataset_destroy(d);
    free(path);
    d = load_text("1,-5\n2,100000\n3,-5\n", NULL);
    cr_expect(gm_export_keeps_classes(d, GM_EXPORT_NPZ));
    expect_round_trips(d, gm_dataset_options_default(), FORMATS);
    gm_dataset_destroy(d);
}

Test(export, endings)
{
    static const struct {
        const char *path;
        bool known;
        gm_export_format format;
    } cases[] = {{"a.csv", true, GM_EXPORT_CSV},
                 {"a.b/c.NPY", true, GM_EXPORT_NPY},
                 {"x.npz", true, GM_EXPORT_NPZ},
                 {"x.svm", true, GM_EXPORT_LIBSVM},
                 {"x.txt", false, 0},
                 {"npy", false, 0},
                 {"x.svmlight", true, GM_EXPORT_LIBSVM}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gm_export_format format = 0;
        cr_expect_eq(gm_export_format_of(cases[i].path, &format), cases[i].known, "%s", cases[i].path);
        cr_expect_eq(format, cases[i].format, "%s", cases[i].path);
    }
}

/* A file of the format may be replaced; any other is left alone. */
Test(export, what_may_be_replaced)
{
    static const uint8_t x[] = {1, 2};
    gm_dataset *d = make(gm_array_u8(x, 2, 1), gm_array_f64(NULL, 0, 0), 0);
    for (gm_export_format old = 0; old < FORMATS; old++) {
        for (gm_export_format new = 0; new < FORMATS; new ++) {
            gm_error error = {0};
            gm_dataset *wide = make(gm_array_u8(x, 1, 2), gm_array_f64(NULL, 0, 0), 0);
            char *path = export(wide, "x", old);
            const gm_status status = gm_dataset_export(d, path, new, &error);
            cr_expect_eq(status, old == new ? GM_OK : GM_USAGE, "%s over %s: %s", endings[new], endings[old],
                         error.message);
            gm_dataset_destroy(wide);
            (void)unlink(path);
            free(path);
        }
    }
    char *path = write_file("x.csv", "a text without separators\n", 26);
    cr_expect_eq(gm_dataset_export(d, path, GM_EXPORT_CSV, NULL), GM_USAGE);
    free(path);
    path = path_of("none/x.npy");
    cr_expect_eq(gm_dataset_export(d, path, GM_EXPORT_NPY, NULL), GM_IO);
    cr_expect_eq(gm_dataset_export_targets(d, path, NULL), GM_USAGE);
    free(path);
    gm_dataset_destroy(d);
}

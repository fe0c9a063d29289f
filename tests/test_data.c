/* Tests data sets: made from arrays, gathered, split and scaled; and the search for files in a directory like
 * that of MNIST. */
#include "data_files.h"

#include "base/random.h"

#include <float.h>
#include <math.h>

#define ROWS     203
#define FEATURES 37
#define CLASSES  5

TestSuite(data, .init = make_folder, .fini = remove_folder);

static gm_dataset *from_arrays(gm_array x, gm_array y, size_t classes)
{
    gm_error error = {0};
    gm_dataset *dataset = NULL;
    cr_assert_eq(gm_dataset_from_arrays(&dataset, x, y, classes, &error), GM_OK, "%s", error.message);
    return dataset;
}

/* Random features of both types, and labels of which class c has some 2^-c of the rows. */
typedef struct sample {
    uint8_t bytes[ROWS * FEATURES];
    float floats[ROWS * FEATURES];
    uint32_t labels[ROWS];
} sample;

static const sample *make_sample(void)
{
    static sample made;
    gm_random random = gm_random_seed(7, GM_STREAM_CHECK);
    for (size_t i = 0; i < ROWS * FEATURES; i++) {
        made.bytes[i] = (uint8_t)gm_random_below(&random, 256);
        made.floats[i] = (float)(1000 + (double)(i % FEATURES + 1) * gm_random_normal(&random));
    }
    for (size_t r = 0; r < ROWS; r++) {
        while (made.labels[r] + 1 < CLASSES && gm_random_below(&random, 2))
            made.labels[r]++;
    }
    return &made;
}

static gm_dataset *bytes_with_labels(const sample *s)
{
    return from_arrays(gm_array_u8(s->bytes, ROWS, FEATURES), gm_array_labels(s->labels, ROWS), CLASSES);
}

static gm_dataset *floats_with_labels(const sample *s)
{
    return from_arrays(gm_array_f32(s->floats, ROWS, FEATURES), gm_array_labels(s->labels, ROWS), CLASSES);
}

Test(data, arrays_are_copied_without_their_gaps)
{
    float x[] = {1, 2, -1, 3, 4, -1}, y[] = {5, 6, 7, 8};
    gm_array strided = gm_array_f32(x, 2, 2);
    strided.ld = 3;
    gm_dataset *d = from_arrays(strided, gm_array_f32(y, 2, 2), 0);
    memset(x, 0, sizeof x);
    memset(y, 0, sizeof y);
    const uint32_t rows[] = {1, 0};
    float gx[4], gy[4];
    cr_assert_eq(
        gm_dataset_gather(d, NULL, rows, 2, gm_mutable_f32(gx, 2, 2), gm_mutable_f32(gy, 2, 2), NULL), GM_OK);
    cr_expect_arr_eq(gx, ((float[]){3, 4, 1, 2}), sizeof gx);
    cr_expect_arr_eq(gy, ((float[]){7, 8, 5, 6}), sizeof gy);
    cr_expect_eq(gm_dataset_targets(d), 2);
    cr_expect_not(gm_dataset_has_labels(d));
    gm_dataset_destroy(d);
    gm_dataset_destroy(NULL);
}

/* The places that a batch is gathered into may have gaps between their rows, which stay as they are. */
Test(data, gathering_checks_where_it_writes)
{
    static const uint32_t rows[] = {1, 0}, labels[] = {0, 1};
    static const float x[] = {1, 2, 3, 4};
    gm_dataset *d = from_arrays(gm_array_f32(x, 2, 2), gm_array_labels(labels, 2), 2);
    gm_scaling *narrow;
    const double zero = 0, one = 1;
    float gx[6] = {9, 9, 9, 9, 9, 9}, gy[6] = {9, 9, 9, 9, 9, 9};
    double gz[4];
    gm_mutable_array xs = gm_mutable_f32(gx, 2, 2), ys = gm_mutable_f32(gy, 2, 2);
    xs.ld = ys.ld = 3;
    cr_assert_eq(gm_dataset_gather(d, NULL, rows, 2, xs, ys, NULL), GM_OK);
    cr_expect_arr_eq(gx, ((float[]){3, 4, 9, 1, 2, 9}), sizeof gx);
    cr_expect_arr_eq(gy, ((float[]){0, 1, 9, 1, 0, 9}), sizeof gy);
    cr_assert_eq(gm_scaling_create(&narrow, GM_SCALING_STANDARD, 1, &zero, &one, NULL), GM_OK);
    gm_mutable_array overlapping = xs, bytes = xs;
    overlapping.ld = 1;
    bytes.type = GM_TYPE_U8;
    const struct {
        gm_mutable_array x, y;
        const gm_scaling *scaling;
        const char *wanted;
    } wrong[] = {
        {gm_no_array(), ys, NULL, "no place for the features"},
        {gm_mutable_f32(gx, 1, 2), ys, NULL, "room for 1 x 2 features"},
        {gm_mutable_f32(gx, 2, 3), ys, NULL, "room for 2 x 3 features"},
        {overlapping, ys, NULL, "one row every 1"},
        {bytes, ys, NULL, "the features are of type u8"},
        {gm_mutable_labels(NULL, 2), ys, NULL, "no place"},
        {xs, gm_mutable_f64(gz, 2, 2), NULL, "the targets are of type f64, the features of type f32"},
        {gm_mutable_f64(gz, 2, 2), ys, NULL, "the targets are of type f32, the features of type f64"},
        {xs, gm_mutable_f32(gy, 2, 1), NULL, "room for 2 x 1 targets"},
        {xs, ys, narrow, "the scaling has 1 features; expected 2"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        gm_error error = {0};
        cr_expect_eq(gm_dataset_gather(d, wrong[i].scaling, rows, 2, wrong[i].x, wrong[i].y, &error),
                     GM_USAGE);
        cr_expect(strstr(error.message, wrong[i].wanted), "%s: %s", wrong[i].wanted, error.message);
    }
    gm_scaling_destroy(narrow);
    gm_dataset_destroy(d);
}

Test(data, arrays_without_targets)
{
    const uint8_t x[] = {1, 2, 3};
    gm_dataset *d = from_arrays(gm_array_u8(x, 3, 1), (gm_array){0}, 0);
    cr_expect_eq(gm_dataset_targets(d), 0);
    const uint32_t rows[] = {2};
    double gathered, untouched = 5;
    gm_error error;
    cr_expect_eq(gm_dataset_gather(d, NULL, rows, 1, gm_mutable_f64(&gathered, 1, 1),
                                   gm_mutable_f64(&untouched, 1, 1), &error),
                 GM_USAGE);
    cr_expect_str_eq(error.message, "gather: room for 1 x 1 targets, one row every 1; expected 1 x 0");
    cr_assert_eq(gm_dataset_gather(d, NULL, rows, 1, gm_mutable_f64(&gathered, 1, 1), gm_no_array(), NULL),
                 GM_OK);
    cr_expect_eq(gathered, 3);
    cr_expect_eq(untouched, 5);
    gm_dataset_destroy(d);
}

Test(data, arrays_that_do_not_fit)
{
    static const float f[6];
    static const uint8_t bytes[6];
    static const uint32_t labels[] = {0, 10};
    gm_array overlapping = gm_array_f32(f, 2, 3);
    overlapping.ld = 2;
    gm_array unknown = gm_array_f32(f, 2, 3);
    unknown.type = (gm_type)(GM_TYPE_LABEL + 1);
    const struct {
        gm_array x, y;
        size_t classes;
        gm_status status;
    } cases[] = {
        {unknown, gm_array_labels(labels, 2), 11, GM_USAGE},
        {gm_array_f32(f, 2, 3), unknown, 11, GM_USAGE},
        {gm_array_labels(labels, 2), gm_array_labels(labels, 2), 11, GM_USAGE},
        {overlapping, gm_array_labels(labels, 2), 11, GM_USAGE},
        {gm_array_f32(NULL, 2, 3), gm_array_labels(labels, 2), 11, GM_USAGE},
        {gm_array_f32(f, 0, 3), gm_array_labels(labels, 0), 11, GM_USAGE},
        {gm_array_f32(f, 2, 0), gm_array_labels(labels, 2), 11, GM_USAGE},
        {gm_array_f32(f, 3, 2), gm_array_labels(labels, 2), 11, GM_USAGE},
        {gm_array_f32(f, 2, 3), gm_array_u8(bytes, 2, 1), 0, GM_USAGE},
        {gm_array_f32(f, 2, 3), gm_array_labels(labels, 2), 0, GM_USAGE},
        {gm_array_f32(f, 2, 3), gm_array_labels(labels, 2), 10, GM_BAD_DATA},
        {gm_array_f32(f, 2, 3), gm_array_labels(labels, 2), 65537, GM_LIMIT},
        {gm_array_f32(f, (size_t)1 << 32, 3), (gm_array){0}, 0, GM_LIMIT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gm_error error = {0};
        gm_dataset *d = (gm_dataset *)&error;
        const gm_status status = gm_dataset_from_arrays(&d, cases[i].x, cases[i].y, cases[i].classes, &error);
        cr_expect_eq(status, cases[i].status, "case %zu: %s", i, error.message);
        cr_expect_null(d);
    }
}

/* x' = (x - shift) * factor in the precision asked for, with unaligned and repeated rows. */
static void expect_gathered(const gm_dataset *d, const double *table, const uint32_t *labels,
                            const gm_scaling *scaling)
{
    static const uint32_t rows[] = {ROWS - 1, 0, 17, 17, 3};
    enum { COUNT = sizeof rows / sizeof *rows };
    float x32[COUNT * FEATURES], y32[COUNT * CLASSES];
    double x64[COUNT * FEATURES], y64[COUNT * CLASSES];
    cr_assert_eq(gm_dataset_gather(d, scaling, rows, COUNT, gm_mutable_f32(x32, COUNT, FEATURES),
                                   gm_mutable_f32(y32, COUNT, CLASSES), NULL),
                 GM_OK);
    cr_assert_eq(gm_dataset_gather(d, scaling, rows, COUNT, gm_mutable_f64(x64, COUNT, FEATURES),
                                   gm_mutable_f64(y64, COUNT, CLASSES), NULL),
                 GM_OK);
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t f = 0; f < FEATURES; f++) {
            const double shift = scaling ? scaling->shift[f] : 0, factor = scaling ? scaling->factor[f] : 1;
            const double x = table[rows[i] * FEATURES + f];
            cr_assert_eq(x64[i * FEATURES + f], (x - shift) * factor);
            cr_assert_eq(x32[i * FEATURES + f], ((float)x - (float)shift) * (float)factor);
        }
        for (size_t c = 0; c < CLASSES; c++) {
            cr_assert_eq(y64[i * CLASSES + c], labels[rows[i]] == c);
            cr_assert_eq(y32[i * CLASSES + c], (float)(labels[rows[i]] == c));
        }
    }
}

Test(data, gather_is_the_formula_in_both_precisions)
{
    const sample *s = make_sample();
    static double table[ROWS * FEATURES];
    for (int is_float = 0; is_float < 2; is_float++) {
        for (size_t i = 0; i < ROWS * FEATURES; i++)
            table[i] = is_float ? (double)s->floats[i] : s->bytes[i];
        gm_dataset *d = is_float ? floats_with_labels(s) : bytes_with_labels(s);
        expect_gathered(d, table, s->labels, NULL);
        for (gm_scaling_kind kind = GM_SCALING_NONE; kind <= GM_SCALING_STANDARD; kind++) {
            gm_scaling *scaling;
            cr_assert_eq(gm_scaling_fit(&scaling, kind, d, NULL), GM_OK);
            expect_gathered(d, table, s->labels, scaling);
            gm_scaling_destroy(scaling);
        }
        gm_dataset_destroy(d);
    }
}

/* A data set whose only feature is the row's number, so that rows can be told apart. */
static gm_dataset *numbered(const uint32_t *labels, size_t rows)
{
    static float numbers[ROWS];
    for (size_t r = 0; r < rows; r++)
        numbers[r] = (float)r;
    return labels ? from_arrays(gm_array_f32(numbers, rows, 1), gm_array_labels(labels, rows), CLASSES)
                  : from_arrays(gm_array_f32(numbers, rows, 1), gm_array_f32(numbers, rows, 1), 0);
}

static void expect_partition(const gm_dataset *train, const gm_dataset *valid, size_t rows)
{
    bool met[ROWS] = {false};
    const gm_dataset *parts[] = {train, valid};
    for (size_t p = 0; p < 2; p++) {
        for (uint32_t r = 0; r < gm_dataset_rows(parts[p]); r++) {
            const size_t row = (size_t)feature(parts[p], r, 0);
            cr_expect_not(met[row], "row %zu twice", row);
            met[row] = true;
        }
    }
    for (size_t r = 0; r < rows; r++)
        cr_expect(met[r], "row %zu in neither", r);
}

static size_t count_label(const gm_dataset *d, uint32_t label)
{
    size_t count = 0;
    for (size_t r = 0; r < gm_dataset_rows(d); r++)
        count += gm_dataset_label(d, r) == label;
    return count;
}

Test(data, split_is_disjoint_complete_and_stratified)
{
    const sample *s = make_sample();
    gm_dataset *all = numbered(s->labels, ROWS), *train, *valid;
    static const double shares[] = {0, 0.1, 0.25, 0.5, 0.99};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        cr_assert_eq(gm_dataset_split(all, shares[i], 3, &train, &valid, NULL), GM_OK);
        expect_partition(train, valid, ROWS);
        for (uint32_t c = 0; c < CLASSES; c++) {
            const size_t rows = count_label(all, c), rounded = (size_t)lround(shares[i] * (double)rows);
            cr_expect_eq(count_label(valid, c), rounded < rows ? rounded : rows - 1);
        }
        for (uint32_t r = 0; r < gm_dataset_rows(train); r++)
            cr_expect_eq(gm_dataset_label(train, r), s->labels[(size_t)feature(train, r, 0)]);
        gm_dataset_destroy(train);
        gm_dataset_destroy(valid);
    }
    gm_dataset_destroy(all);
}

Test(data, split_depends_on_nothing_but_its_seed)
{
    const sample *s = make_sample();
    gm_dataset *all = numbered(s->labels, ROWS), *train[3], *valid[3];
    static const uint64_t seeds[] = {5, 5, 6};
    for (size_t i = 0; i < 3; i++)
        cr_assert_eq(gm_dataset_split(all, 0.2, seeds[i], &train[i], &valid[i], NULL), GM_OK);
    size_t moved = 0, in_order = 0;
    for (uint32_t r = 0; r < gm_dataset_rows(train[0]); r++) {
        cr_expect_eq(feature(train[0], r, 0), feature(train[1], r, 0));
        moved += feature(train[0], r, 0) != feature(train[2], r, 0);
        in_order += r > 0 && feature(train[0], r, 0) > feature(train[0], r - 1, 0);
    }
    cr_expect_gt(moved, ROWS / 2, "another seed gives another order");
    cr_expect_lt(in_order, ROWS / 2 + 30, "the order is shuffled");
    for (size_t i = 0; i < 3; i++) {
        gm_dataset_destroy(train[i]);
        gm_dataset_destroy(valid[i]);
    }
    gm_dataset_destroy(all);
}

/* The first rows of a shuffled order are for validation, the others for training. The order is the seed's own
 * in the stream of splits: the same seed gives another one to the rows of an epoch. */
Test(data, split_is_the_order_of_its_stream)
{
    uint32_t order[10];
    gm_dataset *all = numbered(NULL, 10), *train, *valid;
    gm_random random = gm_random_seed(7, GM_STREAM_SPLIT);
    for (uint32_t i = 0; i < 10; i++)
        order[i] = i;
    gm_random_shuffle(&random, order, 10);
    cr_assert_eq(gm_dataset_split(all, 0.3, 7, &train, &valid, NULL), GM_OK);
    cr_assert_eq(gm_dataset_rows(valid), 3);
    for (uint32_t r = 0; r < 10; r++)
        cr_expect_eq(r < 3 ? feature(valid, r, 0) : feature(train, r - 3, 0), order[r], "row %u", r);
    gm_dataset_destroy(train);
    gm_dataset_destroy(valid);
    gm_dataset_destroy(all);
}

Test(data, split_without_labels_and_of_a_view)
{
    gm_dataset *all = numbered(NULL, 100), *half, *other, *train, *valid;
    cr_assert_eq(gm_dataset_split(all, 0.5, 1, &half, &other, NULL), GM_OK);
    cr_expect_eq(gm_dataset_rows(half), 50);
    cr_assert_eq(gm_dataset_split(half, 0.3, 2, &train, &valid, NULL), GM_OK);
    cr_expect_eq(gm_dataset_rows(valid), 15);
    cr_expect_eq(gm_dataset_targets(valid), 1);
    gm_dataset_destroy(half);
    const uint32_t row = 3;
    float x, y;
    cr_assert_eq(
        gm_dataset_gather(valid, NULL, &row, 1, gm_mutable_f32(&x, 1, 1), gm_mutable_f32(&y, 1, 1), NULL),
        GM_OK);
    cr_expect_eq(x, y, "a view of a view gathers features and targets of the same row");
    bool taken[100] = {false};
    for (uint32_t r = 0; r < 50; r++)
        taken[(size_t)feature(other, r, 0)] = true;
    for (uint32_t r = 0; r < 15; r++)
        cr_expect_not(taken[(size_t)feature(valid, r, 0)]);
    gm_dataset_destroy(train);
    gm_dataset_destroy(valid);
    gm_dataset_destroy(other);
    gm_dataset_destroy(all);
}

/* A data set of this many rows, whose one feature is the number of the row. */
static gm_dataset *numbered_rows(size_t rows)
{
    static float x[2000];
    gm_dataset *data;
    for (size_t r = 0; r < rows; r++)
        x[r] = (float)r;
    cr_assert_eq(gm_dataset_from_arrays(&data, gm_array_f32(x, rows, 1), gm_array_f32(NULL, 0, 0), 0, NULL),
                 GM_OK);
    return data;
}

/* The number of a row of a part. */
static size_t number_of(const gm_dataset *part, size_t row)
{
    float x;
    const uint32_t at = (uint32_t)row;
    cr_assert_eq(gm_dataset_gather(part, NULL, &at, 1, gm_mutable_f32(&x, 1, 1), gm_no_array(), NULL), GM_OK);
    return (size_t)x;
}

Test(data, split_at_the_last_rows_keeps_the_order)
{
    static const double shares[] = {0, 0.1, 0.25, 0.999};
    static const size_t held_out[] = {0, 4, 9, 36};
    gm_dataset *all = numbered_rows(37), *train, *valid;
    gm_split_options options = gm_split_options_default();
    options.last = true;
    for (size_t i = 0; i < 4; i++) {
        options.share = shares[i];
        cr_assert_eq(gm_dataset_split_by(all, &options, &train, &valid, NULL), GM_OK);
        cr_assert_eq(gm_dataset_rows(valid), held_out[i]);
        for (size_t r = 0; r < 37; r++)
            cr_assert_eq(r < 37 - held_out[i] ? number_of(train, r) : number_of(valid, r - 37 + held_out[i]),
                         r);
        gm_dataset_destroy(train);
        gm_dataset_destroy(valid);
    }
    gm_dataset_destroy(all);
}

/* Groups of random sizes and numbers: none is on both sides, no row is lost, both sides have some, and the
 * share is off by at most half of the largest group. */
Test(data, split_never_divides_a_group)
{
    static uint32_t groups[2000];
    for (uint64_t seed = 1; seed <= 200; seed++) {
        gm_random random = gm_random_seed(seed, GM_STREAM_CHECK);
        const size_t rows = 20 + gm_random_below(&random, 300), kinds = 2 + gm_random_below(&random, 18);
        gm_split_options options = gm_split_options_default();
        gm_dataset *all = numbered_rows(rows), *train, *valid;
        gm_error error;
        size_t sizes[20] = {0}, largest = 0;
        bool held_out[20] = {false};
        for (size_t r = 0; r < rows; r++) {
            const size_t kind = r < kinds ? r : (size_t)gm_random_below(&random, kinds);
            groups[r] = (uint32_t)(kind * 0x9E3779B9u); /* far apart, in no order */
            largest = ++sizes[kind] > largest ? sizes[kind] : largest;
        }
        options.share = 0.05 + 0.6 * gm_random_uniform(&random);
        options.seed = seed;
        options.groups = groups;
        cr_assert_eq(gm_dataset_split_by(all, &options, &train, &valid, &error), GM_OK, "%s", error.message);
        cr_assert_eq(gm_dataset_rows(train) + gm_dataset_rows(valid), rows);
        cr_assert(gm_dataset_rows(train) > 0 && gm_dataset_rows(valid) > 0, "seed %lu", (unsigned long)seed);
        bool seen[320] = {false};
        for (size_t r = 0; r < gm_dataset_rows(valid); r++) {
            const size_t number = number_of(valid, r);
            seen[number] = true;
            for (size_t k = 0; k < kinds; k++)
                held_out[k] |= groups[number] == (uint32_t)(k * 0x9E3779B9u);
        }
        for (size_t r = 0; r < gm_dataset_rows(train); r++) {
            const size_t number = number_of(train, r);
            cr_assert(!seen[number], "row %zu is on both sides", number);
            for (size_t k = 0; k < kinds; k++)
                cr_assert(!held_out[k] || groups[number] != (uint32_t)(k * 0x9E3779B9u),
                          "group %zu is divided", k);
        }
        const double off = fabs((double)gm_dataset_rows(valid) - options.share * (double)rows);
        cr_assert(off <= (double)largest, "seed %lu: off by %g rows", (unsigned long)seed, off);
        gm_dataset_destroy(train);
        gm_dataset_destroy(valid);
        gm_dataset_destroy(all);
    }
}

Test(data, split_by_groups_depends_on_its_seed_and_refuses_one_group)
{
    uint32_t groups[40];
    gm_dataset *all = numbered_rows(40), *train[3], *valid[3];
    gm_split_options options = gm_split_options_default();
    gm_error error;
    options.groups = groups;
    options.share = 0.5;
    for (uint32_t r = 0; r < 40; r++)
        groups[r] = r / 2;
    for (size_t i = 0; i < 3; i++) {
        options.seed = i < 2 ? 5 : 6;
        cr_assert_eq(gm_dataset_split_by(all, &options, &train[i], &valid[i], NULL), GM_OK);
        cr_expect_eq(gm_dataset_rows(valid[i]), 20);
    }
    cr_expect_arr_eq(valid[0]->index, valid[1]->index, 20 * sizeof(uint32_t));
    cr_expect_arr_neq(valid[0]->index, valid[2]->index, 20 * sizeof(uint32_t));
    for (size_t i = 0; i < 3; i++) {
        gm_dataset_destroy(train[i]);
        gm_dataset_destroy(valid[i]);
    }
    options.last = true;
    cr_expect_eq(gm_dataset_split_by(all, &options, &train[0], &valid[0], &error), GM_USAGE);
    cr_expect_not_null(strstr(error.message, "either the last rows or whole groups"), "%s", error.message);
    options.last = false;
    for (uint32_t r = 0; r < 40; r++)
        groups[r] = 3;
    cr_expect_eq(gm_dataset_split_by(all, &options, &train[0], &valid[0], &error), GM_BAD_DATA);
    cr_expect_not_null(strstr(error.message, "all rows are of one group"), "%s", error.message);
    options.share = 0;
    cr_assert_eq(gm_dataset_split_by(all, &options, &train[0], &valid[0], NULL), GM_OK);
    cr_expect_eq(gm_dataset_rows(train[0]), 40);
    gm_dataset_destroy(train[0]);
    gm_dataset_destroy(valid[0]);
    gm_dataset_destroy(all);
}

Test(data, split_keeps_the_only_row_of_a_class_for_training)
{
    static const uint32_t labels[] = {0, 0, 0, 0, 1};
    gm_dataset *all = numbered(labels, 5), *train, *valid;
    cr_assert_eq(gm_dataset_split(all, 0.75, 1, &train, &valid, NULL), GM_OK);
    cr_expect_eq(count_label(train, 1), 1);
    cr_expect_eq(count_label(valid, 0), 3);
    gm_dataset_destroy(train);
    gm_dataset_destroy(valid);
    static const double shares[] = {-0.1, 1, 2, NAN, INFINITY};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        gm_error error = {0};
        cr_expect_eq(gm_dataset_split(all, shares[i], 1, &train, &valid, &error), GM_USAGE);
        cr_expect_null(train);
        cr_expect_null(valid);
    }
    gm_dataset_destroy(all);
}

/* Mean 0 and variance 1 on the part that was fitted, up to the rounding of shift and factor to float. */
static void expect_standard(const gm_dataset *d, const gm_scaling *scaling)
{
    const size_t rows = gm_dataset_rows(d);
    double mean[FEATURES] = {0}, square[FEATURES] = {0}, x[FEATURES];
    for (uint32_t r = 0; r < rows; r++) {
        cr_assert_eq(
            gm_dataset_gather(d, scaling, &r, 1, gm_mutable_f64(x, 1, FEATURES), gm_no_array(), NULL), GM_OK);
        for (size_t f = 0; f < FEATURES; f++) {
            mean[f] += x[f] / (double)rows;
            square[f] += x[f] * x[f] / (double)rows;
        }
    }
    for (size_t f = 0; f < FEATURES; f++) {
        cr_expect_float_eq(mean[f], 0, 1e-4, "feature %zu: mean %g", f, mean[f]);
        cr_expect_float_eq(square[f], 1, 1e-6, "feature %zu: variance %g", f, square[f]);
    }
}

Test(data, standard_scaling_has_mean_0_and_variance_1_on_the_training_part)
{
    const sample *s = make_sample();
    gm_dataset *sets[] = {floats_with_labels(s), bytes_with_labels(s)};
    for (size_t i = 0; i < 2; i++) {
        gm_dataset *train, *valid;
        gm_scaling *scaling;
        cr_assert_eq(gm_dataset_split(sets[i], 0.3, 1, &train, &valid, NULL), GM_OK);
        cr_assert_eq(gm_scaling_fit(&scaling, GM_SCALING_STANDARD, train, NULL), GM_OK);
        cr_expect_eq(scaling->features, FEATURES);
        cr_expect_eq(scaling->constant_features, 0);
        expect_standard(train, scaling);
        gm_scaling_destroy(scaling);
        gm_dataset_destroy(train);
        gm_dataset_destroy(valid);
        gm_dataset_destroy(sets[i]);
    }
}

/* The mean of many 0.1f in double is not exactly 0.1f, but the column is constant nevertheless. The numbers
 * of the second column are those of scikit-learn's StandardScaler on 1, 2, 3, 4: mean 2.5, scale sqrt(1.25).
 */
Test(data, constant_columns_are_left_alone)
{
    float x[4 * 4];
    for (int r = 0; r < 4; r++)
        memcpy(x + 4 * r, (float[]){0.1F, (float)(r + 1), 0, FLT_MAX}, 4 * sizeof *x);
    gm_dataset *d = from_arrays(gm_array_f32(x, 4, 4), (gm_array){0}, 0);
    gm_scaling *scaling;
    cr_assert_eq(gm_scaling_fit(&scaling, GM_SCALING_AUTO, d, NULL), GM_OK);
    cr_expect_eq(scaling->kind, GM_SCALING_STANDARD);
    cr_expect_eq(scaling->constant_features, 3);
    cr_expect_eq(scaling->factor[0], 1);
    cr_expect_eq(scaling->shift[1], 2.5F);
    cr_expect_float_eq(scaling->factor[1], 1 / 1.1180339887498949, 1e-7);
    for (size_t f = 0; f < 4; f += f ? 1 : 2) {
        cr_expect(isfinite(scaling->shift[f]));
        cr_expect_eq(scaling->factor[f], 1);
    }
    gm_scaling_destroy(scaling);
    gm_dataset_destroy(d);
}

Test(data, scaling_kinds)
{
    const sample *s = make_sample();
    gm_dataset *d = bytes_with_labels(s);
    gm_scaling *scaling;
    cr_assert_eq(gm_scaling_fit(&scaling, GM_SCALING_AUTO, d, NULL), GM_OK);
    cr_expect_eq(scaling->kind, GM_SCALING_UNIT);
    cr_expect_eq(scaling->factor[FEATURES - 1], 1.0 / 255);
    cr_expect_eq(scaling->factor_f32[FEATURES - 1], 1.0F / 255);
    cr_expect_eq(scaling->shift[FEATURES - 1], 0);
    gm_scaling *copy;
    cr_assert_eq(gm_scaling_create(&copy, scaling->kind, FEATURES, scaling->shift, scaling->factor, NULL),
                 GM_OK);
    cr_expect_arr_eq(copy->factor, scaling->factor, FEATURES * sizeof *copy->factor);
    gm_scaling_destroy(copy);
    cr_expect_eq(gm_scaling_create(&copy, GM_SCALING_AUTO, 1, (double[]){0}, (double[]){1}, NULL), GM_USAGE);
    cr_expect_null(copy);
    cr_expect_eq(gm_scaling_create(&copy, GM_SCALING_UNIT, 1, (double[]){NAN}, (double[]){1}, NULL),
                 GM_USAGE);
    cr_expect_eq(gm_scaling_create(&copy, GM_SCALING_STANDARD, 1, (double[]){0}, (double[]){0}, NULL),
                 GM_USAGE);
    gm_scaling_destroy(scaling);
    gm_scaling_destroy(NULL);
    gm_dataset_destroy(d);
    for (gm_scaling_kind kind = GM_SCALING_AUTO; kind <= GM_SCALING_STANDARD; kind++) {
        gm_scaling_kind read = GM_SCALING_AUTO;
        cr_expect(gm_scaling_from_name(gm_scaling_name(kind), &read));
        cr_expect_eq(read, kind);
    }
    gm_scaling_kind kind;
    cr_expect_not(gm_scaling_from_name("minmax", &kind));
}

Test(data, files_of_a_directory)
{
    gm_dataset_files files;
    gm_error error = {0};
    cr_expect_eq(gm_dataset_find("/nonexistent", &files, &error), GM_IO);
    cr_expect_eq(gm_dataset_find(folder, &files, &error), GM_BAD_DATA);
    cr_expect_not_null(strstr(error.message, "no training images"));
    static const char *const names[] = {"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte",
                                        "test-images-idx3-ubyte"};
    for (size_t i = 0; i < 3; i++)
        free(write_file(names[i], "", 0));
    cr_assert_eq(gm_dataset_find(folder, &files, &error), GM_OK, "%s", error.message);
    cr_expect_not_null(strstr(files.train, "/train-images-idx3-ubyte.gz"));
    cr_expect_not_null(strstr(files.train_labels, "/train-labels-idx1-ubyte"));
    cr_expect_not_null(strstr(files.test, "/test-images-idx3-ubyte"));
    cr_expect_str_empty(files.test_labels);
}

/* The files of a directory as other tools unpack them, and what is found. */
Test(data, directories_of_many_names)
{
    static const struct {
        const char *names[6];
        const char *found[4]; /* train, train_labels, test, test_labels */
    } cases[] = {
        {{"train-images.idx3-ubyte", "train-labels.idx1-ubyte", "t10k-images.idx3-ubyte"},
         {"/train-images.idx3-ubyte", "/train-labels.idx1-ubyte", "/t10k-images.idx3-ubyte", ""}},
        {{"Train-Images-IDX3-ubyte.GZ", "train_labels_idx1_ubyte"},
         {"/Train-Images-IDX3-ubyte.GZ", "/train_labels_idx1_ubyte", "", ""}},
        {{"emnist-letters-train-images-idx3-ubyte.gz", "emnist-letters-train-labels-idx1-ubyte.gz",
          "emnist-letters-test-images-idx3-ubyte.gz", "emnist-letters-test-labels-idx1-ubyte.gz"},
         {"/emnist-letters-train-images-idx3-ubyte.gz", "/emnist-letters-train-labels-idx1-ubyte.gz",
          "/emnist-letters-test-images-idx3-ubyte.gz", "/emnist-letters-test-labels-idx1-ubyte.gz"}},
        {{"qmnist-train-images-idx3-ubyte", "qmnist-train-labels-idx2-int", "other-train-labels-idx1-ubyte"},
         {"/qmnist-train-images-idx3-ubyte", "/qmnist-train-labels-idx2-int", "", ""}},
        {{"train-images-idx3-ubyte", "train-images-idx3-ubyte.gz", "a-train-images-idx3-ubyte",
          "strain-labels-idx1-ubyte", "train-labels-idx1-ubyte.gz"},
         {"/train-images-idx3-ubyte", "/train-labels-idx1-ubyte.gz", "", ""}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        remove_folder(); /* with the files of the case before */
        make_folder();
        for (size_t n = 0; n < 6 && cases[i].names[n]; n++)
            free(write_file(cases[i].names[n], "", 0));
        gm_dataset_files files;
        gm_error error = {0};
        cr_assert_eq(gm_dataset_find(folder, &files, &error), GM_OK, "%s", error.message);
        const char *found[] = {files.train, files.train_labels, files.test, files.test_labels};
        for (size_t f = 0; f < 4; f++) {
            const char *name = strrchr(found[f], '/');
            cr_expect_str_eq(name ? name : "", cases[i].found[f], "case %zu, file %zu", i, f);
        }
    }
}

Test(data, a_directory_of_several_collections)
{
    gm_dataset_files files;
    gm_error error = {0};
    free(write_file("emnist-letters-train-images-idx3-ubyte", "", 0));
    free(write_file("emnist-digits-train-images-idx3-ubyte", "", 0));
    cr_expect_eq(gm_dataset_find(folder, &files, &error), GM_BAD_DATA);
    cr_expect_not_null(strstr(error.message, "several collections"), "%s", error.message);
    cr_expect_str_empty(files.train);
    free(write_file("train-images-idx3-ubyte", "", 0));
    cr_expect_eq(gm_dataset_find(folder, &files, &error), GM_OK);
    cr_expect_not_null(strstr(files.train, "/train-images-idx3-ubyte"));
}

Test(data, a_directory_whose_path_is_too_long)
{
    char path[1100];
    memset(path, '/', sizeof path);
    path[sizeof path - 1] = '\0';
    gm_dataset_files files;
    gm_error error = {0};
    cr_expect_eq(gm_dataset_find(path, &files, &error), GM_IO);
    cr_expect_not_null(strstr(error.message, "too long"));
}

/* The 60,000 labels of Fashion-MNIST are 6,000 of each class; the first one is an ankle boot, class 9. */
Test(data, fashion_mnist)
{
    gm_dataset_files files;
    if (gm_dataset_find("/usr/share/datasets/fashion-mnist", &files, NULL) != GM_OK)
        cr_skip("Fashion-MNIST is not installed");
    gm_dataset_options options = gm_dataset_options_default();
    options.labels = files.train_labels;
    gm_dataset *d = expect_load(files.train, &options);
    cr_expect_eq(gm_dataset_rows(d), 60000);
    cr_expect_eq(gm_dataset_features(d), 784);
    cr_expect_eq(gm_dataset_targets(d), 10);
    cr_expect_eq(gm_dataset_type(d), GM_TYPE_U8);
    cr_expect_eq(gm_dataset_label(d, 0), 9);
    for (uint32_t c = 0; c < 10; c++)
        cr_expect_eq(count_label(d, c), 6000);
    gm_dataset_destroy(d);
    options.labels = files.test_labels;
    expect_refusal(files.train, &options, GM_BAD_DATA, "10000 labels; expected 60000, one for each row of ");
}

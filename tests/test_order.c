/* The order of the rows in an epoch: a function of seed and epoch alone, that shuffles fairly; and what a run
 * needs to go on in the middle of an epoch with the same rows: to skip, and to know the rows again. */
#include "nets.h"

#include "data/dataset.h"
#include "data/order.h"

#include <string.h>

enum { ROWS = 50, IN = 2 };

static gm_dataset *make_data(float first)
{
    float x[ROWS * IN], y[ROWS];
    gm_dataset *data;
    gm_error error;
    for (size_t r = 0; r < ROWS; r++) {
        x[r * IN] = (float)r;
        x[r * IN + 1] = first;
        y[r] = (float)r;
    }
    cr_assert_eq(
        gm_dataset_from_arrays(&data, gm_array_f32(x, ROWS, IN), gm_array_f32(y, ROWS, 1), 0, &error), GM_OK,
        "%s", error.message);
    return data;
}

/* The targets, which are the numbers of the rows, from here to the end of the epoch. */
static size_t rest(const gm_row_source *source, float *to)
{
    float x[7 * IN], y[7];
    const gm_batch_buffer buffer = {.x = gm_mutable_f32(x, 7, IN), .y = gm_mutable_f32(y, 7, 1)};
    size_t total = 0, count;
    do {
        cr_assert_eq(gm_row_source_next(source, 7, &buffer, &count, NULL), GM_OK);
        memcpy(to + total, y, count * sizeof *y);
        total += count;
    } while (count > 0);
    return total;
}

static gm_row_source open_source(const gm_dataset *data, const gm_scaling *scaling, uint64_t seed)
{
    gm_row_source source;
    gm_error error;
    cr_assert_eq(gm_row_source_open(&source, data, scaling, &seed, &error), GM_OK, "%s", error.message);
    return source;
}

Test(order, an_epoch_has_its_order_whatever_was_before)
{
    gm_dataset *data = make_data(0);
    gm_row_source one = open_source(data, NULL, 3), other = open_source(data, NULL, 3);
    float first[ROWS], third[ROWS], again[ROWS];
    for (size_t epoch = 1; epoch <= 3; epoch++) {
        cr_assert_eq(one.begin(one.context, epoch, NULL), GM_OK);
        cr_assert_eq(rest(&one, epoch == 1 ? first : third), ROWS);
    }
    cr_assert_eq(other.begin(other.context, 3, NULL), GM_OK);
    cr_assert_eq(rest(&other, again), ROWS);
    cr_expect_arr_eq(third, again, sizeof third);
    cr_expect_arr_neq(first, third, sizeof third);
    gm_row_source_close(&one);
    gm_row_source_close(&other);
    gm_dataset_destroy(data);
}

Test(order, skipping_gives_the_rest_of_the_epoch)
{
    gm_dataset *data = make_data(0);
    gm_row_source source = open_source(data, NULL, 3);
    float all[ROWS], some[ROWS];
    cr_assert_eq(source.begin(source.context, 2, NULL), GM_OK);
    rest(&source, all);
    for (size_t skipped = 0; skipped <= ROWS; skipped += 5) {
        cr_assert_eq(source.begin(source.context, 2, NULL), GM_OK);
        cr_assert_eq(source.skip(source.context, skipped, NULL), GM_OK);
        cr_assert_eq(rest(&source, some), ROWS - skipped);
        cr_expect_arr_eq(some, all + skipped, (ROWS - skipped) * sizeof *all);
    }
    gm_error error;
    cr_assert_eq(source.begin(source.context, 2, NULL), GM_OK);
    cr_expect_eq(source.skip(source.context, ROWS + 1, &error), GM_USAGE);
    cr_expect_str_eq(error.message, "51 rows to skip; the epoch has 50 more");
    gm_row_source_close(&source);
    gm_dataset_destroy(data);
}

/* Each row is as likely at each place: 20,000 epochs of 5 rows, 4,000 for each pair, with a deviation of
 * about 57. */
Test(order, shuffles_fairly)
{
    size_t count[5][5] = {{0}};
    uint32_t order[5];
    for (size_t epoch = 1; epoch <= 20000; epoch++) {
        gm_order_block(1, epoch, 0, 10, order, 5);
        for (size_t i = 0; i < 5; i++) {
            cr_assert(order[i] >= 10 && order[i] < 15);
            count[i][order[i] - 10]++;
        }
    }
    for (size_t i = 0; i < 5; i++) {
        for (size_t j = 0; j < 5; j++)
            cr_expect(count[i][j] > 3715 && count[i][j] < 4285, "row %zu at place %zu: %zu", j, i,
                      count[i][j]);
    }
}

/* Blocks of one epoch, and the same block of two seeds, are different permutations. */
Test(order, blocks_and_seeds_differ)
{
    uint32_t a[32], b[32];
    gm_order_block(1, 1, 0, 0, a, 32);
    gm_order_block(1, 1, 1, 0, b, 32);
    cr_expect_arr_neq(a, b, sizeof a);
    gm_order_block(2, 1, 0, 0, b, 32);
    cr_expect_arr_neq(a, b, sizeof a);
}

Test(order, a_fingerprint_knows_the_rows)
{
    gm_dataset *data = make_data(0), *same = make_data(0), *changed = make_data(1e-30F), *train, *valid;
    gm_scaling *none, *standard;
    cr_assert_eq(gm_scaling_fit(&none, GM_SCALING_NONE, data, NULL), GM_OK);
    cr_assert_eq(gm_scaling_fit(&standard, GM_SCALING_STANDARD, data, NULL), GM_OK);
    cr_assert_eq(gm_dataset_split(data, 0.5, 1, &train, &valid, NULL), GM_OK);
    const uint64_t print = gm_dataset_fingerprint(data, none);
    cr_expect_eq(gm_dataset_fingerprint(same, none), print);
    cr_expect_neq(gm_dataset_fingerprint(changed, none), print);
    cr_expect_neq(gm_dataset_fingerprint(data, standard), print);
    cr_expect_neq(gm_dataset_fingerprint(train, none), gm_dataset_fingerprint(valid, none));
    gm_row_source source = open_source(data, none, 5);
    cr_expect_eq(source.fingerprint(source.context), print, "the order of an epoch is not part of it");
    gm_row_source_close(&source);
    gm_scaling_destroy(none);
    gm_scaling_destroy(standard);
    gm_dataset_destroy(train);
    gm_dataset_destroy(valid);
    gm_dataset_destroy(data);
    gm_dataset_destroy(same);
    gm_dataset_destroy(changed);
}

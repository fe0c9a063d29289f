/* Divides a data set at random into a training part and a validation part. With labels the split is
 * stratified: each class is divided in the same proportion. */
#include "data/dataset.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"

/* The number of rows for validation, of `rows` rows: the fraction `share`, rounded. At least one row stays
 * for training. */
static size_t quota(size_t rows, double share)
{
    return rows == 0 ? 0 : gm_min((size_t)((double)rows * share + 0.5), rows - 1);
}

/* The stratum of a row: its class. Without labels all rows are in one stratum. */
static size_t stratum(const gm_dataset *all, size_t row)
{
    return gm_dataset_has_labels(all) ? gm_dataset_label(all, row) : 0;
}

/* Sets quotas[s] to the number of validation rows of each stratum s. Returns their sum. */
static size_t fill_quotas(const gm_dataset *all, double share, size_t *quotas, size_t strata)
{
    size_t sum = 0;
    for (size_t r = 0; r < all->rows; r++)
        quotas[stratum(all, r)]++;
    for (size_t s = 0; s < strata; s++) {
        quotas[s] = quota(quotas[s], share);
        sum += quotas[s];
    }
    return sum;
}

static gm_dataset *make_view(const gm_dataset *all, size_t rows, gm_error *error)
{
    gm_dataset *view = gm_table_array(1, 1, sizeof *view, "a view of the data", error);
    if (!view)
        return NULL;
    view->table = all->table;
    view->rows = rows;
    view->index = gm_table_array(rows, 1, sizeof *view->index, "the row numbers of a view", error);
    if (!view->index) {
        gm_dataset_destroy(view);
        return NULL;
    }
    return view;
}

/* Goes through all rows in random order. The first rows of each stratum, as many as its quota, are for
 * validation. */
static void deal(const gm_dataset *all, const uint32_t *order, size_t *quotas, gm_dataset *train,
                 gm_dataset *valid)
{
    size_t trained = 0, validated = 0;
    for (size_t i = 0; i < all->rows; i++) {
        const uint32_t row = (uint32_t)gm_table_row(all, order[i]);
        size_t *left = &quotas[stratum(all, order[i])];
        if (*left > 0) {
            --*left;
            valid->index[validated++] = row;
        } else {
            train->index[trained++] = row;
        }
    }
}

gm_status gm_dataset_split(const gm_dataset *all, double share, uint64_t seed, gm_dataset **train,
                           gm_dataset **valid, gm_error *error)
{
    *train = *valid = NULL;
    if (!(share >= 0 && share < 1))
        return gm_fail(error, GM_USAGE, "split: the validation share must be at least 0 and less than 1");
    const size_t strata = gm_dataset_has_labels(all) ? all->table->targets : 1;
    size_t *quotas = gm_table_array(strata, 1, sizeof *quotas, "the split", error);
    uint32_t *order = gm_table_array(all->rows, 1, sizeof *order, "the split", error);
    if (quotas && order) {
        const size_t held_out = fill_quotas(all, share, quotas, strata);
        *train = make_view(all, all->rows - held_out, error);
        *valid = make_view(all, held_out, error);
    }
    gm_status status = GM_LIMIT;
    if (*train && *valid) {
        gm_random random = gm_random_seed(seed, GM_STREAM_SPLIT);
        for (size_t i = 0; i < all->rows; i++)
            order[i] = (uint32_t)i;
        gm_random_shuffle(&random, order, all->rows);
        deal(all, order, quotas, *train, *valid);
        status = GM_OK;
    } else {
        gm_dataset_destroy(*train);
        gm_dataset_destroy(*valid);
        *train = *valid = NULL;
    }
    gm_free(order);
    gm_free(quotas);
    return status;
}

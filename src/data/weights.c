/* How much each row of a data set counts in training. */
#include "base/error.h"
#include "base/memory.h"
#include "data/dataset.h"

#include <math.h>

/* The least sum of weights. The number of rows divided by it is still a number that a double holds. */
#define LEAST_SUM 1e-298

bool gm_dataset_has_weights(const gm_dataset *dataset)
{
    return dataset->weights != NULL;
}

double gm_dataset_weight(const gm_dataset *dataset, size_t row)
{
    return dataset->weights ? dataset->weights[row] : 1;
}

static double sum_of(const double *weights, size_t rows)
{
    double sum = 0;
    for (size_t r = 0; r < rows; r++)
        sum += weights[r];
    return sum;
}

double gm_weight_factor(const gm_dataset *dataset)
{
    const double sum = dataset->weights ? sum_of(dataset->weights, dataset->rows) : 0;
    return sum > 0 ? (double)dataset->rows / sum : 1;
}

gm_status gm_weights_check(const double *weights, size_t rows, gm_error *error)
{
    const double sum = sum_of(weights, rows);
    if (rows == 0 || (sum >= LEAST_SUM && sum < INFINITY))
        return GM_OK;
    return gm_fail(error, GM_BAD_DATA,
                   "the weights of the rows add up to %g; expected a finite sum of at least %g", sum,
                   LEAST_SUM);
}

/* Whether `count` weights can be used; `what` is "row" or "class". */
static gm_status check_values(const double *weights, size_t count, const char *what, gm_error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (!(weights[i] >= 0 && weights[i] < INFINITY))
            return gm_fail(error, GM_USAGE,
                           "the weight of %s %zu is %g; expected a finite number of at least 0", what, i,
                           weights[i]);
    }
    return GM_OK;
}

/* Gives each row the weight that it has, times that of `rows` and that of its class in `classes`; either may
 * be NULL. */
static gm_status multiply(gm_dataset *dataset, const double *rows, const double *classes, gm_error *error)
{
    double *weights = gm_table_array(dataset->rows, 1, sizeof *weights, "the weights of the rows", error);
    if (!weights)
        return GM_LIMIT;
    for (size_t r = 0; r < dataset->rows; r++)
        weights[r] = (rows ? rows[r] : gm_dataset_weight(dataset, r)) *
                     (classes ? classes[gm_dataset_label(dataset, r)] : 1);
    const gm_status status = gm_weights_check(weights, dataset->rows, error);
    if (status != GM_OK) {
        gm_free(weights);
        return status;
    }
    gm_free(dataset->weights);
    dataset->weights = weights;
    return GM_OK;
}

gm_status gm_dataset_set_weights(gm_dataset *dataset, const double *weights, gm_error *error)
{
    if (!weights) {
        gm_free(dataset->weights);
        dataset->weights = NULL;
        return GM_OK;
    }
    const gm_status status = check_values(weights, dataset->rows, "row", error);
    return status == GM_OK ? multiply(dataset, weights, NULL, error) : status;
}

static gm_status check_labels(const gm_dataset *dataset, gm_error *error)
{
    return gm_dataset_has_labels(dataset)
               ? GM_OK
               : gm_fail(error, GM_USAGE, "the data has no classes, so they can have no weights");
}

gm_status gm_dataset_weigh_classes(gm_dataset *dataset, const double *weights, gm_error *error)
{
    gm_status status = check_labels(dataset, error);
    if (status == GM_OK)
        status = check_values(weights, gm_dataset_targets(dataset), "class", error);
    return status == GM_OK ? multiply(dataset, NULL, weights, error) : status;
}

/* n / (k n_c): King and Zeng 2001, as scikit-learn's "balanced" has it. */
gm_status gm_dataset_balance(const gm_dataset *dataset, double *weights, gm_error *error)
{
    const gm_status status = check_labels(dataset, error);
    if (status != GM_OK)
        return status;
    const size_t classes = gm_dataset_targets(dataset);
    for (size_t c = 0; c < classes; c++)
        weights[c] = 0;
    for (size_t r = 0; r < dataset->rows; r++)
        weights[gm_dataset_label(dataset, r)]++;
    for (size_t c = 0; c < classes; c++) {
        if (weights[c] > 0)
            weights[c] = (double)dataset->rows / ((double)classes * weights[c]);
    }
    return GM_OK;
}

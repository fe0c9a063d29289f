/* Checks the targets of a data set against a loss, and judges them without a model. */
#include "train/targets.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/moments.h"
#include "data/dataset.h"
#include "function/facts.h"

#include <gradmill/train.h>
#include <math.h>
#include <stdio.h>

gm_loss_domain gm_loss_domain_of(gm_loss loss)
{
    const gm_target_kind targets =
        (unsigned)loss < GM_LOSS_COUNT ? gm_facts_of_losses[loss].targets : NUMBERS;
    switch (targets) {
    case CLASSES: /* a distribution over them */
        return (gm_loss_domain){0, 1, 2};
    case CHANCES: /* one for each output */
        return (gm_loss_domain){0, 1, 1};
    case COUNTS:
        return (gm_loss_domain){0, INFINITY, 1};
    case NUMBERS:
        break;
    }
    return (gm_loss_domain){-INFINITY, INFINITY, 1};
}

static double value_of(const gm_dataset *dataset, size_t row, size_t column)
{
    return gm_table_value(dataset->table, gm_table_row(dataset, row), column);
}

gm_status gm_targets_check_width(const gm_network *network, gm_error *error)
{
    const gm_loss loss = gm_network_loss(network);
    const size_t least = gm_loss_domain_of(loss).least_outputs, outputs = gm_network_outputs(network);
    if (outputs >= least)
        return GM_OK;
    return gm_fail(
        error, GM_USAGE,
        "loss %s needs at least %zu outputs, one for each class; got %zu: the softmax of one output "
        "is always 1; use mean-squares for numbers, logistic for 0 and 1",
        gm_loss_name(loss), least, outputs);
}

static gm_status refuse_target(const gm_dataset *dataset, gm_loss loss, size_t row, double value,
                               gm_error *error)
{
    const gm_loss_domain domain = gm_loss_domain_of(loss);
    char bounds[64];
    if (isinf(domain.high))
        snprintf(bounds, sizeof bounds, "of at least %g", domain.low);
    else
        snprintf(bounds, sizeof bounds, "from %g to %g", domain.low, domain.high);
    return gm_fail(error, GM_USAGE,
                   "loss %s needs targets %s, got %g in row %zu; scale the targets or use mean-squares",
                   gm_loss_name(loss), bounds, value, gm_table_row(dataset, row) + 1);
}

gm_status gm_targets_check(const gm_network *network, const gm_dataset *dataset, gm_error *error)
{
    const gm_loss loss = gm_network_loss(network);
    const gm_loss_domain domain = gm_loss_domain_of(loss);
    const size_t columns = gm_dataset_targets(dataset);
    if (gm_targets_check_width(network, error) != GM_OK)
        return GM_USAGE;
    if (gm_dataset_has_labels(dataset) || (isinf(domain.low) && isinf(domain.high)))
        return GM_OK; /* labels become 0 and 1 */
    for (size_t r = 0; r < gm_dataset_rows(dataset); r++) {
        for (size_t c = 0; c < columns; c++) {
            const double value = value_of(dataset, r, c);
            if (!(value >= domain.low && value <= domain.high))
                return refuse_target(dataset, loss, r, value, error);
        }
    }
    return GM_OK;
}

bool gm_targets_constant(const gm_dataset *dataset, double *value)
{
    const size_t rows = gm_dataset_rows(dataset), columns = gm_dataset_targets(dataset);
    const bool labels = gm_dataset_has_labels(dataset);
    if (rows == 0 || columns == 0)
        return false;
    *value = labels ? (double)gm_dataset_label(dataset, 0) : value_of(dataset, 0, 0);
    for (size_t r = 1; r < rows; r++) {
        if (labels && gm_dataset_label(dataset, r) != gm_dataset_label(dataset, 0))
            return false;
        for (size_t c = 0; c < columns && !labels; c++) {
            if (value_of(dataset, r, c) != value_of(dataset, 0, c))
                return false;
        }
    }
    return true;
}

static double share_of_largest_class(const gm_dataset *dataset)
{
    const size_t rows = gm_dataset_rows(dataset), classes = gm_dataset_targets(dataset);
    size_t *counts = gm_alloc(classes, sizeof *counts), most = 0;
    if (!counts)
        return NAN;
    for (size_t r = 0; r < rows; r++)
        most = gm_max(most, ++counts[gm_dataset_label(dataset, r)]);
    gm_free(counts);
    return (double)most / (double)rows;
}

/* Sum of (y - mean)^2 of one column. */
static double squares_about_mean(const gm_dataset *dataset, size_t column)
{
    gm_moments moments = {0};
    for (size_t r = 0; r < gm_dataset_rows(dataset); r++)
        gm_moments_add(&moments, value_of(dataset, r, column));
    return moments.squares;
}

double gm_targets_baseline(const gm_dataset *dataset)
{
    const size_t rows = gm_dataset_rows(dataset), columns = gm_dataset_targets(dataset);
    if (rows == 0 || columns == 0)
        return NAN;
    if (gm_dataset_has_labels(dataset))
        return share_of_largest_class(dataset);
    double squares = 0;
    for (size_t c = 0; c < columns; c++)
        squares += squares_about_mean(dataset, c);
    return sqrt(squares / ((double)rows * (double)columns));
}

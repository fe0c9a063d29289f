/* Scaling of numeric targets: y' = (y - shift) * factor, with mean 0 and standard deviation 1 for each
 * target. It is computed from the numbers as they were read, in double. */
#include "data/dataset.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/moments.h"

#include <math.h>
#include <string.h>

/* Moves the two arrays into the scaling. */
static void adopt(gm_scaling *scaling, size_t targets, double *shift, double *factor)
{
    gm_free(scaling->target_shift);
    gm_free(scaling->target_factor);
    scaling->targets = targets;
    scaling->target_shift = shift;
    scaling->target_factor = factor;
}

/* Takes memory for both arrays. */
static gm_status reserve(size_t targets, double **shift, double **factor, gm_error *error)
{
    *shift = gm_table_array(targets, 1, sizeof **shift, "the scaling of the targets", error);
    *factor =
        *shift ? gm_table_array(targets, 1, sizeof **factor, "the scaling of the targets", error) : NULL;
    if (*factor)
        return GM_OK;
    gm_free(*shift);
    return GM_LIMIT;
}

gm_status gm_scaling_set_targets(gm_scaling *scaling, size_t targets, const double *shift,
                                 const double *factor, gm_error *error)
{
    double *own_shift, *own_factor;
    if (targets == 0)
        return gm_fail(error, GM_USAGE, "scaling: a stored scaling of targets has at least one of them");
    gm_status status = gm_scaling_check_values("target", targets, shift, factor, error);
    if (status == GM_OK)
        status = reserve(targets, &own_shift, &own_factor, error);
    if (status != GM_OK)
        return status;
    memcpy(own_shift, shift, targets * sizeof *shift);
    memcpy(own_factor, factor, targets * sizeof *factor);
    adopt(scaling, targets, own_shift, own_factor);
    return GM_OK;
}

static gm_status fit_target(const gm_dataset *train, size_t target, double *shift, double *factor,
                            gm_error *error)
{
    gm_moments moments = {0};
    for (size_t r = 0; r < train->rows; r++)
        gm_moments_add(&moments, gm_table_value(train->table, gm_table_row(train, r), target));
    *shift = moments.mean;
    const double deviation = gm_moments_deviation(&moments); /* 0: the target is constant */
    if (!isfinite(*shift) || !isfinite(deviation))
        return gm_fail(
            error, GM_BAD_DATA,
            "the numbers of target %zu are too large for a standard deviation, or not finite; divide "
            "them, or leave the targets unscaled",
            target + 1);
    const double inverse = 1 / deviation;
    *factor = isfinite(inverse) ? inverse : 1;
    return GM_OK;
}

gm_status gm_scaling_fit_targets(gm_scaling *scaling, const gm_dataset *train, gm_error *error)
{
    const size_t targets = gm_dataset_has_labels(train) ? 0 : gm_dataset_targets(train);
    double *shift, *factor;
    if (targets == 0 || train->rows == 0)
        return gm_fail(error, GM_USAGE, "scaling of targets: the data has no %s",
                       targets == 0 ? "numeric targets" : "rows");
    gm_status status = reserve(targets, &shift, &factor, error);
    if (status != GM_OK)
        return status;
    for (size_t t = 0; t < targets && status == GM_OK; t++)
        status = fit_target(train, t, &shift[t], &factor[t], error);
    if (status == GM_OK) {
        adopt(scaling, targets, shift, factor);
        return GM_OK;
    }
    gm_free(shift);
    gm_free(factor);
    return status;
}

gm_status gm_scaling_check(const gm_scaling *scaling, const gm_dataset *dataset, gm_error *error)
{
    const gm_table *table = dataset->table;
    if (!scaling)
        return GM_OK;
    if (scaling->features != table->features)
        return gm_fail(error, GM_USAGE, "the scaling has %zu features; expected %zu", scaling->features,
                       table->features);
    if (scaling->targets == 0 || table->targets == 0)
        return GM_OK;
    if (table->labels)
        return gm_fail(error, GM_USAGE, "the scaling is of numeric targets, and the data has classes");
    if (scaling->targets != table->targets)
        return gm_fail(error, GM_USAGE, "the scaling has %zu targets; expected %zu", scaling->targets,
                       table->targets);
    return GM_OK;
}

/* Notes about data and results, which help to judge the figures. */
#include "cli/remarks.h"
#include "base/error.h"
#include "base/number.h"
#include "train/targets.h"

#include <math.h>
#include <stdio.h>

gm_status cli_check_targets(const gm_network *network, const gm_dataset *dataset, const char *path,
                            gm_status status, gm_error *error)
{
    gm_error inner;
    if (gm_targets_check(network, dataset, &inner) == GM_OK)
        return GM_OK;
    return gm_fail(error, status, "%s: %s", path, inner.message);
}

void cli_note_constant_targets(const gm_dataset *dataset)
{
    double value;
    char number[32];
    if (!gm_targets_constant(dataset, &value))
        return;
    if (gm_dataset_has_labels(dataset))
        cli_note("every training row is of class '%s': there is nothing to learn",
                 gm_dataset_class_name(dataset, (size_t)value));
    else
        cli_note("the target is %s in every training row: there is nothing to learn",
                 gm_format_double(number, sizeof number, value, 6));
}

static void note_classes(double accuracy, double baseline, const char *rows)
{
    if (accuracy < baseline)
        cli_note(
            "the model does worse than no model: always naming the most frequent class is right in %.2f %% "
            "of %s",
            100 * baseline, rows);
}

/* If all targets are equal, the rmse of their mean is 0, and no model can be better. */
static void note_numbers(double rmse, double baseline, const char *rows)
{
    const double explained = 1 - rmse * rmse / (baseline * baseline); /* R^2 */
    char number[32];
    if (!(baseline > 0)) {
        if (baseline >= 0 && rmse > 0)
            cli_note("the model does worse than no model: the targets are all the same on %s", rows);
        return;
    }
    if (explained >= 0.5)
        return;
    gm_format_double(number, sizeof number, baseline, 5);
    if (explained < 0)
        cli_note(
            "the model does worse than no model: always predicting the mean of the targets has the rmse %s "
            "on %s",
            number, rows);
    else
        cli_note(
            "always predicting the mean of the targets has the rmse %s on %s: the model explains %.0f %% of "
            "their variance",
            number, rows, floor(100 * explained));
}

void cli_note_baseline(const gm_metrics *metrics, const gm_dataset *dataset, const char *rows)
{
    const double baseline = gm_targets_baseline(dataset);
    if (gm_dataset_has_labels(dataset))
        note_classes(metrics->accuracy, baseline, rows);
    else
        note_numbers(metrics->rmse, baseline, rows);
}

gm_status cli_check_metrics(const gm_metrics *m, bool labels, const char *what, gm_error *error)
{
    if (m->not_finite > 0)
        return gm_fail(error, GM_DIVERGED,
                       "%s is not finite: the outputs of %zu of %zu rows are not; are weights or inputs too "
                       "large?",
                       what, m->not_finite, m->rows);
    if (!isfinite(m->loss) || (!labels && !isfinite(m->rmse)))
        return gm_fail(
            error, GM_DIVERGED,
            "%s is not finite: its loss is beyond the largest number; are the inputs far from those "
            "of the training?",
            what);
    return GM_OK;
}

void cli_best_epoch_see(cli_best_epoch *best, const gm_epoch *epoch)
{
    if (!epoch->has_valid || !(best->epoch == 0 || epoch->valid.loss < best->loss))
        return;
    best->epoch = epoch->epoch;
    best->loss = epoch->valid.loss;
}

bool cli_best_epoch_is_lost(const cli_best_epoch *best, size_t last_epoch, double last_loss)
{
    return best->epoch > 0 && best->epoch < last_epoch && last_loss > 1.05 * best->loss;
}

void cli_note_best_epoch(const cli_best_epoch *best, const gm_epoch *last)
{
    char before[32], now[32];
    if (!last->has_valid || !cli_best_epoch_is_lost(best, last->epoch, last->valid.loss))
        return;
    cli_note(
        "epoch %zu was better: its valid loss was %s, that of the last epoch is %s; the model is that of "
        "the last epoch",
        best->epoch, gm_format_double(before, sizeof before, best->loss, 4),
        gm_format_double(now, sizeof now, last->valid.loss, 4));
}

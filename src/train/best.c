/* Compares epochs by a figure of the validation set. */
#include "train/best.h"
#include "base/error.h"
#include "base/names.h"
#include "nn/network.h"

#include <math.h>

static double loss_of(const gm_metrics *metrics)
{
    return metrics->loss;
}

static double error_of(const gm_metrics *metrics)
{
    return 1 - metrics->accuracy;
}

static double rmse_of(const gm_metrics *metrics)
{
    return metrics->rmse;
}

/* What data has a figure. */
enum fit { ANY, LABELS, NUMBERS };

/* One row for each figure that can be monitored. All of them are to be small. */
static const struct {
    const char *name;
    enum fit fit;
    double (*value)(const gm_metrics *metrics);
} monitors[] = {
    [GM_MONITOR_AUTO] = {"auto", ANY, NULL},
    [GM_MONITOR_LOSS] = {"loss", ANY, loss_of},
    [GM_MONITOR_ACCURACY] = {"accuracy", LABELS, error_of},
    [GM_MONITOR_RMSE] = {"rmse", NUMBERS, rmse_of},
};
_Static_assert(sizeof monitors / sizeof *monitors == GM_MONITOR_COUNT, "a row for each figure");

const char *gm_monitor_name(gm_monitor monitor)
{
    return GM_ROW_NAME(monitors, monitor);
}

bool gm_monitor_from_name(const char *name, gm_monitor *monitor)
{
    const size_t index = GM_FIND_ROW(monitors, name);
    if (index < GM_MONITOR_COUNT)
        *monitor = (gm_monitor)index;
    return index < GM_MONITOR_COUNT;
}

static const char *const kept[GM_KEEP_COUNT] = {
    [GM_KEEP_AUTO] = "auto",
    [GM_KEEP_LAST] = "last",
    [GM_KEEP_BEST] = "best",
};

const char *gm_keep_name(gm_keep keep)
{
    return GM_WORD_AT(kept, keep);
}

bool gm_keep_from_name(const char *name, gm_keep *keep)
{
    const size_t index = GM_FIND_WORD(kept, name);
    if (index < GM_KEEP_COUNT)
        *keep = (gm_keep)index;
    return index < GM_KEEP_COUNT;
}

gm_status gm_best_monitor(gm_monitor *monitor, bool labels, gm_error *error)
{
    if ((unsigned)*monitor >= GM_MONITOR_COUNT)
        return gm_fail(error, GM_USAGE, "unknown figure %d to monitor", (int)*monitor);
    if (*monitor == GM_MONITOR_AUTO)
        *monitor = labels ? GM_MONITOR_ACCURACY : GM_MONITOR_LOSS;
    if (monitors[*monitor].fit == (labels ? NUMBERS : LABELS))
        return gm_fail(error, GM_USAGE, "%s cannot be monitored: the targets are %s; use loss or %s",
                       gm_monitor_name(*monitor), labels ? "classes" : "numbers",
                       labels ? "accuracy" : "rmse");
    return GM_OK;
}

gm_status gm_best_create(gm_best *best, gm_monitor monitor, const gm_network *network, bool keeps,
                         gm_error *error)
{
    *best = (gm_best){.monitor = monitor};
    return keeps ? gm_network_copy(&best->network, network, error) : GM_OK;
}

void gm_best_clear(gm_best *best)
{
    gm_network_destroy(best->network);
    best->network = NULL;
}

static bool is_better(const gm_best *best, const gm_metrics *metrics)
{
    const double now = monitors[best->monitor].value(metrics);
    if (!isfinite(now) || best->epoch == 0)
        return isfinite(now);
    const double before = monitors[best->monitor].value(&best->metrics);
    return now < before || (now == before && metrics->loss < best->metrics.loss);
}

bool gm_best_see(gm_best *best, const gm_network *network, size_t epoch, const gm_metrics *metrics)
{
    if (!is_better(best, metrics)) {
        best->without++;
        return false;
    }
    best->epoch = epoch;
    best->without = 0;
    best->metrics = *metrics;
    if (best->network)
        gm_network_fill(best->network, gm_network_parameters_const(network).data);
    return true;
}

const gm_network *gm_best_network(const gm_best *best)
{
    return best->epoch > 0 ? best->network : NULL;
}

void gm_best_restore(const gm_best *best, gm_network *network)
{
    if (gm_best_network(best))
        gm_network_fill(network, gm_network_parameters_const(best->network).data);
}

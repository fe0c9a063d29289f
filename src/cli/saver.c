/* Decides when the model of a run is saved. Saving ends with an fsync, which can take longer than an epoch on
 * a small data set, so the model is not saved after every epoch. */
#include "cli/saver.h"
#include "base/clock.h"

#define LEAST_PAUSE                                                                                          \
    50 /* times what a save takes: saving takes at most 2 % of a run, but for the first and last */

cli_saver cli_saver_of(const char *path, const gm_model *model)
{
    return (cli_saver){.path = path, .model = model, .stale = true};
}

static gm_status save(cli_saver *saver, const gm_network *network, gm_error *error)
{
    const uint64_t start = gm_clock();
    gm_model model = *saver->model;
    if (network)
        model.network = (gm_network *)network; /* read only */
    const gm_status status = gm_model_save(saver->path, &model, error);
    if (status != GM_OK)
        return status;
    saver->last = gm_clock();
    saver->cost = saver->last - start;
    saver->saved = true;
    saver->stale = false;
    return GM_OK;
}

gm_status cli_saver_offer(cli_saver *saver, const gm_network *network, bool changed, gm_error *error)
{
    saver->stale |= changed;
    if (!saver->path || !saver->stale)
        return GM_OK;
    if (!saver->saved || gm_clock() - saver->last >= LEAST_PAUSE * saver->cost)
        return save(saver, network, error);
    return GM_OK;
}

gm_status cli_saver_finish(cli_saver *saver, gm_error *error)
{
    return saver->path && saver->stale ? save(saver, NULL, error) : GM_OK;
}

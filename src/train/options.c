/* The options and the result of a training run: their defaults, and checks of what the caller gives. */
#include "train/options.h"
#include "base/error.h"
#include "base/options.h"
#include "train/schedule.h"

void gm_train_options_fill(gm_train_options *options, size_t size)
{
    const gm_train_options defaults = {
        .epochs = 10, .seed = 1, .shuffle = true, .checkpoint_seconds = 300, .accumulate = 1};
    gm_options_fill(options, size, &defaults, sizeof defaults);
}

void gm_train_result_fill(gm_train_result *result, size_t size)
{
    const gm_train_result nothing = {.end = GM_END_FAILED};
    gm_options_fill(result, size, &nothing, sizeof nothing);
}

gm_status gm_train_options_read(gm_train_options *o, const gm_train_options *options, gm_error *error)
{
    *o = gm_train_options_default();
    const gm_status status = gm_options_read(o, sizeof *o, options, "gm_train_options", error);
    if (status != GM_OK)
        return status;
    if (o->epochs == 0)
        return gm_fail(error, GM_USAGE, "0 epochs; expected at least 1");
    if (o->accumulate == 0)
        return gm_fail(error, GM_USAGE, "accumulate is 0; expected at least 1 batch for a step");
    if ((unsigned)o->keep >= GM_KEEP_COUNT)
        return gm_fail(error, GM_USAGE, "unknown epoch to keep %d", (int)o->keep);
    if (!(o->checkpoint_seconds >= 0))
        return gm_fail(error, GM_USAGE, "checkpoint_seconds is %g; expected a number of at least 0",
                       o->checkpoint_seconds);
    return gm_schedule_check(o, error);
}

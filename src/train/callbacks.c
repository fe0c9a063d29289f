/* Calls the functions that the caller of gm_train gave. */
#include "train/callbacks.h"
#include "base/error.h"

/* The failure of a callback, with its own line or with one that names it. */
static gm_status pass_on(gm_status status, const char *callback, gm_error *own, gm_error *error)
{
    own->message[sizeof own->message - 1] = '\0';
    if (own->message[0])
        return gm_fail(error, status, "%s", own->message);
    return gm_fail(error, status, "%s of the caller failed: %s", callback, gm_status_text(status));
}

/* Without writing zeros to the whole message: a step of a small network would notice that. */
static inline gm_error *clear(gm_error *error)
{
    error->status = GM_OK;
    error->message[0] = '\0';
    return error;
}

gm_status gm_tell_step(const gm_train_options *options, const gm_progress *progress, bool *stop,
                       gm_error *error)
{
    if (!options->on_step)
        return GM_OK;
    bool wants_stop = false;
    gm_error own;
    const gm_status status = options->on_step(options->context, progress, &wants_stop, clear(&own));
    *stop |= wants_stop;
    return status == GM_OK ? GM_OK : pass_on(status, "on_step", &own, error);
}

gm_status gm_tell_epoch(const gm_train_options *options, const gm_epoch *epoch, bool *stop, gm_error *error)
{
    if (!options->on_epoch)
        return GM_OK;
    bool wants_stop = false;
    gm_error own;
    const gm_status status = options->on_epoch(options->context, epoch, &wants_stop, clear(&own));
    *stop |= wants_stop;
    return status == GM_OK ? GM_OK : pass_on(status, "on_epoch", &own, error);
}

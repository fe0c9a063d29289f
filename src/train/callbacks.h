/* The functions that the caller of gm_train gave. Not public. */
#ifndef GM_TRAIN_CALLBACKS_H
#define GM_TRAIN_CALLBACKS_H

#include <gradmill/train.h>

/* Call options->on_step and options->on_epoch, if there are such. *stop becomes true if the function wants
 * training to end, and otherwise stays as it is. If the function fails, its status and its line, or a line
 * that names it. */
gm_status gm_tell_step(const gm_train_options *options, const gm_progress *progress, bool *stop,
                       gm_error *error);
gm_status gm_tell_epoch(const gm_train_options *options, const gm_epoch *epoch, bool *stop, gm_error *error);

#endif

/* The options of a training run. Not public. */
#ifndef GM_TRAIN_OPTIONS_H
#define GM_TRAIN_OPTIONS_H

#include <gradmill/train.h>

/* The caller's options as a struct of the library's own version, checked as far as they can be without data.
 * NULL: the defaults. GM_USAGE. */
gm_status gm_train_options_read(gm_train_options *o, const gm_train_options *options, gm_error *error);

#endif

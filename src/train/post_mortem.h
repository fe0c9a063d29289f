/* The post-mortem of a run that diverged: the public struct is filled in here. */
#ifndef GM_TRAIN_POST_MORTEM_H
#define GM_TRAIN_POST_MORTEM_H

#include "train/run.h"

/* Goes back to the beginning of the epoch, takes its steps again, and looks at the last two: the one of
 * number run->at.step was found to have failed. The struct is options.post_mortem, and stays without a
 * finding if the failure does not happen again, or if there is no memory for it. */
void gm_post_mortem_make(gm_run *run);

#endif

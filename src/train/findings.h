/* What a post-mortem finds in the numbers of a step. */
#ifndef GM_TRAIN_FINDINGS_H
#define GM_TRAIN_FINDINGS_H

#include "train/run.h"

/* The range of the numbers of a matrix, f32 or f64. Without data: of none. */
gm_value_range gm_value_range_of(gm_array array);

/* The number of columns that are 0 in all rows. */
size_t gm_zero_columns(gm_array array);

/* Sets the first quantity that is not finite, and its layer, from the ranges of a step. */
void gm_find_first(gm_post_mortem *to);

/* Sets the likely cause, from the ranges and from the batch of the step. */
void gm_find_cause(gm_post_mortem *to, const gm_run *run, const gm_batch_buffer *batch);

#endif

/* Whether rows suit a network. Not public. */
#ifndef GM_TRAIN_ROWS_H
#define GM_TRAIN_ROWS_H

#include <gradmill/row_source.h>

/* GM_USAGE: other features than the network has inputs, or other targets than it has outputs. */
gm_status gm_rows_check(const gm_network *network, const gm_row_source *rows, gm_error *error);

/* Opens the rows of a data set (gm_row_source_open) for this network. GM_USAGE also if its targets do not
 * suit the loss. */
gm_status gm_rows_open(gm_row_source *rows, const gm_network *network, const gm_dataset *dataset,
                       const gm_scaling *scaling, const uint64_t *seed, gm_error *error);

/* The weights of the rows of a batch; gm_no_array() if the source has none. */
gm_array gm_rows_weights(const gm_row_source *rows, const gm_batch_buffer *batch);

/* Their sum: the number of rows if the source has none. */
double gm_rows_weight(const gm_row_source *rows, const gm_batch_buffer *batch);

/* GM_USAGE: weights that have no effect, because each step learns a single row. */
gm_status gm_rows_check_weights(const gm_row_source *rows, const gm_engine *engine, size_t accumulate,
                                gm_error *error);

#endif

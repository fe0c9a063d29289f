/* The matrices into which rows of a data set are gathered, one batch at a time. Not public. */
#ifndef GM_TRAIN_BATCH_H
#define GM_TRAIN_BATCH_H

#include <gradmill/dataset.h>
#include <gradmill/engine.h>

typedef struct gm_batch {
    const gm_dataset *dataset;
    const gm_scaling *scaling; /* may be NULL */
    gm_precision precision;
    size_t piece;          /* rows that are gathered at once */
    void *x_data, *y_data; /* room for `capacity` rows */
    gm_array x, y;         /* the batch */
    const uint32_t *rows;  /* of the data set, that it is made of; borrowed */
} gm_batch;

/* GM_USAGE if the data does not fit the engine's network: features, classes or targets, scaling. */
gm_status gm_batch_create(gm_batch *batch, gm_engine *engine, const gm_dataset *dataset,
                          const gm_scaling *scaling, gm_error *error);
void gm_batch_clear(gm_batch *batch);

/* Makes x and y the given rows; count <= the engine's batch. */
void gm_batch_gather(gm_batch *batch, const uint32_t *rows, size_t count);

/* The same as work that is still to be done; `batch` and `rows` must stay until it is. */
gm_side_work gm_batch_gather_later(gm_batch *batch, const uint32_t *rows, size_t count);

/* rows[i] = i for all rows of a data set; NULL without memory. Free with gm_free. */
uint32_t *gm_batch_order(const gm_dataset *dataset);

#endif

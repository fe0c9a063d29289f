/* A batch of random rows of the right sizes for a network. The cases, the contests and the verbs plan and
 * gradcheck compute with it. */
#ifndef GM_BENCH_MEASURE_RANDOM_BATCH_H
#define GM_BENCH_MEASURE_RANDOM_BATCH_H

#include "base/random.h"

#include <gradmill.h>

typedef enum gm_random_kind {
    GM_RANDOM_PIXELS, /* inputs uniform in [0, 1), targets 0 or 1, as in sets of images */
    GM_RANDOM_REALS,  /* normal inputs, and any targets that the loss allows: no derivative is 0 */
} gm_random_kind;

/* With cross-entropy the targets are one class of each row, whatever the kind. */
typedef struct gm_random_rows {
    gm_random_kind kind;
    gm_precision precision;
    gm_loss loss;
    size_t rows, inputs, outputs;
} gm_random_rows;

/* Rows for a network. */
gm_random_rows gm_random_rows_for(const gm_network *network, size_t rows, gm_random_kind kind);

/* Fills x, rows x inputs, and y, rows x outputs, of the precision. The same seed gives the same numbers. */
void gm_random_rows_draw(const gm_random_rows *rows, gm_random random, void *x, void *y);

typedef struct gm_random_batch {
    void *inputs, *targets; /* rows x inputs, rows x outputs, of the precision */
    gm_array x, y;          /* the same, as the engine takes them */
} gm_random_batch;

/* Memory for the rows, and their numbers. GM_LIMIT: no memory. gm_random_batch_clear in any case. */
gm_status gm_random_batch_draw(gm_random_batch *batch, const gm_random_rows *rows, gm_random random,
                               gm_error *error);
void gm_random_batch_clear(gm_random_batch *batch);

#endif
